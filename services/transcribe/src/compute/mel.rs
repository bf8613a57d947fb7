//! The log-mel spectrogram the recogniser looks at.
//!
//! Numerics of Whisper's `log_mel_spectrogram` (Radford et al., "Robust speech recognition via
//! large-scale weak supervision", 2022): frames of 400 samples (Hann) every 160, 80 mel bands on
//! Slaney's scale with Slaney's normalisation, base-10 logarithm, at most 8 below the loudest.

use super::{SAMPLE_RATE_HZ, WINDOW_SAMPLES};
use realfft::{RealFftPlanner, RealToComplex};
use std::{f64::consts::TAU, sync::Arc};

/// Mel bands.
pub const BANDS: usize = 80;
/// Frames in a window of 30 seconds.
pub const FRAMES: usize = WINDOW_SAMPLES / HOP;

const FRAME: usize = 400;
const HOP: usize = 160;
const BINS: usize = FRAME / 2 + 1;
/// Least energy told apart from none.
const FLOOR: f32 = 1e-10;
/// How far below the loudest value the quietest lies, in powers of ten.
const RANGE: f32 = 8.0;

/// A band: its first frequency bin and its weights.
#[derive(Debug, Clone, PartialEq)]
struct Band {
    first: usize,
    weights: Vec<f32>,
}

/// Filters, window and transform, made once.
pub struct LogMel {
    bands: Vec<Band>,
    window: Vec<f32>,
    transform: Arc<dyn RealToComplex<f32>>,
}

impl Default for LogMel {
    fn default() -> Self {
        Self {
            bands: bands(),
            window: (0..FRAME)
                .map(|at| (0.5 - 0.5 * (TAU * at as f64 / FRAME as f64).cos()) as f32)
                .collect(),
            transform: RealFftPlanner::new().plan_fft_forward(FRAME),
        }
    }
}

impl LogMel {
    /// The spectrogram of the first 30 seconds of `samples` (16 kHz, silence after their end):
    /// [`BANDS`] rows of [`FRAMES`] values.
    #[must_use]
    pub fn spectrogram(&self, samples: &[f32]) -> Vec<f32> {
        let samples = samples.get(..WINDOW_SAMPLES).unwrap_or(samples);
        let mut values = vec![FLOOR.log10(); BANDS * FRAMES];
        let mut frame = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        for at in 0..FRAMES {
            fill(&mut frame, samples, at * HOP);
            if frame.iter().all(|sample| *sample == 0.0) {
                continue;
            }
            for (sample, weight) in frame.iter_mut().zip(&self.window) {
                *sample *= weight;
            }
            // Fails only for buffers of another length, which these are made not to have.
            let transformed =
                self.transform
                    .process_with_scratch(&mut frame, &mut spectrum, &mut scratch);
            debug_assert!(transformed.is_ok());
            for (band, row) in self.bands.iter().zip(values.chunks_exact_mut(FRAMES)) {
                let bins = spectrum.iter().skip(band.first);
                let energy: f32 = bins
                    .zip(&band.weights)
                    .map(|(bin, weight)| weight * bin.norm_sqr())
                    .sum();
                if let Some(value) = row.get_mut(at) {
                    *value = energy.max(FLOOR).log10();
                }
            }
        }
        let loudest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for value in &mut values {
            *value = (value.max(loudest - RANGE) + 4.0) / 4.0;
        }
        values
    }

    /// Weight of every frequency bin in band `band`, as published with Whisper.
    #[must_use]
    pub fn weights(&self, band: usize) -> Vec<f32> {
        let mut weights = vec![0.0; BINS];
        if let Some(band) = self.bands.get(band) {
            for (place, weight) in weights.iter_mut().skip(band.first).zip(&band.weights) {
                *place = *weight;
            }
        }
        weights
    }
}

/// Samples of the frame centred on `centre`, mirrored at both ends of the window.
fn fill(frame: &mut [f32], samples: &[f32], centre: usize) {
    const HALF: usize = FRAME / 2;
    for (offset, target) in frame.iter_mut().enumerate() {
        let place = (centre + offset).abs_diff(HALF);
        let last = WINDOW_SAMPLES - 1;
        let place = if place > last {
            2 * last - place
        } else {
            place
        };
        *target = samples.get(place).copied().unwrap_or_default();
    }
}

/// Slaney's scale: linear below 1 kHz, logarithmic above.
fn mel_to_hertz(mel: f64) -> f64 {
    const LINEAR: f64 = 200.0 / 3.0;
    const BREAK_HERTZ: f64 = 1000.0;
    const BREAK_MEL: f64 = BREAK_HERTZ / LINEAR;
    if mel < BREAK_MEL {
        mel * LINEAR
    } else {
        BREAK_HERTZ * ((mel - BREAK_MEL) * 6.4_f64.ln() / 27.0).exp()
    }
}

/// Inverse of [`mel_to_hertz`] at half the sampling rate.
fn highest_mel() -> f64 {
    let nyquist = f64::from(SAMPLE_RATE_HZ) / 2.0;
    15.0 + (nyquist / 1000.0).ln() * 27.0 / 6.4_f64.ln()
}

/// Triangles between neighbouring points of the scale, each of area one.
fn bands() -> Vec<Band> {
    let step = highest_mel() / (BANDS + 1) as f64;
    let point = |at: usize| mel_to_hertz(at as f64 * step);
    let hertz = |bin: usize| bin as f64 * f64::from(SAMPLE_RATE_HZ) / FRAME as f64;
    (0..BANDS)
        .map(|band| {
            let (low, centre, high) = (point(band), point(band + 1), point(band + 2));
            let weight = |bin: usize| {
                let rise = (hertz(bin) - low) / (centre - low);
                let fall = (high - hertz(bin)) / (high - centre);
                rise.min(fall).max(0.0) * 2.0 / (high - low)
            };
            let first = (0..BINS).find(|bin| weight(*bin) > 0.0).unwrap_or_default();
            let weights = (first..BINS)
                .map(weight)
                .take_while(|weight| *weight > 0.0)
                .map(|weight| weight as f32)
                .collect();
            Band { first, weights }
        })
        .collect()
}
