//! `personFramingKeyEvents`: the moments that stand out.

use super::{Evidence, FACES, Framing, LISTED, NULL_FACES, ShotType, Stretch, area, dynamics};
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

/// A stretch that stands out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FramingHighlight {
    /// Key of the stretch.
    pub timestamp: String,
    /// `close_up` or `group_shot`.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A moment of the main face, and how near it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CriticalMoment {
    /// Key of the second in which it lies.
    pub timestamp: String,
    /// What happens: `first_appearance`, `last_appearance` or `largest_face`.
    pub event: &'static str,
    /// Shot type of that second.
    pub framing: ShotType,
}

/// Length in seconds above which somebody is gone for long: from there on scene_pacing counts a shot
/// among the long ones, so that even a long cutaway is over.
const PROLONGED_SECONDS: f64 = 5.0;

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

/// What stands out, by time; a close-up before a group that begins with it.
#[must_use]
pub fn highlights(framing: &Framing) -> Vec<FramingHighlight> {
    let close = close_ups(framing).into_iter().map(|one| ("close_up", one));
    let groups = group_shots(framing).into_iter();
    let groups = groups.map(|one| ("group_shot", one.highlight));
    let mut all: Vec<(&str, Highlight)> = close.chain(groups).collect();
    all.sort_by(|a, b| a.1.stretch.start.total_cmp(&b.1.stretch.start));
    let named = |(kind, one): (&'static str, Highlight)| FramingHighlight {
        timestamp: one.timestamp,
        kind,
    };
    all.into_iter().map(named).collect()
}

/// The moments of the main face, with how near it is in the second in which they lie.
#[must_use]
pub fn critical_moments(framing: &Framing) -> Vec<CriticalMoment> {
    let moment = |moment: SubjectMoment| {
        let second = second_of(MediaTime::from_seconds(moment.time));
        let view = framing.seconds().get(second).copied().flatten()?;
        Some(CriticalMoment {
            timestamp: moment.timestamp,
            event: moment.kind,
            framing: view.shot,
        })
    };
    subject_moments(framing)
        .into_iter()
        .filter_map(moment)
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

/// Length of the longest absence in seconds; 0 if somebody is always there.
#[must_use]
pub fn longest_absence(absences: &[Stretch]) -> f64 {
    let lengths = absences.iter().map(|absence| absence.duration);
    lengths.fold(0.0, f64::max)
}

/// The absences of more than 5 s.
#[must_use]
pub fn prolonged(absences: Vec<Stretch>) -> Vec<Stretch> {
    let long = |absence: &Stretch| absence.duration > PROLONGED_SECONDS;
    absences.into_iter().filter(long).collect()
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
    block.put("framingHighlights", evidence.of(highlights));
    block.put("criticalFramingMoments", evidence.of(critical_moments));
    let absences = evidence.of(absences);
    block.put("absenceSegments", absences.clone());
    let longest = absences.clone().map(|absences| longest_absence(&absences));
    block.put("longestAbsence", longest);
    block.put("prolongedAbsences", absences.map(prolonged));
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
            "framingHighlights[].timestamp",
            "key of one of closeUpMoments or groupShots; all of them, by beginning, a close-up first among equals; the list is null as primarySubject",
            FACES,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "framingHighlights[].type",
            "which of the two",
            FACES,
            "name",
            Range::OneOf(&["close_up", "group_shot"]),
            LISTED
        ),
        (
            "criticalFramingMoments[].timestamp",
            "timestamp of one of keySubjectMoments, in their order; the list is null as primarySubject",
            FACES,
            "s",
            Range::SpanKey,
            LISTED
        ),
        (
            "criticalFramingMoments[].event",
            "its type",
            FACES,
            "name",
            Range::OneOf(&["first_appearance", "last_appearance", "largest_face"]),
            LISTED
        ),
        (
            "criticalFramingMoments[].framing",
            "shot type of that second",
            FACES,
            "name",
            Range::FRAMING,
            LISTED
        ),
        (
            "longestAbsence",
            "largest duration of absenceSegments; 0 if there is none",
            PRESENCE,
            "s",
            Range::WITHIN_VIDEO,
            NULL_FACES
        ),
        (
            "prolongedAbsences[].start",
            "beginning of one of the absenceSegments that lasts more than 5 s; all of them, by time; the list is null as primarySubject",
            PRESENCE,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "prolongedAbsences[].end",
            "its end",
            PRESENCE,
            "s",
            Range::WITHIN_VIDEO,
            LISTED
        ),
        (
            "prolongedAbsences[].duration",
            "end − start",
            PRESENCE,
            "s",
            Range::Above(5.0),
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
