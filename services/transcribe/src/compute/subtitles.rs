//! Subtitles: SubRip (`.srt`) and WebVTT (W3C, "WebVTT: The Web Video Text Tracks Format").

use contracts::speech::{SpeechSegment, SpokenWord};
use std::fmt::Write;

/// Most characters shown at once: two lines of 42, as broadcasters set them.
const MAX_CHARACTERS: usize = 84;
/// Longest time one text is shown, in seconds.
const MAX_SECONDS: f64 = 7.0;

/// Marks after which a text is best cut.
const BREAKING_MARKS: [char; 8] = ['.', ',', '?', '!', ';', ':', '。', '，'];

/// A text and when it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// First instant, in milliseconds.
    pub start_ms: u64,
    /// First instant after it, in milliseconds; later than the start.
    pub end_ms: u64,
    /// One line without control characters.
    pub text: String,
}

/// Divides segments into texts short enough to be read. None begins before the one before it has
/// ended, and none is empty.
#[must_use]
pub fn cues(segments: &[SpeechSegment]) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut add = |start: f64, end: f64, text: &str| {
        let text = one_line(text);
        if text.is_empty() {
            return;
        }
        let earliest = cues.last().map_or(0, |cue| cue.end_ms);
        let start_ms = milliseconds(start).max(earliest);
        cues.push(Cue {
            start_ms,
            end_ms: milliseconds(end).max(start_ms + 1),
            text,
        });
    };
    for segment in segments {
        if fits(segment.start, segment.end, &segment.text) || segment.words.is_empty() {
            add(segment.start, segment.end, &segment.text);
            continue;
        }
        for words in divide(&segment.words) {
            let text: Vec<&str> = words.iter().map(|word| word.word.as_str()).collect();
            if let [first, .., last] | [first @ last] = words {
                add(first.start, last.end, &text.join(" "));
            }
        }
    }
    cues
}

fn fits(start: f64, end: f64, text: &str) -> bool {
    end - start <= MAX_SECONDS && text.chars().count() <= MAX_CHARACTERS
}

/// Cuts words into groups that fit: after a mark where there is one in the second half of what
/// fits, else where it is full.
fn divide(mut words: &[SpokenWord]) -> Vec<&[SpokenWord]> {
    let mut groups = Vec::new();
    while !words.is_empty() {
        let full = fitting(words);
        let marked = |at: &usize| {
            let word = words.get(at - 1).map(|word| word.word.as_str());
            word.is_some_and(|word| word.ends_with(BREAKING_MARKS))
        };
        let cut = if full == words.len() {
            full
        } else {
            (full.div_ceil(2)..=full).rev().find(marked).unwrap_or(full)
        };
        let (group, rest) = words.split_at(cut);
        groups.push(group);
        words = rest;
    }
    groups
}

/// How many of the first words fit; at least one.
fn fitting(words: &[SpokenWord]) -> usize {
    let start = words.first().map_or(0.0, |first| first.start);
    let mut characters = 0;
    let count = words.iter().take_while(|word| {
        characters += word.word.chars().count() + 1;
        characters <= MAX_CHARACTERS + 1 && word.end - start <= MAX_SECONDS
    });
    count.count().max(1)
}

fn milliseconds(seconds: f64) -> u64 {
    // A float cast saturates; negative and undefined times are the beginning.
    (seconds * 1000.0).round() as u64
}

fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// SubRip. Empty without cues.
#[must_use]
pub fn srt(cues: &[Cue]) -> String {
    let mut file = String::new();
    for (number, cue) in (1..).zip(cues) {
        let (start, end) = (clock(cue.start_ms, ','), clock(cue.end_ms, ','));
        // An arrow within the text would be read as times.
        let text = cue.text.replace("-->", "->");
        // Writing to a text does not fail.
        let _ = write!(file, "{number}\n{start} --> {end}\n{text}\n\n");
    }
    file
}

/// WebVTT.
#[must_use]
pub fn vtt(cues: &[Cue]) -> String {
    let mut file = String::from("WEBVTT\n\n");
    for cue in cues {
        let (start, end) = (clock(cue.start_ms, '.'), clock(cue.end_ms, '.'));
        let text = cue.text.replace('&', "&amp;");
        let text = text.replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(file, "{start} --> {end}\n{text}\n\n");
    }
    file
}

/// `hh:mm:ss` and three digits of the second.
fn clock(milliseconds: u64, point: char) -> String {
    let (seconds, thousandths) = (milliseconds / 1000, milliseconds % 1000);
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}")
}
