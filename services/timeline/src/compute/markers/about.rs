//! `metadata` of the markers: of what they are made. It holds no time of day, so that the same
//! video gives the same file.

use super::{Evidence, NULL_MARKS, activity::Kind};
use crate::{
    compute::{
        block::Block,
        coverage::Modality,
        measure::{NO_DURATION, given},
    },
    metrics::{Range, define_metrics},
};

/// Services and a modality each measures.
const SERVICES: [(&str, Modality); 5] = [
    ("ml_data_available.yolo", Modality::Objects),
    ("ml_data_available.whisper", Modality::Speech),
    ("ml_data_available.ocr", Modality::Text),
    ("ml_data_available.mediapipe", Modality::Faces),
    ("ml_data_available.scene", Modality::Shots),
];

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let events = evidence.events;
    let mut block = Block::new("metadata");
    block.put("video_id", Ok(&events.metadata.id));
    let duration = (events.clock.second_count() > 0)
        .then(|| events.clock.seconds())
        .ok_or(NO_DURATION);
    block.put("duration", duration);
    for (field, modality) in SERVICES {
        block.put(field, Ok(events.sampled(modality).is_ok()));
    }
    let marks = &evidence.marks;
    let names = given(marks, |marks| -> Vec<&str> {
        marks.counted.iter().copied().map(Kind::as_str).collect()
    });
    block.put("kinds_counted", names);
    let unsampled = given(marks, |marks| -> Vec<usize> {
        let seconds = marks.known.iter().enumerate();
        seconds
            .filter(|(_, known)| !**known)
            .map(|(second, _)| second)
            .collect()
    });
    block.put("unsampled_seconds", unsampled);
    block
}

const AVAILABLE: Range = Range::Boolean;
const COVERAGE: &str = "coverage";

define_metrics!(
    "temporal_markers",
    "metadata",
    [
        (
            "video_id",
            "what consumers call the video",
            "metadata",
            "name",
            Range::Text("any name"),
            "never"
        ),
        (
            "duration",
            "D",
            "probe",
            "s",
            Range::Above(0.0),
            "the video has no duration"
        ),
        (
            "ml_data_available.yolo",
            "whether objects were measured",
            COVERAGE,
            "flag",
            AVAILABLE,
            "never"
        ),
        (
            "ml_data_available.whisper",
            "whether speech was measured",
            COVERAGE,
            "flag",
            AVAILABLE,
            "never"
        ),
        (
            "ml_data_available.ocr",
            "whether texts were measured",
            COVERAGE,
            "flag",
            AVAILABLE,
            "never"
        ),
        (
            "ml_data_available.mediapipe",
            "whether faces were measured",
            COVERAGE,
            "flag",
            AVAILABLE,
            "never"
        ),
        (
            "ml_data_available.scene",
            "whether shots were measured",
            COVERAGE,
            "flag",
            AVAILABLE,
            "never"
        ),
        (
            "kinds_counted",
            "the kinds of marks that were measured; the others count nothing",
            COVERAGE,
            "names",
            Range::ListOf(&Range::OneOf(&[
                "text",
                "speech",
                "scene_change",
                "object",
                "gesture",
                "sticker",
                "emotion"
            ])),
            NULL_MARKS
        ),
        (
            "unsampled_seconds",
            "seconds in which a counted kind was not looked for",
            COVERAGE,
            "s",
            Range::ListOf(&Range::COUNT),
            NULL_MARKS
        ),
        (
            "notMeasured.*",
            "why the field at this path is null",
            COVERAGE,
            "text",
            Range::REASON,
            "never; empty if nothing is null"
        ),
    ]
);
