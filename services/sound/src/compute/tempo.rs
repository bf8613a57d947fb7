//! Tempo: how often a beat returns, if one does.
//!
//! Onset strength is the rise of the energy in mel bands; its autocorrelation peaks one beat apart
//! (Ellis, "Beat tracking by dynamic programming", 2007, with its preference for 120 beats per
//! minute among the multiples of a beat).

use super::{
    SAMPLE_RATE_HZ,
    spectrum::{BANDS, FRAME_STEP},
};
use crate::config::Config;

/// What is known of the tempo.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tempo {
    /// Beats per minute; `None` if no beat is clear.
    pub bpm: Option<f64>,
    /// Autocorrelation of the onset strength one beat apart, less the highest at a distance that has
    /// nothing to do with the beat, 0–1; `None` if it cannot be judged.
    pub confidence: Option<f64>,
    /// Why there is no tempo.
    pub reason: Option<String>,
}

const SLOWEST_BPM: f64 = 50.0;
const FASTEST_BPM: f64 = 210.0;
const USUAL_BPM: f64 = 120.0;
/// Spread of usual tempi, in octaves.
const USUAL_SPREAD: f64 = 1.0;
/// Shortest sound a tempo is read from, in seconds: some beats of the slowest.
const SHORTEST_SECONDS: f64 = 6.0;
/// Energy that counts as next to nothing, as a share of the loudest: 60 dB below it.
const FLOOR: f64 = 1e-6;
/// Least rise of a band that counts, as a natural logarithm: half a decibel. The ripple of a steady
/// tone stays below it.
const LEAST_RISE: f64 = 0.115;
/// Distances that a beat brings with it, in beats, and how exactly.
const RELATED: [f64; 7] = [1.0 / 3.0, 0.5, 2.0 / 3.0, 1.0, 1.5, 2.0, 3.0];
const RELATED_WITHIN: f64 = 0.05;
/// Frames over which the usual rise is averaged, on either side: half a second.
const AROUND: usize = 50;
/// Beats over which the length of one is measured.
const MEASURED_BEATS: usize = 4;
const DECIMALS: f64 = 10.0;

const fn frames_per_second() -> f64 {
    SAMPLE_RATE_HZ as f64 / FRAME_STEP as f64
}

/// The tempo of sound with these energies.
#[must_use]
pub fn tempo(energies: &[[f64; BANDS]], config: &Config) -> Tempo {
    let without = |reason: String, confidence| Tempo {
        bpm: None,
        confidence,
        reason: Some(reason),
    };
    if (energies.len() as f64) < SHORTEST_SECONDS * frames_per_second() {
        let reason = format!("audio is shorter than {SHORTEST_SECONDS} seconds");
        return without(reason, None);
    }
    let strength = onset_strength(energies);
    let Some(likeness) = autocorrelation(&strength) else {
        return without("nothing rises in the sound".into(), None);
    };
    let Some(lag) = best_lag(&likeness) else {
        return without("no beat returns".into(), Some(0.0));
    };
    let here = likeness.get(lag).copied().unwrap_or_default();
    let confidence = (here - rival(&likeness, lag)).clamp(0.0, 1.0);
    let confidence = (confidence * 1e4).round() / 1e4;
    let least = config.min_tempo_confidence;
    if confidence < least {
        let reason = format!("the beat returns with {confidence}, which is below {least}");
        return without(reason, Some(confidence));
    }
    let bpm = 60.0 * frames_per_second() / exact_lag(&likeness, lag);
    Tempo {
        bpm: Some((bpm * DECIMALS).round() / DECIMALS),
        confidence: Some(confidence),
        reason: None,
    }
}

/// How much the energy rises in each frame, less what it usually rises around it.
fn onset_strength(energies: &[[f64; BANDS]]) -> Vec<f64> {
    let loudest = energies.iter().flatten().copied().fold(0.0, f64::max);
    let floor = (loudest * FLOOR).max(f64::MIN_POSITIVE);
    let level = |energy: &f64| energy.max(floor).ln();
    let rises: Vec<f64> = energies
        .windows(2)
        .map(|pair| match pair {
            [before, after] => {
                let bands = before.iter().zip(after);
                let rises = bands.map(|(a, b)| level(b) - level(a));
                rises.filter(|rise| *rise >= LEAST_RISE).sum()
            }
            _ => 0.0,
        })
        .collect();
    let mut sums = vec![0.0];
    for rise in &rises {
        sums.push(sums.last().copied().unwrap_or_default() + rise);
    }
    let sum = |at: usize| sums.get(at).copied().unwrap_or_default();
    let around = rises.iter().enumerate().map(|(at, rise)| {
        let (from, to) = (
            at.saturating_sub(AROUND),
            (at + AROUND + 1).min(rises.len()),
        );
        rise - (sum(to) - sum(from)) / (to - from) as f64
    });
    around.map(|rise| rise.max(0.0)).collect()
}

/// Likeness of the strengths with themselves so many frames later, 1 with themselves; as far as
/// the measured beats reach. `None` if there is nothing.
fn autocorrelation(strength: &[f64]) -> Option<Vec<f64>> {
    let mean = strength.iter().sum::<f64>() / strength.len().max(1) as f64;
    let values: Vec<f64> = strength.iter().map(|value| value - mean).collect();
    let at = |lag: usize| -> f64 {
        let pairs = values.iter().zip(values.iter().skip(lag));
        let count = values.len().saturating_sub(lag).max(1);
        pairs.map(|(a, b)| a * b).sum::<f64>() / count as f64
    };
    let whole = at(0);
    if whole <= f64::EPSILON {
        return None;
    }
    let longest = possible().1 * MEASURED_BEATS;
    let lags = 0..=longest.min(values.len() / 2);
    Some(lags.map(|lag| at(lag) / whole).collect())
}

/// The highest likeness at a distance that has nothing to do with the beat: a steady tone ripples
/// alike at many, a beat does not.
fn rival(likeness: &[f64], beat: usize) -> f64 {
    let unrelated = |lag: &usize| {
        let ratio = *lag as f64 / beat as f64;
        let near = |related: &f64| (ratio / related - 1.0).abs() < RELATED_WITHIN;
        !RELATED.iter().any(near)
    };
    let values = peaks(likeness).filter(unrelated);
    values
        .filter_map(|lag| likeness.get(lag).copied())
        .fold(0.0, f64::max)
}

/// Possible beats at which the likeness has a local maximum.
fn peaks(likeness: &[f64]) -> impl Iterator<Item = usize> {
    let value = |lag: usize| likeness.get(lag).copied().unwrap_or(f64::NEG_INFINITY);
    let (shortest, longest) = possible();
    (shortest..=longest).filter(move |lag| {
        let here = value(*lag);
        here > 0.0 && here >= value(lag - 1) && here > value(lag + 1)
    })
}

/// The shortest and the longest possible beat, in frames.
fn possible() -> (usize, usize) {
    let frames = |bpm: f64| 60.0 / bpm * frames_per_second();
    (
        frames(FASTEST_BPM).ceil() as usize,
        frames(SLOWEST_BPM).floor() as usize,
    )
}

/// The local maximum among possible beats that weighs most.
fn best_lag(likeness: &[f64]) -> Option<usize> {
    let weight = |lag: usize| {
        let octaves = (60.0 * frames_per_second() / lag as f64 / USUAL_BPM).log2();
        let value = likeness.get(lag).copied().unwrap_or_default();
        value * (-0.5 * (octaves / USUAL_SPREAD).powi(2)).exp()
    };
    peaks(likeness).max_by(|a, b| weight(*a).total_cmp(&weight(*b)))
}

/// The length of a beat in frames, from the peaks near its multiples.
fn exact_lag(likeness: &[f64], lag: usize) -> f64 {
    let value = |lag: usize| likeness.get(lag).copied().unwrap_or(f64::NEG_INFINITY);
    let mut exact = lag as f64;
    for beats in 1..=MEASURED_BEATS {
        let expected = (exact * beats as f64).round() as usize;
        let near = expected.saturating_sub(beats)..=expected + beats;
        let Some(peak) = near.max_by(|a, b| value(*a).total_cmp(&value(*b))) else {
            break;
        };
        let (before, here, after) = (value(peak.saturating_sub(1)), value(peak), value(peak + 1));
        // A parabola through the peak and its neighbours has its top between the frames.
        let curve = before - 2.0 * here + after;
        if here <= 0.0 || curve >= 0.0 || !curve.is_finite() {
            break;
        }
        exact = (peak as f64 + 0.5 * (before - after) / curve) / beats as f64;
    }
    exact
}
