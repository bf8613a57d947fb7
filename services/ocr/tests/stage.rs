//! The stage through its ports: sampling, shots, damage, stopping, the same bytes twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{FONT, drawn, input, run, shots, stage, track};
use contracts::{
    StageName,
    text::{TextOnScreen, TextPosition, TextSize},
};
use ocr::{Config, SamplingConfig};
use stage::{Artifacts, ProgressEvent, Stage, StageError};
use testkit::Bench;

const SIZE: (u32, u32) = (360, 640);

/// A page of one colour with a line on it.
fn page(colour: &str, text: &str) -> Vec<u8> {
    drawn(&format!(
        "color=c={colour}:s=360x640:d=0.04,drawtext=fontfile={FONT}:fontsize=30:fontcolor=white:\
         borderw=2:text='{text}':x=(w-tw)/2:y=60"
    ))
}

#[tokio::test]
async fn a_text_is_told_with_place_time_size_and_model() {
    let bench = Bench::default();
    let (with, without) = (page("navy", "So good"), page("navy", ""));
    let shown: Vec<(u64, &[u8])> =
        vec![(0, &without), (400, &with), (800, &with), (1_200, &without)];
    let given = input(&bench, SIZE, &shown).await;
    let found = run(
        &stage(Config::default()),
        given,
        &bench.context(StageName::Ocr),
    )
    .await;
    let title = track(&found, "So good");
    assert_eq!((title.track_id.as_str(), title.frames), ("text_1", 2));
    assert_eq!((title.first_seen, title.last_seen), (0.2, 1.0));
    assert_eq!(title.intervals[0].start_uncertainty, 0.2);
    assert_eq!(
        (title.position, title.size),
        (TextPosition::TopCenter, TextSize::Large)
    );
    assert!(
        (0.05..0.09).contains(&title.height_share),
        "{}",
        title.height_share
    );
    // The second picture of the text does not differ from the first one.
    assert_eq!(found.metadata.frames_analyzed, 3);
    assert_eq!(found.metadata.frames_skipped_unchanged, 1);
    assert_eq!(found.metadata.frame_times, [0.0, 0.4, 0.8, 1.2]);
    assert_eq!(found.metadata.largest_gap_s, Some(0.4));
    assert_eq!(found.metadata.models.len(), 3);
    let [only] = found.text_annotations.as_slice() else {
        panic!("{:?}", found.text_annotations);
    };
    assert_eq!((only.timestamp, only.frame_number), (0.4, 6));
    assert_eq!(
        (only.track_id.as_str(), only.text.as_str()),
        ("text_1", "So good")
    );
    let [left, top, right, bottom] = only.bbox_normalized;
    let pixels = [left * 360.0, top * 640.0, right * 360.0, bottom * 640.0];
    for (found, expected) in only.bbox.iter().zip(pixels) {
        assert!((found - expected).abs() < 0.1, "{only:?}");
    }
    assert!(!found.metadata.speech.measured && !found.metadata.stickers.measured);
    assert_eq!(found.metadata.stickers_detected, None);
    assert!(
        found
            .metadata
            .stickers
            .reason
            .as_ref()
            .unwrap()
            .contains("shots")
    );
}

#[tokio::test]
async fn the_published_shape_is_that_of_other_detections() {
    let bench = Bench::default();
    let with = page("navy", "So good");
    let given = input(&bench, SIZE, &[(0, &with)]).await;
    let stage = stage(Config::default());
    let context = bench.context(StageName::Ocr);
    let read = stage.run(given, &context).await.unwrap();
    let json: serde_json::Value = context.load_json(&read.text).await.unwrap();
    let keys = |value: &serde_json::Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    };
    assert_eq!(
        keys(&json),
        ["metadata", "stickers", "textAnnotations", "tracks"]
    );
    assert_eq!(
        keys(&json["textAnnotations"][0]),
        [
            "bbox",
            "bboxNormalized",
            "confidence",
            "frame_number",
            "polygon",
            "text",
            "timestamp",
            "trackId"
        ]
    );
    assert_eq!(json["tracks"][0]["position"], "top-center");
    assert_eq!(json["metadata"]["processed"], true);
}

async fn twice(shown: &[(u64, &[u8])]) -> Vec<Vec<u8>> {
    let stage = stage(Config::default());
    let mut results = Vec::new();
    for _ in 0..2 {
        let bench = Bench::default();
        let given = input(&bench, SIZE, shown).await;
        let read = stage
            .run(given, &bench.context(StageName::Ocr))
            .await
            .unwrap();
        results.push(bench.artifacts.get(&read.text).await.unwrap().to_vec());
    }
    results
}

#[tokio::test]
async fn the_same_frames_give_the_same_bytes() {
    let (one, other) = (page("navy", "Part 1"), page("maroon", "Part 2"));
    let results = twice(&[(0, &one), (400, &other), (800, &one)]).await;
    assert_eq!(results[0], results[1]);
    let found: TextOnScreen = serde_json::from_slice(&results[0]).unwrap();
    let intervals: Vec<usize> = found
        .tracks
        .iter()
        .map(|track| track.intervals.len())
        .collect();
    // Part 1 comes again after a look without it; the pause of 0.8 s is no misreading.
    assert_eq!(intervals, [2, 1]);
}

#[tokio::test]
async fn cuts_that_a_text_outlasts_make_it_an_overlay() {
    let bench = Bench::default();
    let pages: Vec<Vec<u8>> = ["navy", "maroon", "olive"]
        .iter()
        .map(|colour| page(colour, "studio nine"))
        .collect();
    let shown: Vec<(u64, &[u8])> = (0..9)
        .map(|at| (at * 400, pages[at as usize / 3].as_slice()))
        .collect();
    let mut given = input(&bench, SIZE, &shown).await;
    given.shots = Some(shots(&bench, &[1.2, 2.4]).await);
    let found = run(
        &stage(Config::default()),
        given,
        &bench.context(StageName::Ocr),
    )
    .await;
    let mark = track(&found, "studio nine");
    assert_eq!((mark.overlay, mark.intervals.len()), (Some(true), 1));
    assert!(
        mark.evidence.iter().any(|one| one.name == "cuts_crossed"),
        "{mark:?}"
    );
    assert!(
        found.metadata.stickers.measured,
        "{:?}",
        found.metadata.stickers
    );
    assert_eq!(found.metadata.stickers_detected, Some(0));
}

#[tokio::test]
async fn progress_is_told_to_the_end() {
    let bench = Bench::default();
    let one = page("navy", "");
    let shown: Vec<(u64, &[u8])> = (0..10).map(|at| (at * 200, one.as_slice())).collect();
    let given = input(&bench, SIZE, &shown).await;
    run(
        &stage(Config::default()),
        given,
        &bench.context(StageName::Ocr),
    )
    .await;
    let told: Vec<(u64, u64)> = bench
        .progress
        .events()
        .into_iter()
        .map(|event| match event {
            ProgressEvent::Advanced { done, total, .. } => (done, total),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(8, 10), (10, 10)]);
}

#[tokio::test]
async fn a_set_without_pictures_has_no_texts() {
    let bench = Bench::default();
    let given = input(&bench, SIZE, &[]).await;
    let found = run(
        &stage(Config::default()),
        given,
        &bench.context(StageName::Ocr),
    )
    .await;
    assert!(found.tracks.is_empty() && found.text_annotations.is_empty());
    assert_eq!(
        (found.metadata.frames_analyzed, found.metadata.largest_gap_s),
        (0, None)
    );
}

#[tokio::test]
async fn what_is_no_picture_is_rejected() {
    let bench = Bench::default();
    let given = input(&bench, SIZE, &[(0, b"no picture")]).await;
    let stage = stage(Config::default());
    let ended = stage.run(given, &bench.context(StageName::Ocr)).await;
    assert!(matches!(ended, Err(StageError::Rejected(_))));
}

#[tokio::test]
async fn a_stopped_job_is_cancelled() {
    let bench = Bench::default();
    let one = page("navy", "So good");
    let given = input(&bench, SIZE, &[(0, &one)]).await;
    bench.cancel.cancel();
    let stage = stage(Config::default());
    let ended = stage.run(given, &bench.context(StageName::Ocr)).await;
    assert!(matches!(ended, Err(StageError::Cancelled)));
}

#[test]
fn settings_are_checked_by_name() {
    let wrong = |config: Config| config.validate().unwrap_err().to_string();
    assert_eq!(Config::default().validate(), Ok(()));
    let config = Config {
        confidence: 1.5,
        ..Config::default()
    };
    assert!(wrong(config).contains("ocr.confidence"));
    // No second of a video may stay unseen.
    let config = Config {
        sampling: SamplingConfig {
            longest_step_ms: 1_500,
            ..SamplingConfig::default()
        },
        ..Config::default()
    };
    assert!(wrong(config).contains("ocr.sampling.longest_step_ms"));
}
