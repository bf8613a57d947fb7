//! What `transcribe` heard.

use super::{Document, Read, is_share, is_text};
use crate::{
    Limits,
    compute::{clock::Clock, measure::Measured},
};
use contracts::{
    sound::Interval,
    speech::{DroppedSpeech, SpeechSegment, SpeechTranscript},
};

/// Reads the result of `transcribe`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn speech(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<SpeechTranscript>> {
    let end = clock.seconds();
    let within = |start: f64, end_of_one: f64| (0.0..end).contains(&start) && start <= end_of_one;
    let mut document = Document::parse("whisper", bytes, limits)?;
    document.keep("segments", |one: &SpeechSegment| {
        within(one.start, one.end) && is_share(one.confidence) && is_text(&one.text)
    })?;
    document.keep("voice_activity", |one: &Interval| {
        within(one.start, one.end)
    })?;
    document.keep("dropped", |one: &DroppedSpeech| {
        within(one.start, one.end) && is_text(&one.text)
    })?;
    let mut read: Read<SpeechTranscript> = document.finish()?;
    let heard = &mut read.result;
    // Sound may outlast the picture; the clock of the video ends what is on it.
    for segment in &mut heard.segments {
        segment.end = segment.end.min(end);
        segment
            .words
            .retain(|word| within(word.start, word.end) && is_share(word.confidence));
        for word in &mut segment.words {
            word.end = word.end.min(end);
        }
        segment.words.sort_by(|a, b| {
            (a.start.total_cmp(&b.start))
                .then(a.end.total_cmp(&b.end))
                .then_with(|| a.word.cmp(&b.word))
        });
        segment.words.dedup();
    }
    heard
        .segments
        .sort_by(|a, b| a.start.total_cmp(&b.start).then(a.id.cmp(&b.id)));
    heard.voice_activity.iter_mut().for_each(|one| {
        one.end = one.end.min(end);
    });
    heard
        .voice_activity
        .sort_by(|a, b| a.start.total_cmp(&b.start));
    let texts: Vec<&str> = heard.segments.iter().map(|one| one.text.as_str()).collect();
    heard.text = texts.join(" ");
    Ok(read)
}
