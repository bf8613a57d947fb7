//! Suppression of doubles among boxes that carry something with them.

use std::cmp::Ordering;
use tracking::BoundingBox;

/// A box with the confidence in it.
pub trait Boxed {
    /// The box; doubles are told by its overlap.
    fn bbox(&self) -> BoundingBox;
    /// The confidence, 0–1.
    fn confidence(&self) -> f64;
}

/// Greedy non-maximum suppression: from the most confident on, one stays unless it overlaps one
/// that stayed by more than `limit` (intersection over union). The order of `found` does not
/// matter.
#[must_use]
pub fn without_doubles<T: Boxed>(mut found: Vec<T>, limit: f64) -> Vec<T> {
    found.sort_by(|a, b| {
        let confidence = b.confidence().total_cmp(&a.confidence());
        confidence.then_with(|| by_edges(a.bbox(), b.bbox()))
    });
    let mut kept: Vec<T> = Vec::new();
    for one in found {
        let doubled = |other: &T| other.bbox().overlap(one.bbox()) > limit;
        if !kept.iter().any(doubled) {
            kept.push(one);
        }
    }
    kept
}

/// Sorts by falling area, then by place, so that equal ones have one order.
pub fn largest_first<T: Boxed>(found: &mut [T]) {
    let area = |one: &T| one.bbox().width() * one.bbox().height();
    found.sort_by(|a, b| {
        let size = area(b).total_cmp(&area(a));
        size.then_with(|| by_edges(a.bbox(), b.bbox()))
    });
}

fn by_edges(a: BoundingBox, b: BoundingBox) -> Ordering {
    let edges = |one: BoundingBox| [one.left, one.top, one.right, one.bottom];
    let pairs = edges(a).into_iter().zip(edges(b));
    let mut orders = pairs.map(|(a, b)| a.total_cmp(&b));
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
