//! `scenePacingKeyEvents`: the shots and moments that stand out.

use super::{Evidence, NULL_ONE_SHOT, NULL_SHOTS, SHOTS, dynamics};
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
/// A shorter rest at the end says nothing about the pace.
const LEAST_WINDOW_SHARE: f64 = 0.5;
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
/// window without a cut any cut is a shift. A last window shorter than half is left out.
#[must_use]
pub fn pacing_shifts(windows: &[(TimeSpan, usize)]) -> Vec<PacingShift> {
    let full = dynamics::WINDOW_SECONDS as f64;
    let rates: Vec<(TimeSpan, f64)> = windows
        .iter()
        .map(|(window, cuts)| (window, window.duration().as_secs_f64(), cuts))
        .filter(|(_, length, _)| *length >= LEAST_WINDOW_SHARE * full)
        .map(|(window, length, cuts)| (*window, *cuts as f64 * full / length))
        .collect();
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
    let extreme = |of: fn(&[TimeSpan]) -> Option<TimeSpan>| {
        evidence
            .of(|editing| of(editing.intervals()))
            .and_then(|shot| shot.ok_or_else(|| "there is no shot".into()))
    };
    put_shot(&mut block, "longestScene", &extreme(longest));
    put_shot(&mut block, "shortestScene", &extreme(shortest));
    let shifts = evidence.of(|editing| {
        let windows = dynamics::cuts_per_window(editing.clock(), editing.boundaries());
        pacing_shifts(&windows)
    });
    block.put("pacingShifts", shifts);
    let climax = evidence.some_of_cut(|editing| {
        let windows = dynamics::cuts_per_window(editing.clock(), editing.boundaries());
        climax_timing(&windows, editing.clock()).ok_or_else(|| "the video is one shot".into())
    });
    block.put("climaxTiming", climax);
    block.put(
        "montageSegments",
        evidence.of(|editing| montages(editing.intervals())),
    );
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
    ]
);
