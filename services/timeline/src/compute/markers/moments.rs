//! What is seen, written and said in a window.

use super::activity::appearances;
use crate::compute::{
    clock::second_of,
    events::{Objects, Overlay, Sighting, Utterance},
    spans::{length, overlap},
};
use contracts::{MediaTime, TimeSpan, text::TextPosition};
use serde::Serialize;
use std::collections::BTreeMap;

/// A text that is visible in the window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextMoment {
    /// The second in which it appears, as `"3s"`.
    pub timestamp: String,
    /// What it says.
    pub text: String,
    /// How long it is visible, in seconds, in the window and outside it.
    pub duration: f64,
    /// Ninth of the picture it stands in.
    pub position: Option<TextPosition>,
}

/// A gesture that is visible in the window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GestureMoment {
    /// The second in which it begins.
    pub timestamp: String,
    /// What it is, as `thumbs_up`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Detector's confidence, 0–1.
    pub confidence: f64,
}

/// Objects of one class in the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectAppearance {
    /// COCO class.
    pub class: String,
    /// The second in which the first one appears.
    pub first_appearance: String,
    /// How many there are.
    pub count: usize,
}

/// A sentence said in the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpeechSegment {
    /// The second in which it begins.
    pub start: String,
    /// The second in which it ends.
    pub end: String,
    /// What is said.
    pub text: String,
}

/// A second as published: `"3s"`.
#[must_use]
pub fn second(time: MediaTime) -> String {
    format!("{}s", second_of(time))
}

/// The texts visible in the window, by appearance.
#[must_use]
pub fn texts(all: &[Overlay], window: TimeSpan) -> Vec<TextMoment> {
    let mut visible: Vec<(TimeSpan, &Overlay)> = all
        .iter()
        .flat_map(|text| text.intervals.iter().map(move |span| (*span, text)))
        .filter(|(span, _)| overlap(*span, window))
        .collect();
    visible.sort_by_key(|(span, text)| (span.start, span.end, &text.content));
    let moment = |(span, text): (TimeSpan, &Overlay)| TextMoment {
        timestamp: second(span.start),
        text: text.content.clone(),
        duration: length(span),
        position: text.position,
    };
    visible.into_iter().map(moment).collect()
}

/// The gestures visible in the window, by beginning.
#[must_use]
pub fn gestures(all: &[Sighting], window: TimeSpan) -> Vec<GestureMoment> {
    let mut visible: Vec<&Sighting> = all
        .iter()
        .filter(|gesture| overlap(gesture.span, window))
        .collect();
    visible.sort_by_key(|gesture| (gesture.span.start, &gesture.label));
    let moment = |gesture: &Sighting| GestureMoment {
        timestamp: second(gesture.span.start),
        kind: gesture.label.clone(),
        confidence: gesture.confidence,
    };
    visible.into_iter().map(moment).collect()
}

/// The classes of the objects in the window, the most frequent first, by name among equals.
#[must_use]
pub fn objects(all: &Objects, window: TimeSpan) -> Vec<ObjectAppearance> {
    let mut classes: BTreeMap<&str, (MediaTime, usize)> = BTreeMap::new();
    for (class, span) in appearances(all) {
        if overlap(span, window) {
            let (first, count) = classes.entry(class).or_insert((span.start, 0));
            *first = span.start.min(*first);
            *count += 1;
        }
    }
    let mut found: Vec<ObjectAppearance> = classes
        .into_iter()
        .map(|(class, (first, count))| ObjectAppearance {
            class: class.into(),
            first_appearance: second(first),
            count,
        })
        .collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.count));
    found
}

/// The sentences said in the window, by beginning.
#[must_use]
pub fn speech(all: &[Utterance], window: TimeSpan) -> Vec<SpeechSegment> {
    all.iter()
        .filter(|one| overlap(one.span, window))
        .map(|one| SpeechSegment {
            start: second(one.span.start),
            end: second(one.span.end),
            text: one.text.clone(),
        })
        .collect()
}
