//! Turned crops: a rectangle of the picture that need not be level, and the way back from it.
//!
//! Points are continuous: a pixel covers the square from its number to the next, so that its
//! middle lies at a half. Angles are radians, clockwise as the picture is seen.

use super::{BAD_SIDE, CHANNELS, MAX_SIDE, WRONG_BYTES, pixels};
use crate::error::{Error, Result};

/// What is seen beyond the border of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outside {
    /// Black, as MediaPipe's networks were trained with.
    #[default]
    Black,
    /// The nearest pixel of the picture, as text recognisers prefer.
    Nearest,
}

/// A rectangle of a picture, turned about its middle, that is brought to a number of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crop {
    centre: (f32, f32),
    size: (f32, f32),
    angle: f32,
    pixels: (u32, u32),
    /// Of the angle.
    sine: f32,
    cosine: f32,
}

impl Crop {
    /// The rectangle of `size` around `centre`, both in pixels of the picture, whose upper edge
    /// points to `angle`; at 0 it is level. It becomes `pixels` wide and high. It may lie partly
    /// or wholly outside of the picture.
    ///
    /// # Errors
    /// [`Error::Crop`] if a number is not finite, a size not above zero, or `pixels` is zero or
    /// beyond [`MAX_SIDE`].
    pub fn new(
        centre: (f32, f32),
        size: (f32, f32),
        angle: f32,
        pixels: (u32, u32),
    ) -> Result<Self> {
        let refuse = |message| Error::Crop {
            centre,
            size,
            angle,
            message,
        };
        let numbers = [centre.0, centre.1, size.0, size.1, angle];
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err(refuse("it holds a number that is not finite"));
        }
        if size.0 <= 0.0 || size.1 <= 0.0 {
            return Err(refuse("a side is not above zero"));
        }
        if ![pixels.0, pixels.1]
            .iter()
            .all(|side| (1..=MAX_SIDE).contains(side))
        {
            return Err(refuse(BAD_SIDE));
        }
        let (sine, cosine) = angle.sin_cos();
        Ok(Self {
            centre,
            size,
            angle,
            pixels,
            sine,
            cosine,
        })
    }

    /// A square with the middle of the box `[left, top, right, bottom]` and `scale` times its
    /// longer side, turned by `angle`, that becomes `pixels` wide and high.
    ///
    /// # Errors
    /// As [`Crop::new`].
    pub fn square(
        [left, top, right, bottom]: [f32; 4],
        scale: f32,
        angle: f32,
        pixels: u32,
    ) -> Result<Self> {
        let centre = ((left + right) / 2.0, (top + bottom) / 2.0);
        let side = (right - left).max(bottom - top) * scale;
        Self::new(centre, (side, side), angle, (pixels, pixels))
    }

    /// The same rectangle, moved by shares of its own width and height along its own edges.
    ///
    /// # Errors
    /// As [`Crop::new`].
    pub fn shifted(&self, (along, down): (f32, f32)) -> Result<Self> {
        let (x, y) = self.turn_to_source((along * self.size.0, down * self.size.1));
        let centre = (self.centre.0 + x, self.centre.1 + y);
        Self::new(centre, self.size, self.angle, self.pixels)
    }

    /// Middle of the rectangle, in pixels of the picture.
    #[must_use]
    pub fn centre(&self) -> (f32, f32) {
        self.centre
    }
    /// Width and height of the rectangle, in pixels of the picture.
    #[must_use]
    pub fn size(&self) -> (f32, f32) {
        self.size
    }
    /// Where the upper edge points, in radians.
    #[must_use]
    pub fn angle(&self) -> f32 {
        self.angle
    }
    /// Width and height of the crop, in its own pixels.
    #[must_use]
    pub fn pixels(&self) -> (u32, u32) {
        self.pixels
    }

    /// A point of the crop, in its pixels, as a point of the picture.
    #[must_use]
    pub fn to_source(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (right, down) = self.pixel_steps();
        let from = (
            x - self.pixels.0 as f32 / 2.0,
            y - self.pixels.1 as f32 / 2.0,
        );
        let (x, y) = self.turn_to_source((from.0 * right, from.1 * down));
        (self.centre.0 + x, self.centre.1 + y)
    }

    /// A point of the picture as a point of the crop, in its pixels; the inverse of
    /// [`Crop::to_source`].
    #[must_use]
    pub fn to_crop(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let (right, down) = self.pixel_steps();
        let (x, y) = (x - self.centre.0, y - self.centre.1);
        let along = x * self.cosine + y * self.sine;
        let across = y * self.cosine - x * self.sine;
        (
            along / right + self.pixels.0 as f32 / 2.0,
            across / down + self.pixels.1 as f32 / 2.0,
        )
    }

    /// A direction seen in the crop as a direction in the picture: turned, its length kept. What
    /// is measured in metres is turned so.
    #[must_use]
    pub fn turn_to_source(&self, (x, y): (f32, f32)) -> (f32, f32) {
        (
            x * self.cosine - y * self.sine,
            x * self.sine + y * self.cosine,
        )
    }

    /// The corners in the picture: upper left, upper right, lower right, lower left of the crop.
    #[must_use]
    pub fn corners(&self) -> [(f32, f32); 4] {
        let (width, height) = (self.pixels.0 as f32, self.pixels.1 as f32);
        [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
            .map(|corner| self.to_source(corner))
    }

    /// How many pixels of the picture one pixel of the crop takes, to the right and down.
    #[must_use]
    pub fn pixel_steps(&self) -> (f32, f32) {
        (
            self.size.0 / self.pixels.0 as f32,
            self.size.1 / self.pixels.1 as f32,
        )
    }
}

/// Cuts a crop out of a picture, between pixels by their two by two neighbours, as OpenCV's
/// `warpAffine` does; a crop far smaller than what it shows is therefore grainy.
///
/// # Errors
/// [`Error::Image`] if `rgb` is not `width * height * 3` bytes or a side is zero or beyond
/// [`MAX_SIDE`].
pub fn crop(
    rgb: &[u8],
    (width, height): (u32, u32),
    crop: &Crop,
    outside: Outside,
) -> Result<Vec<u8>> {
    let refuse = |message| Error::Image {
        width,
        height,
        bytes: rgb.len(),
        message,
    };
    if ![width, height]
        .iter()
        .all(|side| (1..=MAX_SIDE).contains(side))
    {
        return Err(refuse(BAD_SIDE));
    }
    if rgb.len() != pixels(width, height) * CHANNELS {
        return Err(refuse(WRONG_BYTES));
    }
    let picture = Picture {
        rgb,
        width: width as usize,
        height: height as usize,
        outside,
    };
    let (columns, rows) = crop.pixels;
    let mut cut = Vec::with_capacity(pixels(columns, rows) * CHANNELS);
    for row in 0..rows {
        for column in 0..columns {
            let middle = (column as f32 + 0.5, row as f32 + 0.5);
            cut.extend(picture.at(crop.to_source(middle)));
        }
    }
    Ok(cut)
}

/// Cuts several crops out of one picture, for one batch; see [`crop`].
///
/// # Errors
/// As [`crop`].
pub fn crops(
    rgb: &[u8],
    size: (u32, u32),
    crops: &[Crop],
    outside: Outside,
) -> Result<Vec<Vec<u8>>> {
    crops
        .iter()
        .map(|one| crop(rgb, size, one, outside))
        .collect()
}

struct Picture<'a> {
    rgb: &'a [u8],
    width: usize,
    height: usize,
    outside: Outside,
}

impl Picture<'_> {
    /// Colour at a point.
    fn at(&self, (x, y): (f32, f32)) -> [u8; CHANNELS] {
        // Middles of pixels at whole numbers.
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (right_share, lower_share) = (x - left, y - top);
        // Out of range numbers stick to the ends of i64, which lie outside as well.
        let (left, top) = (left as i64, top as i64);
        let pixel = |dx: i64, dy: i64| self.pixel(left.saturating_add(dx), top.saturating_add(dy));
        let corners = [pixel(0, 0), pixel(1, 0), pixel(0, 1), pixel(1, 1)];
        let weights = [
            (1.0 - right_share) * (1.0 - lower_share),
            right_share * (1.0 - lower_share),
            (1.0 - right_share) * lower_share,
            right_share * lower_share,
        ];
        std::array::from_fn(|channel| {
            let parts = corners.iter().zip(weights);
            let sum: f32 = parts
                .map(|(corner, weight)| f32::from(corner[channel]) * weight)
                .sum();
            // A sum of shares of bytes; `as` stays within a byte whatever rounding does.
            (sum + 0.5) as u8
        })
    }

    fn pixel(&self, x: i64, y: i64) -> [u8; CHANNELS] {
        let inside = |at: i64, extent: usize| match usize::try_from(at) {
            Ok(at) if at < extent => Some(at),
            Ok(_) if self.outside == Outside::Nearest => Some(extent - 1),
            Err(_) if self.outside == Outside::Nearest => Some(0),
            _ => None,
        };
        let place = inside(x, self.width).zip(inside(y, self.height));
        let start = place.map(|(x, y)| (y * self.width + x) * CHANNELS);
        start
            .and_then(|start| self.rgb.get(start..)?.first_chunk())
            .copied()
            .unwrap_or_default()
    }
}
