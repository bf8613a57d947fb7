//! What a video is made of, by hand.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{
    built::{at, blank, empty, everywhere, face, limit, say, show, span, until, within, write},
    json, parse, run, sound, video,
};
use contracts::{
    sound::{ClassShares, SoundClasses},
    text::TextRole,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{CREATIVE, Input, creative::makeup, events::Events};

const SECONDS: f64 = 20.0;

fn with(add: impl FnOnce(&mut Events)) -> Events {
    let mut events = empty(SECONDS);
    add(&mut events);
    events
}

fn blocks(events: &Events) -> Value {
    (CREATIVE.analyse)(events).unwrap().blocks.into()
}

fn creative(events: &Events) -> Value {
    blocks(events)["creative"].clone()
}

fn reason(events: &Events, path: &str) -> String {
    let reasons = &blocks(events)["quality"]["notMeasured"];
    reasons[path].as_str().unwrap_or_default().to_owned()
}

#[test]
fn text_time_is_a_union_without_captions_and_watermarks() {
    let mut events = with(|video| {
        write(video, "a", TextRole::HookTitle, 1.0, 3.0);
        write(video, "b", TextRole::Other, 2.0, 4.0);
        write(video, "c", TextRole::Caption, 3.5, 9.5);
        write(video, "d", TextRole::Watermark, 0.0, 20.0);
        write(video, "e", TextRole::SceneText, 12.0, 14.0);
    });
    let measures = creative(&events);
    assert_eq!(measures["textOnScreenSeconds"], 3.0);
    assert_eq!(measures["textOnScreenShare"], 0.15);
    assert_eq!(measures["captionSeconds"], 6.0);
    assert_eq!(measures["captionShare"], 0.3);
    // As far as was looked: two of the three seconds with a text, in two seconds.
    events.text = until(events.clock, 2.0, Vec::new());
    let measures = creative(&events);
    assert_eq!(measures["textOnScreenSeconds"], 1.0);
    assert_eq!(measures["textOnScreenShare"], 0.5);
    assert_eq!(measures["captionShare"], 0.0);
}

#[test]
fn calls_are_listed_with_phrase_time_and_id() {
    let events = with(|video| {
        say(video, 1.0, "nothing here");
        say(video, 3.0, "the link-in-bio is new");
        write(video, "TAP! Shop this", TextRole::Cta, 5.0, 7.0);
    });
    let measures = creative(&events);
    assert_eq!(
        measures["callsInSpeech"],
        json!([{"phrase": "link in bio", "kind": "traffic", "start": 3.25, "end": 3.5, "segment": "1"}])
    );
    assert_eq!(
        measures["callsInText"],
        json!([{"phrase": "shop", "text": "TAP! Shop this", "start": 5.0, "end": 7.0, "track": "text_1"}])
    );
}

#[test]
fn presence_is_a_share_of_the_seconds_looked_at() {
    let mut events = with(|video| {
        for time in [0.0, 0.5, 3.0, 19.0] {
            show(video, time, "bottle", None);
        }
        show(video, 0.25, "person", None);
        face(video, 4.0, 0.2, None);
        face(video, 5.0, 0.6, None);
    });
    let measures = creative(&events);
    assert_eq!(measures["productSeconds"], 3);
    assert_eq!(measures["productShare"], 0.15);
    assert_eq!(measures["personShare"], 0.15);
    assert_eq!(measures["faceShare"], 0.1);
    // 36 % of the picture is close, 4 % is not.
    assert_eq!(measures["closeUpShare"], 0.05);
    let clock = events.clock;
    limit(&mut events.objects, clock, 4.0);
    let measures = creative(&events);
    assert_eq!(measures["productSeconds"], 2);
    assert_eq!(measures["productShare"], 0.5);
    assert_eq!(measures["personShare"], 0.25);
    events.brand = timeline::Brand::default();
    assert!(reason(&events, "creative.productShare").contains("--product-class"));
    assert!(reason(&events, "hook.timeToFirstProduct").contains("--product-class"));
}

#[test]
fn sound_is_present_unless_it_is_known_not_to_be() {
    let mut events = empty(SECONDS);
    assert_eq!(
        creative(&events)["soundPresent"],
        false,
        "silence throughout"
    );
    let clock = events.clock;
    limit(&mut events.sound, clock, 10.0);
    assert_eq!(creative(&events)["soundPresent"], Value::Null);
    within(&mut events.sound).climax = Some(at(1.0));
    assert_eq!(creative(&events)["soundPresent"], true);
    events.sound = blank(SECONDS).sound;
    assert_eq!(creative(&events)["soundPresent"], Value::Null);
    events.has_audio = false;
    assert_eq!(creative(&events)["soundPresent"], false);
}

#[test]
fn speech_and_music_are_shares_of_what_was_listened_to() {
    let mut events = with(|video| {
        let voice = &mut within(&mut video.speech).voice;
        voice.extend([span(1.0, 3.0), span(2.0, 4.0), span(9.0, 11.0)]);
    });
    assert_eq!(creative(&events)["speechShare"], 0.25);
    let clock = events.clock;
    limit(&mut events.speech, clock, 10.0);
    assert_eq!(creative(&events)["speechShare"], 0.4);
    assert_eq!(creative(&events)["musicShare"], 0.0);
    assert_eq!(creative(&events)["integratedLoudnessLufs"], -70.0);
}

#[test]
fn pictures_have_the_ratio_they_are_near() {
    for (size, ratio, side) in [
        ((1080, 1920), Some("9:16"), "portrait"),
        ((576, 1024), Some("9:16"), "portrait"),
        ((720, 1274), Some("9:16"), "portrait"),
        ((1920, 1080), Some("16:9"), "landscape"),
        ((1080, 1350), Some("4:5"), "portrait"),
        ((800, 800), Some("1:1"), "square"),
        ((1080, 1800), None, "portrait"),
        ((1280, 548), None, "landscape"),
    ] {
        let mut events = empty(SECONDS);
        events.picture = size;
        let measures = creative(&events);
        assert_eq!(measures["aspectRatio"], json!(ratio), "{size:?}");
        assert_eq!(measures["orientation"], side);
        let value = f64::from(size.0) / f64::from(size.1);
        assert_eq!(measures["aspectRatioValue"], json!(value));
        assert_eq!(measures["widthPixels"], size.0);
        assert_eq!(measures["heightPixels"], size.1);
        assert_eq!(measures["lengthSeconds"], 20.0);
    }
    let mut unknown = empty(SECONDS);
    unknown.picture = (0, 0);
    assert_eq!(creative(&unknown)["aspectRatioValue"], Value::Null);
    assert_eq!(creative(&unknown)["orientation"], Value::Null);
}

#[test]
fn shares_of_sound_are_taken_over_from_its_classes() {
    let mut measured = sound(2.0, &[0.1]);
    let shares = ClassShares {
        speech: 0.25,
        music: 0.75,
        other: 0.0,
        silence: 0.0,
    };
    let classes = |overall| SoundClasses {
        overall,
        per_second: vec![shares; 2],
        model: serde_json::from_value(
            json!({"name": "sounds", "version": "1", "digest": "ab".repeat(32)}),
        )
        .unwrap(),
    };
    measured.classes = Some(classes(shares));
    measured.classes_reason = None;
    let of = |measured| {
        let input = Input {
            sound: json(&measured),
            ..video(2.0)
        };
        parse(&run(&input).creative.unwrap())
    };
    let all = of(measured.clone());
    assert_eq!(all["creative"]["musicShare"], 0.75);
    assert_eq!(all["creative"]["integratedLoudnessLufs"], -14.2);
    assert_eq!(all["hook"]["first3Seconds"]["heard"]["speechShare"], 0.25);
    // Shares that cannot be are not passed on.
    measured.classes = Some(classes(ClassShares {
        music: 1.5,
        ..shares
    }));
    assert_eq!(of(measured.clone())["creative"]["musicShare"], Value::Null);
    measured.classes = None;
    measured.classes_reason = Some("switched off".into());
    let all = of(measured);
    assert_eq!(
        all["quality"]["notMeasured"]["creative.musicShare"],
        "switched off"
    );
}

proptest! {
    #[test]
    fn shared_time_is_at_most_either(
        spans in proptest::collection::vec((0.0..20.0_f64, 0.0..5.0_f64), 0..10),
    ) {
        let clock = empty(SECONDS).clock;
        let sampled = everywhere(clock, ());
        let looked = makeup::looked_at(clock, sampled.sampled().unwrap());
        let events = spans.iter().map(|(start, length)| span(*start, start + length));
        let (shared, whole) = makeup::within(events, &looked);
        prop_assert!(0.0 <= shared && shared <= whole + 1e-9);
        prop_assert!((whole - SECONDS).abs() < 1e-9);
    }
}
