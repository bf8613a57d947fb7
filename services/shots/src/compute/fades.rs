//! Fades: contrast falls gradually to a blank frame or rises gradually from one.

use super::{Series, Transition};
use crate::config::Config;
use contracts::shots::BoundaryKind;
use std::ops::RangeInclusive;

/// Share of the full contrast at which a fade has begun or is over.
const FULL_CONTRAST: f64 = 0.8;
/// How many times the blank limit the full contrast must be, so that a dull picture is not taken
/// for a fading one.
const CLEAR_CONTRAST: f64 = 3.0;
/// Largest possible score.
const MAX_SCORE: f64 = 255.0;

/// Every fade between two pictures; one at the very beginning or end separates nothing.
pub(super) fn find(series: &Series<'_>, config: &Config) -> Vec<Transition> {
    blank_runs(series, config.blank_deviation)
        .into_iter()
        .flat_map(|blank| fade(series, blank, config))
        .filter(|fade| fade.score >= fade.threshold)
        .collect()
}

fn blank_runs(series: &Series<'_>, limit: f64) -> Vec<RangeInclusive<usize>> {
    let mut runs: Vec<RangeInclusive<usize>> = Vec::new();
    for frame in (0..series.len()).filter(|frame| series.deviation(*frame) <= limit) {
        match runs.last_mut() {
            Some(run) if *run.end() + 1 == frame => *run = *run.start()..=frame,
            _ => runs.push(frame..=frame),
        }
    }
    runs
}

fn fade(series: &Series<'_>, blank: RangeInclusive<usize>, config: &Config) -> Vec<Transition> {
    let (first, last) = (*blank.start(), *blank.end());
    let next = last + 1;
    let starts = first > 0;
    let ends = next < series.len();
    let out = gradual_before(series, first, config);
    let into = gradual_after(series, last, config);
    let long = series.between(first, last) > config.max_transition();
    let make = |start: usize, frame: usize, end: usize| Transition {
        start,
        frame,
        end,
        kind: BoundaryKind::Fade,
        score: (start..=end)
            .map(|at| series.content(at))
            .sum::<f64>()
            .min(MAX_SCORE),
        threshold: config.gradual_total,
    };
    if long {
        let left = out
            .filter(|_| starts)
            .map(|start| make(start, first, first));
        let right = into.filter(|_| ends).map(|end| make(next, next, end));
        return left.into_iter().chain(right).collect();
    }
    if !starts || !ends || (out.is_none() && into.is_none()) {
        return Vec::new();
    }
    vec![make(out.unwrap_or(first), next, into.unwrap_or(next))]
}

/// The first frame of a gradual fall of contrast that ends at the blank frame `blank`.
fn gradual_before(series: &Series<'_>, blank: usize, config: &Config) -> Option<usize> {
    let reach = (0..blank)
        .rev()
        .take_while(|frame| series.between(*frame, blank) <= config.max_transition());
    let full = last_full(series, reach, config)?;
    (series.between(full, blank) >= config.min_transition()).then_some(full + 1)
}

/// The last frame of a gradual rise of contrast that begins at the blank frame `blank`.
fn gradual_after(series: &Series<'_>, blank: usize, config: &Config) -> Option<usize> {
    let reach = (blank + 1..series.len())
        .take_while(|frame| series.between(blank, *frame) <= config.max_transition());
    let full = last_full(series, reach, config)?;
    (series.between(blank, full) >= config.min_transition()).then_some(full)
}

/// The frame nearest to the blank one that has the full contrast of the stretch, which begins
/// next to the blank frame and ends at a cut: what lies beyond is another picture.
fn last_full(
    series: &Series<'_>,
    reach: impl Iterator<Item = usize>,
    config: &Config,
) -> Option<usize> {
    let frames: Vec<usize> = reach.collect();
    let full = frames
        .iter()
        .map(|frame| series.deviation(*frame))
        .fold(0.0, f64::max);
    if full < CLEAR_CONTRAST * config.blank_deviation {
        return None;
    }
    frames
        .into_iter()
        .find(|frame| series.deviation(*frame) >= FULL_CONTRAST * full)
}
