//! Entries of the published timeline, sorted by start; among equals in the order in which the
//! modalities are listed here.

mod people;
mod words;

use super::{
    build::Results,
    events::{Detection, Events},
    read::track_order,
};
use contracts::{
    MediaTime,
    emotion::{EmotionLabel, EmotionScores},
    people::{GazeDirection, GestureKind, Rectangle, Side},
    shots::BoundaryKind,
    speech::SpokenWord,
    text::{GraphicKind, TextPosition, TextRole, TextSize},
};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

/// One entry of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Entry<'a> {
    /// First instant, in seconds.
    pub start: f64,
    /// `object`, `speech`, `text`, `sticker`, `pose`, `gaze`, `face`, `gesture`, `scene_change`,
    /// `scene` or `emotion`.
    pub entry_type: &'static str,
    /// What it says.
    pub data: Data<'a>,
    /// First instant after it, in seconds; absent for instants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<f64>,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
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
    /// A stretch of speech.
    Speech {
        /// What is said.
        text: &'a str,
        /// Recogniser's confidence, 0–1.
        confidence: f64,
        /// ISO 639 code of the language.
        language: Option<&'a str>,
        /// Its words.
        words: &'a [SpokenWord],
    },
    /// One appearance of a text.
    Text {
        /// The text.
        text: &'a str,
        /// Ninth of the picture.
        position: TextPosition,
        /// How large it is.
        size: TextSize,
        /// What it is for.
        role: TextRole,
        /// Recogniser's confidence, 0–1.
        confidence: f64,
        /// Its track.
        track_id: &'a str,
    },
    /// One appearance of a graphic.
    Sticker {
        /// What kind.
        #[serde(rename = "type")]
        kind: GraphicKind,
        /// How sure it is that it was laid over the picture, 0–1.
        confidence: f64,
        /// Corners `[x1, y1, x2, y2]` as shares of width and height.
        bbox: [f64; 4],
        /// Its number.
        sticker_id: &'a str,
    },
    /// One body in one sampled frame.
    Pose {
        /// Number of points.
        landmarks: u32,
        /// Probability of there being a body, 0–1.
        confidence: f64,
        /// Mean probability of the points to be visible, 0–1.
        visibility: f64,
        /// Object track of the person.
        person_id: Option<&'a str>,
    },
    /// Where one face of one sampled frame looks.
    Gaze {
        /// 1 straight into the camera, 0 turned away.
        eye_contact: f64,
        /// Into the camera, or the main direction.
        gaze_direction: GazeDirection,
        /// Track of the face.
        track_id: Option<&'a str>,
    },
    /// One face in one sampled frame.
    Face {
        /// Where it is, in shares of the picture.
        bbox: Rectangle,
        /// Detector's confidence, 0–1.
        confidence: f64,
        /// Number of faces in the frame.
        count: u32,
        /// Its track.
        track_id: Option<&'a str>,
    },
    /// A gesture in one sampled frame.
    Gesture {
        /// Which one.
        #[serde(rename = "type")]
        kind: GestureKind,
        /// Which hand makes it.
        hand: Side,
        /// Probability, 0–1.
        confidence: f64,
    },
    /// The expression of the main face in one sampled frame.
    Emotion {
        /// The most probable label.
        emotion: EmotionLabel,
        /// Its probability, 0–1.
        confidence: f64,
        /// All probabilities.
        all_scores: EmotionScores,
        /// How pleasant it is, -1 to 1.
        valence: f64,
        /// Track of the face.
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
pub fn entries<'a>(events: &'a Events, results: &'a Results) -> Vec<Entry<'a>> {
    let mut timed = object_entries(events);
    timed.extend(words::speech(&results.speech));
    timed.extend(words::text(&results.text));
    timed.extend(words::stickers(&results.text));
    timed.extend(people::poses(&results.people));
    timed.extend(people::gaze(&results.people));
    timed.extend(people::faces(&results.people));
    timed.extend(people::gestures(&results.people));
    timed.extend(shot_entries(events));
    timed.extend(people::emotions(&results.emotions));
    // Stable: among equals the order above stays.
    timed.sort_by_key(|(time, _)| *time);
    timed.into_iter().map(|(_, entry)| entry).collect()
}

/// An entry and the time it is sorted by.
type Timed<'a> = (MediaTime, Entry<'a>);

/// Something that is true at an instant.
fn instant<'a>(seconds: f64, entry_type: &'static str, data: Data<'a>) -> Timed<'a> {
    let entry = Entry {
        start: seconds,
        entry_type,
        data,
        end: None,
    };
    (MediaTime::from_seconds(seconds), entry)
}

/// Something that lasts.
fn lasting<'a>((start, end): (f64, f64), entry_type: &'static str, data: Data<'a>) -> Timed<'a> {
    let entry = Entry {
        start,
        entry_type,
        data,
        end: Some(end),
    };
    (MediaTime::from_seconds(start), entry)
}

/// Detections grouped by track, then by class.
fn object_entries(events: &Events) -> Vec<Timed<'_>> {
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
            instant(one.time.seconds(), "object", data)
        })
        .collect()
}

/// Boundaries, then shots.
fn shot_entries(events: &Events) -> Vec<Timed<'_>> {
    let Ok(shots) = events.shots.events() else {
        return Vec::new();
    };
    let changes = shots.boundaries.iter().enumerate().map(|(index, change)| {
        let data = Data::SceneChange {
            transition_type: change.kind,
            scene_index: index,
        };
        instant(change.time.seconds(), "scene_change", data)
    });
    let scenes = shots.intervals.iter().enumerate().map(|(index, shot)| {
        let data = Data::Scene {
            scene_index: index,
            duration: shot.duration().as_secs_f64(),
        };
        lasting((shot.start.seconds(), shot.end.seconds()), "scene", data)
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
