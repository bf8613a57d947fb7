//! `scenePacingInteractions`: how cuts go together with everything else.

use super::{
    Editing, Evidence, SHOTS, curve,
    key_events::{PacingShift, pacing_shifts},
};
use crate::{
    compute::{
        block::Block,
        events::{Boundary, Objects, Sound},
        measure::{Measured, NO_DEFINITION, Reason, given},
        numbers,
    },
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, TimeSpan};
use serde::Serialize;
use std::time::Duration;

/// How far a cut may lie from an onset and still be on it.
pub const SYNC_TOLERANCE: Duration = Duration::from_millis(100);
const LOW_LOAD: f64 = 2.0;
const MODERATE_LOAD: f64 = 5.0;

/// A window in which the pace differs from the one before, and by how much.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PacingContrast {
    /// Key of the window.
    pub timestamp: String,
    /// Cuts per ten seconds more than in the window before.
    pub shift: f64,
}

/// Share (0–1) of the boundaries at most 0.1 s from an onset; `None` without boundaries. Onsets
/// rise.
#[must_use]
pub fn audio_visual_sync(boundaries: &[Boundary], onsets: &[MediaTime]) -> Option<f64> {
    let on_onset = |boundary: &&Boundary| {
        let next = onsets.partition_point(|onset| *onset < boundary.time);
        let neighbours = &onsets[next.saturating_sub(1)..onsets.len().min(next + 1)];
        neighbours
            .iter()
            .any(|onset| onset.distance(boundary.time) <= SYNC_TOLERANCE)
    };
    let synced = boundaries.iter().filter(on_onset).count();
    (!boundaries.is_empty()).then(|| synced as f64 / boundaries.len() as f64)
}

/// Share (0–1) of the video that lies at most 0.1 s from an onset: the sync that cuts placed
/// blindly would have. Onsets rise.
#[must_use]
pub fn expected_sync(onsets: &[MediaTime], duration: MediaTime) -> Option<f64> {
    let reach = SYNC_TOLERANCE.as_nanos() as u64;
    let (mut covered, mut until) = (0, 0);
    for onset in onsets {
        let start = onset.nanos().saturating_sub(reach).max(until);
        let end = onset.nanos().saturating_add(reach).min(duration.nanos());
        covered += end.saturating_sub(start);
        until = until.max(end);
    }
    let all = duration.nanos();
    (all > 0).then(|| covered as f64 / all as f64)
}

/// Mean over the shots that were looked at of the most objects in one of their frames; `None` if
/// no shot was.
#[must_use]
pub fn visual_load(shots: &[TimeSpan], objects: &Objects) -> Option<f64> {
    let counts = objects.per_frame();
    let most_in = |shot: &TimeSpan| {
        let first = objects.frames.partition_point(|time| *time < shot.start);
        let end = objects.frames.partition_point(|time| *time < shot.end);
        objects.frames[first..end]
            .iter()
            .map(|time| f64::from(counts.get(time).copied().unwrap_or(0)))
            .reduce(f64::max)
    };
    let loads: Vec<f64> = shots.iter().filter_map(most_in).collect();
    numbers::mean(&loads)
}

/// `low` below 2 objects per shot, `moderate` below 5, else `high`.
#[must_use]
pub fn complexity(load: f64) -> &'static str {
    if load < LOW_LOAD {
        "low"
    } else if load < MODERATE_LOAD {
        "moderate"
    } else {
        "high"
    }
}

/// The shifts of the pace by their extent.
#[must_use]
pub fn contrasts(shifts: Vec<PacingShift>) -> Vec<PacingContrast> {
    let contrast = |shift: PacingShift| PacingContrast {
        timestamp: shift.window,
        shift: shift.to - shift.from,
    };
    shifts.into_iter().map(contrast).collect()
}

fn measured_load(evidence: &Evidence<'_>) -> Measured<f64> {
    let objects = evidence.events.objects.events()?;
    let editing = evidence.editing.as_ref().map_err(Clone::clone)?;
    visual_load(editing.intervals(), objects)
        .ok_or_else(|| Reason::from("objects were looked for in no frame"))
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("scenePacingInteractions");
    let sound: Measured<&Sound> = evidence.events.sound.events();
    let sync = evidence.some_of_cut(|editing: &Editing| {
        let onsets = &sound.clone()?.onsets;
        audio_visual_sync(editing.boundaries(), onsets).ok_or(super::ONE_SHOT)
    });
    let duration = evidence.events.clock.duration();
    let expected = sound.clone().and_then(|sound| {
        expected_sync(&sound.onsets, duration).ok_or(crate::compute::measure::NO_DURATION)
    });
    let load = measured_load(evidence);
    block.put("audioVisualSync", sync);
    block.put("audioVisualSyncExpected", expected);
    block.put::<f64>(
        "beatMatching",
        Err("beats are not tracked, only onsets of energy".into()),
    );
    block.put::<f64>("emotionalPacing", Err(NO_DEFINITION));
    block.put::<f64>("narrativeFlow", Err(NO_DEFINITION));
    block.put("complexityLevel", given(&load, |load| complexity(*load)));
    block.put("visualLoadPerScene", load);
    let contrasts = evidence.of(|editing| contrasts(pacing_shifts(&curve::rates_of(editing))));
    block.put("pacingContrastMoments", contrasts);
    block
}

const NEVER_DEFINED: &str = "always: no definition that evidence supports";

define_metrics!(
    "scene_pacing",
    "scenePacingInteractions",
    [
        (
            "audioVisualSync",
            "boundaries at most 0.1 s from an energy onset / all boundaries; compare with audioVisualSyncExpected",
            "shots, sound onsets",
            "1",
            Range::Share,
            "shots or sound not measured; a video without a boundary or without audio"
        ),
        (
            "audioVisualSyncExpected",
            "share of D at most 0.1 s from an energy onset: what cuts placed blindly would score",
            "sound onsets",
            "1",
            Range::Share,
            "sound not measured; a video without audio or duration"
        ),
        (
            "beatMatching",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            "always: beats are not tracked"
        ),
        (
            "emotionalPacing",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER_DEFINED
        ),
        (
            "narrativeFlow",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER_DEFINED
        ),
        (
            "complexityLevel",
            "low if visualLoadPerScene < 2, moderate if < 5, else high",
            "shots, objects",
            "name",
            Range::OneOf(&["low", "moderate", "high"]),
            "as visualLoadPerScene"
        ),
        (
            "visualLoadPerScene",
            "mean over the shots looked at of the most objects in one of their frames",
            "shots, objects",
            "objects",
            Range::AtLeast(0.0),
            "shots or objects not measured; no frame looked at"
        ),
        (
            "pacingContrastMoments[].timestamp",
            "windows of scenePacingKeyEvents.pacingShifts, by time; the list is null where shots were not measured or the video has no duration",
            SHOTS,
            "s",
            Range::SpanKey,
            "never, for an item that is listed"
        ),
        (
            "pacingContrastMoments[].shift",
            "to − from of that shift",
            SHOTS,
            "1/10 s",
            Range::Number,
            "never, for an item that is listed"
        ),
    ]
);
