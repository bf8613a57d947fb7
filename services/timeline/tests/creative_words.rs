//! Rubrics that rest on words: what counts as said, as written and as a call.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::built::{empty, say, span, within, write};
use contracts::text::TextRole;
use timeline::compute::{
    creative::{abcd::RUBRICS, finding::Judgement},
    events::Events,
    published::PublishedText,
};

const SECONDS: f64 = 20.0;

fn judge(id: &str, events: &Events) -> Judgement {
    let rubric = RUBRICS.iter().find(|one| one.id == id).unwrap();
    rubric.of(events)
}

fn detected(id: &str, events: &Events) -> Option<bool> {
    judge(id, events).detected.ok()
}

fn with(add: impl FnOnce(&mut Events)) -> Events {
    let mut events = empty(SECONDS);
    add(&mut events);
    events
}

#[test]
fn a_super_is_said_if_half_of_its_words_are_while_it_is_there() {
    let spoken = |text: &str, start: f64| {
        let events = with(|video| {
            write(video, "two golden keys more", TextRole::Other, 5.0, 6.0);
            say(video, start, text);
        });
        detected("supers_with_audio", &events)
    };
    assert_eq!(spoken("the golden keys", 5.0), Some(true));
    assert_eq!(spoken("the golden gate", 5.0), Some(false));
    assert_eq!(
        spoken("golden keys", 6.7),
        Some(true),
        "within a second after it"
    );
    assert_eq!(spoken("golden keys", 6.8), Some(false));
    // Words that only look alike do not count, nor do those of one or two letters.
    assert_eq!(spoken("goldener keyses", 5.0), Some(false));
    let short = with(|video| {
        write(video, "to do", TextRole::Other, 5.0, 6.0);
        say(video, 5.0, "to do");
    });
    assert_eq!(detected("supers_with_audio", &short), Some(false));
}

#[test]
fn ideographs_are_words_of_their_own() {
    let spoken = |text: &str| {
        let events = with(|video| {
            write(
                video,
                "\u{82b1}\u{738b}\u{77f3}\u{9e78}",
                TextRole::Other,
                5.0,
                6.0,
            );
            say(video, 5.0, text);
        });
        detected("supers_with_audio", &events)
    };
    assert_eq!(spoken("\u{82b1}\u{738b}\u{3067}\u{3059}"), Some(true));
    assert_eq!(spoken("\u{9e78}\u{3067}\u{3059}"), Some(false));
}

#[test]
fn english_phrases_tell_nothing_of_another_language() {
    let mut events = with(|video| {
        say(video, 1.0, "folge mir");
        write(video, "Mehr davon", TextRole::Other, 1.0, 2.0);
    });
    within(&mut events.speech).language = Some("de".into());
    for id in ["call_to_action_speech", "call_to_action_text"] {
        let reason = judge(id, &events).detected.unwrap_err().to_string();
        assert!(reason.contains("language is de"), "{id}: {reason}");
    }
    write(&mut events, "Shop", TextRole::Cta, 3.0, 4.0);
    assert_eq!(detected("call_to_action_text", &events), Some(true));
    within(&mut events.speech).language = Some("en".into());
    assert_eq!(detected("call_to_action_speech", &events), Some(false));
    // Whole words: `together` does not hold `get`, nor does `likely` hold `like`.
    let alike = with(|video| {
        say(video, 1.0, "likely together");
        write(video, "TOGETHER", TextRole::Other, 1.0, 2.0);
    });
    assert_eq!(detected("call_to_action_text", &alike), Some(false));
    assert_eq!(detected("call_to_action_speech", &alike), Some(false));
}

#[test]
fn descriptions_of_sound_are_not_said() {
    let described = with(|video| say(video, 1.0, "[Acme music] (buy rocket boots)"));
    for id in [
        "audio_speech_early",
        "brand_mention_speech",
        "product_mention_speech",
        "call_to_action_speech",
    ] {
        assert_eq!(detected(id, &described), Some(false), "{id}");
    }
    // What does not close encloses nothing.
    let open = with(|video| say(video, 1.0, "[Acme music"));
    assert_eq!(detected("brand_mention_speech", &open), Some(true));
}

#[test]
fn phrases_found_when_a_text_was_read_count_too() {
    let mut events = empty(SECONDS);
    events.published.texts = Ok(vec![PublishedText {
        id: "text_1".into(),
        content: "Jetzt kaufen".into(),
        role: TextRole::Cta,
        overlay: None,
        intervals: vec![span(1.0, 2.0)],
        cta_keywords: vec!["kaufen".into()],
    }]);
    assert_eq!(detected("call_to_action_text", &events), Some(true));
}
