//! Speech and sound.

use super::{end_begins, no_speech};
use crate::facts::Facts;
use timeline::compute::phrases;

pub(in crate::explanations) fn speech(facts: &Facts) -> bool {
    !facts.segments.is_empty()
}

pub(in crate::explanations) fn nothing_said(facts: &Facts) -> bool {
    no_speech(facts) || facts.segments.is_empty()
}

/// A segment that is not wholly inside the video, or has no length.
pub(in crate::explanations) fn segments_outside(facts: &Facts) -> bool {
    facts.segments.iter().any(|one| match (one.start, one.end) {
        (Some(start), Some(end)) => start < 0.0 || end > facts.duration || end <= start,
        _ => true,
    })
}

pub(in crate::explanations) fn segments_overlap(facts: &Facts) -> bool {
    let mut spans: Vec<(f64, f64)> = facts
        .segments
        .iter()
        .filter_map(|one| Some((one.start?, one.end?)))
        .collect();
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut end = f64::NEG_INFINITY;
    spans.into_iter().any(|(start, stop)| {
        let overlaps = start < end;
        end = end.max(stop);
        overlaps
    })
}

fn tokens(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_lowercase).collect()
}

/// What is said has not as many words between white space as Unicode finds.
pub(in crate::explanations) fn words_divided_differently(facts: &Facts) -> bool {
    let words = facts
        .segments
        .iter()
        .map(|one| phrases::words(&one.text).len());
    words.sum::<usize>() != tokens(&facts.transcript).len() || brackets(facts)
}

/// Its words between white space are not those of Unicode.
pub(in crate::explanations) fn words_written_differently(facts: &Facts) -> bool {
    let words = facts
        .segments
        .iter()
        .flat_map(|one| phrases::words(&one.text));
    words.collect::<Vec<_>>() != tokens(&facts.transcript) || brackets(facts)
}

fn brackets(facts: &Facts) -> bool {
    facts.transcript.contains(['(', '[', '*', '\u{266a}'])
}

/// A segment without a word.
pub(in crate::explanations) fn wordless_segment(facts: &Facts) -> bool {
    facts
        .segments
        .iter()
        .any(|one| phrases::words(&one.text).is_empty())
        || brackets(facts)
}

pub(in crate::explanations) fn window_without_length(facts: &Facts) -> bool {
    facts.windows.iter().any(|window| {
        let ends = window.trim_end_matches('s').split_once('-');
        ends.is_none_or(|(start, end)| start == end)
    })
}

pub(in crate::explanations) fn long_segment(facts: &Facts) -> bool {
    facts
        .segments
        .iter()
        .any(|one| one.text.chars().count() > 50)
}

pub(in crate::explanations) fn segment_across_the_beginning_of_the_end(facts: &Facts) -> bool {
    let begins = end_begins(facts);
    facts.segments.iter().any(|one| {
        let (start, end) = (one.start.unwrap_or(0.0), one.end.unwrap_or(0.0));
        start < begins && end >= begins
    }) || segments_overlap(facts)
}

pub(in crate::explanations) fn more_than_five_segments(facts: &Facts) -> bool {
    facts
        .segments
        .iter()
        .filter(|one| one.start.is_some_and(|start| start <= 5.0))
        .count()
        > 5
}

pub(in crate::explanations) fn segment_time_written_out(facts: &Facts) -> bool {
    facts.segments.iter().any(|one| !one.times_are_numbers)
}
