//! What networks look at and the way back, the turn of heads, where eyes look.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::people::{GazeDirection, HeadPose};
use inference::image::Crop;
use media::RgbPicture;
use people::compute::{
    GazeRule, bodies,
    faces::FoundFace,
    gaze::{self, Eye, Unread},
    head, palms,
    squares::{Fit, Square},
};
use proptest::prelude::*;
use serde_json::Value;
use tracking::BoundingBox;

fn close(a: (f64, f64), b: (f64, f64), tolerance: f64) -> bool {
    (a.0 - b.0).hypot(a.1 - b.1) < tolerance
}

/// A face with its eyes on a line of this angle.
fn face(x: f32, y: f32, side: f32, angle: f32) -> FoundFace {
    let (sine, cosine) = angle.sin_cos();
    let half = 0.2 * side;
    let eye = |way: f32| (x + way * half * cosine, y + way * half * sine);
    FoundFace {
        confidence: 0.9,
        bbox: BoundingBox::clipped([0.1, 0.1, 0.2, 0.2]).unwrap(),
        edges: [
            x - 0.4 * side,
            y - 0.5 * side,
            x + 0.4 * side,
            y + 0.5 * side,
        ],
        points: [eye(-1.0), eye(1.0), (x, y), (x, y), (x, y)],
    }
}

proptest! {
    /// However a face is tilted, its eyes are level in what the mesh network sees, and a point of
    /// the mesh comes back to where it was.
    #[test]
    fn eyes_are_level_in_the_crop_of_a_face(
        x in -200.0_f32..1500.0, y in -200.0_f32..1500.0, side in 20.0_f32..900.0, angle in -3.1_f32..3.1,
    ) {
        let face = face(x, y, side, angle);
        let crop = face.mesh_crop().unwrap();
        prop_assert!((crop.size().0 - 1.5 * side).abs() < 1e-2);
        let (right, left) = (crop.to_crop(face.points[0]), crop.to_crop(face.points[1]));
        prop_assert!((right.1 - left.1).abs() < 0.05, "{right:?} {left:?}");
        prop_assert!(right.0 < left.0);
        let back = crop.to_source(right);
        prop_assert!((back.0 - face.points[0].0).abs() < 0.01 && (back.1 - face.points[0].1).abs() < 0.01);
    }

    /// Whichever way a hand points, its fingers point up in what the hand network sees.
    #[test]
    fn fingers_point_up_in_the_crop_of_a_hand(
        x in 0.0_f32..1000.0, y in 0.0_f32..1000.0, dx in -100.0_f32..100.0, dy in -100.0_f32..100.0,
    ) {
        prop_assume!(dx.hypot(dy) > 5.0);
        let angle = palms::upright((x, y), (x + dx, y + dy));
        let crop = Crop::square([x - 50.0, y - 50.0, x + 50.0, y + 50.0], 2.6, angle, 224).unwrap();
        let (wrist, fingers) = (crop.to_crop((x, y)), crop.to_crop((x + dx, y + dy)));
        prop_assert!((wrist.0 - fingers.0).abs() < 0.05, "{wrist:?} {fingers:?}");
        prop_assert!(fingers.1 < wrist.1);
    }

    /// A person lies whole in what the body network sees, with a margin on the longer side.
    #[test]
    fn a_person_lies_whole_in_the_crop_of_a_body(
        x in 0.0_f64..0.8, y in 0.0_f64..0.8, w in 0.05_f64..0.2, h in 0.05_f64..0.2,
    ) {
        let bbox = BoundingBox::clipped([x, y, x + w, y + h]).unwrap();
        let size = (720_u32, 1280_u32);
        let crop = bodies::person_crop(bbox, size).unwrap();
        for (across, down) in [(bbox.left, bbox.top), (bbox.right, bbox.bottom)] {
            let (u, v) = crop.to_crop(((across * 720.0) as f32, (down * 1280.0) as f32));
            prop_assert!((25.0..=231.0).contains(&u) && (25.0..=231.0).contains(&v), "{u} {v}");
        }
        prop_assert_eq!(crop.pixels(), (256, 256));
    }

    /// A head turned by known angles is seen turned by them, wherever it is and however large.
    #[test]
    fn a_turned_head_is_seen_turned(
        yaw in -60.0_f64..60.0, pitch in -45.0_f64..45.0, roll in -60.0_f64..60.0,
        size in 1.0_f64..50.0, x in -300.0_f64..300.0, y in -300.0_f64..300.0,
    ) {
        let pose = HeadPose { yaw_degrees: yaw, pitch_degrees: pitch, roll_degrees: roll };
        let points: Vec<_> = model().iter().map(|point| {
            let [px, py, pz] = turned(*point, &pose);
            [size * px + x, size * py + y, size * pz]
        }).collect();
        let seen = head::pose(&points).unwrap();
        prop_assert!((seen.yaw_degrees - yaw).abs() < 1e-4, "{:?}", seen);
        prop_assert!((seen.pitch_degrees - pitch).abs() < 1e-4, "{:?}", seen);
        prop_assert!((seen.roll_degrees - roll).abs() < 1e-4, "{:?}", seen);
    }

    /// Eye contact does not depend on how near somebody is.
    #[test]
    fn gaze_does_not_depend_on_size(
        x in -0.3_f64..0.3, y in -0.3_f64..0.3, width in 20.0_f64..400.0, scale in 1.0_f64..10.0,
    ) {
        let look = |width| gaze::read(&eyes(width, (x, y)), None, &rule()).unwrap();
        let (near, far) = (look(width * scale), look(width));
        prop_assert!((near.eye_contact - far.eye_contact).abs() < 1e-9);
        prop_assert!(close(near.offset, far.offset, 1e-9));
    }
}

/// The points of a mesh that stand for the canonical face model; the others are left at zero.
fn model() -> Vec<[f64; 3]> {
    let mut points = vec![[0.0; 3]; 478];
    let left = [
        (33, 263, [-4.445859, 2.663991, 3.173422]),
        (54, 284, [-6.279331, 6.615427, 1.42585]),
        (67, 297, [-3.523964, 8.005976, 3.729163]),
        (117, 346, [-5.258659, 0.945811, 2.974312]),
        (119, 348, [-3.300681, 0.861641, 3.872784]),
        (121, 350, [-1.820731, 1.467954, 4.224124]),
        (127, 356, [-7.743095, 2.364999, -2.005167]),
        (129, 358, [-1.785794, -0.978284, 4.85047]),
        (132, 361, [-7.270895, -2.890917, -2.252455]),
        (133, 362, [-1.856432, 2.585245, 3.757904]),
        (136, 365, [-5.085276, -7.17859, 0.714711]),
        (143, 372, [-6.407571, 2.236021, 1.560843]),
        (147, 376, [-6.234883, -1.94443, 1.663542]),
        (198, 420, [-1.246815, 0.230297, 5.681036]),
        (205, 425, [-3.832928, -1.537326, 4.137731]),
    ];
    for (at, other, [x, y, z]) in left {
        points[at] = [x, y, z];
        points[other] = [-x, y, z];
    }
    points[4] = [0.0, -0.46317, 7.58658];
    points[6] = [0.0, 2.473255, 5.788627];
    points[10] = [0.0, 8.261778, 4.481535];
    points
}

/// A point of the model (y up, z to the camera) turned, as the mesh has it (y down, z away).
fn turned([x, y, z]: [f64; 3], pose: &HeadPose) -> [f64; 3] {
    // Roll first, then pitch, then yaw: roll turns about the way the face looks.
    let (sin, cos) = (-pose.roll_degrees).to_radians().sin_cos();
    let (x, y) = (x * cos - y * sin, x * sin + y * cos);
    let (sin, cos) = pose.pitch_degrees.to_radians().sin_cos();
    let (y, z) = (y * cos + z * sin, z * cos - y * sin);
    let (sin, cos) = pose.yaw_degrees.to_radians().sin_cos();
    let (x, z) = (x * cos + z * sin, z * cos - x * sin);
    [x, -y, -z]
}

#[test]
fn flat_or_missing_points_have_no_pose() {
    assert_eq!(head::pose(&[]), None);
    assert_eq!(head::pose(&vec![[1.0, 2.0, 3.0]; 478]), None);
    let flat: Vec<_> = model().iter().map(|[x, y, _]| [*x, -y, 0.0]).collect();
    assert_eq!(head::pose(&flat), None);
    assert_eq!(head::pose(&vec![[f64::NAN; 3]; 478]), None);
}

fn eyes(width: f64, (x, y): (f64, f64)) -> [Eye; 2] {
    [0.0, 3.0 * width].map(|left| Eye {
        corners: [(left, 100.0), (left + width, 100.0)],
        iris: (left + width * (0.5 + x), 100.0 + width * y),
        lids: [
            (left + width / 2.0, 100.0 - 0.15 * width),
            (left + width / 2.0, 100.0 + 0.15 * width),
        ],
    })
}

fn rule() -> GazeRule {
    GazeRule {
        limit: 0.15,
        rest: (0.0, 0.0),
        least_width: 16.0,
        least_openness: 0.15,
    }
}

fn direction(offset: (f64, f64)) -> GazeDirection {
    gaze::read(&eyes(40.0, offset), None, &rule())
        .unwrap()
        .direction
}

#[test]
fn eyes_look_where_their_irises_are() {
    assert_eq!(direction((0.0, 0.0)), GazeDirection::Camera);
    assert_eq!(direction((0.2, 0.1)), GazeDirection::Right);
    assert_eq!(direction((-0.2, 0.1)), GazeDirection::Left);
    assert_eq!(direction((0.1, 0.2)), GazeDirection::Down);
    assert_eq!(direction((0.1, -0.2)), GazeDirection::Up);
    let look = gaze::read(&eyes(40.0, (0.075, 0.0)), None, &rule()).unwrap();
    assert!((look.eye_contact - 0.5).abs() < 1e-9);
}

#[test]
fn small_and_closed_eyes_are_not_read() {
    let read = |eyes: [Eye; 2]| gaze::read(&eyes, None, &rule());
    assert_eq!(read(eyes(12.0, (0.0, 0.0))), Err(Unread::EyesTooSmall));
    assert_eq!(read(eyes(0.0, (0.0, 0.0))), Err(Unread::EyesTooSmall));
    let mut closed = eyes(40.0, (0.0, 0.0));
    for eye in &mut closed {
        eye.lids = [(0.0, 100.0), (0.0, 102.0)];
    }
    assert_eq!(read(closed), Err(Unread::EyesClosed));
}

#[test]
fn a_turned_head_looks_into_the_camera_out_of_the_corners_of_its_eyes() {
    let head = HeadPose {
        yaw_degrees: 20.0,
        pitch_degrees: -10.0,
        roll_degrees: 0.0,
    };
    let straight = gaze::read(&eyes(40.0, (0.0, 0.0)), Some(&head), &rule()).unwrap();
    assert!(
        straight.eye_contact < 0.05,
        "looks where the head points: {straight:?}"
    );
    let back = |degrees: f64| degrees.to_radians().sin() / 2.5;
    let turned_back = (-back(20.0), -back(10.0));
    let look = gaze::read(&eyes(40.0, turned_back), Some(&head), &rule()).unwrap();
    assert!(look.eye_contact > 0.999, "{look:?}");
}

/// The recorded table has eyes of 0.06 of the picture's width and a limit of 0.02, which is a
/// third of an eye; heads are not turned in it.
#[test]
fn gaze_agrees_with_recorded_values() {
    let Some(folder) = testkit::oracle_dir() else {
        return;
    };
    let text = std::fs::read(folder.join("extras/gaze.json")).unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let rule = GazeRule {
        limit: 0.02 / 0.06,
        rest: (0.0, 0.0),
        least_width: 0.0,
        least_openness: 0.0,
    };
    let mut compared = 0;
    for row in &rows {
        let at = |name: &str| {
            let point = &row["landmarks"][name];
            Some((point[0].as_f64()?, point[1].as_f64()?))
        };
        let (Some(iris), Some(other)) = (at("468"), at("473")) else {
            assert!(row["out"].is_null(), "no irises, no gaze");
            continue;
        };
        let eye = |corners: [&str; 2], iris| Eye {
            corners: corners.map(|name| at(name).unwrap()),
            iris,
            lids: [(0.0, 0.0), (0.0, 1.0)],
        };
        let eyes = [eye(["33", "133"], iris), eye(["263", "362"], other)];
        let look = gaze::read(&eyes, None, &rule).unwrap();
        let number = |name: &str| row["out"][name].as_f64().unwrap();
        assert!(
            (look.eye_contact - number("eye_contact")).abs() < 1e-9,
            "{row}"
        );
        assert!(
            (look.offset.0 * 0.06 - number("gaze_offset_x")).abs() < 1e-9,
            "{row}"
        );
        assert!(
            (look.offset.1 * 0.06 - number("gaze_offset_y")).abs() < 1e-9,
            "{row}"
        );
        assert!(
            (look.magnitude() * 0.06 - number("gaze_magnitude")).abs() < 1e-9,
            "{row}"
        );
        // Exactly at the limit the last bit decides; where both parts are equal, it does too.
        let edge = (look.magnitude() - rule.limit).abs() < 1e-9;
        let diagonal = (look.offset.0.abs() - look.offset.1.abs()).abs() < 1e-9;
        if !edge && !diagonal {
            let name = serde_json::to_value(look.direction).unwrap();
            assert_eq!(name, row["out"]["gaze_direction"], "{row}");
        }
        compared += 1;
    }
    assert_eq!(compared, 14);
}

#[test]
fn squares_are_black_around_the_picture() {
    let picture = RgbPicture {
        width: 4,
        height: 2,
        data: vec![9; 24],
    };
    let middle = Square::black(&picture, 8, Fit::Middle).unwrap();
    assert_eq!((middle.place.inner, middle.place.offset), ((8, 4), (0, 2)));
    let rows: Vec<u8> = middle.pixels.chunks(24).map(|row| row[0]).collect();
    assert_eq!(rows, [0, 0, 9, 9, 9, 9, 0, 0]);
    let corner = Square::black(&picture, 8, Fit::TopLeft).unwrap();
    let rows: Vec<u8> = corner.pixels.chunks(24).map(|row| row[0]).collect();
    assert_eq!(rows, [9, 9, 9, 9, 0, 0, 0, 0]);
    let empty = RgbPicture {
        width: 0,
        height: 0,
        data: Vec::new(),
    };
    assert!(Square::black(&empty, 8, Fit::Middle).is_err());
}
