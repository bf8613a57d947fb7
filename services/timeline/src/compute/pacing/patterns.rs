//! `scenePacingPatterns`: what kind of editing it is.

use super::{
    Editing, Evidence, NULL_ONE_SHOT, NULL_SHOTS, SHOTS,
    core::{self, Rhythm},
    curve, dynamics, key_events,
};
use crate::{
    compute::{
        block::Block,
        events::Boundary,
        measure::{Measured, NO_DEFINITION},
    },
    metrics::{Range, define_metrics},
};
use contracts::shots::BoundaryKind;

const MTV_SECONDS: f64 = 1.5;
const CLASSIC_SECONDS: f64 = 3.0;
const TREND_SCORE: f64 = 0.3;
const QUICK_SECONDS: f64 = 4.0;
const SHORT_SECONDS: f64 = 2.0;
const MEDIUM_SECONDS: f64 = 5.0;
const KINDS: [(BoundaryKind, &str); 3] = [
    (BoundaryKind::Cut, "cut"),
    (BoundaryKind::Fade, "fade"),
    (BoundaryKind::Dissolve, "dissolve"),
];

/// `mtv_style` if shots last under 1.5 s on average; else `classic_narrative` if consistent and
/// over 3 s; else `rhythmic` if consistent; else `experimental`.
#[must_use]
pub fn editing_style(average_seconds: f64, rhythm: Rhythm) -> &'static str {
    if average_seconds < MTV_SECONDS {
        "mtv_style"
    } else if rhythm != Rhythm::Consistent {
        "experimental"
    } else if average_seconds > CLASSIC_SECONDS {
        "classic_narrative"
    } else {
        "rhythmic"
    }
}

/// `slow` below 10 cuts per minute, `moderate` below 20, `fast` below 40, else `very_fast`.
#[must_use]
pub fn pacing_classification(cuts_per_minute: f64) -> &'static str {
    match cuts_per_minute {
        rate if rate < 10.0 => "slow",
        rate if rate < 20.0 => "moderate",
        rate if rate < 40.0 => "fast",
        _ => "very_fast",
    }
}

/// `accelerating` if the acceleration score is above 0.3, `decelerating` below −0.3, else
/// `steady`.
#[must_use]
pub fn pacing_pattern(acceleration_score: f64) -> &'static str {
    if acceleration_score > TREND_SCORE {
        "accelerating"
    } else if acceleration_score < -TREND_SCORE {
        "decelerating"
    } else {
        "steady"
    }
}

/// Number of shots shorter than 2 s, shorter than 5 s, and longer.
#[must_use]
pub fn shot_distribution(lengths: &[f64]) -> [usize; 3] {
    let short = lengths.iter().filter(|l| **l < SHORT_SECONDS).count();
    let below = lengths.iter().filter(|l| **l < MEDIUM_SECONDS).count();
    [short, below - short, lengths.len() - below]
}

/// Number of boundaries of a kind.
#[must_use]
pub fn transitions_of(boundaries: &[Boundary], kind: BoundaryKind) -> usize {
    boundaries.iter().filter(|b| b.kind == kind).count()
}

fn transition_types(boundaries: &[Boundary]) -> Vec<&'static str> {
    KINDS
        .into_iter()
        .filter(|(kind, _)| transitions_of(boundaries, *kind) > 0)
        .map(|(_, name)| name)
        .collect()
}

fn average(editing: &Editing) -> f64 {
    core::average_scene_duration(editing.duration(), editing.intervals().len())
}

fn classification(editing: &Editing) -> &'static str {
    let cuts = editing.boundaries().len();
    pacing_classification(core::per_minute(cuts, editing.duration()))
}

/// The pattern of an editing.
pub(super) fn pattern(editing: &Editing) -> &'static str {
    let (early, late) = dynamics::halves(&editing.cuts(), editing.duration());
    pacing_pattern(dynamics::acceleration_score(early, late))
}

/// Tags of a video with at least one boundary; none of one shot.
fn tags(editing: &Editing) -> Vec<&'static str> {
    if editing.boundaries().is_empty() {
        return Vec::new();
    }
    let fast = matches!(classification(editing), "fast" | "very_fast");
    let consistent = core::rhythm_score(&editing.lengths()).map(core::rhythm);
    let pattern = pattern(editing);
    let montage = !key_events::montages(editing.intervals()).is_empty();
    [
        ("quick_cuts", fast || average(editing) < QUICK_SECONDS),
        ("fast_paced", fast),
        ("rhythmic_editing", consistent == Some(Rhythm::Consistent)),
        ("accelerating_pace", pattern == "accelerating"),
        ("decelerating_pace", pattern == "decelerating"),
        ("has_montage_sections", montage),
        ("mtv_style", average(editing) < MTV_SECONDS),
    ]
    .into_iter()
    .filter(|(_, holds)| *holds)
    .map(|(tag, _)| tag)
    .collect()
}

/// `accelerando` if the acceleration pattern is building, else `metronomic` if shots are consistent
/// in length, else `free_form`.
#[must_use]
pub fn editing_rhythm(acceleration_pattern: &str, rhythm: Rhythm) -> &'static str {
    if acceleration_pattern == "building" {
        "accelerando"
    } else if rhythm == Rhythm::Consistent {
        "metronomic"
    } else {
        "free_form"
    }
}

/// `variable` if the class of the pace changes from one window of ten seconds to the next; else
/// the class of the whole video, where `very_fast` is fast.
#[must_use]
pub fn visual_tempo(classification: &'static str, class_changes: usize) -> &'static str {
    match (class_changes, classification) {
        (0, "very_fast") => "fast",
        (0, class) => class,
        _ => "variable",
    }
}

/// What the editing does that not every video does.
fn techniques(editing: &Editing) -> Vec<&'static str> {
    let has = |kind| transitions_of(editing.boundaries(), kind) > 0;
    let pattern = (!editing.boundaries().is_empty()).then(|| pattern(editing));
    [
        (
            "montage",
            !key_events::montages(editing.intervals()).is_empty(),
        ),
        ("acceleration", pattern == Some("accelerating")),
        ("deceleration", pattern == Some("decelerating")),
        ("fades", has(BoundaryKind::Fade)),
        ("dissolves", has(BoundaryKind::Dissolve)),
    ]
    .into_iter()
    .filter(|(_, holds)| *holds)
    .map(|(name, _)| name)
    .collect()
}

fn put_rhythm(block: &mut Block, evidence: &Evidence<'_>) {
    let rhythm = core::measured_score(evidence).map(core::rhythm);
    let editing_rhythm = rhythm.and_then(|rhythm| {
        let pattern = dynamics::measured_pattern(evidence)?;
        Ok(editing_rhythm(pattern, rhythm))
    });
    block.put("editingRhythm", editing_rhythm);
    let tempo = evidence.of(|editing| {
        let changes = curve::transitions(&curve::rates_of(editing)).len();
        visual_tempo(classification(editing), changes)
    });
    block.put("visualTempo", tempo);
    block.put("pacingTechniques", evidence.of(techniques));
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("scenePacingPatterns");
    let style: Measured<&str> = core::measured_score(evidence).and_then(|score| {
        evidence.of_cut(|editing| editing_style(average(editing), core::rhythm(score)))
    });
    block.put("editingStyle", style);
    block.put(
        "transitionTypes",
        evidence.of(|editing| transition_types(editing.boundaries())),
    );
    for (kind, name) in KINDS {
        let count = evidence.of(|editing| transitions_of(editing.boundaries(), kind));
        block.put(&format!("transitionCounts.{name}"), count);
    }
    block.put("pacingPattern", evidence.of_cut(pattern));
    block.put("pacingClassification", evidence.of(classification));
    block.put::<&str>("rhythmStructure", Err(NO_DEFINITION));
    let distribution = evidence.of(|editing| shot_distribution(&editing.lengths()));
    for (index, name) in ["short", "medium", "long"].into_iter().enumerate() {
        let count = distribution.clone().map(|counts| counts[index]);
        block.put(&format!("shotDistribution.{name}"), count);
    }
    block.put("mlTags", evidence.of(tags));
    put_rhythm(&mut block, evidence);
    block
}

/// Classes of the pace.
pub(super) const PACES: Range = Range::OneOf(&["slow", "moderate", "fast", "very_fast"]);

define_metrics!(
    "scene_pacing",
    "scenePacingPatterns",
    [
        (
            "editingStyle",
            "mtv_style if D/N < 1.5 s; else classic_narrative if consistent and D/N > 3 s; else rhythmic if consistent; else experimental",
            SHOTS,
            "name",
            Range::OneOf(&["mtv_style", "classic_narrative", "rhythmic", "experimental"]),
            NULL_ONE_SHOT
        ),
        (
            "transitionTypes",
            "the kinds of boundaries that occur",
            SHOTS,
            "names",
            Range::ListOf(&Range::OneOf(&["cut", "fade", "dissolve"])),
            NULL_SHOTS
        ),
        (
            "transitionCounts.cut",
            "boundaries from one frame to the next",
            SHOTS,
            "boundaries",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "transitionCounts.fade",
            "boundaries through a blank frame",
            SHOTS,
            "boundaries",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "transitionCounts.dissolve",
            "gradual boundaries",
            SHOTS,
            "boundaries",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "pacingPattern",
            "accelerating if accelerationScore > 0.3, decelerating if < −0.3, else steady",
            SHOTS,
            "name",
            Range::OneOf(&["accelerating", "decelerating", "steady"]),
            NULL_ONE_SHOT
        ),
        (
            "pacingClassification",
            "by 60 (N − 1) / D: slow < 10, moderate < 20, fast < 40, else very_fast",
            SHOTS,
            "name",
            PACES,
            NULL_SHOTS
        ),
        (
            "rhythmStructure",
            "none",
            "nothing",
            "name",
            Range::Nothing,
            "always: no definition that evidence supports"
        ),
        (
            "shotDistribution.short",
            "shots with L < 2 s",
            SHOTS,
            "shots",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "shotDistribution.medium",
            "shots with 2 s ≤ L < 5 s",
            SHOTS,
            "shots",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "shotDistribution.long",
            "shots with L ≥ 5 s",
            SHOTS,
            "shots",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "mlTags",
            "those that hold: quick_cuts (fast or D/N < 4 s), fast_paced (fast or very_fast), rhythmic_editing (consistent), accelerating_pace, decelerating_pace, has_montage_sections, mtv_style (D/N < 1.5 s); none without a boundary",
            SHOTS,
            "names",
            Range::ListOf(&Range::OneOf(&[
                "quick_cuts",
                "fast_paced",
                "rhythmic_editing",
                "accelerating_pace",
                "decelerating_pace",
                "has_montage_sections",
                "mtv_style",
            ])),
            NULL_SHOTS
        ),
        (
            "editingRhythm",
            "accelerando if accelerationPattern is building, else metronomic if rhythmConsistency is consistent, else free_form; never syncopated, since beats are not tracked",
            SHOTS,
            "name",
            Range::OneOf(&["metronomic", "free_form", "accelerando"]),
            NULL_ONE_SHOT
        ),
        (
            "visualTempo",
            "variable if there is at least one of scenePacingKeyEvents.criticalTransitions; else pacingClassification, where very_fast is fast",
            SHOTS,
            "name",
            Range::OneOf(&["slow", "moderate", "fast", "variable"]),
            NULL_SHOTS
        ),
        (
            "pacingTechniques",
            "those that hold: montage (one of montageSegments), acceleration and deceleration (pacingPattern), fades, dissolves (transitionCounts)",
            SHOTS,
            "names",
            Range::ListOf(&Range::OneOf(&[
                "montage",
                "acceleration",
                "deceleration",
                "fades",
                "dissolves",
            ])),
            NULL_SHOTS
        ),
    ]
);
