//! What the real weights of both sets say about two harmless photographs.
//!
//! No explicit picture is kept here: that such are recognised rests on the models' authors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{input, photograph, stage};
use contracts::{
    StageName,
    moderation::{Moderation, SafetyRating},
};
use inference::ModelSet;
use moderate::{Config, Moderate, Moderator};
use stage::{ProgressEvent, Stage, StageError};
use testkit::Bench;

const BUS: (u32, u32) = (810, 1080);

async fn judged(set: ModelSet, config: Config, times: &[u64]) -> (Moderation, Bench) {
    let bench = Bench::default();
    let (bus, men) = (photograph("bus.jpg"), photograph("zidane.jpg"));
    let shown: Vec<(u64, &[u8])> = times
        .iter()
        .enumerate()
        .map(|(at, time)| (*time, if at % 2 == 0 { bus.as_slice() } else { &men }))
        .collect();
    let input = input(&bench, BUS, &shown).await;
    let context = bench.context(StageName::Moderate);
    let stage = stage(set, config);
    let output = stage.run(input, &context).await.unwrap();
    let moderation: Moderation = context.load_json(&output.moderation).await.unwrap();
    assert_eq!(
        output.rating,
        moderation
            .explicit_content
            .as_ref()
            .map(|content| content.safety_rating)
    );
    (moderation, bench)
}

/// Scores that ONNX Runtime under Python gave, with pictures scaled by OpenCV; 0.02 either way,
/// because JPEG decoders and scalers differ in single steps.
#[tokio::test]
async fn open_nsfw_calls_both_safe() {
    let (found, _) = judged(ModelSet::Permissive, Config::default(), &[0, 500]).await;
    assert_eq!(found.metadata.model.name, "open-nsfw");
    assert_eq!(found.metadata.method, "probability");
    let scores: Vec<f64> = found
        .frame_results
        .iter()
        .map(|one| one.nsfw_score)
        .collect();
    for (score, expected) in scores.iter().zip(OPEN_NSFW_REFERENCE) {
        assert!((score - expected).abs() < 0.02, "{scores:?}");
    }
    let content = found.explicit_content.unwrap();
    assert!(content.is_safe && content.explicit_frames.is_empty());
    assert_eq!(
        content.max_nsfw_score,
        scores.iter().copied().fold(0.0, f64::max)
    );
    assert!(content.safety_rating <= SafetyRating::Safe);
    assert_eq!((found.frames_analyzed, found.sample_fps), (2, Some(0.2)));
    assert_eq!((found.body_parts, found.reason), (None, None));
}

const OPEN_NSFW_REFERENCE: [f64; 2] = [0.0, 0.0];

/// Under Python, with OpenCV: covered feet 0.40 and a face 0.28 in the first picture, nothing in the
/// second.
#[tokio::test]
async fn nudenet_finds_parts_and_nothing_explicit() {
    let (found, _) = judged(ModelSet::Agpl, Config::default(), &[0, 500]).await;
    assert_eq!(found.metadata.model.name, "nudenet");
    assert_eq!(found.metadata.method, "detection");
    let parts = found.body_parts.unwrap();
    let expected = [
        ("FEET_COVERED", 0.40, [0.82, 0.75, 0.92, 0.81]),
        ("FACE_FEMALE", 0.28, [0.13, 0.38, 0.19, 0.43]),
    ];
    assert_eq!(parts.len(), expected.len(), "{parts:#?}");
    for (part, (name, confidence, place)) in parts.iter().zip(expected) {
        assert_eq!((part.class_name.as_str(), part.timestamp), (name, 0.0));
        assert!((part.confidence - confidence).abs() < 0.03 && !part.explicit);
        let edges = part.bbox_normalized.iter().zip(place);
        assert!(edges.clone().all(|(a, b)| (a - b).abs() < 0.02), "{part:?}");
    }
    assert!(
        found
            .frame_results
            .iter()
            .all(|one| one.nsfw_score == 0.0 && one.is_safe)
    );
    let content = found.explicit_content.unwrap();
    assert_eq!(content.safety_rating, SafetyRating::VerySafe);
}

#[tokio::test]
async fn batches_change_nothing_and_progress_is_told() {
    let mut results = Vec::new();
    for batch_frames in [1, 2, 8] {
        let config = Config {
            batch_frames,
            max_frames: 3,
            ..Config::default()
        };
        let (found, bench) = judged(ModelSet::Permissive, config, &[0, 250, 500, 750, 1000]).await;
        let told = bench.progress.events();
        let last = ProgressEvent::Advanced {
            stage: StageName::Moderate,
            done: 3,
            total: 3,
        };
        assert_eq!(
            (told.len(), told.last()),
            (3_usize.div_ceil(batch_frames), Some(&last))
        );
        results.push(found);
    }
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
    let times: Vec<f64> = results[0]
        .frame_results
        .iter()
        .map(|one| one.timestamp)
        .collect();
    assert_eq!(times, [0.0, 0.5, 1.0]);
}

#[tokio::test]
async fn what_was_not_looked_at_is_not_called_safe() {
    for set in [ModelSet::Permissive, ModelSet::Agpl] {
        let (found, _) = judged(set, Config::default(), &[]).await;
        // Nothing that is published holds a rating, or the word of safety.
        let published = serde_json::to_string(&found).unwrap();
        assert!(!published.contains("safe"), "{published}");
        assert_eq!(found.explicit_content, None);
        assert!(found.reason.unwrap().contains("no frame"));
        assert_eq!(found.frames_analyzed, 0);
    }
}

/// ONNX Runtime by the path under which other tests of this process may have loaded it.
fn runtime() -> std::path::PathBuf {
    let versions = std::fs::read_dir(testkit::cache_file("onnxruntime")).unwrap();
    let mut libraries = versions.map(|version| version.unwrap().path().join("libonnxruntime.so"));
    libraries.find(|library| library.exists()).unwrap()
}

#[tokio::test]
async fn without_weights_there_is_no_stage() {
    let empty = tempfile::tempdir().unwrap();
    let engine = inference::Engine::start(
        inference::CacheDir::new(empty.path()),
        inference::EngineConfig {
            library: Some(runtime()),
            ..inference::EngineConfig::default()
        },
    )
    .unwrap();
    let error = Moderate::open(&engine, Config::default()).err().unwrap();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("models fetch"), "{cause}");
}

#[tokio::test]
async fn what_is_no_picture_is_rejected_and_a_stopped_job_stops() {
    let bench = Bench::default();
    let stage = stage(ModelSet::Permissive, Config::default());
    let wrong = input(&bench, BUS, &[(0, b"no picture")]).await;
    let ended = stage.run(wrong, &bench.context(StageName::Moderate)).await;
    assert!(matches!(ended, Err(StageError::Rejected(_))));
    let bench = Bench::default();
    let bus = photograph("bus.jpg");
    let right = input(&bench, BUS, &[(0, &bus)]).await;
    bench.cancel.cancel();
    let ended = stage.run(right, &bench.context(StageName::Moderate)).await;
    assert!(matches!(ended, Err(StageError::Cancelled)));
}

#[test]
fn a_named_model_is_taken_and_a_forbidden_one_refused() {
    let named = |model| Config {
        model: Some(model),
        ..Config::default()
    };
    let agpl = testkit::engine(ModelSet::Agpl);
    let chosen = Moderate::open(&agpl, named(Moderator::OpenNsfw)).unwrap();
    assert_eq!(chosen.moderator(), Moderator::OpenNsfw);
    let permissive = testkit::engine(ModelSet::Permissive);
    assert!(Moderate::open(&permissive, named(Moderator::Nudenet)).is_err());
}
