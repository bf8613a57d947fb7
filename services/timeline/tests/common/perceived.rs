//! What the stages that look and listen found in a constructed video.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests")]

use super::rich;
use bytes::Bytes;
use contracts::{
    emotion::Emotions, labels::SceneLabels, moderation::Moderation, people::People,
    speech::SpeechTranscript, text::TextOnScreen,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use timeline::compute::Input;

/// Times of the frames that were looked at: two per second to the end.
fn frame_times() -> Vec<f64> {
    (0..21).map(|index| f64::from(index) / 2.0).collect()
}

fn model(name: &str) -> Value {
    json!({"name": name, "version": "made-up-models 1.0", "digest": "ab".repeat(32)})
}

/// The value as the stage would write it, so that it is known to be of that shape.
fn stored<T: Serialize + DeserializeOwned>(value: Value) -> Option<Bytes> {
    let typed: T = serde_json::from_value(value).unwrap();
    Some(serde_json::to_vec(&typed).unwrap().into())
}

/// Ten seconds with everything a stage can find.
pub fn perceived() -> Input {
    Input {
        speech: stored::<SpeechTranscript>(speech()),
        text: stored::<TextOnScreen>(text()),
        people: stored::<People>(people()),
        emotions: stored::<Emotions>(emotions()),
        labels: stored::<SceneLabels>(labels()),
        moderation: stored::<Moderation>(moderation()),
        ..rich()
    }
}

/// Two sentences.
pub fn speech() -> Value {
    let word = |word: &str, start: f64, end: f64| json!({"word": word, "start": start, "end": end, "confidence": 0.9, "interpolated": false});
    let segment = |id: u32, start: f64, end: f64, text: &str, words: Value| {
        json!({
            "id": id, "start": start, "end": end, "text": text, "confidence": 0.88,
            "avg_logprob": -0.13, "no_speech_prob": 0.02, "words": words,
        })
    };
    json!({
        "status": "speech",
        "text": "Look at this. Follow for more!",
        "segments": [
            segment(0, 0.3, 1.4, "Look at this.", json!([
                word("Look", 0.3, 0.6), word("at", 0.6, 0.8), word("this.", 0.8, 1.4),
            ])),
            segment(1, 8.8, 10.2, "Follow for more!", json!([
                word("Follow", 8.8, 9.3), word("for", 9.3, 9.5), word("more!", 9.5, 10.2),
            ])),
        ],
        "language": "en",
        "language_probability": 0.97,
        "duration": 10.4,
        "voice_activity": [{"start": 0.2, "end": 1.5}, {"start": 8.7, "end": 10.3}],
        "voice_seconds": 2.9,
        "dropped": [{"start": 4.0, "end": 5.0, "text": "[Music]", "reason": "annotation"}],
        "metadata": {
            "model": "whisper-base", "models": [model("whisper-base")], "processed": true,
            "success": true, "backend": "onnxruntime", "windows": 1,
            "recognised_seconds": 2.9, "words_aligned": true,
        },
    })
}

/// A title that comes twice, the number of a bus that was filmed, and a sticker.
pub fn text() -> Value {
    let interval = |start: f64, end: f64| json!({"start": start, "end": end, "startUncertainty": 0.25, "endUncertainty": 0.25});
    let track = |id: &str, text: &str, role: &str, overlay: bool, intervals: Vec<Value>| {
        json!({
            "trackId": id, "text": text, "confidence": 0.96,
            "firstSeen": intervals[0]["start"], "lastSeen": intervals[intervals.len() - 1]["end"],
            "intervals": intervals, "frames": 4, "position": "top-center", "size": "large",
            "heightShare": 0.06, "rotationDegrees": 0.0,
            "bboxNormalized": [0.2, 0.1, 0.8, 0.16], "overlay": overlay, "role": role,
            "roleConfidence": 0.8, "evidence": [{"name": "seconds_from_start", "value": 0.0}],
            "ctaKeywords": [],
        })
    };
    let annotation = |id: &str, text: &str, time: f64| {
        json!({
            "trackId": id, "text": text, "confidence": 0.96, "timestamp": time,
            "bbox": [216.0, 192.0, 864.0, 307.2], "bboxNormalized": [0.2, 0.1, 0.8, 0.16],
            "polygon": [[0.2, 0.1], [0.8, 0.1], [0.8, 0.16], [0.2, 0.16]],
            "frame_number": (time * 30.0) as u64,
        })
    };
    json!({
        "textAnnotations": [
            annotation("text_1", "3 THINGS", 0.0), annotation("text_1", "3 THINGS", 0.5),
            annotation("text_2", "42", 3.0), annotation("text_1", "3 THINGS", 6.5),
        ],
        "tracks": [
            track("text_1", "3 THINGS", "hook_title", true, vec![
                interval(0.0, 1.25), interval(6.25, 7.75),
            ]),
            track("text_2", "42", "scene_text", false, vec![interval(2.75, 4.25)]),
        ],
        "stickers": [{
            "stickerId": "sticker_1", "type": "sticker", "confidence": 0.4, "timestamp": 2.5,
            "intervals": [interval(2.25, 3.75)], "bbox": [900.0, 100.0, 1000.0, 200.0],
            "bboxNormalized": [0.833, 0.052, 0.926, 0.104], "frame_number": 75,
            "evidence": [{"name": "cuts_crossed", "value": 2.0}],
        }],
        "metadata": {
            "models": [model("pp-ocr-detection"), model("pp-ocr-recognition")],
            "processed": true, "frames_analyzed": 12, "frames_skipped_unchanged": 9,
            "frame_times": frame_times(), "largest_gap_s": 0.5, "texts_detected": 4,
            "total_tracks": 2, "unique_texts": 2, "stickers_detected": 1,
            "confidence_threshold": 0.5,
            "speech": {"measured": true, "reason": null},
            "stickers": {"measured": true, "reason": null},
        },
    })
}

/// One person who looks into the camera for a second and raises a thumb twice.
pub fn people() -> Value {
    let rectangle = json!({"x": 0.4, "y": 0.2, "width": 0.2, "height": 0.15});
    let face = |time: f64| {
        json!({
            "timestamp": time, "frame_number": (time * 30.0) as u64, "count": 1, "rank": 1,
            "track_id": "face_1", "person_id": "obj_1", "confidence": 0.93, "bbox": rectangle,
            "bbox_pixels": {"x": 432.0, "y": 384.0, "width": 216.0, "height": 288.0},
            "points": {
                "right_eye": [0.45, 0.25], "left_eye": [0.55, 0.25], "nose": [0.5, 0.28],
                "right_mouth": [0.46, 0.31], "left_mouth": [0.54, 0.31],
            },
            "mesh": "measured", "landmarks": 478, "mesh_presence": 0.99,
            "head_pose": {"yaw_degrees": 2.0, "pitch_degrees": -1.0, "roll_degrees": 0.5},
        })
    };
    let gesture = |time: f64| {
        json!({
            "type": "thumbs_up", "confidence": 0.7, "hand": "right",
            "timestamp_ms": (time * 1000.0) as u64, "frame_number": (time * 30.0) as u64,
            "timestamp": time,
        })
    };
    let gaze = |time: f64, contact: f64, direction: &str| {
        json!({
            "timestamp": time, "frame_number": (time * 30.0) as u64, "rank": 1,
            "track_id": "face_1", "eye_contact": contact, "gaze_direction": direction,
            "gaze_offset_x": 0.01, "gaze_offset_y": 0.0, "gaze_magnitude": 0.01,
            "confidence": 0.99,
        })
    };
    let times = [0.0, 0.5, 1.0, 1.5];
    json!({
        "poses": [{
            "timestamp": 0.0, "frame_number": 0, "rank": 1, "person_id": "obj_1",
            "landmarks": 33, "layout": "blazepose_33", "visibility": 0.9,
            "visible_landmarks": 30, "confidence": 0.98, "bbox": rectangle,
            "bbox_pixels": {"x": 432.0, "y": 384.0, "width": 216.0, "height": 288.0},
        }],
        "faces": times.map(face),
        "hands": [],
        "gaze": [gaze(0.0, 0.8, "camera"), gaze(0.5, 0.7, "camera"), gaze(1.5, 0.0, "left")],
        "gestures": [gesture(0.5), gesture(1.0), gesture(6.0)],
        "presence_percentage": 19.047619047619047,
        "frames_with_people": 4,
        "presence": times.map(|time| json!({
            "timestamp": time, "frame_number": (time * 30.0) as u64, "persons": 1, "faces": 1,
            "bodies": 1, "hands": 0,
            "camera_distance": {"class": "medium", "source": "face", "share": 0.03},
        })),
        "face_tracks": [{
            "track_id": "face_1", "first_seen": 0.0, "last_seen": 1.5, "frames": 4,
            "confidence": 0.93, "mean_area": 0.03, "scene_number": 1, "identity": "identity_1",
        }],
        "metadata": {
            "models": [model("yunet")], "processed": true, "frames_analyzed": 21,
            "frame_times": frame_times(), "width": 1080, "height": 1920, "poses_detected": 1,
            "faces_detected": 4, "hands_detected": 0, "gaze_detected": 3,
            "gaze_unread": {"eyes_closed": 1}, "gestures_detected": 3, "re_identified": true,
            "unmeasured": {}, "methods": {},
            "left_out": {"faces": 0, "meshes": 0, "bodies": 0, "hands": 0},
        },
    })
}

/// Joy that turns into surprise.
pub fn emotions() -> Value {
    let reading = |time: f64, emotion: &str| {
        let mut scores = json!({
            "anger": 0.0, "disgust": 0.0, "fear": 0.0, "joy": 0.1, "sadness": 0.0,
            "surprise": 0.1, "neutral": 0.0,
        });
        scores[emotion] = json!(0.9);
        json!({
            "timestamp": time, "frame_number": (time * 30.0) as u64, "rank": 1,
            "track_id": "face_1", "emotion": emotion, "confidence": 0.9, "all_scores": scores,
            "valence": 0.8, "intensity": 1.0,
            "raw": {"emotion": emotion, "confidence": 0.9, "all_scores": scores},
            "face_bbox": [432.0, 384.0, 216.0, 288.0],
        })
    };
    let readings = [
        reading(0.0, "joy"),
        reading(0.5, "joy"),
        reading(1.0, "surprise"),
        reading(1.5, "surprise"),
    ];
    let frames: Vec<Value> = frame_times()
        .into_iter()
        .map(|time| {
            let state = if time <= 1.5 { "read" } else { "no_face" };
            json!({"timestamp": time, "frame_number": (time * 30.0) as u64, "state": state})
        })
        .collect();
    let stats = json!({
        "total_frames": 21, "successful_frames": 4, "no_face_frames": 17,
        "video_type": "no_people",
    });
    json!({
        "emotions": readings, "faces": readings,
        "tracks": [{
            "track_id": "face_1", "readings": 4, "first_read": 0.0, "last_read": 1.5,
            "dominant_emotion": "joy", "mean_scores": readings[0]["all_scores"],
            "mean_valence": 0.8,
        }],
        "frames": frames, "timeline": {"2-3s": {"no_face": true}}, "dominant_emotion": null,
        "emotion_transitions": [{"timestamp": 1.0, "from": "joy", "to": "surprise"}],
        "confidence_scores": [0.9, 0.9, 0.9, 0.9],
        "processing_stats": stats,
        "metrics": {
            "video_type": "no_people", "unique_emotions": null, "transition_count": null,
            "avg_confidence": null, "emotion_diversity": null, "detection_rate": 0.19,
            "suitable_for_emotion_analysis": false, "reason": "few faces",
            "processing_stats": stats,
        },
        "video_duration": 10.4, "frames_analyzed": 21, "sample_rate": 2.0,
        "metadata": {
            "model": model("face-expression"), "processed": true, "frame_times": frame_times(),
            "labels": ["neutral", "joy"],
            "accuracy": {
                "share_correct": 0.91, "faces": 80, "by_label": {"joy": 1.0},
                "measured_on": "eighty faces",
            },
            "valence_table": {"joy": 1.0}, "smoothing_seconds": 0.3, "unmeasured": {},
            "faces_left_out": 0,
        },
    })
}

/// A street.
pub fn labels() -> Value {
    let frame = |time: f64| {
        json!({
            "frame_number": (time * 30.0) as u64, "timestamp": time,
            "labels": [{"label": "street", "confidence": 0.6}], "classes": [],
        })
    };
    json!({
        "frame_count": 2, "frame_labels": [frame(0.0), frame(5.0)],
        "labels": [{
            "description": "street", "confidence": 0.6, "frame_count": 2,
            "sample_frames": [0, 150],
        }],
        "metadata": {
            "method": "class_name_similarity", "models": [model("efficientnet")],
            "processed": true, "candidates": ["street", "beach"], "threshold": 0.3,
        },
    })
}

/// Nothing explicit in two frames.
pub fn moderation() -> Value {
    let frame = |time: f64| {
        json!({
            "frame_number": (time * 30.0) as u64, "timestamp": time, "nsfw_score": 0.02,
            "safe_score": 0.98, "is_safe": true,
        })
    };
    json!({
        "explicitContent": {
            "is_safe": true, "avg_nsfw_score": 0.02, "max_nsfw_score": 0.02,
            "explicit_frame_count": 0, "explicit_frames": [], "safety_rating": "very_safe",
        },
        "reason": null, "frame_results": [frame(0.0), frame(5.0)], "body_parts": null,
        "frames_analyzed": 2, "sample_fps": 0.19,
        "metadata": {
            "model": model("open-nsfw"), "processed": true, "method": "probability",
            "threshold": 0.3,
        },
    })
}
