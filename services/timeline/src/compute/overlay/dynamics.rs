//! `visualOverlayDynamics`: when overlays come.

use super::{
    Evidence, LISTED, NEEDED, NULL_CONFIDENCE, NULL_NONE, NULL_OVERLAYS, OVERLAYS, Overlays,
    key_events, layers, pace,
};
use crate::{
    compute::{
        block::Block,
        clock::span_key,
        measure::{Measured, Reason},
        numbers, spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::TimeSpan;
use serde::Serialize;

/// Number of equal windows in which overlays are counted.
pub const WINDOWS: u32 = 10;
const FASTER: f64 = 1.3;
const SLOWER: f64 = 0.7;
const RUN_SECONDS: f64 = 2.0;
const RUN_OVERLAYS: usize = 3;

/// Overlays in one window.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WindowOverlays {
    /// Key of the window, widened to whole seconds.
    pub timestamp: String,
    /// Its beginning, in seconds.
    pub start: f64,
    /// Its end, in seconds.
    pub end: f64,
    /// Overlays visible in it.
    pub overlay_count: usize,
    /// The same per second.
    pub density: f64,
}

/// Appearances that follow one another closely.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Run {
    /// Beginning of the first appearance, in seconds.
    pub start: f64,
    /// Beginning of the last, in seconds.
    pub end: f64,
    /// Number of appearances.
    pub appearances: usize,
}

/// Overlays visible in each of ten equal windows.
#[must_use]
pub fn progression(overlays: &Overlays) -> Vec<WindowOverlays> {
    let windows = spans::equal_windows(overlays.clock(), WINDOWS).into_iter();
    windows
        .filter(|window| window.start < window.end)
        .map(|window| {
            let overlay_count = overlays.all().filter(|one| visible(one, window)).count();
            WindowOverlays {
                timestamp: span_key(window),
                start: window.start.seconds(),
                end: window.end.seconds(),
                overlay_count,
                density: overlay_count as f64 / spans::length(window),
            }
        })
        .collect()
}

fn visible(overlay: &crate::compute::events::Overlay, window: TimeSpan) -> bool {
    let mut intervals = overlay.intervals.iter();
    intervals.any(|span| spans::overlap(*span, window))
}

/// 1 − sample standard deviation / mean of the gaps between rising starts, at least 0; `None` of
/// fewer than two gaps or if nothing lies between the starts.
#[must_use]
pub fn rhythm(starts: &[f64]) -> Option<f64> {
    let gaps: Vec<f64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = numbers::mean(&gaps).filter(|mean| *mean > 0.0)?;
    let deviation = numbers::sample_deviation(&gaps)?;
    Some((1.0 - deviation / mean).clamp(0.0, 1.0))
}

/// `accelerating` if the second half of the counts is on average more than 1.3 times the first,
/// `decelerating` if less than 0.7 times, else `stable`.
#[must_use]
pub fn acceleration(counts: &[usize]) -> &'static str {
    let mean = |counts: &[usize]| {
        let counts: Vec<f64> = counts.iter().map(|count| *count as f64).collect();
        numbers::mean(&counts).unwrap_or(0.0)
    };
    let (first, second) = counts.split_at(counts.len() / 2);
    let (first, second) = (mean(first), mean(second));
    if second > FASTER * first {
        "accelerating"
    } else if second < SLOWER * first {
        "decelerating"
    } else {
        "stable"
    }
}

/// The third of T in which most appearances begin, or `balanced` if no third has most; `None`
/// without appearances.
#[must_use]
pub fn distribution(starts: &[f64], duration: f64) -> Option<&'static str> {
    let mut thirds = [0_usize; 3];
    for start in starts {
        let third = (3.0 * start / duration) as usize;
        thirds[third.min(2)] += 1;
    }
    let most = thirds.into_iter().max().filter(|most| *most > 0)?;
    let names = ["front_loaded", "middle_loaded", "back_loaded"];
    let leading = || (0..3).filter(|third| thirds[*third] == most);
    Some(match (leading().next(), leading().count()) {
        (Some(third), 1) => names[third],
        _ => "balanced",
    })
}

/// Runs of at least three appearances that begin less than 2 s after the first of the run.
/// Starts rise; every appearance belongs to one run at most.
#[must_use]
pub fn runs(starts: &[f64]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut rest = starts;
    while let Some(first) = rest.first() {
        let near = rest.partition_point(|start| start - first < RUN_SECONDS);
        if near >= RUN_OVERLAYS {
            runs.push(Run {
                start: *first,
                end: rest[near - 1],
                appearances: near,
            });
        }
        let taken = if near >= RUN_OVERLAYS { near } else { 1 };
        rest = rest.get(taken..).unwrap_or_default();
    }
    runs
}

/// How counts change over the windows.
pub(super) fn measured_acceleration(evidence: &Evidence<'_>) -> Measured<&'static str> {
    evidence.of_some(|overlays| {
        let windows = progression(overlays);
        let counts: Vec<usize> = windows.iter().map(|window| window.overlay_count).collect();
        acceleration(&counts)
    })
}

/// How regularly overlays come.
pub(super) fn measured_rhythm(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence.some_of_some(|overlays| {
        rhythm(&overlays.starts())
            .ok_or_else(|| Reason::from("fewer than two gaps between appearances"))
    })
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("visualOverlayDynamics");
    block.put("overlayProgression", evidence.of(progression));
    block.put("rhythmConsistency", measured_rhythm(evidence));
    block.put("overlayAcceleration", measured_acceleration(evidence));
    let distribution = evidence.some_of_some(|overlays| {
        distribution(&overlays.starts(), overlays.duration())
            .ok_or_else(|| Reason::from(super::NO_OVERLAY))
    });
    block.put("temporalDistribution", distribution);
    block.put(
        "burstPatterns",
        evidence.of(|overlays| runs(&overlays.starts()).len()),
    );
    evidence.put_confidence(&mut block, NEEDED);
    block.put("overlayTimeline", evidence.of(layers::timeline));
    block.put(
        "appearancePattern",
        measured_variation(evidence).map(pace::appearance_pattern),
    );
    let progression = measured_acceleration(evidence).and_then(|acceleration| {
        let has_peak =
            evidence.of(|overlays| !key_events::peaks(&progression(overlays)).is_empty());
        Ok(pace::density_progression(acceleration, has_peak?))
    });
    block.put("densityProgression", progression);
    let pacing = evidence.some_of_some(|overlays| {
        pace::visual_pacing(&overlays.starts(), overlays.duration())
            .ok_or_else(|| Reason::from(super::NO_OVERLAY))
    });
    block.put("visualPacing", pacing);
    block
}

fn measured_variation(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence.some_of_some(|overlays| {
        pace::variation(&overlays.starts())
            .ok_or_else(|| Reason::from("fewer than three appearances"))
    })
}

define_metrics!(
    "visual_overlay_analysis",
    "visualOverlayDynamics",
    [
        (
            "overlayProgression[].timestamp",
            "key of one of 10 equal windows of T, widened to whole seconds",
            "clock",
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "overlayProgression[].start",
            "beginning of the window",
            "clock",
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "overlayProgression[].end",
            "its end",
            "clock",
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "overlayProgression[].overlayCount",
            "overlays visible in it",
            OVERLAYS,
            "overlays",
            Range::COUNT,
            LISTED
        ),
        (
            "overlayProgression[].density",
            "overlayCount / length of the window",
            OVERLAYS,
            "1/s",
            Range::AtLeast(0.0),
            LISTED
        ),
        (
            "rhythmConsistency",
            "1 − sample standard deviation / mean of the gaps between the beginnings of appearances, at least 0",
            OVERLAYS,
            "1",
            Range::Share,
            "as timeToFirstOverlay; fewer than three appearances, or all at once"
        ),
        (
            "overlayAcceleration",
            "accelerating if the mean overlayCount of the last 5 windows > 1.3 × that of the first 5, decelerating if < 0.7 ×, else stable",
            OVERLAYS,
            "name",
            Range::OneOf(&["accelerating", "decelerating", "stable"]),
            NULL_NONE
        ),
        (
            "temporalDistribution",
            "the third of T in which most appearances begin; balanced if no third has more than the others",
            OVERLAYS,
            "name",
            Range::OneOf(&["front_loaded", "middle_loaded", "back_loaded", "balanced"]),
            NULL_NONE
        ),
        (
            "burstPatterns",
            "number of runs of at least 3 appearances that begin less than 2 s after the first of them",
            OVERLAYS,
            "runs",
            Range::COUNT,
            NULL_OVERLAYS
        ),
        (
            "confidence",
            "as that of visualOverlayCoreMetrics",
            "coverage, text, stickers",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
        (
            "overlayTimeline[].timestamp",
            "key of a second in which an overlay is visible; all of them, by time; the list is null as totalOverlays",
            OVERLAYS,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "overlayTimeline[].overlayCount",
            "overlays visible in it",
            OVERLAYS,
            "overlays",
            Range::count_from(1),
            LISTED
        ),
        (
            "overlayTimeline[].type",
            "of which kind they are",
            OVERLAYS,
            "name",
            Range::OneOf(&["text", "sticker", "text_and_sticker"]),
            LISTED
        ),
        (
            "overlayTimeline[].density",
            "overlayCount / length of the second, which is shorter at the end of T",
            OVERLAYS,
            "1/s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "appearancePattern",
            "by the sample standard deviation / mean of the gaps between the beginnings of appearances: rhythmic < 0.3, gradual < 0.8, burst > 1.25 or all at once, else random, as independent events would have 1",
            OVERLAYS,
            "name",
            Range::OneOf(&["rhythmic", "gradual", "burst", "random"]),
            "as timeToFirstOverlay; fewer than three appearances"
        ),
        (
            "densityProgression",
            "building if overlayAcceleration is accelerating, front_loaded if decelerating, else climactic if there are overlayPeaks, else even",
            OVERLAYS,
            "name",
            Range::OneOf(&["building", "front_loaded", "climactic", "even"]),
            NULL_NONE
        ),
        (
            "visualPacing",
            "variable if the gaps of appearancePattern vary by more than 1.25, else by T / appearances: fast < 2 s, slow > 5 s, else moderate",
            OVERLAYS,
            "name",
            Range::OneOf(&["variable", "fast", "slow", "moderate"]),
            NULL_NONE
        ),
    ]
);
