//! `emotionalPatterns`: what kind of journey it is.

use super::{
    EXPRESSIONS, Evidence, Journey, LISTED, NULL_NONE, dynamics, dynamics::Peak, is_positive,
};
use crate::{
    compute::block::Block,
    metrics::{Range, define_metrics},
};

/// Labels above which a journey is complex: more than half of the seven there are. The published
/// rule.
const COMPLEX_LABELS: usize = 3;
/// Changes above which expressions vary: one there and one back are a single event. The published
/// rule.
const VARIED_CHANGES: usize = 2;
/// Gestures go with expressions if they go with most of them; the published rule.
const REINFORCED_SHARE: f64 = 0.5;
/// Share of expressions that must be new ones for a dynamic pace: at two frames a second, nearly
/// one change a second; above that of `emotionalArc`. The published rule.
const DYNAMIC_SHARE: f64 = 0.4;
/// A peak hooks viewers if it comes this early, in seconds: as early as the opening of the markers.
const HOOK_SECONDS: f64 = 5.0;

/// `steady_state` with one label, `complex_journey` with more than three, `positive_journey` if
/// joy or surprise is among them, else `discovery`.
#[must_use]
pub fn archetype(journey: &Journey) -> &'static str {
    match journey.labels() {
        0 | 1 => "steady_state",
        labels if labels > COMPLEX_LABELS => "complex_journey",
        _ if journey.seen().iter().any(|one| is_positive(one.label)) => "positive_journey",
        _ => "discovery",
    }
}

/// `steady_state` with one label, `emotional_variety` with more than two changes,
/// `gesture_reinforcement` if more than half of the expressions have a gesture near them.
#[must_use]
pub fn techniques(labels: usize, changes: usize, alignment: Option<f64>) -> Vec<&'static str> {
    [
        ("steady_state", labels == 1),
        ("emotional_variety", changes > VARIED_CHANGES),
        (
            "gesture_reinforcement",
            alignment.is_some_and(|share| share > REINFORCED_SHARE),
        ),
    ]
    .into_iter()
    .filter_map(|(name, applies)| applies.then_some(name))
    .collect()
}

/// `dynamic_pacing` if changes > 0.4 m, else `gradual_build` with more than one label, else
/// `steady_state`.
#[must_use]
pub fn strategy((changes, expressions): (usize, usize), labels: usize) -> &'static str {
    if changes as f64 > DYNAMIC_SHARE * expressions as f64 {
        "dynamic_pacing"
    } else if labels > 1 {
        "gradual_build"
    } else {
        "steady_state"
    }
}

/// Peaks in the first five seconds, by time.
#[must_use]
pub fn hooks(mut peaks: Vec<Peak>) -> Vec<Peak> {
    peaks.retain(|peak| peak.time < HOOK_SECONDS);
    peaks
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("emotionalPatterns");
    block.put("journeyArchetype", evidence.of_shown(archetype));
    let techniques = evidence.of(|journey| {
        let alignment = evidence.alignment.clone().ok();
        techniques(journey.labels(), journey.changes().len(), alignment)
    });
    block.put("emotionalTechniques", techniques);
    let strategy = evidence.of_shown(|journey| {
        let counts = (journey.changes().len(), journey.seen().len());
        strategy(counts, journey.labels())
    });
    block.put("pacingStrategy", strategy.clone());
    block.put(
        "engagementHooks",
        evidence.of(|journey| hooks(dynamics::peaks(journey))),
    );
    block.put("viewerJourneyMap", strategy);
    evidence.put_confidence(&mut block);
    block
}

define_metrics!(
    "emotional_journey",
    "emotionalPatterns",
    [
        (
            "journeyArchetype",
            "steady_state if u = 1, complex_journey if u > 3, positive_journey with joy or surprise, else discovery",
            EXPRESSIONS,
            "name",
            Range::OneOf(&[
                "steady_state",
                "complex_journey",
                "positive_journey",
                "discovery"
            ]),
            NULL_NONE
        ),
        (
            "emotionalTechniques",
            "steady_state if u = 1; emotional_variety if emotionTransitions > 2; gesture_reinforcement if gestureEmotionAlignment > 0.5",
            "expressions, gestures",
            "names",
            Range::ListOf(&Range::OneOf(&[
                "steady_state",
                "emotional_variety",
                "gesture_reinforcement"
            ])),
            "as uniqueEmotions"
        ),
        (
            "pacingStrategy",
            "dynamic_pacing if emotionTransitions > 0.4 m, else gradual_build if u > 1, else steady_state",
            EXPRESSIONS,
            "name",
            Range::OneOf(&["dynamic_pacing", "gradual_build", "steady_state"]),
            NULL_NONE
        ),
        (
            "engagementHooks[].timestamp",
            "as peakEmotionMoments, those in the first 5 s; the list is null as uniqueEmotions",
            EXPRESSIONS,
            "s",
            Range::InstantKey,
            LISTED
        ),
        (
            "engagementHooks[].time",
            "time of the expression",
            EXPRESSIONS,
            "s",
            Range::Between(0.0, 5.0),
            LISTED
        ),
        (
            "engagementHooks[].emotion",
            "its label",
            EXPRESSIONS,
            "name",
            Range::EMOTION_NOT_NEUTRAL,
            LISTED
        ),
        (
            "engagementHooks[].intensity",
            "1 − its probability of neutral",
            EXPRESSIONS,
            "1",
            Range::Share,
            LISTED
        ),
        (
            "viewerJourneyMap",
            "pacingStrategy",
            EXPRESSIONS,
            "name",
            Range::OneOf(&["dynamic_pacing", "gradual_build", "steady_state"]),
            NULL_NONE
        ),
        (
            "confidence",
            "emotionalQuality.overallConfidence",
            "coverage, expressions",
            "1",
            Range::Share,
            super::quality::NULL_CONFIDENCE
        ),
    ]
);
