//! `emotionalKeyEvents`: the moments that stand out.

use super::{
    EXPRESSIONS, Evidence, Journey, LISTED, PublishedChange, dynamics, dynamics::Peak, is_positive,
};
use crate::{
    compute::{block::Block, measure::Reason},
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, emotion::EmotionLabel};

/// The resolution lies in what follows this share of the video.
const RESOLUTION_SHARE: f64 = 0.8;

/// Peaks by falling intensity, the earlier first among equals.
#[must_use]
pub fn strongest(mut peaks: Vec<Peak>) -> Vec<Peak> {
    peaks.sort_by(|a, b| {
        (b.intensity.total_cmp(&a.intensity)).then_with(|| a.time.total_cmp(&b.time))
    });
    peaks
}

/// Changes of the label, by time.
#[must_use]
pub fn transitions(journey: &Journey) -> Vec<PublishedChange> {
    journey
        .changes()
        .iter()
        .map(|change| PublishedChange::new(super::moment(change.old.time), change))
        .collect()
}

/// When most is shown: the most intense expression other than neutral, the first among equals.
#[must_use]
pub fn climax(journey: &Journey) -> Option<MediaTime> {
    let shown = journey.seen().iter();
    dynamics::most_intense(shown.filter(|one| one.label != EmotionLabel::Neutral))
        .map(|one| one.time)
}

/// When the face last returns to a neutral or pleasant expression in the last fifth of the video.
#[must_use]
pub fn resolution(journey: &Journey) -> Option<MediaTime> {
    let earliest = RESOLUTION_SHARE * journey.clock().seconds();
    journey
        .changes()
        .iter()
        .map(|change| change.new)
        .rfind(|one| one.label == EmotionLabel::Neutral || is_positive(one.label))
        .map(|one| one.time)
        .filter(|time| time.seconds() >= earliest)
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("emotionalKeyEvents");
    block.put(
        "emotionalPeaks",
        evidence.of(|journey| strongest(dynamics::peaks(journey))),
    );
    block.put("transitionPoints", evidence.of(transitions));
    let climax = evidence.some_of_shown(|journey| {
        climax(journey).ok_or_else(|| Reason::from("only neutral expressions were seen"))
    });
    block.put("climaxMoment", climax.map(super::moment));
    let resolution = evidence.some_of_shown(|journey| {
        resolution(journey).ok_or_else(|| {
            Reason::from("no return to a neutral or pleasant expression in the last fifth")
        })
    });
    block.put("resolutionMoment", resolution.map(super::moment));
    evidence.put_confidence(&mut block);
    block
}

define_metrics!(
    "emotional_journey",
    "emotionalKeyEvents",
    [
        (
            "emotionalPeaks[].timestamp",
            "as peakEmotionMoments, by falling intensity, the earlier first among equals; the list is null as uniqueEmotions",
            EXPRESSIONS,
            "s",
            Range::InstantKey,
            LISTED
        ),
        (
            "emotionalPeaks[].time",
            "time of the expression",
            EXPRESSIONS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "emotionalPeaks[].emotion",
            "its label",
            EXPRESSIONS,
            "name",
            Range::EMOTION_NOT_NEUTRAL,
            LISTED
        ),
        (
            "emotionalPeaks[].intensity",
            "1 − its probability of neutral",
            EXPRESSIONS,
            "1",
            Range::Share,
            LISTED
        ),
        (
            "transitionPoints[].timestamp",
            "second of the last expression before a change counted in emotionTransitions; all of them, by time; the list is null as uniqueEmotions",
            EXPRESSIONS,
            "s",
            Range::InstantKey,
            LISTED
        ),
        (
            "transitionPoints[].start",
            "time of the last expression before",
            EXPRESSIONS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "transitionPoints[].end",
            "time of the first expression after",
            EXPRESSIONS,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "transitionPoints[].fromEmotion",
            "label before",
            EXPRESSIONS,
            "name",
            Range::EMOTION,
            LISTED
        ),
        (
            "transitionPoints[].toEmotion",
            "label after",
            EXPRESSIONS,
            "name",
            Range::EMOTION,
            LISTED
        ),
        (
            "climaxMoment",
            "second of the most intense expression other than neutral, the first among equals",
            EXPRESSIONS,
            "s",
            Range::InstantKey,
            "as dominantEmotion; only neutral expressions were seen"
        ),
        (
            "resolutionMoment",
            "second of the first expression after the last change to neutral, joy or surprise, if it lies at or after 0.8 D",
            EXPRESSIONS,
            "s",
            Range::InstantKey,
            "as dominantEmotion; there is no such change"
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
