//! `scenePacingDynamics`: how the pace changes.

use super::{Evidence, NULL_ONE_SHOT, NULL_SHOTS, SHOTS, core, curve, patterns};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, span_key},
        events::Boundary,
        measure::{Measured, NO_DEFINITION},
        numbers,
    },
    metrics::{Range, define_metrics},
};
use contracts::TimeSpan;
use serde::Serialize;

/// Length of the windows in which cuts are counted, in seconds.
pub const WINDOW_SECONDS: usize = 10;
const FASTER_SHARE: f64 = 0.5;
const SLOWER_SHARE: f64 = 2.0;
const EDGE_SECONDS: f64 = 3.0;
const ZONE_SHARE: f64 = 0.8;

/// Cuts in one window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WindowCuts {
    /// Key of the window.
    pub window: String,
    /// Boundaries in it.
    pub cuts: usize,
}

/// A boundary at which shots become much shorter or longer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PaceChange {
    /// When the shot begins, in seconds.
    pub timestamp: f64,
    /// Its length in seconds.
    pub scene_duration: f64,
    /// Mean length of all shots before it, in seconds.
    pub running_mean: f64,
}

/// Boundaries in every window of ten seconds.
#[must_use]
pub fn cuts_per_window(clock: Clock, boundaries: &[Boundary]) -> Vec<(TimeSpan, usize)> {
    let mut rest = boundaries;
    clock
        .windows(WINDOW_SECONDS)
        .into_iter()
        .map(|window| {
            let (inside, after) = rest.split_at(rest.partition_point(|b| b.time < window.end));
            rest = after;
            (window, inside.len())
        })
        .collect()
}

/// Boundaries whose next shot is shorter than half the mean of all before it.
#[must_use]
pub fn accelerations(shots: &[TimeSpan]) -> Vec<PaceChange> {
    pace_changes(shots, |length, mean| length < FASTER_SHARE * mean)
}

/// Boundaries whose next shot is longer than twice the mean of all before it.
#[must_use]
pub fn decelerations(shots: &[TimeSpan]) -> Vec<PaceChange> {
    pace_changes(shots, |length, mean| length > SLOWER_SHARE * mean)
}

fn pace_changes(shots: &[TimeSpan], changes: impl Fn(f64, f64) -> bool) -> Vec<PaceChange> {
    shots
        .iter()
        .enumerate()
        .skip(1)
        .map(|(before, shot)| PaceChange {
            timestamp: shot.start.seconds(),
            scene_duration: shot.duration().as_secs_f64(),
            // Shots follow one another from zero on.
            running_mean: shot.start.seconds() / before as f64,
        })
        .filter(|change| changes(change.scene_duration, change.running_mean))
        .collect()
}

/// Cuts in the first half, and from the middle on.
#[must_use]
pub fn halves(cuts: &[f64], duration: f64) -> (usize, usize) {
    let early = cuts.iter().filter(|cut| **cut < duration / 2.0).count();
    (early, cuts.len() - early)
}

/// (late − early) / early; 1 if all cuts are late, 0 if there are none.
#[must_use]
pub fn acceleration_score(early: usize, late: usize) -> f64 {
    match (early, late) {
        (0, 0) => 0.0,
        (0, _) => 1.0,
        _ => (late as f64 - early as f64) / early as f64,
    }
}

/// Keys of the windows with at least 80 % of the most cuts in one; none if there are no cuts.
#[must_use]
pub fn cut_density_zones(windows: &[(TimeSpan, usize)]) -> Vec<String> {
    let most = windows.iter().map(|(_, cuts)| *cuts).max().unwrap_or(0);
    windows
        .iter()
        .filter(|(_, cuts)| *cuts > 0 && *cuts as f64 >= ZONE_SHARE * most as f64)
        .map(|(window, _)| span_key(*window))
        .collect()
}

/// How the pace goes: `building` if shots follow faster in the second half (acceleration score
/// above 0.3), `declining` if slower (below −0.3), else `steady` if they are consistent in length,
/// else `variable`.
#[must_use]
pub fn acceleration_pattern(score: f64, rhythm: core::Rhythm) -> &'static str {
    match (patterns::pacing_pattern(score), rhythm) {
        ("accelerating", _) => "building",
        ("decelerating", _) => "declining",
        (_, core::Rhythm::Consistent) => "steady",
        _ => "variable",
    }
}

/// The acceleration pattern of shots with at least one boundary between them.
pub(super) fn measured_pattern(evidence: &Evidence<'_>) -> Measured<&'static str> {
    let rhythm = core::measured_score(evidence).map(core::rhythm)?;
    evidence.of_cut(|editing| {
        let (early, late) = halves(&editing.cuts(), editing.duration());
        acceleration_pattern(acceleration_score(early, late), rhythm)
    })
}

/// The curve of the pace, and how even it is.
fn put_curve(block: &mut Block, evidence: &Evidence<'_>) {
    let points = evidence.of(|editing| curve::curve(editing.clock(), editing.boundaries()));
    if points
        .as_ref()
        .is_ok_and(|points| points.iter().any(|point| point.intensity.is_none()))
    {
        block.explain("pacingCurve[].intensity", super::ONE_SHOT);
    }
    block.put("pacingCurve", points);
    block.put("accelerationPattern", measured_pattern(evidence));
    let of_cut = |formula: fn(&[f64]) -> Option<f64>| {
        evidence.some_of_cut(|editing| formula(&editing.lengths()).ok_or(super::ONE_SHOT))
    };
    block.put("rhythmRegularity", of_cut(curve::regularity));
    let momentum = evidence.of_cut(|editing| match patterns::pattern(editing) {
        "steady" => "maintaining",
        trend => trend,
    });
    block.put("pacingMomentum", momentum);
    block.put("dynamicRange", of_cut(curve::dynamic_range));
}

/// How the cuts share out between the halves of the video.
fn put_tempo(block: &mut Block, evidence: &Evidence<'_>) {
    let halves = evidence.of_cut(|editing| halves(&editing.cuts(), editing.duration()));
    let score = |(early, late)| acceleration_score(early, late);
    let balance = |(early, late): (usize, usize)| early as f64 / (early + late).max(1) as f64;
    block.put("accelerationScore", halves.clone().map(score));
    block.put("tempoBalance.earlyCuts", halves.clone().map(|both| both.0));
    block.put("tempoBalance.lateCuts", halves.clone().map(|both| both.1));
    block.put("tempoBalance.balanceIndex", halves.map(balance));
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("scenePacingDynamics");
    let windows = evidence.of(|editing| cuts_per_window(editing.clock(), editing.boundaries()));
    let progression = windows.clone().map(|windows| {
        let named = |(window, cuts)| WindowCuts {
            window: span_key(window),
            cuts,
        };
        windows.into_iter().map(named).collect::<Vec<_>>()
    });
    block.put("pacingProgression", progression);
    let rhythm = core::measured_score(evidence).map(core::rhythm);
    let regular = rhythm.map(|rhythm| match rhythm {
        core::Rhythm::Consistent => "regular",
        core::Rhythm::Varied | core::Rhythm::Erratic => "irregular",
    });
    block.put("sceneRhythm", regular);
    block.put::<&str>("temporalFlow", Err(NO_DEFINITION));
    block.put(
        "accelerationPoints",
        evidence.of(|editing| accelerations(editing.intervals())),
    );
    block.put(
        "decelerationPoints",
        evidence.of(|editing| decelerations(editing.intervals())),
    );
    put_tempo(&mut block, evidence);
    let intro = |editing: &super::Editing| {
        let cuts = editing.cuts();
        cuts.iter().filter(|cut| **cut < EDGE_SECONDS).count()
    };
    let outro = |editing: &super::Editing| {
        let from = editing.duration() - EDGE_SECONDS;
        editing.cuts().iter().filter(|cut| **cut > from).count()
    };
    block.put("introCuts", evidence.of(intro));
    block.put("outroCuts", evidence.of(outro));
    block.put(
        "cutDensityZones",
        windows.map(|windows| cut_density_zones(&windows)),
    );
    let deviation = evidence.some_of_cut(|editing| {
        numbers::sample_deviation(&editing.lengths()).ok_or(super::ONE_SHOT)
    });
    block.put("sceneDurationDeviation", deviation);
    put_curve(&mut block, evidence);
    block
}

const LISTED: &str = "never, for an item that is listed";

define_metrics!(
    "scene_pacing",
    "scenePacingDynamics",
    [
        (
            "pacingProgression[].window",
            "key of an exact window of 10 s; the last one ends with the video",
            "clock",
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "pacingProgression[].cuts",
            "boundaries in the window",
            SHOTS,
            "boundaries",
            Range::COUNT,
            LISTED
        ),
        (
            "sceneRhythm",
            "regular if rhythmConsistency is consistent, else irregular",
            SHOTS,
            "name",
            Range::OneOf(&["regular", "irregular"]),
            NULL_ONE_SHOT
        ),
        (
            "temporalFlow",
            "none",
            "nothing",
            "name",
            Range::Nothing,
            "always: no definition that evidence supports"
        ),
        (
            "accelerationPoints[].timestamp",
            "beginning of a shot shorter than half the mean of all shots before it; by time",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "accelerationPoints[].sceneDuration",
            "length of that shot",
            SHOTS,
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "accelerationPoints[].runningMean",
            "mean length of all shots before it",
            SHOTS,
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "decelerationPoints[].timestamp",
            "beginning of a shot longer than twice the mean of all shots before it; by time",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "decelerationPoints[].sceneDuration",
            "length of that shot",
            SHOTS,
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "decelerationPoints[].runningMean",
            "mean length of all shots before it",
            SHOTS,
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "accelerationScore",
            "(cuts from D/2 on − cuts before) / cuts before; 1 if there are none before",
            SHOTS,
            "1",
            Range::AtLeast(-1.0),
            NULL_ONE_SHOT
        ),
        (
            "tempoBalance.earlyCuts",
            "boundaries before D/2",
            SHOTS,
            "boundaries",
            Range::COUNT,
            NULL_ONE_SHOT
        ),
        (
            "tempoBalance.lateCuts",
            "boundaries from D/2 on",
            SHOTS,
            "boundaries",
            Range::COUNT,
            NULL_ONE_SHOT
        ),
        (
            "tempoBalance.balanceIndex",
            "earlyCuts / all boundaries",
            SHOTS,
            "1",
            Range::Share,
            NULL_ONE_SHOT
        ),
        (
            "introCuts",
            "boundaries before 3 s",
            SHOTS,
            "boundaries",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "outroCuts",
            "boundaries after D − 3 s",
            SHOTS,
            "boundaries",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "cutDensityZones",
            "windows of 10 s with at least 80 % of the most cuts in one",
            SHOTS,
            "s",
            Range::ListOf(&Range::SpanKey),
            NULL_SHOTS
        ),
        (
            "sceneDurationDeviation",
            "sample standard deviation of L",
            SHOTS,
            "s",
            Range::AtLeast(0.0),
            NULL_ONE_SHOT
        ),
        (
            "pacingCurve[].second",
            "every second, by time; the last one ends with the video; the list is null as introCuts",
            "clock",
            "s",
            Range::COUNT,
            LISTED
        ),
        (
            "pacingCurve[].cutsPerSecond",
            "boundaries in the second",
            SHOTS,
            "boundaries",
            Range::COUNT,
            LISTED
        ),
        (
            "pacingCurve[].intensity",
            "cutsPerSecond / the largest of all seconds",
            SHOTS,
            "1",
            Range::Share,
            "a video without a boundary"
        ),
        (
            "accelerationPattern",
            "building if accelerationScore > 0.3, declining if < −0.3, else steady if rhythmConsistency is consistent, else variable",
            SHOTS,
            "name",
            Range::OneOf(&["steady", "building", "declining", "variable"]),
            NULL_ONE_SHOT
        ),
        (
            "rhythmRegularity",
            "1 − mean over neighbouring shots of the difference of their L / their sum (normalised pairwise variability index)",
            SHOTS,
            "1",
            Range::Share,
            NULL_ONE_SHOT
        ),
        (
            "pacingMomentum",
            "as scenePacingPatterns.pacingPattern, where steady is maintaining",
            SHOTS,
            "name",
            Range::OneOf(&["maintaining", "accelerating", "decelerating"]),
            NULL_ONE_SHOT
        ),
        (
            "dynamicRange",
            "max L / min L",
            SHOTS,
            "1",
            Range::AtLeast(1.0),
            NULL_ONE_SHOT
        ),
    ]
);
