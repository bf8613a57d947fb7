//! The stage through its ports: signals from the store, shots into the store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{Film, scene};
use contracts::{ArtifactKey, MediaTime, StageName, messages::ShotsInput, shots::ShotList};
use shots::{Config, Shots};
use stage::{Artifacts, Stage, StageError};
use testkit::Bench;

async fn input(bench: &Bench, bytes: Vec<u8>, duration: MediaTime) -> ShotsInput {
    let key = ArtifactKey::new("media/film/signals.msgpack").unwrap();
    let signals = bench.artifacts.put(&key, bytes.into()).await.unwrap();
    ShotsInput {
        decoded: testkit::decoded(&signals, duration),
    }
}

#[tokio::test]
async fn stores_the_shots_and_runs_twice_with_one_result() {
    let bench = Bench::default();
    let film = Film::of(&[(scene(1), 25), (scene(2), 25)]);
    let packed = rmp_serde::to_vec_named(&film.signals()).unwrap();
    let input = input(&bench, packed, film.end).await;
    let stage = Shots::new(Config::default()).unwrap();
    let context = bench.context(StageName::Shots);
    let first = stage.run(input.clone(), &context).await.unwrap();
    let again = stage.run(input, &context).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(first.shot_count, 2);
    assert_eq!(first.shots.key.as_str(), "jobs/test/shots/shots.json");
    let list: ShotList = context.load_json(&first.shots).await.unwrap();
    assert_eq!(list.scene_changes, [1.0]);
    assert!(list.metadata.processed);
    assert_eq!(list.metadata.frames_analyzed, 50);
}

#[tokio::test]
async fn bytes_that_are_no_signals_are_rejected() {
    let bench = Bench::default();
    let input = input(&bench, b"no signals".to_vec(), MediaTime::from_seconds(1.0)).await;
    let stage = Shots::new(Config::default()).unwrap();
    let ended = stage.run(input, &bench.context(StageName::Shots)).await;
    assert!(matches!(ended, Err(StageError::Rejected(_))));
}

#[tokio::test]
async fn a_stopped_job_is_cancelled() {
    let bench = Bench::default();
    let film = Film::of(&[(scene(1), 25)]);
    let packed = rmp_serde::to_vec_named(&film.signals()).unwrap();
    let input = input(&bench, packed, film.end).await;
    bench.cancel.cancel();
    let stage = Shots::new(Config::default()).unwrap();
    let ended = stage.run(input, &bench.context(StageName::Shots)).await;
    assert!(matches!(ended, Err(StageError::Cancelled)));
}
