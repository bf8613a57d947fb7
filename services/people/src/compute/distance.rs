//! How near the camera is.

use contracts::people::{CameraDistance, DistanceClass, DistanceSource};
use tracking::BoundingBox;

/// Shares of the picture's area above which the camera is close, and at medium distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistanceRule {
    /// For the box of a face.
    pub face: (f64, f64),
    /// For the box of a person whose face is not seen.
    pub person: (f64, f64),
}

/// The distance told from the largest face, else from the largest person; `None` of nobody.
#[must_use]
pub fn camera_distance(
    faces: impl IntoIterator<Item = BoundingBox>,
    persons: impl IntoIterator<Item = BoundingBox>,
    rule: &DistanceRule,
) -> Option<CameraDistance> {
    let area = |bbox: BoundingBox| bbox.width() * bbox.height();
    let face = faces.into_iter().map(area).reduce(f64::max);
    let person = || persons.into_iter().map(area).reduce(f64::max);
    let (share, source, (close, medium)) = match face {
        Some(share) => (share, DistanceSource::Face, rule.face),
        None => (person()?, DistanceSource::Person, rule.person),
    };
    let class = if share > close {
        DistanceClass::Close
    } else if share > medium {
        DistanceClass::Medium
    } else {
        DistanceClass::Wide
    };
    Some(CameraDistance {
        class,
        source,
        share,
    })
}
