//! Onsets: moments at which the level rises at once.

use super::{
    SAMPLE_RATE_HZ,
    level::{energy, seconds},
};
use crate::config::Config;

/// Samples in a block, 32 ms.
const BLOCK: usize = 512;
/// Samples from one block to the next, 8 ms.
const STEP: usize = 128;
/// Blocks between the two levels whose difference is the flux: the first pair without overlap.
const LAG: usize = BLOCK / STEP;
/// Blocks on either side that a peak must not be below, 48 ms.
const NEAR: usize = 6;
/// Blocks before a peak whose mean flux it must exceed, 160 ms.
const RECENT: usize = 20;

/// Share of the peak's flux from which a block belongs to its rise.
const CLEAR: f64 = 0.1;

/// Times of onsets in seconds, rising.
pub(super) fn find(samples: &[f32], config: &Config) -> Vec<f64> {
    let levels = levels(samples, config.silence_dbfs);
    let flux: Vec<f64> = (0..levels.len())
        .map(|at| match (levels.get(at), at.checked_sub(LAG)) {
            (Some(now), Some(before)) => {
                (now - levels.get(before).copied().unwrap_or(*now)).max(0.0)
            }
            _ => 0.0,
        })
        .collect();
    let gap = (config.min_onset_gap_ms * u64::from(SAMPLE_RATE_HZ)).div_ceil(1000) as usize;
    let mut onsets: Vec<usize> = Vec::new();
    for peak in (0..flux.len()).filter(|at| is_peak(&flux, *at, config.onset_rise_db)) {
        let start = rise_begins(&flux, peak) * STEP;
        if onsets.last().is_none_or(|last| start >= last + gap) {
            onsets.push(start);
        }
    }
    onsets.into_iter().map(seconds).collect()
}

/// Level of every block in decibels, not below the silence level: rises out of nothing into next
/// to nothing are no onsets.
fn levels(samples: &[f32], floor_dbfs: f64) -> Vec<f64> {
    (0..samples.len().saturating_sub(BLOCK - 1))
        .step_by(STEP)
        .filter_map(|at| samples.get(at..at + BLOCK))
        .map(|block| (10.0 * (energy(block) / BLOCK as f64).log10()).max(floor_dbfs))
        .collect()
}

fn is_peak(flux: &[f64], at: usize, rise: f64) -> bool {
    let Some(value) = flux.get(at) else {
        return false;
    };
    let slice = |from: usize, to: usize| flux.get(from..to.min(flux.len())).unwrap_or_default();
    let before = slice(at.saturating_sub(NEAR), at);
    let after = slice(at + 1, at + 1 + NEAR);
    let recent = slice(at.saturating_sub(RECENT), at.saturating_sub(NEAR));
    let mean = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
    // The first of equal values is the peak.
    before.iter().all(|other| other < value)
        && after.iter().all(|other| other <= value)
        && *value >= mean + rise
}

/// The step of samples in which the rise that peaks at block `peak` begins: the newest step of the
/// first block that rises clearly.
fn rise_begins(flux: &[f64], peak: usize) -> usize {
    let clear = CLEAR * flux.get(peak).copied().unwrap_or_default();
    let first = (0..=peak)
        .rev()
        .take_while(|at| flux.get(*at).is_some_and(|value| *value >= clear))
        .take(LAG + 1)
        .last()
        .unwrap_or(peak);
    first + LAG - 1
}
