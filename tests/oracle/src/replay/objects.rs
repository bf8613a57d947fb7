//! Objects: flat detections. The record numbers them by frame and class, which is no track.

use super::{Scene, model, sampling};
use serde_json::{Value, json};

/// Least confidence of a recorded detection.
const LEAST_CONFIDENCE: f64 = 0.25;

pub(super) fn read(scene: &mut Scene, data: &Value) -> Value {
    let list = "objectAnnotations";
    let items = scene.items("yolo", data, list);
    let annotations: Vec<Value> = items.iter().map(|item| annotation(scene, item)).collect();
    let extracted = sampling::extracted(scene.duration, scene.frames_per_second);
    let chosen = sampling::of_objects(&extracted);
    let schedule = sampling::times(&chosen, scene.frames_per_second);
    let frame_times = scene.frame_times(schedule, data, &[list]);
    json!({
        "objectAnnotations": annotations,
        "tracks": [],
        "metadata": {
            "model": model("yolov8n"),
            "processed": true,
            "frames_analyzed": frame_times.len(),
            "frame_times": frame_times,
            "objects_detected": annotations.len(),
            "total_tracks": 0,
            "confidence_threshold": LEAST_CONFIDENCE,
        },
    })
}

fn annotation(scene: &Scene, item: &Value) -> Value {
    let corners = serde_json::from_value::<[f64; 4]>(item["bbox"].clone());
    json!({
        "trackId": null,
        "className": item["className"],
        "confidence": item["confidence"],
        "timestamp": scene.time(item),
        "bbox": item["bbox"],
        "bboxNormalized": corners.map(|corners| scene.shares(corners)).ok(),
        "frame_number": scene.frame_number(item),
    })
}
