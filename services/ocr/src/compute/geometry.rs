//! Points, rectangles at any angle and upright boxes.

/// A point, in whatever unit its owner says; x to the right, y down.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// Horizontally.
    pub x: f64,
    /// Vertically.
    pub y: f64,
}

impl Point {
    /// A point from its coordinates.
    #[must_use]
    pub const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }
    /// This point moved by `share` of the way `along`.
    #[must_use]
    pub fn moved(self, along: Self, share: f64) -> Self {
        Self::new(self.x + along.x * share, self.y + along.y * share)
    }
    fn to(self, other: Self) -> Self {
        Self::new(other.x - self.x, other.y - self.y)
    }
    fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }
    fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }
    fn length(self) -> f64 {
        self.x.hypot(self.y)
    }
}

/// How much longer than wide a line must be to be read along its longer side; PaddleOCR's value.
const UPRIGHT_RATIO: f64 = 1.5;
/// Horizontal part of a direction below which a line counts as vertical: about ten degrees.
const VERTICAL: f64 = 0.17;

/// A line of text: four corners, clockwise from where the text begins at its top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quad(pub [Point; 4]);

impl Quad {
    /// Length of the line along the direction of reading.
    #[must_use]
    pub fn width(&self) -> f64 {
        let [a, b, c, d] = self.0;
        a.to(b).length().max(d.to(c).length())
    }
    /// Height of the line across the direction of reading.
    #[must_use]
    pub fn height(&self) -> f64 {
        let [a, b, c, d] = self.0;
        a.to(d).length().max(b.to(c).length())
    }
    /// Direction of reading, in degrees clockwise from left to right, −180 to 180.
    #[must_use]
    pub fn rotation_degrees(&self) -> f64 {
        let [a, b, ..] = self.0;
        let along = a.to(b);
        along.y.atan2(along.x).to_degrees()
    }
    /// The same line read from its other end.
    #[must_use]
    pub const fn turned(&self) -> Self {
        let [a, b, c, d] = self.0;
        Self([c, d, a, b])
    }
    /// Whether the line runs more up or down than sideways.
    #[must_use]
    pub fn is_steep(&self) -> bool {
        let [a, b, ..] = self.0;
        let along = a.to(b);
        along.y.abs() > along.x.abs()
    }
    /// Every corner scaled, horizontally and vertically.
    #[must_use]
    pub fn scaled(&self, (across, down): (f64, f64)) -> Self {
        Self(self.0.map(|p| Point::new(p.x * across, p.y * down)))
    }
    /// The upright box around it.
    #[must_use]
    pub fn bounds(&self) -> BoundingBox {
        let fold = |pick: fn(f64, f64) -> f64, of: fn(&Point) -> f64| {
            self.0.iter().map(of).reduce(pick).unwrap_or_default()
        };
        BoundingBox {
            left: fold(f64::min, |p| p.x),
            top: fold(f64::min, |p| p.y),
            right: fold(f64::max, |p| p.x),
            bottom: fold(f64::max, |p| p.y),
        }
    }
    /// Whether a point lies inside or on the edge; corners may run either way round.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        let [a, b, c, d] = self.0;
        let sides = [(a, b), (b, c), (c, d), (d, a)];
        let turns = sides.map(|(from, to)| from.to(to).cross(from.to(point)));
        turns.iter().all(|turn| *turn >= 0.0) || turns.iter().all(|turn| *turn <= 0.0)
    }
}

/// A rectangle at any angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rectangle {
    /// Its middle.
    pub centre: Point,
    /// Unit vector along its first side.
    pub along: Point,
    /// Extent along `along`.
    pub width: f64,
    /// Extent across it.
    pub height: f64,
}

impl Rectangle {
    /// The smallest rectangle by area around some points; `None` of no points.
    ///
    /// One side of it lies on the convex hull (Freeman & Shapira, "Determining the
    /// minimum-area encasing rectangle for an arbitrary closed curve", 1975). Written here since
    /// the crates that have it bring linear algebra or round to whole pixels.
    #[must_use]
    pub fn around(points: &[Point]) -> Option<Self> {
        let hull = convex_hull(points);
        let first = *hull.first()?;
        let next = hull.iter().skip(1).chain(std::iter::once(&first));
        let candidates = hull.iter().zip(next).map(|(from, to)| {
            let side = from.to(*to);
            let length = side.length();
            let along = if length > 0.0 {
                Point::new(side.x / length, side.y / length)
            } else {
                Point::new(1.0, 0.0)
            };
            Self::along(along, &hull)
        });
        candidates.reduce(|best, other| {
            if other.area() < best.area() {
                other
            } else {
                best
            }
        })
    }

    fn along(along: Point, points: &[Point]) -> Self {
        let across = Point::new(-along.y, along.x);
        let extent = |axis: Point| {
            let places = points.iter().map(|point| point.dot(axis));
            places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| {
                (low.min(place), high.max(place))
            })
        };
        let ((left, right), (top, bottom)) = (extent(along), extent(across));
        let (x, y) = (left.midpoint(right), top.midpoint(bottom));
        Self {
            centre: Point::new(x * along.x + y * across.x, x * along.y + y * across.y),
            along,
            width: right - left,
            height: bottom - top,
        }
    }
    /// Its area.
    #[must_use]
    pub fn area(&self) -> f64 {
        self.width * self.height
    }
    /// Its shorter side.
    #[must_use]
    pub fn shorter(&self) -> f64 {
        self.width.min(self.height)
    }
    /// The same rectangle with every side moved outwards by `distance`.
    #[must_use]
    pub fn grown(&self, distance: f64) -> Self {
        Self {
            width: self.width + 2.0 * distance,
            height: self.height + 2.0 * distance,
            ..*self
        }
    }
    /// Its corners with `along` as the direction of reading.
    #[must_use]
    pub fn corners(&self) -> Quad {
        let along = self.along;
        let across = Point::new(-along.y, along.x);
        let (right, down) = (self.width / 2.0, self.height / 2.0);
        let corner = |x: f64, y: f64| self.centre.moved(along, x).moved(across, y);
        Quad([
            corner(-right, -down),
            corner(right, -down),
            corner(right, down),
            corner(-right, down),
        ])
    }
    /// Its corners in the likely direction of reading: a long rectangle along its longer side,
    /// rightwards, or downwards where it is vertical; a square one rightwards.
    #[must_use]
    pub fn as_line(&self) -> Quad {
        let standing = Self {
            along: Point::new(-self.along.y, self.along.x),
            width: self.height,
            height: self.width,
            ..*self
        };
        let (long, flat) = (
            if self.width >= self.height {
                *self
            } else {
                standing
            },
            if self.along.x.abs() >= self.along.y.abs() {
                *self
            } else {
                standing
            },
        );
        let chosen = if long.width >= UPRIGHT_RATIO * long.height {
            long
        } else {
            flat
        };
        let vertical = chosen.along.x.abs() < VERTICAL;
        let backwards = if vertical {
            chosen.along.y < 0.0
        } else {
            chosen.along.x < 0.0
        };
        let line = chosen.corners();
        if backwards { line.turned() } else { line }
    }
}

/// The convex hull, counter-clockwise in a y-up view (Andrew, "Another efficient algorithm for
/// convex hulls in two dimensions", 1979).
fn convex_hull(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let mut hull = chain(sorted.iter().copied());
    let upper = chain(sorted.iter().rev().copied());
    hull.pop();
    hull.extend(upper);
    hull.pop();
    hull
}

fn chain(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for point in points {
        while let [.., before, last] = kept.as_slice() {
            if before.to(*last).cross(last.to(point)) > 0.0 {
                break;
            }
            kept.pop();
        }
        kept.push(point);
    }
    kept
}

/// An upright box, as shares of the picture or in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Bottom edge.
    pub bottom: f64,
}

impl BoundingBox {
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
    pub fn centre(self) -> Point {
        Point::new(
            self.left.midpoint(self.right),
            self.top.midpoint(self.bottom),
        )
    }
    /// The edges `[left, top, right, bottom]`.
    #[must_use]
    pub const fn edges(self) -> [f64; 4] {
        [self.left, self.top, self.right, self.bottom]
    }
    /// The box cut to the unit square.
    #[must_use]
    pub fn clipped(self) -> Self {
        Self {
            left: self.left.clamp(0.0, 1.0),
            top: self.top.clamp(0.0, 1.0),
            right: self.right.clamp(0.0, 1.0),
            bottom: self.bottom.clamp(0.0, 1.0),
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
        shared / (self.width() * self.height() + other.width() * other.height() - shared)
    }
}
