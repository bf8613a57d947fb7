//! Emotions that faces show, as published under `ml_data.emotion_detection`.
//!
//! What a face shows is not what a person feels: a label says which of seven posed expressions a
//! network finds a face most alike.

use crate::manifest::ModelStamp;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The seven labels.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum EmotionLabel {
    /// Anger.
    Anger,
    /// Disgust.
    Disgust,
    /// Fear.
    Fear,
    /// Joy.
    Joy,
    /// Sadness.
    Sadness,
    /// Surprise.
    Surprise,
    /// None of the others.
    Neutral,
}

impl EmotionLabel {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Self; 7] = [
        Self::Anger,
        Self::Disgust,
        Self::Fear,
        Self::Joy,
        Self::Sadness,
        Self::Surprise,
        Self::Neutral,
    ];
}

/// Probabilities (0–1) of the seven labels; they add up to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionScores {
    /// Anger.
    pub anger: f64,
    /// Disgust.
    pub disgust: f64,
    /// Fear.
    pub fear: f64,
    /// Joy.
    pub joy: f64,
    /// Sadness.
    pub sadness: f64,
    /// Surprise.
    pub surprise: f64,
    /// None of the others.
    pub neutral: f64,
}

impl EmotionScores {
    /// The probability of one label.
    #[must_use]
    pub const fn of(&self, label: EmotionLabel) -> f64 {
        match label {
            EmotionLabel::Anger => self.anger,
            EmotionLabel::Disgust => self.disgust,
            EmotionLabel::Fear => self.fear,
            EmotionLabel::Joy => self.joy,
            EmotionLabel::Sadness => self.sadness,
            EmotionLabel::Surprise => self.surprise,
            EmotionLabel::Neutral => self.neutral,
        }
    }
    /// Scores by label.
    #[must_use]
    pub fn from_fn(score: impl Fn(EmotionLabel) -> f64) -> Self {
        Self {
            anger: score(EmotionLabel::Anger),
            disgust: score(EmotionLabel::Disgust),
            fear: score(EmotionLabel::Fear),
            joy: score(EmotionLabel::Joy),
            sadness: score(EmotionLabel::Sadness),
            surprise: score(EmotionLabel::Surprise),
            neutral: score(EmotionLabel::Neutral),
        }
    }
}

/// What the network says of one face in one frame, before smoothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RawEmotion {
    /// The most probable label.
    pub emotion: EmotionLabel,
    /// Its probability, 0–1.
    pub confidence: f64,
    /// All probabilities.
    pub all_scores: EmotionScores,
}

/// One face in one sampled frame. Label, confidence and scores are smoothed over its track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionReading {
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Position of the frame among all decoded frames, from 0.
    pub frame_number: u64,
    /// Rank of the face among those of its frame, 1 for the largest.
    pub rank: u32,
    /// Track of the face, as `face_<n>`; `None` if it has none, and then nothing is smoothed.
    pub track_id: Option<String>,
    /// The most probable label.
    pub emotion: EmotionLabel,
    /// Its probability, 0–1.
    pub confidence: f64,
    /// All probabilities.
    pub all_scores: EmotionScores,
    /// How pleasant the expression is, from -1 to 1: the mean of each label's valence, weighted by
    /// its probability.
    pub valence: f64,
    /// How much of an expression there is: 1 less the probability of `neutral`.
    pub intensity: f64,
    /// What the network said of this frame alone.
    pub raw: RawEmotion,
    /// The face's box `[x, y, width, height]`, in pixels of the video as shown.
    pub face_bbox: [f64; 4],
}

/// What came of one sampled frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameState {
    /// At least one face was read.
    Read,
    /// No face is in it.
    NoFace,
    /// It has faces, all too small to be read.
    TooSmall,
}

/// One sampled frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionFrame {
    /// Presentation time, in seconds.
    pub timestamp: f64,
    /// Position among all decoded frames, from 0.
    pub frame_number: u64,
    /// What came of it.
    pub state: FrameState,
}

/// One second of the video.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EmotionSecond {
    /// The main face of its frames, averaged.
    Face {
        /// The most probable label.
        emotion: EmotionLabel,
        /// Its probability, 0–1.
        confidence: f64,
        /// All probabilities.
        all_scores: EmotionScores,
    },
    /// Frames were looked at, and no face was read.
    NoFace {
        /// Always true.
        no_face: bool,
    },
}

/// A change of the main face's label from one reading to the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionTransition {
    /// When the new label is first read, in seconds.
    pub timestamp: f64,
    /// The old one.
    pub from: EmotionLabel,
    /// The new one.
    pub to: EmotionLabel,
}

/// One face over its track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionTrack {
    /// Track of the face, as `face_<n>`.
    pub track_id: String,
    /// Number of readings.
    pub readings: u32,
    /// Time of the first, in seconds.
    pub first_read: f64,
    /// Time of the last, in seconds.
    pub last_read: f64,
    /// The most frequent label.
    pub dominant_emotion: EmotionLabel,
    /// Mean probabilities.
    pub mean_scores: EmotionScores,
    /// Mean valence, from -1 to 1.
    pub mean_valence: f64,
}

/// Whether there is anybody to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VideoType {
    /// More than four frames in five have no face that could be read.
    NoPeople,
    /// Enough have one.
    PeopleDetected,
    /// There are no frames.
    Unknown,
}

/// How many frames were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProcessingStats {
    /// Sampled frames.
    pub total_frames: u32,
    /// Frames with a reading.
    pub successful_frames: u32,
    /// Frames without one.
    pub no_face_frames: u32,
    /// Whether there is anybody to be read.
    pub video_type: VideoType,
}

/// Figures about the whole video; those of expressions are `None` where there are too few faces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionMetrics {
    /// Whether there is anybody to be read.
    pub video_type: VideoType,
    /// Number of different labels of the main face.
    pub unique_emotions: Option<u32>,
    /// Number of changes of the main face's label.
    pub transition_count: Option<u32>,
    /// Mean confidence of the main face's labels, 0–1.
    pub avg_confidence: Option<f64>,
    /// Entropy of the labels as a share of the highest that as many labels can have, 0–1; 0 for a
    /// single label.
    pub emotion_diversity: Option<f64>,
    /// Share (0–1) of frames with a reading; `None` if there are no frames.
    pub detection_rate: Option<f64>,
    /// Whether the video is about faces at all.
    pub suitable_for_emotion_analysis: bool,
    /// Why not.
    pub reason: Option<String>,
    /// How many frames were read.
    pub processing_stats: ProcessingStats,
}

/// How right a network was where the truth is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Accuracy {
    /// Share (0–1) of faces whose most probable label was the true one.
    pub share_correct: f64,
    /// Number of faces.
    pub faces: u32,
    /// Share correct by label.
    pub by_label: IndexMap<String, f64>,
    /// What it was measured on.
    pub measured_on: String,
}

/// What the `emotion` stage read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Emotions {
    /// The main face of every frame that has one: the largest that could be read.
    pub emotions: Vec<EmotionReading>,
    /// All faces that were read, the main ones included.
    pub faces: Vec<EmotionReading>,
    /// By track number.
    pub tracks: Vec<EmotionTrack>,
    /// Every sampled frame.
    pub frames: Vec<EmotionFrame>,
    /// The seconds in which frames were looked at, keyed `"<n>-<n+1>s"`.
    pub timeline: IndexMap<String, EmotionSecond>,
    /// The main face's most frequent label; of equally frequent ones that with the greater sum of
    /// confidences, then the earlier one. `None` if the video is not about faces.
    pub dominant_emotion: Option<EmotionLabel>,
    /// Changes of the main face's label.
    pub emotion_transitions: Vec<EmotionTransition>,
    /// Confidences of the main face's labels, by time.
    pub confidence_scores: Vec<f64>,
    /// How many frames were read.
    pub processing_stats: ProcessingStats,
    /// Figures about the whole video.
    pub metrics: EmotionMetrics,
    /// Length of the video, in seconds.
    pub video_duration: f64,
    /// Sampled frames.
    pub frames_analyzed: u32,
    /// Sampled frames per second; `None` of a video without length.
    pub sample_rate: Option<f64>,
    /// What was measured, and how.
    pub metadata: EmotionMetadata,
}

/// How [`Emotions`] were read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionMetadata {
    /// The network and the digest of its weights.
    pub model: ModelStamp,
    /// Always true: a failed stage leaves no result at all.
    pub processed: bool,
    /// Presentation time of each sampled frame, in seconds, rising.
    pub frame_times: Vec<f64>,
    /// The labels the network can give.
    pub labels: Vec<EmotionLabel>,
    /// How right the network is.
    pub accuracy: Accuracy,
    /// Valence of each label, from -1 to 1.
    pub valence_table: IndexMap<String, f64>,
    /// Time constant of the smoothing, in seconds; 0 if nothing is smoothed.
    pub smoothing_seconds: f64,
    /// What was not measured, and why.
    pub unmeasured: BTreeMap<String, String>,
    /// Faces too small to be read, or beyond the most read in a frame.
    pub faces_left_out: u32,
}
