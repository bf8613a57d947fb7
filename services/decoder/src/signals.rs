//! How each frame differs from the one before, at full frame rate.

use crate::{
    hsv::{ToRgb, hsv},
    planes::Frame,
    shrink::Shrinker,
};
use contracts::{MediaTime, decoded::ChangeSignals};
use pulp::{Arch, Simd, WithSimd};

/// Frames are divided by the largest whole number that leaves this width (PySceneDetect 0.6).
const SMALL_WIDTH: usize = 256;
/// From luma of limited range, 16–235, to 0–255.
const LIMITED_RANGE_STRETCH: f32 = 255.0 / 219.0;

/// One frame made small, as hue, saturation, value and luma.
#[derive(Default)]
struct Small {
    hue: Vec<u8>,
    saturation: Vec<u8>,
    value: Vec<u8>,
    luma: Vec<u8>,
}

/// The shrinkers for frames of one size.
struct Shape {
    source: (usize, usize),
    luma: Shrinker,
    chroma: Shrinker,
}

/// Measures frames one after another.
pub struct ChangeMeter {
    target: (usize, usize),
    shape: Option<Shape>,
    instructions: Arch,
    chroma: [Vec<u8>; 2],
    current: Small,
    previous: Option<Small>,
    luma_before: Option<Vec<u8>>,
    signals: ChangeSignals,
}

/// One frame to be compared, as the dispatch by processor takes it.
struct Comparison<'a, 'b> {
    meter: &'a mut ChangeMeter,
    frame: &'a Frame<'b>,
    time: MediaTime,
}

impl WithSimd for Comparison<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.meter.compare(self.frame, self.time);
    }
}

/// Width and height at which frames are compared: divided by the same whole number, which is
/// chosen so that the *shown* width becomes 256 to 511 pixels.
fn small_size(size: (usize, usize), shown_width: usize) -> (usize, usize) {
    let factor = (shown_width / SMALL_WIDTH).max(1) as f64;
    let divide = |side: usize| ((side as f64 / factor).round_ties_even() as usize).max(1);
    (divide(size.0), divide(size.1))
}

impl ChangeMeter {
    /// A meter for a video whose first frame is stored with `size` (width, height) pixels and
    /// shown `shown_width` pixels wide.
    #[must_use]
    pub fn new(size: (usize, usize), shown_width: usize) -> Self {
        let target = small_size(size, shown_width);
        let small = || vec![0; target.0 * target.1];
        Self {
            target,
            shape: None,
            instructions: Arch::new(),
            chroma: [small(), small()],
            current: Small::default(),
            previous: None,
            luma_before: None,
            signals: ChangeSignals::default(),
        }
    }

    /// Measures the next frame, with the widest vector instructions the processor has; the
    /// results do not depend on them.
    pub fn measure(&mut self, frame: &Frame<'_>, time: MediaTime) {
        self.prepare(frame);
        let instructions = self.instructions;
        instructions.dispatch(Comparison {
            meter: self,
            frame,
            time,
        });
        self.advance();
    }

    #[inline(always)]
    fn compare(&mut self, frame: &Frame<'_>, time: MediaTime) {
        self.shrink(frame);
        self.convert(frame.colours.full_range);
        let pixels = (self.target.0 * self.target.1) as f64;
        let (now, signals) = (&self.current, &mut self.signals);
        let mut difference = [0.0; 4];
        let earlier = self.previous.as_ref();
        let pairs = [
            (earlier.map(|earlier| &earlier.hue), &now.hue),
            (earlier.map(|earlier| &earlier.saturation), &now.saturation),
            (earlier.map(|earlier| &earlier.value), &now.value),
            (self.luma_before.as_ref(), &now.luma),
        ];
        for (difference, (earlier, now)) in difference.iter_mut().zip(pairs) {
            let sum = earlier.map_or(0, |earlier| absolute_difference(earlier, now));
            *difference = (sum as f64 / pixels) as f32;
        }
        let [hue, saturation, value, luma] = difference;
        let stretch = if frame.colours.full_range {
            1.0
        } else {
            LIMITED_RANGE_STRETCH
        };
        let (average, deviation) = moments(&now.value);
        signals.times.push(time);
        signals.delta_hue.push(hue);
        signals.delta_saturation.push(saturation);
        signals.delta_value.push(value);
        signals
            .delta_luma_two_back
            .push((luma * stretch).min(255.0));
        signals.mean_value.push(average);
        signals.value_deviation.push(deviation);
    }

    /// The measurements since this was last called.
    pub fn take(&mut self) -> ChangeSignals {
        std::mem::take(&mut self.signals)
    }
    /// Number of frames measured since [`ChangeMeter::take`].
    #[must_use]
    pub fn pending(&self) -> usize {
        self.signals.len()
    }

    /// Makes room for a frame of this size.
    fn prepare(&mut self, frame: &Frame<'_>) {
        let source = (frame.width(), frame.height());
        if self
            .shape
            .as_ref()
            .is_none_or(|shape| shape.source != source)
        {
            self.shape = Some(Shape {
                source,
                luma: Shrinker::new(source, self.target, false),
                chroma: Shrinker::new(source, self.target, true),
            });
        }
        let Small {
            hue,
            saturation,
            value,
            luma,
        } = &mut self.current;
        for plane in [hue, saturation, value, luma] {
            plane.resize(self.target.0 * self.target.1, 0);
        }
    }

    #[inline(always)]
    fn shrink(&mut self, frame: &Frame<'_>) {
        let Some(shape) = &mut self.shape else { return };
        shape.luma.shrink(&frame.planes[0], &mut self.current.luma);
        for (plane, small) in frame.planes[1..].iter().zip(&mut self.chroma) {
            shape.chroma.shrink(plane, small);
        }
    }

    #[inline(always)]
    fn convert(&mut self, full_range: bool) {
        let to_rgb = ToRgb::new(full_range);
        let Small {
            hue,
            saturation,
            value,
            luma,
        } = &mut self.current;
        let samples = luma.iter().zip(&self.chroma[0]).zip(&self.chroma[1]);
        let results = hue.iter_mut().zip(saturation).zip(value);
        for (((y, u), v), ((hue, saturation), value)) in samples.zip(results) {
            [*hue, *saturation, *value] = hsv(to_rgb.convert(*y, *u, *v));
        }
    }

    /// The current frame becomes the previous one; buffers go round.
    fn advance(&mut self) {
        let current = std::mem::take(&mut self.current);
        let Some(old) = self.previous.replace(current) else {
            return;
        };
        self.current = Small {
            luma: self.luma_before.take().unwrap_or_default(),
            ..old
        };
        self.luma_before = Some(old.luma);
    }
}

#[inline(always)]
fn absolute_difference(a: &[u8], b: &[u8]) -> u64 {
    // Sums of a row's worth stay within 32 bits, which lets the compiler use wide additions.
    let pairs = a.chunks(4096).zip(b.chunks(4096));
    pairs
        .map(|(a, b)| {
            let sum: u32 = a
                .iter()
                .zip(b)
                .map(|(a, b)| u32::from(a.abs_diff(*b)))
                .sum();
            u64::from(sum)
        })
        .sum()
}

/// Mean and standard deviation.
#[inline(always)]
fn moments(values: &[u8]) -> (f32, f32) {
    let (sum, squares) = values
        .chunks(4096)
        .fold((0_u64, 0_u64), |(sum, squares), chunk| {
            let part: u32 = chunk.iter().map(|v| u32::from(*v)).sum();
            let part_squares: u32 = chunk.iter().map(|v| u32::from(*v) * u32::from(*v)).sum();
            (sum + u64::from(part), squares + u64::from(part_squares))
        });
    let count = values.len().max(1) as f64;
    let mean = sum as f64 / count;
    let variance = (squares as f64 / count - mean * mean).max(0.0);
    (mean as f32, variance.sqrt() as f32)
}
