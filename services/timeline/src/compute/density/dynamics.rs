//! `densityDynamics`: how it changes.

use super::{
    Evidence, NULL_DENSITY,
    core::{average, deviation},
    series::{Element, Series, View},
};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, given},
        numbers,
    },
    metrics::{Range, define_metrics},
};
use serde::Serialize;

/// Keeps a division by a mean of zero finite.
pub(super) const SOFTENING: f64 = 0.001;
const THIRD_RATIO: f64 = 1.5;
const OSCILLATION_SHARE: f64 = 0.5;
const PROGRESSION_SHARE: f64 = 0.25;
const ERRATIC_VOLATILITY: f64 = 1.0;

/// One second of the density curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CurvePoint {
    /// The second, from 0.
    pub second: usize,
    /// Its density; null where the second was not looked at.
    pub density: Option<u64>,
    /// The kind it holds most of; null where the second was not looked at.
    pub primary_element: Option<&'static str>,
}

/// std / (avg + 0.001).
#[must_use]
pub fn volatility(series: &Series) -> f64 {
    deviation(series) / (average(series) + SOFTENING)
}

/// `front_loaded` if the first third is over 1.5 × the last, `back_loaded` the other way round,
/// else `oscillating` if std > 0.5 · avg, else `even`.
///
/// # Errors
/// The reason, if the thirds are not known.
pub fn acceleration_pattern(series: &Series) -> Measured<&'static str> {
    let (first, last) = series.thirds()?;
    Ok(if first > THIRD_RATIO * last {
        "front_loaded"
    } else if last > THIRD_RATIO * first {
        "back_loaded"
    } else if deviation(series) > OSCILLATION_SHARE * average(series) {
        "oscillating"
    } else {
        "even"
    })
}

/// `increasing` or `decreasing` if the least-squares line changes by more than a quarter of the
/// mean from the first to the last second, else `erratic` if volatility > 1, else `stable`.
///
/// # Errors
/// The reason, if fewer than two seconds are known.
pub fn progression(series: &Series) -> Measured<&'static str> {
    let points: Vec<(f64, f64)> = series
        .points()
        .map(|(second, density)| (second as f64, density))
        .collect();
    let slope = numbers::slope(&points).ok_or("fewer than two seconds were looked at")?;
    let run = points.last().map_or(0.0, |point| point.0) - points.first().map_or(0.0, |p| p.0);
    let change = slope * run;
    let mean = numbers::mean(&series.known()).unwrap_or_default();
    Ok(if change.abs() > PROGRESSION_SHARE * mean {
        if change > 0.0 {
            "increasing"
        } else {
            "decreasing"
        }
    } else if volatility(series) > ERRATIC_VOLATILITY {
        "erratic"
    } else {
        "stable"
    })
}

/// The known seconds without any element, rising.
#[must_use]
pub fn empty_seconds(series: &Series) -> Vec<usize> {
    series
        .points()
        .filter(|(_, density)| *density == 0.0)
        .map(|(second, _)| second)
        .collect()
}

/// Density and main kind of every second.
#[must_use]
pub fn curve(view: &View) -> Vec<CurvePoint> {
    // A boundary is called a scene change here.
    let name = |element| match element {
        Element::Transition => "scene_change",
        other => other.as_str(),
    };
    view.seconds
        .iter()
        .enumerate()
        .map(|(second, counts)| CurvePoint {
            second,
            density: counts.map(|counts| counts.iter().sum()),
            primary_element: counts.map(|counts| View::primary(&counts).map_or("none", name)),
        })
        .collect()
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("densityDynamics");
    block.put("densityCurve", given(&evidence.view, curve));
    if let Some(reason) = evidence.unsampled_reason() {
        block.explain("densityCurve[].density", reason.clone());
        block.explain("densityCurve[].primaryElement", reason);
    }
    block.put("volatility", evidence.of(volatility));
    block.put("accelerationPattern", evidence.some(acceleration_pattern));
    block.put("densityProgression", evidence.some(progression));
    block.put("emptySeconds", evidence.of(empty_seconds));
    evidence.put_confidence(&mut block);
    block
}

const D: &str = "density per second d";
const SECOND: &str = "never, for a second that is listed";
const UNSAMPLED: &str = "a counted kind was not looked at in that second";
pub(super) const NULL_THIRDS: &str =
    "as avgDensity; fewer than three seconds; nothing looked at in a third";

define_metrics!(
    "creative_density",
    "densityDynamics",
    [
        (
            "densityCurve[].second",
            "position of the second",
            "clock",
            "s",
            Range::COUNT,
            SECOND
        ),
        (
            "densityCurve[].density",
            "d of the second",
            D,
            "elements",
            Range::COUNT,
            UNSAMPLED
        ),
        (
            "densityCurve[].primaryElement",
            "the kind with the highest count; among equals the first of text, object, gesture, scene_change, sticker, expression; none if d = 0",
            D,
            "name",
            Range::OneOf(&[
                "text",
                "object",
                "gesture",
                "scene_change",
                "sticker",
                "expression",
                "none"
            ]),
            UNSAMPLED
        ),
        (
            "volatility",
            "stdDeviation / (avgDensity + 0.001)",
            D,
            "1",
            Range::AtLeast(0.0),
            NULL_DENSITY
        ),
        (
            "accelerationPattern",
            "front_loaded if mean d of the first ⌊n/3⌋ seconds > 1.5 × that of the last ⌈n/3⌉; else back_loaded if the last > 1.5 × the first; else oscillating if stdDeviation > 0.5 avgDensity; else even",
            D,
            "name",
            Range::OneOf(&["front_loaded", "back_loaded", "oscillating", "even"]),
            NULL_THIRDS
        ),
        (
            "densityProgression",
            "increasing or decreasing if the least-squares line over d changes by more than 25 % of mean d from first to last second; else erratic if volatility > 1; else stable",
            D,
            "name",
            Range::OneOf(&["increasing", "decreasing", "erratic", "stable"]),
            "as avgDensity; fewer than two seconds looked at"
        ),
        (
            "emptySeconds",
            "seconds with d = 0",
            D,
            "s",
            Range::ListOf(&Range::COUNT),
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
