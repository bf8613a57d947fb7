//! Entries of the published timeline, sorted by start; among equals in the order in which the
//! modalities are listed here.

use super::{
    events::{Detection, Events},
    read::track_order,
};
use contracts::{MediaTime, shots::BoundaryKind};
use indexmap::IndexMap;
use serde::Serialize;

/// One entry of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry<'a> {
    /// First instant, in seconds.
    pub start: f64,
    /// `object`, `scene_change` or `scene`.
    pub entry_type: &'static str,
    /// What it says.
    pub data: Data<'a>,
    /// First instant after it, in seconds; absent for instants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<f64>,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Data<'a> {
    /// One object in one sampled frame.
    Object {
        /// COCO class.
        class: &'a str,
        /// Detector's confidence, 0–1.
        confidence: f64,
        /// Corners `[x1, y1, x2, y2]` in pixels.
        bbox: [f64; 4],
        /// The track it belongs to.
        track_id: Option<&'a str>,
    },
    /// A boundary between two shots.
    SceneChange {
        /// `cut`, `fade` or `dissolve`.
        transition_type: BoundaryKind,
        /// Position among the boundaries, from 0.
        scene_index: usize,
    },
    /// A shot.
    Scene {
        /// Position among the shots, from 0.
        scene_index: usize,
        /// Length in seconds.
        duration: f64,
    },
}

/// All entries of a video.
#[must_use]
pub fn entries(events: &Events) -> Vec<Entry<'_>> {
    let mut timed: Vec<(MediaTime, Entry<'_>)> = object_entries(events);
    timed.extend(shot_entries(events));
    // Stable: among equals the order above stays.
    timed.sort_by_key(|(time, _)| *time);
    timed.into_iter().map(|(_, entry)| entry).collect()
}

/// Detections grouped by track, then by class.
fn object_entries(events: &Events) -> Vec<(MediaTime, Entry<'_>)> {
    let mut detections: Vec<&Detection> = events
        .objects
        .events()
        .map(|objects| objects.detections.iter().collect())
        .unwrap_or_default();
    detections.sort_by(|a, b| {
        track_order(a.track.as_deref())
            .cmp(&track_order(b.track.as_deref()))
            .then_with(|| a.class.cmp(&b.class))
    });
    detections
        .into_iter()
        .map(|one| {
            let data = Data::Object {
                class: &one.class,
                confidence: one.confidence,
                bbox: one.bbox,
                track_id: one.track.as_deref(),
            };
            let entry = Entry {
                start: one.time.seconds(),
                entry_type: "object",
                data,
                end: None,
            };
            (one.time, entry)
        })
        .collect()
}

/// Boundaries, then shots.
fn shot_entries(events: &Events) -> Vec<(MediaTime, Entry<'_>)> {
    let Ok(shots) = events.shots.events() else {
        return Vec::new();
    };
    let changes = shots.boundaries.iter().enumerate().map(|(index, change)| {
        let data = Data::SceneChange {
            transition_type: change.kind,
            scene_index: index,
        };
        let entry = Entry {
            start: change.time.seconds(),
            entry_type: "scene_change",
            data,
            end: None,
        };
        (change.time, entry)
    });
    let scenes = shots.intervals.iter().enumerate().map(|(index, shot)| {
        let data = Data::Scene {
            scene_index: index,
            duration: shot.duration().as_secs_f64(),
        };
        let entry = Entry {
            start: shot.start.seconds(),
            entry_type: "scene",
            data,
            end: Some(shot.end.seconds()),
        };
        (shot.start, entry)
    });
    changes.chain(scenes).collect()
}

/// Number of entries of each type, in order of first appearance.
#[must_use]
pub fn entry_types(entries: &[Entry<'_>]) -> IndexMap<&'static str, usize> {
    let mut types = IndexMap::new();
    for entry in entries {
        *types.entry(entry.entry_type).or_insert(0) += 1;
    }
    types
}

/// Data of the entries of one type by the second in which they begin, keyed `"7s"`.
#[must_use]
pub fn by_second<'e, 'a>(
    entries: &'e [Entry<'a>],
    entry_type: &str,
) -> IndexMap<String, Vec<&'e Data<'a>>> {
    let mut seconds: IndexMap<String, Vec<&Data<'a>>> = IndexMap::new();
    for entry in entries
        .iter()
        .filter(|entry| entry.entry_type == entry_type)
    {
        let second = format!("{}s", entry.start.trunc());
        seconds.entry(second).or_default().push(&entry.data);
    }
    seconds
}
