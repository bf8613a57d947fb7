//! `emotionalInteractions`: what goes with expressions, and what is set against each other.

use super::{
    EXPRESSIONS, Evidence, Journey, LISTED, PublishedChange, core::caption_sentiment, is_negative,
    is_positive,
};
use crate::{
    compute::{
        block::Block,
        clock::span_key,
        events::ExpressionSeen,
        measure::{Measured, Reason},
        sentiment::Sentiment,
    },
    metrics::{Range, define_metrics},
};
use contracts::TimeSpan;
use serde::Serialize;

/// Changes between neighbours from a pleasant label to an unpleasant one or back, by time.
#[must_use]
pub fn contrasts(journey: &Journey) -> Vec<PublishedChange> {
    journey
        .changes()
        .iter()
        .filter(|change| {
            let (old, new) = (change.old.label, change.new.label);
            is_positive(old) && is_negative(new) || is_negative(old) && is_positive(new)
        })
        .map(|change| {
            let span = TimeSpan::new(change.old.time, change.new.time);
            PublishedChange::new(span_key(span), change)
        })
        .collect()
}

/// A contrast, and which way it goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// The change.
    #[serde(flatten)]
    pub change: PublishedChange,
    /// From a pleasant label to an unpleasant one, or back.
    pub conflict: &'static str,
}

fn published_contrasts(journey: &Journey) -> Vec<Contrast> {
    let named = |change: PublishedChange| Contrast {
        conflict: if is_positive(change.from_emotion) {
            "positive_to_negative"
        } else {
            "negative_to_positive"
        },
        change,
    };
    contrasts(journey).into_iter().map(named).collect()
}

/// Share (0–1) of expressions that are as pleasant as the caption: valence above 0 where it is
/// positive, below 0 where it is negative. `None` of a neutral caption or without expressions.
#[must_use]
pub fn caption_alignment(seen: &[ExpressionSeen], caption: Sentiment) -> Option<f64> {
    let agrees: fn(&&ExpressionSeen) -> bool = match caption {
        Sentiment::Positive => |one| one.valence > 0.0,
        Sentiment::Negative => |one| one.valence < 0.0,
        Sentiment::Neutral => return None,
    };
    (!seen.is_empty()).then(|| seen.iter().filter(agrees).count() as f64 / seen.len() as f64)
}

fn measured_caption_alignment(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence.some_of_shown(|journey| {
        caption_alignment(journey.seen(), caption_sentiment(evidence)?)
            .ok_or_else(|| Reason::from("the caption is neutral"))
    })
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("emotionalInteractions");
    block.put("gestureReinforcement", evidence.alignment.clone());
    block.put(
        "captionEmotionAlignment",
        measured_caption_alignment(evidence),
    );
    block.put("multimodalCoherence", evidence.alignment.clone());
    block.put("emotionalContrastMoments", evidence.of(published_contrasts));
    evidence.put_confidence(&mut block);
    block
}

const NULL_ALIGNMENT: &str = "as gestureEmotionAlignment";

define_metrics!(
    "emotional_journey",
    "emotionalInteractions",
    [
        (
            "gestureReinforcement",
            "gestureEmotionAlignment",
            "expressions, gestures",
            "1",
            Range::Share,
            NULL_ALIGNMENT
        ),
        (
            "captionEmotionAlignment",
            "share of E with valence above 0 if captionSentiment is positive, below 0 if negative",
            "expressions, caption",
            "1",
            Range::Share,
            "as dominantEmotion; the caption is not known, empty or neutral"
        ),
        (
            "multimodalCoherence",
            "gestureEmotionAlignment",
            "expressions, gestures",
            "1",
            Range::Share,
            NULL_ALIGNMENT
        ),
        (
            "emotionalContrastMoments[].timestamp",
            "key, from the old expression to the new one, of a change between neighbours from joy or surprise to sadness, anger, fear or disgust, or back; all of them, by time; the list is null as uniqueEmotions",
            EXPRESSIONS,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "emotionalContrastMoments[].start",
            "time of the last expression before",
            EXPRESSIONS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "emotionalContrastMoments[].end",
            "time of the first expression after",
            EXPRESSIONS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "emotionalContrastMoments[].fromEmotion",
            "label before",
            EXPRESSIONS,
            "name",
            Range::EMOTION_NOT_NEUTRAL,
            LISTED
        ),
        (
            "emotionalContrastMoments[].toEmotion",
            "label after",
            EXPRESSIONS,
            "name",
            Range::EMOTION_NOT_NEUTRAL,
            LISTED
        ),
        (
            "emotionalContrastMoments[].conflict",
            "from joy or surprise to sadness, anger, fear or disgust, or back",
            EXPRESSIONS,
            "name",
            Range::OneOf(&["positive_to_negative", "negative_to_positive"]),
            LISTED
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
