//! `personFramingDynamics`: how framing changes over the video.

use super::{Evidence, FACES, Framing, LISTED, NULL_FACES, NULL_NOBODY, ShotType, Stretch};
use crate::{
    compute::{block::Block, clock::second_key, events::GazeSeen, measure::Reason, numbers},
    metrics::{Range, define_metrics},
};
use serde::Serialize;

const HIGH_STEADINESS: f64 = 0.05;
const MEDIUM_STEADINESS: f64 = 0.15;
/// Deviation of the middle of the face below which it stays where it is, in shares of the picture.
const STATIC_DEVIATION: f64 = 0.05;
/// Deviation below which it moves slowly or little.
const GRADUAL_DEVIATION: f64 = 0.15;

/// A stretch with one shot type.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Segment {
    /// The type.
    #[serde(rename = "type")]
    pub shot: ShotType,
    /// When.
    #[serde(flatten)]
    pub stretch: Stretch,
}

/// A change of the shot type from one second to the next.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FramingChange {
    /// Key of the first second of the new type.
    pub timestamp: String,
    /// The old type.
    pub from: ShotType,
    /// The new one.
    pub to: ShotType,
}

/// Stretches of seconds with one shot type, by time. Seconds not looked at are in none.
#[must_use]
pub fn progression(framing: &Framing) -> Vec<Segment> {
    let runs = framing.runs(|second| second.shot).into_iter();
    runs.map(|(shot, seconds)| Segment {
        shot,
        stretch: Stretch::of(framing.clock(), &seconds),
    })
    .collect()
}

/// Changes of the shot type between neighbouring seconds that were both looked at, by time.
#[must_use]
pub fn changes(framing: &Framing) -> Vec<FramingChange> {
    framing
        .runs(|second| second.shot)
        .windows(2)
        .filter(|two| two[0].1.end == two[1].1.start)
        .map(|two| FramingChange {
            timestamp: second_key(two[1].1.start),
            from: two[0].0,
            to: two[1].0,
        })
        .collect()
}

/// `high` if the sample variance of eye contact is below 0.05, `medium` below 0.15, else `low`;
/// `None` of fewer than two measurements.
#[must_use]
pub fn gaze_steadiness(gaze: &[GazeSeen]) -> Option<&'static str> {
    let all: Vec<f64> = gaze.iter().map(|one| one.eye_contact).collect();
    let variance = numbers::sample_deviation(&all)?.powi(2);
    Some(if variance < HIGH_STEADINESS {
        "high"
    } else if variance < MEDIUM_STEADINESS {
        "medium"
    } else {
        "low"
    })
}

/// Root mean square distance of points from their mean; `None` of fewer than two.
#[must_use]
pub fn position_deviation(centres: &[[f64; 2]]) -> Option<f64> {
    if centres.len() < 2 {
        return None;
    }
    let of = |axis: usize| {
        let values: Vec<f64> = centres.iter().map(|centre| centre[axis]).collect();
        numbers::population_deviation(&values)
    };
    Some(of(0)?.hypot(of(1)?))
}

/// `static` below a deviation of 0.05, `gradual` below 0.15, else `dynamic`.
#[must_use]
pub fn movement(deviation: f64) -> &'static str {
    if deviation < STATIC_DEVIATION {
        "static"
    } else if deviation < GRADUAL_DEVIATION {
        "gradual"
    } else {
        "dynamic"
    }
}

/// 1 − min(1, deviation).
#[must_use]
pub fn stability(deviation: f64) -> f64 {
    1.0 - deviation.min(1.0)
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("personFramingDynamics");
    let steadiness = evidence.some_of(|framing| {
        gaze_steadiness(framing.gaze()).ok_or_else(|| {
            Reason::from("where the main face looks was measured in fewer than two frames")
        })
    });
    block.put("gazeSteadiness", steadiness);
    block.put("framingProgression", evidence.of(progression));
    let variation =
        evidence.some_of_faced(|framing| numbers::population_deviation(&framing.areas()));
    block.put("distanceVariation", variation);
    block.put(
        "framingTransitions",
        evidence.of(|framing| changes(framing).len()),
    );
    let deviation = evidence
        .of_faced(|framing| position_deviation(&framing.centres()))
        .and_then(|deviation| {
            deviation.ok_or_else(|| Reason::from("a face was seen in fewer than two frames"))
        });
    block.put("movementPattern", deviation.clone().map(movement));
    block.put("stabilityScore", deviation.map(stability));
    evidence.put_confidence(&mut block);
    block
}

const NULL_MOVEMENT: &str = "as primarySubject; a face was seen in fewer than two frames";

define_metrics!(
    "person_framing",
    "personFramingDynamics",
    [
        (
            "gazeSteadiness",
            "by the sample variance of the eye contact of the main face over all measurements: high below 0.05, medium below 0.15, else low",
            "gaze",
            "name",
            Range::OneOf(&["high", "medium", "low"]),
            "as primarySubject; gaze was measured in fewer than two frames"
        ),
        (
            "framingProgression[].type",
            "shot type of a run of neighbouring seconds; seconds not looked at are in none; the list is null as primarySubject",
            FACES,
            "name",
            Range::FRAMING,
            LISTED
        ),
        (
            "framingProgression[].start",
            "beginning of the run",
            FACES,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "framingProgression[].end",
            "end of the run",
            FACES,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "framingProgression[].duration",
            "end − start",
            FACES,
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "distanceVariation",
            "population standard deviation of a over the frames with a face",
            FACES,
            "%",
            Range::Between(0.0, 50.0),
            NULL_NOBODY
        ),
        (
            "framingTransitions",
            "number of framingChanges",
            FACES,
            "changes",
            Range::COUNT,
            NULL_FACES
        ),
        (
            "movementPattern",
            "by the root mean square distance of the middle of the main face from its mean, in shares of width and height: static below 0.05, gradual below 0.15, else dynamic",
            FACES,
            "name",
            Range::OneOf(&["static", "gradual", "dynamic"]),
            NULL_MOVEMENT
        ),
        (
            "stabilityScore",
            "1 − min(1, that distance)",
            FACES,
            "1",
            Range::Share,
            NULL_MOVEMENT
        ),
        (
            "confidence",
            "personFramingQuality.overallConfidence",
            "coverage, faces",
            "1",
            Range::Share,
            super::quality::NULL_CONFIDENCE
        ),
    ]
);
