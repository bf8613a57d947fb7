//! Whether texts are visible long enough to be read.
//!
//! Texts that follow what is said are not judged, since they are heard as well; nor are texts with
//! Chinese, Japanese or Korean characters, since the reading speed is one of letters. Every text
//! is judged as if it were the only one.

use super::{first_seen, telling};
use crate::compute::{clock::second_of, events::Overlay, scripts::is_east_asian, spans};
use contracts::text::TextRole;
use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

/// Characters read in a second: 180 words a minute of five letters each, the rate that Ofcom and
/// the BBC advise subtitles not to exceed.
const CHARACTERS_PER_SECOND: f64 = 15.0;
/// Even a short text has to be found first.
const LEAST_SECONDS: f64 = 1.0;

/// A text that is visible for a shorter time than it takes to read it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadabilityIssue {
    /// The second in which it appears first, as `"7s"`.
    pub timestamp: String,
    /// When it appears first, in seconds.
    pub start: f64,
    /// What it says.
    pub text_content: String,
    /// Its longest appearance, in seconds.
    pub visible_seconds: f64,
    /// What reading it takes, in seconds.
    pub needed_seconds: f64,
}

/// Seconds it takes to read a text: its characters (grapheme clusters) / 15, at least 1.
#[must_use]
pub fn needed_seconds(text: &str) -> f64 {
    let characters = text.trim().graphemes(true).count();
    (characters as f64 / CHARACTERS_PER_SECOND).max(LEAST_SECONDS)
}

/// Longest appearance of an overlay, in seconds.
#[must_use]
pub fn longest_seconds(overlay: &Overlay) -> f64 {
    let visible = spans::union(overlay.intervals.iter().copied());
    visible.into_iter().map(spans::length).fold(0.0, f64::max)
}

/// The texts that are judged, by first appearance.
#[must_use]
pub fn judged(texts: &[Overlay]) -> Vec<&Overlay> {
    let is_judged =
        |one: &&Overlay| one.role != Some(TextRole::Caption) && !is_east_asian(&one.content);
    telling(texts).into_iter().filter(is_judged).collect()
}

/// The texts no appearance of which is long enough, by first appearance.
#[must_use]
pub fn issues(texts: &[Overlay]) -> Vec<ReadabilityIssue> {
    let issue = |text: &Overlay| {
        let start = first_seen(text);
        ReadabilityIssue {
            timestamp: format!("{}s", second_of(start)),
            start: start.seconds(),
            text_content: text.content.clone(),
            visible_seconds: longest_seconds(text),
            needed_seconds: needed_seconds(&text.content),
        }
    };
    let all = judged(texts).into_iter().map(issue);
    all.filter(|one| one.visible_seconds < one.needed_seconds)
        .collect()
}

/// Share (0–1) of the judged texts that can be read; `None` if none is judged.
#[must_use]
pub fn flow(texts: &[Overlay]) -> Option<f64> {
    let judged = judged(texts).len();
    let readable = judged - issues(texts).len();
    (judged > 0).then(|| readable as f64 / judged as f64)
}
