//! `personFramingQuality`: how far to trust it.

use super::{Evidence, FACES, Framing, NO_FACE, NULL_NOBODY};
use crate::{
    compute::{
        block::Block,
        coverage::{Modality, completeness, limitations},
        events::Events,
        measure::{Measured, NO_DEFINITION},
        numbers,
    },
    metrics::{Range, define_metrics},
};
use std::collections::BTreeMap;

/// What framing is made from. A file without sound is not short of speech.
fn needed(events: &Events) -> &'static [Modality] {
    if events.has_audio {
        &[Modality::Faces, Modality::Speech]
    } else {
        &[Modality::Faces]
    }
}

/// Mean confidence of all faces of all frames, 0–1; `None` without a face.
#[must_use]
pub fn detection_confidence(framing: &Framing) -> Option<f64> {
    let faces = framing.frames().iter().flat_map(|frame| &frame.faces);
    let all: Vec<f64> = faces.map(|face| face.confidence).collect();
    numbers::mean(&all)
}

/// Share (0–1) of the faces that were followed from one frame to another: those whose track has at
/// least two; `None` without a face.
#[must_use]
pub fn tracking_consistency(framing: &Framing) -> Option<f64> {
    let mut tracks: BTreeMap<&str, usize> = BTreeMap::new();
    let mut faces = 0_usize;
    for face in framing.frames().iter().flat_map(|frame| &frame.faces) {
        faces += 1;
        if let Some(track) = &face.track {
            *tracks.entry(track).or_insert(0) += 1;
        }
    }
    let followed: usize = tracks.into_values().filter(|count| *count > 1).sum();
    (faces > 0).then(|| followed as f64 / faces as f64)
}

/// What the analysis draws on, beyond what it needs.
fn drawn_on(events: &Events) -> Vec<Modality> {
    let others = [
        Modality::Objects,
        Modality::Bodies,
        Modality::Gestures,
        Modality::Emotions,
    ];
    needed(events).iter().copied().chain(others).collect()
}

/// Completeness times the mean confidence of faces.
pub(super) fn confidence(events: &Events, framing: &Framing) -> Measured<f64> {
    let mean = detection_confidence(framing).ok_or(NO_FACE)?;
    Ok(completeness(events, needed(events))? * mean)
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("personFramingQuality");
    for score in [
        "compositionScore",
        "framingAppropriate",
        "visualEngagement",
        "professionalLevel",
        "overallScore",
    ] {
        block.put::<f64>(score, Err(NO_DEFINITION));
    }
    block.put(
        "dataCompleteness",
        completeness(evidence.events, needed(evidence.events)),
    );
    block.put(
        "detectionReliability",
        evidence.some_of_faced(detection_confidence),
    );
    let tracking = evidence.some_of_faced(tracking_consistency);
    block.put("trackingConsistency", tracking);
    block.put(
        "framingDataCompleteness",
        completeness(evidence.events, needed(evidence.events)),
    );
    let drawn_on = drawn_on(evidence.events);
    block.put(
        "analysisLimitations",
        Ok(limitations(evidence.events, &drawn_on)),
    );
    block.put("overallConfidence", evidence.confidence.clone());
    block
}

pub(super) const NULL_CONFIDENCE: &str =
    "faces were not measured or none was seen, or the video has no duration";
const NEVER: &str = "always: no definition that evidence supports";

define_metrics!(
    "person_framing",
    "personFramingQuality",
    [
        (
            "compositionScore",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "framingAppropriate",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "visualEngagement",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "professionalLevel",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "overallScore",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "dataCompleteness",
            "share of faces and, if the file has audio, speech that was measured × mean share of seconds looked at of those",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "detectionReliability",
            "mean confidence of all faces of all frames",
            FACES,
            "1",
            Range::Share,
            NULL_NOBODY
        ),
        (
            "trackingConsistency",
            "faces on a track that has at least two faces / faces of all frames",
            FACES,
            "1",
            Range::Share,
            NULL_NOBODY
        ),
        (
            "framingDataCompleteness",
            "as dataCompleteness",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "analysisLimitations",
            "what of faces, speech (if the file has audio), objects, bodies, gestures and emotions was not measured, or not in every second",
            "coverage",
            "names",
            Range::ListOf(&Range::OneOf(&[
                "faces_not_measured",
                "faces_partly_measured",
                "speech_not_measured",
                "speech_partly_measured",
                "objects_not_measured",
                "objects_partly_measured",
                "bodies_not_measured",
                "bodies_partly_measured",
                "gestures_not_measured",
                "gestures_partly_measured",
                "emotions_not_measured",
                "emotions_partly_measured",
            ])),
            "never"
        ),
        (
            "overallConfidence",
            "dataCompleteness × detectionReliability",
            "coverage, faces",
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
