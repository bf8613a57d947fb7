//! What `shots` found.

use super::{Document, Read, count};
use crate::{
    Limits,
    compute::{clock::Clock, measure::Measured},
};
use contracts::shots::{Boundary, Flash, Shot, ShotList};

/// Reads the result of `shots`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn shots(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<ShotList>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let mut document = Document::parse("scene_detection", bytes, limits)?;
    document.keep("scenes", |shot: &Shot| {
        inside(shot.start_time) && shot.start_time < shot.end_time
    })?;
    document.keep("scene_changes", |time: &f64| *time > 0.0 && inside(*time))?;
    document.keep("boundaries", |boundary: &Boundary| {
        boundary.time > 0.0
            && inside(boundary.time)
            && (0.0..=boundary.time).contains(&boundary.transition_start)
            && boundary.score >= 0.0
            && boundary.threshold >= 0.0
    })?;
    document.keep("flashes", |flash: &Flash| {
        inside(flash.time) && flash.score >= 0.0
    })?;
    let mut read: Read<ShotList> = document.finish()?;
    let list = &mut read.result;
    list.boundaries.sort_by(|a, b| {
        a.time
            .total_cmp(&b.time)
            .then(b.score.total_cmp(&a.score))
            .then((a.kind as u8).cmp(&(b.kind as u8)))
    });
    list.boundaries.dedup_by(|a, b| a.time == b.time);
    list.flashes
        .sort_by(|a, b| a.time.total_cmp(&b.time).then(a.score.total_cmp(&b.score)));
    let ends = list.scenes.iter().map(|shot| shot.end_time);
    list.scenes = shots_between(
        &list.boundaries,
        ends.reduce(f64::max).unwrap_or(end).min(end),
    );
    list.total_scenes = count(list.scenes.len());
    list.scene_changes = list
        .boundaries
        .iter()
        .map(|boundary| boundary.time)
        .collect();
    Ok(read)
}

/// The shots that boundaries leave, so that a dropped item cannot make the lists disagree.
fn shots_between(boundaries: &[Boundary], end: f64) -> Vec<Shot> {
    let times = boundaries.iter().map(|boundary| boundary.time);
    let starts = std::iter::once(0.0).chain(times.clone());
    let ends = times.chain([end]);
    (1..)
        .zip(starts.zip(ends))
        .map(|(scene_number, (start_time, end_time))| Shot {
            scene_number,
            start_time,
            end_time: end_time.max(start_time),
            duration: (end_time - start_time).max(0.0),
        })
        .collect()
}
