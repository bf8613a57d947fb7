//! Level of the sound: RMS frames and silences.

use super::SAMPLE_RATE_HZ;
use crate::config::Config;
use contracts::sound::Interval;

/// Samples in an RMS frame.
const FRAME: usize = 2048;
/// Samples from one RMS frame to the next.
pub const HOP: usize = 512;
/// The least step of 16-bit sound: what is below is the rounding of a codec, not sound.
const LEAST_STEP: f64 = 1.0 / 32_768.0;

/// Length of `count` samples, in seconds.
pub(super) fn seconds(count: usize) -> f64 {
    count as f64 / f64::from(SAMPLE_RATE_HZ)
}

/// RMS of frames of 2048 samples centred on every 512th, zeros beyond the ends: `1 + n/512` of
/// them for `n` samples. Source: `librosa.feature.rms(center=True, pad_mode="constant")`.
#[must_use]
pub fn rms_frames(samples: &[f32]) -> Vec<f64> {
    (0..=samples.len() / HOP)
        .map(|frame| {
            let centre = frame * HOP;
            let from = centre.saturating_sub(FRAME / 2);
            let to = (centre + FRAME / 2).min(samples.len());
            let root = (energy(samples.get(from..to).unwrap_or_default()) / FRAME as f64).sqrt();
            if root < LEAST_STEP { 0.0 } else { root }
        })
        .collect()
}

/// Sum of squares.
pub(super) fn energy(samples: &[f32]) -> f64 {
    samples
        .iter()
        .map(|sample| f64::from(*sample).powi(2))
        .sum()
}

/// Stretches in which every block of [`HOP`] samples stays below the silence level.
///
/// Blocks do not overlap, so that a silence is not shortened by half a frame at either end.
pub(super) fn silences(samples: &[f32], config: &Config) -> Vec<Interval> {
    let limit = 10_f64.powf(config.silence_dbfs / 10.0);
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, block) in samples.chunks(HOP).enumerate() {
        if energy(block) / block.len() as f64 >= limit {
            continue;
        }
        let (start, end) = (at * HOP, at * HOP + block.len());
        match runs.last_mut() {
            Some((_, last)) if *last == start => *last = end,
            _ => runs.push((start, end)),
        }
    }
    let shortest = config.min_silence_ms as f64 / 1000.0;
    runs.into_iter()
        .filter(|(start, end)| seconds(end - start) >= shortest)
        .map(|(start, end)| Interval {
            start: seconds(start),
            end: seconds(end),
        })
        .collect()
}
