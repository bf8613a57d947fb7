//! Two stored pictures and what other programs see in them: `golden/astronaut.jpg` (NASA, public
//! domain), `golden/hand.jpg` (package fingerpose 0.1.0, MIT), `golden/expected.json`.
//!
//! The expected values are those of OpenCV's YuNet and of MediaPipe's own tasks, as
//! `golden/make.py` says. Tolerances: box and points within 1.5 pixels of YuNet's. MediaPipe finds
//! faces and palms with other detectors, so its networks look at other crops: points of the mesh
//! within 0.02 of the face's width on average and 0.06 each, blendshapes within 0.15, the turn of
//! the head within 5 degrees; points of the hand within a tenth of the hand's size.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{run_on, usual};
use contracts::people::{BLENDSHAPES, GestureKind, Side};
use serde::Deserialize;
use std::collections::BTreeMap;

const PIXELS: f64 = 1.5;
const MESH_MEAN: f64 = 0.02;
const MESH_EACH: f64 = 0.06;
const BLENDSHAPE: f64 = 0.15;
const DEGREES: f64 = 5.0;
const HAND: f64 = 0.1;

#[derive(Debug, Deserialize)]
struct Expected {
    face: ExpectedFace,
    hand: ExpectedHand,
}

#[derive(Debug, Deserialize)]
struct ExpectedFace {
    confidence: f64,
    bbox: [f64; 4],
    points: [[f64; 2]; 5],
    mesh: Vec<[f64; 2]>,
    blendshapes: BTreeMap<String, f64>,
    turn: [[f64; 3]; 3],
}

#[derive(Debug, Deserialize)]
struct ExpectedHand {
    side: Side,
    points: Vec<[f64; 2]>,
    gesture: GestureKind,
    confidence: f64,
}

fn expected() -> Expected {
    serde_json::from_str(include_str!("golden/expected.json")).unwrap()
}

const ASTRONAUT: &[u8] = include_bytes!("golden/astronaut.jpg");
const ASTRONAUT_SIZE: (u32, u32) = (512, 512);
const HAND_PICTURE: &[u8] = include_bytes!("golden/hand.jpg");
const HAND_SIZE: (u32, u32) = (320, 240);

/// Distances of points `x, y, z` in shares from others, in pixels.
fn distances(points: &[f32], others: &[[f64; 2]], (width, height): (u32, u32)) -> Vec<f64> {
    let (width, height) = (f64::from(width), f64::from(height));
    let (points, _) = points.as_chunks::<3>();
    assert_eq!(points.len(), others.len());
    let pairs = points.iter().zip(others);
    let away = pairs.map(|([x, y, _], other)| {
        ((f64::from(*x) - other[0]) * width).hypot((f64::from(*y) - other[1]) * height)
    });
    away.collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn largest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}

#[tokio::test]
async fn the_stored_face_is_seen_as_by_opencv_and_mediapipe() {
    let expected = expected().face;
    let (people, landmarks) = run_on(&usual(), (ASTRONAUT.into(), ASTRONAUT_SIZE), None).await;
    assert_eq!(people.faces.len(), 1);
    let face = &people.faces[0];
    assert!(
        (face.confidence - expected.confidence).abs() < 0.02,
        "{face:?}"
    );
    let found = face.bbox_pixels;
    for (ours, theirs) in [found.x, found.y, found.width, found.height]
        .iter()
        .zip(expected.bbox)
    {
        assert!((ours - theirs).abs() <= PIXELS, "{found:?}");
    }
    let points = &face.points;
    let points = [
        points.right_eye,
        points.left_eye,
        points.nose,
        points.right_mouth,
        points.left_mouth,
    ];
    for (ours, theirs) in points.iter().zip(expected.points) {
        let away = (ours[0] * 512.0 - theirs[0]).hypot(ours[1] * 512.0 - theirs[1]);
        assert!(away <= PIXELS, "{points:?}");
    }

    let away = distances(&landmarks.faces[0].points, &expected.mesh, ASTRONAUT_SIZE);
    let (mean, largest) = (mean(&away) / found.width, largest(&away) / found.width);
    assert!(
        mean <= MESH_MEAN && largest <= MESH_EACH,
        "{mean} {largest}"
    );
    for (name, ours) in BLENDSHAPES.iter().zip(&landmarks.faces[0].blendshapes) {
        let off = (f64::from(*ours) - expected.blendshapes[*name]).abs();
        assert!(off <= BLENDSHAPE, "{name} {ours}");
    }

    // The third column is where the face looks, x to the right, y up, z to the camera.
    let [_, _, [x, y, z]] = [0, 1, 2].map(|column| expected.turn.map(|row| row[column]));
    let pose = face.head_pose.unwrap();
    assert!(
        (pose.yaw_degrees - x.atan2(z).to_degrees()).abs() <= DEGREES,
        "{pose:?}"
    );
    assert!(
        (pose.pitch_degrees - y.asin().to_degrees()).abs() <= DEGREES,
        "{pose:?}"
    );
}

#[tokio::test]
async fn the_stored_hand_is_seen_as_by_mediapipe() {
    let expected = expected().hand;
    let (people, landmarks) = run_on(&usual(), (HAND_PICTURE.into(), HAND_SIZE), None).await;
    assert_eq!((people.hands.len(), people.gestures.len()), (1, 1));
    assert_eq!(people.hands[0].hand, expected.side);
    assert_eq!(people.gestures[0].kind, expected.gesture);
    let off = (people.gestures[0].confidence - expected.confidence).abs();
    assert!(off <= 0.15, "{:?}", people.gestures);
    let away = distances(&landmarks.hands[0].points, &expected.points, HAND_SIZE);
    let size = people.hands[0].bbox_pixels;
    let largest = largest(&away) / size.width.max(size.height);
    assert!(largest <= HAND, "{largest}");
}

#[tokio::test]
async fn the_same_pictures_give_the_same_bytes() {
    let stage = usual();
    for (picture, size) in [(ASTRONAUT, ASTRONAUT_SIZE), (HAND_PICTURE, HAND_SIZE)] {
        let first = run_on(&stage, (picture.into(), size), None).await;
        let again = run_on(&usual(), (picture.into(), size), None).await;
        let bytes = |one| serde_json::to_vec(one).unwrap();
        assert_eq!(bytes(&first), bytes(&again));
    }
}
