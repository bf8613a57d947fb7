//! Where a face looks: how far the irises stand from the middle of the eyes.

use contracts::people::{GazeDirection, HeadPose};

/// Width of the opening of an eye by the radius of the eyeball: 30 mm by 12 mm in adults. An
/// eyeball turned by an angle moves its iris by the sine of the angle over this, in eye widths.
pub const EYE_WIDTHS_PER_RADIUS: f64 = 2.5;
/// How far above the line between its corners the iris of an eye stands that looks straight ahead
/// out of an upright head, in eye widths: the mean over 80 frontal faces that look into the camera
/// (emotion sheets of the package openpeople 0.1.2), standard deviation 0.019.
pub const REST_ABOVE_CORNERS: f64 = 0.029;

/// Points of the mesh: the outer and inner corner, the iris, the middle of the upper and of the
/// lower lid; of the person's right and left eye.
const EYES: [[usize; 5]; 2] = [[33, 133, 468, 159, 145], [263, 362, 473, 386, 374]];

/// One eye, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eye {
    /// Its two corners.
    pub corners: [(f64, f64); 2],
    /// Middle of its iris.
    pub iris: (f64, f64),
    /// Middle of its upper and lower lid.
    pub lids: [(f64, f64); 2],
}

impl Eye {
    /// Both eyes of a mesh with irises; `None` of one without.
    #[must_use]
    pub fn both(points: &[[f64; 3]]) -> Option<[Self; 2]> {
        let at = |place: usize| points.get(place).map(|[x, y, _]| (*x, *y));
        let eye = |[outer, inner, iris, upper, lower]: [usize; 5]| {
            Some(Self {
                corners: [at(outer)?, at(inner)?],
                iris: at(iris)?,
                lids: [at(upper)?, at(lower)?],
            })
        };
        let [right, left] = EYES;
        Some([eye(right)?, eye(left)?])
    }

    /// Distance between its corners, in pixels.
    #[must_use]
    pub fn width(&self) -> f64 {
        distance(self.corners[0], self.corners[1])
    }

    /// Distance between its lids, in eye widths.
    #[must_use]
    pub fn openness(&self) -> f64 {
        distance(self.lids[0], self.lids[1]) / self.width()
    }

    /// From the middle between its corners to the iris, in eye widths, to the right and down.
    #[must_use]
    pub fn offset(&self) -> (f64, f64) {
        let [(x0, y0), (x1, y1)] = self.corners;
        let width = self.width();
        (
            (self.iris.0 - x0.midpoint(x1)) / width,
            (self.iris.1 - y0.midpoint(y1)) / width,
        )
    }
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// What counts as looking into the camera, and when eyes can be read at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GazeRule {
    /// Offset at which eye contact ends, in eye widths.
    pub limit: f64,
    /// Offset of the irises of eyes that look straight ahead, in eye widths, to the right and down.
    pub rest: (f64, f64),
    /// Least width of an eye, in pixels.
    pub least_width: f64,
    /// Least opening of an eye, in eye widths.
    pub least_openness: f64,
}

/// Why a gaze cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unread {
    /// The eyes have too few pixels.
    EyesTooSmall,
    /// The eyes are closed, or nearly.
    EyesClosed,
}

/// Where a face looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// 1 into the camera, 0 from the limit on.
    pub eye_contact: f64,
    /// Into the camera, or the main direction.
    pub direction: GazeDirection,
    /// Offset of the irises, in eye widths, to the right and down.
    pub offset: (f64, f64),
}

impl Look {
    /// Length of the offset.
    #[must_use]
    pub fn magnitude(&self) -> f64 {
        self.offset.0.hypot(self.offset.1)
    }
}

/// Reads two eyes. The offset is the mean of both. With a head pose it is counted from where the
/// irises of a head so turned would look into the camera; without one the head is taken to face
/// it.
///
/// # Errors
/// [`Unread`] if the eyes cannot be read.
pub fn read(eyes: &[Eye; 2], head: Option<&HeadPose>, rule: &GazeRule) -> Result<Look, Unread> {
    let mean = |of: fn(&Eye) -> f64| of(&eyes[0]).midpoint(of(&eyes[1]));
    let width = eyes[0].width().min(eyes[1].width());
    if width.is_nan() || width <= 0.0 || mean(Eye::width) < rule.least_width {
        return Err(Unread::EyesTooSmall);
    }
    if mean(Eye::openness) < rule.least_openness {
        return Err(Unread::EyesClosed);
    }
    let turn = |degrees: f64| degrees.to_radians().sin() / EYE_WIDTHS_PER_RADIUS;
    let yaw = head.map_or(0.0, |head| turn(head.yaw_degrees));
    let pitch = head.map_or(0.0, |head| turn(head.pitch_degrees));
    let x = mean(|eye| eye.offset().0) - rule.rest.0 + yaw;
    let y = mean(|eye| eye.offset().1) - rule.rest.1 - pitch;
    let magnitude = x.hypot(y);
    let (eye_contact, direction) = if magnitude < rule.limit {
        (1.0 - magnitude / rule.limit, GazeDirection::Camera)
    } else {
        (0.0, main_direction(x, y))
    };
    Ok(Look {
        eye_contact,
        direction,
        offset: (x, y),
    })
}

fn main_direction(x: f64, y: f64) -> GazeDirection {
    match (x.abs() > y.abs(), x > 0.0, y > 0.0) {
        (true, true, _) => GazeDirection::Right,
        (true, false, _) => GazeDirection::Left,
        (false, _, true) => GazeDirection::Down,
        (false, _, false) => GazeDirection::Up,
    }
}
