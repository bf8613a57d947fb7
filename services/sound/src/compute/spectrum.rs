//! Energy in mel bands every ten milliseconds: what classes and tempo are read from.
//!
//! The bands are those the classifier was trained with (inaSpeechSegmenter, which takes them from
//! SIDEKIT): 24 triangles of area one from 100 to 8000 Hz, over 512 bins of frames of 25 ms with
//! pre-emphasis 0.97 and a Hamming window.

use super::SAMPLE_RATE_HZ;
use realfft::{RealFftPlanner, RealToComplex};
use std::{f64::consts::TAU, sync::Arc};

/// Samples from one frame to the next: 10 ms.
pub const FRAME_STEP: usize = 160;
/// Mel bands of a frame.
pub const BANDS: usize = 24;

const FRAME: usize = 400;
const BINS: usize = 512;
const PRE_EMPHASIS: f64 = 0.97;
const LOWEST_HERTZ: f64 = 100.0;
const HIGHEST_HERTZ: f64 = 8000.0;

/// Weights by band: the first bin and the weights from there on.
type Band = (usize, Vec<f64>);

/// Filters, window and transform, made once.
pub struct MelBands {
    bands: Vec<Band>,
    window: Vec<f64>,
    transform: Arc<dyn RealToComplex<f64>>,
}

impl Default for MelBands {
    fn default() -> Self {
        let turn = |at: usize| TAU * at as f64 / (FRAME - 1) as f64;
        Self {
            bands: bands(),
            window: (0..FRAME).map(|at| 0.54 - 0.46 * turn(at).cos()).collect(),
            transform: RealFftPlanner::new().plan_fft_forward(BINS),
        }
    }
}

impl MelBands {
    /// Energy of every band in every whole frame of `samples`.
    #[must_use]
    pub fn energies(&self, samples: &[f32]) -> Vec<[f64; BANDS]> {
        let mut input = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let frames = samples.windows(FRAME).step_by(FRAME_STEP);
        frames
            .map(|frame| {
                input.fill(0.0);
                let mut before = frame.first().copied().map_or(0.0, f64::from);
                for ((target, sample), weight) in input.iter_mut().zip(frame).zip(&self.window) {
                    let sample = f64::from(*sample);
                    *target = (sample - PRE_EMPHASIS * before) * weight;
                    before = sample;
                }
                // Fails only for buffers of another length, which these are made not to have.
                let done =
                    self.transform
                        .process_with_scratch(&mut input, &mut spectrum, &mut scratch);
                debug_assert!(done.is_ok());
                let mut energies = [0.0; BANDS];
                for (energy, (first, weights)) in energies.iter_mut().zip(&self.bands) {
                    let bins = spectrum.iter().skip(*first).zip(weights);
                    *energy = bins.map(|(bin, weight)| weight * bin.norm_sqr()).sum();
                }
                energies
            })
            .collect()
    }
}

fn bands() -> Vec<Band> {
    let mel = |hertz: f64| 1127.01048 * (hertz / 700.0).ln_1p();
    let hertz = |mel: f64| 700.0 * (mel / 1127.01048).exp_m1();
    let (low, high) = (mel(LOWEST_HERTZ), mel(HIGHEST_HERTZ));
    let point = |at: usize| hertz(low + (high - low) * at as f64 / (BANDS + 1) as f64);
    let bin = |hertz: f64| (hertz * BINS as f64 / f64::from(SAMPLE_RATE_HZ)).floor() as usize;
    (0..BANDS)
        .map(|band| {
            let (left, centre, right) = (point(band), point(band + 1), point(band + 2));
            let height = 2.0 / (right - left);
            let (first, last) = (bin(left) + 1, bin(right).min(BINS / 2));
            let weight = |at: usize| {
                let here = at as f64 * f64::from(SAMPLE_RATE_HZ) / BINS as f64;
                if at <= bin(centre) {
                    height * (here - left) / (centre - left)
                } else {
                    height * (right - here) / (right - centre)
                }
            };
            (first, (first..=last).map(weight).collect())
        })
        .collect()
}
