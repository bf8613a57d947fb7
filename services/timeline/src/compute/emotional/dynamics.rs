//! `emotionalDynamics`: how expressions change over the video.

use super::{EXPRESSIONS, Evidence, Journey, LISTED, NULL_FEW, NULL_NONE, most_frequent};
use crate::{
    compute::{
        block::Block,
        clock::{Clock, span_key},
        events::ExpressionSeen,
        measure::{Measured, NO_DEFINITION, Reason},
        numbers, spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::{TimeSpan, emotion::EmotionLabel};
use serde::Serialize;

const WINDOWS: u32 = 10;
const THIRDS: u32 = 3;
/// Share of expressions that must be new ones for a restless face: at two frames a second, a change
/// about every second and a half. The published rule of `emotionalArc`.
const DYNAMIC_SHARE: f64 = 0.3;
/// Change of mean valence from which a face becomes more or less pleasant: it takes three frames in
/// ten to turn from neutral (0) to joy (1), more than single frames that were read wrong.
const VALENCE_STEP: f64 = 0.3;
/// A peak stands out from the mean intensity by a fifth; the published rule.
const PEAK_FACTOR: f64 = 1.2;

/// What is shown in one part of the video.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProgressionWindow {
    /// Key of the part, widened to whole seconds.
    pub timestamp: String,
    /// Its beginning, in seconds.
    pub start: f64,
    /// Its end, in seconds.
    pub end: f64,
    /// The most frequent label; `None` without an expression.
    pub emotion: Option<EmotionLabel>,
    /// Mean intensity; `None` without an expression.
    pub intensity: Option<f64>,
}

/// A moment in which more is shown than usual.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Peak {
    /// The second in which it lies, as `"14s"`.
    pub timestamp: String,
    /// When, in seconds.
    pub time: f64,
    /// What is shown.
    pub emotion: EmotionLabel,
    /// How much of it, 0–1.
    pub intensity: f64,
}

/// Equal parts of the video, at most ten and none shorter than a second, but for a video that is.
#[must_use]
pub fn parts(clock: Clock) -> Vec<TimeSpan> {
    let most = (clock.seconds() as u32).clamp(1, WINDOWS);
    spans::equal_windows(clock, most)
}

fn within(seen: &[ExpressionSeen], span: TimeSpan) -> Vec<ExpressionSeen> {
    let inside = |one: &&ExpressionSeen| span.contains(one.time);
    seen.iter().filter(inside).copied().collect()
}

/// What is shown in each tenth of the video.
#[must_use]
pub fn progression(journey: &Journey) -> Vec<ProgressionWindow> {
    parts(journey.clock())
        .into_iter()
        .map(|span| {
            let inside = within(journey.seen(), span);
            ProgressionWindow {
                timestamp: span_key(span),
                start: span.start.seconds(),
                end: span.end.seconds(),
                emotion: most_frequent(&inside),
                intensity: super::core::intensity(&inside),
            }
        })
        .collect()
}

/// 1 − changes / m; `None` of fewer than two expressions.
#[must_use]
pub fn smoothness(changes: usize, expressions: usize) -> Option<f64> {
    (expressions > 1).then(|| 1.0 - changes as f64 / expressions as f64)
}

/// Mean valence in the last third of the video less that in the first (-2 to 2); `None` if either
/// third has no expression.
#[must_use]
pub fn valence_change(journey: &Journey) -> Option<f64> {
    let thirds = spans::equal_windows(journey.clock(), THIRDS);
    let valence = |span: &TimeSpan| {
        let inside = within(journey.seen(), *span);
        let all: Vec<f64> = inside.iter().map(|one| one.valence).collect();
        numbers::mean(&all)
    };
    Some(valence(thirds.last()?)? - valence(thirds.first()?)?)
}

/// `dynamic` if changes > 0.3 m; else `rising` or `falling` if valence changes by at least 0.3;
/// else `evolving` with more than one label, else `stable`.
#[must_use]
pub fn arc(
    (changes, expressions): (usize, usize),
    labels: usize,
    valence_change: Option<f64>,
) -> &'static str {
    match valence_change {
        _ if changes as f64 > DYNAMIC_SHARE * expressions as f64 => "dynamic",
        Some(change) if change >= VALENCE_STEP => "rising",
        Some(change) if change <= -VALENCE_STEP => "falling",
        _ if labels > 1 => "evolving",
        _ => "stable",
    }
}

/// Expressions other than neutral with more than 1.2 times the mean intensity; of neighbours with
/// one label only the most intense, the first among equals. By time.
#[must_use]
pub fn peaks(journey: &Journey) -> Vec<Peak> {
    let least = super::core::intensity(journey.seen()).unwrap_or_default() * PEAK_FACTOR;
    let is_high =
        |one: &ExpressionSeen| one.label != EmotionLabel::Neutral && one.intensity > least;
    journey
        .seen()
        .chunk_by(|a, b| {
            a.label == b.label && is_high(a) == is_high(b) && journey.are_neighbours(a, b)
        })
        .filter_map(|run| most_intense(run.iter().filter(|one| is_high(one))))
        .map(|one| Peak {
            timestamp: super::moment(one.time),
            time: one.time.seconds(),
            emotion: one.label,
            intensity: one.intensity,
        })
        .collect()
}

/// The most intense of some expressions, the first among equals.
pub(super) fn most_intense<'a>(
    seen: impl IntoIterator<Item = &'a ExpressionSeen>,
) -> Option<&'a ExpressionSeen> {
    let stronger = |best: &'a ExpressionSeen, one: &'a ExpressionSeen| {
        if one.intensity > best.intensity {
            one
        } else {
            best
        }
    };
    seen.into_iter().reduce(stronger)
}

/// 1 − changes / m of at least two expressions.
pub(super) fn measured_smoothness(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence.some_of_shown(|journey| {
        smoothness(journey.changes().len(), journey.seen().len()).ok_or(super::ONE_SEEN)
    })
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("emotionalDynamics");
    let windows = evidence.of(progression);
    if windows
        .iter()
        .flatten()
        .any(|window| window.emotion.is_none())
    {
        let reason = Reason::from("no expression was seen in this part of the video");
        block.explain("emotionProgression[].emotion", reason.clone());
        block.explain("emotionProgression[].intensity", reason);
    }
    block.put("emotionProgression", windows);
    let smoothness = measured_smoothness(evidence);
    block.put("transitionSmoothness", smoothness.clone());
    let change = evidence.some_of_shown(|journey| {
        valence_change(journey).ok_or_else(|| {
            Reason::from("no expression was seen in the first or in the last third of the video")
        })
    });
    block.put("valenceChange", change.clone());
    let arc = evidence.of_shown(|journey| {
        let counts = (journey.changes().len(), journey.seen().len());
        arc(counts, journey.labels(), change.ok())
    });
    block.put("emotionalArc", arc);
    block.put("peakEmotionMoments", evidence.of(peaks));
    block.put("stabilityScore", smoothness);
    block.put::<f64>("tempoEmotionSync", Err(NO_DEFINITION));
    evidence.put_confidence(&mut block);
    block
}

const NULL_WINDOW: &str = "no expression was seen in this part; the list is null as uniqueEmotions";

define_metrics!(
    "emotional_journey",
    "emotionalDynamics",
    [
        (
            "emotionProgression[].timestamp",
            "key of one of ten equal parts of the video, widened to whole seconds; fewer parts in a video under 10 s, where each has at least a second",
            "duration",
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "emotionProgression[].start",
            "beginning of the part",
            "duration",
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "emotionProgression[].end",
            "end of the part",
            "duration",
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "emotionProgression[].emotion",
            "most frequent label in the part, among equals as dominantEmotion",
            EXPRESSIONS,
            "name",
            Range::EMOTION,
            NULL_WINDOW
        ),
        (
            "emotionProgression[].intensity",
            "mean over the part of 1 − probability of neutral",
            EXPRESSIONS,
            "1",
            Range::Share,
            NULL_WINDOW
        ),
        (
            "transitionSmoothness",
            "1 − emotionTransitions / m",
            EXPRESSIONS,
            "1",
            Range::Share,
            NULL_FEW
        ),
        (
            "valenceChange",
            "mean valence in the last third of the video − mean valence in the first",
            EXPRESSIONS,
            "1",
            Range::Between(-2.0, 2.0),
            "as dominantEmotion; the first or the last third has no expression"
        ),
        (
            "emotionalArc",
            "dynamic if emotionTransitions > 0.3 m; else rising if valenceChange ≥ 0.3, falling if ≤ -0.3; else evolving if u > 1, else stable",
            EXPRESSIONS,
            "name",
            Range::OneOf(&["dynamic", "rising", "falling", "evolving", "stable"]),
            NULL_NONE
        ),
        (
            "peakEmotionMoments[].timestamp",
            "second of an expression other than neutral with more than 1.2 times the mean intensity; of neighbours with one label the most intense; all of them, by time; the list is null as uniqueEmotions",
            EXPRESSIONS,
            "s",
            Range::InstantKey,
            LISTED
        ),
        (
            "peakEmotionMoments[].time",
            "time of the expression",
            EXPRESSIONS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "peakEmotionMoments[].emotion",
            "its label",
            EXPRESSIONS,
            "name",
            Range::EMOTION_NOT_NEUTRAL,
            LISTED
        ),
        (
            "peakEmotionMoments[].intensity",
            "1 − its probability of neutral",
            EXPRESSIONS,
            "1",
            Range::Share,
            LISTED
        ),
        (
            "stabilityScore",
            "transitionSmoothness",
            EXPRESSIONS,
            "1",
            Range::Share,
            NULL_FEW
        ),
        (
            "tempoEmotionSync",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            "always: no definition that evidence supports"
        ),
        (
            "confidence",
            "emotionalQuality.overallConfidence",
            "coverage, expressions",
            "1",
            Range::Share,
            super::quality::NULL_CONFIDENCE
        ),
    ]
);
