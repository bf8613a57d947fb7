//! Energy of the sound over time, as published under `ml_data.audio_energy`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Where in the video the energy lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BurstPattern {
    /// The first third is the loudest.
    FrontLoaded,
    /// The last third is the loudest.
    BackLoaded,
    /// The middle third is the loudest.
    MiddlePeak,
    /// No third stands out, or there is nothing but silence.
    Steady,
    /// There is no audio to judge.
    Unknown,
}

/// An interval of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// First instant, in seconds.
    pub start: f64,
    /// First instant after it, in seconds.
    pub end: f64,
}

/// What the `sound` stage measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoundEnergy {
    /// Whether the file has an audio stream; without one everything below is empty or null.
    pub has_audio: bool,
    /// Mean RMS per exact window of `window_seconds`, keyed `"0-5s"`, as a share (0–1) of the
    /// 95th percentile of all windows.
    pub energy_level_windows: IndexMap<String, f64>,
    /// Population variance of the windows' mean RMS; null without audio.
    pub energy_variance: Option<f64>,
    /// Time of the loudest RMS frame, in seconds; null without audio or in total silence.
    pub climax_timestamp: Option<f64>,
    /// Where the energy lies.
    pub burst_pattern: BurstPattern,
    /// Length of the audio, in seconds; null without audio.
    pub duration: Option<f64>,
    /// Integrated loudness (EBU R 128), in LUFS; null without audio or when all is below the gate.
    pub integrated_loudness_lufs: Option<f64>,
    /// Times of energy onsets, in seconds, rising.
    pub onsets: Vec<f64>,
    /// Stretches of silence.
    pub silences: Vec<Interval>,
    /// What was measured, and how.
    pub metadata: SoundMetadata,
}

/// How [`SoundEnergy`] was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoundMetadata {
    /// Whether there was audio to process.
    pub processed: bool,
    /// Always true: a failed stage leaves no result at all.
    pub success: bool,
    /// Name of the method.
    pub method: String,
    /// Samples per second analysed.
    pub sample_rate: u32,
    /// Length of a window, in seconds.
    pub window_seconds: u32,
}
