//! The default recogniser on clean speech.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use speech_accuracy::{Errors, errors, open, recordings, transcribe};
use std::collections::BTreeMap;
use transcribe::Recogniser;

/// Word error rate of Whisper base on the English recordings: measured 1.0 %, with some room.
const CEILING: f64 = 0.03;
/// The same of the two Spanish ones, of which two words stand on the edge.
const SPANISH_CEILING: f64 = 0.05;

#[test]
fn errors_are_counted_by_words() {
    let count = |reference: &str, hypothesis: &str| {
        let found = errors(reference, hypothesis);
        (found.edits, found.words)
    };
    assert_eq!(
        count(
            "Mr. Smith's cold-hearted dog",
            "mister smith’s cold hearted, dog!"
        ),
        (0, 5)
    );
    assert_eq!(count("one two three", "one too three four"), (2, 3));
    assert_eq!(count("one two", ""), (2, 2));
    assert_eq!(count("", "one"), (1, 0));
}

#[tokio::test]
async fn few_words_of_clean_speech_are_wrong_and_languages_are_recognised() {
    let stage = open(Recogniser::default());
    let mut all: BTreeMap<String, Errors> = BTreeMap::new();
    for recording in recordings() {
        let transcript = transcribe(&stage, &recording.samples).await;
        let found = errors(&recording.text, &transcript.text);
        println!("{} {found:?} {}", recording.file, transcript.text);
        assert_eq!(
            transcript.language.as_deref(),
            Some(recording.language.as_str()),
            "{}",
            recording.file
        );
        *all.entry(recording.language).or_default() += found;
    }
    assert_eq!((all["en"].words, all["es"].words), (300, 64));
    assert!(all["en"].rate() <= CEILING, "{all:?}");
    assert!(all["es"].rate() <= SPANISH_CEILING, "{all:?}");
}
