//! The stage through its ports: tracks, shots, persons, damage, stopping.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{decoded, persons, photograph, run, shots, stage, usual};
use contracts::{StageName, messages::PeopleInput, people::DistanceSource};
use inference::ModelSet;
use people::Config;
use stage::{ProgressEvent, Stage, StageError};
use testkit::Bench;

async fn input(bench: &Bench, times: &[u64], changes: Option<&[f64]>) -> PeopleInput {
    let (jpeg, size) = photograph("astronaut.png");
    let shown: Vec<(u64, &[u8])> = times.iter().map(|time| (*time, jpeg.as_slice())).collect();
    let frames = bench.pictures(size, &shown).await;
    PeopleInput {
        decoded: decoded(frames, size),
        shots: match changes {
            Some(changes) => Some(shots(bench, changes).await),
            None => None,
        },
        objects: None,
    }
}

#[tokio::test]
async fn tracks_end_at_shot_boundaries() {
    let bench = Bench::default();
    let input = input(&bench, &[0, 200, 400, 600], Some(&[0.4])).await;
    let (people, _) = run(&usual(), input, &bench.context(StageName::People)).await;
    let tracks: Vec<_> = people
        .face_tracks
        .iter()
        .map(|track| (track.track_id.as_str(), track.frames, track.scene_number))
        .collect();
    assert_eq!(tracks, [("face_1", 2, Some(1)), ("face_2", 2, Some(2))]);
    let ids = people.faces.iter().map(|face| face.track_id.as_deref());
    assert!(ids.eq(["face_1", "face_1", "face_2", "face_2"].map(Some)));
}

#[tokio::test]
async fn a_face_that_returns_after_a_cut_keeps_its_identity() {
    let bench = Bench::default();
    let input = input(&bench, &[0, 200, 400, 600], Some(&[0.4])).await;
    let (people, _) = run(&usual(), input, &bench.context(StageName::People)).await;
    let identities = people.face_tracks.iter().map(|one| one.identity.as_deref());
    assert!(identities.eq([Some("identity_1"); 2]));
    assert_eq!(people.metadata.re_identified, Some(true));
    assert!(!people.metadata.unmeasured.contains_key("re_identified"));

    let mut config = Config::default();
    config.identity.enabled = false;
    let stage = stage(ModelSet::Permissive, config);
    let bench = Bench::default();
    let input = self::input(&bench, &[0, 200, 400, 600], Some(&[0.4])).await;
    let (people, _) = run(&stage, input, &bench.context(StageName::People)).await;
    assert!(people.face_tracks.iter().all(|one| one.identity.is_none()));
    assert_eq!(people.metadata.re_identified, None);
    assert!(people.metadata.unmeasured.contains_key("re_identified"));
    let models = people.metadata.models.iter();
    assert!(models.clone().count() > 0 && models.clone().all(|one| one.name != "face-description"));
}

#[tokio::test]
async fn frames_are_sampled_to_the_end_and_progress_is_told() {
    let bench = Bench::default();
    let mut config = Config::default();
    config.effort.max_frames = 3;
    config.effort.batch_frames = 2;
    let input = input(&bench, &[0, 100, 200, 300, 400, 500, 600], None).await;
    let stage = stage(ModelSet::Permissive, config);
    let (people, _) = run(&stage, input, &bench.context(StageName::People)).await;
    assert_eq!(people.metadata.frame_times, [0.0, 0.3, 0.6]);
    assert_eq!(people.faces.last().unwrap().frame_number, 36);
    assert_eq!(people.face_tracks[0].scene_number, None);
    let told: Vec<(u64, u64)> = bench
        .progress
        .events()
        .into_iter()
        .map(|event| match event {
            ProgressEvent::Advanced { done, total, .. } => (done, total),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [(2, 3), (3, 3)]);
}

#[tokio::test]
async fn bodies_are_missing_where_persons_were_not_looked_for() {
    let (jpeg, size) = photograph("bus.jpg");
    let bench = Bench::default();
    let frames = bench.pictures(size, &[(0, &jpeg), (200, &jpeg)]).await;
    let boxes = [[0.062, 0.369, 0.304, 0.836]];
    let input = PeopleInput {
        decoded: decoded(frames, size),
        shots: None,
        objects: Some(persons(&bench, &[0.0], &boxes).await),
    };
    let (people, landmarks) = run(&usual(), input, &bench.context(StageName::People)).await;
    let poses = people.poses.unwrap();
    assert_eq!(poses.len(), 1);
    assert_eq!(
        (poses[0].timestamp, people.metadata.poses_detected),
        (0.0, Some(1))
    );
    assert_eq!(landmarks.bodies.len(), 1);
    let counts: Vec<_> = people
        .presence
        .iter()
        .map(|one| (one.persons, one.bodies))
        .collect();
    assert_eq!(counts, [(Some(1), Some(1)), (None, None)]);
}

#[tokio::test]
async fn without_objects_there_are_no_bodies_and_the_reason_is_given() {
    let bench = Bench::default();
    let input = input(&bench, &[0], None).await;
    let (people, _) = run(&usual(), input, &bench.context(StageName::People)).await;
    assert_eq!(people.poses, None);
    assert!(people.metadata.unmeasured["poses"].contains("detect"));
    assert_eq!(people.metadata.poses_detected, None);
    assert_eq!(people.frames_with_people, 1);
    let distance = people.presence[0].camera_distance.unwrap();
    assert_eq!(distance.source, DistanceSource::Face);
}

#[tokio::test]
async fn a_set_without_pictures_has_nobody() {
    let bench = Bench::default();
    let input = input(&bench, &[], None).await;
    let (people, _) = run(&usual(), input, &bench.context(StageName::People)).await;
    assert_eq!(people.metadata.frames_analyzed, 0);
    assert_eq!(people.presence_percentage, None);
    assert!(people.faces.is_empty() && people.face_tracks.is_empty());
}

#[tokio::test]
async fn limits_are_kept_and_told() {
    let bench = Bench::default();
    let (jpeg, size) = photograph("zidane.jpg");
    let frames = bench.pictures(size, &[(0, &jpeg)]).await;
    let mut config = Config::default();
    config.faces.max_faces = 1;
    let input = PeopleInput {
        decoded: decoded(frames, size),
        shots: None,
        objects: None,
    };
    let stage = stage(ModelSet::Permissive, config);
    let (people, _) = run(&stage, input, &bench.context(StageName::People)).await;
    assert_eq!(people.faces.len(), 1);
    assert_eq!(people.metadata.left_out.faces, 1);
}

#[tokio::test]
async fn what_is_no_picture_is_rejected() {
    let bench = Bench::default();
    let frames = bench.pictures((100, 100), &[(0, b"no picture")]).await;
    let input = PeopleInput {
        decoded: decoded(frames, (100, 100)),
        shots: None,
        objects: None,
    };
    let ended = usual().run(input, &bench.context(StageName::People)).await;
    assert!(matches!(ended, Err(StageError::Rejected(_))));
}

#[tokio::test]
async fn a_stopped_job_is_cancelled() {
    let bench = Bench::default();
    let input = input(&bench, &[0, 200], None).await;
    bench.cancel.cancel();
    let ended = usual().run(input, &bench.context(StageName::People)).await;
    assert!(matches!(ended, Err(StageError::Cancelled)));
}

#[test]
fn settings_are_checked_by_name() {
    let fault = |change: fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        config.validate().unwrap_err().to_string()
    };
    assert_eq!(Config::default().validate(), Ok(()));
    assert!(fault(|config| config.faces.confidence = 1.5).contains("people.faces.confidence"));
    assert!(fault(|config| config.effort.batch_frames = 0).contains("people.effort.batch_frames"));
    assert!(fault(|config| config.distance.medium_face = 0.9).contains("below"));
    assert!(
        fault(|config| config.tracks.match_overlap = 0.0).contains("people.tracks.match_overlap")
    );
}
