//! Shots and the boundaries between them, as published under `ml_data.scene_detection`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of transition lies between two shots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoundaryKind {
    /// One frame to the next.
    Cut,
    /// Through a blank frame.
    Fade,
    /// Gradually from one picture into the other.
    Dissolve,
}

/// One boundary between two shots.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Boundary {
    /// First instant of the new shot, in seconds.
    pub time: f64,
    /// First instant of the transition, in seconds; equal to `time` for a cut.
    pub transition_start: f64,
    /// What kind of transition.
    pub kind: BoundaryKind,
    /// HSV content value at the boundary (0–255); the higher, the clearer.
    pub score: f64,
    /// The adaptive threshold that the score had to reach.
    pub threshold: f64,
}

/// A flash: a jump of brightness that returns to the same picture. It is not a boundary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flash {
    /// When, in seconds.
    pub time: f64,
    /// HSV content value of the jump (0–255).
    pub score: f64,
}

/// One shot: an unbroken run of frames.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Shot {
    /// Position in the video, from 1.
    pub scene_number: u32,
    /// First instant, in seconds.
    pub start_time: f64,
    /// First instant after it, in seconds.
    pub end_time: f64,
    /// Length in seconds.
    pub duration: f64,
}

/// What the `shots` stage found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShotList {
    /// Contiguous shots that cover the video; a video without a boundary has one.
    pub scenes: Vec<Shot>,
    /// Number of shots.
    pub total_scenes: u32,
    /// Times of the real boundaries in seconds; never 0.
    pub scene_changes: Vec<f64>,
    /// The boundaries by rising time, one less than there are shots.
    pub boundaries: Vec<Boundary>,
    /// Flashes, which do not separate shots.
    pub flashes: Vec<Flash>,
    /// What was measured, and how.
    pub metadata: ShotMetadata,
}

/// How a [`ShotList`] was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShotMetadata {
    /// Always true: a failed stage leaves no list at all.
    pub processed: bool,
    /// Name of the method.
    pub method: String,
    /// Frames compared.
    pub frames_analyzed: u64,
}
