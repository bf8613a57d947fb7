//! The clock of one video, half-open windows on it and their keys.

use contracts::{MediaTime, TimeSpan};

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The clock of a video: `[0, duration)`, where the duration is the probe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    duration: MediaTime,
}

impl Clock {
    /// A clock that runs for `duration`.
    #[must_use]
    pub const fn new(duration: MediaTime) -> Self {
        Self { duration }
    }
    /// Duration of the video.
    #[must_use]
    pub const fn duration(self) -> MediaTime {
        self.duration
    }
    /// Duration in seconds (D in the formulas).
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.duration.seconds()
    }
    /// The whole video.
    #[must_use]
    pub fn span(self) -> TimeSpan {
        TimeSpan::new(MediaTime::ZERO, self.duration)
    }
    /// Number of seconds begun: the duration, rounded up.
    #[must_use]
    pub const fn second_count(self) -> usize {
        self.duration.nanos().div_ceil(NANOS_PER_SECOND) as usize
    }
    /// Second `index` as `[index, index + 1)`; the last one ends with the video.
    #[must_use]
    pub fn second(self, index: usize) -> TimeSpan {
        self.window(index, 1)
    }
    /// All exact windows of `length_seconds`; the last one ends with the video.
    #[must_use]
    pub fn windows(self, length_seconds: usize) -> Vec<TimeSpan> {
        let length = length_seconds.max(1);
        (0..self.second_count().div_ceil(length))
            .map(|index| self.window(index, length))
            .collect()
    }
    fn window(self, index: usize, length_seconds: usize) -> TimeSpan {
        let edge = |index: usize| {
            let seconds = (index as u64).saturating_mul(length_seconds as u64);
            MediaTime::from_nanos(seconds.saturating_mul(NANOS_PER_SECOND)).min(self.duration)
        };
        TimeSpan::new(edge(index), edge(index + 1))
    }
}

/// The second in which a time lies, counted from 0.
#[must_use]
pub const fn second_of(time: MediaTime) -> usize {
    (time.nanos() / NANOS_PER_SECOND) as usize
}

/// Key of a second: `"7-8s"`.
#[must_use]
pub fn second_key(second: usize) -> String {
    format!("{second}-{}s", second + 1)
}

/// Key of an interval, widened to whole seconds: `[14.4, 16.7)` is `"14-17s"`.
#[must_use]
pub fn span_key(span: TimeSpan) -> String {
    let end = span.end.nanos().div_ceil(NANOS_PER_SECOND) as usize;
    let start = second_of(span.start);
    format!("{start}-{}s", end.max(start + 1))
}

/// The seconds an event is present in: those its interval overlaps, or the one an instant lies in.
#[must_use]
pub fn seconds_of(event: TimeSpan) -> std::ops::Range<usize> {
    let first = second_of(event.start);
    let end = event.end.nanos().div_ceil(NANOS_PER_SECOND) as usize;
    first..end.max(first + 1)
}
