//! In which rhythm overlays appear.

use crate::compute::numbers;

/// Gaps that vary by less than this share of their mean make a rhythm; as `rhythmic_timing`, which
/// asks for a consistency above 0.7.
const RHYTHMIC: f64 = 0.3;
/// Gaps between appearances that are independent of one another (a Poisson process) vary by their
/// mean: a coefficient of 1. A quarter up or down still counts as chance; beyond it appearances
/// come in bursts or spread out (Goh and Barabási 2008, "Burstiness and memory in complex systems").
const SPREAD: f64 = 0.8;
const BURSTY: f64 = 1.25;
/// Mean seconds per appearance, as for shots: under 2 s a cut is quick, over 5 s a take is long.
const FAST_SECONDS: f64 = 2.0;
const SLOW_SECONDS: f64 = 5.0;

/// Sample standard deviation / mean of the gaps between rising starts, infinite if all begin at
/// once; `None` of fewer than three starts.
#[must_use]
pub fn variation(starts: &[f64]) -> Option<f64> {
    let gaps: Vec<f64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let deviation = numbers::sample_deviation(&gaps)?;
    let mean = numbers::mean(&gaps)?;
    Some(if mean > 0.0 {
        deviation / mean
    } else {
        f64::INFINITY
    })
}

/// By the variation of the gaps: `rhythmic` below 0.3, `gradual` below 0.8, `burst` above 1.25,
/// else `random`.
#[must_use]
pub fn appearance_pattern(variation: f64) -> &'static str {
    if variation < RHYTHMIC {
        "rhythmic"
    } else if variation < SPREAD {
        "gradual"
    } else if variation > BURSTY {
        "burst"
    } else {
        "random"
    }
}

/// `building` if the overlays accelerate, `front_loaded` if they decelerate, else `climactic` with
/// a peak, else `even`.
#[must_use]
pub fn density_progression(acceleration: &str, has_peak: bool) -> &'static str {
    match acceleration {
        "accelerating" => "building",
        "decelerating" => "front_loaded",
        _ if has_peak => "climactic",
        _ => "even",
    }
}

/// `variable` if the gaps vary by more than chance; else by T per appearance `fast` under 2 s,
/// `slow` over 5 s, else `moderate`. `None` without appearances.
#[must_use]
pub fn visual_pacing(starts: &[f64], duration: f64) -> Option<&'static str> {
    if starts.is_empty() {
        return None;
    }
    let seconds = duration / starts.len() as f64;
    Some(
        if variation(starts).is_some_and(|variation| variation > BURSTY) {
            "variable"
        } else if seconds < FAST_SECONDS {
            "fast"
        } else if seconds > SLOW_SECONDS {
            "slow"
        } else {
            "moderate"
        },
    )
}
