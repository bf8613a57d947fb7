//! The formulas of `person_framing`, one by one.
#![allow(clippy::unwrap_used, reason = "tests")]

use contracts::{
    MediaTime, TimeSpan,
    people::{GazeDirection, Rectangle},
};
use proptest::prelude::*;
use timeline::compute::{
    clock::Clock,
    events::{FaceSeen, GazeSeen, People, PeopleFrame, Speech},
    framing::{
        self, Framing,
        ShotType::{Close, Faceless, Medium, Wide},
        core, dynamics, interactions, key_events, patterns, quality,
    },
    measure::NO_DURATION,
    numbers,
};

fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

/// A face in the middle of the picture that takes so many percent of it.
fn face(percent: f64) -> FaceSeen {
    let side = (percent / 100.0).sqrt();
    face_at(0.5 - side / 2.0, 0.5 - side / 2.0, side)
}

fn face_at(x: f64, y: f64, side: f64) -> FaceSeen {
    FaceSeen {
        bbox: Rectangle {
            x,
            y,
            width: side,
            height: side,
        },
        confidence: 0.8,
        track: None,
    }
}

fn frame(seconds: f64, faces: Vec<FaceSeen>) -> PeopleFrame {
    PeopleFrame {
        time: at(seconds),
        persons: None,
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

/// One frame per second whose main face has these areas; none where it is 0.
fn sized(areas: &[f64]) -> Framing {
    let faces = |area: f64| if area > 0.0 { vec![face(area)] } else { vec![] };
    let frames = (0..).zip(areas);
    let frames = frames.map(|(second, area)| frame(f64::from(second), faces(*area)));
    framing(areas.len() as f64, frames.collect())
}

fn gaze(seconds: f64, eye_contact: f64) -> GazeSeen {
    GazeSeen {
        time: at(seconds),
        rank: 1,
        eye_contact,
        direction: GazeDirection::Camera,
    }
}

#[test]
fn no_length_or_no_frame_is_no_framing() {
    let nobody = People::default();
    assert_eq!(
        Framing::of(Clock::new(MediaTime::ZERO), &nobody),
        Err(NO_DURATION)
    );
    assert_eq!(
        Framing::of(Clock::new(at(3.0)), &nobody)
            .unwrap_err()
            .as_str(),
        "no frame was looked at for faces"
    );
}

#[test]
fn types_follow_from_areas() {
    let shots = [30.0, 25.1, 24.9, 8.1, 7.9, 0.1, 0.0].map(framing::ShotType::of);
    assert_eq!(shots, [Close, Close, Medium, Medium, Wide, Wide, Faceless]);
    assert_eq!(framing::area(&face_at(0.25, 0.25, 0.5).bbox), 25.0);
    assert_eq!(framing::area(&face_at(-0.25, 0.75, 0.5).bbox), 6.25);
    assert_eq!(framing::area(&face_at(1.5, 0.5, 0.5).bbox), 0.0);
}

#[test]
fn the_mean_of_a_second_decides_its_type() {
    let video = framing(
        2.5,
        vec![
            frame(0.0, vec![face(30.0)]),
            frame(0.5, vec![face(10.0)]),
            frame(0.9, vec![]),
            frame(2.0, vec![face(5.0)]),
        ],
    );
    let seconds = video.seconds();
    assert_eq!(seconds[0].unwrap().shot, Medium);
    assert_eq!(seconds[1], None);
    assert_eq!(seconds[2].unwrap().shot, Wide);
    // The second between them was not looked at.
    assert_eq!(dynamics::changes(&video), []);
    let progression = dynamics::progression(&video);
    assert_eq!(progression.len(), 2);
    assert_eq!(progression[1].stretch.start, 2.0);
    assert_eq!(progression[1].stretch.end, 2.5);
    assert_eq!(progression[1].stretch.duration, 0.5);
}

#[test]
fn runs_of_close_ups_and_groups() {
    let video = sized(&[30.0, 30.0, 10.0, 0.0, 30.0]);
    let close = key_events::close_ups(&video);
    let keys: Vec<&str> = close.iter().map(|one| one.timestamp.as_str()).collect();
    assert_eq!(keys, ["0-2s", "4-5s"]);
    assert_eq!(close[0].stretch.duration, 2.0);
    let changes = dynamics::changes(&video);
    let types: Vec<_> = changes.iter().map(|one| (one.from, one.to)).collect();
    assert_eq!(
        types,
        [(Close, Medium), (Medium, Faceless), (Faceless, Close)]
    );
    assert_eq!(core::dominant(&core::shots(&video)), Some((Close, 0.75)));
    let absences = key_events::absences(&video);
    assert_eq!(absences.len(), 1);
    assert_eq!((absences[0].start, absences[0].end), (3.0, 4.0));

    let group = framing(
        4.0,
        vec![
            frame(0.0, vec![face(5.0)]),
            frame(1.0, vec![face(5.0), face(4.0)]),
            frame(2.0, vec![face(5.0), face(4.0), face(3.0)]),
            frame(3.0, vec![]),
        ],
    );
    let shots = key_events::group_shots(&group);
    assert_eq!(shots.len(), 1);
    assert_eq!(shots[0].faces, 3);
    assert_eq!(shots[0].highlight.timestamp, "1-3s");
    assert_eq!(core::most_faces(&group), 3);
    assert_eq!(core::primary_subject(3), "multiple");
    assert_eq!(interactions::mean_faces(&group), 1.5);
    assert_eq!(interactions::group_seconds(&group), 2);
}

#[test]
fn a_person_without_a_face_is_there() {
    let mut turned = frame(0.0, vec![]);
    turned.persons = Some(1);
    let video = framing(1.0, vec![turned]);
    assert_eq!(key_events::absences(&video), []);
    assert_eq!(core::persons(&video), [1.0]);
    assert_eq!(key_events::subject_moments(&video), []);
}

#[test]
fn ties_go_to_what_was_seen_first() {
    assert_eq!(core::dominant(&[Wide, Close]), Some((Wide, 0.5)));
    assert_eq!(core::dominant(&[Close, Wide]), Some((Close, 0.5)));
    assert_eq!(core::dominant(&[Faceless, Faceless]), None);
    let moments = key_events::subject_moments(&sized(&[4.0, 9.0, 9.0]));
    assert_eq!(moments[2].time, 1.0);
}

#[test]
fn looking_away_counts() {
    assert_eq!(dynamics::gaze_steadiness(&[]), None);
    assert_eq!(dynamics::gaze_steadiness(&[gaze(0.0, 1.0)]), None);
    let of = |values: &[f64]| {
        let all: Vec<GazeSeen> = values.iter().map(|value| gaze(0.0, *value)).collect();
        dynamics::gaze_steadiness(&all)
    };
    // Sample variances 0.02, 0.125 and 0.5.
    assert_eq!(of(&[0.4, 0.6]), Some("high"));
    assert_eq!(of(&[0.25, 0.75]), Some("medium"));
    assert_eq!(of(&[0.0, 1.0]), Some("low"));
    assert_eq!(core::eye_contact_rate(&[]), None);
    let seconds = [
        gaze(0.0, 0.9),
        gaze(0.5, 0.0),
        gaze(1.0, 0.6),
        gaze(5.0, 0.5),
    ];
    assert_eq!(core::eye_contact_rate(&seconds), Some(1.0 / 3.0));
}

#[test]
fn only_the_main_face_looks() {
    let people = People {
        frames: vec![frame(0.0, vec![face(5.0), face(4.0)])],
        gaze: vec![
            gaze(0.0, 0.9),
            GazeSeen {
                rank: 2,
                ..gaze(0.0, 0.0)
            },
        ],
    };
    let video = Framing::of(Clock::new(at(1.0)), &people).unwrap();
    assert_eq!(core::eye_contact_rate(video.gaze()), Some(1.0));
}

#[test]
fn movement_and_composition() {
    assert_eq!(dynamics::position_deviation(&[[0.5, 0.5]]), None);
    let deviation = dynamics::position_deviation(&[[0.2, 0.1], [0.8, 0.9]]).unwrap();
    assert!((deviation - 0.5).abs() < 1e-12);
    assert_eq!(dynamics::movement(0.049), "static");
    assert_eq!(dynamics::movement(0.05), "gradual");
    assert_eq!(dynamics::movement(0.15), "dynamic");
    assert_eq!(dynamics::stability(0.25), 0.75);
    assert_eq!(dynamics::stability(1.4), 0.0);
    let rules = [0.5, 0.42, 0.34, 0.7, 0.1].map(patterns::composition);
    assert_eq!(
        rules,
        [
            "center",
            "center",
            "rule_of_thirds",
            "rule_of_thirds",
            "off_center"
        ]
    );
    let distances = [25.1, 8.1, 2.1, 2.0].map(interactions::social_distance);
    assert_eq!(distances, ["intimate", "personal", "social", "public"]);
}

#[test]
fn shots_while_somebody_speaks() {
    let speech = Speech {
        voice: vec![
            TimeSpan::new(at(0.5), at(1.5)),
            TimeSpan::new(at(9.0), at(9.5)),
        ],
        ..Speech::default()
    };
    let shots = interactions::spoken_shots(&sized(&[30.0, 5.0, 10.0]), &speech);
    assert_eq!(shots, [Close, Wide]);
}

proptest! {
    #[test]
    fn numbers_stay_in_their_ranges(
        seen in prop::collection::vec(
            (0.0f64..20.0, prop::collection::vec((-1.0f64..1.5, 0.0f64..2.0), 0..4)), 1..60),
        looks in prop::collection::vec((0.0f64..20.0, 0.0f64..=1.0), 0..40),
    ) {
        let mut frames: Vec<PeopleFrame> = seen
            .into_iter()
            .map(|(time, faces)| {
                let face = |(x, side)| face_at(x, x, side);
                frame(time, faces.into_iter().map(face).collect())
            })
            .collect();
        frames.sort_by_key(|frame| frame.time);
        let video = framing(20.0, frames);
        let gaze: Vec<GazeSeen> = looks.into_iter().map(|(time, value)| gaze(time, value)).collect();
        let within = |value: Option<f64>, low: f64, high: f64| {
            value.is_none_or(|value| (low..=high).contains(&value))
        };
        prop_assert!(within(numbers::mean(&video.areas()), 0.0, 100.0));
        prop_assert!(within(numbers::population_deviation(&video.areas()), 0.0, 50.0 + 1e-9));
        prop_assert!(within(Some(core::face_visibility(&video)), 0.0, 1.0));
        let shots = core::shots(&video);
        prop_assert!(within(core::dominant(&shots).map(|(_, share)| share), 0.0, 1.0));
        prop_assert!(within(core::eye_contact_rate(&gaze), 0.0, 1.0));
        let deviation = dynamics::position_deviation(&video.centres());
        prop_assert!(within(deviation.map(dynamics::stability), 0.0, 1.0));
        prop_assert!(within(quality::detection_confidence(&video), 0.0, 1.0));
        let total: f64 = framing::ShotType::ALL
            .into_iter()
            .filter_map(|shot| patterns::share(&shots, shot))
            .sum();
        prop_assert!((total - 1.0).abs() < 1e-9);
    }

    #[test]
    fn stretches_hold_every_second_once(areas in prop::collection::vec(0.0f64..40.0, 1..30)) {
        let video = sized(&areas);
        let progression = dynamics::progression(&video);
        prop_assert_eq!(progression[0].stretch.start, 0.0);
        prop_assert_eq!(progression[progression.len() - 1].stretch.end, areas.len() as f64);
        for two in progression.windows(2) {
            prop_assert_eq!(two[0].stretch.end, two[1].stretch.start);
            prop_assert_ne!(two[0].shot, two[1].shot);
        }
        prop_assert_eq!(dynamics::changes(&video).len(), progression.len() - 1);
    }
}
