//! `densityPatterns`: what kind of video it is.

use super::{
    Evidence, NULL_DENSITY,
    core::{average, deviation},
    dynamics::{NULL_THIRDS, acceleration_pattern},
    series::Series,
};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, Reason},
    },
    metrics::{Range, define_metrics},
};

const HOOK_RATIO: f64 = 1.2;
const CRESCENDO_RATIO: f64 = 1.2;
const CONSISTENT_SHARE: f64 = 0.3;
const RHYTHMIC_SHARE: f64 = 0.2;

/// Whether the first third is over 1.2 × the average.
///
/// # Errors
/// The reason, if the thirds are not known.
pub fn strong_opening_hook(series: &Series) -> Measured<bool> {
    Ok(series.thirds()?.0 > HOOK_RATIO * average(series))
}

/// Whether the last third is over 1.2 × the first.
///
/// # Errors
/// The reason, if the thirds are not known.
pub fn crescendo_pattern(series: &Series) -> Measured<bool> {
    let (first, last) = series.thirds()?;
    Ok(last > CRESCENDO_RATIO * first)
}

/// Whether std < 0.3 · avg.
#[must_use]
pub fn consistent_pacing(series: &Series) -> bool {
    deviation(series) < CONSISTENT_SHARE * average(series)
}

/// Whether std < 0.2 · avg.
#[must_use]
pub fn rhythmic_pattern(series: &Series) -> bool {
    deviation(series) < RHYTHMIC_SHARE * average(series)
}

/// `sparse` below 1 element per second, `dense` above 5, else `moderate`.
#[must_use]
pub fn classification(average: f64) -> &'static str {
    by_range(average, (1.0, 5.0), ["sparse", "moderate", "dense"])
}

/// `minimal` below 2 elements per second, `challenging` above 4, else `optimal`.
#[must_use]
pub fn cognitive_load(average: f64) -> &'static str {
    by_range(average, (2.0, 4.0), ["minimal", "optimal", "challenging"])
}

fn by_range(value: f64, (low, high): (f64, f64), names: [&'static str; 3]) -> &'static str {
    if value < low {
        names[0]
    } else if value > high {
        names[2]
    } else {
        names[1]
    }
}

/// `density_computed` and the average with one decimal.
#[must_use]
pub fn tags(series: &Series) -> [String; 2] {
    [
        "density_computed".into(),
        format!("avg_{:.1}", average(series)),
    ]
}

/// Nothing in this version reads words.
fn final_call_to_action(evidence: &Evidence<'_>) -> Measured<bool> {
    let words = [
        evidence.events.speech.events().err(),
        evidence.events.text.events().err(),
    ];
    match words.into_iter().flatten().next() {
        Some(reason) => Err(reason),
        None => Err(Reason::from("calls to action are not searched for yet")),
    }
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("densityPatterns");
    let pattern = evidence.some(acceleration_pattern);
    block.put(
        "structuralFlags.strongOpeningHook",
        evidence.some(strong_opening_hook),
    );
    block.put(
        "structuralFlags.crescendoPattern",
        evidence.some(crescendo_pattern),
    );
    block.put(
        "structuralFlags.frontLoaded",
        pattern.clone().map(|pattern| pattern == "front_loaded"),
    );
    block.put(
        "structuralFlags.consistentPacing",
        evidence.of(consistent_pacing),
    );
    block.put(
        "structuralFlags.finalCallToAction",
        final_call_to_action(evidence),
    );
    block.put(
        "structuralFlags.rhythmicPattern",
        evidence.of(rhythmic_pattern),
    );
    block.put(
        "densityClassification",
        evidence.of(|series| classification(average(series))),
    );
    block.put("pacingStyle", pattern);
    block.put(
        "cognitiveLoadCategory",
        evidence.of(|series| cognitive_load(average(series))),
    );
    block.put("mlTags", evidence.of(tags));
    evidence.put_confidence(&mut block);
    block
}

const D: &str = "density per second d";

define_metrics!(
    "creative_density",
    "densityPatterns",
    [
        (
            "structuralFlags.strongOpeningHook",
            "mean d of the first ⌊n/3⌋ seconds > 1.2 avgDensity",
            D,
            "truth",
            Range::Boolean,
            NULL_THIRDS
        ),
        (
            "structuralFlags.crescendoPattern",
            "mean d of the last ⌈n/3⌉ seconds > 1.2 × that of the first ⌊n/3⌋",
            D,
            "truth",
            Range::Boolean,
            NULL_THIRDS
        ),
        (
            "structuralFlags.frontLoaded",
            "accelerationPattern is front_loaded",
            D,
            "truth",
            Range::Boolean,
            NULL_THIRDS
        ),
        (
            "structuralFlags.consistentPacing",
            "stdDeviation < 0.3 avgDensity",
            D,
            "truth",
            Range::Boolean,
            NULL_DENSITY
        ),
        (
            "structuralFlags.finalCallToAction",
            "a call to action is spoken or written in the last 15 % of the video",
            "speech, text",
            "truth",
            Range::Boolean,
            "always in this version: words are not read yet"
        ),
        (
            "structuralFlags.rhythmicPattern",
            "stdDeviation < 0.2 avgDensity",
            D,
            "truth",
            Range::Boolean,
            NULL_DENSITY
        ),
        (
            "densityClassification",
            "sparse if avgDensity < 1, dense if > 5, else moderate",
            D,
            "name",
            Range::OneOf(&["sparse", "moderate", "dense"]),
            NULL_DENSITY
        ),
        (
            "pacingStyle",
            "accelerationPattern, under its second name",
            D,
            "name",
            Range::OneOf(&["front_loaded", "back_loaded", "oscillating", "even"]),
            NULL_THIRDS
        ),
        (
            "cognitiveLoadCategory",
            "minimal if avgDensity < 2, challenging if > 4, else optimal",
            D,
            "name",
            Range::OneOf(&["minimal", "optimal", "challenging"]),
            NULL_DENSITY
        ),
        (
            "mlTags",
            "density_computed and avg_ with avgDensity to one decimal",
            D,
            "names",
            Range::ListOf(&Range::Text("tags")),
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
