//! What `detect` found.

use super::{Document, Read, all_valid, clean, count, is_box, is_name, is_share};
use crate::{
    Limits,
    compute::{clock::Clock, measure::Measured},
};
use contracts::objects::{ObjectAnnotation, ObjectDetections, ObjectTrack};

/// Reads the result of `detect`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn objects(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<ObjectDetections>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let is_annotation = |one: &ObjectAnnotation| {
        inside(one.timestamp)
            && is_share(one.confidence)
            && is_name(&one.class_name)
            && one.track_id.as_deref().is_none_or(is_name)
            && is_box(&one.bbox)
            && is_box(&one.bbox_normalized)
    };
    let is_track = |track: &ObjectTrack| {
        inside(track.first_seen)
            && inside(track.last_seen)
            && track.first_seen <= track.last_seen
            && is_share(track.confidence)
            && is_name(&track.class_name)
            && is_name(&track.track_id)
    };
    let is_time = |time: &f64| inside(*time);
    let whole = clean(bytes, |found: &ObjectDetections| {
        let time = |one: &ObjectAnnotation| one.timestamp;
        all_valid(&found.object_annotations, limits, time, is_annotation)
            && all_valid(&found.tracks, limits, |one| one.first_seen, is_track)
            && all_valid(&found.metadata.frame_times, limits, |time| *time, is_time)
    });
    let mut read = match whole {
        Some(read) => read,
        None => {
            let mut document = Document::parse("yolo", bytes, limits)?;
            document.keep("objectAnnotations", is_annotation)?;
            document.keep("tracks", is_track)?;
            document.keep_within("metadata", "frame_times", is_time)?;
            document.finish()?
        }
    };
    sort_objects(&mut read.result);
    Ok(read)
}

fn sort_objects(found: &mut ObjectDetections) {
    found.object_annotations.sort_by(|a, b| {
        let corners = |one: &ObjectAnnotation| one.bbox.map(|corner| corner.to_bits());
        a.timestamp
            .total_cmp(&b.timestamp)
            .then(b.confidence.total_cmp(&a.confidence))
            .then_with(|| a.class_name.cmp(&b.class_name))
            .then_with(|| a.track_id.cmp(&b.track_id))
            .then_with(|| corners(a).cmp(&corners(b)))
            .then(a.frame_number.cmp(&b.frame_number))
    });
    found.tracks.sort_by(|a, b| {
        track_order(Some(&a.track_id))
            .cmp(&track_order(Some(&b.track_id)))
            .then(a.first_seen.total_cmp(&b.first_seen))
            .then_with(|| a.class_name.cmp(&b.class_name))
    });
    let metadata = &mut found.metadata;
    metadata.frame_times.sort_by(f64::total_cmp);
    metadata.frame_times.dedup();
    metadata.objects_detected = count(found.object_annotations.len());
    metadata.total_tracks = count(found.tracks.len());
    metadata.frames_analyzed = count(metadata.frame_times.len());
}

/// Orders tracks by number, then by name; what has no track comes last.
pub(crate) fn track_order(id: Option<&str>) -> (u64, &str) {
    let number = |id: &str| id.rsplit('_').next().and_then(|digits| digits.parse().ok());
    match id {
        Some(id) => (number(id).unwrap_or(u64::MAX - 1), id),
        None => (u64::MAX, ""),
    }
}
