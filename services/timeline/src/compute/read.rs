//! Stored results of other stages, read item by item: a bad item is dropped and counted, never a
//! whole stream.

use super::{
    clock::Clock,
    measure::{Measured, Reason},
};
use crate::Limits;
use contracts::{
    objects::{ObjectAnnotation, ObjectDetections, ObjectTrack},
    shots::{Boundary, Flash, Shot, ShotList},
    sound::{Interval, SoundEnergy},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const MAX_NAME_CHARS: usize = 64;

/// Number of dropped items by list, as `yolo.objectAnnotations`.
pub type Dropped = BTreeMap<String, u64>;

/// A result and how many of its items were dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<T> {
    /// The result, sorted, with counts that agree with its lists.
    pub result: T,
    /// What was dropped; lists of which nothing was are not named.
    pub dropped: Dropped,
}

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

/// Reads the result of `detect`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn objects(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<ObjectDetections>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let mut document = Document::parse("yolo", bytes, limits)?;
    document.keep("objectAnnotations", |one: &ObjectAnnotation| {
        inside(one.timestamp)
            && is_share(one.confidence)
            && is_name(&one.class_name)
            && one.track_id.as_deref().is_none_or(is_name)
            && is_box(&one.bbox)
            && is_box(&one.bbox_normalized)
    })?;
    document.keep("tracks", |track: &ObjectTrack| {
        inside(track.first_seen)
            && inside(track.last_seen)
            && track.first_seen <= track.last_seen
            && is_share(track.confidence)
            && is_name(&track.class_name)
            && is_name(&track.track_id)
    })?;
    document.keep_within("metadata", "frame_times", |time: &f64| inside(*time))?;
    let mut read: Read<ObjectDetections> = document.finish()?;
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
pub(super) fn track_order(id: Option<&str>) -> (u64, &str) {
    let number = |id: &str| id.rsplit('_').next().and_then(|digits| digits.parse().ok());
    match id {
        Some(id) => (number(id).unwrap_or(u64::MAX - 1), id),
        None => (u64::MAX, ""),
    }
}

/// Reads the result of `sound`.
///
/// # Errors
/// The reason, if it is not a result at all.
pub fn sound(bytes: &[u8], clock: Clock, limits: &Limits) -> Measured<Read<SoundEnergy>> {
    let end = clock.seconds();
    let inside = |time: f64| (0.0..end).contains(&time);
    let mut document = Document::parse("audio_energy", bytes, limits)?;
    document.keep("onsets", |time: &f64| inside(*time))?;
    document.keep("silences", |one: &Interval| {
        inside(one.start) && one.start < one.end
    })?;
    document.keep_entries("energy_level_windows", |key, level: &f64| {
        window_of(key).is_some() && is_share(*level)
    })?;
    let mut read: Read<SoundEnergy> = document.finish()?;
    let sound = &mut read.result;
    sound.onsets.sort_by(f64::total_cmp);
    sound.onsets.dedup();
    sound
        .silences
        .sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)));
    sound
        .energy_level_windows
        .sort_by(|a, _, b, _| window_of(a).cmp(&window_of(b)));
    Ok(read)
}

/// First and last second of a window key such as `"0-5s"`.
pub(super) fn window_of(key: &str) -> Option<(u64, u64)> {
    let (start, end) = key.strip_suffix('s')?.split_once('-')?;
    let (start, end) = (start.parse().ok()?, end.parse().ok()?);
    (start < end).then_some((start, end))
}

fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_NAME_CHARS
}

fn is_box([x1, y1, x2, y2]: &[f64; 4]) -> bool {
    x1 <= x2 && y1 <= y2
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// A result on its way from bytes to its type.
struct Document<'a> {
    service: &'static str,
    fields: Map<String, Value>,
    limits: &'a Limits,
    dropped: Dropped,
}

impl<'a> Document<'a> {
    fn parse(service: &'static str, bytes: &[u8], limits: &'a Limits) -> Measured<Self> {
        Ok(Self {
            fields: serde_json::from_slice(bytes).map_err(|error| unreadable(service, &error))?,
            service,
            limits,
            dropped: Dropped::new(),
        })
    }

    /// Keeps the items of a list that are a valid `T`.
    fn keep<T: DeserializeOwned>(
        &mut self,
        list: &str,
        valid: impl Fn(&T) -> bool,
    ) -> Measured<()> {
        let items = self.fields.get_mut(list).and_then(Value::as_array_mut);
        let dropped = retain(items, self.limits, valid);
        self.note(list, dropped)
    }

    /// The same for a list within an object.
    fn keep_within<T: DeserializeOwned>(
        &mut self,
        object: &str,
        list: &str,
        valid: impl Fn(&T) -> bool,
    ) -> Measured<()> {
        let object_fields = self.fields.get_mut(object).and_then(Value::as_object_mut);
        let items = object_fields.and_then(|fields| fields.get_mut(list)?.as_array_mut());
        let dropped = retain(items, self.limits, valid);
        self.note(&format!("{object}.{list}"), dropped)
    }

    /// The same for the entries of a map.
    fn keep_entries<T: DeserializeOwned>(
        &mut self,
        map: &str,
        valid: impl Fn(&str, &T) -> bool,
    ) -> Measured<()> {
        let entries = self.fields.get_mut(map).and_then(Value::as_object_mut);
        let dropped = entries
            .filter(|all| all.len() <= self.limits.max_list_items)
            .map(|all| {
                let before = all.len();
                all.retain(|key, value| {
                    T::deserialize(&*value).is_ok_and(|value| valid(key, &value))
                });
                before - all.len()
            });
        self.note(map, dropped)
    }

    fn note(&mut self, list: &str, dropped: Option<usize>) -> Measured<()> {
        let dropped = dropped.ok_or_else(|| {
            Reason::new(format!(
                "result of {} has no usable {list} of at most {} items",
                self.service, self.limits.max_list_items
            ))
        })?;
        if dropped > 0 {
            let name = format!("{}.{list}", self.service);
            self.dropped.insert(name, dropped as u64);
        }
        Ok(())
    }

    fn finish<T: DeserializeOwned>(self) -> Measured<Read<T>> {
        let result = serde_json::from_value(Value::Object(self.fields))
            .map_err(|error| unreadable(self.service, &error))?;
        Ok(Read {
            result,
            dropped: self.dropped,
        })
    }
}

/// Number of items dropped; `None` if there is no list or it is too long.
fn retain<T: DeserializeOwned>(
    items: Option<&mut Vec<Value>>,
    limits: &Limits,
    valid: impl Fn(&T) -> bool,
) -> Option<usize> {
    let items = items.filter(|items| items.len() <= limits.max_list_items)?;
    let before = items.len();
    items.retain(|item| T::deserialize(item).is_ok_and(|item| valid(&item)));
    Some(before - items.len())
}

fn unreadable(service: &str, error: &serde_json::Error) -> Reason {
    Reason::new(format!("result of {service} cannot be read: {error}"))
}
