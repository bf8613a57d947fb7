//! `personFramingDynamics`: how framing changes over the video.

use super::{
    Evidence, FACES, Framing, LISTED, NULL_FACES, NULL_NOBODY, ShotType, Stretch, area, centre,
};
use crate::{
    compute::{
        block::Block,
        clock::{second_key, second_of},
        events::GazeSeen,
        measure::{Measured, Reason},
        numbers,
    },
    metrics::{Range, define_metrics},
};
use serde::Serialize;
use std::{collections::BTreeMap, ops};

/// Variance of eye contact (0–1) below which the gaze is steady: a deviation of 0.22, where a gaze
/// that is in the camera half of the time and away for the other half has 0.5.
const HIGH_STEADINESS: f64 = 0.05;
/// Variance below which it is fairly steady: a deviation of 0.39.
const MEDIUM_STEADINESS: f64 = 0.15;
/// Deviation of the middle of the face below which it stays where it is, in shares of the picture:
/// 54 pixels across or 96 down a picture of 1080 × 1920. In that picture the least medium face, 8
/// percent of it and three wide by four high, measures 353 × 470 pixels: it strays by at most a
/// fifth of itself, as a head does that talks and nods.
const STATIC_DEVIATION: f64 = 0.05;
/// Deviation below which it moves little: 162 pixels across or 288 down such a picture, about half
/// of that face. Beyond it the middle of the face leaves the place that the face had.
const GRADUAL_DEVIATION: f64 = 0.15;
/// Deviation of a, as a share of its mean, up to which a face keeps its size: 5 percent of its width
/// and of its height, 18 of the 353 pixels of that face. Boxes around a face at rest waver by as much
/// from frame to frame.
const SIZE_WAVER: f64 = 0.1;
/// Share of the variance of a that a straight line must account for to be its trend: more than
/// everything else together.
const TREND_SHARE: f64 = 0.5;
/// A line goes through any two points; a trend takes more.
const TREND_FRAMES: usize = 3;

/// A stretch with one shot type.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// Key of the stretch.
    pub timestamp: String,
    /// The type.
    #[serde(rename = "type")]
    pub shot: ShotType,
    /// The same.
    pub distance: ShotType,
    /// Mean area of the main face over the frames with a face, in percent of the picture; 0
    /// without a face.
    pub coverage: f64,
    /// When.
    #[serde(flatten)]
    pub stretch: Stretch,
}

/// How still the main face is held in one second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SecondStability {
    /// The second, counted from 0.
    pub second: usize,
    /// 1 − min(1, deviation of the middle of the face in it).
    pub stability: f64,
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
        timestamp: format!("{}-{}s", seconds.start, seconds.end),
        shot,
        distance: shot,
        coverage: mean_area(framing, &seconds).unwrap_or_default(),
        stretch: Stretch::of(framing.clock(), &seconds),
    })
    .collect()
}

/// Mean area of the main face in these seconds; `None` without a face.
fn mean_area(framing: &Framing, seconds: &ops::Range<usize>) -> Option<f64> {
    let inside = framing
        .main_faces()
        .filter(|(time, _)| seconds.contains(&second_of(*time)));
    let areas: Vec<f64> = inside.map(|(_, face)| area(&face.bbox)).collect();
    numbers::mean(&areas)
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

/// Stability of every second in which at least two frames have a face, by time.
#[must_use]
pub fn stability_timeline(framing: &Framing) -> Vec<SecondStability> {
    let mut seconds: BTreeMap<usize, Vec<[f64; 2]>> = BTreeMap::new();
    for (time, face) in framing.main_faces() {
        let second = seconds.entry(second_of(time)).or_default();
        second.push(centre(&face.bbox));
    }
    let stability = |(second, centres): (usize, Vec<[f64; 2]>)| {
        Some(SecondStability {
            second,
            stability: stability(position_deviation(&centres)?),
        })
    };
    seconds.into_iter().filter_map(stability).collect()
}

/// How the size of a face changes over `(seconds, area)`: `stable` if the population standard
/// deviation of the areas is at most a tenth of their mean; else, if a line through them accounts
/// for at least half of their variance, `in` if it rises and `out` if it falls; else `varied`.
/// `None` of fewer than three.
#[must_use]
pub fn zoom_trend(sizes: &[(f64, f64)]) -> Option<&'static str> {
    if sizes.len() < TREND_FRAMES {
        return None;
    }
    let areas: Vec<f64> = sizes.iter().map(|(_, area)| *area).collect();
    let deviation = numbers::population_deviation(&areas)?;
    if deviation <= SIZE_WAVER * numbers::mean(&areas)? {
        return Some("stable");
    }
    let trend = numbers::correlation(sizes).filter(|r| r * r >= TREND_SHARE);
    Some(match trend {
        Some(r) if r > 0.0 => "in",
        Some(_) => "out",
        None => "varied",
    })
}

/// How far the middle of the main face strays.
fn measured_deviation(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence
        .of_faced(|framing| position_deviation(&framing.centres()))
        .and_then(|deviation| {
            deviation.ok_or_else(|| Reason::from("a face was seen in fewer than two frames"))
        })
}

/// The stability of the whole video.
pub(super) fn measured_stability(evidence: &Evidence<'_>) -> Measured<f64> {
    measured_deviation(evidence).map(stability)
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
    block.put(
        "movementPattern",
        measured_deviation(evidence).map(movement),
    );
    block.put("stabilityScore", measured_stability(evidence));
    let zoom = evidence
        .of_faced(|framing| {
            let sizes = framing.main_faces();
            let sizes = sizes.map(|(time, face)| (time.seconds(), area(&face.bbox)));
            zoom_trend(&sizes.collect::<Vec<_>>())
        })
        .and_then(|trend| {
            trend.ok_or_else(|| Reason::from("a face was seen in fewer than three frames"))
        });
    block.put("zoomTrend", zoom);
    block.put("stabilityTimeline", evidence.of(stability_timeline));
    evidence.put_confidence(&mut block);
    block
}

pub(super) const NULL_MOVEMENT: &str =
    "as primarySubject; a face was seen in fewer than two frames";

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
            "framingProgression[].timestamp",
            "key of the run",
            FACES,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "framingProgression[].distance",
            "as framingProgression[].type",
            FACES,
            "name",
            Range::FRAMING,
            LISTED
        ),
        (
            "framingProgression[].coverage",
            "mean of a over the frames of the run with a face; 0 in a run of type none",
            FACES,
            "%",
            Range::Between(0.0, 100.0),
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
            "zoomTrend",
            "of a over the frames with a face: stable if its population standard deviation is at most 0.1 A; else, if a straight line accounts for at least half of its variance, in if it rises and out if it falls; else varied",
            FACES,
            "name",
            Range::OneOf(&["in", "out", "stable", "varied"]),
            "as primarySubject; a face was seen in fewer than three frames"
        ),
        (
            "stabilityTimeline[].second",
            "a second in which at least two frames have a face; all of them, by time; the list is null as primarySubject",
            FACES,
            "s",
            Range::COUNT,
            LISTED
        ),
        (
            "stabilityTimeline[].stability",
            "as stabilityScore, of the frames of that second",
            FACES,
            "1",
            Range::Share,
            LISTED
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
