//! What the answers of all models have in common.

use super::detector::Error;
use inference::NamedTensor;
use tracking::{BoundingBox, Detection};

/// The values of an output, cut into one slice per picture.
pub(super) fn per_picture<'a>(
    answer: &'a [NamedTensor],
    name: &str,
    pictures: usize,
) -> Result<Vec<&'a [f32]>, Error> {
    let output = answer
        .iter()
        .find(|output| output.name == name)
        .ok_or_else(|| Error::Answer(format!("no output '{name}'")))?;
    let values = output.tensor.as_slice().unwrap_or_default();
    let shape = output.tensor.shape();
    if shape.first() != Some(&pictures) || pictures == 0 || values.is_empty() {
        return Err(Error::Answer(format!(
            "shape {shape:?} for {pictures} pictures"
        )));
    }
    Ok(values.chunks_exact(values.len() / pictures).collect())
}

/// A detection, if it is confident enough and its box (left, top, right, bottom as shares of the
/// picture) lies in the picture.
pub(super) fn detection(
    class: usize,
    score: f32,
    edges: [f64; 4],
    lowest: f64,
) -> Option<Detection> {
    let confidence = f64::from(score).min(1.0);
    if confidence < lowest {
        return None;
    }
    Some(Detection {
        class,
        confidence,
        bbox: BoundingBox::clipped(edges)?,
    })
}
