//! `scenePacingKeyEvents`: the shots and moments that stand out.

use super::{Evidence, NULL_ONE_SHOT, NULL_SHOTS, SHOTS, curve, dynamics, patterns::PACES};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, span_key},
        measure::Measured,
    },
    metrics::{Range, define_metrics},
};
use contracts::TimeSpan;
use serde::Serialize;

const SHIFT_SHARE: f64 = 0.5;
const MONTAGE_SHOTS: usize = 3;
const MONTAGE_SECONDS: f64 = 1.5;

/// A window in which the pace differs from the one before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PacingShift {
    /// Key of the window.
    pub window: String,
    /// Cuts per ten seconds in the window before.
    pub from: f64,
    /// Cuts per ten seconds in the window.
    pub to: f64,
}

/// A run of short shots.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Montage {
    /// Beginning of the first shot, in seconds.
    pub start: f64,
    /// End of the last shot, in seconds.
    pub end: f64,
    /// Number of shots.
    pub shots: usize,
}

/// A shot of another length than those before it lead to expect.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RhythmBreak {
    /// When the shot begins, in seconds.
    pub timestamp: f64,
    /// Mean length of all shots before it, in seconds.
    pub expected_duration: f64,
    /// Its length, in seconds.
    pub actual_duration: f64,
}

/// The longest shot, the first among equals.
#[must_use]
pub fn longest(shots: &[TimeSpan]) -> Option<TimeSpan> {
    shots.iter().copied().reduce(|best, shot| {
        if shot.duration() > best.duration() {
            shot
        } else {
            best
        }
    })
}

/// The shortest shot, the first among equals.
#[must_use]
pub fn shortest(shots: &[TimeSpan]) -> Option<TimeSpan> {
    shots.iter().copied().reduce(|best, shot| {
        if shot.duration() < best.duration() {
            shot
        } else {
            best
        }
    })
}

/// Windows whose cuts per ten seconds differ by at least half from the window before; after a
/// window without a cut any cut is a shift.
#[must_use]
pub fn pacing_shifts(rates: &[(TimeSpan, f64)]) -> Vec<PacingShift> {
    rates
        .windows(2)
        .map(|pair| (pair[0].1, pair[1].1, pair[1].0))
        .filter(|(from, to, _)| from != to && (to - from).abs() >= SHIFT_SHARE * from)
        .map(|(from, to, window)| PacingShift {
            window: span_key(window),
            from,
            to,
        })
        .collect()
}

/// Centre of the window of ten seconds with the most cuts, the first among equals, as a share of
/// the video; `None` without cuts.
#[must_use]
pub fn climax_timing(windows: &[(TimeSpan, usize)], clock: Clock) -> Option<f64> {
    let most = windows.iter().map(|(_, cuts)| *cuts).max()?;
    let (window, _) = windows
        .iter()
        .find(|(_, cuts)| *cuts == most && *cuts > 0)?;
    let centre = (window.start.seconds() + window.end.seconds()) / 2.0;
    Some(centre / clock.seconds())
}

/// Runs of at least three neighbouring shots that are each shorter than 1.5 s.
#[must_use]
pub fn montages(shots: &[TimeSpan]) -> Vec<Montage> {
    shots
        .chunk_by(|a, b| is_short(a) == is_short(b))
        .filter(|run| run.len() >= MONTAGE_SHOTS && run.iter().all(is_short))
        .filter_map(|run| {
            Some(Montage {
                start: run.first()?.start.seconds(),
                end: run.last()?.end.seconds(),
                shots: run.len(),
            })
        })
        .collect()
}

fn is_short(shot: &TimeSpan) -> bool {
    shot.duration().as_secs_f64() < MONTAGE_SECONDS
}

/// Shots shorter than half the mean of all before them, or longer than twice that mean, by time.
#[must_use]
pub fn rhythm_breaks(shots: &[TimeSpan]) -> Vec<RhythmBreak> {
    let mut changes = dynamics::accelerations(shots);
    changes.extend(dynamics::decelerations(shots));
    changes.sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
    let named = |change: dynamics::PaceChange| RhythmBreak {
        timestamp: change.timestamp,
        expected_duration: change.running_mean,
        actual_duration: change.scene_duration,
    };
    changes.into_iter().map(named).collect()
}

/// The longest or shortest shot.
pub(super) fn extreme(
    evidence: &Evidence<'_>,
    of: fn(&[TimeSpan]) -> Option<TimeSpan>,
) -> Measured<TimeSpan> {
    evidence
        .of(|editing| of(editing.intervals()))
        .and_then(|shot| shot.ok_or_else(|| "there is no shot".into()))
}

fn put_paces(block: &mut Block, evidence: &Evidence<'_>) {
    let rates = evidence.of(curve::rates_of);
    let peaks = rates.clone().map(|rates| curve::peaks(&rates));
    block.put("pacingPeaks", peaks);
    let valleys = rates.clone().map(|rates| curve::valleys(&rates));
    block.put("pacingValleys", valleys);
    let transitions = rates.map(|rates| curve::transitions(&rates));
    block.put("criticalTransitions", transitions);
    let breaks = evidence.of(|editing| rhythm_breaks(editing.intervals()));
    block.put("rhythmBreaks", breaks);
}

fn put_shot(block: &mut Block, name: &str, shot: &Measured<TimeSpan>) {
    let part = |field: &str| format!("{name}.{field}");
    let seconds = |of: fn(&TimeSpan) -> f64| shot.as_ref().map(of).map_err(Clone::clone);
    block.put(
        &part("duration"),
        seconds(|shot| shot.duration().as_secs_f64()),
    );
    let key = shot
        .as_ref()
        .map(|shot| span_key(*shot))
        .map_err(Clone::clone);
    block.put(&part("timestamp"), key);
    block.put(&part("start"), seconds(|shot| shot.start.seconds()));
    block.put(&part("end"), seconds(|shot| shot.end.seconds()));
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("scenePacingKeyEvents");
    put_shot(&mut block, "longestScene", &extreme(evidence, longest));
    put_shot(&mut block, "shortestScene", &extreme(evidence, shortest));
    let shifts = evidence.of(|editing| pacing_shifts(&curve::rates_of(editing)));
    block.put("pacingShifts", shifts);
    let climax = evidence.some_of_cut(|editing| {
        let windows = dynamics::cuts_per_window(editing.clock(), editing.boundaries());
        climax_timing(&windows, editing.clock()).ok_or(super::ONE_SHOT)
    });
    block.put("climaxTiming", climax);
    block.put(
        "montageSegments",
        evidence.of(|editing| montages(editing.intervals())),
    );
    put_paces(&mut block, evidence);
    block
}

const LISTED: &str = "never, for an item that is listed";

define_metrics!(
    "scene_pacing",
    "scenePacingKeyEvents",
    [
        (
            "longestScene.duration",
            "max L",
            SHOTS,
            "s",
            Range::Above(0.0),
            NULL_SHOTS
        ),
        (
            "longestScene.timestamp",
            "the longest shot, the first among equals, widened to whole seconds",
            SHOTS,
            "s",
            Range::SpanKey,
            NULL_SHOTS
        ),
        (
            "longestScene.start",
            "its beginning",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            NULL_SHOTS
        ),
        (
            "longestScene.end",
            "its end",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            NULL_SHOTS
        ),
        (
            "shortestScene.duration",
            "min L",
            SHOTS,
            "s",
            Range::Above(0.0),
            NULL_SHOTS
        ),
        (
            "shortestScene.timestamp",
            "the shortest shot, the first among equals, widened to whole seconds",
            SHOTS,
            "s",
            Range::SpanKey,
            NULL_SHOTS
        ),
        (
            "shortestScene.start",
            "its beginning",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            NULL_SHOTS
        ),
        (
            "shortestScene.end",
            "its end",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            NULL_SHOTS
        ),
        (
            "pacingShifts[].window",
            "key of a window of 10 s whose rate differs by at least 50 % from the window before; a last window under 5 s is left out",
            SHOTS,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "pacingShifts[].from",
            "cuts per 10 s in the window before",
            SHOTS,
            "1/10 s",
            Range::AtLeast(0.0),
            LISTED
        ),
        (
            "pacingShifts[].to",
            "cuts per 10 s in the window",
            SHOTS,
            "1/10 s",
            Range::AtLeast(0.0),
            LISTED
        ),
        (
            "climaxTiming",
            "centre of the window of 10 s with the most cuts, the first among equals / D",
            SHOTS,
            "1",
            Range::Share,
            NULL_ONE_SHOT
        ),
        (
            "montageSegments[].start",
            "beginning of a run of at least 3 shots shorter than 1.5 s each",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "montageSegments[].end",
            "end of the run",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "montageSegments[].shots",
            "shots in the run",
            SHOTS,
            "shots",
            Range::count_from(3),
            LISTED
        ),
        (
            "pacingPeaks[].timestamp",
            "key of a run of windows of 10 s with one rate, higher than in the windows beside it, of which there is at least one; all of them, by time; a last window under 5 s is left out; the list is null as longestScene.start",
            SHOTS,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "pacingPeaks[].cuts",
            "cuts per 10 s in each of them",
            SHOTS,
            "1/10 s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "pacingValleys[].timestamp",
            "key of a run of windows of 10 s with one rate, lower than in the windows beside it, of which there is at least one; all of them, by time; a last window under 5 s is left out; the list is null as longestScene.start",
            SHOTS,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "pacingValleys[].cuts",
            "cuts per 10 s in each of them",
            SHOTS,
            "1/10 s",
            Range::AtLeast(0.0),
            LISTED
        ),
        (
            "criticalTransitions[].timestamp",
            "key of a window of 10 s whose pace is of another class than that of the window before; all of them, by time; a last window under 5 s is left out; the list is null as longestScene.start",
            SHOTS,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "criticalTransitions[].fromPace",
            "class of the window before, by its cuts per minute as pacingClassification",
            SHOTS,
            "name",
            PACES,
            LISTED
        ),
        (
            "criticalTransitions[].toPace",
            "class of the window",
            SHOTS,
            "name",
            PACES,
            LISTED
        ),
        (
            "rhythmBreaks[].timestamp",
            "timestamps of scenePacingDynamics.accelerationPoints and decelerationPoints, by time; the list is null as longestScene.start",
            SHOTS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "rhythmBreaks[].expectedDuration",
            "their runningMean",
            SHOTS,
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "rhythmBreaks[].actualDuration",
            "their sceneDuration",
            SHOTS,
            "s",
            Range::Above(0.0),
            LISTED
        ),
    ]
);
