//! `personFramingKeyEvents`: the moments that stand out.

use super::{Evidence, FACES, Framing, LISTED, ShotType, Stretch, area, dynamics};
use crate::{
    compute::{
        block::Block,
        clock::{second_key, second_of},
        events::FaceSeen,
    },
    metrics::{Range, define_metrics},
};
use contracts::MediaTime;
use serde::Serialize;

/// A stretch that stands out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Highlight {
    /// Key of the stretch.
    pub timestamp: String,
    /// When.
    #[serde(flatten)]
    pub stretch: Stretch,
}

/// A stretch with several faces.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupShot {
    /// When.
    #[serde(flatten)]
    pub highlight: Highlight,
    /// Most faces in one frame of it.
    pub faces: usize,
}

/// A moment of the main face.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubjectMoment {
    /// `first_appearance`, `last_appearance` or `largest_face`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Key of the second in which it lies.
    pub timestamp: String,
    /// When, in seconds.
    pub time: f64,
    /// Area of the face in percent of the picture.
    pub face_size: f64,
}

fn highlight(framing: &Framing, seconds: &std::ops::Range<usize>) -> Highlight {
    Highlight {
        timestamp: format!("{}-{}s", seconds.start, seconds.end),
        stretch: Stretch::of(framing.clock(), seconds),
    }
}

/// Runs of seconds that are close, by time.
#[must_use]
pub fn close_ups(framing: &Framing) -> Vec<Highlight> {
    let runs = framing.runs(|second| second.shot == ShotType::Close);
    runs.iter()
        .filter(|(close, _)| *close)
        .map(|(_, seconds)| highlight(framing, seconds))
        .collect()
}

/// Runs of seconds with at least two faces in one frame, by time.
#[must_use]
pub fn group_shots(framing: &Framing) -> Vec<GroupShot> {
    let most = |seconds: &std::ops::Range<usize>| {
        let inside = framing.seconds().get(seconds.clone()).unwrap_or_default();
        let faces = inside.iter().flatten().map(|second| second.faces);
        faces.max().unwrap_or_default()
    };
    let runs = framing.runs(|second| second.faces > 1);
    runs.iter()
        .filter(|(group, _)| *group)
        .map(|(_, seconds)| GroupShot {
            highlight: highlight(framing, seconds),
            faces: most(seconds),
        })
        .collect()
}

/// Runs of seconds with neither a face nor a person, by time.
#[must_use]
pub fn absences(framing: &Framing) -> Vec<Stretch> {
    let runs = framing.runs(|second| second.occupied);
    runs.iter()
        .filter(|(occupied, _)| !occupied)
        .map(|(_, seconds)| Stretch::of(framing.clock(), seconds))
        .collect()
}

/// First and last appearance of a face and its largest one, the first among equals; empty without
/// a face.
#[must_use]
pub fn subject_moments(framing: &Framing) -> Vec<SubjectMoment> {
    let larger = |best: (MediaTime, &FaceSeen)| area(&best.1.bbox);
    let largest = framing.main_faces().reduce(|best, face| {
        if larger(face) > larger(best) {
            face
        } else {
            best
        }
    });
    [
        ("first_appearance", framing.main_faces().next()),
        ("last_appearance", framing.main_faces().next_back()),
        ("largest_face", largest),
    ]
    .into_iter()
    .filter_map(|(kind, face)| {
        let (time, face) = face?;
        Some(SubjectMoment {
            kind,
            timestamp: second_key(second_of(time)),
            time: time.seconds(),
            face_size: area(&face.bbox),
        })
    })
    .collect()
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("personFramingKeyEvents");
    block.put("closeUpMoments", evidence.of(close_ups));
    block.put("groupShots", evidence.of(group_shots));
    block.put("keySubjectMoments", evidence.of(subject_moments));
    block.put("framingChanges", evidence.of(dynamics::changes));
    block.put("absenceSegments", evidence.of(absences));
    evidence.put_confidence(&mut block);
    block
}

const PRESENCE: &str = "faces, persons in frames";

define_metrics!(
    "person_framing",
    "personFramingKeyEvents",
    [
        (
            "closeUpMoments[].timestamp",
            "key of a run of seconds of type close; all of them, by time; the list is null as primarySubject",
            FACES,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "closeUpMoments[].start",
            "beginning of the run",
            FACES,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "closeUpMoments[].end",
            "end of the run",
            FACES,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "closeUpMoments[].duration",
            "end − start",
            FACES,
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "groupShots[].timestamp",
            "key of a run of seconds with at least two faces in one frame; all of them, by time; the list is null as primarySubject",
            FACES,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "groupShots[].start",
            "beginning of the run",
            FACES,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "groupShots[].end",
            "end of the run",
            FACES,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "groupShots[].duration",
            "end − start",
            FACES,
            "s",
            Range::Above(0.0),
            LISTED
        ),
        (
            "groupShots[].faces",
            "most faces in one frame of the run",
            FACES,
            "faces",
            Range::count_from(2),
            LISTED
        ),
        (
            "keySubjectMoments[].type",
            "first and last frame with a face, and that with the largest, the first among equals; empty without a face; the list is null as primarySubject",
            FACES,
            "name",
            Range::OneOf(&["first_appearance", "last_appearance", "largest_face"]),
            LISTED
        ),
        (
            "keySubjectMoments[].timestamp",
            "key of the second in which the frame lies",
            FACES,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "keySubjectMoments[].time",
            "time of the frame",
            FACES,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "keySubjectMoments[].faceSize",
            "a of the frame",
            FACES,
            "%",
            Range::Between(0.0, 100.0),
            LISTED
        ),
        (
            "framingChanges[].timestamp",
            "key of a second of another shot type than the one before, both looked at; all of them, by time; the list is null as primarySubject",
            FACES,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "framingChanges[].from",
            "shot type of the second before",
            FACES,
            "name",
            Range::FRAMING,
            LISTED
        ),
        (
            "framingChanges[].to",
            "shot type of the second",
            FACES,
            "name",
            Range::FRAMING,
            LISTED
        ),
        (
            "absenceSegments[].start",
            "beginning of a run of seconds with neither a face nor a person; all of them, by time; the list is null as primarySubject",
            PRESENCE,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "absenceSegments[].end",
            "end of the run",
            PRESENCE,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "absenceSegments[].duration",
            "end − start",
            PRESENCE,
            "s",
            Range::Above(0.0),
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
