//! Following things that do not change their look.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::MediaTime;
use proptest::prelude::*;
use tracking::{BoundingBox, Detection, Frame, TrackConfig, link};

fn at(x: f64, confidence: f64) -> Detection {
    Detection {
        class: 0,
        confidence,
        bbox: BoundingBox::clipped([x, 0.3, x + 0.1, 0.5]).unwrap(),
    }
}

fn frames<T: AsRef<[Detection]>>(step: f64, seen: &[T]) -> Vec<Frame> {
    (0_u64..)
        .zip(seen)
        .map(|(number, detections)| Frame {
            time: MediaTime::from_seconds(number as f64 * step),
            number,
            detections: detections.as_ref().to_vec(),
        })
        .collect()
}

#[test]
fn a_boundary_ends_every_track() {
    let frames = frames(0.2, &[[at(0.4, 0.9)]; 6]);
    let cut = [MediaTime::from_seconds(0.6)];
    let linked = link(&frames, Some(&cut), &TrackConfig::default());
    let spans: Vec<_> = linked
        .iter()
        .map(|one| (one.sights.clone(), one.scene_number))
        .collect();
    assert_eq!(
        spans,
        [
            (vec![(0, 0), (1, 0), (2, 0)], Some(1)),
            (vec![(3, 0), (4, 0), (5, 0)], Some(2)),
        ]
    );
}

#[test]
fn without_shots_the_video_is_one_and_has_no_number() {
    let seen = [[at(0.4, 0.9)]; 3];
    let linked = link(&frames(0.2, &seen), None, &TrackConfig::default());
    assert_eq!(linked.len(), 1);
    assert_eq!(linked[0].scene_number, None);
}

#[test]
fn a_gap_is_bridged_for_two_seconds_and_no_longer() {
    let (seen, nothing) = ([at(0.4, 0.9)], []);
    let mut shown: Vec<&[Detection]> = vec![&seen, &seen];
    shown.extend([nothing.as_slice(); 8]);
    shown.extend([seen.as_slice(); 2]);
    let short = link(&frames(0.2, &shown), None, &TrackConfig::default());
    assert_eq!(short.len(), 1, "nine steps of 0.2 s");
    let long = link(&frames(0.25, &shown), None, &TrackConfig::default());
    assert_eq!(long.len(), 2, "nine steps of 0.25 s");
}

#[test]
fn what_is_not_confident_continues_a_track_and_begins_none() {
    let (sure, unsure) = ([at(0.4, 0.9)], [at(0.4, 0.3)]);
    let shown: [&[Detection]; 3] = [&sure, &unsure, &sure];
    assert_eq!(
        link(&frames(0.2, &shown), None, &TrackConfig::default())[0].sights,
        [(0, 0), (1, 0), (2, 0)]
    );
    assert!(link(&frames(0.2, &[unsure; 3]), None, &TrackConfig::default()).is_empty());
}

#[test]
fn settings_at_fault_are_named() {
    assert_eq!(TrackConfig::default().fault(), None);
    let config = TrackConfig {
        match_overlap: 0.0,
        ..TrackConfig::default()
    };
    assert_eq!(config.fault().unwrap().key, "match_overlap");
}

proptest! {
    /// Whatever is seen, no detection is in two tracks, and every track rises in time within one
    /// shot.
    #[test]
    fn every_detection_has_at_most_one_track(
        places in prop::collection::vec(prop::collection::vec((0.0_f64..0.9, 0.1_f64..1.0), 0..5), 1..12),
        cut in 0.0_f64..3.0,
    ) {
        let seen: Vec<Vec<Detection>> = places
            .iter()
            .map(|frame| frame.iter().map(|(x, confidence)| at(*x, *confidence)).collect())
            .collect();
        let frames = frames(0.25, &seen);
        let boundary = [MediaTime::from_seconds(cut)];
        let linked = link(&frames, Some(&boundary), &TrackConfig::default());
        let mut all: Vec<_> = linked.iter().flat_map(|one| one.sights.clone()).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(all.len(), count);
        for track in &linked {
            prop_assert!(track.sights.windows(2).all(|pair| pair[0].0 < pair[1].0));
            let sides: Vec<bool> = track.sights.iter().map(|(at, _)| frames[*at].time >= boundary[0]).collect();
            prop_assert!(sides.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }
}
