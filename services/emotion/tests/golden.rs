//! One stored face and what the network says of it: `golden/mixed.jpg` (a made person, package
//! openpeople 0.1.2, MIT), `golden/expected.json`.
//!
//! The expected values are those of ONNX Runtime under Python, as `golden/make.py` says. JPEG
//! decoders and scalers differ in single steps: probabilities within 0.03. The face shows several
//! expressions at once, so that a wrong crop would show.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Shown, photograph_at, read, stage};
use contracts::emotion::{EmotionLabel, EmotionScores};
use emotion::Config;
use serde::Deserialize;
use std::path::Path;

const PROBABILITY: f64 = 0.03;

#[derive(Debug, Deserialize)]
struct Expected {
    bbox: [f64; 4],
    scores: EmotionScores,
}

#[tokio::test]
async fn the_stored_face_is_read_as_under_python_and_twice_the_same() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let expected: Expected = serde_json::from_str(include_str!("golden/expected.json")).unwrap();
    let picture = photograph_at(&folder.join("mixed.jpg"));
    let shown = [Shown {
        milliseconds: 0,
        picture: &picture,
        faces: vec![(expected.bbox, Some("face_1"))],
    }];
    let stage = stage(Config::default());
    let found = read(&stage, &shown).await;
    let reading = &found.emotions[0];
    assert_eq!(reading.emotion, EmotionLabel::Anger);
    for label in EmotionLabel::ALL {
        let off = (reading.all_scores.of(label) - expected.scores.of(label)).abs();
        assert!(off <= PROBABILITY, "{label:?}: {:?}", reading.all_scores);
    }
    let again = read(&stage, &shown).await;
    let bytes = |one| serde_json::to_vec(one).unwrap();
    assert_eq!(bytes(&found), bytes(&again));
}
