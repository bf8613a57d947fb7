//! Expressions of the main face. A confidence is the probability of its label; where the others
//! were not recorded, they share what is left evenly.

use super::{Scene, model, sampling};
use crate::times;
use contracts::{
    MediaTime,
    emotion::{EmotionLabel, EmotionScores},
};
use emotion::compute::{Seen, aggregate, scores};
use serde_json::{Value, json};

/// Share of frames without a face above which a video is not about faces.
const NO_FACE_SHARE: f64 = 0.8;

pub(super) fn read(scene: &mut Scene, data: &Value) -> Value {
    let items = scene.items("emotion_detection", data, "emotions");
    let readings: Vec<Value> = items.iter().map(|item| reading(scene, item)).collect();
    let fps = scene.frames_per_second;
    let rate = data["sample_rate"].as_f64().filter(|rate| *rate > 0.0);
    let schedule = match rate {
        Some(rate) => sampling::evenly(scene.duration, rate),
        None => sampling::times(&sampling::of_emotions(scene.duration, fps), fps),
    };
    let frame_times = scene.frame_times(schedule, data, &["emotions"]);
    let seen: Vec<Seen> = readings.iter().filter_map(seen).collect();
    let figures = aggregate(&seen, frame_times.len().max(seen.len()), NO_FACE_SHARE);
    let frames: Vec<Value> = frame_times
        .iter()
        .map(|time| {
            let read = readings.iter().any(|one| one["timestamp"] == json!(time));
            let state = if read { "read" } else { "no_face" };
            json!({
                "timestamp": time, "frame_number": (time * fps).round() as u64, "state": state,
            })
        })
        .collect();
    let confidences: Vec<&Value> = readings.iter().map(|one| &one["confidence"]).collect();
    json!({
        "emotions": readings,
        "faces": readings,
        "tracks": [],
        "frames": frames,
        "timeline": {},
        "dominant_emotion": figures.dominant,
        "emotion_transitions": figures.transitions,
        "confidence_scores": confidences.iter().filter_map(|one| one.as_f64()).collect::<Vec<_>>(),
        "processing_stats": figures.stats,
        "metrics": figures.metrics,
        "video_duration": data["video_duration"].as_f64().unwrap_or(scene.duration),
        "frames_analyzed": frame_times.len(),
        "sample_rate": rate,
        "metadata": {
            "model": model("feat"),
            "processed": true,
            "frame_times": frame_times,
            "labels": EmotionLabel::ALL,
            "accuracy": {
                "share_correct": 0.0, "faces": 0, "by_label": {}, "measured_on": "nothing",
            },
            "valence_table": {},
            "smoothing_seconds": 0.0,
            "unmeasured": {},
            "faces_left_out": 0,
        },
    })
}

fn seen(reading: &Value) -> Option<Seen> {
    Some(Seen {
        time: MediaTime::from_seconds(reading["timestamp"].as_f64()?),
        emotion: serde_json::from_value(reading["emotion"].clone()).ok()?,
        confidence: reading["confidence"].as_f64()?,
    })
}

fn reading(scene: &Scene, item: &Value) -> Value {
    let label = serde_json::from_value::<EmotionLabel>(item["emotion"].clone()).ok();
    let scores = probabilities(item, label);
    let bbox = serde_json::from_value::<[f64; 4]>(item["face_bbox"].clone());
    let time = times::seconds(&item["timestamp"]);
    json!({
        "timestamp": time.map_or(item["timestamp"].clone(), Value::from),
        "frame_number": scene.frame_number(item),
        "rank": 1,
        "track_id": null,
        "emotion": item["emotion"],
        "confidence": item["confidence"],
        "all_scores": scores,
        "valence": scores.map(|scores| scores::valence(&scores)),
        "intensity": scores.map(|scores| scores::intensity(&scores)),
        "raw": {
            "emotion": item["emotion"], "confidence": item["confidence"], "all_scores": scores,
        },
        "face_bbox": bbox.unwrap_or_default(),
    })
}

fn probabilities(item: &Value, label: Option<EmotionLabel>) -> Option<EmotionScores> {
    let stated = serde_json::from_value::<EmotionScores>(item["all_scores"].clone()).ok();
    let evenly = || {
        let (label, confidence) = (label?, item["confidence"].as_f64()?);
        let rest = (1.0 - confidence) / (EmotionLabel::ALL.len() - 1) as f64;
        let score = |one| if one == label { confidence } else { rest };
        Some(EmotionScores::from_fn(score))
    };
    stated.or_else(evenly)
}
