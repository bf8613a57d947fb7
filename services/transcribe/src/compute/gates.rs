//! What is recognised and yet not said.

use super::segments::Segment;
use crate::config::GateConfig;
use contracts::speech::DropReason;
use flate2::{Compression, write::ZlibEncoder};
use std::{io::Write, ops::Range};

/// Shortest text whose compression says something, in bytes: below it the header of the format
/// outweighs the text.
const MIN_COMPRESSED_BYTES: usize = 64;
/// Longest phrase whose repetition is looked for, in words.
const MAX_PHRASE_WORDS: usize = 8;
/// Shortest time a rate is computed over, in seconds: times are not exacter than this.
const MIN_RATE_SECONDS: f64 = 0.5;

/// What the recogniser says about the window a segment comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowDoubt {
    /// Probability that nothing is said, 0–1.
    pub no_speech: f64,
    /// Mean logarithm of the probability of its tokens.
    pub mean_log_probability: f64,
}

/// Why a segment is not part of the transcript; `None` if it is.
#[must_use]
pub fn verdict(segment: &Segment, window: WindowDoubt, config: &GateConfig) -> Option<DropReason> {
    let text = segment.text();
    let mean = segment.mean_log_probability();
    if is_annotation(&text) {
        Some(DropReason::Annotation)
    } else if window.no_speech > config.max_no_speech_prob
        && window.mean_log_probability < config.min_avg_logprob
    {
        Some(DropReason::NoSpeech)
    } else if repeats(&text, config) {
        Some(DropReason::Repetition)
    } else if letters_per_second(segment, &text) > config.max_letters_per_second {
        Some(DropReason::ImpossibleRate)
    } else if mean < config.min_avg_logprob {
        Some(DropReason::LowConfidence)
    } else {
        None
    }
}

/// Whether a text describes sound instead of being speech: all of it in brackets, between
/// asterisks or music signs, or nothing but marks.
#[must_use]
pub fn is_annotation(text: &str) -> bool {
    let mut spoken = spoken_parts(text).into_iter();
    !spoken.any(|part| has_letters(text.get(part).unwrap_or_default()))
}

/// Whether there is anything to say in a text.
#[must_use]
pub fn has_letters(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// The parts of a text, in bytes, that do not stand in brackets, between asterisks or between
/// music signs.
#[must_use]
pub fn spoken_parts(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut inside: Option<char> = None;
    for (at, character) in text.char_indices() {
        let after = at + character.len_utf8();
        match inside {
            Some(closing) if character == closing => (inside, from) = (None, after),
            Some(_) => {}
            None => {
                let rest = text.get(after..).unwrap_or_default();
                inside = closing_mark(character).filter(|closing| rest.contains(*closing));
                if inside.is_some() {
                    parts.push(from..at);
                }
            }
        }
    }
    parts.push(from..text.len());
    parts.retain(|part| !part.is_empty());
    parts
}

const fn closing_mark(opening: char) -> Option<char> {
    match opening {
        '(' => Some(')'),
        '[' => Some(']'),
        '{' => Some('}'),
        '（' => Some('）'),
        '【' => Some('】'),
        '*' => Some('*'),
        '♪' => Some('♪'),
        '♫' => Some('♫'),
        _ => None,
    }
}

/// Whether a text says the same over and over: it compresses too well, or one phrase follows
/// itself too often.
#[must_use]
pub fn repeats(text: &str, config: &GateConfig) -> bool {
    let ratio = compression_ratio(text.as_bytes());
    text.len() >= MIN_COMPRESSED_BYTES && ratio > config.max_compression_ratio
        || longest_run(text) > config.max_repeats
}

/// Length of a text divided by its length after compression (zlib), as in Whisper.
#[must_use]
pub fn compression_ratio(text: &[u8]) -> f64 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let compressed = encoder.write_all(text).and_then(|()| encoder.finish());
    compressed.map_or(0.0, |compressed| {
        text.len() as f64 / compressed.len().max(1) as f64
    })
}

/// How often a phrase of up to [`MAX_PHRASE_WORDS`] words follows itself at most.
fn longest_run(text: &str) -> usize {
    let words: Vec<String> = text.split_whitespace().map(plain).collect();
    let mut longest = usize::from(!words.is_empty());
    for phrase in 1..=MAX_PHRASE_WORDS {
        // Words in a row that equal the word one phrase before.
        let mut alike = 0;
        for (word, before) in words.iter().skip(phrase).zip(&words) {
            alike = if word == before { alike + 1 } else { 0 };
            longest = longest.max(alike / phrase + 1);
        }
    }
    longest
}

/// Which segments are one of more than `max_repeats` in a row that say the same, as recognisers
/// produce them where they hear nothing.
#[must_use]
pub fn echoes(segments: &[Segment], config: &GateConfig) -> Vec<bool> {
    let texts: Vec<String> = segments
        .iter()
        .map(|segment| plain(&segment.text()))
        .collect();
    texts
        .chunk_by(|a, b| a == b)
        .flat_map(|run| std::iter::repeat_n(run.len() > config.max_repeats, run.len()))
        .collect()
}

/// Small letters and digits.
fn plain(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn letters_per_second(segment: &Segment, text: &str) -> f64 {
    let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
    letters as f64 / segment.seconds().max(MIN_RATE_SECONDS)
}
