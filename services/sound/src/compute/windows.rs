//! Windows of five seconds and what is read from them.

use super::{
    SAMPLE_RATE_HZ, WINDOW_SECONDS,
    burst::Window,
    level::{HOP, seconds},
};
use indexmap::IndexMap;

/// Share of the windows below the level that counts as full.
const FULL_PERCENTILE: f64 = 0.95;
const WINDOW_SAMPLES: usize = (WINDOW_SECONDS * SAMPLE_RATE_HZ) as usize;

/// The windows of audio of length `duration` (seconds), each with the mean of the RMS frames whose
/// centre lies in it. A frame centred on the very end belongs to the last window.
pub(super) fn mean_levels(frames: &[f64], duration: f64) -> Vec<Window> {
    let length = f64::from(WINDOW_SECONDS);
    let count = (duration / length).ceil().max(1.0) as usize;
    let mut sums = vec![(0.0, 0_u32); count];
    for (frame, level) in frames.iter().enumerate() {
        let window = (frame * HOP / WINDOW_SAMPLES).min(count - 1);
        if let Some((sum, number)) = sums.get_mut(window) {
            *sum += level;
            *number += 1;
        }
    }
    sums.into_iter()
        .enumerate()
        .filter(|(_, (_, number))| *number > 0)
        .map(|(window, (sum, number))| Window {
            start: window as f64 * length,
            end: ((window + 1) as f64 * length).min(duration),
            level: sum / f64::from(number),
        })
        .collect()
}

/// Levels as shares of the 95th percentile, by key.
pub(super) fn shares(windows: &[Window]) -> IndexMap<String, f64> {
    let mut levels: Vec<f64> = windows.iter().map(|window| window.level).collect();
    levels.sort_by(f64::total_cmp);
    let full = percentile(&levels, FULL_PERCENTILE);
    windows
        .iter()
        .map(|window| {
            let share = if window.level > 0.0 {
                (window.level / full).min(1.0)
            } else {
                0.0
            };
            (key(window), share)
        })
        .collect()
}

/// Whole seconds, the end rounded up: ends never collide, whatever the length.
fn key(window: &Window) -> String {
    format!("{:.0}-{:.0}s", window.start, window.end.ceil())
}

/// Percentile of sorted values, interpolated linearly between neighbours.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(low), Some(high)) => low + (high - low) * place.fract(),
        _ => 0.0,
    }
}

/// Population variance; `None` without windows.
pub(super) fn variance(windows: &[Window]) -> Option<f64> {
    let count = windows.len() as f64;
    let mean = windows.iter().map(|window| window.level).sum::<f64>() / count;
    (!windows.is_empty()).then(|| {
        let squares = windows.iter().map(|window| (window.level - mean).powi(2));
        squares.sum::<f64>() / count
    })
}

/// Centre of the first loudest frame, in seconds; `None` if all are silent.
pub(super) fn climax(frames: &[f64]) -> Option<f64> {
    let loudest = frames.iter().copied().fold(0.0, f64::max);
    if loudest <= 0.0 {
        return None;
    }
    let frame = frames.iter().position(|level| *level == loudest)?;
    Some(seconds(frame * HOP))
}
