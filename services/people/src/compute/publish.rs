//! Numbers as they are published: units and decimals.

use contracts::people::{Rectangle, Side};
use tracking::BoundingBox;

/// Decimals of a probability or confidence.
const CONFIDENCE_DECIMALS: i32 = 4;
/// Decimals of a share of the picture, and of an offset in eye widths.
const SHARE_DECIMALS: i32 = 5;
/// Decimals of a pixel and of a degree.
const PIXEL_DECIMALS: i32 = 1;

/// Rounded, so that the last bits of different processors do not show. Never minus zero.
fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale + 0.0
}

pub(super) fn confidence(value: f64) -> f64 {
    rounded(value, CONFIDENCE_DECIMALS)
}

pub(super) fn share(value: f64) -> f64 {
    rounded(value, SHARE_DECIMALS)
}

pub(super) fn pixel(value: f64) -> f64 {
    rounded(value, PIXEL_DECIMALS)
}

pub(super) fn degrees(value: f64) -> f64 {
    rounded(value, PIXEL_DECIMALS)
}

/// Number of things, as published.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Sizes of the picture that was looked at and of the video as shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Width and height of the picture, in pixels.
    pub picture: (f64, f64),
    /// Width and height of the video, in pixels.
    pub video: (f64, f64),
}

impl Sizes {
    pub(super) fn new(picture: (u32, u32), video: (u32, u32)) -> Self {
        let real = |(width, height)| (f64::from(width), f64::from(height));
        Self {
            picture: real(picture),
            video: real(video),
        }
    }

    /// A box in shares as it is published: in shares, and in pixels of the video.
    pub(super) fn rectangles(&self, bbox: BoundingBox) -> (Rectangle, Rectangle) {
        let scaled = |(across, down): (f64, f64), round: fn(f64) -> f64| Rectangle {
            x: round(bbox.left * across),
            y: round(bbox.top * down),
            width: round(bbox.width() * across),
            height: round(bbox.height() * down),
        };
        (scaled((1.0, 1.0), share), scaled(self.video, pixel))
    }

    /// A box in pixels of the picture, in shares.
    pub(super) fn shares(&self, bbox: BoundingBox) -> BoundingBox {
        let (width, height) = self.picture;
        BoundingBox {
            left: bbox.left / width,
            top: bbox.top / height,
            right: bbox.right / width,
            bottom: bbox.bottom / height,
        }
    }

    /// A point in pixels of the picture, in shares.
    pub(super) fn point(&self, (x, y): (f32, f32)) -> [f64; 2] {
        let (width, height) = self.picture;
        [share(f64::from(x) / width), share(f64::from(y) / height)]
    }

    /// Points in pixels of the picture, as `x, y, z` in shares.
    pub(super) fn solid(&self, points: &[[f64; 3]]) -> Vec<f32> {
        let (width, height) = self.picture;
        let shares = |[x, y, z]: &[f64; 3]| [x / width, y / height, z / width];
        let all = points.iter().flat_map(shares);
        all.map(|value| value as f32).collect()
    }

    /// Points in pixels of the picture, as `x, y` in shares and a third number as it is.
    pub(super) fn flat(&self, points: &[[f64; 3]]) -> Vec<f32> {
        let (width, height) = self.picture;
        let shares = |[x, y, other]: &[f64; 3]| [x / width, y / height, *other];
        let all = points.iter().flat_map(shares);
        all.map(|value| value as f32).collect()
    }
}

/// The side a hand would have in the mirror.
pub(super) fn exchanged(side: Side) -> Side {
    match side {
        Side::Left => Side::Right,
        Side::Right => Side::Left,
    }
}
