//! The points behind what is published about people.

use super::BodyLayout;
use crate::time::MediaTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// All points the networks gave, beside [`People`](super::People); MessagePack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LandmarkSet {
    /// One entry per face with a mesh.
    pub faces: Vec<FaceLandmarks>,
    /// One entry per body.
    pub bodies: Vec<BodyLandmarks>,
    /// One entry per hand.
    pub hands: Vec<HandLandmarks>,
}

/// The mesh on one face.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FaceLandmarks {
    /// Presentation time of the frame, in nanoseconds.
    pub time: MediaTime,
    /// Rank of the face in its frame.
    pub rank: u32,
    /// `x, y, z` of each of the 478 points of the MediaPipe face mesh with irises: x and y as
    /// shares of the picture, z (smaller is nearer) as a share of its width.
    pub points: Vec<f32>,
    /// The 52 blendshape coefficients (0–1), in the order of [`BLENDSHAPES`].
    pub blendshapes: Vec<f32>,
}

/// The points of one body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BodyLandmarks {
    /// Presentation time of the frame, in nanoseconds.
    pub time: MediaTime,
    /// Rank of the body in its frame.
    pub rank: u32,
    /// Which points these are.
    pub layout: BodyLayout,
    /// `x, y, visibility` of each point: x and y as shares of the picture, visibility 0–1.
    pub points: Vec<f32>,
}

/// The points of one hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HandLandmarks {
    /// Presentation time of the frame, in nanoseconds.
    pub time: MediaTime,
    /// Rank of the hand in its frame.
    pub rank: u32,
    /// `x, y, z` of each of the 21 points: x and y as shares of the picture, z (smaller is
    /// nearer than the wrist) as a share of its width.
    pub points: Vec<f32>,
}

/// Names of the blendshape coefficients, as ARKit and MediaPipe name them.
pub const BLENDSHAPES: [&str; 52] = [
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
];
