//! How much a label fits a frame.

use contracts::labels::Label;

/// Likeness of two texts from which their meanings have something in common, and that from which
/// they count as the same. Unrelated words lie below the first.
const RELATED: f64 = 0.38;
const SAME: f64 = 0.7;
/// Probability from which a class counts as seen.
const LEAST_PROBABILITY: f64 = 0.05;

/// A class the classifier named.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Named {
    /// Its number.
    pub class: usize,
    /// Its probability, 0–1.
    pub probability: f64,
}

/// The classes that count as seen, by falling probability, then number.
#[must_use]
pub fn seen(probabilities: &[f64]) -> Vec<Named> {
    let all = probabilities.iter().enumerate();
    let mut named: Vec<Named> = all
        .filter(|(_, probability)| **probability >= LEAST_PROBABILITY)
        .map(|(class, probability)| Named {
            class,
            probability: *probability,
        })
        .collect();
    named.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    named
}

/// How near two meanings are, 0–1, given the likeness of their texts.
#[must_use]
pub fn nearness(likeness: f64) -> f64 {
    ((likeness - RELATED) / (SAME - RELATED)).clamp(0.0, 1.0)
}

/// Labels of a frame in which a classifier named classes: each class stands for the labels whose
/// meaning is near, by its probability. `likeness(class, label)` is that of their texts.
#[must_use]
pub fn by_classes(
    named: &[Named],
    candidates: &[String],
    likeness: impl Fn(usize, usize) -> f64,
) -> Vec<Label> {
    let score = |label: usize| -> f64 {
        let classes = named.iter();
        classes
            .map(|one| one.probability * nearness(likeness(one.class, label)))
            .sum()
    };
    let labels = candidates.iter().enumerate();
    labels
        .map(|(at, label)| Label {
            label: label.clone(),
            confidence: score(at).min(1.0),
        })
        .collect()
}

/// Labels of a frame by its likeness to their texts: probabilities among the list.
#[must_use]
pub fn by_likeness(
    picture: &[f32],
    texts: &[Vec<f32>],
    candidates: &[String],
    scale: f64,
) -> Vec<Label> {
    let scores: Vec<f64> = texts
        .iter()
        .map(|text| scale * cosine(picture, text))
        .collect();
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = scores.iter().map(|score| (score - highest).exp()).collect();
    let total: f64 = shares.iter().sum();
    let labels = candidates.iter().zip(shares);
    labels
        .map(|(label, share)| Label {
            label: label.clone(),
            confidence: share / total,
        })
        .collect()
}

/// Product of two points of length one: their likeness, -1 to 1.
#[must_use]
pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// A point brought to length one; the origin stays.
#[must_use]
pub fn normalised(point: &[f32]) -> Vec<f32> {
    let length = cosine(point, point).sqrt();
    if length == 0.0 {
        return point.to_vec();
    }
    let scaled = point
        .iter()
        .map(|value| (f64::from(*value) / length) as f32);
    scaled.collect()
}
