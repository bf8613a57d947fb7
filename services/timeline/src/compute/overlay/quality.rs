//! `visualOverlayQuality`: how far to trust it.

use super::{
    Evidence, LISTED, NEEDED, NULL_CONFIDENCE, NULL_NO_TEXT, NULL_TEXT, Overlays, TEXT, reading,
    telling,
};
use crate::{
    compute::{
        block::Block,
        coverage::{Modality, completeness},
        reliability, spans,
    },
    metrics::{Range, define_metrics},
};

const HIGH: f64 = 0.7;
const MEDIUM: f64 = 0.4;
const VARIETY: f64 = 0.1;
/// What enters the analysis, and what its absence is called.
const POINTS: [(Modality, &str); 4] = [
    (Modality::Text, "text_not_measured"),
    (Modality::Stickers, "stickers_not_measured"),
    (Modality::Speech, "speech_not_measured"),
    (Modality::Gestures, "gestures_not_measured"),
];

/// `low` without a text or below 0.4, `medium` below 0.7, else `high`.
#[must_use]
pub fn reliability_of(texts: usize, confidence: Option<f64>) -> &'static str {
    match confidence.filter(|_| texts > 0) {
        Some(confidence) if confidence >= HIGH => "high",
        Some(confidence) if confidence >= MEDIUM => "medium",
        _ => "low",
    }
}

/// Share (0–1) of T in which a text that says something is visible.
#[must_use]
pub fn timeline_coverage(overlays: &Overlays) -> f64 {
    let visible = telling(overlays.texts());
    let visible = visible.into_iter().flat_map(|one| &one.intervals);
    let covered = spans::union(visible.copied());
    (spans::total_seconds(&covered) / overlays.duration()).min(1.0)
}

fn missing(evidence: &Evidence<'_>) -> Vec<&'static str> {
    let unmeasured = POINTS
        .into_iter()
        .filter(|(modality, _)| {
            // What was looked at nowhere was not measured either.
            let sampled = evidence.events.sampled(*modality);
            sampled.map_or(true, |seconds| seconds.count() == 0)
        })
        .map(|(_, name)| name);
    let found = evidence.overlays.as_ref().ok();
    let none = found.is_some_and(|overlays| overlays.count() == 0);
    let alike = found.is_some_and(|overlays| {
        (overlays.distinct_texts() as f64) < VARIETY * overlays.texts().len() as f64
    });
    let findings = [("no_overlays_detected", none), ("low_text_variety", alike)];
    let findings = findings.into_iter().filter(|(_, holds)| *holds);
    findings.map(|(name, _)| name).chain(unmeasured).collect()
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("visualOverlayQuality");
    let detection =
        evidence.some_of_texts(|_| reliability::mean_confidence(evidence.events, Modality::Text));
    block.put("detectionConfidence", detection.clone());
    block.put(
        "dataCompleteness",
        completeness(evidence.events, &[Modality::Text]),
    );
    let overall = evidence.confidence(NEEDED);
    let judged = overall.clone().ok();
    block.put(
        "analysisReliability",
        evidence.of_texts(|overlays| reliability_of(overlays.texts().len(), judged)),
    );
    block.put("missingDataPoints", Ok(missing(evidence)));
    block.put("timelineCoverage", evidence.of_texts(timeline_coverage));
    block.put("overallConfidence", overall);
    block.put("textDetectionAccuracy", detection);
    let stickers = evidence
        .some_of_some(|_| reliability::mean_confidence(evidence.events, Modality::Stickers));
    block.put("stickerRecognitionRate", stickers);
    let complete = completeness(evidence.events, NEEDED);
    block.put("overlayDataCompleteness", complete);
    let issues = evidence.of_texts(|overlays| reading::issues(overlays.texts()));
    block.put("readabilityIssues", issues);
    block
}

define_metrics!(
    "visual_overlay_analysis",
    "visualOverlayQuality",
    [
        (
            "detectionConfidence",
            "mean confidence of the texts",
            TEXT,
            "1",
            Range::Share,
            NULL_NO_TEXT
        ),
        (
            "dataCompleteness",
            "share of seconds in which text was looked for; 0 if it was not measured",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "analysisReliability",
            "low without a text or if overallConfidence < 0.4, medium if < 0.7, else high",
            "coverage, text, stickers",
            "name",
            Range::OneOf(&["low", "medium", "high"]),
            NULL_TEXT
        ),
        (
            "missingDataPoints",
            "those that hold: no_overlays_detected, low_text_variety (uniqueOverlayCount < 0.1 totalTextOverlays), text_not_measured, stickers_not_measured, speech_not_measured, gestures_not_measured",
            "coverage, text, stickers",
            "names",
            Range::ListOf(&Range::OneOf(&[
                "no_overlays_detected",
                "low_text_variety",
                "text_not_measured",
                "stickers_not_measured",
                "speech_not_measured",
                "gestures_not_measured"
            ])),
            "never; empty if nothing is missing"
        ),
        (
            "timelineCoverage",
            "share of T in which a text is visible",
            TEXT,
            "1",
            Range::Share,
            NULL_TEXT
        ),
        (
            "overallConfidence",
            "as the confidence of visualOverlayCoreMetrics",
            "coverage, text, stickers",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
        (
            "textDetectionAccuracy",
            "detectionConfidence, under its second name: a mean confidence, not a share of correct readings",
            TEXT,
            "1",
            Range::Share,
            NULL_NO_TEXT
        ),
        (
            "stickerRecognitionRate",
            "mean confidence of the stickers, not a share of those found",
            "stickers",
            "1",
            Range::Share,
            "stickers were not measured, or there is no sticker"
        ),
        (
            "overlayDataCompleteness",
            "mean over text and stickers of the share of seconds in which they were looked for; 0 for one that was not measured",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "readabilityIssues[].timestamp",
            "second in which a text appears first that readingFlowScore finds too short; all of them, by time; the list is null as totalTextOverlays",
            TEXT,
            "s",
            Range::InstantKey,
            LISTED
        ),
        (
            "readabilityIssues[].start",
            "when it appears first",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "readabilityIssues[].textContent",
            "what it says",
            TEXT,
            "text",
            Range::Text("not empty"),
            LISTED
        ),
        (
            "readabilityIssues[].visibleSeconds",
            "its longest appearance",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "readabilityIssues[].neededSeconds",
            "max(1, characters / 15)",
            TEXT,
            "s",
            Range::AtLeast(1.0),
            LISTED
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
