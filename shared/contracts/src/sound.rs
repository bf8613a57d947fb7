//! Energy and kind of the sound over time, as published under `ml_data.audio_energy`.

use crate::manifest::ModelStamp;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where in the video the energy lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// First instant, in seconds.
    pub start: f64,
    /// First instant after it, in seconds.
    pub end: f64,
}

/// What the `sound` stage measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// How much of it is speech, music and other sound; null with a reason if not classified.
    #[serde(default)]
    pub classes: Option<SoundClasses>,
    /// Why there are no classes; null if there are.
    #[serde(default)]
    pub classes_reason: Option<String>,
    /// Beats per minute; null with a reason if no beat is clear.
    #[serde(default)]
    pub tempo_bpm: Option<f64>,
    /// How regularly the beat returns, 0–1: autocorrelation of the onset strength one beat apart,
    /// less the highest at a distance that has nothing to do with the beat; given whether the beat is clear or not, null if there is too little sound to judge.
    #[serde(default)]
    pub tempo_confidence: Option<f64>,
    /// Why there is no tempo; null if there is one.
    #[serde(default)]
    pub tempo_reason: Option<String>,
    /// What was measured, and how.
    pub metadata: SoundMetadata,
}

/// Shares of time, 0–1, which together are the time they are of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassShares {
    /// Speech, also over music.
    pub speech: f64,
    /// Music, also with singing.
    pub music: f64,
    /// Any other sound.
    pub other: f64,
    /// Below the level of silence.
    pub silence: f64,
}

/// How much of the sound is what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SoundClasses {
    /// Over the whole length.
    pub overall: ClassShares,
    /// For every second that has begun, from the first.
    pub per_second: Vec<ClassShares>,
    /// The network and the digest of its weights.
    pub model: ModelStamp,
}

/// How [`SoundEnergy`] was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
