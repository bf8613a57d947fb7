//! The 23 rubrics: each met, each not met, and when nothing can be said.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::built::{at, blank, cut, empty, face, limit, say, show, write};
use contracts::text::TextRole;
use proptest::prelude::*;
use timeline::compute::{
    creative::{
        abcd::{RUBRICS, Rubric},
        finding::{Judgement, MAX_FINDINGS},
    },
    events::Events,
};

const SECONDS: f64 = 20.0;

/// Puts something into a video at a time.
type Adding = fn(&mut Events, f64);

fn rubric(id: &str) -> &'static Rubric {
    RUBRICS.iter().find(|one| one.id == id).unwrap()
}

fn judge(id: &str, events: &Events) -> Judgement {
    rubric(id).of(events)
}

fn detected(id: &str, events: &Events) -> Option<bool> {
    judge(id, events).detected.ok()
}

/// An empty video of twenty seconds, and what was added to it.
fn with(add: impl FnOnce(&mut Events)) -> Events {
    let mut events = empty(SECONDS);
    add(&mut events);
    events
}

/// For every rubric, what must be in a video for it to be met, and the number it is met by.
fn meeting() -> Vec<(&'static str, Events, f64)> {
    let quick = with(|video| cut(video, &[1.0, 2.0, 3.0, 4.0]));
    let overlay = with(|video| write(video, "3 THINGS", TextRole::HookTitle, 6.0, 9.0));
    let spoken_overlay = with(|video| {
        write(video, "Three golden things", TextRole::Other, 6.0, 9.0);
        say(video, 6.5, "these golden things");
    });
    let brand_read = with(|video| write(video, "ACME store", TextRole::SceneText, 1.0, 2.0));
    let brand_said = with(|video| say(video, 1.0, "I love Acme."));
    let product_seen = with(|video| show(video, 1.0, "bottle", Some("obj_1")));
    let product_read = with(|video| write(video, "rocket boots", TextRole::Other, 1.0, 2.0));
    let product_said = with(|video| say(video, 1.0, "My Rocket boots!"));
    let small_face = with(|video| face(video, 1.0, 0.2, None));
    let large_face = with(|video| face(video, 1.0, 0.5, None));
    let person = with(|video| show(video, 1.0, "person", Some("obj_1")));
    let even = with(|video| {
        cut(
            video,
            &(1..10).map(|n| f64::from(n) * 2.0).collect::<Vec<_>>(),
        )
    });
    let written_call = with(|video| write(video, "Shop now", TextRole::Cta, 1.0, 2.0));
    let spoken_call = with(|video| say(video, 1.0, "link in bio"));
    vec![
        ("dynamic_start", with(|video| cut(video, &[2.9])), 2.9),
        ("quick_pacing", quick.clone(), 5.0),
        ("quick_pacing_first_5s", quick, 5.0),
        ("supers", overlay, 1.0),
        ("supers_with_audio", spoken_overlay, 1.0),
        ("brand_visuals", brand_read.clone(), 1.0),
        ("brand_visuals_first_5s", brand_read, 1.0),
        ("brand_mention_speech", brand_said.clone(), 1.0),
        ("brand_mention_speech_first_5s", brand_said.clone(), 1.0),
        ("product_visuals", product_seen.clone(), 1.0),
        ("product_visuals_first_5s", product_seen, 1.0),
        ("product_mention_text", product_read.clone(), 1.0),
        ("product_mention_text_first_5s", product_read, 1.0),
        ("product_mention_speech", product_said.clone(), 1.0),
        ("product_mention_speech_first_5s", product_said, 1.0),
        ("visible_face_first_5s", small_face, 1.0),
        ("visible_face_close_up", large_face, 0.25),
        ("presence_of_people", person.clone(), 1.0),
        ("presence_of_people_first_5s", person, 1.0),
        ("overall_pacing", even, 2.0),
        ("audio_speech_early", brand_said, 3.0),
        ("call_to_action_text", written_call, 1.0),
        ("call_to_action_speech", spoken_call, 1.0),
    ]
}

#[test]
fn the_rubrics_are_the_23_of_the_detector() {
    let groups = |name| RUBRICS.iter().filter(|one| one.group == name).count();
    assert_eq!(
        [
            groups("attract"),
            groups("brand"),
            groups("connect"),
            groups("direct")
        ],
        [5, 10, 5, 3]
    );
    let ids: Vec<&str> = meeting().iter().map(|(id, ..)| *id).collect();
    let all: Vec<&str> = RUBRICS.iter().map(|one| one.id).collect();
    assert_eq!(ids, all);
}

#[test]
fn every_rubric_is_met_by_what_it_asks_for() {
    for (id, events, value) in meeting() {
        let judgement = judge(id, &events);
        assert_eq!(judgement.detected, Ok(true), "{id}");
        assert!((judgement.value.unwrap() - value).abs() < 1e-9, "{id}");
        assert!(!judgement.evidence.is_empty(), "{id}");
    }
}

#[test]
fn every_rubric_is_met_wherever_else_was_not_looked() {
    for (id, mut events, _) in meeting() {
        let clock = events.clock;
        limit(&mut events.shots, clock, 4.0);
        limit(&mut events.objects, clock, 2.0);
        limit(&mut events.speech, clock, 2.0);
        limit(&mut events.text, clock, 2.0);
        limit(&mut events.people, clock, 2.0);
        // A mean over part of a video is none of all of it.
        let expected = (id != "overall_pacing").then_some(true);
        assert_eq!(detected(id, &events), expected, "{id}");
    }
}

#[test]
fn an_empty_video_meets_none_and_only_logos_stay_unknown() {
    let events = empty(SECONDS);
    for rubric in &RUBRICS {
        let judgement = rubric.of(&events);
        if rubric.id.starts_with("brand_visuals") {
            let reason = judgement.detected.unwrap_err();
            assert!(reason.as_str().contains("logos"), "{reason}");
        } else {
            assert_eq!(judgement.detected, Ok(false), "{}", rubric.id);
            assert!(judgement.value.is_ok(), "{}", rubric.id);
        }
        assert!(judgement.evidence.is_empty(), "{}", rubric.id);
    }
}

#[test]
fn nothing_follows_from_a_part_that_was_not_looked_at() {
    let mut events = empty(SECONDS);
    let clock = events.clock;
    limit(&mut events.shots, clock, 2.0);
    limit(&mut events.objects, clock, 2.0);
    limit(&mut events.speech, clock, 2.0);
    limit(&mut events.text, clock, 2.0);
    limit(&mut events.people, clock, 2.0);
    for rubric in &RUBRICS {
        assert_eq!(rubric.of(&events).detected.ok(), None, "{}", rubric.id);
    }
    // The first five seconds were looked at, the rest was not.
    limit(&mut events.shots, clock, 5.0);
    limit(&mut events.objects, clock, 5.0);
    limit(&mut events.speech, clock, 5.0);
    limit(&mut events.people, clock, 5.0);
    limit(&mut events.text, clock, 5.0);
    for rubric in &RUBRICS {
        let early = rubric.id.ends_with("first_5s") || rubric.id == "audio_speech_early";
        let decided =
            (early && !rubric.id.starts_with("brand_visuals")) || rubric.id == "dynamic_start";
        assert_eq!(
            rubric.of(&events).detected.is_ok(),
            decided,
            "{}",
            rubric.id
        );
    }
}

#[test]
fn what_was_not_measured_has_a_reason() {
    for events in [blank(SECONDS), blank(0.0), empty(0.0)] {
        for rubric in &RUBRICS {
            let judgement = rubric.of(&events);
            let reason = judgement.detected.unwrap_err();
            assert!(!reason.as_str().is_empty(), "{}", rubric.id);
            assert!(judgement.value.is_err() && judgement.evidence.is_empty());
        }
    }
}

#[test]
fn what_was_not_named_is_not_looked_for() {
    for (id, mut events, _) in meeting() {
        events.brand = timeline::Brand::default();
        let judgement = judge(id, &events);
        if rubric(id).group == "brand" {
            let reason = judgement.detected.unwrap_err().to_string();
            let key = if id.starts_with("brand") {
                "brand.names"
            } else if id.contains("visuals") {
                "brand.product_classes"
            } else {
                "brand.products"
            };
            assert!(reason.contains(key), "{id}: {reason}");
        } else {
            assert_eq!(judgement.detected, Ok(true), "{id}");
        }
    }
}

#[test]
fn the_first_five_seconds_end_before_the_fifth() {
    let cases: [(&str, Adding); 8] = [
        ("quick_pacing_first_5s", |video, time| {
            cut(video, &[1.0, 2.0, 3.0, time]);
        }),
        ("brand_visuals_first_5s", |video, time| {
            write(video, "Acme", TextRole::Other, time, 9.0);
        }),
        ("brand_mention_speech_first_5s", |video, time| {
            say(video, time, "Acme");
        }),
        ("product_visuals_first_5s", |video, time| {
            show(video, time, "bottle", None);
        }),
        ("product_mention_text_first_5s", |video, time| {
            write(video, "Rocket Boots", TextRole::Other, time, 9.0);
        }),
        ("product_mention_speech_first_5s", |video, time| {
            say(video, time, "rocket boots");
        }),
        ("visible_face_first_5s", |video, time| {
            face(video, time, 0.2, None);
        }),
        ("audio_speech_early", |video, time| {
            say(video, time, "hello")
        }),
    ];
    for (id, add) in cases {
        assert_eq!(
            detected(id, &with(|video| add(video, 4.999))),
            Some(true),
            "{id}"
        );
        let expected = (id != "brand_visuals_first_5s").then_some(false);
        assert_eq!(
            detected(id, &with(|video| add(video, 5.0))),
            expected,
            "{id}"
        );
    }
    let person = |time| with(|video| show(video, time, "person", None));
    assert_eq!(
        detected("presence_of_people_first_5s", &person(4.999)),
        Some(true)
    );
    assert_eq!(
        detected("presence_of_people_first_5s", &person(5.0)),
        Some(false)
    );
    assert_eq!(detected("presence_of_people", &person(5.0)), Some(true));
}

#[test]
fn thresholds_lie_where_they_are_said_to() {
    assert_eq!(
        detected("dynamic_start", &with(|video| cut(video, &[3.0]))),
        Some(false)
    );
    // Four shots in five seconds, then five in the half-open five seconds from 6.0 on.
    let quick = with(|video| cut(video, &[6.0, 7.0, 8.0, 9.0, 10.9]));
    assert_eq!(detected("quick_pacing", &quick), Some(true));
    assert_eq!(detected("quick_pacing_first_5s", &quick), Some(false));
    let slow = with(|video| cut(video, &[6.0, 7.0, 8.0, 9.0, 11.0]));
    assert_eq!(detected("quick_pacing", &slow), Some(false));
    // 0.4 by 0.375 is 15 % of the picture, as exactly as it can be had.
    let near = |side: f64| detected("visible_face_close_up", &with(|v| face(v, 1.0, side, None)));
    assert_eq!(near(0.388), Some(true));
    assert_eq!(near(0.387), Some(false));
    // Nine cuts make ten shots of 2 s; eight make nine of 2.2 s.
    let mean = |cuts: u32| {
        let times: Vec<f64> = (1..=cuts).map(f64::from).collect();
        judge("overall_pacing", &with(|video| cut(video, &times))).detected
    };
    assert_eq!((mean(9), mean(8)), (Ok(true), Ok(false)));
}

#[test]
fn a_first_shot_of_unknown_length_may_be_known_to_be_long() {
    let mut events = empty(SECONDS);
    let clock = events.clock;
    limit(&mut events.shots, clock, 3.0);
    let judgement = judge("dynamic_start", &events);
    assert_eq!(judgement.detected, Ok(false));
    assert!(judgement.value.is_err());
    limit(&mut events.shots, clock, 2.0);
    assert_eq!(detected("dynamic_start", &events), None);
    // A short video whose only shot ends with it.
    assert_eq!(detected("dynamic_start", &empty(2.0)), Some(true));
}

#[test]
fn watermarks_and_filmed_texts_are_no_supers() {
    for role in [TextRole::Watermark, TextRole::SceneText] {
        let events = with(|video| write(video, "Shop Acme", role, 1.0, 2.0));
        assert_eq!(detected("supers", &events), Some(false));
        assert_eq!(detected("call_to_action_text", &events), Some(false));
        assert_eq!(detected("brand_visuals", &events), Some(true));
    }
    let caption = with(|video| write(video, "hello", TextRole::Caption, 1.0, 2.0));
    assert_eq!(detected("supers", &caption), Some(true));
}

#[test]
fn a_file_without_sound_says_nothing() {
    let mut events = empty(SECONDS);
    events.has_audio = false;
    events.speech = blank(SECONDS).speech;
    for id in [
        "audio_speech_early",
        "call_to_action_speech",
        "brand_mention_speech",
        "product_mention_speech_first_5s",
        "supers_with_audio",
    ] {
        assert_eq!(detected(id, &events), Some(false), "{id}");
    }
    write(&mut events, "3 THINGS", TextRole::Other, 1.0, 2.0);
    assert_eq!(detected("supers_with_audio", &events), Some(false));
    // With sound nobody listened to, it stays open.
    events.has_audio = true;
    for id in [
        "audio_speech_early",
        "call_to_action_speech",
        "supers_with_audio",
    ] {
        assert_eq!(detected(id, &events), None, "{id}");
    }
}

#[test]
fn nobody_is_missing_only_where_persons_were_looked_for() {
    let mut events = empty(SECONDS);
    events.objects = blank(SECONDS).objects;
    assert_eq!(detected("presence_of_people", &events), None);
    face(&mut events, 1.0, 0.2, None);
    assert_eq!(detected("presence_of_people", &events), Some(true));
    let mut events = empty(SECONDS);
    events.people = blank(SECONDS).people;
    assert_eq!(detected("presence_of_people", &events), Some(false));
}

#[test]
fn evidence_is_the_earliest_by_time_one_per_id() {
    let mut events = empty(SECONDS);
    for second in 0..19 {
        show(&mut events, f64::from(second), "bottle", Some("obj_7"));
    }
    show(&mut events, 0.5, "bottle", None);
    let judgement = judge("product_visuals", &events);
    let found: Vec<_> = judgement
        .evidence
        .iter()
        .map(|one| (one.id.as_str(), one.start, one.end))
        .collect();
    assert_eq!(
        found,
        [
            ("obj_7", 0.0, 18.0),
            ("/ml_data/yolo/objectAnnotations/1", 0.5, 0.5)
        ]
    );
    assert_eq!(judgement.value, Ok(2.0));
    let many = with(|video| {
        for start in 0..60 {
            let start = f64::from(start) / 4.0;
            write(video, "more", TextRole::Other, start, start + 0.25);
        }
    });
    let judgement = judge("supers", &many);
    assert_eq!(judgement.evidence.len(), MAX_FINDINGS);
    assert_eq!(judgement.evidence[0].id, "text_1");
    assert_eq!(judgement.value, Ok(60.0));
}

proptest! {
    #[test]
    fn verdicts_agree_with_their_numbers(
        cuts in proptest::collection::vec(0.0..20.0_f64, 0..40),
        seen in proptest::collection::vec((0.0..20.0_f64, 0.0..1.0_f64), 0..10),
        said in proptest::collection::vec(0.0..19.0_f64, 0..6),
        until in 0.0..25.0_f64,
    ) {
        let mut events = empty(SECONDS);
        cut(&mut events, &cuts);
        for (time, side) in seen {
            face(&mut events, time, side, Some(side));
            show(&mut events, time, "bottle", None);
        }
        let mut said = said;
        said.sort_by(f64::total_cmp);
        for start in said {
            say(&mut events, start, "buy Acme rocket boots");
        }
        let clock = events.clock;
        limit(&mut events.people, clock, until);
        limit(&mut events.shots, clock, until);
        limit(&mut events.speech, clock, until);
        for rubric in &RUBRICS {
            let judgement = rubric.of(&events);
            prop_assert_eq!(judgement.detected == Ok(true), !judgement.evidence.is_empty());
            prop_assert!(judgement.evidence.len() <= MAX_FINDINGS);
            for one in &judgement.evidence {
                prop_assert!(0.0 <= one.start && one.start <= one.end);
                prop_assert!(at(one.start) < clock.duration());
            }
            if let Ok(value) = judgement.value {
                prop_assert!(value >= 0.0 && value.is_finite());
            }
            if judgement.detected == Ok(false) && !rubric.id.contains("pac") && rubric.id != "dynamic_start" && rubric.id != "visible_face_close_up" {
                prop_assert_eq!(judgement.value, Ok(0.0));
            }
        }
    }
}
