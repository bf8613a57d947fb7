//! Names that were told to us, found as whole words whatever their case and form.

use super::finding::Finding;
use crate::compute::{
    brackets,
    events::{Events, Utterance},
    measure::Measured,
    phrases,
    published::PublishedText,
    spans,
};
use contracts::TimeSpan;
use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// The words of a text (Unicode Standard Annex #29), in compatibility composition (NFKC) and
/// folded case, with one apostrophe however it was written: `STRASSE` and `straße` are the same.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let composed: String = text.nfkc().collect();
    let folded = CaseMapper::new().fold_string(&composed);
    // Folding may take composed letters apart.
    let folded: String = folded.nfkc().collect();
    let folded = folded.replace('\u{2019}', "'");
    folded.unicode_words().map(str::to_owned).collect()
}

/// Positions in a row of words at which one of the terms begins, and how many words it has; of
/// terms that begin together the longest.
#[must_use]
pub fn places<W: AsRef<str>>(row: &[W], terms: &[Vec<String>]) -> Vec<(usize, usize)> {
    let stands = |first: usize, term: &Vec<String>| {
        !term.is_empty() && phrases::begins_with(&row[first..], term.iter())
    };
    (0..row.len())
        .filter_map(|first| {
            let standing = terms.iter().filter(|term| stands(first, term));
            Some((first, standing.map(Vec::len).max()?))
        })
        .collect()
}

/// The words of every entry of a list.
#[must_use]
pub fn terms(entries: &[String]) -> Vec<Vec<String>> {
    entries.iter().map(|entry| words(entry)).collect()
}

/// Whether a text holds one of the terms.
#[must_use]
pub fn holds(text: &str, terms: &[Vec<String>]) -> bool {
    !places(&words(text), terms).is_empty()
}

/// Words of an utterance with the time they are said at, in the form of [`words`].
#[must_use]
pub fn timed_words(utterance: &Utterance) -> Vec<(String, TimeSpan)> {
    brackets::timed_words(utterance, words)
}

/// Where one of the terms is said, by time; those that begin in `window`.
///
/// # Errors
/// The reason, if nothing was listened to.
pub(super) fn spoken(
    events: &Events,
    terms: &[Vec<String>],
    window: TimeSpan,
) -> Measured<Vec<Finding>> {
    let speech = events.speech.events()?;
    let mut findings = Vec::new();
    for (position, utterance) in speech.utterances.iter().enumerate() {
        let timed = timed_words(utterance);
        let row: Vec<&str> = timed.iter().map(|(word, _)| word.as_str()).collect();
        for (first, count) in places(&row, terms) {
            let (Some(begin), Some(last)) = (timed.get(first), timed.get(first + count - 1)) else {
                continue;
            };
            if window.contains(begin.1.start) {
                let span = TimeSpan::new(begin.1.start, last.1.end.max(begin.1.start));
                let id = events.published.segment(position);
                findings.push(Finding::of("speech", id, span));
            }
        }
    }
    Ok(findings)
}

/// Appearances of texts of which `wanted` is true that are visible in `window`.
///
/// # Errors
/// The reason, if texts were not read.
pub(super) fn written(
    events: &Events,
    wanted: impl Fn(&PublishedText) -> bool,
    window: TimeSpan,
) -> Measured<Vec<Finding>> {
    let texts = events.published.texts.as_ref().map_err(Clone::clone)?;
    let appearances = texts.iter().filter(|text| wanted(text)).flat_map(|text| {
        let visible = text.intervals.iter();
        let visible = visible.filter(|span| spans::overlap(**span, window));
        visible.map(|span| Finding::of("text", text.id.clone(), *span))
    });
    Ok(appearances.collect())
}
