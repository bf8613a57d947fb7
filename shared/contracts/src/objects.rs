//! Detected objects and their tracks, as published under `ml_data.yolo`.

use crate::manifest::ModelStamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One object in one sampled frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectAnnotation {
    /// The track this detection belongs to, as `obj_<n>`; `None` while no track was confirmed.
    pub track_id: Option<String>,
    /// COCO-80 class name.
    pub class_name: String,
    /// Detector's confidence, 0–1.
    pub confidence: f64,
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Corners `[x1, y1, x2, y2]` in pixels of the video as shown.
    pub bbox: [f64; 4],
    /// Corners `[x1, y1, x2, y2]` as shares of width and height, 0–1.
    pub bbox_normalized: [f64; 4],
    /// Position of the frame among all decoded frames, from 0.
    #[serde(rename = "frame_number")]
    pub frame_number: u64,
}

/// One object followed over time within one shot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectTrack {
    /// `obj_<n>`, numbered from 1 by first appearance.
    pub track_id: String,
    /// COCO-80 class name.
    pub class_name: String,
    /// Mean confidence of its detections, 0–1.
    pub confidence: f64,
    /// Time of its first detection, in seconds.
    pub first_seen: f64,
    /// Time of its last detection, in seconds.
    pub last_seen: f64,
    /// Number of sampled frames it was detected in.
    pub frames: u32,
    /// Shot it lies in, from 1; `None` if shots are not known.
    pub scene_number: Option<u32>,
}

/// What the `detect` stage found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectDetections {
    /// By time, then descending confidence.
    pub object_annotations: Vec<ObjectAnnotation>,
    /// By track number.
    pub tracks: Vec<ObjectTrack>,
    /// What was measured, and how.
    pub metadata: ObjectMetadata,
}

/// How [`ObjectDetections`] were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectMetadata {
    /// The detector and the digest of its weights.
    pub model: ModelStamp,
    /// Always true: a failed stage leaves no result at all.
    pub processed: bool,
    /// Sampled frames looked at.
    pub frames_analyzed: u32,
    /// Presentation time of each of them, in seconds, rising.
    pub frame_times: Vec<f64>,
    /// Number of annotations.
    pub objects_detected: u32,
    /// Number of confirmed tracks.
    pub total_tracks: u32,
    /// Lowest confidence reported, 0–1.
    pub confidence_threshold: f64,
}
