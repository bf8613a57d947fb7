//! What stands out while somebody speaks: loud stretches, words, gestures and expressions.

use super::{Evidence, Said, Spoken};
use crate::compute::{
    events::{EnergyWindow, ExpressionSeen, Sighting, Sound},
    measure::Measured,
    numbers,
    pacing::interactions::SYNC_TOLERANCE,
    spans,
};
use contracts::{MediaTime, TimeSpan, emotion::EmotionLabel};
use serde::Serialize;

/// A window of loud sound in which somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Burst {
    /// Beginning of the window, in seconds.
    pub start: f64,
    /// Its end, in seconds.
    pub end: f64,
    /// Its length, in seconds.
    pub duration: f64,
    /// Its energy, as a share of the loudest windows.
    pub energy: f64,
    /// What makes it a burst.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A gesture that begins while somebody speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GestureMoment {
    /// When it begins, in seconds.
    pub timestamp: f64,
    /// What it is.
    pub gesture: String,
}

/// A strong expression while somebody speaks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExpressionPeak {
    /// When, in seconds.
    pub timestamp: f64,
    /// What it is.
    pub emotion: EmotionLabel,
    /// 1 less the probability of a neutral face.
    pub intensity: f64,
}

/// A word that is said louder.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmphasisMoment {
    /// When it begins, in seconds.
    pub timestamp: f64,
    /// The word in lower case, without punctuation.
    pub word: String,
    /// What makes it stand out.
    pub emphasis_type: &'static str,
}

/// A gesture that begins in a burst.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GestureInBurst {
    /// The gesture.
    #[serde(flatten)]
    pub moment: GestureMoment,
    /// Energy of the burst, as a share of the loudest windows.
    pub energy: f64,
}

/// Windows with an energy above mean + population standard deviation in which somebody speaks.
#[must_use]
pub fn bursts(windows: &[EnergyWindow], spoken: &Spoken) -> Vec<Burst> {
    let levels: Vec<f64> = windows.iter().map(|window| window.level).collect();
    let Some(threshold) = above(&levels) else {
        return Vec::new();
    };
    windows
        .iter()
        .filter(|window| window.level > threshold && spoken.during(window.span))
        .map(|window| {
            let span = spans::common(window.span, spoken.clock().span());
            Burst {
                start: span.start.seconds(),
                end: span.end.seconds(),
                duration: spans::length(span),
                energy: window.level,
                kind: "high_energy",
            }
        })
        .collect()
}

/// Mean + population standard deviation.
fn above(values: &[f64]) -> Option<f64> {
    Some(numbers::mean(values)? + numbers::population_deviation(values)?)
}

/// Gestures that begin while somebody speaks.
#[must_use]
pub fn gesture_moments(gestures: &[Sighting], spoken: &Spoken) -> Vec<GestureMoment> {
    gestures
        .iter()
        .filter(|gesture| {
            spoken
                .voiced()
                .iter()
                .any(|s| s.contains(gesture.span.start))
        })
        .map(|gesture| GestureMoment {
            timestamp: gesture.span.start.seconds(),
            gesture: gesture.label.clone(),
        })
        .collect()
}

/// Readings while somebody speaks that are more intense than mean + population standard deviation
/// of all readings.
#[must_use]
pub fn expression_peaks(seen: &[ExpressionSeen], spoken: &Spoken) -> Vec<ExpressionPeak> {
    let intensities: Vec<f64> = seen.iter().map(|one| one.intensity).collect();
    let threshold = above(&intensities).unwrap_or(f64::INFINITY);
    seen.iter()
        .filter(|one| one.intensity > threshold)
        .filter(|one| spoken.during(TimeSpan::new(one.time, one.time)))
        .map(|one| ExpressionPeak {
            timestamp: one.time.seconds(),
            emotion: one.label,
            intensity: one.intensity,
        })
        .collect()
}

/// Words that begin in a burst and at most 0.1 s from an onset of energy: the windows of energy are
/// too long to tell single words apart. Onsets rise.
#[must_use]
pub fn emphasis(bursts: &[Burst], onsets: &[MediaTime], spoken: &Spoken) -> Vec<EmphasisMoment> {
    let on_onset = |time: MediaTime| {
        let next = onsets.partition_point(|onset| *onset < time);
        let neighbours = &onsets[next.saturating_sub(1)..onsets.len().min(next + 1)];
        let near = |onset: &MediaTime| onset.distance(time) <= SYNC_TOLERANCE;
        neighbours.iter().any(near)
    };
    spoken
        .words()
        .filter(|word| burst_at(bursts, word.span.start.seconds()).is_some())
        .filter(|word| on_onset(word.span.start))
        .map(|word| EmphasisMoment {
            timestamp: word.span.start.seconds(),
            word: word.text.clone(),
            emphasis_type: "energy",
        })
        .collect()
}

fn burst_at(bursts: &[Burst], seconds: f64) -> Option<&Burst> {
    bursts
        .iter()
        .find(|burst| burst.start <= seconds && seconds < burst.end)
}

/// Gestures that begin while somebody speaks and in a burst.
#[must_use]
pub fn gestures_in_bursts(bursts: &[Burst], moments: Vec<GestureMoment>) -> Vec<GestureInBurst> {
    let in_burst = |moment: GestureMoment| {
        let energy = burst_at(bursts, moment.timestamp)?.energy;
        Some(GestureInBurst { moment, energy })
    };
    moments.into_iter().filter_map(in_burst).collect()
}

/// Mean energy during an event, each window by what they share; `None` where there is none.
#[must_use]
pub fn mean_energy(windows: &[EnergyWindow], event: TimeSpan) -> Option<f64> {
    let shared = windows.iter().map(|window| {
        let seconds = spans::length(spans::common(window.span, event));
        (seconds, window.level)
    });
    let (seconds, energy) = shared.fold((0.0, 0.0), |(sum, energy), (seconds, level)| {
        (sum + seconds, energy + seconds * level)
    });
    if seconds > 0.0 {
        // A mean of shares; rounding must not carry it over the end.
        return Some((energy / seconds).min(1.0));
    }
    let holding = windows.iter().find(|one| one.span.contains(event.start));
    holding.map(|window| window.level)
}

/// The loudest of what is said and its mean energy, the first among equals; `None` if no energy is
/// known of anything said.
#[must_use]
pub fn climax<'a>(sound: &Sound, all: &'a [Said]) -> Option<(&'a Said, f64)> {
    all.iter()
        .filter_map(|said| Some((said, mean_energy(&sound.energy, said.span)?)))
        .reduce(|best, one| if one.1 > best.1 { one } else { best })
}

/// The energy bursts of what is said.
pub(super) fn measured_bursts(evidence: &Evidence<'_>) -> Measured<Vec<Burst>> {
    evidence.some(|spoken| {
        let sound = evidence.events.sound.events()?;
        Ok(bursts(&sound.energy, spoken))
    })
}
