//! The tensors of YOLO11, as those of YOLOv8.

use super::{
    answer::{detection, per_picture},
    classes,
    detector::Error,
};
use inference::{NamedTensor, image::Letterbox};
use tracking::Detection;

/// Side of the square it looks at, in pixels.
pub(super) const SIDE: u32 = 640;
/// Its input.
pub(super) const INPUT: &str = "images";
/// `[pictures, 84, anchors]`: centre and extent in pixels of the square, then 80 probabilities.
const OUTPUT: &str = "output0";
const BOX_ROWS: usize = 4;

/// The candidates of every picture, each anchor for its most probable class.
pub(super) fn read(
    answer: &[NamedTensor],
    placed: &[Option<Letterbox>],
    confidence: f64,
) -> Result<Vec<Vec<Detection>>, Error> {
    let outputs = per_picture(answer, OUTPUT, placed.len())?;
    let pairs = outputs.into_iter().zip(placed);
    pairs
        .map(|(values, place)| {
            let place = place.ok_or_else(|| Error::Answer("a picture without a place".into()))?;
            picture(values, place, confidence)
        })
        .collect()
}

fn picture(values: &[f32], place: Letterbox, confidence: f64) -> Result<Vec<Detection>, Error> {
    let rows = BOX_ROWS + classes::NAMES.len();
    let anchors = values.len() / rows;
    if anchors == 0 || anchors * rows != values.len() {
        return Err(Error::Answer(format!(
            "{} values in {rows} rows",
            values.len()
        )));
    }
    let (boxes, scores) = values.split_at(BOX_ROWS * anchors);
    let best = most_probable(scores, anchors);
    let at = |row: usize, anchor: usize| boxes.get(row * anchors + anchor).copied();
    Ok(best
        .into_iter()
        .enumerate()
        .filter(|(_, (_, score))| f64::from(*score) >= confidence)
        .filter_map(|(anchor, (class, score))| {
            let (x, y) = (at(0, anchor)?, at(1, anchor)?);
            let (across, down) = (at(2, anchor)? / 2.0, at(3, anchor)? / 2.0);
            let square = [x - across, y - down, x + across, y + down];
            let [left, top, right, bottom] = place.box_to_source(square).map(f64::from);
            let (wide, high) = (f64::from(place.source.0), f64::from(place.source.1));
            let shares = [left / wide, top / high, right / wide, bottom / high];
            detection(class, score, shares, confidence)
        })
        .collect())
}

/// The first class with the highest score of every anchor. Row by row, as the values lie in
/// memory: column by column is several times slower.
fn most_probable(scores: &[f32], anchors: usize) -> Vec<(usize, f32)> {
    let mut best = vec![(0, f32::NEG_INFINITY); anchors];
    for (class, row) in scores.chunks_exact(anchors).enumerate() {
        for (best, score) in best.iter_mut().zip(row) {
            if *score > best.1 {
                *best = (class, *score);
            }
        }
    }
    best
}
