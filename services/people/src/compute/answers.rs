//! Reading tensors by name.

use super::Error;
use inference::{NamedTensor, image::Crop};

/// The values of an output, `count` of them.
///
/// # Errors
/// [`Error::Answer`] if there is no such output, or it has another number of values.
pub fn values<'a>(answer: &'a [NamedTensor], name: &str, count: usize) -> Result<&'a [f32], Error> {
    let output = answer
        .iter()
        .find(|output| output.name == name)
        .ok_or_else(|| Error::Answer(format!("no output '{name}'")))?;
    let values = output.tensor.as_slice().unwrap_or_default();
    if values.len() == count {
        Ok(values)
    } else {
        let found = values.len();
        Err(Error::Answer(format!(
            "{found} values in '{name}', expected {count}"
        )))
    }
}

/// The one value of an output.
///
/// # Errors
/// As [`values`].
pub fn single(answer: &[NamedTensor], name: &str) -> Result<f64, Error> {
    let value = values(answer, name, 1)?.first().copied();
    Ok(value.map(f64::from).unwrap_or_default())
}

/// The logistic function: a probability for a logit.
#[must_use]
pub fn probability(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

/// A point in pixels of a crop with a depth in the same unit, as one of the picture.
#[must_use]
pub fn solid([x, y, z]: [f32; 3], crop: &Crop) -> [f64; 3] {
    let depth = z * crop.pixel_steps().0;
    let (x, y) = crop.to_source((x, y));
    [x, y, depth].map(f64::from)
}
