//! Texts and stickers.

use super::{end_begins, gestures, speech};
use crate::facts::{Facts, Item, share_a_second};
use timeline::compute::phrases;

pub(in crate::explanations) fn texts(facts: &Facts) -> bool {
    !facts.texts.is_empty()
}

pub(in crate::explanations) fn stickers(facts: &Facts) -> bool {
    !facts.stickers.is_empty()
}

pub(in crate::explanations) fn overlays(facts: &Facts) -> bool {
    texts(facts) || stickers(facts)
}

pub(in crate::explanations) fn overlays_share_a_second(facts: &Facts) -> bool {
    share_a_second(&facts.texts) || share_a_second(&facts.stickers)
}

pub(in crate::explanations) fn overlays_outside(facts: &Facts) -> bool {
    facts.outside(&facts.texts) || facts.outside(&facts.stickers)
}

pub(in crate::explanations) fn texts_outside(facts: &Facts) -> bool {
    facts.outside(&facts.texts)
}

pub(in crate::explanations) fn texts_overlooked(facts: &Facts) -> bool {
    facts.overlooked("ocr")
}

pub(in crate::explanations) fn no_texts(facts: &Facts) -> bool {
    facts.texts.is_empty()
}

/// Too few to tell a rhythm.
pub(in crate::explanations) fn few_overlays(facts: &Facts) -> bool {
    facts.texts.len() + facts.stickers.len() < 3
}

pub(in crate::explanations) fn stickers_not_looked_for(facts: &Facts) -> bool {
    !facts.stickers_listed
}

pub(in crate::explanations) fn overlays_between_seconds(facts: &Facts) -> bool {
    let all = facts.texts.iter().chain(&facts.stickers);
    all.filter_map(|one| one.time)
        .any(|time| time.fract() > 0.0)
}

pub(in crate::explanations) fn many_texts(facts: &Facts) -> bool {
    facts.texts.len() > 3
}

/// Texts, and speech or gestures beside them.
pub(in crate::explanations) fn texts_in_company(facts: &Facts) -> bool {
    texts(facts) && (speech(facts) || gestures(facts))
}

fn written(facts: &Facts) -> impl Iterator<Item = String> + '_ {
    let text = |one: &Item| one.value["text"].as_str().map(str::to_lowercase);
    facts.texts.iter().filter_map(text)
}

/// A text that holds a keyword, be it within another word.
pub(in crate::explanations) fn texts_ask(facts: &Facts) -> bool {
    let keywords = phrases::OVERLAY_CALLS.iter().map(|call| call.text);
    let keywords: Vec<&str> = keywords.collect();
    written(facts).any(|text| keywords.iter().any(|keyword| text.contains(keyword)))
}

/// The windows of the original are not ten equal ones.
pub(in crate::explanations) fn windows_differ(facts: &Facts) -> bool {
    let seconds = facts.whole_seconds() + 1;
    let length = seconds / 10;
    let starts = (0..seconds).step_by(length.max(1));
    let theirs = starts.map(|start| (start, (start + length).min(seconds)));
    let equal = |index: usize| {
        let edge = |index: usize| facts.duration * index as f64 / 10.0;
        (
            edge(index).floor() as usize,
            edge(index + 1).ceil() as usize,
        )
    };
    !theirs.eq((0..10).map(equal))
}

pub(in crate::explanations) fn stickers_only(facts: &Facts) -> bool {
    stickers(facts) && no_texts(facts)
}

pub(in crate::explanations) fn texts_or_speech(facts: &Facts) -> bool {
    texts(facts) || speech(facts)
}

pub(in crate::explanations) fn no_overlays(facts: &Facts) -> bool {
    !overlays(facts)
}

pub(in crate::explanations) fn more_than_ten_texts(facts: &Facts) -> bool {
    facts.texts.len() > 10
}

pub(in crate::explanations) fn texts_at_one_instant(facts: &Facts) -> bool {
    let mut times: Vec<f64> = facts.texts.iter().filter_map(|one| one.time).collect();
    times.sort_by(f64::total_cmp);
    times.windows(2).any(|two| two[0] == two[1])
}

/// A text that begins before the end of the video does, and has an invented length that reaches
/// into it.
pub(in crate::explanations) fn text_reaches_the_end(facts: &Facts) -> bool {
    let begins = end_begins(facts);
    facts.texts.iter().any(|one| {
        let letters = one.value["text"]
            .as_str()
            .unwrap_or_default()
            .chars()
            .count();
        let length = (0.1 * letters as f64).max(1.0);
        one.time
            .is_some_and(|time| time < begins && time + length >= begins)
    })
}

/// The second at the end of the video was not looked at.
pub(in crate::explanations) fn end_not_looked_at_for_texts(facts: &Facts) -> bool {
    facts
        .last_look("ocr")
        .is_none_or(|last| last.floor() + 1.0 < facts.duration)
}

pub(in crate::explanations) fn never_looked_at_for_texts(facts: &Facts) -> bool {
    facts.last_look("ocr").is_none()
}

fn said_and_written(facts: &Facts) -> Vec<String> {
    let said = facts.segments.iter().map(|one| one.text.to_lowercase());
    written(facts).chain(said).collect()
}

/// How many listed calls a text holds, within words as well, and as whole words.
fn calls(text: &str) -> (usize, usize) {
    let within = |call: &&phrases::Phrase| text.contains(call.text);
    let parts = phrases::MARKER_CALLS.iter().filter(within).count();
    (parts, phrases::find_in(text, phrases::MARKER_CALLS).len())
}

pub(in crate::explanations) fn call_within_a_word(facts: &Facts) -> bool {
    said_and_written(facts)
        .iter()
        .map(|text| calls(text))
        .any(|(parts, whole)| parts != whole)
}

pub(in crate::explanations) fn two_calls_in_one(facts: &Facts) -> bool {
    said_and_written(facts).iter().any(|text| calls(text).0 > 1)
}

pub(in crate::explanations) fn polygon(facts: &Facts) -> bool {
    facts
        .texts
        .iter()
        .any(|one| one.value["bbox"][0].is_array())
}
