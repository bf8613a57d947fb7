//! What the real networks name, and a pair of networks of one's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{input, photograph, stage};
use contracts::{
    StageName,
    labels::{FrameEmbeddings, LabelMethod, SceneLabels},
};
use inference::ModelSet;
use label::{ClipConfig, Config, LabelScenes, compute::cosine};
use stage::{ProgressEvent, Stage, StageError};
use std::path::Path;
use testkit::Bench;

const BUS: (u32, u32) = (810, 1080);

async fn named(
    stage: &LabelScenes,
    pictures: &[(u64, &[u8])],
) -> (SceneLabels, FrameEmbeddings, Bench) {
    let bench = Bench::default();
    let input = input(&bench, BUS, pictures).await;
    let context = bench.context(StageName::Label);
    let output = stage.run(input, &context).await.unwrap();
    let labels: SceneLabels = context.load_json(&output.labels).await.unwrap();
    let embeddings = context.load_packed(&output.embeddings).await.unwrap();
    assert_eq!(output.label_count as usize, labels.labels.len());
    (labels, embeddings, bench)
}

#[tokio::test]
async fn a_bus_is_named_and_looks_like_itself() {
    let (bus, men) = (photograph("bus.jpg"), photograph("zidane.jpg"));
    let config = Config {
        candidates: ["bus", "kitchen", "wedding", "cooking"]
            .map(str::to_owned)
            .to_vec(),
        batch_frames: 2,
        ..Config::default()
    };
    let stage = stage(ModelSet::Permissive, config);
    let shown: [(u64, &[u8]); 3] = [(0, &bus), (1000, &men), (2000, &bus)];
    let (found, embeddings, bench) = named(&stage, &shown).await;

    // EfficientNet-Lite3 under Python: minibus 0.88.
    let classes = &found.frame_labels[0].classes;
    assert_eq!(classes[0].label, "minibus");
    assert!((classes[0].confidence - 0.88).abs() < 0.08, "{classes:?}");
    assert_eq!(found.frame_labels[0].labels[0].label, "bus");
    assert_eq!(found.labels[0].description, "bus");
    assert_eq!(found.labels[0].sample_frames, [0, 12]);
    assert!(
        found.labels.iter().all(|label| label.description == "bus"),
        "{:?}",
        found.labels
    );
    assert_eq!(found.metadata.method, LabelMethod::ClassNameSimilarity);
    assert_eq!((found.frame_count, found.metadata.models.len()), (3, 3));

    assert_eq!((embeddings.dimensions, embeddings.rows.len()), (1280, 3));
    let rows = &embeddings.rows;
    assert!((cosine(&rows[0], &rows[2]) - 1.0).abs() < 1e-5);
    assert!(cosine(&rows[0], &rows[1]) < 0.5);
    assert!(matches!(
        bench.progress.events().last(),
        Some(ProgressEvent::Advanced {
            done: 3,
            total: 3,
            ..
        })
    ));

    // The same bytes in, the same bytes out.
    let (again, embeddings_again, _) = named(&stage, &shown).await;
    assert_eq!((again, embeddings_again), (found, embeddings));
}

/// A JPEG of one colour, 32 by 32.
fn one_colour(rgb: [u8; 3]) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(32, 32, image::Rgb(rgb));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
    jpeg.into_inner()
}

fn pair() -> ClipConfig {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    ClipConfig {
        image: golden.join("colour-image.onnx"),
        text: golden.join("colour-text.onnx"),
        tokenizer: golden.join("colour-tokenizer.json"),
        attention_mask: false,
        side: 32,
        prompt: "a photo of {}".into(),
        scale: 10.0,
    }
}

#[tokio::test]
async fn a_pair_of_your_own_names_pictures() {
    let config = Config {
        candidates: ["red", "green", "blue"].map(str::to_owned).to_vec(),
        clip: Some(pair()),
        ..Config::default()
    };
    let stage = stage(ModelSet::Permissive, config);
    let (red, blue) = (one_colour([250, 10, 10]), one_colour([10, 10, 250]));
    let (found, embeddings, _) = named(&stage, &[(0, &red), (1000, &blue), (2000, &blue)]).await;
    assert_eq!(found.metadata.method, LabelMethod::ImageTextSimilarity);
    let best: Vec<&str> = found
        .frame_labels
        .iter()
        .map(|frame| frame.labels[0].label.as_str())
        .collect();
    assert_eq!(best, ["red", "blue", "blue"]);
    assert!(
        found
            .frame_labels
            .iter()
            .all(|frame| frame.labels[0].confidence > 0.9)
    );
    assert!(
        found
            .frame_labels
            .iter()
            .all(|frame| frame.classes.is_empty())
    );
    let blue = found
        .labels
        .iter()
        .find(|one| one.description == "blue")
        .unwrap();
    assert_eq!(blue.frame_count, 2);
    let names: Vec<&str> = found
        .metadata
        .models
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["own-image", "own-text", "image-embedder"]);
    assert_eq!(embeddings.rows.len(), 3);
}

#[test]
fn a_pair_that_is_none_is_refused_by_name() {
    let engine = testkit::engine(ModelSet::Permissive);
    let open = |clip| {
        let config = Config {
            clip: Some(clip),
            ..Config::default()
        };
        let error = LabelScenes::open(&engine, config).err().unwrap();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        format!("{error}: {}", cause.unwrap_or_default())
    };
    let missing = ClipConfig {
        image: "/nowhere/image.onnx".into(),
        ..pair()
    };
    assert!(open(missing).contains("/nowhere/image.onnx"));
    let swapped = ClipConfig {
        image: pair().text,
        ..pair()
    };
    assert!(open(swapped).contains("tensors"));
    let no_tokenizer = ClipConfig {
        tokenizer: pair().image,
        ..pair()
    };
    assert!(open(no_tokenizer).contains("tokenizer"));
}

#[tokio::test]
async fn a_video_without_frames_has_no_labels_and_a_broken_one_is_rejected() {
    let stage = stage(ModelSet::Permissive, Config::default());
    let (found, embeddings, _) = named(&stage, &[]).await;
    assert_eq!((found.frame_count, found.labels.len()), (0, 0));
    assert!(embeddings.rows.is_empty());
    let bench = Bench::default();
    let wrong = input(&bench, BUS, &[(0, b"no picture")]).await;
    let ended = stage.run(wrong, &bench.context(StageName::Label)).await;
    assert!(matches!(ended, Err(StageError::Rejected(_))));
}
