//! Intervals: their union, what they share, and equal parts of a video.

use super::{
    clock::{Clock, seconds_of},
    coverage::SampledSeconds,
};
use contracts::{MediaTime, TimeSpan};

/// The union of intervals: by rising time, without overlap; those that touch become one.
#[must_use]
pub fn union(spans: impl IntoIterator<Item = TimeSpan>) -> Vec<TimeSpan> {
    let mut spans: Vec<TimeSpan> = spans.into_iter().filter(|s| s.start < s.end).collect();
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<TimeSpan> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// Sum of the lengths, in seconds.
#[must_use]
pub fn total_seconds(spans: &[TimeSpan]) -> f64 {
    // From zero on: the sum of nothing is negative zero.
    spans.iter().fold(0.0, |sum, span| sum + length(*span))
}

/// Length in seconds.
#[must_use]
pub fn length(span: TimeSpan) -> f64 {
    span.duration().as_secs_f64()
}

/// What two intervals share; empty if they share nothing.
#[must_use]
pub fn common(a: TimeSpan, b: TimeSpan) -> TimeSpan {
    TimeSpan::new(a.start.max(b.start), a.end.min(b.end))
}

/// Whether two intervals share an instant. One without length is the instant it begins at.
#[must_use]
pub fn overlap(a: TimeSpan, b: TimeSpan) -> bool {
    let shared = a.start < b.end && b.start < a.end;
    shared || a.contains(b.start) || b.contains(a.start)
}

/// Share (0–1) of `event` that lies in `window`; an instant lies in it wholly or not at all.
#[must_use]
pub fn share_in(event: TimeSpan, window: TimeSpan) -> f64 {
    if event.start == event.end {
        return f64::from(u8::from(window.contains(event.start)));
    }
    length(common(event, window)) / length(event)
}

/// `count` windows of equal length that make up the video; none if it has no duration.
#[must_use]
pub fn equal_windows(clock: Clock, count: u32) -> Vec<TimeSpan> {
    let whole = clock.duration().nanos();
    let edge = |index: u32| {
        let nanos = u128::from(whole) * u128::from(index) / u128::from(count.max(1));
        MediaTime::from_nanos(u64::try_from(nanos).unwrap_or(whole))
    };
    let all = if whole == 0 { 0 } else { count };
    (0..all)
        .map(|index| TimeSpan::new(edge(index), edge(index + 1)))
        .collect()
}

/// Whether at least one of the seconds of an event was looked at.
#[must_use]
pub fn looked_at(event: TimeSpan, sampled: &SampledSeconds) -> bool {
    seconds_of(event).any(|second| sampled.contains(second))
}

/// The end of the last second that was looked at; zero if none was.
#[must_use]
pub fn looked_until(clock: Clock, sampled: &SampledSeconds) -> MediaTime {
    let last = (0..clock.second_count())
        .rev()
        .find(|second| sampled.contains(*second));
    last.map_or(MediaTime::ZERO, |second| clock.second(second).end)
}
