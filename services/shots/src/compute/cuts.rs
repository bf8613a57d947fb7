//! Frames whose content value stands out from their neighbours.

use super::{Series, Transition};
use crate::config::Config;
use contracts::shots::BoundaryKind;
use std::time::Duration;

/// Content value up to which a frame repeats the one before it, as in a video whose frames were
/// doubled to reach a higher rate.
const REPEATED: f64 = 0.05;

/// How far around a small change nothing else may move for the picture to stand still.
const STILLNESS: Duration = Duration::from_millis(400);
/// Share of a small change that must show in the picture's brightness or contrast.
const LEVEL_SHARE: f64 = 0.5;
/// Share of the content value below which value (brightness) hardly takes part in a change.
const COLOUR_ONLY: f64 = 0.25;

/// Every frame that reaches its adaptive threshold.
pub(super) fn find(series: &Series<'_>, config: &Config) -> Vec<Transition> {
    (1..series.len())
        .filter(|frame| series.content(*frame) >= config.still_floor)
        .filter_map(|frame| {
            let score = series.content(frame);
            let threshold = threshold(series, frame, config);
            (score >= threshold).then_some(Transition {
                start: frame,
                frame,
                end: frame,
                kind: BoundaryKind::Cut,
                score,
                threshold,
            })
        })
        .collect()
}

/// What the content value of `frame` must reach.
///
/// Never above the rule of PySceneDetect's `AdaptiveDetector`, `max(moving_floor, ratio ×
/// activity)`; below it only for a step on a picture that stands still.
fn threshold(series: &Series<'_>, frame: usize, config: &Config) -> f64 {
    let activity = activity(series, frame, config.neighbours);
    let floor = if shifts_level(series, frame) {
        let unrest = largest_around(series, frame);
        (config.still_floor + config.ratio * unrest).min(config.moving_floor)
    } else {
        config.moving_floor
    };
    floor.max(config.ratio * activity)
}

/// Largest content value within [`STILLNESS`] of a frame, its own left out.
fn largest_around(series: &Series<'_>, frame: usize) -> f64 {
    let near = |other: &usize| series.time(*other).distance(series.time(frame)) <= STILLNESS;
    let before = (1..frame).rev().take_while(near);
    let after = (frame + 1..series.len()).take_while(near);
    let all = before.chain(after).map(|other| series.content(other));
    all.fold(0.0, f64::max)
}

/// Whether brightness or contrast of the whole picture steps, or its colours alone do. A picture
/// that stood still and then jumps a little aside, as stuttering video does, keeps them.
fn shifts_level(series: &Series<'_>, frame: usize) -> bool {
    let before = frame - 1;
    let change = super::at(&series.signals.delta_value, frame);
    let shift = (series.brightness(frame) - series.brightness(before)).abs()
        + (series.deviation(frame) - series.deviation(before)).abs();
    shift >= LEVEL_SHARE * change || change <= COLOUR_ONLY * series.content(frame)
}

/// Mean content value of the nearest `wanted` frames on either side that are not repeats. Frames
/// that do not exist, or repeat all the way, count as zero: a still picture has no activity.
fn activity(series: &Series<'_>, frame: usize, wanted: usize) -> f64 {
    let reach = 2 * wanted;
    let side = |frames: &mut dyn Iterator<Item = usize>| -> f64 {
        frames
            .map(|neighbour| series.content(neighbour))
            .filter(|content| *content > REPEATED)
            .take(wanted)
            .sum()
    };
    let before = side(&mut (1..frame).rev().take(reach));
    let after = side(&mut (frame + 1..series.len()).take(reach));
    (before + after) / (2 * wanted) as f64
}
