//! Boxes as shares of the picture, and the suppression of doubles.

use std::cmp::Ordering;

/// A box as shares of the picture's width and height, from the top left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// Left edge, 0–1.
    pub left: f64,
    /// Top edge, 0–1.
    pub top: f64,
    /// Right edge, 0–1.
    pub right: f64,
    /// Bottom edge, 0–1.
    pub bottom: f64,
}

impl BoundingBox {
    /// A box cut to the picture; `None` if nothing of it is inside or a number is not finite.
    #[must_use]
    pub fn clipped([left, top, right, bottom]: [f64; 4]) -> Option<Self> {
        let edges = [left, top, right, bottom];
        if edges.iter().any(|edge| !edge.is_finite()) {
            return None;
        }
        let [left, top, right, bottom] = edges.map(|edge| edge.clamp(0.0, 1.0));
        (left < right && top < bottom).then_some(Self {
            left,
            top,
            right,
            bottom,
        })
    }
    /// Horizontal extent.
    #[must_use]
    pub fn width(self) -> f64 {
        self.right - self.left
    }
    /// Vertical extent.
    #[must_use]
    pub fn height(self) -> f64 {
        self.bottom - self.top
    }
    /// Middle, horizontally and vertically.
    #[must_use]
    pub fn centre(self) -> (f64, f64) {
        (
            self.left.midpoint(self.right),
            self.top.midpoint(self.bottom),
        )
    }
    /// A box of the same size with another middle.
    #[must_use]
    pub fn centred_at(self, (x, y): (f64, f64)) -> Self {
        let (half_width, half_height) = (self.width() / 2.0, self.height() / 2.0);
        Self {
            left: x - half_width,
            top: y - half_height,
            right: x + half_width,
            bottom: y + half_height,
        }
    }
    /// A box that is larger by `share` of its size on every side.
    #[must_use]
    pub fn grown(self, share: f64) -> Self {
        let (across, down) = (share * self.width(), share * self.height());
        Self {
            left: self.left - across,
            top: self.top - down,
            right: self.right + across,
            bottom: self.bottom + down,
        }
    }
    /// Intersection over union, 0–1.
    #[must_use]
    pub fn overlap(self, other: Self) -> f64 {
        let across = self.right.min(other.right) - self.left.max(other.left);
        let down = self.bottom.min(other.bottom) - self.top.max(other.top);
        if across <= 0.0 || down <= 0.0 {
            return 0.0;
        }
        let shared = across * down;
        let union = self.width() * self.height() + other.width() * other.height() - shared;
        shared / union
    }
    fn edges(self) -> [f64; 4] {
        [self.left, self.top, self.right, self.bottom]
    }
}

/// One thing in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// Number of its class; only boxes of one class are compared.
    pub class: usize,
    /// Detector's confidence, 0–1.
    pub confidence: f64,
    /// Where it is.
    pub bbox: BoundingBox,
}

impl Detection {
    /// The one order of detections: by falling confidence, then class, then edges. Total, so that
    /// no result depends on the order in which a model lists its answers.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let by_edges = || {
            let pairs = self.bbox.edges().into_iter().zip(other.bbox.edges());
            pairs
                .map(|(a, b)| a.total_cmp(&b))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        other
            .confidence
            .total_cmp(&self.confidence)
            .then(self.class.cmp(&other.class))
            .then_with(by_edges)
    }
}

/// Greedy non-maximum suppression class by class: from the most confident on, a detection stays
/// unless it overlaps one of its class that stayed by more than `limit`. At most `most` stay.
#[must_use]
pub fn suppress(mut found: Vec<Detection>, limit: f64, most: usize) -> Vec<Detection> {
    found.sort_by(Detection::order);
    let mut kept: Vec<Detection> = Vec::new();
    for detection in found {
        if kept.len() == most {
            break;
        }
        let doubled = kept.iter().any(|other| {
            other.class == detection.class && other.bbox.overlap(detection.bbox) > limit
        });
        if !doubled {
            kept.push(detection);
        }
    }
    kept
}
