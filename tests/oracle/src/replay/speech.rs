//! Speech: segments without words or confidence. A voice is active while something is said.

use super::{Scene, model};
use crate::times;
use serde_json::{Value, json};

pub(super) fn read(scene: &mut Scene, data: &Value) -> Value {
    let items = scene.items("whisper", data, "segments");
    let segments: Vec<Value> = (0..)
        .zip(items)
        .map(|(id, item)| segment(id, item))
        .collect();
    let voice: Vec<Value> = segments
        .iter()
        .filter(|one| one["start"].is_number() && one["end"].is_number())
        .map(|one| json!({"start": one["start"], "end": one["end"]}))
        .collect();
    let length = |one: &Value| Some(one["end"].as_f64()? - one["start"].as_f64()?);
    let seconds: f64 = voice.iter().filter_map(length).fold(0.0, |a, b| a + b);
    let language = data["language"].as_str();
    let language = language.filter(|code| !matches!(*code, "" | "unknown"));
    json!({
        "status": if segments.is_empty() { "no_speech" } else { "speech" },
        "text": data["text"].as_str().unwrap_or_default(),
        "segments": segments,
        "language": language.filter(|_| !segments.is_empty()),
        "language_probability": null,
        "duration": data["duration"].as_f64(),
        "voice_activity": voice,
        "voice_seconds": seconds,
        "dropped": [],
        "metadata": {
            "model": data["metadata"]["model"].as_str().unwrap_or("unknown"),
            "models": [model("whisper")],
            "processed": true,
            "success": true,
            "backend": data["metadata"]["backend"].as_str().unwrap_or("unknown"),
            "windows": 0,
            "recognised_seconds": seconds,
            "words_aligned": false,
        },
    })
}

/// The record tells no confidence: sure, as far as it says.
fn segment(id: u32, item: &Value) -> Value {
    let time = |field: &str| times::seconds(&item[field]).map_or(item[field].clone(), Value::from);
    json!({
        "id": id,
        "start": time("start"),
        "end": time("end"),
        "text": item["text"],
        "confidence": item["confidence"].as_f64().unwrap_or(1.0),
        "avg_logprob": 0.0,
        "no_speech_prob": 0.0,
        "words": [],
    })
}
