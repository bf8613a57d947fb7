//! `densityCoreMetrics`: how much there is.

use super::{Evidence, NULL_DENSITY, series::Series};
use crate::{
    compute::{
        block::Block,
        measure::{given, given_some},
        numbers,
    },
    metrics::{Range, define_metrics},
};

/// Σd: elements of all known seconds.
#[must_use]
pub fn total(series: &Series) -> f64 {
    series.known().iter().sum()
}

/// Σd / D: elements per second.
#[must_use]
pub fn average(series: &Series) -> f64 {
    total(series) / series.duration()
}

/// max d.
#[must_use]
pub fn maximum(series: &Series) -> f64 {
    series.known().into_iter().fold(0.0, f64::max)
}

/// min d.
#[must_use]
pub fn minimum(series: &Series) -> f64 {
    series
        .known()
        .into_iter()
        .reduce(f64::min)
        .unwrap_or_default()
}

/// Population standard deviation of d.
#[must_use]
pub fn deviation(series: &Series) -> f64 {
    numbers::population_deviation(&series.known()).unwrap_or_default()
}

/// Number of known seconds with an element in them.
#[must_use]
pub fn active_seconds(series: &Series) -> usize {
    series
        .points()
        .filter(|(_, density)| *density > 0.0)
        .count()
}

/// Share (0–1) of the known seconds with an element in them.
#[must_use]
pub fn timeline_coverage(series: &Series) -> f64 {
    active_seconds(series) as f64 / series.known().len().max(1) as f64
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("densityCoreMetrics");
    let events = evidence.events;
    block.put("avgDensity", evidence.of(average));
    block.put("maxDensity", evidence.of(maximum));
    block.put("minDensity", evidence.of(minimum));
    block.put("stdDeviation", evidence.of(deviation));
    block.put("totalElements", evidence.of(|series| total(series) as u64));
    block.put("elementsPerSecond", evidence.of(average));
    block.put("elementCounts.text", events.text.events().map(Vec::len));
    block.put(
        "elementCounts.sticker",
        events.stickers.events().map(Vec::len),
    );
    let boundaries = events.shots.events().map(|shots| shots.boundaries.len());
    block.put("elementCounts.transition", boundaries.clone());
    let objects = events.objects.events().map(|objects| objects.distinct());
    block.put("elementCounts.object", objects);
    block.put(
        "elementCounts.gesture",
        events.gestures.events().map(Vec::len),
    );
    block.put(
        "elementCounts.expression",
        events.emotions.events().map(|found| found.stretches.len()),
    );
    let counted = given(&evidence.view, |view| view.counted_names());
    block.put("countedElements", counted);
    block.put("sceneChangeCount", boundaries);
    let coverage = given_some(&evidence.series, |series| Ok(timeline_coverage(series)));
    block.put("timelineCoverage", coverage);
    evidence.put_confidence(&mut block);
    block
}

const D: &str = "density per second d: texts (but those known to be filmed), stickers, gestures visible \
                 in the second, most objects in one of its frames, 1 if an expression is known, shot boundaries";
const COUNT: &str = "the modality was not measured";

define_metrics!(
    "creative_density",
    "densityCoreMetrics",
    [
        (
            "avgDensity",
            "Σd / D, over the seconds looked at",
            D,
            "elements/s",
            Range::AtLeast(0.0),
            NULL_DENSITY
        ),
        (
            "maxDensity",
            "max d",
            D,
            "elements",
            Range::AtLeast(0.0),
            NULL_DENSITY
        ),
        (
            "minDensity",
            "min d",
            D,
            "elements",
            Range::AtLeast(0.0),
            NULL_DENSITY
        ),
        (
            "stdDeviation",
            "population standard deviation of d",
            D,
            "elements",
            Range::AtLeast(0.0),
            NULL_DENSITY
        ),
        (
            "totalElements",
            "Σd; an element visible in two seconds counts in both; only kinds named in countedElements count",
            D,
            "elements",
            Range::COUNT,
            NULL_DENSITY
        ),
        (
            "elementsPerSecond",
            "avgDensity, under its second name",
            D,
            "elements/s",
            Range::AtLeast(0.0),
            NULL_DENSITY
        ),
        (
            "elementCounts.text",
            "number of texts, those known to be filmed left out; one that returns counts once",
            "text",
            "texts",
            Range::COUNT,
            COUNT
        ),
        (
            "elementCounts.sticker",
            "number of sticker tracks",
            "stickers",
            "stickers",
            Range::COUNT,
            COUNT
        ),
        (
            "elementCounts.transition",
            "number of shot boundaries of any kind",
            "shots",
            "boundaries",
            Range::COUNT,
            COUNT
        ),
        (
            "elementCounts.object",
            "per class the larger of its number of tracks and its most detections in one frame, summed",
            "objects",
            "objects",
            Range::COUNT,
            COUNT
        ),
        (
            "elementCounts.gesture",
            "number of gestures",
            "gestures",
            "gestures",
            Range::COUNT,
            COUNT
        ),
        (
            "elementCounts.expression",
            "number of stretches with a known expression",
            "emotions",
            "expressions",
            Range::COUNT,
            COUNT
        ),
        (
            "countedElements",
            "the kinds of elements that were measured and so enter d",
            "coverage",
            "names",
            Range::ListOf(&Range::OneOf(&[
                "text",
                "object",
                "gesture",
                "transition",
                "sticker",
                "expression"
            ])),
            NULL_DENSITY
        ),
        (
            "sceneChangeCount",
            "number of shot boundaries; the beginning of the video is none",
            "shots",
            "boundaries",
            Range::COUNT,
            COUNT
        ),
        (
            "timelineCoverage",
            "seconds with d > 0 / seconds looked at",
            D,
            "1",
            Range::Share,
            NULL_DENSITY
        ),
        (
            "confidence",
            "densityQuality.overallConfidence",
            "coverage, detections",
            "1",
            Range::Share,
            super::quality::NULL_CONFIDENCE
        ),
    ]
);
