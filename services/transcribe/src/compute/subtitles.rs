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
        for words in divide(&set(segment)) {
            if let [first, .., last] | [first @ last] = words {
                let text: String = words.iter().map(SetWord::text).collect();
                add(first.word.start, last.word.end, &text);
            }
        }
    }
    cues
}

/// A word as it stands in the text of its segment.
#[derive(Clone, Copy)]
struct SetWord<'a> {
    word: &'a SpokenWord,
    /// What stands before it: a space, or nothing in languages written without.
    space: &'static str,
}

impl SetWord<'_> {
    fn text(&self) -> String {
        format!("{}{}", self.space, self.word.word)
    }
    fn characters(&self) -> usize {
        self.space.len() + self.word.word.chars().count()
    }
}

/// The words of a segment as they stand in its text; apart if they do not.
fn set(segment: &SpeechSegment) -> Vec<SetWord<'_>> {
    let mut rest = segment.text.as_str();
    let words = segment.words.iter();
    words
        .map(|word| {
            let next = rest.trim_start();
            let after = next.strip_prefix(word.word.as_str());
            let joins = after.is_some() && next.len() == rest.len();
            rest = after.unwrap_or(rest);
            SetWord {
                word,
                space: if joins { "" } else { " " },
            }
        })
        .collect()
}

fn fits(start: f64, end: f64, text: &str) -> bool {
    end - start <= MAX_SECONDS && text.chars().count() <= MAX_CHARACTERS
}

/// Cuts words into groups that fit: after a mark where there is one in the second half of what
/// fits, else where it is full.
fn divide<'a, 'b>(mut words: &'b [SetWord<'a>]) -> Vec<&'b [SetWord<'a>]> {
    let mut groups = Vec::new();
    while !words.is_empty() {
        let full = fitting(words);
        let marked = |at: &usize| {
            let last = words.get(at - 1);
            last.is_some_and(|last| last.word.word.ends_with(BREAKING_MARKS))
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
fn fitting(words: &[SetWord<'_>]) -> usize {
    let start = words.first().map_or(0.0, |first| first.word.start);
    // The space before the first one is not shown.
    let mut characters = 0;
    let most = MAX_CHARACTERS + words.first().map_or(0, |first| first.space.len());
    let count = words.iter().take_while(|word| {
        characters += word.characters();
        characters <= most && word.word.end - start <= MAX_SECONDS
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
