//! What one pass over a file yields.

use crate::protocol::{Hello, Inventory, Usage};
use contracts::{
    MediaTime,
    decoded::{ChangeSignals, Completeness, PictureIndex, Probe},
};
use std::path::PathBuf;

/// How far a decode has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Video decoded so far, in nanoseconds.
    pub position: MediaTime,
    /// Duration of the whole video, in nanoseconds.
    pub duration: MediaTime,
}

/// JPEG pictures laid end to end in a local file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureFile {
    /// The concatenated pictures.
    pub path: PathBuf,
    /// Where each one lies.
    pub index: PictureIndex,
}

/// Little-endian `f32` samples, mono, in a local file; sample 0 is at media time zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioFile {
    /// The samples.
    pub path: PathBuf,
    /// Samples per second.
    pub sample_rate_hz: u32,
    /// Number of samples.
    pub sample_count: u64,
}

/// Everything one pass over a file yields.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedMedia {
    /// Who decoded it, under which defences.
    pub hello: Hello,
    /// What the file says of itself.
    pub probe: Probe,
    /// How much of it could be decoded.
    pub completeness: Completeness,
    /// See [`Finished::damaged`](crate::protocol::Finished::damaged).
    pub damaged: bool,
    /// Frames sampled by time.
    pub frames: PictureFile,
    /// Small pictures for people.
    pub thumbnails: PictureFile,
    /// The sound; `None` if there is none, or none that could be decoded, in which case
    /// [`Completeness::problems`] says so.
    pub audio: Option<AudioFile>,
    /// How each frame differs from the one before.
    pub signals: ChangeSignals,
    /// What it took.
    pub usage: Usage,
}

/// What can be decoded here, and under which defences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Versions and defences.
    pub hello: Hello,
    /// Codecs and plugins.
    pub inventory: Inventory,
}
