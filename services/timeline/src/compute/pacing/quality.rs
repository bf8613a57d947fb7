//! `scenePacingQuality`: how far to trust it.

use super::Evidence;
use crate::{
    compute::{
        block::Block,
        coverage::{Modality, completeness, limitations},
        measure::NO_DEFINITION,
    },
    metrics::{Range, define_metrics},
};

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("scenePacingQuality");
    for score in [
        "flowScore",
        "engagementPacing",
        "viewerRetention",
        "editingQuality",
        "overallScore",
    ] {
        block.put::<f64>(score, Err(NO_DEFINITION));
    }
    let events = evidence.events;
    // A file without sound is not short of it.
    let needed: &[Modality] = if events.has_audio {
        &[Modality::Shots, Modality::Sound]
    } else {
        &[Modality::Shots]
    };
    let complete = completeness(events, needed);
    block.put("dataCompleteness", complete.clone());
    block.put("pacingDataCompleteness", complete);
    let drawn_on = [needed, &[Modality::Objects]].concat();
    block.put("analysisLimitations", Ok(limitations(events, &drawn_on)));
    block
}

const NEVER: &str = "always: no definition that evidence supports";

define_metrics!(
    "scene_pacing",
    "scenePacingQuality",
    [
        ("flowScore", "none", "nothing", "1", Range::Nothing, NEVER),
        (
            "engagementPacing",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "viewerRetention",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "editingQuality",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "overallScore",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "dataCompleteness",
            "share of shots and, if the file has audio, sound that was measured × mean share of seconds looked at of those",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "pacingDataCompleteness",
            "as dataCompleteness",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "analysisLimitations",
            "what of shots, sound (if the file has audio) and objects was not measured, or not in every second",
            "coverage",
            "names",
            Range::ListOf(&Range::OneOf(&[
                "shots_not_measured",
                "shots_partly_measured",
                "sound_not_measured",
                "sound_partly_measured",
                "objects_not_measured",
                "objects_partly_measured",
            ])),
            "never"
        ),
        (
            "notMeasured.*",
            "why the field at this path is null",
            "coverage",
            "text",
            Range::REASON,
            "never; empty if nothing is null"
        ),
    ]
);
