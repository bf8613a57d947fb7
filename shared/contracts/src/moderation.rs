//! Whether frames show explicit content, as published under `ml_data.moderation`.

use crate::manifest::ModelStamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Judgement by the highest score of all frames.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum SafetyRating {
    /// Below 0.1.
    VerySafe,
    /// Below 0.3.
    Safe,
    /// Below 0.5.
    Questionable,
    /// Below 0.8.
    Unsafe,
    /// 0.8 and above.
    Explicit,
}

/// A frame whose score is not below the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplicitFrame {
    /// Position of the frame among all decoded frames, from 0.
    pub frame: u64,
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Score of the frame, 0–1.
    pub nsfw_score: f64,
}

/// What holds for the video as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplicitContent {
    /// Whether no frame reaches the threshold.
    pub is_safe: bool,
    /// Mean score of all frames, 0–1.
    pub avg_nsfw_score: f64,
    /// Highest score of all frames, 0–1.
    pub max_nsfw_score: f64,
    /// Number of frames that reach the threshold.
    pub explicit_frame_count: u32,
    /// Those frames, by time.
    pub explicit_frames: Vec<ExplicitFrame>,
    /// Judgement by the highest score.
    pub safety_rating: SafetyRating,
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FrameModeration {
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// How sure the model is of explicit content, 0–1.
    pub nsfw_score: f64,
    /// The rest to one.
    pub safe_score: f64,
    /// Whether the score is below the threshold.
    pub is_safe: bool,
}

/// A part of a body that a model which looks for such found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BodyPart {
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// The model's name of it, as `FEMALE_BREAST_EXPOSED`.
    pub class_name: String,
    /// Whether it counts as explicit.
    pub explicit: bool,
    /// Model's confidence, 0–1.
    pub confidence: f64,
    /// Corners `[x1, y1, x2, y2]` as shares of width and height, 0–1.
    pub bbox_normalized: [f64; 4],
}

/// What the `moderate` stage saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Moderation {
    /// What holds for the video as a whole; null with a reason if no frame was looked at. It is
    /// never "safe" for want of a look.
    #[serde(rename = "explicitContent")]
    pub explicit_content: Option<ExplicitContent>,
    /// Why nothing is said of the video as a whole; null if something is.
    pub reason: Option<String>,
    /// By time.
    pub frame_results: Vec<FrameModeration>,
    /// By time, then falling confidence; null if the model does not look for parts.
    pub body_parts: Option<Vec<BodyPart>>,
    /// Sampled frames looked at.
    pub frames_analyzed: u32,
    /// Frames looked at per second of the video; null if it has no length.
    pub sample_fps: Option<f64>,
    /// What was measured, and how.
    pub metadata: ModerationMetadata,
}

/// How a [`Moderation`] was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModerationMetadata {
    /// The model and the digest of its weights.
    pub model: ModelStamp,
    /// Always true: a failed stage leaves no result at all.
    pub processed: bool,
    /// What a score is: `probability` of a picture that is not safe for work, or `detection`: the
    /// confidence of the most certain explicit body part.
    pub method: String,
    /// Score from which a frame counts as explicit, 0–1.
    pub threshold: f64,
}
