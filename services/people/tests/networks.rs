//! What the real weights see in photographs.
//!
//! Boxes were drawn by hand around what a person sees; gestures, hands and expressions are what a
//! person would say. Tolerances are stated at each comparison.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::{hand_frames, mirrored, overlap, photograph, run_on, stage, usual};
use contracts::people::{
    BLENDSHAPES, BodyLayout, DistanceClass, DistanceSource, GestureKind, MeshState, People, Side,
};
use inference::ModelSet;
use people::{BodyModel, Config};

/// Faces as `x, y, width, height`, in pixels.
const ASTRONAUT: [f64; 4] = [176.0, 62.0, 92.0, 112.0];
const TRAINER: [f64; 4] = [915.0, 98.0, 140.0, 178.0];
const SHOUTING: [f64; 4] = [545.0, 262.0, 115.0, 165.0];
const MAN_IN_FUR: [f64; 4] = [114.0, 418.0, 40.0, 50.0];
const MAN_IN_COAT: [f64; 4] = [268.0, 421.0, 40.0, 53.0];
/// The persons of bus.jpg, in shares: in fur, in the coat, at the right.
const BUS_PERSONS: [[f64; 4]; 3] = [
    [0.062, 0.369, 0.304, 0.836],
    [0.278, 0.376, 0.425, 0.796],
    [0.825, 0.364, 1.0, 0.815],
];

fn boxes(people: &People) -> Vec<contracts::people::Rectangle> {
    people.faces.iter().map(|face| face.bbox_pixels).collect()
}

#[tokio::test]
async fn one_smiling_face_is_seen_whole() {
    let (people, landmarks) = run_on(&usual(), photograph("astronaut.png"), None).await;
    assert_eq!(people.faces.len(), 1);
    let face = &people.faces[0];
    assert!(face.confidence >= 0.9);
    assert!(overlap(face.bbox_pixels, ASTRONAUT) >= 0.9);
    assert_eq!((face.count, face.rank), (1, 1));
    assert_eq!(face.mesh, MeshState::Measured);
    assert_eq!(face.landmarks, Some(478));
    let points = &face.points;
    assert!(points.right_eye[0] < points.left_eye[0] && points.nose[1] < points.left_mouth[1]);

    let smile = |name: &str| {
        let place = BLENDSHAPES.iter().position(|one| *one == name).unwrap();
        landmarks.faces[0].blendshapes[place]
    };
    // The network's own framework gives 0.91 and 0.90 on the undamaged picture.
    assert!((smile("mouthSmileRight") - 0.91).abs() < 0.03);
    assert!((smile("mouthSmileLeft") - 0.90).abs() < 0.03);
    assert!(smile("mouthFrownLeft") < 0.1);
}

#[tokio::test]
async fn the_mesh_lies_where_the_detector_sees_eyes_and_mouth() {
    let (people, landmarks) = run_on(&usual(), photograph("astronaut.png"), None).await;
    let (face, mesh) = (&people.faces[0], &landmarks.faces[0]);
    let point =
        |number: usize| [mesh.points[3 * number], mesh.points[3 * number + 1]].map(f64::from);
    let near = |a: [f64; 2], b: [f64; 2], what: &str| {
        let distance = (a[0] - b[0]).hypot(a[1] - b[1]);
        // A tenth of the width of the face, 0.18 of the picture.
        assert!(distance < 0.018, "{what}: {a:?} and {b:?}");
    };
    near(point(468), face.points.right_eye, "right iris");
    near(point(473), face.points.left_eye, "left iris");
    near(point(4), face.points.nose, "nose");
    near(
        point(61),
        face.points.right_mouth,
        "right corner of the mouth",
    );
    near(
        point(291),
        face.points.left_mouth,
        "left corner of the mouth",
    );
}

#[tokio::test]
async fn of_two_faces_the_larger_is_first_and_a_profile_has_no_mesh() {
    let (people, _) = run_on(&usual(), photograph("zidane.jpg"), None).await;
    let found = boxes(&people);
    assert_eq!(found.len(), 2);
    assert!(overlap(found[0], TRAINER) >= 0.8 && overlap(found[1], SHOUTING) >= 0.8);
    assert_eq!(people.faces[0].rank, 1);
    assert_eq!(people.faces[0].mesh, MeshState::Measured);
    let profile = &people.faces[1];
    assert_eq!(profile.mesh, MeshState::NotFrontal);
    assert_eq!((profile.landmarks, profile.head_pose), (None, None));
    assert!(people.gaze.iter().all(|gaze| gaze.rank == 1));
    assert_eq!(people.metadata.gaze_unread["no_mesh"], 1);
    // He points with his left hand.
    assert_eq!(people.hands.len(), 1);
    assert_eq!(people.hands[0].hand, Side::Left);
}

#[tokio::test]
async fn bodies_of_standing_people_are_described() {
    let stage = usual();
    assert_eq!(stage.networks().body_model(), BodyModel::Blazepose);
    let (people, landmarks) = run_on(&stage, photograph("bus.jpg"), Some(&BUS_PERSONS)).await;
    let found = boxes(&people);
    assert_eq!(found.len(), 2);
    for expected in [MAN_IN_FUR, MAN_IN_COAT] {
        assert!(found.iter().any(|one| overlap(*one, expected) >= 0.8));
    }
    let poses = people.poses.as_ref().unwrap();
    let of = |id: &str| {
        let mut all = poses.iter();
        all.find(|pose| pose.person_id.as_deref() == Some(id))
            .unwrap_or_else(|| panic!("no body of {id} among {poses:#?}"))
    };
    for person in ["obj_1", "obj_2"] {
        let pose = of(person);
        assert_eq!((pose.landmarks, pose.layout), (33, BodyLayout::Blazepose33));
        assert!(pose.confidence >= 0.95, "{}", pose.confidence);
        assert!(pose.visibility >= 0.75, "{}", pose.visibility);
    }
    let heads = people.faces.iter().map(|face| face.person_id.as_deref());
    assert!(heads.eq([Some("obj_2"), Some("obj_1")]));

    // The nose of the body lies in the face, the ankles at the lower end of the person.
    let fur = landmarks
        .bodies
        .iter()
        .find(|body| body.rank == of("obj_1").rank);
    let at = |number: usize| &fur.unwrap().points[3 * number..3 * number + 2];
    let nose = (f64::from(at(0)[0]) * 810.0, f64::from(at(0)[1]) * 1080.0);
    assert!(
        (nose.0 - 140.0).abs() < 15.0 && (nose.1 - 448.0).abs() < 15.0,
        "{nose:?}"
    );
    for ankle in [27, 28] {
        assert!((0.75..0.84).contains(&at(ankle)[1]), "{:?}", at(ankle));
    }
    assert_eq!(people.frames_with_people, 1);
    assert_eq!(people.presence_percentage, Some(100.0));
}

#[tokio::test]
async fn the_agpl_set_finds_bodies_by_itself() {
    let stage = stage(ModelSet::Agpl, Config::default());
    assert_eq!(stage.networks().body_model(), BodyModel::Yolo11nPose);
    let (people, _) = run_on(&stage, photograph("bus.jpg"), None).await;
    let poses = people.poses.unwrap();
    assert_eq!(poses.len(), 3);
    assert!(
        poses
            .iter()
            .all(|pose| pose.landmarks == 17 && pose.confidence > 0.8)
    );
    assert!(
        poses
            .iter()
            .filter(|pose| pose.visible_landmarks >= 15)
            .count()
            >= 2
    );
    assert!(!people.metadata.unmeasured.contains_key("poses"));

    let (people, _) = run_on(&stage, photograph("bus.jpg"), Some(&BUS_PERSONS)).await;
    let poses = people.poses.unwrap();
    let mut owners: Vec<_> = poses
        .iter()
        .filter_map(|pose| pose.person_id.as_deref())
        .collect();
    owners.sort_unstable();
    assert_eq!(owners, ["obj_1", "obj_2", "obj_3"]);
}

#[tokio::test]
async fn a_thumb_and_a_victory_sign_are_read_and_other_hands_say_nothing() {
    let stage = usual();
    let expected = [
        (0, Some(GestureKind::ThumbsUp)),
        (8, Some(GestureKind::Victory)),
        (12, None),
        (16, Some(GestureKind::ThumbsUp)),
        (24, None),
        (32, Some(GestureKind::Victory)),
    ];
    let (frames, size) = hand_frames(&expected.map(|(at, _)| at));
    for ((at, expected), jpeg) in expected.into_iter().zip(frames) {
        let (people, _) = run_on(&stage, (jpeg, size), None).await;
        let kinds: Vec<_> = people.gestures.iter().map(|one| one.kind).collect();
        assert_eq!(
            kinds,
            expected.into_iter().collect::<Vec<_>>(),
            "frame {at}"
        );
        let hand = &people.hands[0];
        assert_eq!((hand.hand, hand.landmarks), (Side::Left, 21), "frame {at}");
        let sides = people.gestures.iter().map(|one| one.hand);
        assert!(sides.eq(people.gestures.iter().map(|_| Side::Left)));
    }
}

#[tokio::test]
async fn the_side_of_a_hand_is_that_of_the_person() {
    let stage = usual();
    for (picture, exchanged) in [
        (photograph("openpeople-01-standing.jpg"), false),
        (mirrored("openpeople-01-standing.jpg"), true),
    ] {
        let (people, _) = run_on(&stage, picture, None).await;
        assert_eq!(people.hands.len(), 2);
        for hand in &people.hands {
            let at_left = hand.bbox.x < 0.5;
            // Somebody who faces the camera has the right hand at the left. A picture of a person
            // and its mirror image are both pictures of somebody.
            let expected = if at_left { Side::Right } else { Side::Left };
            assert_eq!(hand.hand, expected, "mirrored: {exchanged}");
            assert!(hand.hand_confidence > 0.9);
        }
    }
    let mut config = Config::default();
    config.hands.mirrored = true;
    let told = common::stage(ModelSet::Permissive, config);
    let (people, _) = run_on(&told, photograph("openpeople-01-standing.jpg"), None).await;
    let leftmost = people.hands.iter().find(|hand| hand.bbox.x < 0.5).unwrap();
    assert_eq!(leftmost.hand, Side::Left);
}

#[tokio::test]
async fn somebody_who_stands_before_the_camera_looks_into_it() {
    let (people, _) = run_on(&usual(), photograph("openpeople-01-standing.jpg"), None).await;
    let gaze = &people.gaze[0];
    // The mesh places an iris to about 0.03 eye widths; all of the limit would be 0.15.
    assert!(gaze.eye_contact > 0.7, "{gaze:?}");
    let head = people.faces[0].head_pose.unwrap();
    for angle in [head.yaw_degrees, head.pitch_degrees, head.roll_degrees] {
        assert!(angle.abs() < 6.0, "{head:?}");
    }
    let distance = people.presence[0].camera_distance.unwrap();
    assert_eq!(
        (distance.class, distance.source),
        (DistanceClass::Wide, DistanceSource::Face)
    );
}

#[tokio::test]
async fn the_head_turns_the_other_way_in_the_mirror() {
    let stage = usual();
    let turn = async |picture| {
        let (people, _) = run_on(&stage, picture, None).await;
        people.faces[0].head_pose.unwrap()
    };
    let plain = turn(photograph("zidane.jpg")).await;
    let mirror = turn(mirrored("zidane.jpg")).await;
    assert!(plain.yaw_degrees > 8.0, "{plain:?}");
    assert!(
        (plain.yaw_degrees + mirror.yaw_degrees).abs() < 5.0,
        "{mirror:?}"
    );
    assert!((plain.pitch_degrees - mirror.pitch_degrees).abs() < 5.0);
    assert!((plain.roll_degrees + mirror.roll_degrees).abs() < 3.0);
}

#[tokio::test]
async fn the_same_picture_gives_the_same_people() {
    let stage = usual();
    let first = run_on(&stage, photograph("zidane.jpg"), None).await;
    assert_eq!(first, run_on(&stage, photograph("zidane.jpg"), None).await);
    assert_eq!(
        first,
        run_on(&usual(), photograph("zidane.jpg"), None).await
    );
}
