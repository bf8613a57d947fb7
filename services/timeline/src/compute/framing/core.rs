//! `personFramingCoreMetrics`: who is in the picture, and how near.

use super::{Evidence, FACES, Framing, NULL_FACES, NULL_NOBODY, ShotType, dynamics, screen};
use crate::{
    compute::{
        block::Block,
        clock::{second_of, seconds_of},
        coverage::{Modality, SampledSeconds},
        events::{GazeSeen, Sighting},
        measure::{Measured, Reason},
        numbers,
        reliability::mean_confidence,
    },
    metrics::{Range, define_metrics},
};
use std::collections::{BTreeMap, BTreeSet};

/// How long the beginning lasts, in seconds: that in which scene_pacing counts `introCuts`.
const INTRO_SECONDS: f64 = 3.0;
/// Eye contact above which somebody looks into the camera.
pub(in crate::compute) const LOOKING: f64 = 0.5;

/// Most faces in one frame.
#[must_use]
pub fn most_faces(framing: &Framing) -> usize {
    let counts = framing.frames().iter().map(|frame| frame.faces.len());
    counts.max().unwrap_or_default()
}

/// `none`, `single` or `multiple`, by the most faces in one frame.
#[must_use]
pub const fn primary_subject(most_faces: usize) -> &'static str {
    match most_faces {
        0 => "none",
        1 => "single",
        _ => "multiple",
    }
}

/// Share (0–1) of frames with a face.
#[must_use]
pub fn face_visibility(framing: &Framing) -> f64 {
    framing.main_faces().count() as f64 / framing.frames().len().max(1) as f64
}

/// The type most of these shots have, but for those without a face, and its share (0–1) of them;
/// the one seen first among equals. `None` if none has a face.
#[must_use]
pub fn dominant(shots: &[ShotType]) -> Option<(ShotType, f64)> {
    let faced: Vec<ShotType> = (shots.iter().copied())
        .filter(|shot| *shot != ShotType::Faceless)
        .collect();
    let count = |shot: ShotType| faced.iter().filter(|other| **other == shot).count();
    let best = faced.iter().copied().reduce(|best, shot| {
        if count(shot) > count(best) {
            shot
        } else {
            best
        }
    })?;
    Some((best, count(best) as f64 / faced.len() as f64))
}

/// Shot types of the seconds looked at, by time.
#[must_use]
pub fn shots(framing: &Framing) -> Vec<ShotType> {
    let seconds = framing.seconds().iter().flatten();
    seconds.map(|second| second.shot).collect()
}

/// Share (0–1) of the seconds with a measurement whose mean eye contact is above 0.5; `None`
/// without a measurement.
#[must_use]
pub fn eye_contact_rate(gaze: &[GazeSeen]) -> Option<f64> {
    let mut seconds: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for one in gaze {
        let second = seconds.entry(second_of(one.time)).or_default();
        second.push(one.eye_contact);
    }
    let looking = seconds
        .values()
        .filter(|values| numbers::mean(values).is_some_and(|mean| mean > LOOKING));
    let count = looking.count() as f64;
    (!seconds.is_empty()).then(|| count / seconds.len() as f64)
}

/// Number of persons in every frame in which they were looked for.
#[must_use]
pub fn persons(framing: &Framing) -> Vec<f64> {
    let frames = framing.frames().iter();
    frames
        .filter_map(|frame| frame.persons)
        .map(f64::from)
        .collect()
}

/// Share (0–1) of the seconds looked at with a face or a person.
#[must_use]
pub fn screen_time(framing: &Framing) -> f64 {
    let seconds: Vec<f64> = (framing.seconds().iter().flatten())
        .map(|second| f64::from(u8::from(second.occupied)))
        .collect();
    numbers::mean(&seconds).unwrap_or_default()
}

/// Share (0–1) of the seconds looked at in which something was sighted; `None` if none was looked
/// at.
#[must_use]
pub fn visible_share(sightings: &[Sighting], sampled: &SampledSeconds) -> Option<f64> {
    let seconds: BTreeSet<usize> = sightings
        .iter()
        .flat_map(|one| seconds_of(one.span))
        .filter(|second| sampled.contains(*second))
        .collect();
    (sampled.count() > 0).then(|| seconds.len() as f64 / sampled.count() as f64)
}

/// Who is in the first 3 s: `face_focused` with a face in at least one frame, else
/// `person_visible` with a person, else `no_person`; `None` if nobody can be told.
#[must_use]
pub fn intro(framing: &Framing) -> Option<&'static str> {
    let first: Vec<_> = (framing.frames().iter())
        .filter(|frame| frame.time.seconds() < INTRO_SECONDS)
        .collect();
    let persons: Vec<u32> = first.iter().filter_map(|frame| frame.persons).collect();
    if first.iter().any(|frame| !frame.faces.is_empty()) {
        Some("face_focused")
    } else if persons.iter().any(|count| *count > 0) {
        Some("person_visible")
    } else {
        (!persons.is_empty()).then_some("no_person")
    }
}

/// How much of the picture and of the video people and their bodies take.
fn put_presence(block: &mut Block, evidence: &Evidence<'_>) {
    let events = evidence.events;
    let coverage = evidence.some_of(|_| {
        let objects = events.objects.events()?;
        screen::person_coverage(objects, events.picture)
            .ok_or_else(|| Reason::from("objects were looked for in no frame"))
    });
    block.put("personScreenCoverage", coverage);
    block.put("positionStability", dynamics::measured_stability(evidence));
    let clarity = evidence.some_of(|_| mean_confidence(events, Modality::Gestures));
    block.put("gestureClarity", clarity);
    let bodies = evidence.some_of(|_| {
        visible_share(events.bodies.events()?, events.bodies.sampled()?)
            .ok_or_else(|| Reason::from("no frame was looked at for bodies"))
    });
    block.put("bodyVisibilityRate", bodies);
    block.put("personScreenTimeRatio", evidence.of(screen_time));
    let intro = evidence.some_of(|framing| {
        intro(framing).ok_or_else(|| Reason::from("persons were not looked for in the first 3 s"))
    });
    block.put("introShotType", intro);
}

fn put_persons(block: &mut Block, evidence: &Evidence<'_>) {
    let persons = evidence.some_of(|framing| {
        let counts = persons(framing);
        if counts.is_empty() {
            return Err(Reason::from("persons were not looked for"));
        }
        Ok(counts)
    });
    let of = |formula: fn(&Vec<f64>) -> f64| persons.as_ref().map(formula).map_err(Clone::clone);
    block.put(
        "personPresenceRate",
        of(|counts| {
            counts.iter().filter(|count| **count > 0.0).count() as f64 / counts.len() as f64
        }),
    );
    block.put(
        "avgPersonCount",
        of(|counts| counts.iter().sum::<f64>() / counts.len() as f64),
    );
    block.put(
        "maxSimultaneousPeople",
        of(|counts| counts.iter().copied().fold(0.0, f64::max)).map(|most| most as u64),
    );
}

pub(super) fn no_gaze<T>(value: Option<T>) -> Measured<T> {
    value.ok_or_else(|| Reason::from("where the main face looks was not measured in any frame"))
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("personFramingCoreMetrics");
    let most = evidence.of(most_faces);
    block.put("primarySubject", most.clone().map(primary_subject));
    let size = evidence.some_of_faced(|framing| numbers::mean(&framing.areas()));
    block.put("averageFaceSize", size);
    block.put("faceVisibilityRate", evidence.of(face_visibility));
    let dominant_of = |framing: &Framing| dominant(&shots(framing));
    let consistency = evidence.some_of_faced(|framing| Some(dominant_of(framing)?.1));
    block.put("framingConsistency", consistency);
    block.put("subjectCount", most);
    let framing =
        evidence.of(|framing| dominant_of(framing).map_or(ShotType::Faceless, |(shot, _)| shot));
    block.put("dominantFraming", framing);
    let contact = evidence.some_of(|framing| no_gaze(eye_contact_rate(framing.gaze())));
    block.put("eyeContactRate", contact);
    put_persons(&mut block, evidence);
    put_presence(&mut block, evidence);
    evidence.put_confidence(&mut block);
    block
}

const PERSONS: &str = "persons in frames";
const NULL_PERSONS: &str = "as primarySubject; persons were not looked for";

define_metrics!(
    "person_framing",
    "personFramingCoreMetrics",
    [
        (
            "primarySubject",
            "by subjectCount: none if 0, single if 1, else multiple",
            FACES,
            "name",
            Range::OneOf(&["none", "single", "multiple"]),
            NULL_FACES
        ),
        (
            "averageFaceSize",
            "A",
            FACES,
            "%",
            Range::Between(0.0, 100.0),
            NULL_NOBODY
        ),
        (
            "faceVisibilityRate",
            "frames with a face / frames looked at",
            FACES,
            "1",
            Range::Share,
            NULL_FACES
        ),
        (
            "framingConsistency",
            "seconds of the type dominantFraming / seconds with a face",
            FACES,
            "1",
            Range::Share,
            NULL_NOBODY
        ),
        (
            "subjectCount",
            "most faces in one frame",
            FACES,
            "faces",
            Range::COUNT,
            NULL_FACES
        ),
        (
            "dominantFraming",
            "most frequent shot type of seconds with a face, the one seen first among equals; none without a face",
            FACES,
            "name",
            Range::FRAMING,
            NULL_FACES
        ),
        (
            "eyeContactRate",
            "seconds in which the mean eye contact of the main face is above 0.5 / seconds in which it was measured",
            "gaze",
            "1",
            Range::Share,
            "as primarySubject; gaze was not measured in any frame"
        ),
        (
            "personPresenceRate",
            "frames with a person / frames in which persons were looked for",
            PERSONS,
            "1",
            Range::Share,
            NULL_PERSONS
        ),
        (
            "avgPersonCount",
            "mean number of persons per frame in which they were looked for",
            PERSONS,
            "persons",
            Range::AtLeast(0.0),
            NULL_PERSONS
        ),
        (
            "maxSimultaneousPeople",
            "most persons in one frame",
            PERSONS,
            "persons",
            Range::COUNT,
            NULL_PERSONS
        ),
        (
            "personScreenCoverage",
            "mean over the frames looked at for objects of the share of the picture that the union of the boxes of class person covers; 0 in a frame without one",
            "objects, frames looked at for faces",
            "1",
            Range::Share,
            "as primarySubject; objects were not measured or looked for in no frame"
        ),
        (
            "positionStability",
            "as personFramingDynamics.stabilityScore",
            FACES,
            "1",
            Range::Share,
            dynamics::NULL_MOVEMENT
        ),
        (
            "gestureClarity",
            "mean confidence of the gestures",
            "gestures",
            "1",
            Range::Share,
            "as primarySubject; gestures were not measured or none was seen"
        ),
        (
            "bodyVisibilityRate",
            "seconds with a body / seconds looked at for bodies",
            "bodies",
            "1",
            Range::Share,
            "as primarySubject; bodies were not measured or looked for in no second"
        ),
        (
            "personScreenTimeRatio",
            "seconds with a face or a person / seconds looked at",
            "faces, persons in frames",
            "1",
            Range::Share,
            NULL_FACES
        ),
        (
            "introShotType",
            "of the frames before 3 s: face_focused if one has a face, else person_visible if one has a person, else no_person",
            "faces, persons in frames",
            "name",
            Range::OneOf(&["face_focused", "person_visible", "no_person"]),
            "as primarySubject; no face is in these frames and persons were not looked for in them"
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
