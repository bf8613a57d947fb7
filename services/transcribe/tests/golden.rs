//! One stored recording and its transcript: `golden/young-man.wav` (a sentence of Sense and
//! Sensibility, read for LibriVox, public domain), `golden/young-man.json`.
//!
//! The words are those that are said. Times and confidences are those the stage gave on an x86
//! processor. Compared are words letter by letter, times and confidences within 0.1, since
//! processors differ in the last bits and the networks count in 8 bits.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{samples, stage, transcribe};
use serde::Deserialize;
use transcribe::Config;

const SECONDS: f64 = 0.1;
const CONFIDENCE: f64 = 0.1;

#[derive(Debug, Deserialize)]
struct Expected {
    text: String,
    language: String,
    words: Vec<Word>,
}

#[derive(Debug, Deserialize)]
struct Word {
    word: String,
    start: f64,
    end: f64,
    confidence: f64,
}

#[tokio::test]
async fn the_stored_recording_is_written_down_as_stored() {
    let expected: Expected = serde_json::from_str(include_str!("golden/young-man.json")).unwrap();
    let wav: &[u8] = include_bytes!("golden/young-man.wav");
    let samples = samples(hound::WavReader::new(wav).unwrap());
    let (_, found, _) = transcribe(&stage(Config::default()), Some(&samples)).await;
    let words: Vec<_> = found
        .segments
        .iter()
        .flat_map(|segment| &segment.words)
        .collect();
    println!("{}", serde_json::to_string_pretty(&words).unwrap());
    assert_eq!(found.text, expected.text);
    assert_eq!(found.language, Some(expected.language));
    assert_eq!(words.len(), expected.words.len());
    for (word, expected) in words.iter().zip(&expected.words) {
        assert_eq!(word.word, expected.word);
        let close = (word.start - expected.start).abs() <= SECONDS
            && (word.end - expected.end).abs() <= SECONDS
            && (word.confidence - expected.confidence).abs() <= CONFIDENCE;
        assert!(close, "{word:?} instead of {expected:?}");
    }
}
