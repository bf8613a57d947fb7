//! Expressions.

use crate::facts::{Facts, Item, share_a_second};
use serde_json::Value;
use std::collections::BTreeMap;

/// Labels the original accepts.
const LABELS: [&str; 7] = [
    "anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral",
];

/// Emotions of which one is not valid, for which the original drops all of them.
pub(in crate::explanations) fn bad_emotion(facts: &Facts) -> bool {
    let valid = |one: &Item| {
        let label = one.value["emotion"].as_str();
        let confidence = one.value["confidence"].as_f64();
        one.value["timestamp"]
            .as_f64()
            .is_some_and(|time| time >= 0.0)
            && label.is_some_and(|label| LABELS.contains(&label))
            && confidence.is_some_and(|confidence| (0.0..=1.0).contains(&confidence))
            && action_units_valid(&one.value)
    };
    !facts.emotions.iter().all(valid)
}

fn action_units_valid(value: &Value) -> bool {
    let units = value["action_units"].as_array().into_iter().flatten();
    let number = |unit: &Value| unit.as_i64().is_some_and(|unit| (1..=45).contains(&unit));
    let intensities = value["au_intensities"].as_object().into_iter().flatten();
    let share = |value: &Value| {
        value
            .as_f64()
            .is_some_and(|value| (0.0..=1.0).contains(&value))
    };
    units.into_iter().all(number) && intensities.into_iter().all(|(_, value)| share(value))
}

/// Times and labels of the emotions inside the video.
fn labels(facts: &Facts) -> Vec<(f64, &str)> {
    let seen = facts.inside(&facts.emotions).into_iter();
    seen.filter_map(|(time, value)| Some((time, value["emotion"].as_str()?)))
        .collect()
}

pub(in crate::explanations) fn no_expression(facts: &Facts) -> bool {
    labels(facts).is_empty()
}

pub(in crate::explanations) fn few_expressions(facts: &Facts) -> bool {
    labels(facts).len() < 2
}

pub(in crate::explanations) fn fewer_expressions_than_expected(facts: &Facts) -> bool {
    labels(facts).len() < facts.original_duration() as usize / 10
}

/// Something seen before and after a second, and not in it: the same expression or gesture.
pub(in crate::explanations) fn seen_across_a_second(facts: &Facts) -> bool {
    let gestures = facts.inside(&facts.gestures).into_iter();
    let gestures: Vec<(f64, &str)> = gestures
        .filter_map(|(time, value)| Some((time, value["type"].as_str()?)))
        .collect();
    [labels(facts), gestures].iter().any(|seen| {
        let mut last: BTreeMap<&str, f64> = BTreeMap::new();
        seen.iter().any(|(time, label)| {
            let before = last.insert(label, *time);
            before.is_some_and(|before| time.floor() - before.floor() >= 2.0)
        })
    })
}

/// Two expressions in a row that are more than two sampling steps apart.
pub(in crate::explanations) fn gap_between_expressions(facts: &Facts) -> bool {
    let times: Vec<f64> = labels(facts).into_iter().map(|(time, _)| time).collect();
    let step = facts.emotion_step().unwrap_or_default();
    times.windows(2).any(|two| two[1] - two[0] > 2.0 * step)
}

pub(in crate::explanations) fn many_changes(facts: &Facts) -> bool {
    let labels = labels(facts);
    labels.windows(2).filter(|two| two[0].1 != two[1].1).count() > 2
}

pub(in crate::explanations) fn joy(facts: &Facts) -> bool {
    labels(facts).iter().any(|(_, label)| *label == "joy")
}

/// A label that is as frequent as the most frequent one.
pub(in crate::explanations) fn labels_tie(facts: &Facts) -> bool {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, label) in labels(facts) {
        *counts.entry(label).or_default() += 1;
    }
    let most = counts.values().max().copied();
    counts
        .values()
        .filter(|count| Some(**count) == most)
        .count()
        > 1
}

pub(in crate::explanations) fn expressions_between_seconds(facts: &Facts) -> bool {
    labels(facts).iter().any(|(time, _)| time.fract() > 0.0)
}

/// Mean valence of the first and of the last third differ clearly.
pub(in crate::explanations) fn valence_moves(facts: &Facts) -> bool {
    let third = facts.duration / 3.0;
    let valence = |from: f64, to: f64| {
        let values: Vec<f64> = labels(facts)
            .into_iter()
            .filter(|(time, _)| (from..to).contains(time))
            .map(|(_, label)| label)
            .map(valence_of)
            .collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let (first, last) = (valence(0.0, third), valence(2.0 * third, facts.duration));
    first.is_some() && last.is_some() && first != last
}

fn valence_of(label: &str) -> f64 {
    match label {
        "joy" => 1.0,
        "surprise" => 0.5,
        "sadness" => -0.5,
        "disgust" => -0.6,
        "fear" => -0.7,
        "anger" => -0.8,
        _ => 0.0,
    }
}

pub(in crate::explanations) fn emotions_share_a_second(facts: &Facts) -> bool {
    share_a_second(&facts.emotions)
}

pub(in crate::explanations) fn emotions_outside(facts: &Facts) -> bool {
    facts.outside(&facts.emotions)
}

pub(in crate::explanations) fn emotions(facts: &Facts) -> bool {
    !facts.emotions.is_empty()
}
