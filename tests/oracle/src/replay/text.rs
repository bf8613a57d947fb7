//! Texts and stickers. The record has each once, where it was first seen, and not for how long: it
//! is known to be visible in that instant.

use super::{Scene, model, sampling};
use ocr::compute::{geometry::Point, position};
use serde_json::{Value, json};

/// Least confidence of a recorded text.
const LEAST_CONFIDENCE: f64 = 0.5;

/// Fewest corners of a polygon.
const CORNERS: usize = 3;

/// Corners of a recorded box: `[x, y, width, height]` or the corners of a polygon.
#[must_use]
pub fn corners(bbox: &Value) -> Option<[f64; 4]> {
    if let Ok([x, y, width, height]) = serde_json::from_value::<[f64; 4]>(bbox.clone()) {
        return Some([x, y, x + width, y + height]);
    }
    let points: Vec<[f64; 2]> = serde_json::from_value(bbox.clone()).ok()?;
    if points.len() < CORNERS {
        return None;
    }
    let around = |axis: usize| {
        let all = || points.iter().map(move |point| point[axis]);
        Some((all().reduce(f64::min)?, all().reduce(f64::max)?))
    };
    let ((left, right), (top, bottom)) = (around(0)?, around(1)?);
    Some([left, top, right, bottom])
}

pub(super) fn read(scene: &mut Scene, data: &Value) -> Value {
    let texts = scene.items("ocr", data, "textAnnotations");
    let annotations = numbered(&texts, |id, item| annotation(scene, id, item));
    let tracks = numbered(&texts, |id, item| track(scene, id, item));
    let stickers = scene.items("ocr", data, "stickers");
    let graphics = numbered(&stickers, |id, item| sticker(scene, id, item));
    let looked = data["stickers"].is_array();
    let reason = (!looked).then_some("stickers were not recorded");
    let extracted = sampling::extracted(scene.duration, scene.frames_per_second);
    let schedule = sampling::times(&sampling::of_texts(&extracted), scene.frames_per_second);
    let frame_times = scene.frame_times(schedule, data, &["textAnnotations", "stickers"]);
    json!({
        "textAnnotations": annotations,
        "tracks": tracks,
        "stickers": graphics,
        "metadata": {
            "models": [model("easyocr")],
            "processed": true,
            "frames_analyzed": frame_times.len(),
            "frames_skipped_unchanged": 0,
            "frame_times": frame_times,
            "largest_gap_s": null,
            "texts_detected": annotations.len(),
            "total_tracks": tracks.len(),
            "unique_texts": tracks.len(),
            "stickers_detected": looked.then_some(graphics.len()),
            "confidence_threshold": LEAST_CONFIDENCE,
            "speech": {"measured": false, "reason": "the record does not compare"},
            "stickers": {"measured": looked, "reason": reason},
        },
    })
}

fn numbered(items: &[&Value], shape: impl Fn(usize, &Value) -> Value) -> Vec<Value> {
    let numbered = (1..).zip(items);
    numbered.map(|(id, item)| shape(id, item)).collect()
}

fn annotation(scene: &Scene, id: usize, item: &Value) -> Value {
    let bbox = corners(&item["bbox"]);
    let shares = bbox.map(|bbox| scene.shares(bbox));
    json!({
        "trackId": format!("text_{id}"),
        "text": item["text"],
        "confidence": item["confidence"],
        "timestamp": scene.time(item),
        "bbox": bbox,
        "bboxNormalized": shares,
        "polygon": shares.map(|[x1, y1, x2, y2]| [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]),
        "frame_number": scene.frame_number(item),
    })
}

fn instant(scene: &Scene, item: &Value) -> Value {
    let time = scene.time(item);
    json!([{"start": time, "end": time, "startUncertainty": 0.0, "endUncertainty": 0.0}])
}

/// What it is for was not judged.
fn track(scene: &Scene, id: usize, item: &Value) -> Value {
    let shares = corners(&item["bbox"]).map(|bbox| scene.shares(bbox));
    let [x1, y1, x2, y2] = shares.unwrap_or_default();
    let (x, y) = ((x1 + x2) / 2.0, (y1 + y2) / 2.0);
    json!({
        "trackId": format!("text_{id}"),
        "text": item["text"],
        "confidence": item["confidence"],
        "firstSeen": scene.time(item),
        "lastSeen": scene.time(item),
        "intervals": instant(scene, item),
        "frames": 1,
        "position": position(Point { x, y }),
        "size": "medium",
        "heightShare": y2 - y1,
        "rotationDegrees": 0.0,
        "bboxNormalized": shares,
        "overlay": null,
        "role": "other",
        "roleConfidence": 0.0,
        "evidence": [],
        "ctaKeywords": [],
    })
}

fn sticker(scene: &Scene, id: usize, item: &Value) -> Value {
    let bbox = corners(&item["bbox"]);
    json!({
        "stickerId": format!("sticker_{id}"),
        "type": item["type"],
        "confidence": item["confidence"],
        "timestamp": scene.time(item),
        "intervals": instant(scene, item),
        "bbox": bbox,
        "bboxNormalized": bbox.map(|bbox| scene.shares(bbox)),
        "frame_number": scene.frame_number(item),
        "evidence": [],
    })
}
