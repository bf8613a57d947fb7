//! `speechQuality`: how far to trust it.

use super::{Evidence, NEVER, NULL_CONFIDENCE, SPEECH};
use crate::{
    compute::{
        block::Block,
        coverage::{Modality, completeness},
        measure::{Measured, NO_DEFINITION, Reason},
        numbers, reliability,
    },
    metrics::{Range, define_metrics},
};

/// Mean confidence of the words.
fn clarity(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence.some_of_voiced(|_| {
        let utterances = &evidence.events.speech.events()?.utterances;
        let words = utterances.iter().flat_map(|one| &one.words);
        let confidences: Vec<f64> = words.map(|word| word.confidence).collect();
        numbers::mean(&confidences).ok_or_else(|| Reason::from("no word carries a confidence"))
    })
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("speechQuality");
    block.put("clarity", clarity(evidence));
    block.put::<f64>("engagement", Err(NO_DEFINITION));
    block.put::<f64>("emotionalRange", Err(NO_DEFINITION));
    block.put::<&str>("deliveryStyle", Err(NO_DEFINITION));
    block.put::<f64>("overallScore", Err(NO_DEFINITION));
    let transcription = evidence
        .some_of_voiced(|_| reliability::mean_confidence(evidence.events, Modality::Speech));
    block.put("transcriptionConfidence", transcription);
    block.put(
        "dataCompleteness",
        completeness(evidence.events, &[Modality::Speech]),
    );
    block.put(
        "overallConfidence",
        evidence.confidence(&[Modality::Speech]),
    );
    block
}

define_metrics!(
    "speech_analysis",
    "speechQuality",
    [
        (
            "clarity",
            "mean confidence of the words",
            SPEECH,
            "1",
            Range::Share,
            "as totalWords; nothing is said, or words carry no confidence"
        ),
        ("engagement", "none", "nothing", "1", Range::Nothing, NEVER),
        (
            "emotionalRange",
            "none",
            "nothing",
            "1",
            Range::Nothing,
            NEVER
        ),
        (
            "deliveryStyle",
            "none",
            "nothing",
            "name",
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
            "transcriptionConfidence",
            "mean confidence of the segments",
            SPEECH,
            "1",
            Range::Share,
            super::NULL_SILENT
        ),
        (
            "dataCompleteness",
            "share of seconds listened to; 0 if speech was not measured",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "overallConfidence",
            "dataCompleteness × mean confidence of the segments",
            "coverage, speech",
            "1",
            Range::Share,
            NULL_CONFIDENCE
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
