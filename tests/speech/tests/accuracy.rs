//! The default recogniser on clean speech.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use speech_accuracy::{Errors, errors, open, recordings, transcribe};
use transcribe::Recogniser;

/// Word error rate of Whisper base on all recordings: measured 1.0 %, with some room.
const CEILING: f64 = 0.03;

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
async fn few_words_of_clean_speech_are_wrong() {
    let stage = open(Recogniser::default());
    let mut all = Errors::default();
    for recording in recordings() {
        let transcript = transcribe(&stage, &recording.samples).await;
        let found = errors(&recording.text, &transcript.text);
        println!("{} {found:?} {}", recording.file, transcript.text);
        assert_eq!(
            transcript.language.as_deref(),
            Some("en"),
            "{}",
            recording.file
        );
        all += found;
    }
    assert_eq!(all.words, 300);
    assert!(all.rate() <= CEILING, "{all:?}");
}
