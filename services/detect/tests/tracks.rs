//! Tracks on made trajectories.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::{MediaTime, Sha256, manifest::ModelStamp, objects::ObjectDetections};
use detect::{
    TrackConfig,
    compute::{BoundingBox, Detection, Frame, Scene, objects},
};
use proptest::prelude::*;

const PERSON: usize = 0;
const CAR: usize = 2;

fn at(class: usize, x: f64, y: f64) -> Detection {
    sized(class, 0.9, x, y, 0.1, 0.2)
}

fn sized(class: usize, confidence: f64, x: f64, y: f64, width: f64, height: f64) -> Detection {
    let edges = [
        x - width / 2.0,
        y - height / 2.0,
        x + width / 2.0,
        y + height / 2.0,
    ];
    Detection {
        class,
        confidence,
        bbox: BoundingBox::clipped(edges).unwrap(),
    }
}

fn frame(seconds: f64, detections: Vec<Detection>) -> Frame {
    Frame {
        time: MediaTime::from_seconds(seconds),
        number: (seconds * 30.0).round() as u64,
        detections,
    }
}

fn scene(boundaries: Option<&[f64]>) -> Scene {
    Scene {
        size: (1000, 500),
        boundaries: boundaries
            .map(|times| times.iter().copied().map(MediaTime::from_seconds).collect()),
        model: ModelStamp {
            name: "made".into(),
            version: "made-up-models 1.0".into(),
            digest: Sha256::of(b"made"),
        },
        confidence: 0.25,
    }
}

fn link(frames: Vec<Frame>, boundaries: Option<&[f64]>) -> ObjectDetections {
    objects(frames, &scene(boundaries), &TrackConfig::default())
}

/// The track of every annotation, in order.
fn ids(found: &ObjectDetections) -> Vec<Option<&str>> {
    let all = found.object_annotations.iter();
    all.map(|one| one.track_id.as_deref()).collect()
}

/// The track ids of the annotations nearest to a path, one per frame.
fn along(found: &ObjectDetections, class: &str, path: impl Fn(f64) -> f64) -> Vec<String> {
    let all = found.object_annotations.iter();
    all.filter(|one| one.class_name == class)
        .filter(|one| {
            let x = one.bbox_normalized[0].midpoint(one.bbox_normalized[2]);
            (x - path(one.timestamp)).abs() < 0.02
        })
        .map(|one| one.track_id.clone().unwrap_or_else(|| "none".into()))
        .collect()
}

#[test]
fn a_moving_object_keeps_its_number() {
    let frames = (0..10).map(|k| {
        let t = f64::from(k) * 0.2;
        frame(t, vec![at(PERSON, 0.1 + 0.3 * t, 0.5)])
    });
    let found = link(frames.collect(), None);
    assert_eq!(found.tracks.len(), 1);
    let track = &found.tracks[0];
    assert_eq!(
        (track.track_id.as_str(), track.class_name.as_str()),
        ("obj_1", "person")
    );
    assert_eq!(
        (track.first_seen, track.last_seen, track.frames),
        (0.0, 1.8, 10)
    );
    assert_eq!(track.scene_number, None);
    assert!((track.confidence - 0.9).abs() < 1e-9);
    assert!(ids(&found).iter().all(|id| *id == Some("obj_1")));
}

#[test]
fn boxes_are_in_pixels_of_the_video_and_in_shares() {
    let found = link(vec![frame(0.0, vec![at(PERSON, 0.5, 0.5)])], None);
    let one = &found.object_annotations[0];
    assert_eq!(one.bbox, [450.0, 200.0, 550.0, 300.0]);
    assert_eq!(one.bbox_normalized, [0.45, 0.4, 0.55, 0.6]);
    assert_eq!(
        one.track_id.as_deref(),
        Some("obj_1"),
        "a single frame confirms"
    );
}

#[test]
fn objects_of_unlike_classes_cross_without_exchange() {
    let person = |t: f64| 0.2 + 0.3 * t;
    let car = |t: f64| 0.8 - 0.3 * t;
    let frames = (0..11).map(|k| {
        let t = f64::from(k) * 0.2;
        frame(t, vec![at(PERSON, person(t), 0.5), at(CAR, car(t), 0.5)])
    });
    let found = link(frames.collect(), None);
    assert_eq!(found.tracks.len(), 2);
    assert!(found.tracks.iter().all(|track| track.frames == 11));
}

#[test]
fn objects_of_one_class_cross_by_their_motion() {
    let right = |t: f64| 0.2 + 0.3 * t;
    let left = |t: f64| 0.8 - 0.3 * t;
    let frames = (0..21).map(|k| {
        let t = f64::from(k) * 0.1;
        frame(t, vec![at(PERSON, right(t), 0.5), at(PERSON, left(t), 0.5)])
    });
    let found = link(frames.collect(), None);
    assert_eq!(found.tracks.len(), 2);
    let (first, second) = (
        along(&found, "person", right),
        along(&found, "person", left),
    );
    assert_eq!(first.first(), first.last());
    assert_eq!(second.first(), second.last());
    assert_ne!(first.first(), second.first());
}

#[test]
fn a_gap_is_bridged_for_two_seconds_and_no_longer() {
    for (gap, tracks) in [(0.6, 1), (1.8, 1), (2.6, 2)] {
        let seen = |t: f64| t <= 1.0 || t >= 1.0 + gap - 1e-9;
        let frames = (0..31).map(|k| {
            let t = f64::from(k) * 0.2;
            let found = seen(t).then(|| at(PERSON, 0.2 + 0.03 * t, 0.5));
            frame(t, found.into_iter().collect())
        });
        let found = link(frames.collect(), None);
        assert_eq!(found.tracks.len(), tracks, "gap of {gap} s");
    }
}

#[test]
fn gaps_are_counted_in_seconds_not_frames() {
    for step in [0.04, 0.1, 0.5] {
        let frames = (0..=(6.0 / step) as u32).map(|k| {
            let t = f64::from(k) * step;
            let seen = t <= 1.0 || t >= 2.5;
            frame(t, seen.then(|| at(PERSON, 0.4, 0.5)).into_iter().collect())
        });
        assert_eq!(
            link(frames.collect(), None).tracks.len(),
            1,
            "step of {step} s"
        );
    }
}

#[test]
fn slow_sampling_still_links() {
    let frames = (0..8).map(|k| {
        let t = f64::from(k) * 3.0;
        frame(t, vec![at(PERSON, 0.3 + 0.005 * t, 0.5)])
    });
    let found = link(frames.collect(), None);
    assert_eq!(found.tracks.len(), 1);
    assert_eq!(found.tracks[0].frames, 8);
}

#[test]
fn a_walker_sampled_twice_a_second_keeps_a_number() {
    let path = |t: f64| 0.1 + 0.15 * t;
    let frames = (0..10).map(|k| {
        let t = f64::from(k) * 0.5;
        frame(t, vec![at(PERSON, path(t), 0.5)])
    });
    assert_eq!(link(frames.collect(), None).tracks.len(), 1);
}

#[test]
fn nothing_is_followed_across_a_cut() {
    let frames: Vec<Frame> = (0..10)
        .map(|k| frame(f64::from(k) * 0.2, vec![at(PERSON, 0.5, 0.5)]))
        .collect();
    let found = link(frames.clone(), Some(&[1.0]));
    let spans: Vec<_> = found
        .tracks
        .iter()
        .map(|track| (track.scene_number, track.first_seen, track.last_seen))
        .collect();
    assert_eq!(spans, [(Some(1), 0.0, 0.8), (Some(2), 1.0, 1.8)]);
    let whole = link(frames, Some(&[]));
    assert_eq!(whole.tracks[0].scene_number, Some(1));
}

#[test]
fn weak_detections_continue_tracks_but_begin_none() {
    let weak = |x: f64| sized(PERSON, 0.3, x, 0.5, 0.1, 0.2);
    let continued = (0..10).map(|k| {
        let strong = !(4..=6).contains(&k);
        let one = if strong {
            at(PERSON, 0.5, 0.5)
        } else {
            weak(0.5)
        };
        frame(f64::from(k) * 0.2, vec![one])
    });
    let found = link(continued.collect(), None);
    assert_eq!(found.tracks.len(), 1);
    assert_eq!(found.tracks[0].frames, 10);
    let alone = (0..10).map(|k| frame(f64::from(k) * 0.2, vec![weak(0.5)]));
    let found = link(alone.collect(), None);
    assert!(found.tracks.is_empty());
    assert_eq!(
        found.object_annotations.len(),
        10,
        "they are still reported"
    );
}

#[test]
fn a_single_sight_among_many_frames_is_no_track() {
    let mut frames: Vec<Frame> = (0..10)
        .map(|k| frame(f64::from(k) * 0.2, vec![at(PERSON, 0.2, 0.5)]))
        .collect();
    frames[4].detections.push(at(CAR, 0.8, 0.5));
    let found = link(frames, None);
    assert_eq!(found.tracks.len(), 1);
    let cars = found
        .object_annotations
        .iter()
        .filter(|one| one.class_name == "car");
    assert!(cars.map(|one| &one.track_id).all(Option::is_none));
}

#[test]
fn numbers_follow_first_appearance() {
    let frames = (0..10).map(|k| {
        let mut found = vec![at(CAR, 0.8, 0.5)];
        if k >= 3 {
            found.push(sized(PERSON, 0.99, 0.2, 0.5, 0.1, 0.2));
        }
        frame(f64::from(k) * 0.2, found)
    });
    let found = link(frames.collect(), None);
    let names: Vec<_> = found
        .tracks
        .iter()
        .map(|track| (track.track_id.as_str(), track.class_name.as_str()))
        .collect();
    assert_eq!(names, [("obj_1", "car"), ("obj_2", "person")]);
}

/// Walkers with their own speed and height, seen with some misses.
fn crowd() -> impl Strategy<Value = Vec<Frame>> {
    let walker = (0.1_f64..0.9, 0.2_f64..0.8, -0.1_f64..0.1, 30_u32..100);
    let walkers = prop::collection::vec(walker, 1..8);
    (walkers, prop::collection::vec(any::<u8>(), 20), 1_u32..6).prop_map(
        |(walkers, missed, step)| {
            (0..20_u32)
                .map(|k| {
                    let t = f64::from(k * step) * 0.1;
                    let seen = walkers
                        .iter()
                        .enumerate()
                        .filter(|(number, _)| missed[k as usize] >> (number % 8) & 1 == 0);
                    let found = seen.map(|(number, (x, y, speed, percent))| {
                        let x = (x + speed * t).clamp(0.06, 0.94);
                        sized(number % 3, f64::from(*percent) / 100.0, x, *y, 0.1, 0.2)
                    });
                    frame(t, found.collect())
                })
                .collect()
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_detections_does_not_matter(frames in crowd(), seed in any::<u64>()) {
        let mut shuffled = frames.clone();
        for (at, frame) in shuffled.iter_mut().enumerate() {
            let length = frame.detections.len().max(1);
            frame.detections.rotate_left((seed as usize).wrapping_add(at) % length);
            frame.detections.reverse();
        }
        prop_assert_eq!(link(frames, None), link(shuffled, None));
    }

    #[test]
    fn tracks_and_annotations_agree(frames in crowd(), cut in 0.0_f64..12.0) {
        let found = link(frames.clone(), Some(&[cut]));
        let total: usize = frames.iter().map(|frame| frame.detections.len()).sum();
        prop_assert_eq!(found.object_annotations.len(), total);
        prop_assert!(found.object_annotations.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp
            || (pair[0].timestamp == pair[1].timestamp && pair[0].confidence >= pair[1].confidence)));
        for (number, track) in (1..).zip(&found.tracks) {
            prop_assert_eq!(&track.track_id, &format!("obj_{}", number));
            let own: Vec<_> = found.object_annotations.iter()
                .filter(|one| one.track_id.as_ref() == Some(&track.track_id)).collect();
            prop_assert_eq!(own.len(), track.frames as usize);
            prop_assert!(own.iter().all(|one| one.class_name == track.class_name));
            prop_assert!(own.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp));
            prop_assert!(own.windows(2).all(|pair| pair[1].timestamp - pair[0].timestamp <= 2.0 + 1e-9));
            prop_assert_eq!(own[0].timestamp, track.first_seen);
            prop_assert_eq!(own[own.len() - 1].timestamp, track.last_seen);
            prop_assert!(track.last_seen < cut || track.first_seen >= cut);
        }
        prop_assert!(found.tracks.windows(2).all(|pair| pair[0].first_seen <= pair[1].first_seen));
    }

    #[test]
    fn a_mirrored_film_has_the_same_tracks(frames in crowd()) {
        let mirrored: Vec<Frame> = frames.iter().map(|one| Frame {
            detections: one.detections.iter().map(|found| Detection {
                bbox: BoundingBox::clipped([1.0 - found.bbox.right, found.bbox.top, 1.0 - found.bbox.left, found.bbox.bottom]).unwrap(),
                ..*found
            }).collect(),
            ..one.clone()
        }).collect();
        let lengths = |found: &ObjectDetections| {
            let mut all: Vec<u32> = found.tracks.iter().map(|track| track.frames).collect();
            all.sort_unstable();
            all
        };
        prop_assert_eq!(lengths(&link(frames, None)), lengths(&link(mirrored, None)));
    }
}
