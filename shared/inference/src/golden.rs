//! Golden samples: one question per model whose answer is known, asked before the model serves.
//!
//! Images show a drawing, a stop sign, or a part of it. Every model trained on COCO knows it and a
//! text recogniser reads it, so that the sample shows that the model sees, not only that it
//! computes. Sounds and states are made by arithmetic that is exact everywhere.

mod drawing;

pub use drawing::{WHOLE, Window, part, stop_sign};

use crate::{
    image::{self, ChannelOrder, Layout, Normalisation},
    registry::{ElementType, ModelEntry},
    tensor::{Input, NamedTensor, Tensor},
};
use ndarray::{ArrayD, IxDyn};
use serde::{Deserialize, Serialize};

/// The expected answer of a model to the drawing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Golden {
    /// Largest difference allowed on a CPU: of the value where it is below 1, of its share above.
    pub tolerance_cpu: f32,
    /// The same on accelerators, which round earlier.
    pub tolerance_accelerated: f32,
    /// What goes in: every input of the model once.
    #[serde(rename = "input")]
    pub inputs: Vec<GoldenInput>,
    /// What comes out.
    #[serde(rename = "output")]
    pub outputs: Vec<GoldenOutput>,
}

/// One input of the question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldenInput {
    /// Name of the input; in the file, `{a,b}` stands for both.
    pub name: String,
    /// Extent of each axis.
    pub shape: Vec<usize>,
    /// What it holds.
    pub content: Content,
}

/// What an input of a question holds, in the element type the input is declared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// The drawing, in the layout the shape tells by where its 3 stands. Bytes stay bytes.
    Drawing(Drawing),
    /// These numbers, in C order.
    Numbers(Vec<f32>),
    /// The same number everywhere; for bool, 0 or 1.
    Fill(f32),
    /// Numbers between plus and minus this one without any pattern: the upper 24 bits of
    /// `state = state * 1664525 + 1013904223` modulo 2^32 (Numerical Recipes), from state 0, as a
    /// share of 2^23, less 1.
    Noise(f32),
    /// A sawtooth from minus to plus `height`, with all the overtones of a voice.
    Sawtooth {
        /// Samples from one fall to the next; a power of two, so that it is exact.
        period: u16,
        /// Largest number.
        height: f32,
    },
}

/// How the drawing is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drawing {
    /// Which part of it.
    pub window: Window,
    /// Order of the channels.
    pub order: ChannelOrder,
    /// What its bytes become; not looked at where the input takes bytes.
    pub normalisation: Normalisation,
}
impl Default for Drawing {
    fn default() -> Self {
        Self {
            window: WHOLE,
            order: ChannelOrder::default(),
            normalisation: Normalisation::default(),
        }
    }
}

impl GoldenInput {
    fn tensor(&self, element: ElementType) -> Result<Tensor, String> {
        match &self.content {
            Content::Drawing(drawing) => self.drawing(drawing, element),
            Content::Numbers(numbers) => self.shaped(element, numbers.clone()),
            Content::Fill(number) => self.shaped(element, vec![*number; self.len()]),
            Content::Noise(height) => self.shaped(element, noise(self.len(), *height)),
            Content::Sawtooth { period, height } => {
                let period = usize::from(*period).max(1);
                let place = |index: usize| (index % period) as f32 / period as f32;
                let values = (0..self.len()).map(|index| (2.0 * place(index) - 1.0) * height);
                self.shaped(element, values.collect())
            }
        }
    }

    fn len(&self) -> usize {
        self.shape.iter().product()
    }

    fn drawing(&self, drawing: &Drawing, element: ElementType) -> Result<Tensor, String> {
        let (layout, height, width) = match *self.shape.as_slice() {
            [1, 3, height, width] => (Layout::Nchw, height, width),
            [1, height, width, 3] => (Layout::Nhwc, height, width),
            _ => return Err(format!("'{}' has not the shape of one image", self.name)),
        };
        let side = |extent| u32::try_from(extent).map_err(|_| "it is too large".to_owned());
        let size = (side(width)?, side(height)?);
        let picture = [part(size, drawing.window)];
        let tensor = if element == ElementType::U8 {
            image::nhwc(&picture, size, drawing.order)
        } else {
            let normalisation = &drawing.normalisation;
            image::numbers(&picture, size, layout, drawing.order, normalisation)
        };
        tensor.map_err(|error| error.to_string())
    }

    fn shaped(&self, element: ElementType, numbers: Vec<f32>) -> Result<Tensor, String> {
        let wrong = |_| format!("'{}' has not as many numbers as its shape", self.name);
        let array = ArrayD::from_shape_vec(IxDyn(&self.shape), numbers).map_err(wrong)?;
        Ok(match element {
            ElementType::F32 => Tensor::F32(array),
            ElementType::U8 => Tensor::U8(array.mapv(|number| number as u8)),
            ElementType::I32 => Tensor::I32(array.mapv(|number| number as i32)),
            ElementType::I64 => Tensor::I64(array.mapv(|number| number as i64)),
            ElementType::Bool => Tensor::Bool(array.mapv(|number| number != 0.0)),
        })
    }
}

fn noise(count: usize, height: f32) -> Vec<f32> {
    let mut state = 0_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) as f32 / 8_388_608.0 - 1.0) * height
    };
    (0..count).map(|_| next()).collect()
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
    /// The question, as the inputs of `entry`; a message if they do not fit it.
    pub(crate) fn inputs(&self, entry: &ModelEntry) -> Result<Vec<(&str, Input<'_>)>, String> {
        let named = self.inputs.iter().map(|input| {
            let mut specs = entry.inputs.iter();
            let spec = specs.find(|spec| spec.name == input.name);
            let spec = spec.ok_or_else(|| format!("no input '{}' is declared", input.name))?;
            let tensor = input.tensor(spec.element)?;
            Ok((input.name.as_str(), tensor.into()))
        });
        named.collect()
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
