//! Golden samples: one question per model whose answer is known, asked before the model serves.
//!
//! The input is a drawing made by arithmetic on integers, so that it is the same everywhere and
//! belongs to nobody: a stop sign on its pole. Every model trained on COCO knows it, so the
//! sample shows that the model sees, not only that it computes.

use crate::{
    error::Result,
    image::{self, ChannelOrder},
    tensor::{NamedTensor, Tensor},
};
use serde::{Deserialize, Serialize};

/// The expected answer of a model to the drawing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// Side of the square drawing, in pixels.
    pub side: u32,
    /// Largest difference allowed on a CPU: of the value where it is below 1, of its share above.
    pub tolerance_cpu: f32,
    /// The same on accelerators, which round earlier.
    pub tolerance_accelerated: f32,
    /// What comes out.
    #[serde(rename = "output")]
    pub outputs: Vec<GoldenOutput>,
}

/// Selected values of one output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenOutput {
    /// Name of the output.
    pub name: String,
    /// Extent of each axis.
    pub shape: Vec<usize>,
    /// Places, counted in C order.
    pub index: Vec<usize>,
    /// Values at these places.
    pub value: Vec<f32>,
}

impl Golden {
    /// The drawing in the layout of the model's input: bytes in NHWC, numbers in NCHW.
    pub(crate) fn input(&self, as_bytes: bool) -> Result<Tensor> {
        let drawing = [stop_sign(self.side)];
        let size = (self.side, self.side);
        if as_bytes {
            image::nhwc(&drawing, size, ChannelOrder::Rgb)
        } else {
            image::nchw(&drawing, size, ChannelOrder::Rgb)
        }
    }

    /// Compares an answer with the expected one; the message names the worst difference.
    pub(crate) fn compare(&self, answer: &[NamedTensor], tolerance: f32) -> Result<(), String> {
        for expected in &self.outputs {
            let found = answer.iter().find(|output| output.name == expected.name);
            let found = found.ok_or_else(|| format!("no output '{}'", expected.name))?;
            expected.compare(found, tolerance)?;
        }
        Ok(())
    }
}

impl GoldenOutput {
    fn compare(&self, found: &NamedTensor, tolerance: f32) -> Result<(), String> {
        let shape = found.tensor.shape();
        if shape != self.shape || self.index.len() != self.value.len() {
            return Err(format!(
                "'{}' has shape {shape:?}, expected {:?}",
                self.name, self.shape
            ));
        }
        let values = found.tensor.as_slice().unwrap_or_default();
        for (&index, &expected) in self.index.iter().zip(&self.value) {
            let value = values.get(index).copied().unwrap_or(f32::NAN);
            let difference = (value - expected).abs() / expected.abs().max(1.0);
            if difference.is_nan() || difference > tolerance {
                return Err(format!(
                    "'{}' at {index} is {value}, expected {expected} within {tolerance}",
                    self.name
                ));
            }
        }
        Ok(())
    }
}

/// Places are computed in ten-thousandths of the side.
const UNIT: i64 = 10_000;
const SIGN_CENTRE: (i64, i64) = (5_000, 4_200);
const LETTER_DOT: i64 = 180;
const WHITE: [u8; 3] = [240, 240, 240];
/// S, T, O, P: seven rows of five dots, the leftmost dot in the highest bit.
const LETTERS: [[u8; 7]; 4] = [
    [
        0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110,
    ],
    [
        0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100,
    ],
    [
        0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110,
    ],
    [
        0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000,
    ],
];

/// The drawing: packed RGB, `side` by `side` pixels.
#[must_use]
pub fn stop_sign(side: u32) -> Vec<u8> {
    // The middle of a pixel.
    let place = |pixel: u32| (2 * i64::from(pixel) + 1) * UNIT / (2 * i64::from(side));
    (0..side)
        .flat_map(|y| (0..side).flat_map(move |x| colour(place(x), place(y))))
        .collect()
}

fn colour(x: i64, y: i64) -> [u8; 3] {
    let (dx, dy) = ((x - SIGN_CENTRE.0).abs(), (y - SIGN_CENTRE.1).abs());
    // A regular octagon is a square cut by a square turned by 45 degrees.
    let inside = |radius: i64| dx.max(dy) < radius && (dx + dy) * UNIT < radius * 14_142;
    if in_letter(x, y) {
        WHITE
    } else if inside(2_400) {
        [190, 20, 30]
    } else if inside(2_600) {
        WHITE
    } else if dx < 200 && y > SIGN_CENTRE.1 {
        [130, 130, 130]
    } else if y > 8_000 {
        [90, 110, 70]
    } else {
        let sky = |top: i64, change: i64| u8::try_from(top + change * y / UNIT).unwrap_or(u8::MAX);
        [sky(120, 60), sky(160, 40), sky(210, -10)]
    }
}

fn in_letter(x: i64, y: i64) -> bool {
    // Four letters of five dots with a dot between them.
    let column = (x - SIGN_CENTRE.0 + LETTER_DOT * 23 / 2).div_euclid(LETTER_DOT);
    let row = (y - SIGN_CENTRE.1 + LETTER_DOT * 7 / 2).div_euclid(LETTER_DOT);
    let (Ok(column), Ok(row)) = (usize::try_from(column), usize::try_from(row)) else {
        return false;
    };
    let dots = LETTERS.get(column / 6).and_then(|letter| letter.get(row));
    dots.is_some_and(|dots| column % 6 < 5 && dots >> (4 - column % 6) & 1 == 1)
}
