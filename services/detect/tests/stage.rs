//! The stage through its ports: batches, shots, damage, stopping.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{input, photograph, run, stage};
use contracts::{
    StageName,
    decoded::PictureSet,
    messages::ShotsFound,
    shots::{ShotList, ShotMetadata},
};
use detect::{Config, EffortConfig};
use inference::ModelSet;
use stage::{ProgressEvent, Stage, StageContext, StageError};
use testkit::Bench;

const SIZE: (u32, u32) = (810, 1080);

async fn bus_frames(bench: &Bench, times: &[u64]) -> PictureSet {
    let jpeg = photograph("bus.jpg");
    let shown: Vec<(u64, &[u8])> = times.iter().map(|time| (*time, jpeg.as_slice())).collect();
    bench.pictures(SIZE, &shown).await
}

async fn shots(context: &StageContext, changes: &[f64]) -> ShotsFound {
    let list = ShotList {
        scenes: Vec::new(),
        total_scenes: 0,
        scene_changes: changes.to_vec(),
        boundaries: Vec::new(),
        flashes: Vec::new(),
        metadata: ShotMetadata {
            processed: true,
            method: "test".into(),
            frames_analyzed: 1,
        },
    };
    ShotsFound {
        shots: context.store_json("shots.json", &list).await.unwrap(),
        shot_count: 1,
    }
}

#[tokio::test]
async fn the_size_of_batches_changes_nothing() {
    let bench = Bench::default();
    let frames = bus_frames(&bench, &[0, 200, 400, 600, 800]).await;
    let input = input(frames, SIZE, None);
    let mut results = Vec::new();
    for max_batch_pixels in [None, Some(1), Some(300 * 300 * 2), Some(u64::MAX)] {
        let config = Config {
            effort: EffortConfig {
                max_batch_pixels,
                ..EffortConfig::default()
            },
            ..Config::default()
        };
        let stage = stage(ModelSet::Permissive, config);
        results.push(run(&stage, input.clone(), &bench.context(StageName::Detect)).await);
    }
    assert_eq!(results[0].metadata.frames_analyzed, 5);
    assert!(results.iter().all(|result| *result == results[0]));
}

#[tokio::test]
async fn frames_are_sampled_to_the_end_and_progress_is_told() {
    let bench = Bench::default();
    let frames = bus_frames(&bench, &[0, 100, 200, 300, 400, 500, 600]).await;
    let config = Config {
        effort: EffortConfig {
            max_frames: 3,
            max_batch_pixels: Some(1),
            ..EffortConfig::default()
        },
        ..Config::default()
    };
    let stage = stage(ModelSet::Permissive, config);
    let found = run(
        &stage,
        input(frames, SIZE, None),
        &bench.context(StageName::Detect),
    )
    .await;
    assert_eq!(found.metadata.frame_times, [0.0, 0.3, 0.6]);
    assert_eq!(found.object_annotations[0].frame_number, 0);
    assert_eq!(found.object_annotations.last().unwrap().frame_number, 36);
    let told: Vec<(u64, u64)> = bench
        .progress
        .events()
        .into_iter()
        .map(|event| match event {
            ProgressEvent::Advanced { done, total, .. } => (done, total),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(1, 3), (2, 3), (3, 3)]);
}

#[tokio::test]
async fn tracks_end_at_shot_boundaries() {
    let bench = Bench::default();
    let frames = bus_frames(&bench, &[0, 200, 400, 600]).await;
    let stage = stage(ModelSet::Permissive, Config::default());
    let context = bench.context(StageName::Detect);
    let whole = run(&stage, input(frames.clone(), SIZE, None), &context).await;
    assert!(
        whole
            .tracks
            .iter()
            .all(|track| track.scene_number.is_none() && track.frames == 4)
    );

    let cut = shots(&bench.context(StageName::Shots), &[0.4]).await;
    let bench_two = bench.context(StageName::Detect);
    let ended = stage.run(input(frames, SIZE, Some(cut)), &bench_two).await;
    // The result differs from the one stored before, which a job may not overwrite.
    assert!(matches!(ended, Err(StageError::Rejected(_))));
}

#[tokio::test]
async fn shots_number_the_tracks() {
    let bench = Bench::default();
    let frames = bus_frames(&bench, &[0, 200, 400, 600]).await;
    let cut = shots(&bench.context(StageName::Shots), &[0.4]).await;
    let stage = stage(ModelSet::Permissive, Config::default());
    let found = run(
        &stage,
        input(frames, SIZE, Some(cut)),
        &bench.context(StageName::Detect),
    )
    .await;
    let scenes: Vec<_> = found
        .tracks
        .iter()
        .map(|track| track.scene_number)
        .collect();
    let half = scenes.len() / 2;
    assert!(half > 0 && scenes[..half].iter().all(|scene| *scene == Some(1)));
    assert!(scenes[half..].iter().all(|scene| *scene == Some(2)));
    assert!(found.tracks.iter().all(|track| track.frames == 2));
}

#[tokio::test]
async fn a_set_without_pictures_has_no_objects() {
    let bench = Bench::default();
    let frames = bench.pictures(SIZE, &[]).await;
    let stage = stage(ModelSet::Permissive, Config::default());
    let found = run(
        &stage,
        input(frames, SIZE, None),
        &bench.context(StageName::Detect),
    )
    .await;
    assert_eq!(found.metadata.frames_analyzed, 0);
    assert!(found.object_annotations.is_empty() && found.tracks.is_empty());
}

#[tokio::test]
async fn what_is_no_picture_is_rejected() {
    let bench = Bench::default();
    let frames = bench.pictures(SIZE, &[(0, b"no picture")]).await;
    let stage = stage(ModelSet::Permissive, Config::default());
    let ended = stage
        .run(input(frames, SIZE, None), &bench.context(StageName::Detect))
        .await;
    assert!(matches!(ended, Err(StageError::Rejected(_))));
}

#[tokio::test]
async fn a_stopped_job_is_cancelled() {
    let bench = Bench::default();
    let frames = bus_frames(&bench, &[0, 200]).await;
    bench.cancel.cancel();
    let stage = stage(ModelSet::Permissive, Config::default());
    let ended = stage
        .run(input(frames, SIZE, None), &bench.context(StageName::Detect))
        .await;
    assert!(matches!(ended, Err(StageError::Cancelled)));
}

#[test]
fn settings_are_checked_by_name() {
    assert_eq!(Config::default().validate(), Ok(()));
    let config = Config {
        confidence: Some(1.5),
        ..Config::default()
    };
    assert!(
        config
            .validate()
            .unwrap_err()
            .to_string()
            .contains("detect.confidence")
    );
}
