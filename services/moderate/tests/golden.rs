//! One stored picture and what both models say of it: `golden/astronaut.jpg` (NASA, public
//! domain), `golden/astronaut.json`.
//!
//! The expected values are those of ONNX Runtime under Python, with the picture opened and scaled
//! by OpenCV. JPEG decoders and scalers differ in single steps: scores within 0.03, edges within a
//! fiftieth of the picture.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{input, stage};
use contracts::{StageName, moderation::Moderation};
use inference::ModelSet;
use moderate::Config;
use serde::Deserialize;
use stage::Stage;
use testkit::Bench;

const SCORE: f64 = 0.03;
const EDGE: f64 = 0.02;

#[derive(Debug, Deserialize)]
struct Expected {
    open_nsfw: f64,
    nudenet: Vec<Part>,
}

#[derive(Debug, Deserialize)]
struct Part {
    class: String,
    confidence: f64,
    bbox: [f64; 4],
}

async fn judged(set: ModelSet) -> Moderation {
    let picture = include_bytes!("golden/astronaut.jpg");
    let bench = Bench::default();
    let given = input(&bench, (512, 512), &[(0, picture)]).await;
    let context = bench.context(StageName::Moderate);
    let stage = stage(set, Config::default());
    let output = stage.run(given, &context).await.unwrap();
    let again = stage.run(input(&bench, (512, 512), &[(0, picture)]).await, &context);
    // The same bytes in, the same bytes out.
    assert_eq!(again.await.unwrap(), output);
    context.load_json(&output.moderation).await.unwrap()
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("golden/astronaut.json")).unwrap()
}

#[tokio::test]
async fn open_nsfw_scores_the_stored_picture_as_under_python() {
    let found = judged(ModelSet::Permissive).await;
    let [frame] = found.frame_results.as_slice() else {
        panic!("{:?}", found.frame_results);
    };
    let off = (frame.nsfw_score - expected().open_nsfw).abs();
    assert!(off <= SCORE, "{frame:?}");
}

#[tokio::test]
async fn nudenet_finds_the_same_parts_as_under_python() {
    let found = judged(ModelSet::Agpl).await.body_parts.unwrap();
    let expected = expected().nudenet;
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (part, expected) in found.iter().zip(&expected) {
        assert_eq!(part.class_name, expected.class);
        assert!(
            (part.confidence - expected.confidence).abs() <= SCORE,
            "{part:?}"
        );
        let edges = part.bbox_normalized.iter().zip(expected.bbox);
        assert!(
            edges.clone().all(|(a, b)| (a - b).abs() <= EDGE),
            "{part:?} instead of {expected:?}"
        );
    }
}
