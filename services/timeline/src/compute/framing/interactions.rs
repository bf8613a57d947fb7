//! `personFramingInteractions`: several people, and people who speak.

use super::{Evidence, FACES, Framing, NULL_FACES, NULL_NOBODY, ShotType, core::dominant};
use crate::{
    compute::{
        block::Block,
        clock::{second_of, seconds_of},
        coverage::SampledSeconds,
        events::{ExpressionSeen, Sighting, Speech},
        measure::{Measured, NO_DEFINITION, Reason},
        numbers,
    },
    metrics::{Range, define_metrics},
};
use std::collections::BTreeSet;

/// Percent of the picture above which a face is as near as in an embrace.
const INTIMATE_AREA: f64 = 25.0;
/// Percent of the picture above which a face is as near as a friend's.
const PERSONAL_AREA: f64 = 8.0;
/// Percent of the picture above which a face is as near as that of somebody one talks to.
const SOCIAL_AREA: f64 = 2.0;

/// Mean number of faces per frame.
#[must_use]
pub fn mean_faces(framing: &Framing) -> f64 {
    let frames = framing.frames();
    let faces: usize = frames.iter().map(|frame| frame.faces.len()).sum();
    faces as f64 / frames.len().max(1) as f64
}

/// Number of seconds with at least two faces in one frame.
#[must_use]
pub fn group_seconds(framing: &Framing) -> usize {
    let seconds = framing.seconds().iter().flatten();
    seconds.filter(|second| second.faces > 1).count()
}

/// Shot types of the seconds in which a voice is active, of those looked at, by time.
#[must_use]
pub fn spoken_shots(framing: &Framing, speech: &Speech) -> Vec<ShotType> {
    let said = speech.utterances.iter().map(|one| one.span);
    let seconds: BTreeSet<usize> = speech
        .voice
        .iter()
        .copied()
        .chain(said)
        .flat_map(seconds_of)
        .collect();
    seconds
        .into_iter()
        .filter_map(|second| framing.seconds().get(second)?.map(|view| view.shot))
        .collect()
}

/// `intimate` above 25 percent of the picture, `personal` above 8, `social` above 2, else `public`.
#[must_use]
pub fn social_distance(average_area: f64) -> &'static str {
    if average_area > INTIMATE_AREA {
        "intimate"
    } else if average_area > PERSONAL_AREA {
        "personal"
    } else if average_area > SOCIAL_AREA {
        "social"
    } else {
        "public"
    }
}

/// Share (0–1) of the gestures that begin in a second of type close or medium, of those that begin
/// in a second looked at for faces; `None` if none does.
#[must_use]
pub fn framed_gestures(framing: &Framing, gestures: &[Sighting]) -> Option<f64> {
    let begins = gestures.iter().map(|gesture| second_of(gesture.span.start));
    let shots: Vec<ShotType> = begins
        .filter_map(|second| framing.seconds().get(second)?.map(|view| view.shot))
        .collect();
    let near = shots
        .iter()
        .filter(|shot| matches!(shot, ShotType::Close | ShotType::Medium));
    (!shots.is_empty()).then(|| near.count() as f64 / shots.len() as f64)
}

/// Share (0–1) of the seconds with a face in which an expression was read, of those looked at for
/// expressions; `None` if there is no such second.
#[must_use]
pub fn readable_faces(
    framing: &Framing,
    seen: &[ExpressionSeen],
    sampled: &SampledSeconds,
) -> Option<f64> {
    let read: BTreeSet<usize> = seen.iter().map(|one| second_of(one.time)).collect();
    let faced: Vec<usize> = (0..framing.seconds().len())
        .filter(|second| sampled.contains(*second))
        .filter(|second| framing.seconds()[*second].is_some_and(|view| view.faces > 0))
        .collect();
    let readable = faced.iter().filter(|second| read.contains(second));
    (!faced.is_empty()).then(|| readable.count() as f64 / faced.len() as f64)
}

fn put_expressiveness(block: &mut Block, evidence: &Evidence<'_>) {
    let events = evidence.events;
    let gestures = evidence.some_of(|framing| {
        framed_gestures(framing, events.gestures.events()?).ok_or_else(|| {
            Reason::from("no gesture begins in a second that was looked at for faces")
        })
    });
    block.put("gestureFramingSync", gestures);
    let expressions = evidence.some_of(|framing| {
        let seen = &events.emotions.events()?.seen;
        readable_faces(framing, seen, events.emotions.sampled()?)
            .ok_or_else(|| Reason::from("no second with a face was looked at for expressions"))
    });
    block.put("expressionVisibility", expressions);
}

fn put_speaker(block: &mut Block, evidence: &Evidence<'_>) {
    let shots: Measured<Vec<ShotType>> = evidence.some_of(|framing| {
        let shots = spoken_shots(framing, evidence.events.speech.events()?);
        if shots.is_empty() {
            return Err(Reason::from(
                "no voice is active in a second that was looked at",
            ));
        }
        Ok(shots)
    });
    let shot = |shots: &Vec<ShotType>| dominant(shots).map_or(ShotType::Faceless, |(shot, _)| shot);
    let framing = shots.as_ref().map(shot).map_err(Clone::clone);
    block.put("speakerFraming.dominantShot", framing);
    let faced = |shots: &Vec<ShotType>| {
        let faced = shots.iter().filter(|shot| **shot != ShotType::Faceless);
        faced.count() as f64 / shots.len() as f64
    };
    let visible = shots.as_ref().map(faced).map_err(Clone::clone);
    block.put("speakerFraming.faceShare", visible);
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("personFramingInteractions");
    block.put(
        "multiPersonDynamics.max",
        evidence.of(super::core::most_faces),
    );
    block.put("multiPersonDynamics.mean", evidence.of(mean_faces));
    block.put(
        "multiPersonDynamics.secondsWithTwoOrMore",
        evidence.of(group_seconds),
    );
    put_speaker(&mut block, evidence);
    block.put::<f64>("interactionZones", Err(NO_DEFINITION));
    let size = evidence.some_of_faced(|framing| numbers::mean(&framing.areas()));
    block.put("socialDistance", size.map(social_distance));
    put_expressiveness(&mut block, evidence);
    evidence.put_confidence(&mut block);
    block
}

const NULL_SPEAKER: &str =
    "as primarySubject; speech was not measured, or no voice is active in a second looked at";

define_metrics!(
    "person_framing",
    "personFramingInteractions",
    [
        (
            "multiPersonDynamics.max",
            "most faces in one frame",
            FACES,
            "faces",
            Range::COUNT,
            NULL_FACES
        ),
        (
            "multiPersonDynamics.mean",
            "mean number of faces per frame",
            FACES,
            "faces",
            Range::AtLeast(0.0),
            NULL_FACES
        ),
        (
            "multiPersonDynamics.secondsWithTwoOrMore",
            "seconds with at least two faces in one frame",
            FACES,
            "s",
            Range::COUNT,
            NULL_FACES
        ),
        (
            "speakerFraming.dominantShot",
            "most frequent shot type of the seconds with a face in which a voice is active, the one seen first among equals; none if none has a face",
            "faces, speech",
            "name",
            Range::FRAMING,
            NULL_SPEAKER
        ),
        (
            "speakerFraming.faceShare",
            "seconds with a face / seconds looked at, of those in which a voice is active",
            "faces, speech",
            "1",
            Range::Share,
            NULL_SPEAKER
        ),
        (
            "interactionZones",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            "always: no definition that evidence supports"
        ),
        (
            "socialDistance",
            "by A: intimate above 25, personal above 8, social above 2, else public",
            FACES,
            "name",
            Range::OneOf(&["intimate", "personal", "social", "public"]),
            NULL_NOBODY
        ),
        (
            "gestureFramingSync",
            "gestures that begin in a second of type close or medium / gestures that begin in a second looked at for faces",
            "gestures, faces",
            "1",
            Range::Share,
            "as primarySubject; gestures were not measured, or none begins in a second looked at for faces"
        ),
        (
            "expressionVisibility",
            "seconds with a face in which an expression was read / seconds with a face looked at for expressions",
            "faces, emotions",
            "1",
            Range::Share,
            "as primarySubject; expressions were not measured, or looked for in no second with a face"
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
