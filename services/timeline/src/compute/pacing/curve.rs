//! The pace over the video: its curve, its peaks and valleys, and where its class changes.

use super::{Editing, dynamics::WINDOW_SECONDS, patterns};
use crate::compute::{
    clock::{Clock, span_key},
    events::Boundary,
    numbers,
};
use contracts::TimeSpan;
use serde::Serialize;

/// A shorter rest at the end says nothing about the pace.
const LEAST_WINDOW_SHARE: f64 = 0.5;
const WINDOWS_PER_MINUTE: f64 = 60.0 / WINDOW_SECONDS as f64;

/// The pace in one second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PacePoint {
    /// The second, counted from 0.
    pub second: usize,
    /// Boundaries in it.
    pub cuts_per_second: usize,
    /// Share (0–1) of the most boundaries in one second; `None` without boundaries.
    pub intensity: Option<f64>,
}

/// Windows of ten seconds with one pace that is higher, or lower, than on both sides.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PaceExtreme {
    /// Key of the windows.
    pub timestamp: String,
    /// Cuts per ten seconds.
    pub cuts: f64,
}

/// A window in which the pace is of another class than in the one before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaceTransition {
    /// Key of the window.
    pub timestamp: String,
    /// Class of the window before.
    pub from_pace: &'static str,
    /// Class of the window.
    pub to_pace: &'static str,
}

/// Boundaries in every second, by time.
#[must_use]
pub fn curve(clock: Clock, boundaries: &[Boundary]) -> Vec<PacePoint> {
    let counts: Vec<usize> = (0..clock.second_count())
        .map(|second| {
            let span = clock.second(second);
            let first = boundaries.partition_point(|one| one.time < span.start);
            boundaries.partition_point(|one| one.time < span.end) - first
        })
        .collect();
    let most = counts.iter().copied().max().filter(|most| *most > 0);
    counts
        .into_iter()
        .enumerate()
        .map(|(second, cuts_per_second)| PacePoint {
            second,
            cuts_per_second,
            intensity: most.map(|most| cuts_per_second as f64 / most as f64),
        })
        .collect()
}

/// Cuts per ten seconds in every window; a last window shorter than half is left out.
#[must_use]
pub fn rates(windows: &[(TimeSpan, usize)]) -> Vec<(TimeSpan, f64)> {
    let full = WINDOW_SECONDS as f64;
    windows
        .iter()
        .map(|(window, cuts)| (window, window.duration().as_secs_f64(), cuts))
        .filter(|(_, length, _)| *length >= LEAST_WINDOW_SHARE * full)
        .map(|(window, length, cuts)| (*window, *cuts as f64 * full / length))
        .collect()
}

/// Stretches of windows of one rate that is higher than those beside it, of which there is at
/// least one.
#[must_use]
pub fn peaks(rates: &[(TimeSpan, f64)]) -> Vec<PaceExtreme> {
    extremes(rates, |rate, beside| rate > beside)
}

/// Stretches of windows of one rate that is lower than those beside it, of which there is at least
/// one.
#[must_use]
pub fn valleys(rates: &[(TimeSpan, f64)]) -> Vec<PaceExtreme> {
    extremes(rates, |rate, beside| rate < beside)
}

fn extremes(rates: &[(TimeSpan, f64)], beats: impl Fn(f64, f64) -> bool) -> Vec<PaceExtreme> {
    let runs: Vec<(TimeSpan, f64)> = rates
        .chunk_by(|a, b| a.1 == b.1)
        .filter_map(|run| {
            let (first, last) = (run.first()?, run.last()?);
            Some((TimeSpan::new(first.0.start, last.0.end), first.1))
        })
        .collect();
    let stands_out = |(index, run): &(usize, &(TimeSpan, f64))| {
        let before = index.checked_sub(1).and_then(|before| runs.get(before));
        let mut beside = before.into_iter().chain(runs.get(index + 1)).peekable();
        beside.peek().is_some() && beside.all(|other| beats(run.1, other.1))
    };
    runs.iter()
        .enumerate()
        .filter(stands_out)
        .map(|(_, (span, cuts))| PaceExtreme {
            timestamp: span_key(*span),
            cuts: *cuts,
        })
        .collect()
}

fn class(rate: f64) -> &'static str {
    patterns::pacing_classification(rate * WINDOWS_PER_MINUTE)
}

/// Windows whose pace is of another class than in the window before, by time.
#[must_use]
pub fn transitions(rates: &[(TimeSpan, f64)]) -> Vec<PaceTransition> {
    rates
        .windows(2)
        .map(|pair| (pair[1].0, class(pair[0].1), class(pair[1].1)))
        .filter(|(_, from_pace, to_pace)| from_pace != to_pace)
        .map(|(window, from_pace, to_pace)| PaceTransition {
            timestamp: span_key(window),
            from_pace,
            to_pace,
        })
        .collect()
}

/// How alike neighbouring shots are in length, 0–1: 1 less the mean over neighbours of the
/// difference of their lengths over their sum, which is the normalised pairwise variability index
/// of Grabe and Low (2002) by its range; `None` of fewer than two.
#[must_use]
pub fn regularity(lengths: &[f64]) -> Option<f64> {
    let pairs = lengths.windows(2);
    let apart: Vec<f64> = pairs
        .map(|pair| (pair[0] - pair[1]).abs() / (pair[0] + pair[1]))
        .collect();
    Some((1.0 - numbers::mean(&apart)?).clamp(0.0, 1.0))
}

/// 1 / (1 + v), where v is the sample standard deviation of the lengths as a share of their mean;
/// `None` of fewer than two.
#[must_use]
pub fn consistency(lengths: &[f64]) -> Option<f64> {
    let deviation = numbers::sample_deviation(lengths)?;
    Some(1.0 / (1.0 + deviation / numbers::mean(lengths)?))
}

/// Length of the longest shot over that of the shortest, from 1 on; `None` without shots.
#[must_use]
pub fn dynamic_range(lengths: &[f64]) -> Option<f64> {
    let longest = lengths.iter().copied().reduce(f64::max)?;
    let shortest = lengths.iter().copied().reduce(f64::min)?;
    Some(longest / shortest)
}

/// The rates of an editing.
pub(super) fn rates_of(editing: &Editing) -> Vec<(TimeSpan, f64)> {
    let windows = super::dynamics::cuts_per_window(editing.clock(), editing.boundaries());
    rates(&windows)
}
