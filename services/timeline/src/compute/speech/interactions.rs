//! `speechInteractions`: what goes together with speech.

use super::{Evidence, LISTED, NULL_CONFIDENCE, Spoken, emphasis};
use crate::{
    compute::{
        block::Block,
        coverage::{Modality, SampledSeconds},
        events::{Overlay, Sighting},
        measure::{Measured, Reason},
        numbers, phrases, spans,
    },
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, TimeSpan};
use std::time::Duration;

/// How long before and after a text is visible its words still count as spoken with it.
pub const TEXT_TOLERANCE: Duration = Duration::from_secs(1);

/// Share (0–1) of what is said, as far as it was looked at, that overlaps at least one of the
/// sightings; `None` if nothing was said where was looked.
#[must_use]
pub fn share_with(
    spoken: &Spoken,
    sightings: &[Sighting],
    sampled: &SampledSeconds,
) -> Option<f64> {
    let (mut all, mut with) = (0_u32, 0_u32);
    for said in spoken.all() {
        if spans::looked_at(said.span, sampled) {
            let meets = |span: &TimeSpan| spans::overlap(*span, said.span);
            let overlaps = |one: &Sighting| one.visible().iter().any(meets);
            all += 1;
            with += u32::from(sightings.iter().any(overlaps));
        }
    }
    (all > 0).then(|| f64::from(with) / f64::from(all))
}

/// Share (0–1) of the words of the texts that are also spoken while the text is visible, or at
/// most 1 s before or after; `None` if the texts hold no words.
#[must_use]
pub fn text_overlap(spoken: &Spoken, texts: &[Overlay]) -> Option<f64> {
    let (mut all, mut with) = (0_usize, 0_usize);
    for text in texts {
        let near: Vec<TimeSpan> = text.intervals.iter().map(|span| widened(*span)).collect();
        let heard: Vec<&str> = spoken
            .words()
            .filter(|word| near.iter().any(|span| spans::overlap(*span, word.span)))
            .map(|word| word.text.as_str())
            .collect();
        let words = phrases::words(&text.content);
        all += words.len();
        with += words.iter().filter(|w| heard.contains(&w.as_str())).count();
    }
    (all > 0).then(|| with as f64 / all as f64)
}

fn widened(span: TimeSpan) -> TimeSpan {
    let reach = TEXT_TOLERANCE.as_nanos() as u64;
    TimeSpan::new(
        MediaTime::from_nanos(span.start.nanos().saturating_sub(reach)),
        MediaTime::from_nanos(span.end.nanos().saturating_add(reach)),
    )
}

/// The share of what is said with a gesture.
pub(super) fn gesture_share(evidence: &Evidence<'_>) -> Measured<f64> {
    let stream = &evidence.events.gestures;
    evidence.some_of_voiced(|spoken| {
        share_with(spoken, stream.events()?, stream.sampled()?)
            .ok_or_else(|| Reason::from("gestures were not looked for while somebody speaks"))
    })
}

fn face_share(evidence: &Evidence<'_>) -> Measured<f64> {
    let stream = &evidence.events.faces;
    evidence.some_of_voiced(|spoken| {
        share_with(spoken, stream.events()?, stream.sampled()?)
            .ok_or_else(|| Reason::from("faces were not looked for while somebody speaks"))
    })
}

/// The name of an expression that says nothing.
const NEUTRAL: &str = "neutral";

fn expression_share(evidence: &Evidence<'_>) -> Measured<f64> {
    let stream = &evidence.events.emotions;
    evidence.some_of_voiced(|spoken| {
        let stretches = stream.events()?.stretches.iter();
        let shown: Vec<Sighting> = stretches
            .filter(|one| one.label != NEUTRAL)
            .cloned()
            .collect();
        share_with(spoken, &shown, stream.sampled()?)
            .ok_or_else(|| Reason::from("expressions were not looked for while somebody speaks"))
    })
}

fn gestures_in_bursts(evidence: &Evidence<'_>) -> Measured<Vec<emphasis::GestureInBurst>> {
    let bursts = emphasis::measured_bursts(evidence)?;
    evidence.some(|spoken| {
        let gestures = evidence.events.gestures.events()?;
        let moments = emphasis::gesture_moments(gestures, spoken);
        Ok(emphasis::gestures_in_bursts(&bursts, moments))
    })
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("speechInteractions");
    let gestures = gesture_share(evidence);
    let faces = face_share(evidence);
    let texts = evidence.some_of_voiced(|spoken| {
        text_overlap(spoken, evidence.events.text.events()?)
            .ok_or_else(|| Reason::from("no word is written"))
    });
    let known: Vec<f64> = [&gestures, &faces, &texts]
        .into_iter()
        .filter_map(|value| value.as_ref().ok().copied())
        .collect();
    let coherence = evidence.some_of_voiced(|_| {
        numbers::mean(&known).ok_or_else(|| Reason::from("none of the three is known"))
    });
    block.put("speechGestureSync", gestures);
    block.put("speechEmotionAlignment", faces);
    block.put("speechTextOverlap", texts);
    block.put("multiModalCoherence", coherence.clone());
    block.put("verbalVisualCoherence", coherence);
    block.put("speechExpressionAlignment", expression_share(evidence));
    block.put("multimodalEmphasis", gestures_in_bursts(evidence));
    evidence.put_confidence(
        &mut block,
        &[
            Modality::Speech,
            Modality::Gestures,
            Modality::Faces,
            Modality::Text,
        ],
    );
    block
}

define_metrics!(
    "speech_analysis",
    "speechInteractions",
    [
        (
            "speechGestureSync",
            "segments that overlap at least one gesture / segments where gestures were looked for",
            "speech, gestures",
            "1",
            Range::Share,
            "speech or gestures not measured; nothing is said where gestures were looked for"
        ),
        (
            "speechEmotionAlignment",
            "segments during which a face is visible / segments where faces were looked for",
            "speech, faces",
            "1",
            Range::Share,
            "speech or faces not measured; nothing is said where faces were looked for"
        ),
        (
            "speechTextOverlap",
            "words of the texts that are spoken while the text is visible, or at most 1 s before or after / words of the texts",
            "speech, text",
            "1",
            Range::Share,
            "speech or text not measured; nothing is said, or no word is written"
        ),
        (
            "multiModalCoherence",
            "mean of those of the three above that are not null",
            "speech, gestures, faces, text",
            "1",
            Range::Share,
            "all three are null"
        ),
        (
            "verbalVisualCoherence",
            "as multiModalCoherence: what it is made from is seen",
            "speech, gestures, faces, text",
            "1",
            Range::Share,
            "as multiModalCoherence"
        ),
        (
            "speechExpressionAlignment",
            "segments that overlap a stretch with an expression other than neutral / segments where expressions were looked for",
            "speech, emotions",
            "1",
            Range::Share,
            "speech or expressions not measured; nothing is said where expressions were looked for"
        ),
        (
            "multimodalEmphasis[].timestamp",
            "beginning of a gesture that begins within S and in one of speechDynamics.speechBursts; by time; the list is null where speech, gestures or sound were not measured, or the video has no duration",
            "speech, gestures, sound",
            "s",
            Range::WITHIN_MEASURED,
            LISTED
        ),
        (
            "multimodalEmphasis[].gesture",
            "the gesture",
            "gestures",
            "name",
            Range::GESTURE,
            LISTED
        ),
        (
            "multimodalEmphasis[].energy",
            "energy of the burst",
            "sound",
            "1",
            Range::Share,
            LISTED
        ),
        (
            "confidence",
            "completeness of speech, gestures, faces and text × mean of the mean confidences of their detections",
            "coverage, detections",
            "1",
            Range::Share,
            NULL_CONFIDENCE
        ),
    ]
);
