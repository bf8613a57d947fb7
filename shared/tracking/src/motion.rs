//! Where a box will be: a Kalman filter for its middle over real seconds.

use super::geometry::BoundingBox;

/// Standard deviation of a measured middle, as a share of the box (ByteTrack: 1/20).
const MEASURE: f64 = 0.05;
/// How far the speed may drift in one second, in boxes per second.
const DRIFT: f64 = 1.0;
/// Standard deviation of the speed at the first sight, in boxes per second.
const FIRST_SPEED: f64 = 0.5;

/// Position and speed along one axis with their covariance: constant velocity, disturbed by
/// white acceleration (Bar-Shalom, Li & Kirubarajan, "Estimation with applications to tracking
/// and navigation", 2001, section 6.2.2).
#[derive(Debug, Clone, Copy)]
struct Axis {
    position: f64,
    speed: f64,
    position_variance: f64,
    covariance: f64,
    speed_variance: f64,
}

impl Axis {
    fn new(position: f64, extent: f64) -> Self {
        Self {
            position,
            speed: 0.0,
            position_variance: (MEASURE * extent).powi(2),
            covariance: 0.0,
            speed_variance: (FIRST_SPEED * extent).powi(2),
        }
    }
    fn after(self, seconds: f64, extent: f64) -> Self {
        let drift = (DRIFT * extent).powi(2);
        Self {
            position: self.position + seconds * self.speed,
            speed: self.speed,
            position_variance: self.position_variance
                + 2.0 * seconds * self.covariance
                + seconds.powi(2) * self.speed_variance
                + drift * seconds.powi(3) / 3.0,
            covariance: self.covariance
                + seconds * self.speed_variance
                + drift * seconds.powi(2) / 2.0,
            speed_variance: self.speed_variance + drift * seconds,
        }
    }
    fn corrected(self, measured: f64, extent: f64) -> Self {
        let total = self.position_variance + (MEASURE * extent).powi(2);
        let (gain, speed_gain) = (self.position_variance / total, self.covariance / total);
        let surprise = measured - self.position;
        Self {
            position: self.position + gain * surprise,
            speed: self.speed + speed_gain * surprise,
            position_variance: (1.0 - gain) * self.position_variance,
            covariance: (1.0 - gain) * self.covariance,
            speed_variance: self.speed_variance - speed_gain * self.covariance,
        }
    }
}

/// The motion of one box; its size is the one last seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    across: Axis,
    down: Axis,
    seen: BoundingBox,
}

impl Motion {
    pub(super) fn new(bbox: BoundingBox) -> Self {
        let (x, y) = bbox.centre();
        Self {
            across: Axis::new(x, bbox.width()),
            down: Axis::new(y, bbox.height()),
            seen: bbox,
        }
    }
    /// The box as it was last seen.
    pub(super) fn last(&self) -> BoundingBox {
        self.seen
    }
    /// The box as it should be `seconds` after it was last seen.
    pub(super) fn predicted(&self, seconds: f64) -> BoundingBox {
        let across = self.across.after(seconds, self.seen.width());
        let down = self.down.after(seconds, self.seen.height());
        self.seen.centred_at((across.position, down.position))
    }
    /// The motion with a box seen `seconds` after the last.
    pub(super) fn seen(&self, bbox: BoundingBox, seconds: f64) -> Self {
        let (x, y) = bbox.centre();
        let (width, height) = (bbox.width(), bbox.height());
        Self {
            across: self.across.after(seconds, width).corrected(x, width),
            down: self.down.after(seconds, height).corrected(y, height),
            seen: bbox,
        }
    }
}
