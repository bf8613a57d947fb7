//! `emotionalCoreMetrics`: what the main face shows, and what goes with it.

use super::{EXPRESSIONS, Evidence, NULL_EXPRESSIONS, NULL_NONE, most_frequent};
use crate::{
    compute::{
        block::Block,
        events::{EnergyWindow, ExpressionSeen, Sighting},
        measure::{Measured, Reason},
        numbers,
        sentiment::{Sentiment, Tally},
    },
    metrics::{Range, define_metrics},
};
use contracts::{TimeSpan, emotion::EmotionLabel};
use std::time::Duration;

/// A gesture belongs to an expression that is at most this far from it.
const GESTURE_REACH: Duration = Duration::from_secs(1);

/// (u − 1) / 6 for u different labels: 0 for one, 1 for all seven; `None` without any.
#[must_use]
pub fn diversity(labels: usize) -> Option<f64> {
    let most = EmotionLabel::ALL.len() - 1;
    Some(labels.checked_sub(1)? as f64 / most as f64)
}

/// Share (0–1) of expressions with a gesture at most one second before or after them; 0 of none.
#[must_use]
pub fn gesture_alignment(seen: &[ExpressionSeen], gestures: &[Sighting]) -> f64 {
    let near = |one: &&ExpressionSeen| {
        let within = |gesture: &Sighting| distance(gesture.span, one) <= GESTURE_REACH;
        gestures.iter().any(within)
    };
    seen.iter().filter(near).count() as f64 / seen.len().max(1) as f64
}

fn distance(span: TimeSpan, one: &ExpressionSeen) -> Duration {
    if one.time < span.start {
        span.start.since(one.time)
    } else {
        one.time.since(span.end)
    }
}

/// Correlation (-1 to 1) of how strongly pleasant or unpleasant an expression is with the energy
/// of the sound in the window it lies in; `None` if either does not vary.
#[must_use]
pub fn audio_alignment(seen: &[ExpressionSeen], energy: &[EnergyWindow]) -> Option<f64> {
    let points: Vec<(f64, f64)> = seen
        .iter()
        .filter_map(|one| {
            let window = energy.iter().find(|window| window.span.contains(one.time));
            Some((one.valence.abs(), window?.level))
        })
        .collect();
    numbers::correlation(&points)
}

/// Mean of how much of an expression there is, 0–1; `None` of nothing.
#[must_use]
pub fn intensity(seen: &[ExpressionSeen]) -> Option<f64> {
    let all: Vec<f64> = seen.iter().map(|one| one.intensity).collect();
    numbers::mean(&all)
}

/// Sentiment of the caption.
pub(super) fn caption_sentiment(evidence: &Evidence<'_>) -> Measured<Sentiment> {
    match evidence.events.metadata.description.as_deref() {
        None => Err("the caption is not known".into()),
        Some(text) if text.trim().is_empty() => Err("the caption is empty".into()),
        Some(text) => Ok(Tally::of(text).sentiment()),
    }
}

fn put_alignments(block: &mut Block, evidence: &Evidence<'_>) {
    block.put("gestureEmotionAlignment", evidence.alignment.clone());
    let audio = evidence.some_of_shown(|journey| {
        let sound = evidence.events.sound.events()?;
        audio_alignment(journey.seen(), &sound.energy)
            .ok_or_else(|| Reason::from("valence or energy of the sound does not vary"))
    });
    block.put("audioEmotionAlignment", audio);
    let sentiment = caption_sentiment(evidence);
    block.put("captionSentiment", sentiment.map(Sentiment::as_str));
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("emotionalCoreMetrics");
    let some = |value: Option<f64>| value.ok_or(super::NOTHING_SEEN);
    block.put("uniqueEmotions", evidence.of(|journey| journey.labels()));
    block.put(
        "emotionTransitions",
        evidence.of(|journey| journey.changes().len()),
    );
    let dominant =
        evidence.some_of_shown(|journey| most_frequent(journey.seen()).ok_or(super::NOTHING_SEEN));
    block.put("dominantEmotion", dominant);
    let diversity = evidence.some_of_shown(|journey| some(diversity(journey.labels())));
    block.put("emotionalDiversity", diversity);
    put_alignments(&mut block, evidence);
    let intensity = evidence.some_of_shown(|journey| some(intensity(journey.seen())));
    block.put("emotionalIntensity", intensity);
    evidence.put_confidence(&mut block);
    block
}

define_metrics!(
    "emotional_journey",
    "emotionalCoreMetrics",
    [
        (
            "uniqueEmotions",
            "u",
            EXPRESSIONS,
            "labels",
            Range::Integer {
                from: 0,
                to: Some(7)
            },
            NULL_EXPRESSIONS
        ),
        (
            "emotionTransitions",
            "neighbours in E, at most two sampling steps apart, with different labels",
            EXPRESSIONS,
            "changes",
            Range::COUNT,
            NULL_EXPRESSIONS
        ),
        (
            "dominantEmotion",
            "most frequent label of E; among equals that with the greater sum of confidences, then the one seen first",
            EXPRESSIONS,
            "name",
            Range::EMOTION,
            NULL_NONE
        ),
        (
            "emotionalDiversity",
            "(u − 1) / 6",
            EXPRESSIONS,
            "1",
            Range::Share,
            NULL_NONE
        ),
        (
            "gestureEmotionAlignment",
            "share of E with a gesture at most 1 s before or after",
            "expressions, gestures",
            "1",
            Range::Share,
            "as dominantEmotion; gestures were not measured"
        ),
        (
            "audioEmotionAlignment",
            "Pearson's correlation over E of |valence| with the energy of the sound in the window it lies in",
            "expressions, sound",
            "1",
            Range::Between(-1.0, 1.0),
            "as dominantEmotion; sound was not measured, or valence or energy does not vary"
        ),
        (
            "captionSentiment",
            "positive if p > 1.5 n, negative if n > 1.5 p, else neutral, for p positive and n negative words and emoji of the caption, by a list of English words; neutral too if it has none of them",
            "caption",
            "name",
            Range::OneOf(&["positive", "negative", "neutral"]),
            "the caption is not known or empty"
        ),
        (
            "emotionalIntensity",
            "mean over E of 1 − probability of neutral",
            EXPRESSIONS,
            "1",
            Range::Share,
            NULL_NONE
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
