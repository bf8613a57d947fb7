//! Images as tensors: order of axes and channels, and the numbers bytes become.

use super::{CHANNELS, MAX_SIDE, WRONG_BYTES, pixels};
use crate::{
    error::{Error, Result},
    tensor::Tensor,
};
use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};

/// Order of the channels a model wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red first.
    #[default]
    Rgb,
    /// Blue first.
    Bgr,
}

/// Order of the axes a model wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Images, height, width, channels.
    Nhwc,
    /// Images, channels, height, width.
    Nchw,
}

/// What a model wants instead of bytes from 0 to 255: `(byte - mean) / deviation`. Both are in
/// bytes, not in shares, and in the order of the tensor's channels, not of the image's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// Taken off, per channel.
    pub mean: [f32; CHANNELS],
    /// Divided by, per channel.
    pub deviation: [f32; CHANNELS],
}

impl Normalisation {
    /// Numbers from 0 to 1.
    pub const UNIT: Self = Self::same(0.0, 255.0);
    /// Numbers from -1 to 1.
    pub const SIGNED: Self = Self::same(127.5, 127.5);
    /// Numbers from 0 to 255.
    pub const BYTES: Self = Self::same(0.0, 1.0);

    /// The same mean and deviation for every channel.
    #[must_use]
    pub const fn same(mean: f32, deviation: f32) -> Self {
        Self {
            mean: [mean; CHANNELS],
            deviation: [deviation; CHANNELS],
        }
    }

    /// What every byte becomes, by channel.
    fn tables(&self) -> [[f32; 256]; CHANNELS] {
        std::array::from_fn(|channel| {
            std::array::from_fn(|byte| (byte as f32 - self.mean[channel]) / self.deviation[channel])
        })
    }
}
impl Default for Normalisation {
    fn default() -> Self {
        Self::UNIT
    }
}

fn check_all(images: &[Vec<u8>], (width, height): (u32, u32)) -> Result<()> {
    let bytes = pixels(width.min(MAX_SIDE), height.min(MAX_SIDE)) * CHANNELS;
    let wrong = |image: &&Vec<u8>| image.len() != bytes || width.max(height) > MAX_SIDE;
    match images.iter().find(wrong) {
        None => Ok(()),
        Some(image) => Err(Error::Image {
            width,
            height,
            bytes: image.len(),
            message: WRONG_BYTES,
        }),
    }
}

/// Images of one size as bytes, shape `[images, height, width, 3]`.
///
/// # Errors
/// [`Error::Image`] if one has another size.
pub fn nhwc(images: &[Vec<u8>], size: (u32, u32), order: ChannelOrder) -> Result<Tensor> {
    check_all(images, size)?;
    let mut data = images.concat();
    if order == ChannelOrder::Bgr {
        data.chunks_exact_mut(CHANNELS).for_each(<[u8]>::reverse);
    }
    let shape = [images.len(), size.1 as usize, size.0 as usize, CHANNELS];
    shaped(&shape, data, size).map(Tensor::U8)
}

/// Images of one size as numbers from 0 to 1, shape `[images, 3, height, width]`.
///
/// # Errors
/// [`Error::Image`] if one has another size.
pub fn nchw(images: &[Vec<u8>], size: (u32, u32), order: ChannelOrder) -> Result<Tensor> {
    numbers(images, size, Layout::Nchw, order, &Normalisation::UNIT)
}

/// Images of one size as numbers: shape `[images, 3, height, width]` or `[images, height, width,
/// 3]` by `layout`, channels in `order`, each `(byte - mean) / deviation` of its channel.
///
/// # Errors
/// [`Error::Image`] if one has another size.
pub fn numbers(
    images: &[Vec<u8>],
    size: (u32, u32),
    layout: Layout,
    order: ChannelOrder,
    normalisation: &Normalisation,
) -> Result<Tensor> {
    check_all(images, size)?;
    let tables = normalisation.tables();
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut data = Vec::with_capacity(images.len() * width * height * CHANNELS);
    let sources = match order {
        ChannelOrder::Rgb => [0, 1, 2],
        ChannelOrder::Bgr => [2, 1, 0],
    };
    for image in images {
        match layout {
            Layout::Nchw => {
                for (source, table) in sources.into_iter().zip(&tables) {
                    let plane = image.iter().skip(source).step_by(CHANNELS);
                    data.extend(plane.map(|&byte| table[usize::from(byte)]));
                }
            }
            Layout::Nhwc => {
                data.extend(image.chunks_exact(CHANNELS).flat_map(|pixel| {
                    let value =
                        |channel: usize| tables[channel][usize::from(pixel[sources[channel]])];
                    [value(0), value(1), value(2)]
                }));
            }
        }
    }
    let shape = match layout {
        Layout::Nchw => [images.len(), CHANNELS, height, width],
        Layout::Nhwc => [images.len(), height, width, CHANNELS],
    };
    shaped(&shape, data, size).map(Tensor::F32)
}

fn shaped<T>(shape: &[usize], data: Vec<T>, (width, height): (u32, u32)) -> Result<ArrayD<T>> {
    let bytes = data.len();
    ArrayD::from_shape_vec(IxDyn(shape), data).map_err(|_| Error::Image {
        width,
        height,
        bytes,
        message: "does not fill its tensor",
    })
}
