//! What begins just before an expression, and how it is published.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::everything::everything;
use contracts::{MediaTime, TimeSpan, emotion::EmotionLabel, shots::BoundaryKind};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    coverage::{SampledSeconds, Stream},
    emotional::{
        self,
        triggers::{TRIGGERS, Triggers},
    },
    events::{Boundary, Events, Overlay, Sighting, Utterance},
    measure::Reason,
};

fn at(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds)
}

/// The constructed video with gestures at these times and nothing else that begins.
fn gestures_at(times: &[f64]) -> Events {
    let mut events = everything();
    let all = SampledSeconds::all(events.clock);
    let gesture = |time: &f64| Sighting {
        span: TimeSpan::new(at(*time), at(*time + 0.5)),
        label: "thumbs_up".into(),
        confidence: 0.8,
    };
    events.gestures = Stream::Measured {
        events: times.iter().map(gesture).collect(),
        sampled: all.clone(),
    };
    events.text = Stream::Measured {
        events: Vec::new(),
        sampled: all,
    };
    if let Stream::Measured { events, .. } = &mut events.speech {
        events.utterances.clear();
    }
    if let Stream::Measured { events, .. } = &mut events.shots {
        events.boundaries.clear();
    }
    events
}

/// The constructed video with cuts, texts and a sentence too.
fn busy() -> Events {
    let mut events = gestures_at(&[1.0]);
    let boundary = |time: f64| Boundary {
        time: at(time),
        kind: BoundaryKind::Cut,
    };
    if let Stream::Measured { events, .. } = &mut events.shots {
        events.boundaries = [1.0, 1.5, 9.0].map(boundary).to_vec();
    }
    let text = |times: &[f64]| Overlay {
        intervals: times
            .iter()
            .map(|time| TimeSpan::new(at(*time), at(*time + 0.5)))
            .collect(),
        content: "text".into(),
        confidence: 0.9,
        role: None,
        position: None,
        cta_keywords: Vec::new(),
    };
    if let Stream::Measured { events, .. } = &mut events.text {
        *events = vec![text(&[0.5, 19.0]), text(&[1.1])];
    }
    if let Stream::Measured { events, .. } = &mut events.speech {
        let sentence = |start: f64| Utterance {
            span: TimeSpan::new(at(start), at(start + 2.0)),
            text: "said".into(),
            confidence: 0.9,
            words: Vec::new(),
        };
        events.utterances = [0.0, 6.0].map(sentence).to_vec();
    }
    events
}

fn blocks(events: &Events) -> Value {
    emotional::analyse(events).unwrap().blocks.into()
}

#[test]
fn everything_that_begins_within_a_second_is_named() {
    let events = busy();
    let triggers = Triggers::of(&events);
    assert_eq!(
        triggers.before(at(1.0)).unwrap(),
        ["scene_change", "text", "gesture"]
    );
    assert_eq!(triggers.before(at(0.9)).unwrap(), ["text", "speech"]);
    assert_eq!(triggers.before(at(6.5)).unwrap(), ["speech"]);
    assert_eq!(triggers.before(at(15.0)).unwrap(), Vec::<&str>::new());
    assert_eq!(triggers.before(MediaTime::ZERO).unwrap(), ["speech"]);
}

#[test]
fn the_second_before_ends_with_the_expression() {
    let events = gestures_at(&[5.0]);
    let triggers = Triggers::of(&events);
    let named = |time| !triggers.before(at(time)).unwrap().is_empty();
    assert_eq!(
        [4.99, 5.0, 5.99, 6.0].map(named),
        [false, true, true, false]
    );
}

#[test]
fn nothing_found_is_known_only_if_everything_was_looked_for() {
    let mut events = gestures_at(&[5.0]);
    events.text = Stream::NotMeasured(Reason::of("nobody read"));
    let triggers = Triggers::of(&events);
    assert_eq!(triggers.before(at(5.5)).unwrap(), ["gesture"]);
    assert_eq!(triggers.before(at(9.5)), Err(Reason::of("nobody read")));
    events.text = Stream::Measured {
        events: Vec::new(),
        sampled: SampledSeconds::until(events.clock, at(9.0)),
    };
    let triggers = Triggers::of(&events);
    assert_eq!(triggers.before(at(8.5)), Ok(Vec::new()));
    // The ninth second was not looked at.
    let reason = triggers.before(at(9.5)).unwrap_err();
    assert!(reason.as_str().contains("text was not looked for"));
}

#[test]
fn peaks_and_changes_carry_their_triggers() {
    let found = blocks(&busy());
    let events = &found["emotionalKeyEvents"];
    assert_eq!(
        events["transitionPoints"][0],
        json!({
            "timestamp": "1s", "start": 1.0, "end": 2.0,
            "fromEmotion": "joy", "toEmotion": "anger", "from": "joy", "to": "anger",
            "trigger": ["scene_change", "text"],
        })
    );
    let peaks = events["emotionalPeaks"].as_array().unwrap();
    assert_eq!(peaks[0]["time"], 1.0);
    assert_eq!(
        peaks[0]["trigger"],
        json!(["scene_change", "text", "gesture"])
    );
    let contrast = &found["emotionalInteractions"]["emotionalContrastMoments"][0];
    assert_eq!(contrast["fromEmotion"], "joy");
    assert_eq!(contrast["conflict"], "positive_to_negative");
    let mut back = everything();
    if let Stream::Measured { events, .. } = &mut back.emotions {
        events.seen[0].label = EmotionLabel::Sadness;
        events.seen[1].label = EmotionLabel::Surprise;
    }
    let contrast = &blocks(&back)["emotionalInteractions"]["emotionalContrastMoments"][0];
    assert_eq!(contrast["conflict"], "negative_to_positive");
}

#[test]
fn an_unknown_trigger_is_null_and_explained() {
    let mut events = gestures_at(&[]);
    events.shots = Stream::NotMeasured(Reason::of("nobody cut"));
    let found = blocks(&events);
    let points = &found["emotionalKeyEvents"]["transitionPoints"];
    assert_eq!(points[0]["trigger"], Value::Null);
    let reasons = &found["emotionalQuality"]["notMeasured"];
    for list in ["emotionalPeaks", "transitionPoints"] {
        assert_eq!(
            reasons[format!("emotionalKeyEvents.{list}[].trigger")],
            "nobody cut"
        );
    }
}

proptest! {
    #[test]
    fn triggers_are_named_once_in_their_order(
        times in prop::collection::vec(0.0_f64..22.0, 0..8),
        asked in 0.0_f64..22.0,
    ) {
        let events = gestures_at(&times);
        let found = Triggers::of(&events).before(at(asked)).unwrap();
        prop_assert!(found.is_empty() || found == ["gesture"]);
        let all = busy();
        let found = Triggers::of(&all).before(at(asked)).unwrap();
        let places: Vec<_> = found.iter().map(|name| TRIGGERS.iter().position(|one| one == name)).collect();
        prop_assert!(places.windows(2).all(|two| two[0] < two[1]));
    }
}
