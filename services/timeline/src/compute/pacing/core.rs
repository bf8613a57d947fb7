//! `scenePacingCoreMetrics`: how many shots, how long, how regular.

use super::{Evidence, NULL_ONE_SHOT, NULL_SHOTS, SHOTS, curve, key_events, patterns};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, NO_DEFINITION, NO_DURATION},
        numbers, spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::TimeSpan;

const DECIMALS: usize = 2;
const SECONDS_PER_MINUTE: f64 = 60.0;
/// Cuts per minute from which pacing counts as fastest.
const FULL_PACE: f64 = 40.0;
/// Length in seconds above which a shot is a long take.
const LONG_SECONDS: f64 = 5.0;
const CONSISTENT_SCORE: f64 = 0.7;
const VARIED_SCORE: f64 = 0.4;

/// How regular the lengths of shots are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rhythm {
    /// Score above 0.7.
    Consistent,
    /// Score above 0.4.
    Varied,
    /// Anything else.
    Erratic,
}

impl Rhythm {
    /// Its published name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::Varied => "varied",
            Self::Erratic => "erratic",
        }
    }
}

/// D / N, in seconds.
#[must_use]
pub fn average_scene_duration(duration: f64, shots: usize) -> f64 {
    duration / shots.max(1) as f64
}

/// 60 · count / D; D is above zero.
#[must_use]
pub fn per_minute(count: usize, duration: f64) -> f64 {
    SECONDS_PER_MINUTE * count as f64 / duration
}

/// min(1, cuts per minute / 40).
#[must_use]
pub fn pacing_score(cuts_per_minute: f64) -> f64 {
    (cuts_per_minute / FULL_PACE).min(1.0)
}

/// 1 / (1 + s), where s is the sample standard deviation of the lengths in seconds; `None` of
/// fewer than two.
#[must_use]
pub fn rhythm_score(lengths: &[f64]) -> Option<f64> {
    numbers::sample_deviation(lengths).map(|deviation| 1.0 / (1.0 + deviation))
}

/// The rhythm that a score stands for.
#[must_use]
pub fn rhythm(score: f64) -> Rhythm {
    if score > CONSISTENT_SCORE {
        Rhythm::Consistent
    } else if score > VARIED_SCORE {
        Rhythm::Varied
    } else {
        Rhythm::Erratic
    }
}

/// The rhythm score of shots with at least one boundary between them.
pub(super) fn measured_score(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence.some_of_cut(|editing| rhythm_score(&editing.lengths()).ok_or(super::ONE_SHOT))
}

/// Number of shots longer than 5 s.
#[must_use]
pub fn long_takes(lengths: &[f64]) -> usize {
    let long = |length: &&f64| **length > LONG_SECONDS;
    lengths.iter().filter(long).count()
}

/// How long the shots are.
fn put_lengths(block: &mut Block, evidence: &Evidence<'_>) {
    let rate = evidence.of(|editing| editing.boundaries().len() as f64 / editing.duration());
    block.put("sceneChangeRate", rate);
    let average = evidence
        .of(|editing| average_scene_duration(editing.duration(), editing.intervals().len()));
    block.put("avgSceneDuration", average);
    let length = |shot: Measured<TimeSpan>| shot.map(spans::length);
    let shortest = key_events::extreme(evidence, key_events::shortest);
    block.put("minSceneDuration", length(shortest));
    let longest = key_events::extreme(evidence, key_events::longest);
    block.put("maxSceneDuration", length(longest));
    let of_cut = |formula: fn(&[f64]) -> Option<f64>| {
        evidence.some_of_cut(|editing| formula(&editing.lengths()).ok_or(super::ONE_SHOT))
    };
    let deviation = of_cut(numbers::sample_deviation);
    block.put("sceneDurationVariance", deviation.map(|d| d * d));
    let quick = evidence.of(|editing| patterns::shot_distribution(&editing.lengths())[0]);
    block.put("quickCutsCount", quick);
    let long = evidence.of(|editing| long_takes(&editing.lengths()));
    block.put("longTakesCount", long);
    block.put("sceneRhythmScore", measured_score(evidence));
    block.put("pacingConsistency", of_cut(curve::consistency));
    let clock = evidence.events.clock;
    let known = (clock.second_count() > 0).then(|| clock.seconds());
    block.put("videoDuration", known.ok_or(NO_DURATION));
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("scenePacingCoreMetrics");
    let rounded = |value| numbers::round_to(value, DECIMALS);
    let shots = evidence.of(|editing| editing.intervals().len());
    let cuts_per_minute =
        evidence.of(|editing| per_minute(editing.boundaries().len(), editing.duration()));
    let score = measured_score(evidence);
    block.put("totalScenes", shots);
    let average = evidence
        .of(|editing| average_scene_duration(editing.duration(), editing.intervals().len()));
    block.put("averageSceneDuration", average.map(rounded));
    let shots_per_minute =
        evidence.of(|editing| per_minute(editing.intervals().len(), editing.duration()));
    block.put("scenesPerMinute", shots_per_minute.map(rounded));
    block.put("cutsPerMinute", cuts_per_minute.clone().map(rounded));
    block.put("pacingScore", cuts_per_minute.map(pacing_score));
    block.put(
        "rhythmConsistency",
        score.clone().map(|score| rhythm(score).as_str()),
    );
    block.put("rhythmScore", score);
    block.put::<f64>("transitionSmoothing", Err(NO_DEFINITION));
    put_lengths(&mut block, evidence);
    block
}

define_metrics!(
    "scene_pacing",
    "scenePacingCoreMetrics",
    [
        (
            "totalScenes",
            "N: boundaries + 1",
            SHOTS,
            "shots",
            Range::count_from(1),
            NULL_SHOTS
        ),
        (
            "averageSceneDuration",
            "D / N, rounded to 2 decimals",
            SHOTS,
            "s",
            Range::AtLeast(0.0),
            NULL_SHOTS
        ),
        (
            "scenesPerMinute",
            "60 N / D, rounded to 2 decimals",
            SHOTS,
            "1/min",
            Range::AtLeast(0.0),
            NULL_SHOTS
        ),
        (
            "cutsPerMinute",
            "60 (N − 1) / D, rounded to 2 decimals",
            SHOTS,
            "1/min",
            Range::AtLeast(0.0),
            NULL_SHOTS
        ),
        (
            "pacingScore",
            "min(1, 60 (N − 1) / D / 40)",
            SHOTS,
            "1",
            Range::Share,
            NULL_SHOTS
        ),
        (
            "rhythmConsistency",
            "consistent if rhythmScore > 0.7, varied if > 0.4, else erratic",
            SHOTS,
            "name",
            Range::OneOf(&["consistent", "varied", "erratic"]),
            NULL_ONE_SHOT
        ),
        (
            "rhythmScore",
            "1 / (1 + sample standard deviation of L in seconds)",
            SHOTS,
            "1",
            Range::Share,
            NULL_ONE_SHOT
        ),
        (
            "transitionSmoothing",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            "always: no definition that evidence supports"
        ),
        (
            "sceneChangeRate",
            "(N − 1) / D",
            SHOTS,
            "1/s",
            Range::AtLeast(0.0),
            NULL_SHOTS
        ),
        (
            "avgSceneDuration",
            "D / N; averageSceneDuration without rounding",
            SHOTS,
            "s",
            Range::Above(0.0),
            NULL_SHOTS
        ),
        (
            "minSceneDuration",
            "min L, as scenePacingKeyEvents.shortestScene.duration",
            SHOTS,
            "s",
            Range::Above(0.0),
            NULL_SHOTS
        ),
        (
            "maxSceneDuration",
            "max L, as scenePacingKeyEvents.longestScene.duration",
            SHOTS,
            "s",
            Range::Above(0.0),
            NULL_SHOTS
        ),
        (
            "sceneDurationVariance",
            "sample variance of L, the square of scenePacingDynamics.sceneDurationDeviation",
            SHOTS,
            "s²",
            Range::AtLeast(0.0),
            NULL_ONE_SHOT
        ),
        (
            "quickCutsCount",
            "shots with L < 2 s, as scenePacingPatterns.shotDistribution.short",
            SHOTS,
            "shots",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "longTakesCount",
            "shots with L > 5 s",
            SHOTS,
            "shots",
            Range::COUNT,
            NULL_SHOTS
        ),
        (
            "sceneRhythmScore",
            "as rhythmScore",
            SHOTS,
            "1",
            Range::Share,
            NULL_ONE_SHOT
        ),
        (
            "pacingConsistency",
            "1 / (1 + sample standard deviation of L / mean of L): as rhythmScore, whatever the pace",
            SHOTS,
            "1",
            Range::Share,
            NULL_ONE_SHOT
        ),
        (
            "videoDuration",
            "the duration of the video as probed, however much of it was decoded",
            "probe",
            "s",
            Range::Above(0.0),
            "the video has no duration"
        ),
    ]
);
