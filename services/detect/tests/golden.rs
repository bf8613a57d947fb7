//! One stored picture and what both models see in it: `golden/astronaut.jpg` (NASA, public
//! domain), `golden/astronaut.json`.
//!
//! The expected values are those of ONNX Runtime under Python, as `tests/detect/reference.py`
//! gives them, of what is seen with a confidence of a half or more. JPEG decoders and scalers differ
//! in single steps: scores within 0.02, edges within two pixels of 512. What a model doubts moves by
//! more (yolo11n takes the helmet for a ball, with 0.40 to 0.44); `docs/accuracy/detect.md` has
//! figures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{input, run, stage};
use contracts::{StageName, objects::ObjectDetections};
use detect::{Config, compute::classes};
use inference::ModelSet;
use serde::Deserialize;
use std::collections::BTreeMap;
use testkit::Bench;

const SCORE: f64 = 0.02;
const PIXELS: f64 = 2.0;
const SIZE: (u32, u32) = (512, 512);

#[derive(Debug, Deserialize)]
struct Expected {
    class: usize,
    score: f64,
    #[serde(rename = "box")]
    edges: [f64; 4],
}

async fn found(set: ModelSet) -> ObjectDetections {
    let bench = Bench::default();
    let picture = include_bytes!("golden/astronaut.jpg");
    let frames = bench.pictures(SIZE, &[(0, picture)]).await;
    let config = Config {
        confidence: Some(0.5),
        ..Config::default()
    };
    let stage = stage(set, config);
    let given = input(frames, SIZE, None);
    run(&stage, given, &bench.context(StageName::Detect)).await
}

#[tokio::test]
async fn the_stored_picture_is_seen_as_under_python_and_twice_the_same() {
    let expected: BTreeMap<String, Vec<Expected>> =
        serde_json::from_str(include_str!("golden/astronaut.json")).unwrap();
    for set in [ModelSet::Permissive, ModelSet::Agpl] {
        let objects = found(set).await;
        let expected = &expected[&objects.metadata.model.name];
        let seen = &objects.object_annotations;
        assert_eq!(seen.len(), expected.len(), "{seen:?}");
        for (ours, theirs) in seen.iter().zip(expected) {
            assert_eq!(Some(ours.class_name.as_str()), classes::name(theirs.class));
            let off = (ours.confidence - theirs.score).abs();
            assert!(off <= SCORE, "{ours:?} {theirs:?}");
            for (edge, other) in ours.bbox.iter().zip(theirs.edges) {
                assert!((edge - other).abs() <= PIXELS, "{ours:?} {theirs:?}");
            }
        }
        let bytes = |one| serde_json::to_vec(one).unwrap();
        assert_eq!(bytes(&objects), bytes(&found(set).await));
    }
}
