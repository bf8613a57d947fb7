//! Tensors as they enter and leave a model: plain arrays, so that no caller depends on the
//! library behind it.

use crate::registry::ElementType;
use ndarray::ArrayD;

/// An input.
#[derive(Debug, Clone, PartialEq)]
pub enum Tensor {
    /// Unsigned bytes, as images are.
    U8(ArrayD<u8>),
    /// Single precision.
    F32(ArrayD<f32>),
    /// Signed, 32 bits.
    I32(ArrayD<i32>),
    /// Signed, 64 bits.
    I64(ArrayD<i64>),
}

impl Tensor {
    /// Type of its elements.
    #[must_use]
    pub fn element(&self) -> ElementType {
        match self {
            Self::U8(_) => ElementType::U8,
            Self::F32(_) => ElementType::F32,
            Self::I32(_) => ElementType::I32,
            Self::I64(_) => ElementType::I64,
        }
    }
    /// Extent of each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::U8(array) => array.shape(),
            Self::F32(array) => array.shape(),
            Self::I32(array) => array.shape(),
            Self::I64(array) => array.shape(),
        }
    }
}

/// An output, with the name the graph gives it. Its values are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Name, as declared in the manifest.
    pub name: String,
    /// Values, in C order.
    pub tensor: ArrayD<f32>,
}
