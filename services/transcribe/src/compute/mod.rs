//! From samples to words: values in, values out.

pub mod activity;
pub mod alignment;
pub mod gates;
pub mod join;
pub mod mel;
pub mod search;
pub mod segments;
pub mod subtitles;
pub mod transcript;
pub mod vocabulary;
pub mod windows;

/// The one rate speech is recognised at, in samples per second.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// Samples the recogniser looks at, at once: 30 seconds.
pub const WINDOW_SAMPLES: usize = 30 * SAMPLE_RATE_HZ as usize;

/// A stretch of samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// First sample.
    pub start: usize,
    /// First sample after it.
    pub end: usize,
}

impl Stretch {
    /// Number of samples.
    #[must_use]
    pub const fn length(self) -> usize {
        self.end.saturating_sub(self.start)
    }
    /// The sample in the middle.
    #[must_use]
    pub const fn middle(self) -> usize {
        self.start.midpoint(self.end)
    }
    /// What both have in common; `None` if nothing.
    #[must_use]
    pub fn common(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }
}

/// Samples in so many milliseconds.
#[must_use]
pub(crate) const fn samples_of(milliseconds: u64) -> usize {
    (milliseconds * (SAMPLE_RATE_HZ as u64) / 1000) as usize
}

/// Seconds until a sample.
#[must_use]
pub(crate) fn seconds(sample: usize) -> f64 {
    sample as f64 / f64::from(SAMPLE_RATE_HZ)
}
