//! What is said and written.

use super::{Data, Timed, lasting};
use crate::compute::measure::Measured;
use contracts::{speech::SpeechTranscript, text::TextOnScreen};

pub(super) fn speech(heard: &Measured<SpeechTranscript>) -> Vec<Timed<'_>> {
    let segments = heard.iter().flat_map(|heard| {
        let language = heard.language.as_deref();
        heard.segments.iter().map(move |one| (one, language))
    });
    segments
        .map(|(one, language)| {
            let data = Data::Speech {
                text: &one.text,
                confidence: one.confidence,
                language,
                words: &one.words,
            };
            lasting((one.start, one.end), "speech", data)
        })
        .collect()
}

pub(super) fn text(found: &Measured<TextOnScreen>) -> Vec<Timed<'_>> {
    let tracks = found.iter().flat_map(|found| &found.tracks);
    let appearances = tracks.flat_map(|track| track.intervals.iter().map(move |at| (track, at)));
    appearances
        .map(|(track, at)| {
            let data = Data::Text {
                text: &track.text,
                position: track.position,
                size: track.size,
                role: track.role,
                confidence: track.confidence,
                track_id: &track.track_id,
            };
            lasting((at.start, at.end), "text", data)
        })
        .collect()
}

pub(super) fn stickers(found: &Measured<TextOnScreen>) -> Vec<Timed<'_>> {
    let all = found.iter().flat_map(|found| &found.stickers);
    let appearances = all.flat_map(|one| one.intervals.iter().map(move |at| (one, at)));
    appearances
        .map(|(one, at)| {
            let data = Data::Sticker {
                kind: one.kind,
                confidence: one.confidence,
                bbox: one.bbox_normalized,
                sticker_id: &one.sticker_id,
            };
            lasting((at.start, at.end), "sticker", data)
        })
        .collect()
}
