//! From samples to energy: values in, values out.

mod burst;
mod level;
mod onsets;
mod windows;

pub use burst::{Window, pattern};
pub use level::{HOP, rms_frames};

use crate::config::Config;
use contracts::sound::{BurstPattern, SoundEnergy, SoundMetadata};
use ebur128::{EbuR128, Mode};

/// The one rate this stage measures at, in samples per second.
pub const SAMPLE_RATE_HZ: u32 = 16_000;
/// Length of a window, in seconds.
pub const WINDOW_SECONDS: u32 = 5;
/// Name of the method, as published with every result.
pub const METHOD: &str = "rms_2048_512";

/// Why the sound cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fewer or more bytes than the track states.
    #[error("audio has {actual} bytes, its track states {expected}; decode the video again")]
    Length {
        /// Bytes the track states.
        expected: u64,
        /// Bytes found.
        actual: u64,
    },
    /// A sample that is no number.
    #[error("audio sample {0} is not a finite number; decode the video again")]
    NotFinite(usize),
    /// A rate the definitions are not made for.
    #[error("audio has {0} samples per second, expected {SAMPLE_RATE_HZ}; decode the video again")]
    Rate(u32),
    /// The loudness meter refused the samples.
    #[error("loudness cannot be measured")]
    Loudness(#[from] ebur128::Error),
}

/// Reads little-endian `f32` samples.
///
/// # Errors
/// [`Error::Length`] unless there are exactly `count`, [`Error::NotFinite`] if one is no number.
pub fn samples(bytes: &[u8], count: u64) -> Result<Vec<f32>, Error> {
    let (chunks, rest) = bytes.as_chunks::<4>();
    if chunks.len() as u64 != count || !rest.is_empty() {
        return Err(Error::Length {
            expected: count.saturating_mul(4),
            actual: bytes.len() as u64,
        });
    }
    let samples: Vec<f32> = chunks
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    match samples.iter().position(|sample| !sample.is_finite()) {
        Some(at) => Err(Error::NotFinite(at)),
        None => Ok(samples),
    }
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
    if rate != SAMPLE_RATE_HZ {
        return Err(Error::Rate(rate));
    }
    let duration = level::seconds(samples.len());
    if samples.is_empty() {
        return Ok(SoundEnergy {
            has_audio: true,
            duration: Some(duration),
            ..without_audio()
        });
    }
    let frames = rms_frames(samples);
    let windows = windows::mean_levels(&frames, duration);
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
