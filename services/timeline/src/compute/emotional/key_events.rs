//! `emotionalKeyEvents`: the moments that stand out.

use super::{
    EXPRESSIONS, Evidence, Journey, LISTED, PublishedChange, dynamics,
    dynamics::Peak,
    is_positive,
    triggers::{TRIGGERS, Triggers},
};
use crate::{
    compute::{block::Block, measure::Reason},
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, emotion::EmotionLabel};
use serde::Serialize;

/// The resolution lies in what follows this share of the video: the end of one of ten parts of
/// `emotionProgression`, so that it is seen in the last two.
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

/// A peak, and what began just before it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TriggeredPeak {
    /// The peak.
    #[serde(flatten)]
    pub peak: Peak,
    /// What began in the second before it; `None` if that is not known.
    pub trigger: Option<Vec<&'static str>>,
}

/// A change of the label, and what began just before it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TransitionPoint {
    /// The change.
    #[serde(flatten)]
    pub change: PublishedChange,
    /// What the face showed, under its second name.
    pub from: EmotionLabel,
    /// What it shows then, under its second name.
    pub to: EmotionLabel,
    /// What began in the second before; `None` if that is not known.
    pub trigger: Option<Vec<&'static str>>,
}

/// Looks for triggers, and keeps the first reason for which one is not known.
struct Search<'a> {
    triggers: Triggers<'a>,
    unknown: Option<Reason>,
}

impl Search<'_> {
    fn before(&mut self, seconds: f64) -> Option<Vec<&'static str>> {
        match self.triggers.before(MediaTime::from_seconds(seconds)) {
            Ok(found) => Some(found),
            Err(reason) => {
                self.unknown.get_or_insert(reason);
                None
            }
        }
    }
    fn explain(&mut self, block: &mut Block, field: &str) {
        if let Some(reason) = self.unknown.take() {
            block.explain(field, reason);
        }
    }
}

fn put_triggered(block: &mut Block, evidence: &Evidence<'_>) {
    let mut search = Search {
        triggers: Triggers::of(evidence.events),
        unknown: None,
    };
    let peaks = evidence.of(|journey| -> Vec<TriggeredPeak> {
        let peaks = strongest(dynamics::peaks(journey)).into_iter();
        let triggered = peaks.map(|peak| TriggeredPeak {
            trigger: search.before(peak.time),
            peak,
        });
        triggered.collect()
    });
    block.put("emotionalPeaks", peaks);
    search.explain(block, "emotionalPeaks[].trigger");
    let points = evidence.of(|journey| -> Vec<TransitionPoint> {
        let changes = transitions(journey).into_iter();
        let triggered = changes.map(|change| TransitionPoint {
            from: change.from_emotion,
            to: change.to_emotion,
            trigger: search.before(change.end),
            change,
        });
        triggered.collect()
    });
    block.put("transitionPoints", points);
    search.explain(block, "transitionPoints[].trigger");
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("emotionalKeyEvents");
    put_triggered(&mut block, evidence);
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
            "emotionalPeaks[].trigger",
            "which of a scene change, a text, a sentence (speech) and a gesture began less than 1 s before the expression or with it; kinds that were not measured cannot be named",
            "expressions, shots, text, speech, gestures",
            "names",
            Range::ListOf(&Range::OneOf(TRIGGERS)),
            "nothing was found, and one of shots, text, speech and gestures was not looked for then"
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
            "transitionPoints[].from",
            "fromEmotion, under its second name",
            EXPRESSIONS,
            "name",
            Range::EMOTION,
            LISTED
        ),
        (
            "transitionPoints[].to",
            "toEmotion, under its second name",
            EXPRESSIONS,
            "name",
            Range::EMOTION,
            LISTED
        ),
        (
            "transitionPoints[].trigger",
            "as emotionalPeaks[].trigger, before the first expression after the change",
            "expressions, shots, text, speech, gestures",
            "names",
            Range::ListOf(&Range::OneOf(TRIGGERS)),
            "nothing was found, and one of shots, text, speech and gestures was not looked for then"
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
