//! Joining windows that overlap.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use transcribe::compute::{Stretch, join::seam, segments::Word};

const SECOND: usize = 16_000;

fn word(text: &str, start: usize, end: usize) -> Word {
    Word {
        text: format!(" {text}"),
        place: Stretch { start, end },
        log_probability: -0.1,
        tokens: 1,
        interpolated: false,
    }
}

fn joined(first: &[Word], second: &[Word], start: usize, end: usize) -> Vec<String> {
    let (keep, skip) = seam(first, second, start, end);
    let words = first[..keep].iter().chain(&second[skip..]);
    words.map(|word| word.text.trim().to_owned()).collect()
}

fn spoken(text: &str, from: f64, step: f64) -> Vec<Word> {
    let words = text.split(' ').enumerate();
    words
        .map(|(at, text)| {
            let start = ((from + at as f64 * step) * SECOND as f64) as usize;
            word(text, start, start + (step * 0.9 * SECOND as f64) as usize)
        })
        .collect()
}

#[test]
fn what_both_heard_is_kept_once() {
    let first = spoken("the quick brown fox jumps over the", 26.0, 0.5);
    let second = spoken("brown fox jumps over the lazy dog", 27.1, 0.5);
    let text = joined(&first, &second, 27 * SECOND, 30 * SECOND).join(" ");
    assert_eq!(text, "the quick brown fox jumps over the lazy dog");
}

#[test]
fn a_word_cut_by_the_edge_is_taken_from_the_other_window() {
    let first = spoken("I have a dream to", 27.0, 0.6);
    let second = spoken("ave a dream today my friends", 27.6, 0.6);
    let text = joined(&first, &second, 27 * SECOND + 8_000, 30 * SECOND).join(" ");
    assert_eq!(text, "I have a dream today my friends");
}

#[test]
fn windows_that_heard_nothing_alike_are_joined_in_the_middle() {
    let first = spoken("one two three four", 26.0, 1.0);
    let second = spoken("alpha beta gamma delta", 26.0, 1.0);
    let text = joined(&first, &second, 26 * SECOND, 30 * SECOND).join(" ");
    assert_eq!(text, "one two gamma delta");
}

#[test]
fn a_window_that_heard_nothing_changes_nothing() {
    let words = spoken("one two three", 24.0, 0.5);
    assert_eq!(joined(&words, &[], 26 * SECOND, 30 * SECOND).len(), 3);
    assert_eq!(joined(&[], &words, 20 * SECOND, 23 * SECOND).len(), 3);
}

proptest! {
    /// A speech without repeated words, heard in two windows with times that are a little off and
    /// a word lost at each edge, is the speech again.
    #[test]
    fn a_speech_heard_in_two_windows_is_the_speech(
        lengths in prop::collection::vec(2_000_usize..12_000, 20..120),
        cut in 0.3_f64..0.7,
        overlap in 3.0_f64..8.0,
        jitter in prop::collection::vec(-2_000_i64..2_000, 240),
        lost in any::<[bool; 2]>(),
    ) {
        let mut at = 0;
        let speech: Vec<Word> = lengths
            .iter()
            .enumerate()
            .map(|(number, length)| {
                at += length;
                word(&format!("w{number}"), at - length, at)
            })
            .collect();
        let start = (cut * at as f64) as usize;
        let end = (start + (overlap * SECOND as f64) as usize).min(at);
        let heard = |from: usize, to: usize, jitter: &[i64]| -> Vec<Word> {
            let inside = speech.iter().zip(jitter).filter(|(word, _)| {
                from <= word.place.start && word.place.end <= to
            });
            let mut words: Vec<Word> = inside
                .map(|(word, jitter)| {
                    let moved = |place: usize| usize::try_from(place as i64 + jitter).unwrap_or(0);
                    Word {
                        place: Stretch {
                            start: moved(word.place.start).max(from),
                            end: moved(word.place.end).min(to),
                        },
                        ..word.clone()
                    }
                })
                .collect();
            for at in 1..words.len() {
                let before = words[at - 1].place;
                let place = &mut words[at].place;
                place.start = place.start.max(before.start);
                place.end = place.end.max(before.end);
            }
            words
        };
        let mut first = heard(0, end, &jitter[..120]);
        let mut second = heard(start, at, &jitter[120..]);
        // In the overlap there must be words that both heard.
        let common = speech
            .iter()
            .filter(|word| start <= word.place.start && word.place.end <= end)
            .count();
        prop_assume!(common >= 3);
        if lost[0] {
            first.pop();
        }
        if lost[1] {
            second.remove(0);
        }
        let found = joined(&first, &second, start, end);
        let expected: Vec<String> = (0..speech.len()).map(|number| format!("w{number}")).collect();
        prop_assert_eq!(found, expected);
    }
}
