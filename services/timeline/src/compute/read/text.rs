//! What `ocr` read.

use super::{Document, Read, count, is_box, is_name, is_share, is_text, track_order};
use crate::{
    Limits,
    compute::{clock::Clock, measure::Measured},
};
use contracts::text::{GraphicOverlay, TextAnnotation, TextOnScreen, TextTrack, VisibleInterval};

/// Reads the result of `ocr`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn text(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<TextOnScreen>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let visible = |intervals: &[VisibleInterval]| {
        !intervals.is_empty()
            && intervals
                .iter()
                .all(|one| inside(one.start) && one.start <= one.end)
    };
    let mut document = Document::parse("ocr", bytes, limits)?;
    document.keep("textAnnotations", |one: &TextAnnotation| {
        inside(one.timestamp)
            && is_share(one.confidence)
            && is_text(&one.text)
            && is_box(&one.bbox)
            && is_box(&one.bbox_normalized)
    })?;
    document.keep("tracks", |one: &TextTrack| {
        visible(&one.intervals)
            && is_share(one.confidence)
            && is_share(one.role_confidence)
            && is_name(&one.track_id)
            && is_text(&one.text)
            && is_box(&one.bbox_normalized)
    })?;
    document.keep("stickers", |one: &GraphicOverlay| {
        visible(&one.intervals)
            && is_share(one.confidence)
            && is_name(&one.sticker_id)
            && is_box(&one.bbox_normalized)
    })?;
    document.keep_within("metadata", "frame_times", |time: &f64| inside(*time))?;
    let mut read: Read<TextOnScreen> = document.finish()?;
    settle(&mut read.result, end);
    Ok(read)
}

/// Sorts, ends what lasts with the video, and lets the counts agree with the lists.
fn settle(found: &mut TextOnScreen, end: f64) {
    let tracks = found.tracks.iter_mut().map(|one| &mut one.intervals);
    let stickers = found.stickers.iter_mut().map(|one| &mut one.intervals);
    for intervals in tracks.chain(stickers) {
        intervals.sort_by(|a, b| (a.start.total_cmp(&b.start)).then(a.end.total_cmp(&b.end)));
        for interval in intervals.iter_mut() {
            interval.end = interval.end.min(end);
        }
        intervals.dedup();
    }
    found
        .text_annotations
        .sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
    found
        .tracks
        .sort_by(|a, b| track_order(Some(&a.track_id)).cmp(&track_order(Some(&b.track_id))));
    found
        .stickers
        .sort_by(|a, b| track_order(Some(&a.sticker_id)).cmp(&track_order(Some(&b.sticker_id))));
    let metadata = &mut found.metadata;
    metadata.frame_times.sort_by(f64::total_cmp);
    metadata.texts_detected = count(found.text_annotations.len());
    metadata.total_tracks = count(found.tracks.len());
    if let Some(stickers) = &mut metadata.stickers_detected {
        *stickers = count(found.stickers.len());
    }
}
