//! How much of the picture persons cover.

use crate::compute::{events::Objects, numbers};
use contracts::MediaTime;

/// Class of the detections of persons, as COCO names it.
const PERSON: &str = "person";

/// Mean over the frames looked at of the share (0–1) of the picture that the union of the boxes of
/// persons covers; `None` if no frame was looked at or the picture has no size.
#[must_use]
pub fn person_coverage(objects: &Objects, picture: (u32, u32)) -> Option<f64> {
    let (width, height) = (f64::from(picture.0), f64::from(picture.1));
    if width * height <= 0.0 {
        return None;
    }
    let of_frame = |time: MediaTime| {
        let first = objects.detections.partition_point(|one| one.time < time);
        let end = objects.detections.partition_point(|one| one.time <= time);
        &objects.detections[first..end]
    };
    let shares: Vec<f64> = objects
        .frames
        .iter()
        .map(|time| {
            let boxes: Vec<[f64; 4]> = of_frame(*time)
                .iter()
                .filter(|one| one.class == PERSON)
                .map(|one| inside(one.bbox, width, height))
                .collect();
            // Rounding must not carry it over the end.
            (union_area(&boxes) / (width * height)).clamp(0.0, 1.0)
        })
        .collect();
    numbers::mean(&shares)
}

fn inside([x1, y1, x2, y2]: [f64; 4], width: f64, height: f64) -> [f64; 4] {
    let across = |x: f64| x.clamp(0.0, width);
    let down = |y: f64| y.clamp(0.0, height);
    [across(x1), down(y1), across(x2), down(y2)]
}

/// Area of the union of boxes `[x1, y1, x2, y2]`; what lies in several counts once.
#[must_use]
pub fn union_area(boxes: &[[f64; 4]]) -> f64 {
    let mut edges: Vec<f64> = boxes.iter().flat_map(|one| [one[0], one[2]]).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    // In a strip between two edges every box is there from side to side, or not at all.
    edges.windows(2).fold(0.0, |sum, strip| {
        let crossing = boxes
            .iter()
            .filter(|one| one[0] <= strip[0] && strip[1] <= one[2]);
        let mut spans: Vec<(f64, f64)> = crossing.map(|one| (one[1], one[3])).collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        sum + (strip[1] - strip[0]) * union_length(&spans)
    })
}

/// Length of the union of intervals that begin by rising place.
fn union_length(spans: &[(f64, f64)]) -> f64 {
    let (mut length, mut until) = (0.0, f64::NEG_INFINITY);
    for (start, end) in spans {
        length += (end - start.max(until)).max(0.0);
        until = until.max(*end);
    }
    length
}
