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
        clock::seconds_of,
        coverage::Stream,
        events::Events,
        markers::closing,
        measure::{Measured, NO_DURATION},
        phrases,
    },
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, TimeSpan};

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

/// Whether something is asked for in the last 15 % of the video. One call is enough to know it; that
/// there is none is known only if texts and speech were looked for in all of it, and what is said
/// is English.
///
/// # Errors
/// The reason, if it is not known or the video has no duration.
pub fn final_call_to_action(events: &Events) -> Measured<bool> {
    if events.clock.duration() == MediaTime::ZERO {
        return Err(NO_DURATION);
    }
    let window = closing::window(events.clock);
    let written = calls_in(&events.text, window, |texts| {
        closing::written_calls(texts, window).len()
    });
    let spoken = calls_in(&events.speech, window, |speech| {
        closing::spoken_calls(&speech.utterances, window).len()
    });
    let language = events.speech.events().ok();
    let language = language.and_then(|speech| speech.language.as_deref());
    let spoken = phrases::readable(language).and(spoken);
    match (written, spoken) {
        (Ok(true), _) | (_, Ok(true)) => Ok(true),
        (Err(reason), _) | (_, Err(reason)) => Err(reason),
        (Ok(false), Ok(false)) => Ok(false),
    }
}

/// Whether there are calls in the window, if it was looked at.
fn calls_in<T>(
    stream: &Stream<T>,
    window: TimeSpan,
    count: impl FnOnce(&T) -> usize,
) -> Measured<bool> {
    if count(stream.events()?) > 0 {
        return Ok(true);
    }
    let sampled = stream.sampled()?;
    if seconds_of(window).all(|second| sampled.contains(second)) {
        return Ok(false);
    }
    Err("no call was found, but not all of the last 15 % was looked at".into())
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
        final_call_to_action(evidence.events),
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
            "whether a call of cta_window.cta_appearances is spoken or written in the last 15 % of the video; English words",
            "speech, text",
            "truth",
            Range::Boolean,
            "no call was found, and texts or speech were not measured in all of the window, or what is said is not English; the video has no duration"
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
            Range::ListOf(&Range::Text("density_computed, avg_ and a number")),
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
