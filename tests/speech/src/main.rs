//! Writes the table of word error rates.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for measurements: it prints, and measures the time it takes"
)]

use anyhow::{Context, bail};
use speech_accuracy::{Errors, errors, open, recordings, transcribe, with_noise};
use std::{env, fmt::Write, fs, time::Instant};
use transcribe::Recogniser;

/// Decibels of noise below the speech; none for clean speech.
const CONDITIONS: [(&str, Option<f64>); 3] = [
    ("clean", None),
    ("noise at 10 dB", Some(10.0)),
    ("noise at 5 dB", Some(5.0)),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = env::args().skip(1);
    let output = arguments.next().context("name the file to write")?;
    let models: Vec<String> = arguments.collect();
    if models.is_empty() {
        bail!("name the recognisers to measure, as whisper-base");
    }
    let mut page = String::from(HEAD);
    for name in &models {
        let row = measure(recogniser(name)?).await?;
        println!("{row}");
        page.push_str(&row);
    }
    page.push_str(FOOT);
    fs::write(&output, page).with_context(|| format!("cannot write {output}"))
}

fn recogniser(name: &str) -> anyhow::Result<Recogniser> {
    let known = [
        Recogniser::WhisperTiny,
        Recogniser::WhisperBase,
        Recogniser::WhisperSmall,
    ];
    let found = known.into_iter().find(|one| one.name() == name);
    found.with_context(|| format!("no recogniser is called '{name}'"))
}

async fn measure(model: Recogniser) -> anyhow::Result<String> {
    let stage = open(model);
    let mut row = format!("| {} ", model.name());
    let (mut seconds, mut took) = (0.0, 0.0);
    for (condition, decibels) in CONDITIONS {
        let mut all = Errors::default();
        for recording in recordings() {
            let samples = match decibels {
                Some(decibels) => with_noise(&recording.samples, decibels),
                None => recording.samples.clone(),
            };
            let begun = Instant::now();
            let transcript = transcribe(&stage, &samples).await;
            took += begun.elapsed().as_secs_f64();
            seconds += samples.len() as f64 / 16_000.0;
            let found = errors(&recording.text, &transcript.text);
            if found.edits > 0 {
                println!(
                    "{} {condition} {}: {found:?}\n  {}",
                    model.name(),
                    recording.file,
                    transcript.text
                );
            }
            all += found;
        }
        write!(
            row,
            "| {:.1} % ({}/{}) ",
            100.0 * all.rate(),
            all.edits,
            all.words
        )?;
    }
    writeln!(row, "| {:.2} |", took / seconds)?;
    Ok(row)
}

const HEAD: &str = "# Speech

How many words of sixteen recordings are written down wrongly: substitutions, deletions and
insertions by words of the reference (word error rate), texts in small letters without punctuation.
Five sentences from LibriVox, ten of a synthetic voice, 44 seconds of read Dickens; white noise is
mixed in at the stated distance below the speech. The whole stage is measured: voice detection,
language, windows, text, gates. Greedy decoding, weights in 8 bits, CPU.

| recogniser | clean | noise at 10 dB | noise at 5 dB | time by length of audio |
|---|---|---|---|---|
";

const FOOT: &str = "
Short clips cost most by length: a window of 30 seconds is looked at however little of it is
speech. The time is of two shared cores and says how the sizes compare, not what a machine reaches.

How it is measured: `tests/speech`.
";
