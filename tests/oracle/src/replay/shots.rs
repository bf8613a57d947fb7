//! Shots: they begin where scenes begin. The beginning of the video is no boundary; how clear a
//! boundary is was not recorded.

use super::Scene;
use crate::times;
use serde_json::{Value, json};

pub(super) fn read(scene: &mut Scene, data: &Value) -> Value {
    let scenes = scene.items("scene_detection", data, "scenes");
    let changes = scene.items("scene_detection", data, "scene_changes");
    let starts = scenes.into_iter().map(|one| &one["start_time"]);
    let mut known: Vec<f64> = Vec::new();
    let mut boundaries = Vec::new();
    for start in starts.chain(changes) {
        let seconds = times::seconds(start);
        // A change is listed beside the scene that begins with it.
        if seconds.is_some_and(|time| time == 0.0 || known.contains(&time)) {
            continue;
        }
        known.extend(seconds);
        let time = seconds.map_or(start.clone(), Value::from);
        boundaries.push(json!({
            "time": time, "transition_start": time, "kind": "cut", "score": 0.0, "threshold": 0.0,
        }));
    }
    let inside = |time: &f64| 0.0 < *time && *time < scene.duration;
    known.retain(inside);
    known.sort_by(f64::total_cmp);
    let starts = std::iter::once(0.0).chain(known.iter().copied());
    let ends = known.iter().copied().chain([scene.duration]);
    let shots: Vec<Value> = (1..)
        .zip(starts.zip(ends))
        .map(|(number, (start, end))| {
            json!({
                "scene_number": number, "start_time": start, "end_time": end,
                "duration": end - start,
            })
        })
        .collect();
    json!({
        "scenes": shots,
        "total_scenes": shots.len(),
        "scene_changes": known,
        "boundaries": boundaries,
        "flashes": [],
        "metadata": {"processed": true, "method": "recorded", "frames_analyzed": 0},
    })
}
