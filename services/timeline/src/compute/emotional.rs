//! `emotional_journey`: what the main face shows over time.
//!
//! E are the expressions of the main face in the frames that have one, m is their number, u the
//! number of different labels among them. Neighbours in E are at most two sampling steps apart;
//! what a face shows after a longer gap is no change of it. What a face shows is not what a person
//! feels.

pub mod core;
pub mod dynamics;
pub mod interactions;
pub mod key_events;
pub mod patterns;
pub mod quality;
pub mod triggers;

use super::{
    block::{Analysis, Block},
    clock::Clock,
    events::{Events, ExpressionSeen, Expressions},
    measure::{Measured, NO_DURATION, Reason, given, given_some, given_that},
};
use crate::{Error, Metric};
use contracts::analysis::{AnalysisName, EMOTIONAL_JOURNEY};
use contracts::{MediaTime, emotion::EmotionLabel};
use serde::Serialize;
use std::time::Duration;

/// What the analysis and its blocks are called.
pub(super) const NAME: AnalysisName = EMOTIONAL_JOURNEY;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    core::METRICS,
    dynamics::METRICS,
    interactions::METRICS,
    key_events::METRICS,
    patterns::METRICS,
    quality::METRICS,
];

/// Neighbours are two sampling steps apart at most; frame times are not exact to the step.
const NEIGHBOUR_STEPS: f64 = 2.5;

const NOTHING_SEEN: Reason = Reason::of("no expression was seen");
const ONE_SEEN: Reason = Reason::of("fewer than two expressions were seen");

const EXPRESSIONS: &str = "expressions of the main face";
const NULL_EXPRESSIONS: &str =
    "expressions were not measured, no frame was looked at, or the video has no duration";
const NULL_NONE: &str = "as uniqueEmotions; no expression was seen";
const NULL_FEW: &str = "as uniqueEmotions; fewer than two expressions were seen";
const LISTED: &str = "never, for an item that is listed";

/// Expressions of the main face of a video with a length.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    clock: Clock,
    seen: Vec<ExpressionSeen>,
    reach: Duration,
}

/// A change of what the main face shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The last expression before it.
    pub old: ExpressionSeen,
    /// The first expression after it.
    pub new: ExpressionSeen,
}

impl Journey {
    /// The expressions of a video.
    ///
    /// # Errors
    /// The reason, if it has no length or no frame was looked at.
    pub fn of(clock: Clock, expressions: &Expressions) -> Measured<Self> {
        if clock.duration() == MediaTime::ZERO {
            return Err(NO_DURATION);
        }
        if expressions.frames.is_empty() {
            return Err("no frame was looked at for expressions".into());
        }
        Ok(Self {
            clock,
            seen: expressions.seen.clone(),
            reach: reach(&expressions.frames),
        })
    }
    /// The clock of the video.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }
    /// E: by rising time; empty if no face was seen.
    #[must_use]
    pub fn seen(&self) -> &[ExpressionSeen] {
        &self.seen
    }
    /// Whether two expressions are near enough to follow each other.
    #[must_use]
    pub fn are_neighbours(&self, a: &ExpressionSeen, b: &ExpressionSeen) -> bool {
        a.time.distance(b.time) <= self.reach
    }
    /// Neighbours with different labels, by time.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.seen
            .windows(2)
            .filter(|two| two[0].label != two[1].label && self.are_neighbours(&two[0], &two[1]))
            .map(|two| Change {
                old: two[0],
                new: two[1],
            })
            .collect()
    }
    /// u: number of different labels.
    #[must_use]
    pub fn labels(&self) -> usize {
        let labels = self.seen.iter().map(|one| one.label);
        labels.collect::<std::collections::BTreeSet<_>>().len()
    }
}

/// How far apart neighbours may be: a little more than two median steps between frames.
fn reach(frames: &[MediaTime]) -> Duration {
    let mut steps: Vec<Duration> = frames.windows(2).map(|two| two[1].since(two[0])).collect();
    steps.sort_unstable();
    let step = steps.get(steps.len() / 2).copied().unwrap_or_default();
    step.mul_f64(NEIGHBOUR_STEPS)
}

/// Whether a label is pleasant: joy or surprise.
#[must_use]
pub const fn is_positive(label: EmotionLabel) -> bool {
    matches!(label, EmotionLabel::Joy | EmotionLabel::Surprise)
}

/// Whether a label is unpleasant: sadness, anger, fear or disgust.
#[must_use]
pub const fn is_negative(label: EmotionLabel) -> bool {
    matches!(
        label,
        EmotionLabel::Sadness | EmotionLabel::Anger | EmotionLabel::Fear | EmotionLabel::Disgust
    )
}

/// The most frequent label; of equally frequent ones that with the greater sum of confidences,
/// then the one seen first. `None` of nothing.
#[must_use]
pub fn most_frequent(seen: &[ExpressionSeen]) -> Option<EmotionLabel> {
    let mut tallies: Vec<(EmotionLabel, usize, f64)> = Vec::new();
    for one in seen {
        match tallies.iter_mut().find(|(label, ..)| *label == one.label) {
            Some((_, count, sum)) => {
                *count += 1;
                *sum += one.confidence;
            }
            None => tallies.push((one.label, 1, one.confidence)),
        }
    }
    let best = tallies.into_iter().reduce(|best, other| {
        let order = best.1.cmp(&other.1).then(best.2.total_cmp(&other.2));
        if order.is_lt() { other } else { best }
    });
    best.map(|(label, ..)| label)
}

/// A moment as it is published: `"14s"`.
fn moment(time: MediaTime) -> String {
    format!("{}s", super::clock::second_of(time))
}

/// What every block of the analysis is made from.
struct Evidence<'a> {
    events: &'a Events,
    journey: Measured<Journey>,
    /// The same, if at least one expression was seen.
    shown: Measured<Journey>,
    /// Share of expressions with a gesture near them.
    alignment: Measured<f64>,
    confidence: Measured<f64>,
}

/// Computes the analysis.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    let expressions = events.emotions.events();
    let journey = expressions.and_then(|all| Journey::of(events.clock, all));
    let shown = given_that(&journey, |journey| !journey.seen.is_empty(), NOTHING_SEEN);
    let gestures = events.gestures.events();
    let evidence = Evidence {
        events,
        alignment: given_some(&shown, |journey| {
            Ok(core::gesture_alignment(journey.seen(), gestures?))
        }),
        confidence: given_some(&shown, |_| quality::confidence(events)),
        journey,
        shown,
    };
    Analysis::assemble(
        NAME,
        given(&evidence.journey, |_| ()),
        vec![
            core::block(&evidence),
            dynamics::block(&evidence),
            interactions::block(&evidence),
            key_events::block(&evidence),
            patterns::block(&evidence),
            quality::block(&evidence),
        ],
    )
}

impl Evidence<'_> {
    /// Applies a formula to expressions, which may be none.
    fn of<R>(&self, formula: impl FnOnce(&Journey) -> R) -> Measured<R> {
        given(&self.journey, formula)
    }
    /// Applies a formula that needs at least one expression.
    fn of_shown<R>(&self, formula: impl FnOnce(&Journey) -> R) -> Measured<R> {
        given(&self.shown, formula)
    }
    /// Applies a formula with a null rule of its own to at least one expression.
    fn some_of_shown<R>(&self, formula: impl FnOnce(&Journey) -> Measured<R>) -> Measured<R> {
        given_some(&self.shown, formula)
    }
    fn put_confidence(&self, block: &mut Block) {
        block.put("confidence", self.confidence.clone());
    }
}

/// A change as it is published.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedChange {
    /// When.
    pub timestamp: String,
    /// Time of the last expression before it, in seconds.
    pub start: f64,
    /// Time of the first expression after it, in seconds.
    pub end: f64,
    /// What the face showed.
    pub from_emotion: EmotionLabel,
    /// What it shows then.
    pub to_emotion: EmotionLabel,
}

impl PublishedChange {
    fn new(timestamp: String, change: &Change) -> Self {
        Self {
            timestamp,
            start: change.old.time.seconds(),
            end: change.new.time.seconds(),
            from_emotion: change.old.label,
            to_emotion: change.new.label,
        }
    }
}
