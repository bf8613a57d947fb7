//! The hook and what a video is made of, by hand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{
    built::{at, blank, cut, empty, express, face, limit, say, show, span, within, write},
    even_cuts, parse,
    perceived::perceived,
    run,
};
use contracts::{emotion::EmotionLabel, people::GazeDirection, sound::ClassShares, text::TextRole};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    CREATIVE,
    creative::hook,
    events::{Events, GazeSeen},
};

const SECONDS: f64 = 20.0;

fn with(add: impl FnOnce(&mut Events)) -> Events {
    let mut events = empty(SECONDS);
    add(&mut events);
    events
}

fn blocks(events: &Events) -> Value {
    (CREATIVE.analyse)(events).unwrap().blocks.into()
}

fn hook_of(events: &Events) -> Value {
    blocks(events)["hook"].clone()
}

fn creative(events: &Events) -> Value {
    blocks(events)["creative"].clone()
}

fn reason(events: &Events, path: &str) -> String {
    let reasons = &blocks(events)["quality"]["notMeasured"];
    reasons[path].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_comes_first_is_told_in_seconds() {
    let events = with(|video| {
        face(video, 2.0, 0.3, None);
        show(video, 1.0, "person", Some("obj_1"));
        show(video, 7.5, "bottle", None);
        write(video, "TikTok", TextRole::Watermark, 0.0, 20.0);
        write(video, "3 THINGS", TextRole::HookTitle, 0.25, 2.0);
        say(video, 1.5, "hello there");
        cut(video, &[2.5, 6.0]);
        within(&mut video.speech).voice.insert(0, span(1.25, 1.5));
    });
    let hook = hook_of(&events);
    assert_eq!(hook["timeToFirstFace"], 2.0);
    assert_eq!(hook["timeToFirstText"], 0.25);
    assert_eq!(hook["timeToFirstSpeech"], 1.25);
    assert_eq!(hook["timeToFirstWord"], 1.5);
    assert_eq!(hook["timeToFirstCut"], 2.5);
    assert_eq!(hook["timeToFirstPerson"], 1.0);
    assert_eq!(hook["timeToFirstProduct"], 7.5);
    assert_eq!(hook["shotsInFirst5Seconds"], 2);
    assert_eq!(hook["mostShotsIn5Seconds"], 2);
    assert_eq!(hook["firstShotLength"], 2.5);
    assert_eq!(hook["dynamicStart"], true);
}

#[test]
fn nothing_comes_first_where_there_is_nothing() {
    let events = empty(SECONDS);
    let hook = hook_of(&events);
    for (field, because) in [
        ("timeToFirstFace", "no face is seen"),
        ("timeToFirstText", "no text is laid over the picture"),
        ("timeToFirstSpeech", "nothing is said"),
        ("timeToFirstWord", "nothing is said"),
        ("timeToFirstCut", "there is only one shot"),
        ("timeToFirstPerson", "no person is seen"),
        (
            "timeToFirstProduct",
            "no object of the product classes is seen",
        ),
    ] {
        assert_eq!(hook[field], Value::Null, "{field}");
        assert_eq!(reason(&events, &format!("hook.{field}")), because);
    }
    assert_eq!(hook["shotsInFirst5Seconds"], 1);
    assert_eq!(hook["mostShotsIn5Seconds"], 1);
    assert_eq!(hook["firstShotLength"], 20.0);
    assert_eq!(hook["dynamicStart"], false);
}

#[test]
fn an_earlier_sight_that_may_have_been_missed_leaves_no_first() {
    let mut events = with(|video| {
        face(video, 6.0, 0.3, None);
        say(video, 0.5, "hello");
    });
    let clock = events.clock;
    limit(&mut events.people, clock, 3.0);
    limit(&mut events.speech, clock, 3.0);
    let hook = hook_of(&events);
    assert_eq!(hook["timeToFirstFace"], Value::Null);
    assert!(reason(&events, "hook.timeToFirstFace").contains("not every second before"));
    assert_eq!(hook["timeToFirstSpeech"], 0.5);
    // Faces in the very first second tell of a person without any search for persons.
    events.objects = blank(SECONDS).objects;
    face(&mut events, 0.0, 0.3, None);
    assert_eq!(hook_of(&events)["timeToFirstPerson"], 0.0);
}

#[test]
fn shots_are_counted_in_half_open_windows() {
    let shots = |cuts: &[f64]| {
        let events = with(|video| cut(video, cuts));
        let hook = hook_of(&events);
        (
            hook["shotsInFirst5Seconds"].as_u64().unwrap(),
            hook["mostShotsIn5Seconds"].as_u64().unwrap(),
        )
    };
    assert_eq!(shots(&[5.0]), (1, 1));
    assert_eq!(shots(&[4.999]), (2, 2));
    assert_eq!(shots(&[8.0, 9.0, 10.0, 12.999]), (1, 4));
    assert_eq!(shots(&[8.0, 9.0, 10.0, 13.0]), (1, 3));
    assert_eq!(hook::busiest(&[]), (0, 0));
    assert_eq!(
        hook::busiest(&[span(0.0, 1.0), span(1.0, 9.0), span(9.0, 10.0)]),
        (0, 2)
    );
}

#[test]
fn eye_contact_and_talking_to_the_camera_are_shares_of_what_was_measured() {
    let events = with(|video| {
        face(video, 0.0, 0.3, Some(0.9));
        face(video, 1.0, 0.3, Some(0.5));
        face(video, 2.0, 0.3, Some(0.0));
        face(video, 3.0, 0.3, Some(0.8));
        // Somebody else looks into the camera.
        within(&mut video.people)
            .gaze
            .extend([1.0, 2.0].map(|time| GazeSeen {
                time: at(time),
                rank: 2,
                eye_contact: 1.0,
                direction: GazeDirection::Camera,
            }));
        within(&mut video.speech).voice.push(span(1.0, 4.5));
    });
    let hook = hook_of(&events);
    // 0.9, 0.5 and 0.0 lie before 3 s; exactly one half is no contact.
    assert_eq!(hook["eyeContactShareFirst3Seconds"], json!(1.0 / 3.0));
    // Frames at 1, 2, 3 and 4 s; only that at 3 s looks, that at 4 s has no face.
    assert_eq!(hook["talkingToCameraShare"], 0.25);
    let nobody = empty(SECONDS);
    assert!(reason(&nobody, "hook.eyeContactShareFirst3Seconds").contains("not measured"));
    assert_eq!(
        reason(&nobody, "hook.talkingToCameraShare"),
        "no voice is active"
    );
}

#[test]
fn the_first_three_seconds_are_listed() {
    let shares = ClassShares {
        speech: 0.5,
        music: 0.25,
        other: 0.25,
        silence: 0.0,
    };
    let mut events = with(|video| {
        show(video, 0.5, "cup", None);
        show(video, 2.0, "person", Some("obj_1"));
        show(video, 2.0, "person", Some("obj_2"));
        show(video, 2.5, "cup", None);
        show(video, 3.0, "dog", None);
        face(video, 1.0, 0.6, None);
        say(video, 2.75, "at last");
        write(video, "3 THINGS", TextRole::HookTitle, 2.0, 6.0);
        write(video, "late", TextRole::Other, 3.0, 6.0);
        express(video, 0.0, EmotionLabel::Joy, 0.5);
        express(video, 1.0, EmotionLabel::Surprise, 0.25);
        express(video, 2.0, EmotionLabel::Surprise, 0.0);
        express(video, 3.0, EmotionLabel::Joy, 1.0);
    });
    events.published.classes = Ok(vec![shares; 3]);
    let first = hook_of(&events)["first3Seconds"].clone();
    assert_eq!(
        first["seen"],
        json!({
            "objects": [
                {"class": "cup", "start": 0.5, "end": 2.5},
                {"class": "person", "start": 2.0, "end": 2.0},
            ],
            "mostPersons": 2,
            "shotTypes": [
                {"start": 0.0, "end": 1.0, "type": "none"},
                {"start": 1.0, "end": 2.0, "type": "close"},
                {"start": 2.0, "end": 3.0, "type": "none"},
            ],
        })
    );
    // "last" begins at 3.0 s.
    assert_eq!(
        first["said"],
        json!([{"word": "at", "start": 2.75, "end": 3.0}])
    );
    assert_eq!(
        first["written"],
        json!([{"text": "3 THINGS", "role": "hook_title", "start": 2.0, "end": 6.0}])
    );
    assert_eq!(
        first["felt"],
        json!({"dominantExpression": "surprise", "meanValence": 0.25})
    );
    assert_eq!(
        first["heard"],
        json!({"speechShare": 0.5, "musicShare": 0.25, "otherShare": 0.25, "silenceShare": 0.0})
    );
    assert_eq!(first["partlyLookedAt"], json!([]));
    let clock = events.clock;
    limit(&mut events.text, clock, 2.0);
    assert_eq!(
        hook_of(&events)["first3Seconds"]["partlyLookedAt"],
        json!(["text"])
    );
    events.published.classes = Ok(vec![shares; 2]);
    let path = "hook.first3Seconds.heard.musicShare";
    assert!(reason(&events, path).contains("sound ends"));
}

/// Paths of all numbers and texts that are not null.
fn known(path: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                known(&format!("{path}.{name}"), field, found);
            }
        }
        Value::Null => {}
        _ => found.push(path.to_owned()),
    }
}

#[test]
fn nothing_is_known_where_nothing_was_measured() {
    let events = blank(SECONDS);
    let mut found = Vec::new();
    known("hook", &hook_of(&events), &mut found);
    assert_eq!(found, ["hook.first3Seconds.partlyLookedAt"]);
    found.clear();
    known("creative", &creative(&events), &mut found);
    let told_by_the_file = [
        "creative.aspectRatio",
        "creative.aspectRatioValue",
        "creative.orientation",
        "creative.widthPixels",
        "creative.heightPixels",
        "creative.lengthSeconds",
    ];
    assert_eq!(found, told_by_the_file);
    let all = blocks(&events);
    assert_eq!(all["abcd"]["undecidedCount"], 23);
    assert_eq!(all["quality"]["dataCompleteness"], 0.0);
    assert_eq!(
        all["quality"]["missingModalities"]
            .as_array()
            .unwrap()
            .len(),
        7
    );
    assert!((CREATIVE.analyse)(&events).unwrap().measured.is_err());
    assert!(
        (CREATIVE.analyse)(&empty(SECONDS))
            .unwrap()
            .measured
            .is_ok()
    );
}

#[test]
fn a_video_without_length_has_no_measures() {
    let events = empty(0.0);
    let mut found = Vec::new();
    known("hook", &hook_of(&events), &mut found);
    assert_eq!(found, Vec::<String>::new());
    assert_eq!(blocks(&events)["abcd"]["undecidedCount"], 23);
}

#[test]
fn counts_of_rubrics_add_up() {
    for events in [
        blank(SECONDS),
        empty(SECONDS),
        with(|video| cut(video, &[1.0])),
    ] {
        let abcd = &blocks(&events)["abcd"];
        let rubrics = abcd["rubrics"].as_array().unwrap();
        let count = |wanted: &Value| {
            let same = rubrics.iter().filter(|one| &one["detected"] == wanted);
            json!(same.count())
        };
        assert_eq!(abcd["detectedCount"], count(&json!(true)));
        assert_eq!(abcd["notDetectedCount"], count(&json!(false)));
        assert_eq!(abcd["undecidedCount"], count(&Value::Null));
        assert_eq!(rubrics.len(), 23);
        for one in rubrics {
            assert_eq!(one["reason"].is_null(), !one["detected"].is_null());
        }
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(run(&perceived()).creative, run(&perceived()).creative);
    assert_eq!(
        parse(&run(&even_cuts()).creative.unwrap())["creative"]["lengthSeconds"],
        20.0
    );
}

proptest! {
    #[test]
    fn shares_and_times_stay_within_their_range(
        length in 0.1..30.0_f64,
        sights in proptest::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 0..12),
        texts in proptest::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 0..8),
        looked in 0.0..35.0_f64,
    ) {
        let mut events = empty(length);
        for (time, side) in sights {
            face(&mut events, time * length, side, Some(side));
            show(&mut events, time * length, "bottle", None);
            within(&mut events.speech).voice.push(span(time * length, length));
        }
        for (start, part) in texts {
            let start = start * length;
            write(&mut events, "more", TextRole::Other, start, start + part * (length - start));
        }
        let clock = events.clock;
        limit(&mut events.objects, clock, looked);
        limit(&mut events.text, clock, looked);
        let all = blocks(&events);
        let (hook, made) = (&all["hook"], &all["creative"]);
        for share in [
            &made["textOnScreenShare"], &made["captionShare"], &made["productShare"],
            &made["personShare"], &made["faceShare"], &made["closeUpShare"],
            &made["speechShare"], &made["musicShare"], &hook["talkingToCameraShare"],
            &hook["eyeContactShareFirst3Seconds"], &all["quality"]["dataCompleteness"],
        ] {
            prop_assert!(share.is_null() || (0.0..=1.0).contains(&share.as_f64().unwrap()));
        }
        for time in [
            &hook["timeToFirstFace"], &hook["timeToFirstText"], &hook["timeToFirstSpeech"],
            &hook["timeToFirstPerson"], &hook["timeToFirstProduct"], &hook["firstShotLength"],
            &made["textOnScreenSeconds"],
        ] {
            let bound = length + 1e-6;
            prop_assert!(time.is_null() || (0.0..=bound).contains(&time.as_f64().unwrap()));
        }
    }

    #[test]
    fn the_busiest_window_holds_as_many_as_counting_says(
        cuts in proptest::collection::btree_set(1u32..200, 0..40),
    ) {
        let times: Vec<f64> = cuts.iter().map(|tenth| f64::from(*tenth) / 10.0).collect();
        let events = with(|video| cut(video, &times));
        let shots = &events.shots.events().unwrap().intervals;
        let counted = shots.iter().map(|shot| {
            let window = span(shot.start.seconds(), shot.start.seconds() + 5.0);
            hook::beginning_in(shots, window)
        });
        prop_assert_eq!(hook::busiest(shots).1, counted.max().unwrap());
    }
}
