//! Whole pictures in the square a network looks at, and its answers back in the picture.

use super::Error;
use inference::{
    Tensor,
    image::{self, ChannelOrder, Layout, Letterbox, Normalisation, Sampling},
};
use media::RgbPicture;
use tracking::BoundingBox;

const CHANNELS: usize = 3;

/// Where a picture lies in the square it is fitted into, its longer side filling it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// In the middle, as MediaPipe has it.
    Middle,
    /// At the top left, as OpenCV has it.
    TopLeft,
}

/// A picture fitted into a black square.
#[derive(Debug, Clone, PartialEq)]
pub struct Square {
    /// The square as packed RGB.
    pub pixels: Vec<u8>,
    /// Where the picture lies in it.
    pub place: Letterbox,
}

impl Square {
    /// Fits `picture` into a square of `side` pixels. Black, because the networks here were
    /// trained so; YOLO's grey is in [`image::letterbox`].
    ///
    /// # Errors
    /// [`Error::Picture`] if it has no pixels.
    pub fn black(picture: &RgbPicture, side: u32, fit: Fit) -> Result<Self, Error> {
        let size = (picture.width, picture.height);
        let mut place = Letterbox::fit(size.0, size.1, side)?;
        if fit == Fit::TopLeft {
            place.offset = (0, 0);
        }
        let inner = image::resize(&picture.data, size, place.inner, Sampling::Bilinear)?;
        let mut pixels = vec![0; side as usize * side as usize * CHANNELS];
        let row_bytes = place.inner.0 as usize * CHANNELS;
        let start = place.offset.0 as usize * CHANNELS;
        let rows = pixels
            .chunks_exact_mut(side as usize * CHANNELS)
            .skip(place.offset.1 as usize);
        for (target, source) in rows.zip(inner.chunks_exact(row_bytes)) {
            if let Some(target) = target.get_mut(start..start + row_bytes) {
                target.copy_from_slice(source);
            }
        }
        Ok(Self { pixels, place })
    }
}

/// A square as `[1, side, side, 3]`, red first, 0 to 1: the form of MediaPipe's networks.
///
/// # Errors
/// [`Error::Picture`] if the pixels do not fill it.
pub fn mediapipe_tensor(pixels: Vec<u8>, side: u32) -> Result<Tensor, Error> {
    let (layout, order) = (Layout::Nhwc, ChannelOrder::Rgb);
    let square = (side, side);
    Ok(image::numbers(
        &[pixels],
        square,
        layout,
        order,
        &Normalisation::UNIT,
    )?)
}

/// A box `[left, top, right, bottom]` in pixels of a picture, in shares and cut to the picture;
/// `None` if nothing of it is inside.
#[must_use]
pub fn shares(edges: [f32; 4], (width, height): (u32, u32)) -> Option<BoundingBox> {
    let (width, height) = (f64::from(width), f64::from(height));
    let [left, top, right, bottom] = edges.map(f64::from);
    BoundingBox::clipped([left / width, top / height, right / width, bottom / height])
}
