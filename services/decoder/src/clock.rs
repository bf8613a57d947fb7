//! Where decoded audio belongs: on the clock of the video, without holes.

/// Distances up to this many samples (10 ms at 16 kHz) are rounding of timestamps, not gaps.
pub const TOLERANCE_SAMPLES: u64 = 160;

/// What to do with the next chunk of audio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Placement {
    /// Samples of silence that come first.
    pub silence: u64,
    /// Samples of the chunk that are left out at its beginning.
    pub skip: u64,
}

/// Keeps sample `n` at media time `n / rate`.
#[derive(Debug, Default)]
pub struct AudioClock {
    written: u64,
}

impl AudioClock {
    /// Places a chunk of `count` samples that begins at sample `start` of the clock: a hole
    /// before it is filled with silence, an overlap with what is already there is left out.
    pub fn place(&mut self, start: u64, count: u64) -> Placement {
        let first = self.written == 0;
        let placement = if start > self.written + if first { 0 } else { TOLERANCE_SAMPLES } {
            Placement {
                silence: start - self.written,
                skip: 0,
            }
        } else if start + TOLERANCE_SAMPLES < self.written {
            Placement {
                silence: 0,
                skip: (self.written - start).min(count),
            }
        } else {
            Placement::default()
        };
        self.written += placement.silence + count - placement.skip;
        placement
    }
    /// Samples placed so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }
}

/// The sample of a clock at `rate` hertz that is nearest to a time in nanoseconds.
#[must_use]
pub fn sample_at(time: u64, rate: u32) -> u64 {
    let product = u128::from(time) * u128::from(rate) + 500_000_000;
    u64::try_from(product / 1_000_000_000).unwrap_or(u64::MAX)
}
