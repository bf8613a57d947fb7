//! People. The record has one face, body and gaze per frame at most, and the number of faces and
//! hands; the face is taken for the main one, and the others of its frame for faces without extent.
//! A frame whose main face has no box tells nothing of its size: its faces are dropped.

use super::{Scene, model, sampling};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Number of points of a recorded body.
const BODY_POINTS: u64 = 33;
/// Number of points of the mesh gaze is read from.
const MESH_POINTS: u64 = 478;
const LISTS: [&str; 5] = ["poses", "faces", "hands", "gaze", "gestures"];
/// Most faces the services of the record find in a frame.
const MOST_FACES: u64 = 100;
/// Where nothing is known to be.
const NOWHERE: [f64; 4] = [0.0; 4];

pub(super) fn read(scene: &mut Scene, data: &Value) -> Value {
    let [poses, faces, hands, gaze, gestures] =
        LISTS.map(|list| scene.items("mediapipe", data, list));
    let extracted = sampling::extracted(scene.duration, scene.frames_per_second);
    let schedule = sampling::times(&extracted, scene.frames_per_second);
    let frame_times = scene.frame_times(schedule, data, &LISTS);
    let (boxed, bare): (Vec<&Value>, Vec<&Value>) =
        faces.iter().partition(|item| !item["bbox"].is_null());
    scene.drop("mediapipe", "faces", bare.len());
    let placed: Vec<Value> = boxed
        .iter()
        .flat_map(|item| faces_of(scene, item))
        .collect();
    let made: Vec<Value> = gestures
        .iter()
        .filter(|item| item["type"] != "none")
        .map(|item| gesture(scene, item))
        .collect();
    let presence = presence(scene, &poses, &faces, &hands);
    let bodies: Vec<Value> = poses.iter().map(|item| pose(scene, item)).collect();
    let gaze: Vec<Value> = gaze.iter().map(|item| look(scene, item)).collect();
    json!({
        "poses": data["poses"].is_array().then_some(&bodies),
        "faces": placed,
        "hands": [],
        "gaze": gaze,
        "gestures": made,
        "presence_percentage": data["presence_percentage"].as_f64(),
        "frames_with_people": data["frames_with_people"].as_u64().unwrap_or(0),
        "presence": presence,
        "face_tracks": [],
        "metadata": {
            "models": [model("mediapipe")],
            "processed": true,
            "frames_analyzed": frame_times.len(),
            "frame_times": frame_times,
            "width": scene.width as u64,
            "height": scene.height as u64,
            "poses_detected": bodies.len(),
            "faces_detected": placed.len(),
            "hands_detected": 0,
            "gaze_detected": gaze.len(),
            "gaze_unread": {},
            "gestures_detected": made.len(),
            "re_identified": null,
            "unmeasured": {},
            "methods": {},
            "left_out": {"faces": 0, "meshes": 0, "bodies": 0, "hands": 0},
        },
    })
}

fn rectangle([x, y, width, height]: [f64; 4]) -> Value {
    json!({"x": x, "y": y, "width": width, "height": height})
}

/// The record tells no confidence of a body: it is as sure as its points are visible.
fn pose(scene: &Scene, item: &Value) -> Value {
    let visibility = &item["visibility"];
    json!({
        "timestamp": scene.time(item),
        "frame_number": scene.frame_number(item),
        "rank": 1,
        "person_id": null,
        "landmarks": item["landmarks"].as_u64().unwrap_or(BODY_POINTS),
        "layout": "blazepose_33",
        "visibility": visibility.as_f64().unwrap_or(1.0),
        "visible_landmarks": 0,
        "confidence": visibility.as_f64().unwrap_or(1.0),
        "bbox": rectangle(NOWHERE),
        "bbox_pixels": rectangle(NOWHERE),
    })
}

/// The recorded face, and as many more as the record counts in its frame.
fn faces_of(scene: &Scene, item: &Value) -> Vec<Value> {
    let main = face(scene, item);
    let count = item["count"].as_u64().unwrap_or(1).min(MOST_FACES);
    let others = (2..=count).map(|rank| {
        let mut other = main.clone();
        other["rank"] = json!(rank);
        other["bbox"] = rectangle(NOWHERE);
        other["bbox_pixels"] = rectangle(NOWHERE);
        other
    });
    std::iter::once(main.clone()).chain(others).collect()
}

fn face(scene: &Scene, item: &Value) -> Value {
    let side = |field: &str| item["bbox"][field].as_f64().unwrap_or_default();
    let pixels = [
        side("x") * scene.width,
        side("y") * scene.height,
        side("width") * scene.width,
        side("height") * scene.height,
    ];
    let point = [0.0, 0.0];
    json!({
        "timestamp": scene.time(item),
        "frame_number": scene.frame_number(item),
        "count": item["count"].as_u64().unwrap_or(1),
        "rank": 1,
        "track_id": null,
        "person_id": null,
        "confidence": item["confidence"],
        "bbox": item["bbox"],
        "bbox_pixels": rectangle(pixels),
        "points": {
            "right_eye": point, "left_eye": point, "nose": point, "right_mouth": point,
            "left_mouth": point,
        },
        "mesh": "beyond_limit",
        "landmarks": null,
        "mesh_presence": null,
        "head_pose": null,
    })
}

fn look(scene: &Scene, item: &Value) -> Value {
    let number = |field: &str| item[field].as_f64().unwrap_or_default();
    json!({
        "timestamp": scene.time(item),
        "frame_number": scene.frame_number(item),
        "rank": 1,
        "track_id": null,
        "eye_contact": item["eye_contact"],
        "gaze_direction": item["gaze_direction"],
        "gaze_offset_x": number("gaze_offset_x"),
        "gaze_offset_y": number("gaze_offset_y"),
        "gaze_magnitude": number("gaze_magnitude"),
        "confidence": item["confidence"].as_f64().unwrap_or(1.0),
        "landmarks": MESH_POINTS,
    })
}

fn gesture(scene: &Scene, item: &Value) -> Value {
    let time = scene.time(item);
    let milliseconds = time
        .as_f64()
        .map(|seconds| (seconds.max(0.0) * 1e3).round() as u64);
    json!({
        "type": item["type"],
        "confidence": item["confidence"],
        "hand": item["hand"].as_str().unwrap_or("right"),
        "timestamp_ms": item["timestamp_ms"].as_u64().or(milliseconds),
        "frame_number": scene.frame_number(item),
        "timestamp": time,
    })
}

/// A frame with faces or a body has at least as many persons.
fn presence(scene: &Scene, poses: &[&Value], faces: &[&Value], hands: &[&Value]) -> Vec<Value> {
    let mut frames: BTreeMap<u64, (Value, [u64; 3])> = BTreeMap::new();
    let lists = [(0, poses), (1, faces), (2, hands)];
    for (place, item) in lists
        .iter()
        .flat_map(|(place, items)| items.iter().map(move |item| (*place, *item)))
    {
        let time = scene.time(item);
        let Some(seconds) = time.as_f64().filter(|seconds| *seconds >= 0.0) else {
            continue;
        };
        let frame = frames.entry(seconds.to_bits()).or_insert((time, [0; 3]));
        let count = item["count"].as_u64().unwrap_or(1);
        frame.1[place] = frame.1[place].max(count);
    }
    frames
        .into_values()
        .map(|(time, [bodies, faces, hands])| {
            json!({
                "timestamp": time,
                "frame_number": scene.frame_number(&json!({"timestamp": time})),
                "persons": bodies.max(faces),
                "faces": faces,
                "bodies": bodies,
                "hands": hands,
                "camera_distance": null,
            })
        })
        .collect()
}
