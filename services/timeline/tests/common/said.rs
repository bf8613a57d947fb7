//! Speech whose words and times are known by hand.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests")]

use super::built::{at, span};
use contracts::TimeSpan;
use timeline::compute::{
    clock::Clock,
    coverage::SampledSeconds,
    events::{Speech, Utterance, Word},
    speech::Spoken,
};

/// Words of half a second each, one after the other.
pub fn said(start: f64, text: &str) -> Utterance {
    let words: Vec<Word> = text
        .split_whitespace()
        .zip(0_u32..)
        .map(|(word, index)| {
            let begins = start + 0.5 * f64::from(index);
            Word {
                span: span(begins, begins + 0.5),
                text: word.into(),
                confidence: 0.9,
            }
        })
        .collect();
    Utterance {
        span: TimeSpan::new(at(start), words.last().map_or(at(start), |w| w.span.end)),
        text: text.into(),
        confidence: 0.8,
        words,
    }
}

/// What is said in a video that was listened to from end to end.
pub fn spoken(seconds: f64, utterances: Vec<Utterance>) -> Spoken {
    let clock = Clock::new(at(seconds));
    let speech = Speech {
        utterances,
        ..Speech::default()
    };
    Spoken::of(&speech, clock, &SampledSeconds::all(clock)).unwrap()
}
