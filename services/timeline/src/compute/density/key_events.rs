//! `densityKeyEvents`: the seconds that stand out.

use super::{
    Evidence, NULL_DENSITY,
    core::{average, deviation},
    dynamics::SOFTENING,
    series::{Counts, Element, Series, View},
};
use crate::{
    compute::{block::Block, clock::second_key, measure::given},
    metrics::{Range, define_metrics},
};
use serde::Serialize;

const MAX_PEAKS: usize = 10;
const MAX_SHIFTS: usize = 10;
const MIN_DEAD_SECONDS: usize = 2;
const SHIFT_SHARE: f64 = 0.5;
const LOW_DENSITY: f64 = 2.0;
const MEDIUM_DENSITY: f64 = 5.0;

/// A second far above the average.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PeakMoment {
    /// Key of the second.
    pub timestamp: String,
    /// Its density.
    pub total_elements: u64,
    /// (d − avg) / (std + 0.001).
    pub surprise_score: f64,
    /// What it holds, by kind.
    pub element_breakdown: Breakdown,
}

/// Elements of one second by kind; null where the kind was not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breakdown {
    /// Texts.
    pub text: Option<u64>,
    /// Stickers.
    pub sticker: Option<u64>,
    /// Shot boundaries.
    pub transition: Option<u64>,
    /// Shot boundaries, under their second name.
    pub scene_change: Option<u64>,
    /// Objects.
    pub object: Option<u64>,
    /// Gestures.
    pub gesture: Option<u64>,
    /// Expressions.
    pub expression: Option<u64>,
}

/// A stretch in which nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DeadZone {
    /// Its first second.
    pub start: usize,
    /// The first second after it.
    pub end: usize,
    /// Its length in seconds.
    pub duration: usize,
}

/// A change of density level from one second to the next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DensityShift {
    /// The second of the new level.
    pub timestamp: usize,
    /// Level of the second before.
    pub from: &'static str,
    /// Level of the second.
    pub to: &'static str,
    /// |Δd| / (the larger d + 0.001).
    pub magnitude: f64,
}

/// The seconds with d > avg + std, most surprising first, at most ten: second, d and surprise.
#[must_use]
pub fn peaks(series: &Series) -> Vec<(usize, f64, f64)> {
    let (mean, spread) = (average(series), deviation(series));
    let mut peaks: Vec<(usize, f64, f64)> = series
        .points()
        .filter(|(_, density)| *density > mean + spread)
        .map(|(second, density)| (second, density, (density - mean) / (spread + SOFTENING)))
        .collect();
    peaks.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    peaks.truncate(MAX_PEAKS);
    peaks
}

/// Runs of at least two known seconds with d = 0, by time. A second that was not looked at ends a
/// run: it is not known to be dead.
#[must_use]
pub fn dead_zones(series: &Series) -> Vec<DeadZone> {
    let mut zones = Vec::new();
    let mut start = None;
    let values = series.values();
    for second in 0..=values.len() {
        let empty = values.get(second).is_some_and(|value| *value == Some(0.0));
        match (empty, start) {
            (true, None) => start = Some(second),
            (false, Some(first)) => {
                if second - first >= MIN_DEAD_SECONDS {
                    zones.push(DeadZone {
                        start: first,
                        end: second,
                        duration: second - first,
                    });
                }
                start = None;
            }
            _ => {}
        }
    }
    zones
}

/// Changes of level between neighbouring known seconds of more than half the larger density,
/// largest first, at most ten.
#[must_use]
pub fn shifts(series: &Series) -> Vec<DensityShift> {
    let mut shifts: Vec<DensityShift> = series
        .values()
        .windows(2)
        .enumerate()
        .filter_map(|(index, pair)| shift(index + 1, pair[0]?, pair[1]?))
        .collect();
    // Stable: equals stay in order of time.
    shifts.sort_by(|a, b| b.magnitude.total_cmp(&a.magnitude));
    shifts.truncate(MAX_SHIFTS);
    shifts
}

fn shift(second: usize, before: f64, after: f64) -> Option<DensityShift> {
    let magnitude = (after - before).abs() / (before.max(after) + SOFTENING);
    let (from, to) = (level(before), level(after));
    (from != to && magnitude > SHIFT_SHARE).then_some(DensityShift {
        timestamp: second,
        from,
        to,
        magnitude,
    })
}

/// `none` (0), `low` (≤ 2), `medium` (≤ 5) or `high`.
#[must_use]
pub fn level(density: f64) -> &'static str {
    if density == 0.0 {
        "none"
    } else if density <= LOW_DENSITY {
        "low"
    } else if density <= MEDIUM_DENSITY {
        "medium"
    } else {
        "high"
    }
}

fn breakdown(view: &View, counts: &Counts) -> Breakdown {
    let of = |element: Element| {
        view.counted
            .contains(&element)
            .then_some(counts[element as usize])
    };
    Breakdown {
        text: of(Element::Text),
        sticker: of(Element::Sticker),
        transition: of(Element::Transition),
        scene_change: of(Element::Transition),
        object: of(Element::Object),
        gesture: of(Element::Gesture),
        expression: of(Element::Expression),
    }
}

fn peak_moments(view: &View, series: &Series) -> Vec<PeakMoment> {
    peaks(series)
        .into_iter()
        .filter_map(|(second, density, surprise_score)| {
            let counts = view.seconds.get(second)?.as_ref()?;
            Some(PeakMoment {
                timestamp: second_key(second),
                total_elements: density as u64,
                surprise_score,
                element_breakdown: breakdown(view, counts),
            })
        })
        .collect()
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("densityKeyEvents");
    let moments = evidence.some(|series| given(&evidence.view, |view| peak_moments(view, series)));
    let listed = moments.as_ref().is_ok_and(|moments| !moments.is_empty());
    block.put("peakMoments", moments);
    if listed {
        explain_breakdown(evidence, &mut block);
    }
    block.put("deadZones", evidence.of(dead_zones));
    block.put("densityShifts", evidence.of(shifts));
    block.put("unsampledSeconds", given(&evidence.view, View::unsampled));
    evidence.put_confidence(&mut block);
    block
}

fn explain_breakdown(evidence: &Evidence<'_>, block: &mut Block) {
    for element in Element::ALL {
        if let Err(reason) = evidence.events.sampled(element.modality()) {
            let field = |name: &str| format!("peakMoments[].elementBreakdown.{name}");
            block.explain(&field(element.as_str()), reason.clone());
            if element == Element::Transition {
                block.explain(&field("scene_change"), reason);
            }
        }
    }
}

const D: &str = "density per second d";
const LISTED: &str = "never, for an item that is listed";
const KIND: &str = "the modality was not measured";

define_metrics!(
    "creative_density",
    "densityKeyEvents",
    [
        (
            "peakMoments[].timestamp",
            "key of a second with d > avgDensity + stdDeviation; the ten with the highest surpriseScore, highest first",
            D,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "peakMoments[].totalElements",
            "d of the second",
            D,
            "elements",
            Range::count_from(1),
            LISTED
        ),
        (
            "peakMoments[].surpriseScore",
            "(d − avgDensity) / (stdDeviation + 0.001)",
            D,
            "standard deviations",
            Range::Above(0.0),
            LISTED
        ),
        (
            "peakMoments[].elementBreakdown.text",
            "texts visible in the second",
            "text",
            "texts",
            Range::COUNT,
            KIND
        ),
        (
            "peakMoments[].elementBreakdown.sticker",
            "stickers visible in the second",
            "stickers",
            "stickers",
            Range::COUNT,
            KIND
        ),
        (
            "peakMoments[].elementBreakdown.transition",
            "shot boundaries in the second",
            "shots",
            "boundaries",
            Range::COUNT,
            KIND
        ),
        (
            "peakMoments[].elementBreakdown.scene_change",
            "the same as transition, under its second name",
            "shots",
            "boundaries",
            Range::COUNT,
            KIND
        ),
        (
            "peakMoments[].elementBreakdown.object",
            "most objects in one frame of the second",
            "objects",
            "objects",
            Range::COUNT,
            KIND
        ),
        (
            "peakMoments[].elementBreakdown.gesture",
            "gestures visible in the second",
            "gestures",
            "gestures",
            Range::COUNT,
            KIND
        ),
        (
            "peakMoments[].elementBreakdown.expression",
            "1 if an expression is known in the second",
            "emotions",
            "expressions",
            Range::Flag,
            KIND
        ),
        (
            "deadZones[].start",
            "first second of a run of at least 2 seconds with d = 0; all runs, by time; a second not looked at ends a run",
            D,
            "s",
            Range::COUNT,
            LISTED
        ),
        (
            "deadZones[].end",
            "first second after the run",
            D,
            "s",
            Range::count_from(2),
            LISTED
        ),
        (
            "deadZones[].duration",
            "end − start",
            D,
            "s",
            Range::count_from(2),
            LISTED
        ),
        (
            "densityShifts[].timestamp",
            "second whose level differs from the one before by a magnitude above 0.5; the ten largest, largest first",
            D,
            "s",
            Range::count_from(1),
            LISTED
        ),
        (
            "densityShifts[].from",
            "level of the second before: none (0), low (≤ 2), medium (≤ 5), high",
            D,
            "name",
            Range::OneOf(&["none", "low", "medium", "high"]),
            LISTED
        ),
        (
            "densityShifts[].to",
            "level of the second",
            D,
            "name",
            Range::OneOf(&["none", "low", "medium", "high"]),
            LISTED
        ),
        (
            "densityShifts[].magnitude",
            "|Δd| / (the larger d + 0.001)",
            D,
            "1",
            Range::Between(0.5, 1.0),
            LISTED
        ),
        (
            "unsampledSeconds",
            "seconds in which a counted kind was not looked at; they are neither dead nor alive",
            "coverage",
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
