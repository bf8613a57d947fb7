//! Where the energy lies.

use contracts::sound::BurstPattern;

/// Share of the loudest third within which another counts as equally loud.
const ALIKE: f64 = 0.2;

/// A stretch of time and the mean RMS in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// First instant, in seconds.
    pub start: f64,
    /// First instant after it, in seconds.
    pub end: f64,
    /// Mean RMS, 0–1.
    pub level: f64,
}

/// Names the third of the time that is the loudest.
///
/// Each third is the mean level of the windows in it, weighted by overlap, so that the thirds
/// cover every window whatever their number. Steady if the first and the last third are both
/// within a fifth of the loudest, or if all is silent; unknown without windows.
#[must_use]
pub fn pattern(windows: &[Window]) -> BurstPattern {
    let Some(last) = windows.last() else {
        return BurstPattern::Unknown;
    };
    let third = last.end / 3.0;
    let [front, middle, back] =
        [0.0, third, 2.0 * third].map(|start| mean_level(windows, start, start + third));
    let loudest = front.max(middle).max(back);
    let alike = ALIKE * loudest;
    if windows.len() < 2 || loudest <= 0.0 || (loudest - front < alike && loudest - back < alike) {
        BurstPattern::Steady
    } else if front >= loudest {
        BurstPattern::FrontLoaded
    } else if back >= loudest {
        BurstPattern::BackLoaded
    } else {
        BurstPattern::MiddlePeak
    }
}

fn mean_level(windows: &[Window], start: f64, end: f64) -> f64 {
    let (sum, weight) = windows.iter().fold((0.0, 0.0), |(sum, weight), window| {
        let overlap = (window.end.min(end) - window.start.max(start)).max(0.0);
        (sum + overlap * window.level, weight + overlap)
    });
    if weight > 0.0 { sum / weight } else { 0.0 }
}
