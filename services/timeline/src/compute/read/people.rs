//! What `people` found.

use super::{Document, Read, count, is_name, is_rectangle, is_share, track_order};
use crate::{
    Limits,
    compute::{clock::Clock, measure::Measured},
};
use contracts::people::{Face, FaceTrack, Gaze, Gesture, Hand, People, Pose, Presence};

/// Reads the result of `people`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn people(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<People>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let mut document = Document::parse("mediapipe", bytes, limits)?;
    document.keep_if_listed("poses", |one: &Pose| {
        inside(one.timestamp) && is_share(one.visibility) && is_rectangle(&one.bbox)
    })?;
    document.keep("faces", |one: &Face| {
        inside(one.timestamp) && is_share(one.confidence) && is_rectangle(&one.bbox)
    })?;
    document.keep("hands", |one: &Hand| {
        inside(one.timestamp) && is_share(one.confidence) && is_rectangle(&one.bbox)
    })?;
    document.keep("gaze", |one: &Gaze| {
        inside(one.timestamp) && is_share(one.eye_contact) && is_share(one.confidence)
    })?;
    document.keep("gestures", |one: &Gesture| {
        inside(one.timestamp) && is_share(one.confidence)
    })?;
    document.keep("presence", |one: &Presence| inside(one.timestamp))?;
    document.keep("face_tracks", |one: &FaceTrack| {
        inside(one.first_seen)
            && inside(one.last_seen)
            && one.first_seen <= one.last_seen
            && is_name(&one.track_id)
            && is_share(one.confidence)
    })?;
    document.keep_within("metadata", "frame_times", |time: &f64| inside(*time))?;
    let mut read: Read<People> = document.finish()?;
    settle(&mut read.result);
    Ok(read)
}

/// Sorts, and lets the counts agree with the lists.
fn settle(found: &mut People) {
    if let Some(poses) = &mut found.poses {
        poses.sort_by(|a, b| (a.timestamp.total_cmp(&b.timestamp)).then(a.rank.cmp(&b.rank)));
    }
    found
        .faces
        .sort_by(|a, b| (a.timestamp.total_cmp(&b.timestamp)).then(a.rank.cmp(&b.rank)));
    found
        .hands
        .sort_by(|a, b| (a.timestamp.total_cmp(&b.timestamp)).then(a.rank.cmp(&b.rank)));
    found
        .gaze
        .sort_by(|a, b| (a.timestamp.total_cmp(&b.timestamp)).then(a.rank.cmp(&b.rank)));
    found.gestures.sort_by(|a, b| {
        (a.timestamp.total_cmp(&b.timestamp))
            .then(a.hand.cmp(&b.hand))
            .then(a.kind.cmp(&b.kind))
    });
    found
        .presence
        .sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
    found
        .face_tracks
        .sort_by(|a, b| track_order(Some(&a.track_id)).cmp(&track_order(Some(&b.track_id))));
    let metadata = &mut found.metadata;
    metadata.frame_times.sort_by(f64::total_cmp);
    metadata.poses_detected = found.poses.as_ref().map(|poses| count(poses.len()));
    metadata.faces_detected = count(found.faces.len());
    metadata.hands_detected = count(found.hands.len());
    metadata.gaze_detected = count(found.gaze.len());
    metadata.gestures_detected = count(found.gestures.len());
}
