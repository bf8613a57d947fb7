//! Results with something changed in them.
#![allow(clippy::unwrap_used, reason = "tests")]

pub mod evidence;
pub mod placed;

use bytes::Bytes;
use contracts::MediaTime;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use timeline::compute::Input;

/// The services that have a stored result.
pub const SERVICES: [&str; 7] = [
    "yolo",
    "whisper",
    "mediapipe",
    "ocr",
    "scene_detection",
    "audio_energy",
    "emotion_detection",
];
/// Objects whose keys are no names of fields.
const MAPS: [&str; 2] = ["notMeasured", "elementCooccurrence"];
/// Fields of stored results that hold times, in seconds.
const TIMES: [&str; 13] = [
    "timestamp",
    "time",
    "transition_start",
    "start",
    "end",
    "start_time",
    "end_time",
    "firstSeen",
    "lastSeen",
    "first_seen",
    "last_seen",
    "climax_timestamp",
    "video_duration",
];
/// Lists of times.
const TIME_LISTS: [&str; 3] = ["frame_times", "scene_changes", "onsets"];
/// Numbers are equal within this.
const TOLERANCE: f64 = 1e-6;

/// The stored result of a service.
pub fn document<'a>(input: &'a mut Input, service: &str) -> &'a mut Option<Bytes> {
    match service {
        "yolo" => &mut input.objects,
        "whisper" => &mut input.speech,
        "mediapipe" => &mut input.people,
        "ocr" => &mut input.text,
        "scene_detection" => &mut input.shots,
        "audio_energy" => &mut input.sound,
        _ => &mut input.emotions,
    }
}

/// What an analysis says, by path: the values of all items of its lists.
pub fn fields(result: &[u8]) -> BTreeMap<String, Vec<Value>> {
    let mut found = BTreeMap::new();
    collect(&serde_json::from_slice(result).unwrap(), "", &mut found);
    found
}

fn collect(value: &Value, path: &str, found: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{name}");
                if MAPS.contains(&name.as_str()) {
                    let star = format!("{path}.*");
                    found.entry(star).or_default().push(value.clone());
                } else {
                    collect(value, &path, found);
                }
            }
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => {
            let many = found.entry(path.to_owned()).or_default();
            many.push(json!({"items": items.len()}));
            for item in items {
                collect(item, &format!("{path}[]"), found);
            }
        }
        other => found
            .entry(path.to_owned())
            .or_default()
            .push(other.clone()),
    }
}

fn list_paths(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                // Coordinates, and values that belong to the items of another list, are no lists of things.
                if !matches!(
                    name.as_str(),
                    "bbox"
                        | "bboxNormalized"
                        | "polygon"
                        | "face_bbox"
                        | "points"
                        | "confidence_scores"
                ) {
                    list_paths(value, &format!("{path}/{name}"), found);
                }
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                found.push(path.to_owned());
                list_paths(first, &format!("{path}/0"), found);
            }
        }
        _ => {}
    }
}

/// The same with the first item of every list once more at its end.
pub fn with_repeats(value: &Value) -> Value {
    let mut lists = Vec::new();
    list_paths(value, "", &mut lists);
    let mut changed = value.clone();
    // Inner lists first, so that what is repeated has theirs.
    for list in lists.iter().rev() {
        let items = changed.pointer_mut(list).unwrap().as_array_mut().unwrap();
        items.push(items[0].clone());
    }
    changed
}

/// Everything a second later, in a video that is a second longer.
pub fn shifted(input: &Input) -> Input {
    let mut input = input.clone();
    let later = |time: MediaTime| MediaTime::from_nanos(time.nanos() + 1_000_000_000);
    input.probe.duration = later(input.probe.duration);
    input.completeness.video_until = later(input.completeness.video_until);
    for service in SERVICES {
        let stored = document(&mut input, service);
        if let Some(bytes) = stored.take() {
            let read: Value = serde_json::from_slice(&bytes).unwrap();
            *stored = Some(Bytes::from(shift(&read, "").to_string()));
        }
    }
    input
}

fn shift(value: &Value, name: &str) -> Value {
    match value {
        Value::Object(fields) => {
            let windows = name == "energy_level_windows";
            let field = |(name, value): (&String, &Value)| {
                if windows {
                    (later_text(name), value.clone())
                } else {
                    (name.clone(), shift(value, name))
                }
            };
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        Value::Array(items) if TIME_LISTS.contains(&name) => items.iter().map(later).collect(),
        Value::Array(items) => items.iter().map(|item| shift(item, "")).collect(),
        Value::Number(_) if TIMES.contains(&name) => later(value),
        other => other.clone(),
    }
}

/// A time, or a text with times in it, a second later.
pub fn later(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(whole) => json!(whole + 1),
            None => json!(number.as_f64().unwrap() + 1.0),
        },
        Value::String(text) => json!(later_text(text)),
        Value::Array(items) => items.iter().map(later).collect(),
        other => other.clone(),
    }
}

/// `"3s"` and `"3-4s"`, a second later; other texts as they are.
fn later_text(text: &str) -> String {
    let Some(times) = text.strip_suffix('s') else {
        return text.to_owned();
    };
    let numbers: Option<Vec<u64>> = times.split('-').map(|one| one.parse().ok()).collect();
    match numbers {
        Some(numbers) => {
            let later: Vec<String> = numbers.iter().map(|one| (one + 1).to_string()).collect();
            format!("{}s", later.join("-"))
        }
        None => text.to_owned(),
    }
}

/// Whether values are the same, numbers within the tolerance.
pub fn close(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
}

fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => close(a, b),
        (Value::Number(a), Value::Number(b)) => {
            (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() <= TOLERANCE
        }
        (a, b) => a == b,
    }
}

/// Twelve seconds with something of everything.
pub fn busy() -> Value {
    let seconds = |step: f64| (0..(12.0 / step) as u32).map(move |index| f64::from(index) * step);
    let ok = |data: Value| json!({"success": true, "data": data});
    let objects: Vec<Value> = seconds(0.5)
        .map(|time| json!({"className": "dog", "confidence": 0.8, "timestamp": time, "bbox": [1, 2, 30, 40], "frame_number": (time * 30.0) as u64}))
        .collect();
    let faces: Vec<Value> = seconds(0.5)
        .filter(|time| *time < 6.0)
        .map(|time| json!({"timestamp": time, "count": 2, "confidence": 0.9, "bbox": {"x": 0.1, "y": 0.2, "width": 0.3 + time / 20.0, "height": 0.4}}))
        .collect();
    let gaze: Vec<Value> = seconds(0.5)
        .filter(|time| *time < 6.0)
        .map(|time| json!({"timestamp": time, "eye_contact": time / 6.0, "gaze_direction": "camera"}))
        .collect();
    let labels = ["joy", "joy", "neutral", "sadness", "surprise"];
    let emotions: Vec<Value> = seconds(1.0)
        .zip(labels.iter().cycle())
        .map(|(time, label)| json!({"timestamp": time, "emotion": label, "confidence": 0.7}))
        .collect();
    json!({
        "name": "busy", "video_id": "busy",
        "metadata": {"duration": 12, "width": 100, "height": 200, "description": "look"},
        "ml_results": {
            "yolo": ok(json!({"objectAnnotations": objects, "metadata": {"frames_analyzed": 60}})),
            "whisper": ok(json!({"language": "en", "duration": 12, "text": "", "segments": [
                {"start": 0.5, "end": 2.25, "text": "Did you know this trick?"},
                {"start": 4.5, "end": 7.0, "text": "It is amazing, it is amazing."},
                {"start": 10.5, "end": 11.5, "text": "Follow for more now!"},
            ]})),
            "mediapipe": ok(json!({"poses": [], "faces": faces, "gaze": gaze, "hands": [],
                "gestures": [
                    {"type": "victory", "confidence": 0.7, "hand": "left", "timestamp": 0.5},
                    {"type": "victory", "confidence": 0.7, "hand": "left", "timestamp": 1.0},
                    {"type": "pointing", "confidence": 0.7, "hand": "right", "timestamp": 11.0},
                ],
                "metadata": {"frames_analyzed": 60},
            })),
            "ocr": ok(json!({"textAnnotations": [
                {"text": "Trick", "confidence": 0.9, "timestamp": 1.0, "bbox": [10, 20, 30, 10]},
                {"text": "buy now", "confidence": 0.8, "timestamp": 5.5, "bbox": [10, 100, 30, 10]},
                {"text": "follow", "confidence": 0.7, "timestamp": 11.0, "bbox": [60, 180, 30, 10]},
            ], "stickers": [
                {"type": "sticker", "confidence": 0.7, "timestamp": 1.5, "bbox": [1, 2, 10, 10]},
            ], "metadata": {"frames_analyzed": 60}})),
            "scene_detection": ok(json!({"scenes": [
                {"start_time": 0.0}, {"start_time": 3.5}, {"start_time": 4.0}, {"start_time": 9.0},
            ]})),
            "audio_energy": ok(json!({
                "energy_level_windows": {"0-5s": 0.5, "5-10s": 1.0, "10-12s": 0.2},
                "energy_variance": 0.01, "climax_timestamp": 6.5, "burst_pattern": "middle_peak",
                "duration": 12.0,
            })),
            "emotion_detection": ok(json!({"emotions": emotions, "sample_rate": 1.0, "frames_analyzed": 12})),
        },
    })
}
