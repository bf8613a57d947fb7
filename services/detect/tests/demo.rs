//! The demo clip from file to tracks, on the real decode path: its parts are known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{input, run, stage};
use contracts::{
    ArtifactKey, StageName, codec,
    decoded::PictureSet,
    messages::ShotsFound,
    objects::ObjectDetections,
    shots::{ShotList, ShotMetadata},
};
use detect::Config;
use inference::ModelSet;
use media::{DecodeParameters, Decoder, DecoderCommand, Limits, PictureFile};
use stage::Artifacts;
use std::fs::File;
use testkit::Bench;
use tokio_util::sync::CancellationToken;

const SIZE: (u32, u32) = (720, 1280);
/// First instants of the parts after the first: street, hand, square, waiting man, last words.
const CUTS: [f64; 5] = [5.5, 9.0, 12.5, 16.5, 20.0];
/// A man talks to the camera.
const TALKING: std::ops::Range<f64> = 0.0..5.5;
const STREET: std::ops::Range<f64> = 5.5..9.0;
const SQUARE: std::ops::Range<f64> = 12.5..16.5;

async fn store(bench: &Bench, name: &str, pictures: &PictureFile) -> PictureSet {
    let key = |part| ArtifactKey::new(format!("media/demo/{name}.{part}")).unwrap();
    let index = codec::encode(&pictures.index).unwrap();
    PictureSet {
        data: bench
            .artifacts
            .put_file(&key("jpegs"), &pictures.path)
            .await
            .unwrap(),
        index: bench
            .artifacts
            .put(&key("index"), index.into())
            .await
            .unwrap(),
        count: u32::try_from(pictures.index.pictures.len()).unwrap(),
    }
}

async fn shots(bench: &Bench) -> ShotsFound {
    let list = ShotList {
        scenes: Vec::new(),
        total_scenes: 6,
        scene_changes: CUTS.to_vec(),
        boundaries: Vec::new(),
        flashes: Vec::new(),
        metadata: ShotMetadata {
            processed: true,
            method: "known".into(),
            frames_analyzed: 720,
        },
    };
    let context = bench.context(StageName::Shots);
    ShotsFound {
        shots: context.store_json("shots.json", &list).await.unwrap(),
        shot_count: 6,
    }
}

async fn objects(set: ModelSet) -> ObjectDetections {
    let command = DecoderCommand::locate(None).unwrap();
    let decoder = Decoder::new(command, DecodeParameters::default(), Limits::default()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let file = File::open(testkit::cache_file("media/demo.mp4")).unwrap();
    let cancel = CancellationToken::new();
    let decoded = decoder
        .decode(&file, scratch.path(), &cancel, &|_| {})
        .await
        .unwrap();
    assert_eq!(
        (decoded.probe.video.width, decoded.probe.video.height),
        SIZE
    );
    let bench = Bench::default();
    let frames = store(&bench, "frames", &decoded.frames).await;
    let found = shots(&bench).await;
    let stage = stage(set, Config::default());
    run(
        &stage,
        input(frames, SIZE, Some(found)),
        &bench.context(StageName::Detect),
    )
    .await
}

/// Share of the frames of a part in which a class is seen.
fn presence(found: &ObjectDetections, class: &str, part: &std::ops::Range<f64>) -> f64 {
    let times = found
        .metadata
        .frame_times
        .iter()
        .filter(|time| part.contains(time));
    let (mut seen, mut all) = (0, 0);
    for time in times {
        all += 1;
        let mut here = found
            .object_annotations
            .iter()
            .filter(|one| one.timestamp == *time);
        seen += usize::from(here.any(|one| one.class_name == class));
    }
    assert!(all >= 10, "{all} frames in {part:?}");
    seen as f64 / f64::from(all)
}

fn check(found: &ObjectDetections) {
    assert_eq!(found.metadata.frames_analyzed, 120);
    let last = found.metadata.frame_times.last().unwrap();
    assert!(*last >= 23.7, "sampled to the end: {last}");
    assert!(presence(found, "person", &TALKING) >= 0.95);
    assert!(presence(found, "car", &STREET) >= 0.9);
    let talker = found
        .tracks
        .iter()
        .find(|track| track.class_name == "person")
        .unwrap();
    assert_eq!(
        (talker.track_id.as_str(), talker.scene_number),
        ("obj_1", Some(1))
    );
    assert!(
        talker.first_seen <= 0.4 && talker.last_seen >= 5.0,
        "{talker:?}"
    );
    for track in &found.tracks {
        let crossed = CUTS
            .iter()
            .any(|cut| track.first_seen < *cut && *cut <= track.last_seen);
        assert!(!crossed, "{track:?} crosses a cut");
    }
}

#[tokio::test]
async fn coco_ssd_follows_the_parts_of_the_demo_clip() {
    check(&objects(ModelSet::Permissive).await);
}

#[tokio::test]
async fn yolo_follows_the_parts_of_the_demo_clip_and_the_people_on_the_square() {
    let found = objects(ModelSet::Agpl).await;
    check(&found);
    assert!(presence(&found, "person", &SQUARE) >= 0.9);
    let across = found
        .tracks
        .iter()
        .filter(|track| track.scene_number == Some(4));
    let steady = across.filter(|track| track.frames >= 18).count();
    assert!(
        steady >= 6,
        "{steady} people keep their number over the square"
    );
}
