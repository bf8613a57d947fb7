//! Media time: integer nanoseconds of presentation time, never `index / fps`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A point on the clock of one video, in nanoseconds since its first presented instant.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct MediaTime(u64);

impl MediaTime {
    /// The beginning of the video.
    pub const ZERO: Self = Self(0);

    /// A time given in nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
    /// A time given in seconds, rounded to the nearest nanosecond; negative and non-finite
    /// values give zero.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Self {
        if !seconds.is_finite() || seconds <= 0.0 {
            return Self::ZERO;
        }
        // A float cast saturates, so a time beyond 584 years is the largest one.
        Self((seconds * NANOS_PER_SECOND as f64).round() as u64)
    }
    /// Nanoseconds since the beginning.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0
    }
    /// Seconds since the beginning, as published.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }
    /// Time from `earlier` to this one; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
    /// Distance between two times, whichever is earlier.
    #[must_use]
    pub const fn distance(self, other: Self) -> Duration {
        Duration::from_nanos(self.0.abs_diff(other.0))
    }
}

/// A half-open interval `[start, end)` of media time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimeSpan {
    /// First instant inside, in nanoseconds.
    pub start: MediaTime,
    /// First instant after it, in nanoseconds.
    pub end: MediaTime,
}

impl TimeSpan {
    /// The interval between two times; an end before the start gives an empty one.
    #[must_use]
    pub fn new(start: MediaTime, end: MediaTime) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }
    /// Length of the interval.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.end.since(self.start)
    }
    /// Whether `time` lies in the interval: `start ≤ time < end`.
    #[must_use]
    pub fn contains(self, time: MediaTime) -> bool {
        self.start <= time && time < self.end
    }
}
