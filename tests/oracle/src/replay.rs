//! A recorded input as the results our own stages would have stored.
//!
//! What the record says is passed on as it says it; the timeline stage then drops what is wrong in
//! it and counts that. Where a result needs what the record lacks, the rule stands beside the code
//! that fills it in:
//!
//! - The video is as long as its metadata say; where they say nothing it has no length.
//! - Its frame rate is that of the metadata, else that of the recorded frame numbers, else 30.
//! - Its picture has the size of the metadata, else the smallest that holds every recorded box.
//! - A stage looked at the first frames of its [`sampling`] and at every frame the record names.
//! - Who is sure without the record saying how sure counts as sure.

mod emotion;
mod metadata;
mod objects;
mod people;
pub mod sampling;
mod shots;
mod sound;
mod speech;
mod text;

use crate::times;
use bytes::Bytes;
use contracts::{
    MediaTime, StageName,
    decoded::{AudioStream, Completeness, Container, Probe, VideoStream},
    manifest::FailureClass,
    messages::StageFailure,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use timeline::{
    Brand, Limits, Style,
    compute::{self, Input, Output},
};

/// Frames per second of a video of which the record tells none.
const FRAMES_PER_SECOND: f64 = 30.0;

/// The services of the record, and the stage that does the same here.
pub const SERVICES: [(&str, StageName); 7] = [
    ("yolo", StageName::Detect),
    ("whisper", StageName::Transcribe),
    ("mediapipe", StageName::People),
    ("ocr", StageName::Ocr),
    ("scene_detection", StageName::Shots),
    ("audio_energy", StageName::Sound),
    ("emotion_detection", StageName::Emotion),
];

/// A recorded input in the shapes of this program.
#[derive(Debug, Clone)]
pub struct Replay {
    /// What the timeline stage is given.
    pub input: Input,
    /// Recorded items that no shape of ours can hold, by list, as `mediapipe.faces`.
    pub dropped: BTreeMap<String, u64>,
}

/// What a recorded service said.
pub enum Recorded<'a> {
    /// Its result.
    Data(&'a Value),
    /// It failed, openly or within a result that counts as a success, and why.
    Failed(String),
    /// It was not asked.
    Absent,
}

/// What one service said.
#[must_use]
pub fn recorded<'a>(record: &'a Value, service: &str) -> Recorded<'a> {
    let result = &record["ml_results"][service];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if !result.is_object() {
        return Recorded::Absent;
    }
    if result["success"] != json!(true) {
        let reason = text(&result["error"]).unwrap_or_else(|| "no reason was given".into());
        return Recorded::Failed(reason);
    }
    let data = &result["data"];
    let metadata = &data["metadata"];
    let error = text(&data["error"]).or_else(|| text(&metadata["error"]));
    let unprocessed = ["processed", "success"]
        .iter()
        .any(|field| metadata[field] == json!(false));
    match error {
        Some(error) => Recorded::Failed(error),
        None if unprocessed => Recorded::Failed("it was not processed".into()),
        None if data.is_object() => Recorded::Data(data),
        None => Recorded::Failed("its result is no object".into()),
    }
}

/// What the readers of single services share.
struct Scene {
    duration: f64,
    frames_per_second: f64,
    width: f64,
    height: f64,
    dropped: BTreeMap<String, u64>,
}

impl Scene {
    fn of(record: &Value) -> Self {
        let metadata = &record["metadata"];
        let frames_per_second = frames_per_second(record);
        let stated = |field: &str| {
            let inner = &metadata["videoMeta"][field];
            let value = metadata[field].as_f64().or_else(|| inner.as_f64());
            value.filter(|value| *value >= 1.0)
        };
        let (right, bottom) = extent(record);
        Self {
            duration: duration(record),
            frames_per_second,
            width: stated("width").unwrap_or(right),
            height: stated("height").unwrap_or(bottom),
            dropped: BTreeMap::new(),
        }
    }

    /// The different items of a list; one that stands there twice counts once.
    fn items<'a>(&mut self, service: &str, data: &'a Value, list: &str) -> Vec<&'a Value> {
        let mut seen = HashSet::new();
        let all = data[list].as_array().map_or(&[][..], Vec::as_slice);
        let different: Vec<&Value> = all.iter().filter(|item| seen.insert(*item)).collect();
        self.drop(service, list, all.len() - different.len());
        different
    }

    fn drop(&mut self, service: &str, list: &str, count: usize) {
        if count > 0 {
            let dropped = self.dropped.entry(format!("{service}.{list}"));
            *dropped.or_default() += count as u64;
        }
    }

    /// The time of an item; what cannot be read stays what it is, for the reader to drop.
    fn time(&self, item: &Value) -> Value {
        match times::of_item(item, self.frames_per_second) {
            Some(seconds) => json!(seconds),
            None => item["timestamp"].clone(),
        }
    }

    fn frame_number(&self, item: &Value) -> u64 {
        let stated = item["frame_number"].as_u64();
        let time = times::of_item(item, self.frames_per_second).unwrap_or_default();
        stated.unwrap_or((time.max(0.0) * self.frames_per_second).round() as u64)
    }

    /// Times of the frames a stage looked at: the first of its schedule and all it names.
    fn frame_times(&self, schedule: Vec<f64>, data: &Value, lists: &[&str]) -> Vec<f64> {
        let looked_at = data["metadata"]["frames_analyzed"]
            .as_u64()
            .or_else(|| data["frames_analyzed"].as_u64());
        let named = lists
            .iter()
            .flat_map(|list| data[list].as_array().into_iter().flatten())
            .filter_map(|item| times::of_item(item, self.frames_per_second));
        let mut all: Vec<f64> = schedule
            .into_iter()
            .take(looked_at.unwrap_or(0) as usize)
            .chain(named)
            .filter(|time| (0.0..self.duration).contains(time))
            .collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }

    /// Corners in pixels and in shares of the picture.
    fn shares(&self, [x1, y1, x2, y2]: [f64; 4]) -> [f64; 4] {
        let share = |value: f64, whole: f64| (value / whole).clamp(0.0, 1.0);
        [
            share(x1, self.width),
            share(y1, self.height),
            share(x2, self.width),
            share(y2, self.height),
        ]
    }
}

/// Length of the video, in seconds; 0 if the record tells none.
#[must_use]
pub fn duration(record: &Value) -> f64 {
    let stated = times::seconds(&record["metadata"]["duration"]);
    stated.unwrap_or_default().max(0.0)
}

/// Frames per second of the video.
#[must_use]
pub fn frames_per_second(record: &Value) -> f64 {
    let positive = |value: &f64| *value > 0.0;
    let stated = record["metadata"]["fps"].as_f64().filter(positive);
    let lists = [
        ("yolo", "objectAnnotations"),
        ("mediapipe", "poses"),
        ("mediapipe", "faces"),
        ("ocr", "textAnnotations"),
    ];
    let items = lists.iter().flat_map(|(service, list)| {
        let items = record["ml_results"][service]["data"][list].as_array();
        items.into_iter().flatten()
    });
    let numbered = || {
        items
            .filter_map(|item| {
                let time = times::seconds(&item["timestamp"]).filter(positive)?;
                Some(item["frame_number"].as_f64().filter(positive)? / time)
            })
            .reduce(f64::max)
    };
    stated.or_else(numbered).unwrap_or(FRAMES_PER_SECOND)
}

/// The smallest picture that holds every recorded box, in pixels.
fn extent(record: &Value) -> (f64, f64) {
    let data = |service: &str| &record["ml_results"][service]["data"];
    let corners = |item: &Value| serde_json::from_value::<[f64; 4]>(item["bbox"].clone()).ok();
    let objects = data("yolo")["objectAnnotations"].as_array();
    let objects = objects.into_iter().flatten().filter_map(corners);
    let texts = ["textAnnotations", "stickers"]
        .into_iter()
        .flat_map(|list| data("ocr")[list].as_array().into_iter().flatten())
        .filter_map(|item| text::corners(&item["bbox"]));
    objects.chain(texts).fold((1.0, 1.0), |(x, y), bbox| {
        (bbox[2].ceil().max(x), bbox[3].ceil().max(y))
    })
}

/// The name of a recorded network.
fn model(name: &str) -> Value {
    json!({"name": name, "version": "recorded", "digest": "0".repeat(64)})
}

fn stored(value: &Value) -> Option<Bytes> {
    Some(Bytes::from(value.to_string()))
}

/// What the timeline stage would be given.
#[must_use]
pub fn replay(record: &Value) -> Replay {
    let mut scene = Scene::of(record);
    let duration = MediaTime::from_seconds(scene.duration);
    let mut failures = Vec::new();
    let mut document = |service: &str, read: fn(&mut Scene, &Value) -> Value| {
        let stage = SERVICES.iter().find(|(name, _)| *name == service)?.1;
        match recorded(record, service) {
            Recorded::Data(data) => stored(&read(&mut scene, data)),
            Recorded::Absent => None,
            Recorded::Failed(reason) => {
                failures.push(StageFailure {
                    stage,
                    class: FailureClass::Exhausted,
                    reason,
                });
                None
            }
        }
    };
    let input = Input {
        metadata: metadata::read(record),
        objects: document("yolo", objects::read),
        speech: document("whisper", speech::read),
        people: document("mediapipe", people::read),
        text: document("ocr", text::read),
        shots: document("scene_detection", shots::read),
        sound: document("audio_energy", sound::read),
        emotions: document("emotion_detection", emotion::read),
        labels: None,
        moderation: None,
        completeness: Completeness {
            complete: true,
            video_until: duration,
            frames_decoded: 0,
            problems: Vec::new(),
        },
        failures: Vec::new(),
        brand: Brand::default(),
        style: Style::default(),
        probe: probe(duration),
    };
    let mut input = Input { failures, ..input };
    input.probe.video.width = scene.width as u32;
    input.probe.video.height = scene.height as u32;
    input.completeness.frames_decoded = (scene.duration * scene.frames_per_second) as u64;
    Replay {
        input,
        dropped: scene.dropped,
    }
}

/// Nothing is known of the file itself; that nothing was heard says nothing of its streams.
fn probe(duration: MediaTime) -> Probe {
    Probe {
        container: Container::Mp4,
        duration,
        video: VideoStream {
            codec: "unknown".into(),
            width: 1,
            height: 1,
            rotation_degrees: 0,
            frame_rate: None,
        },
        audio: Some(AudioStream {
            codec: "unknown".into(),
            channels: 1,
            sample_rate_hz: 16_000,
        }),
        size_bytes: 0,
    }
}

/// Everything this program makes of a recorded input.
///
/// # Errors
/// As [`compute::analyse`].
pub fn replayed(record: &Value) -> Result<Output, timeline::Error> {
    compute::analyse(&replay(record).input, &Limits::default())
}
