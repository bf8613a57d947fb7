//! `densityInteractions`: what happens together.

use super::{
    Evidence,
    series::{Element, View},
};
use crate::{
    compute::{
        block::Block,
        clock::second_key,
        measure::{Measured, Reason, given_some},
    },
    metrics::{Range, define_metrics},
};
use indexmap::IndexMap;
use serde::Serialize;

const PEAK_TYPES: usize = 3;
const REINFORCING_TYPES: usize = 4;

/// Kinds that can be active together, in the order in which they are listed.
const LISTED: [Element; 5] = [
    Element::Text,
    Element::Object,
    Element::Gesture,
    Element::Expression,
    Element::Transition,
];

/// The kinds active in every second; `None` where the second was not looked at.
pub type Active = Vec<Option<Vec<&'static str>>>;

/// A second in which at least three kinds are active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MultiModalPeak {
    /// Key of the second.
    pub timestamp: String,
    /// The kinds active in it.
    pub elements: Vec<&'static str>,
    /// `reinforcing` from four kinds on, else `complementary`.
    pub sync_type: &'static str,
}

/// The kinds of which a second has at least one.
#[must_use]
pub fn active(view: &View) -> Active {
    view.seconds
        .iter()
        .map(|counts| {
            counts.map(|counts| {
                LISTED
                    .into_iter()
                    .filter(|element| counts[*element as usize] > 0)
                    .map(Element::as_str)
                    .collect()
            })
        })
        .collect()
}

/// Every second with at least three active kinds, by time.
#[must_use]
pub fn multi_modal_peaks(active: &Active) -> Vec<MultiModalPeak> {
    active
        .iter()
        .enumerate()
        .filter_map(|(second, elements)| Some((second, elements.as_ref()?)))
        .filter(|(_, elements)| elements.len() >= PEAK_TYPES)
        .map(|(second, elements)| MultiModalPeak {
            timestamp: second_key(second),
            elements: elements.clone(),
            sync_type: if elements.len() >= REINFORCING_TYPES {
                "reinforcing"
            } else {
                "complementary"
            },
        })
        .collect()
}

/// Seconds in which both kinds of a pair are active, by pair in order of first occurrence.
#[must_use]
pub fn cooccurrence(active: &Active) -> IndexMap<String, u64> {
    let mut pairs = IndexMap::new();
    for elements in active.iter().flatten() {
        for (position, first) in elements.iter().enumerate() {
            for second in &elements[position + 1..] {
                let (a, b) = (first.min(second), first.max(second));
                *pairs.entry(format!("{a}_{b}")).or_insert(0) += 1;
            }
        }
    }
    pairs
}

/// The most frequent pair, the first among equals; `none` if there is no pair.
#[must_use]
pub fn dominant_combination(pairs: &IndexMap<String, u64>) -> String {
    let most = pairs.values().max();
    pairs
        .iter()
        .find(|(_, count)| Some(*count) == most)
        .map_or_else(|| "none".into(), |(pair, _)| pair.clone())
}

/// Share (0–1) of the seconds looked at that have at least three active kinds.
#[must_use]
pub fn coordination_score(active: &Active) -> f64 {
    let known = active.iter().flatten().count().max(1);
    multi_modal_peaks(active).len() as f64 / known as f64
}

/// The active kinds, if at least `least` of those that are listed were measured.
fn measured_together(view: &View, least: usize) -> Measured<Active> {
    let measured: Vec<&str> = LISTED
        .into_iter()
        .filter(|element| view.counted.contains(element))
        .map(Element::as_str)
        .collect();
    if measured.len() < least {
        return Err(Reason::new(format!(
            "needs {least} kinds of elements, measured: {}",
            measured.join(", ")
        )));
    }
    Ok(active(view))
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("densityInteractions");
    // Without a second looked at there is a view, but nothing in it.
    let looked_at = evidence.series.as_ref().map_err(Clone::clone);
    let active_of = |least| {
        looked_at
            .clone()
            .and_then(|_| given_some(&evidence.view, |view| measured_together(view, least)))
    };
    let (pairs, peaks) = (active_of(2), active_of(PEAK_TYPES));
    block.put(
        "multiModalPeaks",
        peaks.as_ref().map(multi_modal_peaks).map_err(Clone::clone),
    );
    let pairs = pairs.map(|active| cooccurrence(&active));
    block.put("elementCooccurrence", pairs.clone());
    block.put(
        "dominantCombination",
        pairs.map(|pairs| dominant_combination(&pairs)),
    );
    block.put(
        "coordinationScore",
        peaks.map(|active| coordination_score(&active)),
    );
    evidence.put_confidence(&mut block);
    block
}

const ACTIVE: &str = "kinds with a count above zero per second, of text, object, gesture, \
                      expression, transition";
const NULL_PAIRS: &str = "as avgDensity; fewer than two of these kinds measured";
const NULL_PEAKS: &str = "as avgDensity; fewer than three of these kinds measured";
const LISTED_PEAK: &str = "never, for a second that is listed";

define_metrics!(
    "creative_density",
    "densityInteractions",
    [
        (
            "multiModalPeaks[].timestamp",
            "key of a second with at least 3 active kinds; all of them, by time; the list is null if fewer than three kinds were measured",
            ACTIVE,
            "s",
            Range::SpanKey,
            LISTED_PEAK
        ),
        (
            "multiModalPeaks[].elements",
            "the active kinds",
            ACTIVE,
            "names",
            Range::ListOf(&Range::OneOf(&[
                "text",
                "object",
                "gesture",
                "expression",
                "transition"
            ])),
            LISTED_PEAK
        ),
        (
            "multiModalPeaks[].syncType",
            "reinforcing if at least 4 kinds, else complementary",
            ACTIVE,
            "name",
            Range::OneOf(&["reinforcing", "complementary"]),
            LISTED_PEAK
        ),
        (
            "elementCooccurrence.*",
            "seconds in which both kinds of the pair are active; pairs in order of first occurrence",
            ACTIVE,
            "s",
            Range::count_from(1),
            NULL_PAIRS
        ),
        (
            "dominantCombination",
            "the pair with the most seconds, the first among equals; none without a pair",
            ACTIVE,
            "name",
            Range::Text("\"a_b\" or none"),
            NULL_PAIRS
        ),
        (
            "coordinationScore",
            "seconds with at least 3 active kinds / seconds looked at",
            ACTIVE,
            "1",
            Range::Share,
            NULL_PEAKS
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
