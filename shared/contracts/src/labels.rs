//! What scenes show, from a list of labels, as published under `ml_data.labels`; and what frames
//! look like, as numbers.

use crate::{manifest::ModelStamp, time::MediaTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A label and how much it fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Label {
    /// The label, from the list.
    pub label: String,
    /// How much it fits, 0–1; what that means tells [`LabelMetadata::method`].
    pub confidence: f64,
}

/// The labels of one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrameLabels {
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// The best ones, by falling confidence.
    pub labels: Vec<Label>,
    /// What the classifier of pictures itself named, by falling probability; empty for a method
    /// that needs none.
    pub classes: Vec<Label>,
}

/// A label of the video as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VideoLabel {
    /// The label, from the list.
    pub description: String,
    /// Mean confidence in the frames it counts in.
    pub confidence: f64,
    /// Number of frames it counts in: those in which its confidence is not below the threshold.
    pub frame_count: u32,
    /// Positions of the first of them among all decoded frames.
    pub sample_frames: Vec<u64>,
}

/// What the `label` stage saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SceneLabels {
    /// Sampled frames looked at.
    pub frame_count: u32,
    /// By time.
    pub frame_labels: Vec<FrameLabels>,
    /// By falling confidence, then name.
    pub labels: Vec<VideoLabel>,
    /// What was measured, and how.
    pub metadata: LabelMetadata,
}

/// How labels come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LabelMethod {
    /// A classifier of pictures names what it knows, and each name stands for the labels whose
    /// meaning is near to it. Confidence: sum over the named classes of their probability times
    /// the nearness of the meanings, 0–1. No probability, and blind to what the classifier does
    /// not know.
    ClassNameSimilarity,
    /// A network that puts pictures and texts into one space. Confidence: probability of the
    /// label among all in the list.
    ImageTextSimilarity,
}

/// How [`SceneLabels`] were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelMetadata {
    /// How labels come about.
    pub method: LabelMethod,
    /// The networks that took part and the digests of their weights.
    pub models: Vec<ModelStamp>,
    /// Always true: a failed stage leaves no result at all.
    pub processed: bool,
    /// The list.
    pub candidates: Vec<String>,
    /// Confidence from which a label counts for the video, 0–1.
    pub threshold: f64,
}

/// What each sampled frame looks like, as a point on a sphere: the product of two is their
/// likeness, -1 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrameEmbeddings {
    /// The network and the digest of its weights.
    pub model: ModelStamp,
    /// Numbers per frame.
    pub dimensions: u32,
    /// Presentation times of the frames, in nanoseconds, rising.
    pub times: Vec<MediaTime>,
    /// Positions of the frames among all decoded frames.
    pub frame_numbers: Vec<u64>,
    /// One row of [`dimensions`](Self::dimensions) numbers per frame, each of length one.
    pub rows: Vec<Vec<f32>>,
}
