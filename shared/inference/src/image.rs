//! From frames to model inputs: resizing, letterboxing and its way back, layout, batches.
//!
//! Every image is packed RGB, three bytes per pixel, row by row without padding.

mod crop;
mod layout;

pub use crop::{Crop, Outside, crop, crops};
pub use layout::{ChannelOrder, Layout, Normalisation, nchw, nhwc, numbers};

use crate::error::{Error, Result};
use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use std::ops::Range;

/// Channels of an image.
const CHANNELS: usize = 3;
/// Longest side of an image or tensor, in pixels; keeps sizes from elsewhere from overflowing.
pub const MAX_SIDE: u32 = 1 << 15;
/// Grey that YOLO models were trained to ignore around the picture (Ultralytics `LetterBox`).
pub const LETTERBOX_GREY: u8 = 114;

const BAD_SIDE: &str = "a side is zero or beyond 32768 pixels";
const WRONG_BYTES: &str = "not three bytes for every pixel";

/// How pixels are made between pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// Two by two neighbours whatever the ratio, as OpenCV's and TensorFlow's bilinear resizing
    /// does; what detection models were trained with.
    #[default]
    Bilinear,
    /// Every source pixel counts (triangle filter), as Pillow's bilinear resizing does.
    Antialiased,
}

/// Scales an image to `to_width` by `to_height`, ratio not kept.
///
/// # Errors
/// [`Error::Image`] if `rgb` is not `width * height * 3` bytes or a side is zero or beyond
/// [`MAX_SIDE`].
pub fn resize(
    rgb: &[u8],
    (width, height): (u32, u32),
    (to_width, to_height): (u32, u32),
    sampling: Sampling,
) -> Result<Vec<u8>> {
    let refuse = |message| Error::Image {
        width,
        height,
        bytes: rgb.len(),
        message,
    };
    if [width, height, to_width, to_height]
        .iter()
        .any(|side| !(1..=MAX_SIDE).contains(side))
    {
        return Err(refuse(BAD_SIDE));
    }
    if rgb.len() != pixels(width, height) * CHANNELS {
        return Err(refuse(WRONG_BYTES));
    }
    let source =
        ImageRef::new(width, height, rgb, PixelType::U8x3).map_err(|_| refuse(WRONG_BYTES))?;
    let mut target = Image::new(to_width, to_height, PixelType::U8x3);
    let algorithm = match sampling {
        Sampling::Bilinear => ResizeAlg::Interpolation(FilterType::Bilinear),
        Sampling::Antialiased => ResizeAlg::Convolution(FilterType::Bilinear),
    };
    Resizer::new()
        .resize(
            &source,
            &mut target,
            &ResizeOptions::new().resize_alg(algorithm),
        )
        .map_err(|_| refuse("cannot be resized"))?;
    Ok(target.into_vec())
}

fn pixels(width: u32, height: u32) -> usize {
    width as usize * height as usize
}

/// Where a picture lies inside the square it was fitted into, and the way back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Letterbox {
    /// Size of the source, in pixels.
    pub source: (u32, u32),
    /// Size of the picture inside the square, in pixels.
    pub inner: (u32, u32),
    /// Offset of the picture from the left and the top of the square, in pixels.
    pub offset: (u32, u32),
}

impl Letterbox {
    /// Fits `width` by `height` into a square of `side`: the longer side fills it, the rest is
    /// divided evenly.
    ///
    /// # Errors
    /// [`Error::Image`] if a side is zero or beyond [`MAX_SIDE`].
    pub fn fit(width: u32, height: u32, side: u32) -> Result<Self> {
        if [width, height, side]
            .iter()
            .any(|side| !(1..=MAX_SIDE).contains(side))
        {
            return Err(Error::Image {
                width,
                height,
                bytes: 0,
                message: BAD_SIDE,
            });
        }
        let longer = u64::from(width.max(height));
        // Rounded to the nearest pixel; a very thin picture keeps one.
        let scaled = |extent: u32| {
            let rounded = (u64::from(extent) * u64::from(side) + longer / 2) / longer;
            u32::try_from(rounded).unwrap_or(side).clamp(1, side)
        };
        let inner = (scaled(width), scaled(height));
        Ok(Self {
            source: (width, height),
            inner,
            offset: ((side - inner.0) / 2, (side - inner.1) / 2),
        })
    }

    /// A point of the square, as a point of the source. Points on the border strip fall outside.
    #[must_use]
    pub fn to_source(&self, (x, y): (f32, f32)) -> (f32, f32) {
        (
            (x - self.offset.0 as f32) * self.source.0 as f32 / self.inner.0 as f32,
            (y - self.offset.1 as f32) * self.source.1 as f32 / self.inner.1 as f32,
        )
    }

    /// A point of the source, as a point of the square.
    #[must_use]
    pub fn to_square(&self, (x, y): (f32, f32)) -> (f32, f32) {
        (
            x * self.inner.0 as f32 / self.source.0 as f32 + self.offset.0 as f32,
            y * self.inner.1 as f32 / self.source.1 as f32 + self.offset.1 as f32,
        )
    }

    /// A box `[left, top, right, bottom]` of the square, as one of the source, cut to the source.
    #[must_use]
    pub fn box_to_source(&self, [left, top, right, bottom]: [f32; 4]) -> [f32; 4] {
        let (left, top) = self.to_source((left, top));
        let (right, bottom) = self.to_source((right, bottom));
        let (width, height) = (self.source.0 as f32, self.source.1 as f32);
        [
            left.clamp(0.0, width),
            top.clamp(0.0, height),
            right.clamp(0.0, width),
            bottom.clamp(0.0, height),
        ]
    }
}

/// Fits an image into a square of `side` pixels on [`LETTERBOX_GREY`], ratio kept.
///
/// # Errors
/// [`Error::Image`] as for [`resize`].
pub fn letterbox(
    rgb: &[u8],
    (width, height): (u32, u32),
    side: u32,
    sampling: Sampling,
) -> Result<(Vec<u8>, Letterbox)> {
    let fit = Letterbox::fit(width, height, side)?;
    let inner = resize(rgb, (width, height), fit.inner, sampling)?;
    let mut square = vec![LETTERBOX_GREY; pixels(side, side) * CHANNELS];
    let row_bytes = fit.inner.0 as usize * CHANNELS;
    let start = fit.offset.0 as usize * CHANNELS;
    let rows = square
        .chunks_exact_mut(side as usize * CHANNELS)
        .skip(fit.offset.1 as usize);
    for (target, source) in rows.zip(inner.chunks_exact(row_bytes)) {
        if let Some(target) = target.get_mut(start..start + row_bytes) {
            target.copy_from_slice(source);
        }
    }
    Ok((square, fit))
}

/// Cuts `count` inputs of `pixels_each` into batches of at most `max_batch_pixels`, in order and
/// as even as they come; a batch holds at least one, however large.
pub fn batches(
    count: usize,
    pixels_each: u64,
    max_batch_pixels: u64,
) -> impl Iterator<Item = Range<usize>> {
    let most = usize::try_from(max_batch_pixels / pixels_each.max(1))
        .unwrap_or(usize::MAX)
        .max(1);
    let number = count.div_ceil(most);
    (0..number).map(move |index| index * count / number..(index + 1) * count / number)
}
