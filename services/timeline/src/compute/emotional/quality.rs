//! `emotionalQuality`: how far to trust it.

use super::{EXPRESSIONS, Evidence, NULL_EXPRESSIONS, NULL_NONE};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, second_of},
        coverage::{Modality, completeness},
        events::{Events, ExpressionSeen},
        measure::Measured,
        reliability::mean_confidence,
    },
    metrics::{Range, define_metrics},
};
use std::collections::BTreeSet;

/// One expression in so many seconds makes the data complete. Few on purpose: people are not in
/// view all the time, and `timelineCoverage` says how much of it is seen. The published rule.
const SECONDS_PER_EXPRESSION: usize = 10;

/// What the journey is made from. A file without sound is not short of it.
fn needed(events: &Events) -> &'static [Modality] {
    if events.has_audio {
        &[Modality::Emotions, Modality::Gestures, Modality::Sound]
    } else {
        &[Modality::Emotions, Modality::Gestures]
    }
}

/// Share (0–1) of the seconds of the video with at least one expression; 0 of a video without any.
#[must_use]
pub fn timeline_coverage(seen: &[ExpressionSeen], clock: Clock) -> f64 {
    let seconds: BTreeSet<usize> = seen.iter().map(|one| second_of(one.time)).collect();
    seconds.len() as f64 / clock.second_count().max(1) as f64
}

/// min(1, m / ⌊D / 10⌋), where a video under 20 s needs one expression.
#[must_use]
pub fn data_completeness(expressions: usize, clock: Clock) -> f64 {
    let expected = (clock.seconds() as usize / SECONDS_PER_EXPRESSION).max(1);
    (expressions as f64 / expected as f64).min(1.0)
}

/// `low` without an expression, since there is nothing to judge; `high` if the data is complete, so
/// that every part of the journey can rest on an expression; else `medium`. It says how much was
/// seen; how sure the labels are, `detectionConfidence` says.
#[must_use]
pub fn reliability(expressions: usize, completeness: f64) -> &'static str {
    if expressions == 0 {
        "low"
    } else if completeness >= 1.0 {
        "high"
    } else {
        "medium"
    }
}

/// Completeness times the mean confidence of the labels.
pub(super) fn confidence(events: &Events) -> Measured<f64> {
    let mean = mean_confidence(events, Modality::Emotions)?;
    Ok(completeness(events, needed(events))? * mean)
}

/// What the analysis is short of.
fn missing(evidence: &Evidence<'_>) -> Vec<String> {
    let unmeasured = needed(evidence.events)
        .iter()
        .filter(|modality| evidence.events.sampled(**modality).is_err())
        .map(|modality| format!("{}_not_measured", modality.as_str()));
    let short = match &evidence.journey {
        Ok(journey) if journey.seen().is_empty() => Some("no_emotions_detected"),
        Ok(journey) if journey.labels() == 1 => Some("limited_emotional_range"),
        _ => None,
    };
    unmeasured.chain(short.map(str::to_owned)).collect()
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("emotionalQuality");
    let detection =
        evidence.some_of_shown(|_| mean_confidence(evidence.events, Modality::Emotions));
    block.put("detectionConfidence", detection);
    block.put(
        "timelineCoverage",
        evidence.of(|journey| timeline_coverage(journey.seen(), journey.clock())),
    );
    let complete = evidence.of(|journey| data_completeness(journey.seen().len(), journey.clock()));
    block.put("emotionalDataCompleteness", complete.clone());
    let reliability = evidence.of(|journey| {
        let complete = complete.unwrap_or_default();
        reliability(journey.seen().len(), complete)
    });
    block.put("analysisReliability", reliability);
    block.put("missingDataPoints", Ok(missing(evidence)));
    block.put(
        "dataCompleteness",
        completeness(evidence.events, needed(evidence.events)),
    );
    block.put("overallConfidence", evidence.confidence.clone());
    block
}

pub(super) const NULL_CONFIDENCE: &str =
    "expressions were not measured or none was seen, or the video has no duration";

define_metrics!(
    "emotional_journey",
    "emotionalQuality",
    [
        (
            "detectionConfidence",
            "mean probability of the labels of E",
            EXPRESSIONS,
            "1",
            Range::Share,
            NULL_NONE
        ),
        (
            "timelineCoverage",
            "seconds with at least one expression / seconds of the video",
            EXPRESSIONS,
            "1",
            Range::Share,
            NULL_EXPRESSIONS
        ),
        (
            "emotionalDataCompleteness",
            "min(1, m / ⌊D / 10⌋), in a video under 20 s min(1, m)",
            EXPRESSIONS,
            "1",
            Range::Share,
            NULL_EXPRESSIONS
        ),
        (
            "analysisReliability",
            "low if m = 0, high if emotionalDataCompleteness = 1, else medium",
            EXPRESSIONS,
            "name",
            Range::OneOf(&["low", "medium", "high"]),
            NULL_EXPRESSIONS
        ),
        (
            "missingDataPoints",
            "<modality>_not_measured for expressions, gestures and, if the file has audio, sound; no_emotions_detected if m = 0; limited_emotional_range if u = 1",
            "coverage, expressions",
            "names",
            Range::ListOf(&Range::OneOf(&[
                "emotions_not_measured",
                "gestures_not_measured",
                "sound_not_measured",
                "no_emotions_detected",
                "limited_emotional_range"
            ])),
            "never; empty if nothing is missing"
        ),
        (
            "dataCompleteness",
            "share of expressions, gestures and, if the file has audio, sound that was measured × mean share of seconds looked at of those",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "overallConfidence",
            "dataCompleteness × detectionConfidence",
            "coverage, expressions",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
        (
            "notMeasured.*",
            "why the field at this path is null",
            "coverage",
            "text",
            Range::REASON,
            "never; empty if nothing is null"
        ),
    ]
);
