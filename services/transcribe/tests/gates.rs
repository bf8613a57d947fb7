//! What is recognised and yet not said.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::speech::DropReason;
use proptest::prelude::*;
use transcribe::{
    GateConfig,
    compute::{
        Stretch,
        gates::{
            WindowDoubt, compression_ratio, echoes, is_annotation, repeats, spoken_parts, verdict,
        },
        segments::{Segment, Word},
    },
};

const SURE: WindowDoubt = WindowDoubt {
    no_speech: 0.01,
    mean_log_probability: -0.2,
};

fn segment(text: &str, seconds: usize, log_probability: f64) -> Segment {
    let place = Stretch {
        start: 0,
        end: seconds * 16_000,
    };
    let words = text.split(' ').map(|word| Word {
        text: format!(" {word}"),
        place,
        log_probability,
        tokens: 1,
        interpolated: false,
    });
    Segment {
        place,
        words: words.collect(),
    }
}

fn judged(text: &str, seconds: usize, log_probability: f64) -> Option<DropReason> {
    verdict(
        &segment(text, seconds, log_probability),
        SURE,
        &GateConfig::default(),
    )
}

#[test]
fn speech_passes() {
    assert_eq!(judged("no no no I did not say that", 3, -0.3), None);
    assert_eq!(judged("5 * 3", 2, -0.3), None);
}

#[test]
fn descriptions_of_sound_are_no_speech() {
    for text in [
        "[Music]",
        "(chimes)",
        ") ( ( (",
        "♪ ♪",
        "*laughs*",
        "...",
        "- -",
        "【音楽】",
        "[Music] (laughs)",
    ] {
        assert!(is_annotation(text), "{text}");
        assert_eq!(
            judged(text, 3, -0.1),
            Some(DropReason::Annotation),
            "{text}"
        );
    }
    for text in ["(laughs) hello", "hello [", "3 (three)", "日本", "don't"] {
        assert!(!is_annotation(text), "{text}");
    }
}

#[test]
fn parts_outside_of_brackets_are_spoken() {
    let parts = |text: &str| -> String {
        let parts = spoken_parts(text).into_iter();
        parts.map(|part| text[part].to_owned()).collect()
    };
    assert_eq!(parts("(laughs) hello [music] you"), " hello  you");
    assert_eq!(parts("open ( bracket"), "open ( bracket");
    assert_eq!(parts("♪ la la ♪ yes"), " yes");
}

#[test]
fn loops_are_no_speech() {
    let config = GateConfig::default();
    assert!(repeats("you you you you you you", &config));
    assert!(repeats(
        "Thank you. thank you, Thank you! thank you thank you",
        &config
    ));
    assert!(!repeats("very very very good", &config));
    assert!(!repeats("", &config));
    let long = "we are going to go and then ".repeat(8);
    assert_eq!(judged(&long, 30, -0.2), Some(DropReason::Repetition));
}

#[test]
fn a_sentence_said_five_times_in_a_row_is_an_echo() {
    let config = GateConfig::default();
    let once = segment("it is a great way", 3, -0.3);
    let other = segment("and so on", 3, -0.3);
    let mut all = vec![once.clone(); 4];
    all.insert(0, other.clone());
    assert_eq!(echoes(&all, &config), [false; 5]);
    all.push(segment("It is a great way!", 3, -0.3));
    all.push(other);
    let expected = [false, true, true, true, true, true, false];
    assert_eq!(echoes(&all, &config), expected);
}

#[test]
fn nobody_speaks_that_fast() {
    let text =
        "this is far more than anybody at all could ever possibly say within a single second";
    assert_eq!(judged(text, 1, -0.2), Some(DropReason::ImpossibleRate));
    assert_eq!(judged(text, 4, -0.2), None);
}

#[test]
fn doubt_of_the_recogniser_is_believed() {
    assert_eq!(
        judged("maybe this", 2, -1.5),
        Some(DropReason::LowConfidence)
    );
    let doubt = WindowDoubt {
        no_speech: 0.9,
        mean_log_probability: -1.2,
    };
    let found = verdict(
        &segment("thank you", 2, -0.9),
        doubt,
        &GateConfig::default(),
    );
    assert_eq!(found, Some(DropReason::NoSpeech));
}

#[test]
fn ratio_is_that_of_zlib() {
    // Python: t = b"again " * 20; len(t) / len(zlib.compress(t))
    let ratio = compression_ratio("again ".repeat(20).as_bytes());
    assert!((ratio - 120.0 / 17.0).abs() < 0.5, "{ratio}");
}

proptest! {
    #[test]
    fn parts_are_ordered_and_whole_characters(text in "[a-z ()*\\[\\]♪é日]{0,40}") {
        let parts = spoken_parts(&text);
        let mut last = 0;
        for part in parts {
            prop_assert!(last <= part.start && part.start < part.end);
            prop_assert!(text.get(part.clone()).is_some());
            last = part.end;
        }
    }
}
