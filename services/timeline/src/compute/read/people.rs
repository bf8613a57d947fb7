//! What `people` found.

use super::{
    Document, Read, all_valid, clean, count, is_name, is_rectangle, is_share, track_order,
};
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
    let is_pose =
        |one: &Pose| inside(one.timestamp) && is_share(one.visibility) && is_rectangle(&one.bbox);
    let is_face =
        |one: &Face| inside(one.timestamp) && is_share(one.confidence) && is_rectangle(&one.bbox);
    let is_hand =
        |one: &Hand| inside(one.timestamp) && is_share(one.confidence) && is_rectangle(&one.bbox);
    let is_gaze =
        |one: &Gaze| inside(one.timestamp) && is_share(one.eye_contact) && is_share(one.confidence);
    let is_gesture = |one: &Gesture| inside(one.timestamp) && is_share(one.confidence);
    let is_presence = |one: &Presence| inside(one.timestamp);
    let is_track = |one: &FaceTrack| {
        inside(one.first_seen)
            && inside(one.last_seen)
            && one.first_seen <= one.last_seen
            && is_name(&one.track_id)
            && is_share(one.confidence)
    };
    let is_time = |time: &f64| inside(*time);
    let whole = clean(bytes, |found: &People| {
        let poses = found.poses.as_deref().unwrap_or_default();
        all_valid(poses, limits, |one| one.timestamp, is_pose)
            && all_valid(&found.faces, limits, |one| one.timestamp, is_face)
            && all_valid(&found.hands, limits, |one| one.timestamp, is_hand)
            && all_valid(&found.gaze, limits, |one| one.timestamp, is_gaze)
            && all_valid(&found.gestures, limits, |one| one.timestamp, is_gesture)
            && all_valid(&found.presence, limits, |one| one.timestamp, is_presence)
            && all_valid(&found.face_tracks, limits, |one| one.first_seen, is_track)
            && all_valid(&found.metadata.frame_times, limits, |time| *time, is_time)
    });
    let mut read = match whole {
        Some(read) => read,
        None => {
            let mut document = Document::parse("mediapipe", bytes, limits)?;
            document.keep_if_listed("poses", is_pose)?;
            document.keep("faces", is_face)?;
            document.keep("hands", is_hand)?;
            document.keep("gaze", is_gaze)?;
            document.keep("gestures", is_gesture)?;
            document.keep("presence", is_presence)?;
            document.keep("face_tracks", is_track)?;
            document.keep_within("metadata", "frame_times", is_time)?;
            document.finish()?
        }
    };
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
