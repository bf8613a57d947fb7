//! Tensors as they enter and leave a model: plain arrays, so that no caller depends on the
//! library behind it.

use crate::registry::ElementType;
use ndarray::ArrayD;
use ort::value::DynValue;
use std::fmt;

/// A tensor to be put into a model.
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
    /// True or false.
    Bool(ArrayD<bool>),
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
            Self::Bool(_) => ElementType::Bool,
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
            Self::Bool(array) => array.shape(),
        }
    }
}

/// An output that stayed where it was computed, to be an input again; see
/// [`crate::Model::run_keeping`].
pub struct Kept(pub(crate) DynValue);

impl Kept {
    /// Extent of each axis.
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        let shape = self.0.shape().iter();
        shape
            .map(|&extent| usize::try_from(extent).unwrap_or_default())
            .collect()
    }
}
impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kept").field(&self.shape()).finish()
    }
}

/// What [`crate::Model::run_keeping`] takes: a tensor, or what an earlier run kept.
#[derive(Debug)]
pub enum Input<'a> {
    /// New numbers.
    Tensor(Tensor),
    /// An output of an earlier run; it can be used any number of times.
    Kept(&'a Kept),
}
impl From<Tensor> for Input<'_> {
    fn from(tensor: Tensor) -> Self {
        Self::Tensor(tensor)
    }
}
impl<'a> From<&'a Kept> for Input<'a> {
    fn from(kept: &'a Kept) -> Self {
        Self::Kept(kept)
    }
}

/// An output, with the name the graph gives it. Its values are finite; bytes are given as the
/// numbers they are.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedTensor {
    /// Name, as declared in the manifest.
    pub name: String,
    /// Values, in C order.
    pub tensor: ArrayD<f32>,
}
