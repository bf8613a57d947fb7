//! `densityQuality`: how far to trust it.

use super::Evidence;
use crate::{
    compute::{
        block::Block,
        coverage::{Modality, Stream, completeness},
        events::{Events, Overlay},
        measure::{Measured, Reason},
        numbers,
    },
    metrics::{Range, define_metrics},
};

/// The modalities that make up density.
const NEEDED: &[Modality] = &[
    Modality::Text,
    Modality::Stickers,
    Modality::Objects,
    Modality::Gestures,
    Modality::Emotions,
    Modality::Shots,
];

const SCORE_ONLY: &str = "shot boundaries carry a score and its threshold, not a confidence";

/// Mean confidence of the detections of a modality.
fn reliability(confidences: Measured<Vec<f64>>) -> Measured<f64> {
    numbers::mean(&confidences?).ok_or_else(|| Reason::from("nothing of the kind was detected"))
}

fn of_overlays(stream: &Stream<Vec<Overlay>>) -> Measured<f64> {
    let overlays = stream.events();
    reliability(overlays.map(|all| all.iter().map(|one| one.confidence).collect()))
}

fn of_objects(events: &Events) -> Measured<f64> {
    let objects = events.objects.events();
    reliability(objects.map(|all| all.detections.iter().map(|one| one.confidence).collect()))
}

fn of_gestures(events: &Events) -> Measured<f64> {
    let gestures = events.gestures.events();
    reliability(gestures.map(|all| all.iter().map(|one| one.confidence).collect()))
}

/// Completeness times the mean of the reliabilities that are known.
pub(super) fn confidence(events: &Events) -> Measured<f64> {
    let known: Vec<f64> = [
        of_overlays(&events.text),
        of_overlays(&events.stickers),
        of_objects(events),
        of_gestures(events),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mean =
        numbers::mean(&known).ok_or_else(|| Reason::from("no detection carries a confidence"))?;
    Ok(completeness(events, NEEDED)? * mean)
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let events = evidence.events;
    let mut block = Block::new("densityQuality");
    block.put("dataCompleteness", completeness(events, NEEDED));
    block.put(
        "detectionReliability.textOverlay",
        of_overlays(&events.text),
    );
    block.put(
        "detectionReliability.sticker",
        of_overlays(&events.stickers),
    );
    let boundaries: Measured<f64> = events.shots.events().and_then(|_| Err(SCORE_ONLY.into()));
    block.put("detectionReliability.transition", boundaries.clone());
    block.put("detectionReliability.sceneChange", boundaries);
    block.put("detectionReliability.object", of_objects(events));
    block.put("detectionReliability.gesture", of_gestures(events));
    block.put("overallConfidence", evidence.confidence.clone());
    block
}

pub(super) const NULL_CONFIDENCE: &str =
    "the video has no duration, or no detection carries a confidence";
const NULL_RELIABILITY: &str = "the modality was not measured, or nothing was detected";
const NULL_BOUNDARY: &str = "always: boundaries carry a score, not a confidence";

define_metrics!(
    "creative_density",
    "densityQuality",
    [
        (
            "dataCompleteness",
            "share of the six kinds of elements that were measured × mean share of seconds looked at of those",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "detectionReliability.textOverlay",
            "mean confidence of text tracks",
            "text",
            "1",
            Range::Share,
            NULL_RELIABILITY
        ),
        (
            "detectionReliability.sticker",
            "mean confidence of sticker tracks",
            "stickers",
            "1",
            Range::Share,
            NULL_RELIABILITY
        ),
        (
            "detectionReliability.transition",
            "none",
            "shots",
            "1",
            Range::Nothing,
            NULL_BOUNDARY
        ),
        (
            "detectionReliability.sceneChange",
            "none",
            "shots",
            "1",
            Range::Nothing,
            NULL_BOUNDARY
        ),
        (
            "detectionReliability.object",
            "mean confidence of object detections",
            "objects",
            "1",
            Range::Share,
            NULL_RELIABILITY
        ),
        (
            "detectionReliability.gesture",
            "mean confidence of gestures",
            "gestures",
            "1",
            Range::Share,
            NULL_RELIABILITY
        ),
        (
            "overallConfidence",
            "dataCompleteness × mean of the detectionReliability values that are known",
            "coverage, detections",
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
