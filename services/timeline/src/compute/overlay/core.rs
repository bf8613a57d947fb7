//! `visualOverlayCoreMetrics`: how many overlays, how soon, how long.

use super::{
    Evidence, NEEDED, NO_OVERLAY, NULL_CONFIDENCE, NULL_NO_TEXT, NULL_NONE, NULL_OVERLAYS,
    NULL_TEXT, OVERLAYS, Overlays, TEXT,
};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, Reason},
        numbers, spans,
    },
    metrics::{Range, define_metrics},
};

const SECONDS_PER_MINUTE: f64 = 60.0;

/// Different texts / texts; `None` without texts.
#[must_use]
pub fn unique_ratio(overlays: &Overlays) -> Option<f64> {
    let texts = overlays.texts().len();
    (texts > 0).then(|| overlays.distinct_texts() as f64 / texts as f64)
}

/// Mean over the overlays of the time they are visible, in seconds; `None` without overlays.
#[must_use]
pub fn average_seconds(overlays: &Overlays) -> Option<f64> {
    let visible = overlays.all().map(|one| {
        let visible = spans::union(one.intervals.iter().copied());
        spans::total_seconds(&visible)
    });
    numbers::mean(&visible.collect::<Vec<_>>())
}

/// Overlays per second of T.
#[must_use]
pub fn density(overlays: &Overlays) -> f64 {
    overlays.count() as f64 / overlays.duration()
}

fn found<T>(value: Option<T>) -> Measured<T> {
    value.ok_or_else(|| Reason::from(NO_OVERLAY))
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("visualOverlayCoreMetrics");
    block.put("totalOverlays", evidence.of(Overlays::count));
    let texts = evidence.of_texts(|overlays| overlays.texts().len());
    block.put("totalTextOverlays", texts);
    let stickers = evidence.events.stickers.events().and_then(|_| {
        let overlays = evidence.overlays.as_ref().map_err(Clone::clone)?;
        Ok(overlays.stickers().len())
    });
    block.put("totalStickers", stickers);
    block.put(
        "uniqueOverlayCount",
        evidence.of_texts(Overlays::distinct_texts),
    );
    block.put("overlayDensity", evidence.of(density));
    let ratio = evidence.some_of_texts(|overlays| {
        unique_ratio(overlays).ok_or_else(|| Reason::from(super::NO_TEXT))
    });
    block.put("uniqueOverlayRatio", ratio);
    let first = evidence.some_of_some(|overlays| found(overlays.starts().first().copied()));
    block.put("timeToFirstOverlay", first);
    let average = evidence.some_of_some(|overlays| found(average_seconds(overlays)));
    block.put("avgOverlayDuration", average);
    block.put(
        "overlayFrequency",
        evidence.of(|overlays| SECONDS_PER_MINUTE * density(overlays)),
    );
    evidence.put_confidence(&mut block, NEEDED);
    block
}

define_metrics!(
    "visual_overlay_analysis",
    "visualOverlayCoreMetrics",
    [
        (
            "totalOverlays",
            "texts + stickers, as far as measured; one that returns counts once",
            OVERLAYS,
            "overlays",
            Range::COUNT,
            NULL_OVERLAYS
        ),
        (
            "totalTextOverlays",
            "texts, those known to be filmed left out",
            TEXT,
            "texts",
            Range::COUNT,
            NULL_TEXT
        ),
        (
            "totalStickers",
            "stickers",
            "stickers",
            "stickers",
            Range::COUNT,
            "stickers were not measured"
        ),
        (
            "uniqueOverlayCount",
            "different texts, trimmed and in lower case",
            TEXT,
            "texts",
            Range::COUNT,
            NULL_TEXT
        ),
        (
            "overlayDensity",
            "totalOverlays / T",
            OVERLAYS,
            "1/s",
            Range::AtLeast(0.0),
            NULL_OVERLAYS
        ),
        (
            "uniqueOverlayRatio",
            "uniqueOverlayCount / totalTextOverlays",
            TEXT,
            "1",
            Range::Share,
            NULL_NO_TEXT
        ),
        (
            "timeToFirstOverlay",
            "beginning of the first appearance",
            OVERLAYS,
            "s",
            Range::WITHIN_MEASURED,
            NULL_NONE
        ),
        (
            "avgOverlayDuration",
            "mean over the overlays of the time they are visible",
            OVERLAYS,
            "s",
            Range::WITHIN_MEASURED,
            NULL_NONE
        ),
        (
            "overlayFrequency",
            "60 totalOverlays / T",
            OVERLAYS,
            "1/min",
            Range::AtLeast(0.0),
            NULL_OVERLAYS
        ),
        (
            "confidence",
            "completeness of text and stickers × mean of the mean confidences of texts and of stickers",
            "coverage, text, stickers",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
    ]
);
