//! What `label` and `moderate` said of the scenes.

use super::{Document, Read, count, is_share};
use crate::{
    Limits,
    compute::{clock::Clock, measure::Measured},
};
use contracts::{
    labels::{FrameLabels, SceneLabels, VideoLabel},
    moderation::{BodyPart, FrameModeration, Moderation},
};

/// Reads the result of `label`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn labels(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<SceneLabels>> {
    let end = clock.seconds();
    let mut document = Document::parse("labels", bytes, limits)?;
    document.keep("frame_labels", |one: &FrameLabels| {
        (0.0..end).contains(&one.timestamp)
            && one.labels.iter().all(|label| is_share(label.confidence))
    })?;
    document.keep("labels", |one: &VideoLabel| is_share(one.confidence))?;
    let mut read: Read<SceneLabels> = document.finish()?;
    read.result
        .frame_labels
        .sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
    read.result.frame_count = count(read.result.frame_labels.len());
    Ok(read)
}

/// Reads the result of `moderate`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn moderation(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<Moderation>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let mut document = Document::parse("moderation", bytes, limits)?;
    document.keep("frame_results", |one: &FrameModeration| {
        inside(one.timestamp) && is_share(one.nsfw_score)
    })?;
    document.keep_if_listed("body_parts", |one: &BodyPart| {
        inside(one.timestamp) && is_share(one.confidence)
    })?;
    let mut read: Read<Moderation> = document.finish()?;
    let found = &mut read.result;
    found
        .frame_results
        .sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
    found.frames_analyzed = count(found.frame_results.len());
    Ok(read)
}
