//! The demo clip from file to people, on the real decode path: its parts are known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{decoded, run, shots, stage};
use contracts::{
    ArtifactKey, StageName, codec,
    decoded::PictureSet,
    messages::PeopleInput,
    people::{DistanceClass, FaceTrack, GestureKind, People, Side},
};
use inference::ModelSet;
use media::{DecodeParameters, Decoder, DecoderCommand, Limits, PictureFile};
use stage::Artifacts;
use std::{fs::File, ops::Range};
use testkit::Bench;
use tokio_util::sync::CancellationToken;

const SIZE: (u32, u32) = (720, 1280);
/// Half of what is usual, for the sake of time.
const FRAMES: usize = 60;
/// First instants of the parts after the first: street, hand, square, waiting man, last words.
const CUTS: [f64; 5] = [5.5, 9.0, 12.5, 16.5, 20.0];
/// Parts in which one man's face fills much of the picture, by shot number, with their times.
const ONE_FACE: [(u32, Range<f64>); 4] = [
    (1, 0.0..5.5),
    (3, 9.0..12.5),
    (5, 16.5..20.0),
    (6, 20.0..23.5),
];
const HAND: Range<f64> = 9.0..12.5;
/// Share of the picture above which a face is no passer-by.
const LARGE: f64 = 0.05;

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

async fn people() -> People {
    let command = DecoderCommand::locate(None).unwrap();
    let decoder = Decoder::new(command, DecodeParameters::default(), Limits::default()).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let file = File::open(testkit::cache_file("media/demo.mp4")).unwrap();
    let cancel = CancellationToken::new();
    let film = decoder
        .decode(&file, scratch.path(), &cancel, &|_| {})
        .await
        .unwrap();
    let bench = Bench::default();
    let frames = store(&bench, "frames", &film.frames).await;
    let input = PeopleInput {
        decoded: decoded(frames, SIZE),
        shots: Some(shots(&bench, &CUTS).await),
        objects: None,
    };
    let mut config = people::Config::default();
    config.effort.max_frames = FRAMES;
    let stage = stage(ModelSet::Permissive, config);
    run(&stage, input, &bench.context(StageName::People))
        .await
        .0
}

fn check_faces(found: &People) {
    for (number, times) in ONE_FACE {
        let in_shot = |track: &&FaceTrack| track.scene_number == Some(number);
        let large: Vec<_> = found
            .face_tracks
            .iter()
            .filter(in_shot)
            .filter(|track| track.mean_area > LARGE)
            .collect();
        let [track] = large.as_slice() else {
            panic!("one face in shot {number}, found {large:#?}");
        };
        let looked_at = found.metadata.frame_times.iter();
        let frames = looked_at.filter(|time| times.contains(time)).count();
        assert!(track.frames as usize + 1 >= frames, "{track:?} of {frames}");
    }
    for track in &found.face_tracks {
        let crossed = CUTS
            .iter()
            .any(|cut| track.first_seen < *cut && *cut <= track.last_seen);
        assert!(!crossed, "{track:?} crosses a cut");
    }
}

/// One man talks in the first and the last shot; another waits, a third shows his hand.
fn check_identities(found: &People) {
    let of = |shot: u32| {
        let mut all = found.face_tracks.iter();
        let large =
            |track: &&FaceTrack| track.scene_number == Some(shot) && track.mean_area > LARGE;
        let track = all.find(large).unwrap();
        track.identity.clone().expect("a large face is described")
    };
    assert_eq!(of(1), of(6));
    let mut all = [of(1), of(3), of(5)];
    all.sort();
    assert_eq!(all.len(), 3);
    assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
}

fn check_hands(found: &People) {
    let kinds = |kind| {
        let all = found.gestures.iter();
        all.filter(|one| one.kind == kind && HAND.contains(&one.timestamp))
            .count()
    };
    assert!(kinds(GestureKind::ThumbsUp) >= 2, "{:#?}", found.gestures);
    assert!(kinds(GestureKind::Victory) >= 2, "{:#?}", found.gestures);
    let large = found
        .hands
        .iter()
        .filter(|hand| HAND.contains(&hand.timestamp) && hand.rank == 1);
    assert!(large.clone().count() >= 6);
    let left = large.clone().filter(|hand| hand.hand == Side::Left).count();
    assert!(left * 10 >= large.count() * 9);
}

#[tokio::test]
async fn the_demo_clip_has_one_face_in_each_of_four_shots_and_a_hand_in_one() {
    let found = people().await;
    assert_eq!(found.metadata.frames_analyzed as usize, FRAMES);
    assert!(*found.metadata.frame_times.last().unwrap() >= 23.7);
    check_faces(&found);
    check_identities(&found);
    check_hands(&found);
    let distance = |time: f64| {
        let mut all = found.presence.iter();
        let near = all.find(|one| one.timestamp >= time).unwrap();
        near.camera_distance.map(|distance| distance.class)
    };
    assert_eq!(distance(1.0), Some(DistanceClass::Close));
    assert_eq!(distance(10.0), Some(DistanceClass::Medium));
    let talking = found.faces.iter().filter(|face| face.timestamp < 5.5);
    let turned: Vec<f64> = talking
        .filter_map(|face| Some(face.head_pose?.yaw_degrees))
        .collect();
    let mean = turned.iter().sum::<f64>() / turned.len() as f64;
    // He sits a little turned to the right.
    assert!((4.0..18.0).contains(&mean), "{mean}");
}
