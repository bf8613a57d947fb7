//! What `emotion` read.

use super::{Document, Read, is_name, is_share, track_order};
use crate::{
    Limits,
    compute::{clock::Clock, measure::Measured},
};
use contracts::emotion::{EmotionFrame, EmotionReading, EmotionTrack, EmotionTransition, Emotions};

/// Reads the result of `emotion`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn emotions(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<Emotions>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let is_reading = |one: &EmotionReading| {
        inside(one.timestamp)
            && is_share(one.confidence)
            && is_share(one.intensity)
            && (-1.0..=1.0).contains(&one.valence)
    };
    let mut document = Document::parse("emotion_detection", bytes, limits)?;
    document.keep("emotions", is_reading)?;
    document.keep("faces", is_reading)?;
    document.keep("tracks", |one: &EmotionTrack| {
        inside(one.first_read) && one.first_read <= one.last_read && is_name(&one.track_id)
    })?;
    document.keep("frames", |one: &EmotionFrame| inside(one.timestamp))?;
    document.keep("emotion_transitions", |one: &EmotionTransition| {
        inside(one.timestamp)
    })?;
    document.keep_within("metadata", "frame_times", |time: &f64| inside(*time))?;
    let mut read: Read<Emotions> = document.finish()?;
    let found = &mut read.result;
    for readings in [&mut found.emotions, &mut found.faces] {
        readings.sort_by(|a, b| (a.timestamp.total_cmp(&b.timestamp)).then(a.rank.cmp(&b.rank)));
    }
    found
        .tracks
        .sort_by(|a, b| track_order(Some(&a.track_id)).cmp(&track_order(Some(&b.track_id))));
    found
        .frames
        .sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
    found
        .emotion_transitions
        .sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
    found.confidence_scores = found.emotions.iter().map(|one| one.confidence).collect();
    found.metadata.frame_times.sort_by(f64::total_cmp);
    Ok(read)
}
