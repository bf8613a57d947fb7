//! Dissolves: one picture turns steadily into another.

use super::{Series, Transition, mean};
use crate::config::Config;
use contracts::shots::BoundaryKind;
use std::ops::Range;

/// Lowest content value inside a dissolve.
const LOW_CONTENT: f64 = 2.0;
/// How many times the surroundings' content value a dissolve must reach.
const RAISED: f64 = 1.6;
/// Frames on either side that show the surroundings.
const SURROUNDINGS: usize = 5;
/// Share of the variance's course over time that a parabola must explain: the variance of a mix of
/// two pictures is a parabola in the share of each.
const PARABOLIC: f64 = 0.9;
/// Share of the lesser contrast of both ends that may be left in between: the mean of two unlike
/// pictures has less contrast than either.
const SAG: f64 = 0.95;
/// Largest share of the total that one frame may contribute; a cut contributes nearly all.
const LARGEST_STEP: f64 = 0.35;
/// Share of the brightness of both ends below which the picture went through black.
const DARK: f64 = 0.5;
/// Largest possible score.
const MAX_SCORE: f64 = 255.0;

/// Every dissolve, leaving out stretches that hold a cut.
pub(super) fn find(series: &Series<'_>, cuts: &[Transition], config: &Config) -> Vec<Transition> {
    raised_runs(series)
        .into_iter()
        .filter(|run| !cuts.iter().any(|cut| run.contains(&cut.frame)))
        .filter_map(|run| dissolve(series, run, config))
        .collect()
}

/// Maximal runs of frames above [`LOW_CONTENT`] and well above the quieter of both surroundings.
fn raised_runs(series: &Series<'_>) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for frame in 1..series.len() {
        if series.content(frame) < quiet_level(series, frame) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.end == frame => run.end = frame + 1,
            _ => runs.push(frame..frame + 1),
        }
    }
    runs
}

fn quiet_level(series: &Series<'_>, frame: usize) -> f64 {
    const REACH: usize = 45;
    let from = frame.saturating_sub(REACH).max(1);
    let to = (frame + REACH).min(series.len() - 1);
    let mut around: Vec<f64> = (from..=to).map(|at| series.content(at)).collect();
    around.sort_by(f64::total_cmp);
    let quartile = around.get(around.len() / 4).copied().unwrap_or_default();
    (RAISED * quartile).max(LOW_CONTENT)
}

fn dissolve(series: &Series<'_>, run: Range<usize>, config: &Config) -> Option<Transition> {
    let last = run.end - 1;
    let length = series.between(run.start - 1, last);
    let content: Vec<f64> = run.clone().map(|frame| series.content(frame)).collect();
    let total: f64 = content.iter().sum();
    let largest = content.iter().copied().fold(0.0, f64::max);
    let holds = length >= config.min_transition()
        && length <= config.max_transition()
        && total >= config.gradual_total
        && largest <= LARGEST_STEP * total
        && stands_out(series, &run, total / content.len() as f64)
        && parabolic(series, &run)
        && sags(series, &run, config.blank_deviation);
    let (kind, frame) = match darkest(series, &run) {
        Some(frame) => (BoundaryKind::Fade, (frame + 1).min(last)),
        None => (BoundaryKind::Dissolve, run.start + content.len() / 2),
    };
    holds.then(|| Transition {
        start: run.start,
        frame,
        end: last,
        kind,
        score: total.min(MAX_SCORE),
        threshold: config.gradual_total,
    })
}

/// The darkest frame, if it is far darker than both ends: then the picture went through black,
/// with something still lit on it, such as a title. A mix is never darker than both its parts.
fn darkest(series: &Series<'_>, run: &Range<usize>) -> Option<usize> {
    let brightness = |frame: &usize| series.brightness(*frame);
    let frame = run
        .clone()
        .min_by(|a, b| brightness(a).total_cmp(&brightness(b)))?;
    let ends = brightness(&(run.start - 1)).min(brightness(&(run.end - 1)));
    (brightness(&frame) <= DARK * ends).then_some(frame)
}

fn stands_out(series: &Series<'_>, run: &Range<usize>, level: f64) -> bool {
    let around = |frames: Range<usize>| {
        let values: Vec<f64> = frames.map(|frame| series.content(frame)).collect();
        mean(&values).is_none_or(|quiet| RAISED * quiet <= level)
    };
    around(run.start.saturating_sub(SURROUNDINGS).max(1)..run.start)
        && around(run.end..(run.end + SURROUNDINGS).min(series.len()))
}

/// Whether the variance of the picture follows a parabola that opens upwards.
fn parabolic(series: &Series<'_>, run: &Range<usize>) -> bool {
    let first = run.start - 1;
    let length = series.between(first, run.end - 1).as_secs_f64();
    let points: Vec<(f64, f64)> = (first..run.end)
        .map(|frame| {
            let share = series.between(first, frame).as_secs_f64() / length;
            (2.0 * share - 1.0, series.deviation(frame).powi(2))
        })
        .collect();
    parabola(&points).is_some_and(|fit| fit.curvature > 0.0 && fit.explained >= PARABOLIC)
}

struct Parabola {
    curvature: f64,
    /// Coefficient of determination, R².
    explained: f64,
}

/// Least-squares parabola through `points`; `None` if they do not determine one.
fn parabola(points: &[(f64, f64)]) -> Option<Parabola> {
    let sum = |term: &dyn Fn(f64, f64) -> f64| points.iter().map(|(x, y)| term(*x, *y)).sum();
    let power: [f64; 5] = std::array::from_fn(|n| sum(&|x, _| x.powi(n as i32)));
    let right: [f64; 3] = std::array::from_fn(|n| sum(&|x, y| x.powi(n as i32) * y));
    let [s0, s1, s2, s3, s4] = power;
    let determinant = |m: [[f64; 3]; 3]| -> f64 {
        let [[a, b, c], [d, e, f], [g, h, i]] = m;
        a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    };
    let whole = determinant([[s0, s1, s2], [s1, s2, s3], [s2, s3, s4]]);
    let [r0, r1, r2] = right;
    let constant = determinant([[r0, s1, s2], [r1, s2, s3], [r2, s3, s4]]) / whole;
    let slope = determinant([[s0, r0, s2], [s1, r1, s3], [s2, r2, s4]]) / whole;
    let curvature = determinant([[s0, s1, r0], [s1, s2, r1], [s2, s3, r2]]) / whole;
    let level = r0 / s0;
    let spread: f64 = sum(&|_, y| (y - level).powi(2));
    let rest: f64 = sum(&|x, y| (y - constant - slope * x - curvature * x * x).powi(2));
    let explained = 1.0 - rest / spread;
    explained.is_finite().then_some(Parabola {
        curvature,
        explained,
    })
}

/// Whether there is a picture at both ends and less contrast in between.
fn sags(series: &Series<'_>, run: &Range<usize>, blank: f64) -> bool {
    let ends = series
        .deviation(run.start - 1)
        .min(series.deviation(run.end - 1));
    let least = run
        .clone()
        .map(|frame| series.deviation(frame))
        .fold(f64::INFINITY, f64::min);
    ends > blank && least <= SAG * ends
}
