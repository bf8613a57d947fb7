//! Writes the table of word error rates: `speech-accuracy docs/accuracy/speech.md`.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for measurements: it prints, and measures the time it takes"
)]

use anyhow::{Context, ensure};
use speech_accuracy::{Errors, Recording, errors, open, recordings, transcribe, with_noise};
use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};
use transcribe::{Recogniser, Transcribe};

/// All of them, by size.
const RECOGNISERS: [Recogniser; 3] = [
    Recogniser::WhisperTiny,
    Recogniser::WhisperBase,
    Recogniser::WhisperSmall,
];
/// Language, and decibels of noise below the speech; none for clean speech.
const CONDITIONS: [(&str, Option<f64>); 4] = [
    ("en", None),
    ("en", Some(10.0)),
    ("en", Some(5.0)),
    ("es", None),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let path = env::args_os().nth(1).map(PathBuf::from);
    let path = path.context("name the file to write")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("setup.sh");
    let ended = Command::new(&script).status();
    let ended = ended.with_context(|| format!("cannot start {}", script.display()))?;
    ensure!(ended.success(), "{} ended with {ended}", script.display());

    let mut page = String::from(HEAD);
    for model in RECOGNISERS {
        let row = if is_fetched(model) {
            measure(model).await?
        } else {
            format!(
                "| {0} | not measured: its weights are not in the cache (`rumiai models fetch --with {0}`) \
                 | | | | | |\n",
                model.name()
            )
        };
        println!("{row}");
        page.push_str(&row);
    }
    page.push_str(FOOT);
    fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

fn is_fetched(model: Recogniser) -> bool {
    let folder = format!("models/{}-decoder", model.name());
    testkit::cache_dir().join(folder).is_dir()
}

/// What one recogniser makes of everything.
#[derive(Default)]
struct Sums {
    seconds: f64,
    took: f64,
    recordings: usize,
    languages_right: usize,
}

async fn measure(model: Recogniser) -> anyhow::Result<String> {
    let stage = open(model);
    let recordings = recordings();
    let mut row = format!("| {} ", model.name());
    let mut sums = Sums::default();
    for (language, decibels) in CONDITIONS {
        let mut all = Errors::default();
        for recording in recordings.iter().filter(|one| one.language == language) {
            all += heard(&stage, recording, decibels, &mut sums).await;
        }
        write!(
            row,
            "| {:.1} % ({}/{}) ",
            100.0 * all.rate(),
            all.edits,
            all.words
        )?;
    }
    writeln!(
        row,
        "| {}/{} | {:.2} |",
        sums.languages_right,
        sums.recordings,
        sums.took / sums.seconds
    )?;
    Ok(row)
}

async fn heard(
    stage: &Transcribe,
    recording: &Recording,
    decibels: Option<f64>,
    sums: &mut Sums,
) -> Errors {
    let samples = decibels.map_or_else(
        || recording.samples.clone(),
        |decibels| with_noise(&recording.samples, decibels),
    );
    let begun = Instant::now();
    let transcript = transcribe(stage, &samples).await;
    sums.took += begun.elapsed().as_secs_f64();
    sums.seconds += samples.len() as f64 / 16_000.0;
    if decibels.is_none() {
        sums.recordings += 1;
        let found = transcript.language.as_deref();
        sums.languages_right += usize::from(found == Some(recording.language.as_str()));
    }
    let found = errors(&recording.text, &transcript.text);
    if found.edits > 0 {
        println!(
            "{} {decibels:?}: {found:?}\n  {}",
            recording.file, transcript.text
        );
    }
    found
}

const HEAD: &str = "# Speech

How many words of eighteen recordings are written down wrongly: substitutions, deletions and
insertions by words of the reference (word error rate), texts in small letters without punctuation.
English: five sentences from LibriVox, ten of a synthetic voice, 44 seconds of read Dickens; as they
are and with white noise mixed in at the stated distance below the speech. Spanish: two
announcements of a telephone exchange. The whole stage is measured: voice detection, language,
windows, text, gates. Greedy decoding, weights in 8 bits, CPU. Written by
`cargo run --release -p speech-accuracy -- docs/accuracy/speech.md`.

| recogniser | English | noise at 10 dB | noise at 5 dB | Spanish | language right, without noise | time by length of audio |
|---|---|---|---|---|---|---|
";

const FOOT: &str = "
Short clips cost most by length: a window of 30 seconds is looked at however little of it is
speech. The time is of two shared cores and says how the sizes compare, not what a machine reaches.

Where it is poor: in noise, for the small recognisers above all; a larger one (`[transcribe] model`)
helps most. Words that are heard with little confidence change with the last digits of the sound,
since weights and sums are of 8 bits: `vendedores`, a near tie for Whisper base, becomes `$22` with a
change of a ten-thousandth. The confidence of every word is published for that reason.

What this does not say: all of it is read or synthetic speech, one voice at a time, without music
below it. Two Spanish recordings prove that Spanish is recognised, not how well; their package has
no texts, so the reference is what Whisper base and small wrote alike, in the wording of the English
originals.

How it is measured: `tests/speech`.
";
