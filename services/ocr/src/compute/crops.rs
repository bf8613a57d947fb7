//! Cutting lines of text out of a picture, upright and of the height the recogniser wants.

use super::geometry::{Point, Quad};
use inference::{
    Sampling,
    image::{self, ChannelOrder, Layout, Normalisation},
};
use media::RgbPicture;

/// Height of a line for the recogniser and the classifier, in pixels.
pub const LINE_HEIGHT: u32 = 48;
/// Width of a line for the classifier.
pub const CLASSIFIER_WIDTH: u32 = 192;
/// Narrowest input the recogniser was trained with.
const MIN_WIDTH: u32 = 320;
/// Widths of inputs are multiples of this, so that what a line is read as does not depend on the
/// lines it shares a batch with, and an accelerator meets few shapes.
const WIDTH_STEP: u32 = 160;
/// Grey that becomes nearly zero, with which lines are filled up to the width of the input.
const PADDING: u8 = 128;
const CHANNELS: usize = 3;

/// A line of text cut out of a picture, [`LINE_HEIGHT`] high.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Width in pixels.
    pub width: u32,
    /// Packed RGB.
    pub rgb: Vec<u8>,
}

impl Line {
    /// Cuts `quad`, in shares of the picture, out of it, at most `max_width` wide.
    ///
    /// # Errors
    /// [`inference::Error::Image`] if the picture has not three bytes for every pixel.
    pub fn cut(
        picture: &RgbPicture,
        quad: &Quad,
        max_width: u32,
    ) -> Result<Self, inference::Error> {
        let quad = snapped(&quad.scaled((f64::from(picture.width), f64::from(picture.height))));
        let side = |length: f64| (length as u32).clamp(1, image::MAX_SIDE);
        let size = (side(quad.width()), side(quad.height()));
        let pixels = warp(picture, &quad, size);
        let scaled = (u64::from(LINE_HEIGHT) * u64::from(size.0)).div_ceil(u64::from(size.1));
        let width = u32::try_from(scaled)
            .unwrap_or(max_width)
            .clamp(1, max_width);
        Self::resized(&pixels, size, width)
    }
    fn resized(pixels: &[u8], size: (u32, u32), width: u32) -> Result<Self, inference::Error> {
        let rgb = image::resize(pixels, size, (width, LINE_HEIGHT), Sampling::Bilinear)?;
        Ok(Self { width, rgb })
    }
    /// Width of the recogniser's input that this line goes into.
    #[must_use]
    pub fn input_width(&self) -> u32 {
        self.width.next_multiple_of(WIDTH_STEP).max(MIN_WIDTH)
    }
    /// The line turned upside down.
    #[must_use]
    pub fn turned(&self) -> Self {
        let (pixels, _) = self.rgb.as_chunks::<CHANNELS>();
        Self {
            width: self.width,
            rgb: pixels.iter().rev().flatten().copied().collect(),
        }
    }
    /// The line filled up with grey on the right, or squeezed if it is longer.
    fn padded(&self, width: u32) -> Result<Vec<u8>, inference::Error> {
        let squeezed;
        let line = if self.width > width {
            squeezed = Self::resized(&self.rgb, (self.width, LINE_HEIGHT), width)?;
            &squeezed
        } else {
            self
        };
        let row = line.width as usize * CHANNELS;
        let full = width as usize * CHANNELS;
        let mut padded = Vec::with_capacity(full * LINE_HEIGHT as usize);
        for pixels in line.rgb.chunks_exact(row) {
            padded.extend_from_slice(pixels);
            padded.resize(padded.len() + full - row, PADDING);
        }
        Ok(padded)
    }
}

/// Lines as one tensor `[lines, 3, 48, width]`, from −1 to 1, blue first.
///
/// # Errors
/// [`inference::Error::Image`] if a line has not three bytes for every pixel.
pub fn line_tensor(lines: &[&Line], width: u32) -> Result<inference::Tensor, inference::Error> {
    let padded: Vec<Vec<u8>> = lines
        .iter()
        .map(|line| line.padded(width))
        .collect::<Result<_, _>>()?;
    signed(&padded, (width, LINE_HEIGHT))
}

/// Pictures of one size as one tensor `[pictures, 3, height, width]`, from −1 to 1, blue first.
///
/// # Errors
/// [`inference::Error::Image`] if one has another size.
pub fn signed(
    pictures: &[Vec<u8>],
    size: (u32, u32),
) -> Result<inference::Tensor, inference::Error> {
    let order = ChannelOrder::Bgr;
    image::numbers(pictures, size, Layout::Nchw, order, &Normalisation::SIGNED)
}

/// Corners on whole pixels, so that an upright line is copied rather than blurred.
fn snapped(quad: &Quad) -> Quad {
    Quad(quad.0.map(|p| Point::new(p.x.round(), p.y.round())))
}

/// The pixels of a parallelogram as an upright picture of `size`; beyond the picture its edge goes
/// on. Written here since the crate that warps brings linear algebra with it.
fn warp(picture: &RgbPicture, quad: &Quad, (width, height): (u32, u32)) -> Vec<u8> {
    let [origin, right, _, below] = quad.0;
    let along = Point::new(right.x - origin.x, right.y - origin.y);
    let down = Point::new(below.x - origin.x, below.y - origin.y);
    let mut pixels = Vec::with_capacity(width as usize * height as usize * CHANNELS);
    for y in 0..height {
        let start = origin.moved(down, f64::from(y) / f64::from(height));
        for x in 0..width {
            let at = start.moved(along, f64::from(x) / f64::from(width));
            pixels.extend_from_slice(&sample(picture, at));
        }
    }
    pixels
}

/// The colour between sixteen pixels, by the cubic that OpenCV and PaddleOCR use (Keys, "Cubic
/// convolution interpolation for digital image processing", 1981, with a = −0.75).
fn sample(picture: &RgbPicture, at: Point) -> [u8; CHANNELS] {
    let column = |x: f64| x.clamp(0.0, f64::from(picture.width.saturating_sub(1))) as usize;
    let row = |y: f64| y.clamp(0.0, f64::from(picture.height.saturating_sub(1))) as usize;
    let (left, top) = (at.x.floor(), at.y.floor());
    let (across, down) = (cubic(at.x - left), cubic(at.y - top));
    let mut sums = [0.0; CHANNELS];
    for (y, down) in (-1_i8..).zip(down) {
        let start = row(top + f64::from(y)) * picture.width as usize;
        for (x, across) in (-1_i8..).zip(across) {
            let pixel = (start + column(left + f64::from(x))) * CHANNELS;
            for (sum, channel) in sums.iter_mut().zip(0..) {
                let value = picture
                    .data
                    .get(pixel + channel)
                    .copied()
                    .unwrap_or_default();
                *sum += across * down * f64::from(value);
            }
        }
    }
    // The cast saturates where the cubic overshoots.
    sums.map(|sum| sum.round() as u8)
}

/// Weights of four neighbours for a point so far behind the second.
fn cubic(share: f64) -> [f64; 4] {
    const A: f64 = -0.75;
    let near = |t: f64| ((A + 2.0) * t - (A + 3.0)) * t * t + 1.0;
    let far = |t: f64| ((A * t - 5.0 * A) * t + 8.0 * A) * t - 4.0 * A;
    [
        far(1.0 + share),
        near(share),
        near(1.0 - share),
        far(2.0 - share),
    ]
}
