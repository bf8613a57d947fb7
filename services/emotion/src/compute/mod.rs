//! From tensors to emotions: values in, values out.

mod aggregate;
mod assemble;
pub mod network;
pub mod scores;

pub use aggregate::{Seen, aggregate};
pub use assemble::{Scene, emotions};

use contracts::{MediaTime, emotion::EmotionScores};

/// Why the answer of the network cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A face could not be brought into the network's form.
    #[error("face does not fit the network")]
    Picture(#[from] inference::Error),
    /// The tensors are not those of the network.
    #[error("network answered with {0}; fetch the models again")]
    Answer(String),
}

/// One face that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Rank of the face among those of its frame, 1 for the largest.
    pub rank: u32,
    /// Track of the face.
    pub track_id: Option<String>,
    /// What the network said.
    pub scores: EmotionScores,
    /// The face's box `[x, y, width, height]`, in pixels of the video.
    pub face_bbox: [f64; 4],
}

/// What came of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// When it is shown.
    pub time: MediaTime,
    /// Position among all decoded frames.
    pub number: u64,
    /// Number of faces in it.
    pub faces: u32,
    /// The faces that were read, the largest first.
    pub readings: Vec<Reading>,
}
