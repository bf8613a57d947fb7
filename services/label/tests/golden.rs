//! One stored picture and what the networks say of it: `golden/astronaut.jpg` (NASA, public
//! domain), `golden/astronaut.json`.
//!
//! The expected values are those of ONNX Runtime under Python, with the picture opened and scaled
//! by Pillow. JPEG decoders and scalers differ in single steps, and the classifier counts in 8 bits:
//! probabilities within 0.08, the cosine of the two embeddings above 0.98.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{input, stage};
use contracts::{
    StageName,
    labels::{FrameEmbeddings, Label, SceneLabels},
};
use inference::ModelSet;
use label::{Config, compute::cosine};
use serde::Deserialize;
use stage::Stage;
use testkit::Bench;

const PROBABILITY: f64 = 0.08;
const COSINE: f64 = 0.98;

#[derive(Debug, Deserialize)]
struct Expected {
    classes: Vec<Label>,
    embedding: Vec<f32>,
}

#[tokio::test]
async fn the_stored_picture_is_named_and_embedded_as_under_python() {
    let expected: Expected = serde_json::from_str(include_str!("golden/astronaut.json")).unwrap();
    let picture = include_bytes!("golden/astronaut.jpg");
    let stage = stage(ModelSet::Permissive, Config::default());
    let bench = Bench::default();
    let given = input(&bench, (512, 512), &[(0, picture)]).await;
    let context = bench.context(StageName::Label);
    let output = stage.run(given, &context).await.unwrap();
    let labels: SceneLabels = context.load_json(&output.labels).await.unwrap();
    let found = &labels.frame_labels[0].classes;
    assert_eq!(found[0].label, expected.classes[0].label, "{found:?}");
    for one in found {
        let same = expected.classes.iter().find(|two| two.label == one.label);
        let off = same.map(|two| (one.confidence - two.confidence).abs());
        assert!(off.is_some_and(|off| off <= PROBABILITY), "{found:?}");
    }
    let embeddings: FrameEmbeddings = context.load_packed(&output.embeddings).await.unwrap();
    assert_eq!(embeddings.rows[0].len(), expected.embedding.len());
    let alike = cosine(&embeddings.rows[0], &expected.embedding);
    assert!(alike >= COSINE, "{alike}");
    // What no class is near to is not named.
    assert!(labels.labels.is_empty(), "{:?}", labels.labels);
}
