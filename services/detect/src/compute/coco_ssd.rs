//! The tensors of coco-ssd.

use super::{
    answer::{detection, per_picture},
    classes,
    detector::Error,
};
use inference::NamedTensor;
use tracking::Detection;

/// Side of the square it looks at, in pixels.
pub(super) const SIDE: u32 = 300;
/// Its input.
pub(super) const INPUT: &str = "image_tensor:0";
/// `[pictures, anchors, 90]`, probabilities.
const SCORES: &str = "Postprocessor/Slice:0";
/// `[pictures, anchors, 1, 4]`, top, left, bottom, right as shares of the picture.
const BOXES: &str = "Postprocessor/ExpandDims_1:0";
const COLUMNS: usize = 90;
const EDGES: usize = 4;

/// Every anchor speaks for its most probable class only.
pub(super) fn read(
    answer: &[NamedTensor],
    pictures: usize,
    confidence: f64,
) -> Result<Vec<Vec<Detection>>, Error> {
    let scores = per_picture(answer, SCORES, pictures)?;
    let boxes = per_picture(answer, BOXES, pictures)?;
    let pairs = scores.into_iter().zip(boxes);
    pairs
        .map(|(scores, boxes)| picture(scores, boxes, confidence))
        .collect()
}

fn picture(scores: &[f32], boxes: &[f32], confidence: f64) -> Result<Vec<Detection>, Error> {
    let (rows, rest) = scores.as_chunks::<COLUMNS>();
    let (boxes, odd) = boxes.as_chunks::<EDGES>();
    if rows.len() != boxes.len() || !rest.is_empty() || !odd.is_empty() {
        let counts = format!("{} scores for {} boxes", scores.len(), boxes.len());
        return Err(Error::Answer(counts));
    }
    let anchors = rows.iter().zip(boxes);
    Ok(anchors
        .filter_map(|(row, [top, left, bottom, right])| {
            let (class, score) = most_probable(row)?;
            let edges = [*left, *top, *right, *bottom].map(f64::from);
            detection(class, score, edges, confidence)
        })
        .collect())
}

/// The first class with the highest score; ids without pictures do not count.
fn most_probable(row: &[f32]) -> Option<(usize, f32)> {
    let columns = row.iter().enumerate();
    columns
        .filter_map(|(column, score)| Some((classes::of_column(column)?, *score)))
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
}
