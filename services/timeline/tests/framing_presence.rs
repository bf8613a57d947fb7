//! Who is in the picture, for how long, how still and how near: formulas on people whose values are
//! known by hand.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{perceived::perceived, result, short, video};
use contracts::{MediaTime, TimeSpan, emotion::EmotionLabel, people::Rectangle};
use proptest::prelude::*;
use serde_json::json;
use timeline::compute::{
    clock::Clock,
    coverage::SampledSeconds,
    events::{Detection, ExpressionSeen, FaceSeen, Objects, People, PeopleFrame, Sighting},
    framing::{
        Framing, ShotType, core,
        dynamics::{stability_timeline, zoom_trend},
        interactions::{framed_gestures, readable_faces},
        key_events::{absences, critical_moments, highlights, longest_absence, prolonged},
        patterns::{visual_narrative, volatility},
        quality::tracking_consistency,
        screen::{person_coverage, union_area},
    },
};

fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

fn face(x: f64, side: f64, track: Option<&str>) -> FaceSeen {
    FaceSeen {
        bbox: Rectangle {
            x,
            y: 0.1,
            width: side,
            height: side,
        },
        confidence: 0.8,
        track: track.map(str::to_owned),
    }
}

fn frame(seconds: f64, persons: Option<u32>, faces: Vec<FaceSeen>) -> PeopleFrame {
    PeopleFrame {
        time: at(seconds),
        persons,
        faces,
        distance: None,
    }
}

fn framing(seconds: f64, frames: Vec<PeopleFrame>) -> Framing {
    let people = People {
        frames,
        gaze: Vec::new(),
    };
    Framing::of(Clock::new(at(seconds)), &people).unwrap()
}

/// One frame per second with so many faces.
fn counted(faces: &[usize]) -> Framing {
    let frames = faces.iter().zip(0_u32..).map(|(count, second)| {
        let faces = vec![face(0.1, 0.2, None); *count];
        frame(f64::from(second), Some(u32::from(*count > 0)), faces)
    });
    framing(faces.len() as f64, frames.collect())
}

fn person(time: f64, bbox: [f64; 4]) -> Detection {
    Detection {
        time: at(time),
        class: "person".into(),
        confidence: 0.9,
        bbox,
        track: None,
    }
}

fn sighting(start: f64, end: f64) -> Sighting {
    Sighting {
        span: TimeSpan::new(at(start), at(end)),
        label: "thumbs_up".into(),
        confidence: 0.7,
    }
}

fn sampled(seconds: &[f64]) -> SampledSeconds {
    let clock = Clock::new(at(10.0));
    SampledSeconds::of_times(clock, seconds.iter().map(|time| at(*time)))
}

#[test]
fn what_lies_in_several_boxes_counts_once() {
    assert_eq!(union_area(&[]), 0.0);
    assert_eq!(union_area(&[[0.0, 0.0, 10.0, 10.0]]), 100.0);
    let crossing = [[0.0, 0.0, 10.0, 10.0], [5.0, 5.0, 15.0, 15.0]];
    assert_eq!(union_area(&crossing), 175.0);
    let within = [[0.0, 0.0, 10.0, 10.0], [2.0, 2.0, 4.0, 4.0]];
    assert_eq!(union_area(&within), 100.0);
    let two_within = [
        [0.0, 0.0, 10.0, 10.0],
        [0.0, 2.0, 10.0, 4.0],
        [0.0, 5.0, 10.0, 8.0],
    ];
    assert_eq!(union_area(&two_within), 100.0);
    let apart = [[0.0, 0.0, 1.0, 1.0], [0.0, 8.0, 1.0, 10.0]];
    assert_eq!(union_area(&apart), 3.0);
}

#[test]
fn persons_cover_the_picture_on_average_over_frames() {
    let mut objects = Objects {
        frames: vec![at(0.0), at(1.0)],
        detections: vec![
            // Half of the picture, some of it outside.
            person(0.0, [-50.0, 0.0, 50.0, 200.0]),
            person(0.0, [10.0, 10.0, 40.0, 40.0]),
        ],
        tracks: Vec::new(),
    };
    assert_eq!(person_coverage(&objects, (100, 200)), Some(0.25));
    objects.detections[0].class = "dog".into();
    assert_eq!(person_coverage(&objects, (100, 200)), Some(0.0225));
    assert_eq!(person_coverage(&objects, (0, 200)), None);
    assert_eq!(person_coverage(&Objects::default(), (100, 200)), None);
}

#[test]
fn bodies_are_visible_in_a_share_of_the_seconds_looked_at() {
    let looked = sampled(&[0.0, 1.0, 2.0, 5.0]);
    let bodies = [sighting(0.5, 1.5), sighting(3.0, 4.0)];
    assert_eq!(core::visible_share(&bodies, &looked), Some(0.5));
    assert_eq!(core::visible_share(&[], &looked), Some(0.0));
    assert_eq!(core::visible_share(&bodies, &sampled(&[])), None);
}

#[test]
fn the_first_three_seconds_show_a_face_a_person_or_nobody() {
    let first = |persons, faces| framing(10.0, vec![frame(2.9, persons, faces)]);
    let seen = vec![face(0.1, 0.2, None)];
    assert_eq!(
        core::intro(&first(None, seen.clone())),
        Some("face_focused")
    );
    assert_eq!(core::intro(&first(Some(2), vec![])), Some("person_visible"));
    assert_eq!(core::intro(&first(Some(0), vec![])), Some("no_person"));
    assert_eq!(core::intro(&first(None, vec![])), None);
    let late = framing(10.0, vec![frame(3.0, Some(1), seen)]);
    assert_eq!(core::intro(&late), None);
}

#[test]
fn presence_and_absence_share_out_the_seconds() {
    let video = counted(&[1, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
    assert_eq!(core::screen_time(&video), 0.3);
    let gone = absences(&video);
    assert_eq!(longest_absence(&gone), 6.0);
    let long = prolonged(gone);
    assert_eq!(long.len(), 1);
    assert_eq!((long[0].start, long[0].end), (1.0, 7.0));
    let always = absences(&counted(&[1, 1]));
    assert_eq!(longest_absence(&always), 0.0);
    // Five seconds are not more than five.
    assert!(prolonged(absences(&counted(&[0, 0, 0, 0, 0]))).is_empty());
}

#[test]
fn close_ups_and_groups_are_highlights() {
    let side = |x, side| face(x, side, None);
    let video = framing(
        4.0,
        vec![
            frame(0.0, None, vec![]),
            frame(1.0, None, vec![side(0.1, 0.6), side(0.8, 0.1)]),
            frame(2.0, None, vec![side(0.1, 0.2), side(0.8, 0.1)]),
            frame(3.9, None, vec![side(0.1, 0.3)]),
        ],
    );
    let told: Vec<(String, &str)> = (highlights(&video).into_iter())
        .map(|one| (one.timestamp, one.kind))
        .collect();
    let expected = [("1-2s", "close_up"), ("1-3s", "group_shot")];
    assert_eq!(told, expected.map(|(key, kind)| (key.to_owned(), kind)));
    let moments: Vec<_> = (critical_moments(&video).into_iter())
        .map(|one| (one.timestamp, one.event, one.framing))
        .collect();
    assert_eq!(
        moments,
        [
            ("1-2s".to_owned(), "first_appearance", ShotType::Close),
            ("3-4s".to_owned(), "last_appearance", ShotType::Medium),
            ("1-2s".to_owned(), "largest_face", ShotType::Close),
        ]
    );
    assert!(highlights(&counted(&[0, 1])).is_empty());
    assert!(critical_moments(&counted(&[0])).is_empty());
}

#[test]
fn the_second_tells_how_still_a_face_is_held() {
    let video = framing(
        3.0,
        vec![
            frame(0.0, None, vec![face(0.1, 0.2, None)]),
            frame(0.5, None, vec![face(0.1, 0.2, None)]),
            frame(1.0, None, vec![face(0.1, 0.2, None)]),
            frame(2.0, None, vec![face(0.0, 0.2, None)]),
            frame(2.5, None, vec![face(0.5, 0.2, None)]),
        ],
    );
    let timeline = stability_timeline(&video);
    let seconds: Vec<usize> = timeline.iter().map(|one| one.second).collect();
    assert_eq!(seconds, [0, 2]);
    assert_eq!(timeline[0].stability, 1.0);
    assert!((timeline[1].stability - 0.75).abs() < 1e-12);
}

#[test]
fn zooming_is_a_trend_of_the_size() {
    let sizes = |areas: &[f64]| -> Vec<(f64, f64)> {
        (0_u32..)
            .map(f64::from)
            .zip(areas.iter().copied())
            .collect()
    };
    assert_eq!(zoom_trend(&sizes(&[4.0, 8.0])), None);
    assert_eq!(zoom_trend(&sizes(&[10.0, 10.5, 10.0])), Some("stable"));
    assert_eq!(zoom_trend(&sizes(&[0.0, 0.0, 0.0])), Some("stable"));
    assert_eq!(zoom_trend(&sizes(&[4.0, 8.0, 12.0, 16.0])), Some("in"));
    assert_eq!(zoom_trend(&sizes(&[16.0, 12.0, 8.0, 4.0])), Some("out"));
    assert_eq!(zoom_trend(&sizes(&[4.0, 16.0, 4.0, 16.0])), Some("varied"));
}

#[test]
fn gestures_count_where_the_frame_is_near() {
    let video = framing(
        3.0,
        vec![
            frame(0.0, None, vec![face(0.1, 0.6, None)]),
            frame(1.0, None, vec![face(0.1, 0.1, None)]),
        ],
    );
    let gestures = [sighting(0.2, 3.0), sighting(1.0, 1.0), sighting(2.0, 2.5)];
    // Nobody looked at the third second.
    assert_eq!(framed_gestures(&video, &gestures), Some(0.5));
    assert_eq!(framed_gestures(&video, &gestures[2..]), None);
    assert_eq!(framed_gestures(&video, &[]), None);
}

#[test]
fn expressions_count_where_there_is_a_face() {
    let video = counted(&[1, 1, 0, 1]);
    let seen = |seconds: f64| ExpressionSeen {
        time: at(seconds),
        label: EmotionLabel::Joy,
        confidence: 0.9,
        scores: contracts::emotion::EmotionScores::from_fn(|_| 0.0),
        valence: 0.5,
        intensity: 0.9,
    };
    let looked = sampled(&[0.0, 1.0, 2.0]);
    let readable = |seen: &[ExpressionSeen]| readable_faces(&video, seen, &looked);
    assert_eq!(readable(&[seen(0.5), seen(0.7)]), Some(0.5));
    assert_eq!(readable(&[]), Some(0.0));
    assert_eq!(readable_faces(&video, &[], &sampled(&[2.0])), None);
}

#[test]
fn most_seconds_tell_what_the_picture_is_about() {
    let narrative = |faces: &[usize]| visual_narrative(&counted(faces));
    assert_eq!(narrative(&[1, 0]), Some("single_focus"));
    assert_eq!(narrative(&[2, 3, 1, 0]), Some("multi_person"));
    assert_eq!(narrative(&[0, 0, 1]), Some("environment_aware"));
}

#[test]
fn framing_is_volatile_if_it_changes_between_seconds() {
    assert_eq!(volatility(&counted(&[1, 0, 1])), Some(1.0));
    assert_eq!(volatility(&counted(&[1, 1, 1, 0, 0])), Some(0.25));
    assert_eq!(volatility(&counted(&[1])), None);
}

#[test]
fn faces_are_followed_from_frame_to_frame() {
    let video = framing(
        3.0,
        vec![
            frame(
                0.0,
                None,
                vec![face(0.1, 0.2, Some("a")), face(0.5, 0.1, None)],
            ),
            frame(1.0, None, vec![face(0.1, 0.2, Some("a"))]),
            frame(2.0, None, vec![face(0.1, 0.2, Some("b"))]),
        ],
    );
    assert_eq!(tracking_consistency(&video), Some(0.5));
    assert_eq!(tracking_consistency(&counted(&[0])), None);
}

#[test]
fn one_person_in_a_constructed_video() {
    let result = result(&perceived(), "person_framing");
    let core = &result["personFramingCoreMetrics"];
    // Frames at 0, 0.5, 1 and 1.5 s, of 11 seconds.
    assert_eq!(core["personScreenTimeRatio"], 2.0 / 11.0);
    assert_eq!(core["introShotType"], "face_focused");
    assert_eq!(core["positionStability"], 1.0);
    assert_eq!(core["bodyVisibilityRate"], 1.0 / 11.0);
    assert!((core["gestureClarity"].as_f64().unwrap() - 0.7).abs() < 1e-12);
    assert_eq!(result["personFramingDynamics"]["zoomTrend"], "stable");
    let events = &result["personFramingKeyEvents"];
    assert!((events["longestAbsence"].as_f64().unwrap() - 8.4).abs() < 1e-9);
    assert_eq!(events["prolongedAbsences"][0]["start"], 2.0);
    let patterns = &result["personFramingPatterns"];
    assert_eq!(patterns["visualNarrative"], "environment_aware");
    assert_eq!(
        patterns["mlTags"],
        json!(["minimal_creator_presence", "stable_framing"])
    );
    let quality = &result["personFramingQuality"];
    assert_eq!(quality["trackingConsistency"], 1.0);
    assert_eq!(quality["analysisLimitations"], json!([]));
}

#[test]
fn nothing_looked_at_is_nothing_measured() {
    let result = result(&short(), "person_framing");
    let core = &result["personFramingCoreMetrics"];
    for field in [
        "personScreenCoverage",
        "positionStability",
        "gestureClarity",
        "bodyVisibilityRate",
        "personScreenTimeRatio",
        "introShotType",
    ] {
        assert!(core[field].is_null(), "{field}");
    }
    assert!(result["personFramingPatterns"]["mlTags"].is_null());
    let limits = result["personFramingQuality"]["analysisLimitations"].clone();
    assert_eq!(limits[0], "faces_not_measured");
    assert_eq!(limits.as_array().unwrap().len(), 5);
    let nothing = common::result(&video(0.0), "person_framing");
    assert!(nothing["personFramingKeyEvents"]["longestAbsence"].is_null());
}

proptest! {
    #[test]
    fn coverage_is_a_share(boxes in prop::collection::vec(prop::array::uniform4(-50.0..250.0_f64), 0..6)) {
        let detections = boxes.iter().map(|one| {
            let [a, b, c, d] = *one;
            person(0.0, [a.min(c), b.min(d), a.max(c), b.max(d)])
        });
        let objects = Objects {
            frames: vec![at(0.0)],
            detections: detections.collect(),
            tracks: Vec::new(),
        };
        let share = person_coverage(&objects, (100, 200)).unwrap();
        prop_assert!((0.0..=1.0).contains(&share));
        // Never less than one of them alone, never more than all together.
        let boxes: Vec<[f64; 4]> = objects.detections.iter().map(|one| one.bbox).collect();
        let area = |one: &[f64; 4]| (one[2] - one[0]) * (one[3] - one[1]);
        let union = union_area(&boxes);
        let most = boxes.iter().map(area).fold(0.0, f64::max);
        let sum: f64 = boxes.iter().map(area).sum();
        prop_assert!(union >= most - 1e-6 && union <= sum + 1e-6);
    }

    #[test]
    fn shares_of_people_are_shares(
        faces in prop::collection::vec(0_usize..3, 1..12),
        gestures in prop::collection::vec(0.0..12.0_f64, 0..5),
        xs in prop::collection::vec(-0.2..1.0_f64, 2..6),
    ) {
        let video = counted(&faces);
        let gestures: Vec<Sighting> = gestures.iter().map(|start| sighting(*start, start + 1.0)).collect();
        let looked = SampledSeconds::all(video.clock());
        let shares = [
            Some(core::screen_time(&video)),
            core::visible_share(&gestures, &looked),
            framed_gestures(&video, &gestures),
            readable_faces(&video, &[], &looked),
            volatility(&video),
            tracking_consistency(&video),
        ];
        for share in shares.into_iter().flatten() {
            prop_assert!((0.0..=1.0).contains(&share));
        }
        let absence = longest_absence(&absences(&video));
        prop_assert!((0.0..=video.clock().seconds()).contains(&absence));
        let frames = xs.iter().zip(0_u32..).map(|(x, index)| {
            frame(f64::from(index) / 10.0, None, vec![face(*x, 0.2, None)])
        });
        for second in stability_timeline(&framing(1.0, frames.collect())) {
            prop_assert!((0.0..=1.0).contains(&second.stability));
        }
    }
}
