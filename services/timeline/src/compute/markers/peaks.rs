//! `peak_moments`, `activity_curve` and `engagement_curve`: where much happens.

use super::{
    Evidence, NOT_LOOKED_AT, NULL_MARKS,
    activity::{Kind, Marks},
};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, second_of, seconds_of},
        measure::{Reason, given, given_some},
        numbers,
        spans::overlap,
    },
    metrics::{Range, define_metrics},
};
use contracts::TimeSpan;
use serde::Serialize;

/// A peak lies above the mean activity times this.
const ABOVE_MEAN: f64 = 1.5;
const WINDOW_SECONDS: usize = 5;
/// Weighted marks of a window that count as full activity.
const FULL_ACTIVITY: f64 = 10.0;

const NOTHING_FOR_WINDOWS: Reason =
    Reason::of("none of texts, shots, speech and objects was measured");
const NULL_WINDOWS: &str =
    "none of texts, shots, speech and objects was measured, or the video has no duration";

/// A second in which more begins than around it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Peak {
    /// Beginning of the second.
    pub timestamp: f64,
    /// Its activity.
    pub intensity: f64,
    /// What begins in it.
    pub events: Vec<String>,
}

/// Activity of one window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowActivity {
    /// Beginning of the window, in seconds.
    pub start: f64,
    /// Its end.
    pub end: f64,
    /// 0–1; `None` if the window is not known.
    pub activity: Option<f64>,
}

/// The seconds whose activity lies above 1.5 times the mean of the known seconds and above that of
/// the second before and after, as far as there is one and it is known. Of equal seconds in a row
/// the first stands for all.
#[must_use]
pub fn peak_seconds(activity: &[Option<f64>]) -> Vec<(usize, f64)> {
    let known: Vec<f64> = activity.iter().flatten().copied().collect();
    let Some(mean) = numbers::mean(&known) else {
        return Vec::new();
    };
    let is_lower = |value: Option<&Option<f64>>, peak: f64| {
        value.copied().flatten().is_none_or(|value| value < peak)
    };
    let mut peaks = Vec::new();
    let mut start = 0_usize;
    for run in activity.chunk_by(|a, b| a == b) {
        let before = start.checked_sub(1).and_then(|before| activity.get(before));
        let after = activity.get(start + run.len());
        match run.first().copied().flatten() {
            Some(value)
                if value > ABOVE_MEAN * mean
                    && is_lower(before, value)
                    && is_lower(after, value) =>
            {
                peaks.push((start, value));
            }
            _ => {}
        }
        start += run.len();
    }
    peaks
}

/// The peaks, the highest first, by time among equals.
#[must_use]
pub fn peaks(marks: &Marks) -> Vec<Peak> {
    let mut seconds = peak_seconds(&marks.activity());
    seconds.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let peak = |(second, intensity): (usize, f64)| Peak {
        timestamp: second as f64,
        intensity,
        events: marks
            .beginning_in(second)
            .map(super::activity::Mark::describe)
            .collect(),
    };
    seconds.into_iter().map(peak).collect()
}

/// Activity of exact windows of five seconds: 2 for every text, 1.5 for every boundary, 1 for
/// every sentence, 0.5 for every object in the window, divided by 10, at most 1. Something that
/// lasts counts in every window it is present in.
#[must_use]
pub fn curve(marks: &Marks, clock: Clock) -> Vec<WindowActivity> {
    let score = |window: TimeSpan| -> f64 {
        let present = marks.all.iter().filter(|mark| overlap(mark.span(), window));
        let weights = present.map(|mark| mark.kind).map(Kind::window_weight);
        // From zero on: the sum of nothing is negative zero.
        weights.fold(0.0, |sum, weight| sum + weight)
    };
    let is_known = |window: TimeSpan| {
        let mut seconds = second_of(window.start)..seconds_of(window).end;
        seconds.all(|second| marks.known_for_windows.get(second) == Some(&true))
    };
    let of = |window: TimeSpan| WindowActivity {
        start: window.start.seconds(),
        end: window.end.seconds(),
        activity: is_known(window).then(|| (score(window) / FULL_ACTIVITY).min(1.0)),
    };
    clock.windows(WINDOW_SECONDS).into_iter().map(of).collect()
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    // These stand beside the blocks, as published.
    let mut block = Block::new("");
    block.put("peak_moments", given(&evidence.marks, peaks));
    let curve = given_some(&evidence.marks, |marks| {
        let counts = |kind: &Kind| kind.window_weight() > 0.0;
        if marks.counted.iter().any(counts) {
            Ok(curve(marks, evidence.events.clock))
        } else {
            Err(NOTHING_FOR_WINDOWS)
        }
    });
    let values = |all: &Vec<WindowActivity>| -> Vec<Option<f64>> {
        all.iter().map(|one| one.activity).collect()
    };
    block.put("engagement_curve", given(&curve, values));
    if curve.as_ref().is_ok_and(|all| values(all).contains(&None)) {
        block.explain("engagement_curve[]", NOT_LOOKED_AT);
        block.explain("activity_curve[].activity", NOT_LOOKED_AT);
    }
    block.put("activity_curve", curve);
    block
}

define_metrics!(
    "temporal_markers",
    [
        (
            "peak_moments[].timestamp",
            "beginning of a second whose activity exceeds 1.5 × the mean and the seconds before and after; of equal seconds in a row the first; the highest first, by time among equals",
            "all kinds of marks",
            "s",
            Range::WITHIN_VIDEO,
            NULL_MARKS
        ),
        (
            "peak_moments[].intensity",
            "activity of the second: what begins in it, a text counting 3, a boundary 2, a sentence 1.5, an object, gesture, sticker or expression 1",
            "all kinds of marks",
            "1",
            Range::Above(0.0),
            NULL_MARKS
        ),
        (
            "peak_moments[].events",
            "what begins in the second: its kind, with the text or the class of an object",
            "all kinds of marks",
            "names",
            Range::ListOf(&Range::Text("names")),
            NULL_MARKS
        ),
        (
            "engagement_curve",
            "the values of activity_curve; nothing that viewers do goes into it",
            "text, shots, speech, objects",
            "1",
            Range::ListWithGaps(&Range::Share),
            NULL_WINDOWS
        ),
        (
            "activity_curve[].start",
            "beginning of a window of 5 s",
            "probe",
            "s",
            Range::AtLeast(0.0),
            NULL_WINDOWS
        ),
        (
            "activity_curve[].end",
            "end of the window; the last one ends with the video",
            "probe",
            "s",
            Range::Above(0.0),
            NULL_WINDOWS
        ),
        (
            "activity_curve[].activity",
            "min(1, Σ / 10) over what is present in the window, a text counting 2, a boundary 1.5, a sentence 1, an object 0.5",
            "text, shots, speech, objects",
            "1",
            Range::Share,
            "as the list; one of these kinds was not looked for in the whole window"
        ),
    ]
);
