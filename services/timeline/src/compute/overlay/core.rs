//! `visualOverlayCoreMetrics`: how many overlays, how soon, how long.

use super::{
    Evidence, NEEDED, NO_OVERLAY, NO_TEXT, NULL_CONFIDENCE, NULL_NO_TEXT, NULL_NONE, NULL_OVERLAYS,
    NULL_TEXT, OVERLAYS, Overlays, TEXT, first_seen, layers,
};
use crate::{
    compute::{
        block::Block,
        events::Overlay,
        measure::{Measured, Reason},
        numbers, spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::MediaTime;

const SECONDS_PER_MINUTE: f64 = 60.0;

/// Different texts / texts; `None` without texts.
#[must_use]
pub fn unique_ratio(overlays: &Overlays) -> Option<f64> {
    let texts = overlays.texts().len();
    (texts > 0).then(|| overlays.distinct_texts() as f64 / texts as f64)
}

/// Mean over some overlays of the time they are visible, in seconds; `None` without overlays.
#[must_use]
pub fn average_seconds<'a>(overlays: impl IntoIterator<Item = &'a Overlay>) -> Option<f64> {
    let visible = overlays.into_iter().map(|one| {
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
    block.put("totalStickers", sticker_count(evidence));
    block.put(
        "uniqueOverlayCount",
        evidence.of_texts(Overlays::distinct_texts),
    );
    block.put("overlayDensity", evidence.of(density));
    let ratio = evidence
        .some_of_texts(|overlays| unique_ratio(overlays).ok_or_else(|| Reason::from(NO_TEXT)));
    block.put("uniqueOverlayRatio", ratio);
    let first = evidence.some_of_some(|overlays| found(overlays.starts().first().copied()));
    block.put("timeToFirstOverlay", first);
    let average = evidence.some_of_some(|overlays| found(average_seconds(overlays.all())));
    block.put("avgOverlayDuration", average);
    block.put(
        "overlayFrequency",
        evidence.of(|overlays| SECONDS_PER_MINUTE * density(overlays)),
    );
    evidence.put_confidence(&mut block, NEEDED);
    put_texts(&mut block, evidence);
    put_stickers(&mut block, evidence);
    block.put("visualComplexityScore", evidence.of(layers::mean_at_once));
    block
}

/// A measure of texts, if there is one.
fn of_text<T>(
    evidence: &Evidence<'_>,
    measure: impl FnOnce(&Overlays) -> Option<T>,
) -> Measured<T> {
    evidence.some_of_texts(|overlays| measure(overlays).ok_or_else(|| Reason::from(NO_TEXT)))
}

fn put_texts(block: &mut Block, evidence: &Evidence<'_>) {
    block.put("uniqueTexts", evidence.of_texts(Overlays::distinct_texts));
    block.put(
        "avgTextsPerSecond",
        evidence.of_texts(|overlays| overlays.texts().len() as f64 / overlays.duration()),
    );
    let first = of_text(evidence, |overlays| {
        let starts = overlays.texts().iter().map(first_seen);
        starts.min().map(MediaTime::seconds)
    });
    block.put("timeToFirstText", first);
    let average = of_text(evidence, |overlays| average_seconds(overlays.texts()));
    block.put("avgTextDisplayDuration", average);
}

fn put_stickers(block: &mut Block, evidence: &Evidence<'_>) {
    block.put("uniqueStickers", sticker_count(evidence));
    let ratio = evidence.some_of_texts(|overlays| match sticker_count(evidence)? {
        0 => Err(Reason::from("no sticker is laid over the picture")),
        stickers => Ok(overlays.texts().len() as f64 / stickers as f64),
    });
    block.put("textStickerRatio", ratio);
}

fn sticker_count(evidence: &Evidence<'_>) -> Measured<usize> {
    evidence.events.stickers.events()?;
    evidence.of(|overlays| overlays.stickers().len())
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
        (
            "uniqueTexts",
            "uniqueOverlayCount, under its second name",
            TEXT,
            "texts",
            Range::COUNT,
            NULL_TEXT
        ),
        (
            "avgTextsPerSecond",
            "totalTextOverlays / T",
            TEXT,
            "1/s",
            Range::AtLeast(0.0),
            NULL_TEXT
        ),
        (
            "timeToFirstText",
            "beginning of the first appearance of a text",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            NULL_NO_TEXT
        ),
        (
            "avgTextDisplayDuration",
            "mean over the texts of the time they are visible",
            TEXT,
            "s",
            Range::WITHIN_MEASURED,
            NULL_NO_TEXT
        ),
        (
            "uniqueStickers",
            "totalStickers, under its second name: a sticker that returns counts once there",
            "stickers",
            "stickers",
            Range::COUNT,
            "stickers were not measured"
        ),
        (
            "textStickerRatio",
            "totalTextOverlays / totalStickers",
            "text, stickers",
            "1",
            Range::AtLeast(0.0),
            "text or stickers were not measured, or there is no sticker"
        ),
        (
            "visualComplexityScore",
            "mean over T of the number of overlays visible at the same time; what is filmed does not count",
            OVERLAYS,
            "overlays",
            Range::AtLeast(0.0),
            NULL_OVERLAYS
        ),
    ]
);
