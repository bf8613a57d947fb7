//! What a recorded input holds, as far as explanations ask for it.

use crate::{
    replay::{self, Recorded},
    times,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Length the original takes a video without one for, in seconds.
const LENGTH_OF_NOTHING: f64 = 60.0;

/// One recorded item.
#[derive(Debug, Clone)]
pub struct Item {
    /// When; `None` if that cannot be read.
    pub time: Option<f64>,
    /// The item.
    pub value: Value,
}

/// A recorded segment of speech.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Beginning, in seconds; `None` if it cannot be read.
    pub start: Option<f64>,
    /// End, in seconds.
    pub end: Option<f64>,
    /// What is said.
    pub text: String,
    /// Whether its times are numbers, or texts that are.
    pub times_are_numbers: bool,
}

/// What a recorded input holds.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Length the record states, in seconds; 0 if it states none.
    pub duration: f64,
    /// What the video is called.
    pub video_id: String,
    /// Whether the record has a list of stickers.
    pub stickers_listed: bool,
    /// The metadata.
    pub metadata: Value,
    /// Texts on screen.
    pub texts: Vec<Item>,
    /// Stickers.
    pub stickers: Vec<Item>,
    /// Detected objects.
    pub objects: Vec<Item>,
    /// Bodies.
    pub poses: Vec<Item>,
    /// Faces.
    pub faces: Vec<Item>,
    /// Where faces look.
    pub gaze: Vec<Item>,
    /// Gestures, those of hands that make none included.
    pub gestures: Vec<Item>,
    /// Emotions.
    pub emotions: Vec<Item>,
    /// Speech.
    pub segments: Vec<Segment>,
    /// The whole transcript.
    pub transcript: String,
    /// Where shots begin, the beginning of the video included, as far as it can be read.
    pub changes: Vec<f64>,
    /// Energy of the sound by window.
    pub windows: Vec<String>,
    /// Whether an item stands in a list twice.
    pub told_twice: bool,
    /// Whether only the number of its frame tells when an item was seen.
    pub time_by_frame_number: bool,
    /// Whether a service failed within a result that counts as a success.
    pub soft_failure: bool,
    /// Services without a result.
    missing: BTreeSet<&'static str>,
    /// Times of the frames each service looked at.
    looked: BTreeMap<&'static str, Vec<f64>>,
}

impl Facts {
    /// What an input holds.
    #[must_use]
    pub fn of(record: &Value) -> Self {
        let duration = replay::duration(record);
        let mut missing = BTreeSet::new();
        let mut data = BTreeMap::new();
        for (service, _) in replay::SERVICES {
            match replay::recorded(record, service) {
                Recorded::Data(found) => {
                    data.insert(service, found);
                }
                Recorded::Failed(_) | Recorded::Absent => {
                    missing.insert(service);
                }
            }
        }
        let of = |service: &str| data.get(service).copied().unwrap_or(&Value::Null);
        let rate = replay::frames_per_second(record);
        let items = |service: &str, list: &str| items(&of(service)[list], rate);
        let whisper = of("whisper");
        Self {
            soft_failure: missing
                .iter()
                .any(|service: &&str| record["ml_results"][service]["success"] == true),
            told_twice: lists(record).any(|list| {
                let mut seen = HashSet::new();
                let items = list.iter().filter(|item| item.is_object());
                items.into_iter().any(|item| !seen.insert(item))
            }),
            time_by_frame_number: lists(record).flatten().filter(|item| item.is_object()).any(
                |item| {
                    let stated = times::of_item(item, f64::NAN);
                    stated.is_some_and(f64::is_nan)
                },
            ),
            video_id: record["video_id"].as_str().unwrap_or_default().into(),
            stickers_listed: of("ocr")["stickers"].is_array(),
            metadata: record["metadata"].clone(),
            texts: items("ocr", "textAnnotations"),
            stickers: items("ocr", "stickers"),
            objects: items("yolo", "objectAnnotations"),
            poses: items("mediapipe", "poses"),
            faces: items("mediapipe", "faces"),
            gaze: items("mediapipe", "gaze"),
            gestures: items("mediapipe", "gestures"),
            emotions: items("emotion_detection", "emotions"),
            segments: segments(&whisper["segments"]),
            transcript: whisper["text"].as_str().unwrap_or_default().into(),
            changes: changes(of("scene_detection")),
            windows: windows(of("audio_energy")),
            looked: looked(record),
            missing,
            duration,
        }
    }

    /// Length the original reckons with, in seconds.
    #[must_use]
    pub fn original_duration(&self) -> f64 {
        if self.duration > 0.0 {
            self.duration
        } else {
            LENGTH_OF_NOTHING
        }
    }

    /// Whole seconds the original reckons with.
    #[must_use]
    pub fn whole_seconds(&self) -> usize {
        self.original_duration() as usize
    }

    /// Whether a service has no result.
    #[must_use]
    pub fn is_missing(&self, service: &str) -> bool {
        self.missing.contains(service)
    }

    /// Whether any service has no result.
    #[must_use]
    pub fn something_missing(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Whether a second of the video was not looked at by a service that has a result.
    #[must_use]
    pub fn overlooked(&self, service: &str) -> bool {
        let seconds = self.duration.ceil() as usize;
        let Some(times) = self.looked.get(service) else {
            return false;
        };
        let seen: BTreeSet<usize> = times.iter().map(|time| *time as usize).collect();
        (0..seconds).any(|second| !seen.contains(&second))
    }

    /// Time of the last frame a service looked at; `None` if it looked at none.
    #[must_use]
    pub fn last_look(&self, service: &str) -> Option<f64> {
        self.looked.get(service)?.last().copied()
    }

    /// Median time between the frames emotions were looked for in, in seconds.
    #[must_use]
    pub fn emotion_step(&self) -> Option<f64> {
        let times = self.looked.get("emotion_detection")?;
        let mut steps: Vec<f64> = times.windows(2).map(|two| two[1] - two[0]).collect();
        steps.sort_by(f64::total_cmp);
        steps.get(steps.len() / 2).copied()
    }

    /// Whether the video ends within a second.
    #[must_use]
    pub fn ends_within_a_second(&self) -> bool {
        self.duration.fract() > 0.0
    }

    /// Whether the record states no length.
    #[must_use]
    pub fn has_no_length(&self) -> bool {
        self.duration <= 0.0
    }

    /// Whether an item lies outside the video or its time cannot be read.
    #[must_use]
    pub fn outside(&self, items: &[Item]) -> bool {
        let inside = |time: f64| (0.0..self.duration).contains(&time);
        items.iter().any(|item| !item.time.is_some_and(inside))
    }

    /// The items inside the video, by time.
    #[must_use]
    pub fn inside<'a>(&self, items: &'a [Item]) -> Vec<(f64, &'a Value)> {
        let mut inside: Vec<(f64, &Value)> = items
            .iter()
            .filter_map(|item| Some((item.time?, &item.value)))
            .filter(|(time, _)| (0.0..self.duration).contains(time))
            .collect();
        inside.sort_by(|a, b| a.0.total_cmp(&b.0));
        inside
    }

    /// Shot boundaries inside the video.
    #[must_use]
    pub fn cuts(&self) -> Vec<f64> {
        let inside = |time: &f64| *time > 0.0 && *time < self.duration;
        let mut cuts: Vec<f64> = self.changes.iter().copied().filter(inside).collect();
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        cuts
    }
}

/// Whether two items lie in one second.
#[must_use]
pub fn share_a_second(items: &[Item]) -> bool {
    let mut seen = BTreeSet::new();
    let seconds = items.iter().filter_map(|item| item.time);
    seconds
        .map(|time| time as i64)
        .any(|second| !seen.insert(second))
}

/// Whether a second holds items of more than one instant.
#[must_use]
pub fn several_frames_in_a_second(items: &[Item]) -> bool {
    let mut first: BTreeMap<i64, u64> = BTreeMap::new();
    let times = items.iter().filter_map(|item| item.time);
    times
        .into_iter()
        .any(|time| *first.entry(time as i64).or_insert(time.to_bits()) != time.to_bits())
}

/// All lists of all services.
fn lists(record: &Value) -> impl Iterator<Item = &Vec<Value>> {
    let results = record["ml_results"].as_object().into_iter().flatten();
    let data = results.filter_map(|(_, result)| result["data"].as_object());
    data.flatten().filter_map(|(_, list)| list.as_array())
}

fn items(list: &Value, frames_per_second: f64) -> Vec<Item> {
    let items = list.as_array().into_iter().flatten();
    let item = |value: &Value| Item {
        time: times::of_item(value, frames_per_second),
        value: value.clone(),
    };
    items.map(item).collect()
}

fn segments(list: &Value) -> Vec<Segment> {
    let items = list.as_array().into_iter().flatten();
    let segment = |one: &Value| Segment {
        start: times::seconds(&one["start"]),
        end: times::seconds(&one["end"]),
        text: one["text"].as_str().unwrap_or_default().into(),
        times_are_numbers: ["start", "end"].iter().all(|name| {
            let text = one[name].as_str();
            text.is_none_or(|text| text.trim().parse::<f64>().is_ok())
        }),
    };
    items.map(segment).collect()
}

fn changes(data: &Value) -> Vec<f64> {
    let scenes = data["scenes"].as_array().into_iter().flatten();
    let starts = scenes.map(|scene| &scene["start_time"]);
    let listed = data["scene_changes"].as_array().into_iter().flatten();
    starts.chain(listed).filter_map(times::seconds).collect()
}

fn windows(data: &Value) -> Vec<String> {
    let windows = data["energy_level_windows"].as_object();
    windows
        .into_iter()
        .flat_map(|all| all.keys().cloned())
        .collect()
}

fn looked(record: &Value) -> BTreeMap<&'static str, Vec<f64>> {
    let input = replay::replay(record).input;
    let stored = [
        ("yolo", input.objects),
        ("mediapipe", input.people),
        ("ocr", input.text),
        ("emotion_detection", input.emotions),
    ];
    let mut looked = BTreeMap::new();
    for (service, bytes) in stored {
        let read = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        if let Some(read) = read {
            let times = read["metadata"]["frame_times"]
                .as_array()
                .into_iter()
                .flatten();
            looked.insert(service, times.filter_map(Value::as_f64).collect());
        }
    }
    looked
}
