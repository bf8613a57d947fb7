//! Distributions over the seven labels: what follows from one, and how they are smoothed.

use contracts::emotion::{EmotionLabel, EmotionScores};
use std::time::Duration;

/// How pleasant each expression is, from -1 to 1, in the order of [`EmotionLabel::ALL`]. The order
/// and the signs are those of the circumplex of affect (Russell, "A circumplex model of affect",
/// 1980); the figures are those the original system named.
const VALENCE: [(EmotionLabel, f64); 7] = [
    (EmotionLabel::Anger, -0.8),
    (EmotionLabel::Disgust, -0.6),
    (EmotionLabel::Fear, -0.7),
    (EmotionLabel::Joy, 1.0),
    (EmotionLabel::Sadness, -0.5),
    (EmotionLabel::Surprise, 0.5),
    (EmotionLabel::Neutral, 0.0),
];

/// The most probable label and its probability; of equal ones the first in
/// [`EmotionLabel::ALL`].
#[must_use]
pub fn most_probable(scores: &EmotionScores) -> (EmotionLabel, f64) {
    let all = EmotionLabel::ALL.map(|label| (label, scores.of(label)));
    let best = all
        .into_iter()
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.unwrap_or((EmotionLabel::Neutral, scores.neutral))
}

/// How pleasant an expression is, from -1 to 1: the mean of the labels' valences, weighted by
/// their probabilities.
#[must_use]
pub fn valence(scores: &EmotionScores) -> f64 {
    VALENCE
        .iter()
        .map(|(label, valence)| valence * scores.of(*label))
        .sum()
}

/// The valence of each label, for results.
#[must_use]
pub const fn valence_table() -> [(EmotionLabel, f64); 7] {
    VALENCE
}

/// How much of an expression there is: 1 less the probability of `neutral`.
#[must_use]
pub fn intensity(scores: &EmotionScores) -> f64 {
    (1.0 - scores.neutral).clamp(0.0, 1.0)
}

/// The mean of several distributions; `None` of none.
#[must_use]
pub fn mean<'a>(all: impl IntoIterator<Item = &'a EmotionScores>) -> Option<EmotionScores> {
    let all: Vec<_> = all.into_iter().collect();
    let share = |label| all.iter().map(|scores| scores.of(label)).sum::<f64>() / all.len() as f64;
    (!all.is_empty()).then(|| EmotionScores::from_fn(share))
}

/// The same scores, adding up to 1. A distribution without mass is left alone.
#[must_use]
pub fn normalised(scores: &EmotionScores) -> EmotionScores {
    let total: f64 = EmotionLabel::ALL.map(|label| scores.of(label)).iter().sum();
    if total > 0.0 {
        EmotionScores::from_fn(|label| scores.of(label) / total)
    } else {
        *scores
    }
}

/// Exponential smoothing over real time: after a gap `d`, the new distribution counts
/// `1 − exp(−d / constant)` (Wright, "Forecasting data published at irregular time intervals using
/// an extension of Holt's method", 1986), so that results do not depend on how densely a video is
/// sampled.
#[derive(Debug, Clone, Copy)]
pub struct Smoother {
    constant: Duration,
    state: Option<EmotionScores>,
}

impl Smoother {
    /// A smoother that has seen nothing; a constant of zero smooths nothing.
    #[must_use]
    pub const fn new(constant: Duration) -> Self {
        Self {
            constant,
            state: None,
        }
    }

    /// Takes the distribution seen `gap` after the last one; the smoothed one.
    pub fn next(&mut self, scores: &EmotionScores, gap: Duration) -> EmotionScores {
        let smoothed = match self.state {
            Some(before) if !self.constant.is_zero() => {
                let fresh = 1.0 - (-gap.as_secs_f64() / self.constant.as_secs_f64()).exp();
                let blend =
                    |label| before.of(label) + fresh * (scores.of(label) - before.of(label));
                EmotionScores::from_fn(blend)
            }
            _ => *scores,
        };
        self.state = Some(smoothed);
        smoothed
    }
}
