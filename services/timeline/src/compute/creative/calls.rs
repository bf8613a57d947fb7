//! Calls to action, spoken and written. The lists of phrases are English.

use super::{finding::Finding, terms};
use crate::compute::{
    events::Events,
    measure::Measured,
    phrases::{self, OVERLAY_CALLS, SPOKEN_CALLS},
    published::PublishedText,
    spans,
};
use contracts::{MediaTime, TimeSpan};
use serde::Serialize;

/// A phrase that asks listeners to do something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpokenCall {
    /// The phrase, as it is listed.
    pub phrase: &'static str,
    /// What it asks for.
    pub kind: &'static str,
    /// When its first word begins, in seconds.
    pub start: f64,
    /// When its last word ends, in seconds.
    pub end: f64,
    /// Number of the segment of speech.
    pub segment: String,
}

/// A text that asks viewers to do something.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WrittenCall {
    /// The first phrase in it that asks.
    pub phrase: String,
    /// All of the text.
    pub text: String,
    /// When it appears, in seconds.
    pub start: f64,
    /// When it disappears, in seconds.
    pub end: f64,
    /// Track of the text.
    pub track: String,
}

/// Every phrase that asks listeners to do something, by time.
///
/// # Errors
/// The reason, if nothing was listened to or the language is not English.
pub fn spoken(events: &Events) -> Measured<Vec<SpokenCall>> {
    let speech = events.speech.events()?;
    phrases::readable(speech.language.as_deref())?;
    let mut calls = Vec::new();
    for (position, utterance) in speech.utterances.iter().enumerate() {
        let timed = terms::timed_words(utterance);
        let row: Vec<&str> = timed.iter().map(|(word, _)| word.as_str()).collect();
        for found in phrases::find(&row, SPOKEN_CALLS) {
            let last = timed.get(found.first + found.length - 1);
            let (Some((_, begin)), Some((_, last))) = (timed.get(found.first), last) else {
                continue;
            };
            calls.push(SpokenCall {
                phrase: found.phrase.text,
                kind: found.phrase.kind,
                start: begin.start.seconds(),
                end: last.end.seconds().max(begin.start.seconds()),
                segment: events.published.segment(position),
            });
        }
    }
    calls.sort_by(|a, b| {
        a.start
            .total_cmp(&b.start)
            .then_with(|| a.phrase.cmp(b.phrase))
    });
    Ok(calls)
}

/// The first phrase of a text that asks: of the listed ones, else of those it was found to hold
/// when it was read.
fn phrase_of(text: &PublishedText) -> Option<String> {
    let listed = phrases::find_in(&text.content, OVERLAY_CALLS);
    let listed = listed.first().map(|found| found.phrase.text.to_owned());
    listed.or_else(|| text.cta_keywords.first().cloned())
}

/// Every appearance of a text laid over the picture that asks viewers to do something, by time.
///
/// # Errors
/// The reason, if texts were not read.
pub fn written(events: &Events) -> Measured<Vec<WrittenCall>> {
    let texts = events.published.texts.as_ref().map_err(Clone::clone)?;
    let mut calls = Vec::new();
    for text in texts.iter().filter(|text| text.is_super()) {
        let Some(phrase) = phrase_of(text) else {
            continue;
        };
        calls.extend(text.intervals.iter().map(|span| WrittenCall {
            phrase: phrase.clone(),
            text: text.content.clone(),
            start: span.start.seconds(),
            end: span.end.seconds(),
            track: text.id.clone(),
        }));
    }
    calls.sort_by(|a, b| a.start.total_cmp(&b.start));
    Ok(calls)
}

/// That texts without a listed phrase ask for nothing: not so where people speak another language
/// than English.
///
/// # Errors
/// The language.
pub fn written_in_english(events: &Events) -> Measured<()> {
    let language = events.speech.events().ok();
    phrases::readable(language.and_then(|speech| speech.language.as_deref()))
}

pub(super) fn spoken_findings(calls: &[SpokenCall]) -> Vec<Finding> {
    let finding = |call: &SpokenCall| Finding {
        modality: "speech",
        id: call.segment.clone(),
        start: call.start,
        end: call.end,
    };
    calls.iter().map(finding).collect()
}

pub(super) fn written_findings(calls: &[WrittenCall]) -> Vec<Finding> {
    let finding = |call: &WrittenCall| Finding {
        modality: "text",
        id: call.track.clone(),
        start: call.start,
        end: call.end,
    };
    calls.iter().map(finding).collect()
}

/// A word, when it is said and in which utterance.
pub(super) struct Said {
    /// The word, folded.
    pub word: String,
    /// While it is said.
    pub span: TimeSpan,
    /// Position of the utterance.
    pub position: usize,
}

/// Everything said, in a form in which what overlaps a window is found quickly.
#[derive(Default)]
pub(super) struct AllSaid {
    /// By rising beginning.
    words: Vec<Said>,
    /// Latest end of each word and those before it.
    ends: Vec<MediaTime>,
}

impl AllSaid {
    /// All words of a video.
    ///
    /// # Errors
    /// The reason, if nothing was listened to.
    pub fn of(events: &Events) -> Measured<Self> {
        let speech = events.speech.events()?;
        let mut words = Vec::new();
        for (position, utterance) in speech.utterances.iter().enumerate() {
            let timed = terms::timed_words(utterance).into_iter();
            words.extend(timed.map(|(word, span)| Said {
                word,
                span,
                position,
            }));
        }
        // Stable: words that begin together stay in their order.
        words.sort_by_key(|one| one.span.start);
        let ends = words.iter().scan(MediaTime::ZERO, |latest, one| {
            *latest = one.span.end.max(*latest);
            Some(*latest)
        });
        Ok(Self {
            ends: ends.collect(),
            words,
        })
    }

    /// The words that overlap a window.
    pub fn during(&self, window: TimeSpan) -> impl Iterator<Item = &Said> {
        let first = self.ends.partition_point(|end| *end < window.start);
        let end = self
            .words
            .partition_point(|one| one.span.start < window.end);
        let near = self.words.get(first..end).unwrap_or_default();
        near.iter()
            .filter(move |one| spans::overlap(one.span, window))
    }
}
