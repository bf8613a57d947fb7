//! From samples to energy: values in, values out.

mod burst;
pub mod classes;
mod level;
mod onsets;
pub mod spectrum;
pub mod tempo;
mod windows;

pub use burst::{Window, pattern};
pub use level::{HOP, rms_frames};

use crate::config::Config;
use contracts::sound::{BurstPattern, SoundEnergy, SoundMetadata};
use ebur128::{EbuR128, Mode};
use spectrum::{BANDS, MelBands};

/// The one rate this stage measures at, in samples per second.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// Length of a window, in seconds.
pub const WINDOW_SECONDS: u32 = 5;
/// Name of the method, as published with every result.
pub const METHOD: &str = "rms_2048_512";
/// Why nothing is known of the sound of a video without any.
const NO_AUDIO: &str = "the video has no audio";
/// Why nothing is known of an empty one.
const EMPTY: &str = "the audio is empty";
/// Why sound is not classified until it is.
const NOT_CLASSIFIED: &str = "no classifier of sound is in use";

/// Why the sound cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rate the definitions are not made for.
    #[error("audio has {0} samples per second, expected {SAMPLE_RATE_HZ}; decode the video again")]
    Rate(u32),
    /// The loudness meter refused the samples.
    #[error("loudness cannot be measured")]
    Loudness(#[from] ebur128::Error),
}

/// What is said of a video without an audio stream.
#[must_use]
pub fn without_audio() -> SoundEnergy {
    SoundEnergy {
        has_audio: false,
        energy_level_windows: indexmap::IndexMap::new(),
        energy_variance: None,
        climax_timestamp: None,
        burst_pattern: BurstPattern::Unknown,
        duration: None,
        integrated_loudness_lufs: None,
        onsets: Vec::new(),
        silences: Vec::new(),
        classes: None,
        classes_reason: Some(NO_AUDIO.into()),
        tempo_bpm: None,
        tempo_confidence: None,
        tempo_reason: Some(NO_AUDIO.into()),
        metadata: metadata(false),
    }
}

fn metadata(processed: bool) -> SoundMetadata {
    SoundMetadata {
        processed,
        success: true,
        method: METHOD.into(),
        sample_rate: SAMPLE_RATE_HZ,
        window_seconds: WINDOW_SECONDS,
    }
}

/// Measures mono samples in [-1, 1].
///
/// An audio stream without samples has audio, of length zero, and nothing to measure.
///
/// # Errors
/// [`Error::Rate`] for another rate than [`SAMPLE_RATE_HZ`], [`Error::Loudness`] if the meter fails.
pub fn measure(samples: &[f32], rate: u32, config: &Config) -> Result<SoundEnergy, Error> {
    measure_with(
        samples,
        &MelBands::default().energies(samples),
        rate,
        config,
    )
}

/// The same, where the energies in mel bands are known.
///
/// # Errors
/// As [`measure`].
pub fn measure_with(
    samples: &[f32],
    energies: &[[f64; BANDS]],
    rate: u32,
    config: &Config,
) -> Result<SoundEnergy, Error> {
    if rate != SAMPLE_RATE_HZ {
        return Err(Error::Rate(rate));
    }
    let duration = level::seconds(samples.len());
    if samples.is_empty() {
        return Ok(SoundEnergy {
            has_audio: true,
            duration: Some(duration),
            classes_reason: Some(EMPTY.into()),
            tempo_reason: Some(EMPTY.into()),
            ..without_audio()
        });
    }
    let frames = rms_frames(samples);
    let windows = windows::mean_levels(&frames, duration);
    let tempo = tempo::tempo(energies, config);
    Ok(SoundEnergy {
        has_audio: true,
        energy_level_windows: windows::shares(&windows),
        energy_variance: windows::variance(&windows),
        climax_timestamp: windows::climax(&frames),
        burst_pattern: pattern(&windows),
        duration: Some(duration),
        integrated_loudness_lufs: loudness(samples)?,
        onsets: onsets::find(samples, config),
        silences: level::silences(samples, config),
        classes: None,
        classes_reason: Some(NOT_CLASSIFIED.into()),
        tempo_bpm: tempo.bpm,
        tempo_confidence: tempo.confidence,
        tempo_reason: tempo.reason,
        metadata: metadata(true),
    })
}

/// Integrated loudness; `None` if every block is below the gate.
fn loudness(samples: &[f32]) -> Result<Option<f64>, Error> {
    let mut meter = EbuR128::new(1, SAMPLE_RATE_HZ, Mode::I)?;
    meter.add_frames_f32(samples)?;
    let loudness = meter.loudness_global()?;
    Ok(loudness.is_finite().then_some(loudness))
}
