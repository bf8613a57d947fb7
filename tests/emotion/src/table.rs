//! The figures as a page for people.

use crate::Outcome;
use contracts::emotion::EmotionLabel;
use std::fmt::Write;

/// The normal distribution's quantile for 95 in a hundred.
const QUANTILE: f64 = 1.96;

const NAMES: [(EmotionLabel, &str); 7] = [
    (EmotionLabel::Anger, "anger"),
    (EmotionLabel::Disgust, "disgust"),
    (EmotionLabel::Fear, "fear"),
    (EmotionLabel::Joy, "joy"),
    (EmotionLabel::Sadness, "sadness"),
    (EmotionLabel::Surprise, "surprise"),
    (EmotionLabel::Neutral, "neutral"),
];

fn is_right(outcome: &Outcome) -> bool {
    outcome
        .read
        .is_some_and(|(label, _)| label == outcome.meant)
}

/// Where the share of all such faces lies, with 95 in a hundred (Wilson, "Probable inference, the
/// law of succession, and statistical inference", 1927).
fn interval(right: usize, all: usize) -> (f64, f64) {
    let (n, p) = (all as f64, right as f64 / all as f64);
    let square = QUANTILE * QUANTILE;
    let middle = (p + square / (2.0 * n)) / (1.0 + square / n);
    let spread =
        QUANTILE / (1.0 + square / n) * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    (middle - spread, middle + spread)
}

/// Markdown: the share of right labels, by label, and what was taken for what.
#[must_use]
pub fn table(outcomes: &[Outcome]) -> String {
    let mut page = String::from(HEAD);
    let right = outcomes.iter().filter(|one| is_right(one)).count();
    let (low, high) = interval(right, outcomes.len());
    let share = right as f64 / outcomes.len() as f64;
    let _ = writeln!(
        page,
        "**{right} of {} faces right: {share:.2}** (95 % interval {low:.2} to {high:.2}).\n",
        outcomes.len()
    );
    page.push_str("| meant | faces | right | share | taken for |\n|---|---|---|---|---|\n");
    for (label, name) in NAMES {
        let of: Vec<&Outcome> = outcomes.iter().filter(|one| one.meant == label).collect();
        let right = of.iter().filter(|one| is_right(one)).count();
        let share = right as f64 / of.len().max(1) as f64;
        let taken = taken_for(&of);
        let _ = writeln!(
            page,
            "| {name} | {} | {right} | {share:.2} | {taken} |",
            of.len()
        );
    }
    page.push_str(FOOT);
    page
}

fn taken_for(outcomes: &[&Outcome]) -> String {
    let wrong = |name: &str, count: usize| (count > 0).then(|| format!("{name} {count}"));
    let labels = NAMES.iter().filter_map(|(label, name)| {
        let as_label = |one: &&&Outcome| {
            let read = one.read.map(|(label, _)| label);
            read == Some(*label) && read != Some(one.meant)
        };
        wrong(name, outcomes.iter().filter(as_label).count())
    });
    let none = outcomes.iter().filter(|one| one.read.is_none()).count();
    let all: Vec<String> = labels.chain(wrong("no face", none)).collect();
    if all.is_empty() {
        "–".into()
    } else {
        all.join(", ")
    }
}

const HEAD: &str = "# Emotions that faces show

Ten generated people (package openpeople 0.1.2, MIT), each with a sheet of labelled expressions,
through the stages `people` (YuNet) and `emotion` (expression network of face-api) with default
settings and permissive weights, as JPEG of the quality the decoder uses. What counts is the
network's answer to each picture alone. Written by
`cargo run --release -p emotion-accuracy -- docs/accuracy/emotion.md`.

";

const FOOT: &str = "
The author of the network publishes no figures. Chance is 0.14.

What this does not say: these are posed expressions, frontal and evenly lit, made by a picture
generator; faces in real videos are turned, small and moving, and most of them show nothing strong.
Read a label as \"looks most like\", never as what a person feels. Fear is read right every second
time only, and mostly taken for surprise else. The valence that results give is a fixed weight per label,
not a measurement of its own.
";
