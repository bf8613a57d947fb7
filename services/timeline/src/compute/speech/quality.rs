//! `speechQuality`: how far to trust it.

use super::{Evidence, NEVER, NULL_CONFIDENCE, SPEECH};
use crate::{
    compute::{
        block::Block,
        coverage::{Modality, completeness, limitations},
        measure::{Measured, NO_DEFINITION, Reason},
        numbers, reliability,
    },
    metrics::{Range, define_metrics},
};

/// Mean confidence of the words.
pub(super) fn clarity(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence.some_of_voiced(|_| {
        let utterances = &evidence.events.speech.events()?.utterances;
        let words = utterances.iter().flat_map(|one| &one.words);
        let confidences: Vec<f64> = words.map(|word| word.confidence).collect();
        numbers::mean(&confidences).ok_or_else(|| Reason::from("no word carries a confidence"))
    })
}

/// Mean confidence of the segments.
pub(super) fn transcription(evidence: &Evidence<'_>) -> Measured<f64> {
    evidence.some_of_voiced(|_| reliability::mean_confidence(evidence.events, Modality::Speech))
}

/// What the analysis draws on.
const DRAWN_ON: [Modality; 6] = [
    Modality::Speech,
    Modality::Sound,
    Modality::Gestures,
    Modality::Faces,
    Modality::Emotions,
    Modality::Text,
];

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("speechQuality");
    block.put("clarity", clarity(evidence));
    block.put::<f64>("engagement", Err(NO_DEFINITION));
    block.put::<f64>("emotionalRange", Err(NO_DEFINITION));
    block.put::<&str>("deliveryStyle", Err(NO_DEFINITION));
    block.put::<f64>("overallScore", Err(NO_DEFINITION));
    block.put("transcriptionConfidence", transcription(evidence));
    let events = evidence.events;
    let complete = completeness(events, &[Modality::Speech]);
    block.put("dataCompleteness", complete.clone());
    block.put("speechDataCompleteness", complete);
    // A file without sound is not short of it.
    let drawn_on: Vec<Modality> = (DRAWN_ON.into_iter())
        .filter(|one| events.has_audio || !matches!(one, Modality::Speech | Modality::Sound))
        .collect();
    block.put("analysisLimitations", Ok(limitations(events, &drawn_on)));
    block.put(
        "overallConfidence",
        evidence.confidence(&[Modality::Speech]),
    );
    block
}

pub(super) const NULL_CLARITY: &str =
    "as totalWords; nothing is said, or words carry no confidence";

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
            NULL_CLARITY
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
            "speechDataCompleteness",
            "as dataCompleteness",
            "coverage",
            "1",
            Range::Share,
            "the video has no duration"
        ),
        (
            "analysisLimitations",
            "what of speech and sound (if the file has audio), gestures, faces, emotions and text was not measured, or not in every second",
            "coverage",
            "names",
            Range::ListOf(&Range::OneOf(&[
                "speech_not_measured",
                "speech_partly_measured",
                "sound_not_measured",
                "sound_partly_measured",
                "gestures_not_measured",
                "gestures_partly_measured",
                "faces_not_measured",
                "faces_partly_measured",
                "emotions_not_measured",
                "emotions_partly_measured",
                "text_not_measured",
                "text_partly_measured",
            ])),
            "never"
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
