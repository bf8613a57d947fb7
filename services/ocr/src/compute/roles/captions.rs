//! Which texts follow what is said.

use super::Facts;
use crate::compute::words::{shared_words, words};
use crate::config::RoleConfig;
use contracts::{MediaTime, TimeSpan, speech::SpeechSegment};
use std::time::Duration;

/// How far captions may run ahead of speech or lag behind it.
const LAG: Duration = Duration::from_secs(1);
/// Words from which a single text is enough to be a caption.
const WORDS_ALONE: usize = 4;
/// How far apart the middles of captions lie at most, in heights of a line.
const BAND_HEIGHTS: f64 = 3.0;
/// Longest time one caption of a sequence is shown.
const LONGEST: Duration = Duration::from_secs(4);
/// Longest pause within a sequence of captions.
const PAUSE: Duration = Duration::from_millis(700);
/// Texts that make a sequence.
const SEQUENCE: usize = 4;

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// From its first to its last word.
    pub span: TimeSpan,
    /// The words, folded.
    pub words: Vec<String>,
}

impl Speech {
    /// The words of a segment of a transcript, each with its own times; the whole segment at once
    /// if it has no words.
    #[must_use]
    pub fn of_segment(segment: &SpeechSegment) -> Vec<Self> {
        let said = |start: f64, end: f64, text: &str| Self {
            span: TimeSpan::new(MediaTime::from_seconds(start), MediaTime::from_seconds(end)),
            words: words(text),
        };
        if segment.words.is_empty() {
            return vec![said(segment.start, segment.end, &segment.text)];
        }
        let each = segment.words.iter();
        each.map(|one| said(one.start, one.end, &one.word))
            .collect()
    }
}

/// How a text follows the speech.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Following {
    /// Share of its words that are said while it is visible.
    pub spoken_share: f64,
    /// Number of texts at its place that follow the speech, itself included.
    pub in_band: usize,
}

/// For every text, how it follows the speech; `None` where it does not.
pub(super) fn following(
    texts: &[Facts],
    speech: &[Speech],
    config: &RoleConfig,
) -> Vec<Option<Following>> {
    let shares: Vec<f64> = texts
        .iter()
        .map(|text| spoken_share(text, speech))
        .collect();
    let follows = |at: usize| {
        shares
            .get(at)
            .is_some_and(|share| *share >= config.spoken_share)
    };
    let each = texts.iter().enumerate().map(|(at, text)| {
        if !follows(at) {
            return None;
        }
        let others = texts.iter().enumerate();
        let in_band = others
            .filter(|(other, one)| follows(*other) && same_band(text, one))
            .count();
        let enough = in_band > 1 || text.words.len() >= WORDS_ALONE;
        enough.then(|| Following {
            spoken_share: shares.get(at).copied().unwrap_or_default(),
            in_band,
        })
    });
    each.collect()
}

fn spoken_share(text: &Facts, speech: &[Speech]) -> f64 {
    let near = |said: &&Speech| {
        text.intervals.iter().any(|shown| {
            let reach = |a: TimeSpan, b: TimeSpan| b.start.since(a.end) <= LAG;
            reach(*shown, said.span) && reach(said.span, *shown)
        })
    };
    let heard: Vec<String> = speech
        .iter()
        .filter(near)
        .flat_map(|said| said.words.iter().cloned())
        .collect();
    shared_words(&text.words, &heard)
}

/// Whether two texts stand in one row of the picture, however far apart in time.
fn same_band(a: &Facts, b: &Facts) -> bool {
    let apart = (a.bbox.centre().y - b.bbox.centre().y).abs();
    apart <= BAND_HEIGHTS * a.height_share.max(b.height_share)
}

/// For every text, the length of the longest sequence of short texts, one after another in one
/// row, that it belongs to; `None` where that is none.
pub(super) fn sequences(texts: &[Facts]) -> Vec<Option<usize>> {
    let mut short: Vec<usize> = (0..texts.len())
        .filter(|at| {
            texts
                .get(*at)
                .is_some_and(|text| match text.intervals.as_slice() {
                    [once] => once.duration() <= LONGEST,
                    _ => false,
                })
        })
        .collect();
    let start = |at: &usize| {
        let text = texts.get(*at);
        text.and_then(|text| text.intervals.first())
            .map(|once| once.start)
    };
    short.sort_by_key(start);
    let follows = |a: &usize, b: &usize| match (texts.get(*a), texts.get(*b)) {
        (Some(a), Some(b)) => {
            let (Some(before), Some(after)) = (a.intervals.first(), b.intervals.first()) else {
                return false;
            };
            let gap = after.start.since(before.end);
            let together = before.end.since(after.start);
            gap <= PAUSE && together <= PAUSE && same_band(a, b)
        }
        _ => false,
    };
    let mut lengths = vec![None; texts.len()];
    for run in short.chunk_by(follows) {
        if run.len() < SEQUENCE {
            continue;
        }
        for at in run {
            if let Some(length) = lengths.get_mut(*at) {
                *length = Some(run.len());
            }
        }
    }
    lengths
}
