//! Rectangles, boxes and cutting, on made values.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use contracts::text::TextPosition;
use media::RgbPicture;
use ocr::compute::{
    crops::{LINE_HEIGHT, Line, line_tensor},
    geometry::{BoundingBox, Point, Quad, Rectangle},
    position,
};
use proptest::prelude::*;

const CLOSE: f64 = 1e-6;

fn upright(left: f64, top: f64, right: f64, bottom: f64) -> Quad {
    Quad([
        Point::new(left, top),
        Point::new(right, top),
        Point::new(right, bottom),
        Point::new(left, bottom),
    ])
}

fn rectangle() -> impl Strategy<Value = Rectangle> {
    let sides = (1.0..400.0_f64, 1.0..400.0_f64);
    (
        (-100.0..900.0_f64, -100.0..900.0_f64),
        sides,
        0.0..360.0_f64,
    )
        .prop_map(|((x, y), (width, height), degrees)| Rectangle {
            centre: Point::new(x, y),
            along: Point::new(degrees.to_radians().cos(), degrees.to_radians().sin()),
            width,
            height,
        })
}

fn direction(quad: &Quad) -> Point {
    let [a, b, ..] = quad.0;
    Point::new(b.x - a.x, b.y - a.y)
}

proptest! {
    #[test]
    fn the_smallest_rectangle_around_a_rectangle_is_itself(given in rectangle()) {
        let found = Rectangle::around(&given.corners().0).unwrap();
        prop_assert!((found.area() - given.area()).abs() <= 1e-6 * given.area().max(1.0));
        prop_assert!((found.shorter() - given.shorter()).abs() <= 1e-6);
        prop_assert!((found.centre.x - given.centre.x).abs() <= CLOSE);
        prop_assert!((found.centre.y - given.centre.y).abs() <= CLOSE);
    }

    #[test]
    fn the_smallest_rectangle_holds_all_points(
        points in prop::collection::vec((0.0..700.0_f64, 0.0..700.0_f64), 1..40)
    ) {
        let points: Vec<Point> = points.into_iter().map(|(x, y)| Point::new(x, y)).collect();
        let found = Rectangle::around(&points).unwrap();
        let upright = Rectangle {
            along: Point::new(1.0, 0.0),
            ..found
        };
        prop_assert!(found.area().is_finite() && upright.area() >= 0.0);
        let with_margin = found.grown(1e-6).corners();
        for point in points {
            prop_assert!(with_margin.contains(point), "{point:?} outside {found:?}");
        }
    }

    #[test]
    fn lines_run_rightwards_or_down(given in rectangle()) {
        let line = given.as_line();
        let along = direction(&line);
        let length = along.x.hypot(along.y);
        prop_assert!(along.x >= -0.18 * length, "{along:?}");
        prop_assert!(along.x >= 0.17 * length || along.y > 0.0, "{along:?}");
        if given.width.max(given.height) >= 1.6 * given.shorter() {
            prop_assert!(line.width() >= line.height());
        } else if given.width.max(given.height) < 1.4 * given.shorter() {
            prop_assert!(along.x.abs() >= along.y.abs() - CLOSE);
        }
        // Corners stay clockwise: across is to the right of along.
        let [a, b, _, d] = line.0;
        let turn = (b.x - a.x) * (d.y - a.y) - (b.y - a.y) * (d.x - a.x);
        prop_assert!(turn > 0.0);
    }

    #[test]
    fn turning_twice_is_nothing(given in rectangle()) {
        let line = given.as_line();
        prop_assert_eq!(line.turned().turned(), line);
        prop_assert_eq!(line.turned().bounds(), line.bounds());
    }

    #[test]
    fn overlap_is_a_symmetric_share(a in rectangle(), b in rectangle()) {
        let (a, b) = (a.corners().bounds(), b.corners().bounds());
        let overlap = a.overlap(b);
        prop_assert!((0.0..=1.0 + CLOSE).contains(&overlap));
        prop_assert!((overlap - b.overlap(a)).abs() <= CLOSE);
        prop_assert!((a.overlap(a) - 1.0).abs() <= CLOSE);
    }
}

proptest! {
    // Each case cuts up to a hundred thousand pixels.
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn cutting_never_fails_and_has_the_height_of_a_line(
        given in rectangle(), (width, height) in (1_u32..90, 1_u32..90)
    ) {
        let picture = RgbPicture { width, height, data: vec![77; (width * height * 3) as usize] };
        let shares = (1.0 / f64::from(width), 1.0 / f64::from(height));
        let line = Line::cut(&picture, &given.as_line().scaled(shares), 640).unwrap();
        prop_assert!((1..=640).contains(&line.width));
        prop_assert_eq!(line.rgb.len(), (line.width * LINE_HEIGHT * 3) as usize);
        prop_assert!(line.rgb.iter().all(|value| *value == 77), "beyond the edge it goes on");
    }

    #[test]
    fn a_line_at_any_angle_holds_what_stands_under_it(
        (x, y) in (100.0..150.0_f64, 100.0..150.0_f64),
        (width, height) in (20.0..120.0_f64, 10.0..60.0_f64),
        degrees in 0.0..360.0_f64,
    ) {
        /// Corners are on whole pixels, sides are whole pixels, and scaling mixes neighbours.
        const PIXELS: f64 = 3.0;
        let given = Rectangle {
            centre: Point::new(x, y),
            along: Point::new(degrees.to_radians().cos(), degrees.to_radians().sin()),
            width,
            height,
        };
        let quad = given.as_line();
        let line = Line::cut(&coordinates(250, 250), &quad.scaled((0.004, 0.004)), 2_000).unwrap();
        let [origin, right, _, below] = quad.0;
        let step = |to: Point| Point::new(to.x - origin.x, to.y - origin.y);
        let (pixels, _) = line.rgb.as_chunks::<3>();
        for (at, [red, green, _]) in pixels.iter().enumerate() {
            let (column, row) = (at as u32 % line.width, at as u32 / line.width);
            let under = origin
                .moved(step(right), (f64::from(column) + 0.5) / f64::from(line.width))
                .moved(step(below), (f64::from(row) + 0.5) / f64::from(LINE_HEIGHT));
            let off = (f64::from(*red) - under.x).abs().max((f64::from(*green) - under.y).abs());
            prop_assert!(off <= PIXELS, "{off} pixels off at {column}, {row}");
        }
    }
}

/// A picture in which every pixel has its own colour.
fn coordinates(width: u32, height: u32) -> RgbPicture {
    let pixels = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 0]));
    RgbPicture {
        width,
        height,
        data: pixels.collect(),
    }
}

#[test]
fn an_upright_line_of_full_height_is_copied() {
    let picture = coordinates(200, 100);
    let quad = upright(0.1, 0.2, 0.6, 0.68);
    let line = Line::cut(&picture, &quad, 640).unwrap();
    assert_eq!(line.width, 100);
    assert_eq!(line.rgb[..3], [20, 20, 0]);
    assert_eq!(line.rgb[line.rgb.len() - 3..], [119, 67, 0]);
    let turned = line.turned();
    assert_eq!(turned.rgb[..3], [119, 67, 0]);
    assert_eq!(turned.turned(), line);
}

#[test]
fn a_line_down_the_picture_is_laid_flat() {
    let picture = coordinates(100, 200);
    // 48 pixels across, 120 down.
    let standing = Rectangle {
        centre: Point::new(0.5 * 100.0, 0.5 * 200.0),
        along: Point::new(1.0, 0.0),
        width: 48.0,
        height: 120.0,
    };
    let line = Line::cut(&picture, &standing.as_line().scaled((0.01, 0.005)), 640).unwrap();
    assert_eq!(line.width, 120);
    // It begins at its top right and runs down.
    assert_eq!(line.rgb[..3], [74, 40, 0]);
    assert_eq!(line.rgb[3..6], [74, 41, 0]);
}

#[test]
fn a_long_line_is_squeezed_and_a_short_one_filled_up() {
    let picture = coordinates(200, 100);
    let long = Line::cut(&picture, &upright(0.0, 0.0, 1.0, 0.05), 640).unwrap();
    assert_eq!(long.width, 640);
    let short = Line::cut(&picture, &upright(0.0, 0.0, 0.24, 0.48), 640).unwrap();
    assert_eq!((short.width, short.input_width()), (48, 320));
    assert_eq!(long.input_width(), 640);
    let tensor = line_tensor(&[&short, &long], 320).unwrap();
    assert_eq!(tensor.shape(), [2, 3, 48, 320]);
}

#[test]
fn positions_follow_the_middle() {
    let places = [
        (0.1, 0.1, TextPosition::TopLeft),
        (0.5, 0.2, TextPosition::TopCenter),
        (0.5, 0.5, TextPosition::MiddleCenter),
        (0.9, 0.5, TextPosition::MiddleRight),
        (0.5, 0.9, TextPosition::BottomCenter),
        (1.2, 1.0, TextPosition::BottomRight),
        (-0.2, 0.7, TextPosition::BottomLeft),
    ];
    for (x, y, expected) in places {
        assert_eq!(position(Point::new(x, y)), expected, "{x} {y}");
    }
    assert_eq!(
        serde_json::to_string(&TextPosition::MiddleCenter).unwrap(),
        "\"middle-center\""
    );
}

#[test]
fn boxes_are_cut_to_the_picture() {
    let beyond = BoundingBox {
        left: -0.1,
        top: 0.2,
        right: 1.3,
        bottom: 0.4,
    };
    assert_eq!(beyond.clipped().edges(), [0.0, 0.2, 1.0, 0.4]);
}
