//! Recorded cuts and detections, run through everything: none of them is lost.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod common;
#[path = "common/recorded.rs"]
mod recorded;

use common::{boundary, json, run, shots_between, video};
use contracts::{
    Sha256, VideoId,
    manifest::ModelStamp,
    objects::{ObjectAnnotation, ObjectDetections, ObjectMetadata},
    shots::BoundaryKind,
};
use recorded::{cases, load, same};
use serde_json::{Value, json};
use timeline::compute::{Input, numbers};

/// The recorded cuts and detections, in the shapes of this program.
fn recorded_input(name: &str, inputs: &Value, duration: f64) -> (Input, usize, usize) {
    let data = |service: &str| inputs["ml_results"][service]["data"].clone();
    let scenes = data("scene_detection");
    let mut starts: Vec<f64> = scenes["scenes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|scene| scene["start_time"].as_f64())
        .filter(|start| 0.0 < *start && *start < duration)
        .collect();
    starts.sort_by(f64::total_cmp);
    starts.dedup();
    let cuts = starts.len();
    let boundaries = starts
        .into_iter()
        .map(|start| boundary(start, BoundaryKind::Cut));
    let annotations = recorded_objects(&data("yolo"), duration);
    let detections = annotations.len();
    let mut frame_times: Vec<f64> = annotations.iter().map(|one| one.timestamp).collect();
    frame_times.dedup();
    let objects = ObjectDetections {
        metadata: ObjectMetadata {
            model: ModelStamp {
                name: "recorded".into(),
                version: "made-up-models 1.0".into(),
                digest: Sha256::of(b"recorded"),
            },
            processed: true,
            frames_analyzed: frame_times.len() as u32,
            frame_times,
            objects_detected: detections as u32,
            total_tracks: 0,
            confidence_threshold: 0.25,
        },
        object_annotations: annotations,
        tracks: Vec::new(),
    };
    let mut input = Input {
        shots: json(&shots_between(duration, boundaries.collect())),
        objects: json(&objects),
        ..video(duration)
    };
    input.metadata.id = VideoId::from_name(name);
    (input, cuts, detections)
}

fn recorded_objects(yolo: &Value, duration: f64) -> Vec<ObjectAnnotation> {
    let annotations = yolo["objectAnnotations"].as_array();
    annotations
        .into_iter()
        .flatten()
        .filter_map(|one| {
            Some(ObjectAnnotation {
                track_id: None,
                class_name: one["className"].as_str()?.into(),
                confidence: one["confidence"].as_f64()?,
                timestamp: one["timestamp"].as_f64().filter(|time| *time < duration)?,
                bbox: serde_json::from_value(one["bbox"].clone()).ok()?,
                bbox_normalized: [0.0, 0.0, 1.0, 1.0],
                frame_number: one["frame_number"].as_u64()?,
            })
        })
        .collect()
}

#[test]
fn recorded_scenes_and_objects_are_counted_in_full() {
    let mut compared = 0;
    for case in cases() {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let inputs = case.parent().unwrap().join(format!("inputs/{name}.json"));
        let (Some(inputs), Some(unified)) =
            (load(&inputs), load(&case.join("unified_analysis.json")))
        else {
            continue;
        };
        let duration = unified["duration"].as_f64().unwrap();
        let (input, cuts, detections) = recorded_input(&name, &inputs, duration);
        let output = run(&input);
        let ours: Value = serde_json::from_slice(&output.unified).unwrap();
        let types = &ours["processing_metadata"]["entry_types"];
        assert_eq!(
            types["object"].as_u64().unwrap_or(0),
            detections as u64,
            "{name}"
        );
        assert_eq!(
            types["scene_change"].as_u64().unwrap_or(0),
            cuts as u64,
            "{name}"
        );
        assert_eq!(
            ours["processing_metadata"]["dropped_items"],
            json!({}),
            "{name}"
        );
        let files = output.analyses.iter().find(|a| a.name == "scene_pacing");
        let pacing: Value = serde_json::from_slice(&files.unwrap().result).unwrap();
        let core = &pacing["scenePacingCoreMetrics"];
        assert_eq!(core["totalScenes"], cuts + 1, "{name}");
        let rate = numbers::round_to(60.0 * cuts as f64 / duration, 2);
        same(&name, "cutsPerMinute", &core["cutsPerMinute"], &json!(rate));
        compared += 1;
    }
    eprintln!("counted {compared} recordings");
    assert!(compared == 0 || compared > 25);
}
