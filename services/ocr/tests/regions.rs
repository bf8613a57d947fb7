//! From maps of probabilities to lines, on drawn maps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ocr::{
    DetectionConfig,
    compute::{
        geometry::{Point, Rectangle},
        regions::{ProbabilityMap, Region, find_regions},
    },
};
use proptest::prelude::*;

const WIDTH: usize = 256;
const HEIGHT: usize = 160;

/// A map with rectangles of some probability.
fn map(bars: &[(Rectangle, f32)]) -> Vec<f32> {
    let value = |x: usize, y: usize| {
        let at = Point::new(x as f64, y as f64);
        let here = bars.iter().filter(|(bar, _)| bar.corners().contains(at));
        here.map(|(_, probability)| *probability)
            .fold(0.0, f32::max)
    };
    (0..HEIGHT)
        .flat_map(|y| (0..WIDTH).map(move |x| (x, y)))
        .map(|(x, y)| value(x, y))
        .collect()
}

fn bar(x: f64, y: f64, width: f64, height: f64, degrees: f64) -> Rectangle {
    let angle = degrees.to_radians();
    Rectangle {
        centre: Point::new(x, y),
        along: Point::new(angle.cos(), angle.sin()),
        width,
        height,
    }
}

fn found(values: &[f32]) -> Vec<Region> {
    let map = ProbabilityMap {
        values,
        width: WIDTH,
    };
    find_regions(map, &DetectionConfig::default())
}

/// A region in pixels of the map.
fn in_pixels(region: &Region) -> ocr::compute::geometry::Quad {
    region.quad.scaled((WIDTH as f64, HEIGHT as f64))
}

#[test]
fn a_bar_becomes_a_line_grown_by_area_over_perimeter() {
    let regions = found(&map(&[(bar(128.0, 80.0, 100.0, 20.0, 0.0), 0.9)]));
    let [region] = regions.as_slice() else {
        panic!("{regions:?}");
    };
    let quad = in_pixels(region);
    // 100 by 20 pixels from edge to edge, one more by spreading; grown by 101·21·1.6/244 a side.
    let distance = 101.0 * 21.0 * 1.6 / 244.0;
    assert!(
        (quad.width() - (101.0 + 2.0 * distance)).abs() < 0.5,
        "{quad:?}"
    );
    assert!(
        (quad.height() - (21.0 + 2.0 * distance)).abs() < 0.5,
        "{quad:?}"
    );
    assert!((region.score - 0.9).abs() < 0.1, "{}", region.score);
    assert!(quad.rotation_degrees().abs() < 0.1);
}

#[test]
fn what_is_improbable_small_or_faint_is_nothing() {
    assert!(found(&map(&[(bar(128.0, 80.0, 100.0, 20.0, 0.0), 0.29)])).is_empty());
    assert!(found(&map(&[(bar(128.0, 80.0, 100.0, 20.0, 0.0), 0.45)])).is_empty());
    assert!(found(&map(&[(bar(128.0, 80.0, 1.0, 1.0, 0.0), 0.9)])).is_empty());
    assert!(found(&vec![0.0; WIDTH * HEIGHT]).is_empty());
    assert!(found(&[]).is_empty());
}

#[test]
fn lines_come_from_top_to_bottom_then_left_to_right() {
    let regions = found(&map(&[
        (bar(200.0, 120.0, 60.0, 14.0, 0.0), 0.8),
        (bar(60.0, 120.0, 60.0, 14.0, 0.0), 0.8),
        (bar(128.0, 40.0, 60.0, 14.0, 0.0), 0.8),
    ]));
    let middles: Vec<(bool, bool)> = regions
        .iter()
        .map(|region| region.quad.bounds().centre())
        .map(|centre| (centre.y > 0.5, centre.x > 0.6))
        .collect();
    assert_eq!(middles, [(false, false), (true, false), (true, true)]);
}

#[test]
fn a_page_full_of_specks_is_cut_short() {
    let specks: Vec<f32> = (0..WIDTH * HEIGHT)
        .map(|at| {
            if (at % WIDTH) % 8 < 4 && (at / WIDTH) % 8 < 4 {
                0.9
            } else {
                0.0
            }
        })
        .collect();
    let config = DetectionConfig {
        max_regions: 7,
        ..DetectionConfig::default()
    };
    let map = ProbabilityMap {
        values: &specks,
        width: WIDTH,
    };
    assert_eq!(find_regions(map, &config).len(), 7);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_bar_at_any_angle_is_found_where_it_is(
        x in 90.0..166.0_f64, y in 70.0..90.0_f64, degrees in -89.0..89.0_f64
    ) {
        let drawn = bar(x, y, 110.0, 16.0, degrees);
        let regions = found(&map(&[(drawn, 0.9)]));
        prop_assert_eq!(regions.len(), 1);
        let quad = in_pixels(&regions[0]);
        let [a, _, c, _] = quad.0;
        // Spreading moves the middle by half a pixel to the right and down.
        prop_assert!((a.x.midpoint(c.x) - x - 0.5).abs() < 1.5);
        prop_assert!((a.y.midpoint(c.y) - y - 0.5).abs() < 1.5);
        let off = (quad.rotation_degrees() - degrees).rem_euclid(180.0);
        prop_assert!(off.min(180.0 - off) < 3.0, "{} for {degrees}", quad.rotation_degrees());
        prop_assert!((quad.width() - 132.0).abs() < 8.0, "{}", quad.width());
    }
}
