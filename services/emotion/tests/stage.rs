//! The stage with real weights on faces at known places.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Shown, input, photograph, read, stage};
use contracts::{
    StageName,
    emotion::{EmotionLabel, FrameState},
};
use emotion::Config;
use stage::{ProgressEvent, Stage, StageError};
use testkit::Bench;

/// Where YuNet sees the face in astronaut.png.
const ASTRONAUT: [f64; 4] = [179.0, 63.6, 90.6, 110.5];
/// Size of one picture of the sheet, in pixels.
const SHEET_CELL: (u32, u32) = (528, 358);

/// The pictures of the first sheet: first row, by column.
fn expression(column: u32) -> image::RgbImage {
    let sheet = photograph("openpeople-01-expressions.jpg");
    let (width, height) = SHEET_CELL;
    let x = (0.035 + 0.2345 * f64::from(column)) * f64::from(sheet.width());
    let y = 0.06 * f64::from(sheet.height());
    image::imageops::crop_imm(&sheet, x as u32, y as u32, width, height).to_image()
}

/// Faces of the sheet's first row stand here, give or take a few pixels.
const IN_CELL: [f64; 4] = [197.0, 74.0, 142.0, 197.0];

fn at(milliseconds: u64, picture: &image::RgbImage, bbox: [f64; 4]) -> Shown<'_> {
    Shown {
        milliseconds,
        picture,
        faces: vec![(bbox, Some("face_1"))],
    }
}

#[tokio::test]
async fn a_smile_is_joy() {
    let picture = photograph("astronaut.png");
    let found = read(&stage(Config::default()), &[at(0, &picture, ASTRONAUT)]).await;
    let reading = &found.emotions[0];
    assert_eq!(reading.emotion, EmotionLabel::Joy);
    assert!(reading.confidence > 0.95, "{reading:?}");
    assert!(reading.valence > 0.9 && reading.intensity > 0.95);
    assert_eq!(reading.raw.emotion, reading.emotion);
    assert_eq!(found.dominant_emotion, Some(EmotionLabel::Joy));
    assert_eq!(found.metadata.model.name, "face-expression");
    assert!(found.metadata.accuracy.share_correct > 0.8);
}

#[tokio::test]
async fn posed_expressions_are_read() {
    let stage = stage(Config::default());
    for (column, expected) in [
        (0, EmotionLabel::Neutral),
        (1, EmotionLabel::Joy),
        (2, EmotionLabel::Sadness),
        (3, EmotionLabel::Anger),
    ] {
        let picture = expression(column);
        let found = read(&stage, &[at(0, &picture, IN_CELL)]).await;
        assert_eq!(
            found.emotions[0].emotion, expected,
            "{:?}",
            found.emotions[0]
        );
    }
}

#[tokio::test]
async fn the_size_of_batches_changes_nothing_and_all_frames_are_told() {
    let picture = photograph("astronaut.png");
    let shown = || {
        (0..20).map(|frame| Shown {
            milliseconds: frame * 200,
            picture: &picture,
            faces: if frame % 3 == 1 {
                Vec::new()
            } else {
                vec![
                    (ASTRONAUT, Some("face_1")),
                    ([20.0, 20.0, 60.0, 60.0], None),
                ]
            },
        })
    };
    let config = |batch_faces| Config {
        batch_faces,
        ..Config::default()
    };
    let all: Vec<_> = shown().collect();
    let whole = read(&stage(config(16)), &all).await;
    assert_eq!(whole, read(&stage(config(1)), &all).await);
    assert_eq!(whole.frames_analyzed, 20);
    assert_eq!(whole.emotions.len(), 13);
    assert_eq!(whole.faces.len(), 26);
    let without = whole
        .frames
        .iter()
        .filter(|one| one.state == FrameState::NoFace);
    assert_eq!(without.count(), 7);
    assert!(
        whole
            .emotions
            .iter()
            .all(|one| one.emotion == EmotionLabel::Joy)
    );
    assert_eq!(whole.metrics.detection_rate, Some(0.65));
}

#[tokio::test]
async fn small_faces_and_those_beyond_the_limit_are_left_out_and_counted() {
    let picture = photograph("astronaut.png");
    let shown = [
        Shown {
            milliseconds: 0,
            picture: &picture,
            faces: vec![([0.0, 0.0, 20.0, 30.0], None)],
        },
        Shown {
            milliseconds: 200,
            picture: &picture,
            faces: vec![(ASTRONAUT, None), (ASTRONAUT, None)],
        },
    ];
    let config = Config {
        max_faces: 1,
        ..Config::default()
    };
    let found = read(&stage(config), &shown).await;
    assert_eq!(found.frames[0].state, FrameState::TooSmall);
    assert_eq!((found.faces.len(), found.metadata.faces_left_out), (1, 2));
}

#[tokio::test]
async fn a_video_without_frames_is_read() {
    let found = read(&stage(Config::default()), &[]).await;
    assert_eq!(found.frames_analyzed, 0);
    assert!(found.emotions.is_empty());
}

#[tokio::test]
async fn a_stopped_job_is_cancelled_and_progress_is_told() {
    let picture = photograph("astronaut.png");
    let shown: Vec<_> = (0..9)
        .map(|frame| at(frame * 200, &picture, ASTRONAUT))
        .collect();
    let bench = Bench::default();
    let input = input(&bench, &shown).await;
    let stage = stage(Config::default());
    let context = bench.context(StageName::Emotion);
    stage.run(input.clone(), &context).await.unwrap();
    let told: Vec<(u64, u64)> = bench
        .progress
        .events()
        .into_iter()
        .map(|event| match event {
            ProgressEvent::Advanced { done, total, .. } => (done, total),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(8, 9), (9, 9)]);
    bench.cancel.cancel();
    let ended = stage.run(input, &bench.context(StageName::Emotion)).await;
    assert!(matches!(ended, Err(StageError::Cancelled)));
}

#[test]
fn settings_are_checked_by_name() {
    assert_eq!(Config::default().validate(), Ok(()));
    let config = Config {
        max_faces: 0,
        ..Config::default()
    };
    let fault = config.validate().unwrap_err().to_string();
    assert!(fault.contains("emotion.max_faces"), "{fault}");
}
