//! From the detector's map of probabilities to lines of text: the post-processing of
//! differentiable binarisation (Liao et al., "Real-time scene text detection with differentiable
//! binarization", 2020) with PaddleOCR's parameters.

use super::geometry::{Point, Quad, Rectangle};
use crate::config::DetectionConfig;

/// Shortest side of a region before it is grown, in pixels of the map (PaddleOCR).
const MIN_SIDE: f64 = 3.0;
/// Shortest side after it (PaddleOCR).
const MIN_GROWN_SIDE: f64 = 5.0;

/// A line of text found in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Region {
    /// Its corners, as shares of the picture; they may lie a little outside.
    pub quad: Quad,
    /// Mean probability inside, 0–1.
    pub score: f64,
}

/// The detector's answer for one picture, row by row.
#[derive(Debug, Clone, Copy)]
pub struct ProbabilityMap<'a> {
    /// Probability of text in every pixel, 0–1.
    pub values: &'a [f32],
    /// Number of pixels in a row.
    pub width: usize,
}

impl ProbabilityMap<'_> {
    fn height(&self) -> usize {
        self.values.len() / self.width.max(1)
    }
    fn at(&self, x: usize, y: usize) -> f32 {
        self.values
            .get(y * self.width + x)
            .copied()
            .unwrap_or_default()
    }
    /// Pixels above the threshold, each spread by one to the right and down, as OpenCV dilates
    /// with a kernel of two by two.
    fn mask(&self, threshold: f64) -> Vec<bool> {
        let above = |x: usize, y: usize| f64::from(self.at(x, y)) > threshold;
        (0..self.height())
            .flat_map(|y| (0..self.width).map(move |x| (x, y)))
            .map(|(x, y)| {
                let (left, up) = (x.saturating_sub(1), y.saturating_sub(1));
                above(x, y) || above(left, y) || above(x, up) || above(left, up)
            })
            .collect()
    }
    /// Mean probability of the pixels inside, corners cut to whole pixels as PaddleOCR does.
    fn mean_inside(&self, quad: &Quad) -> f64 {
        let last = |extent: usize| extent.saturating_sub(1) as f64;
        let (right, bottom) = (last(self.width), last(self.height()));
        let bounds = quad.bounds();
        let column = |x: f64| x.clamp(0.0, right) as usize;
        let row = |y: f64| y.clamp(0.0, bottom) as usize;
        let cut = Quad(quad.0.map(|p| Point::new(p.x.trunc(), p.y.trunc())));
        let (mut sum, mut count) = (0.0, 0_u32);
        for y in row(bounds.top.floor())..=row(bounds.bottom.ceil()) {
            for x in column(bounds.left.floor())..=column(bounds.right.ceil()) {
                if cut.contains(Point::new(x as f64, y as f64)) {
                    sum += f64::from(self.at(x, y));
                    count += 1;
                }
            }
        }
        if count == 0 {
            0.0
        } else {
            sum / f64::from(count)
        }
    }
}

/// The lines of text in a map, from top to bottom, then from left to right.
#[must_use]
pub fn find_regions(map: ProbabilityMap<'_>, config: &DetectionConfig) -> Vec<Region> {
    if map.width == 0 || map.values.is_empty() {
        return Vec::new();
    }
    let to_shares = (1.0 / map.width as f64, 1.0 / map.height() as f64);
    let mut regions: Vec<Region> = components(map.mask(config.threshold), map.width)
        .into_iter()
        .take(config.max_regions)
        .filter_map(|outline| region(map, &outline, config))
        .map(|found| Region {
            quad: found.quad.scaled(to_shares),
            ..found
        })
        .collect();
    regions.sort_by(|a, b| {
        let (a, b) = (a.quad.bounds(), b.quad.bounds());
        a.top.total_cmp(&b.top).then(a.left.total_cmp(&b.left))
    });
    regions
}

fn region(map: ProbabilityMap<'_>, outline: &[Point], config: &DetectionConfig) -> Option<Region> {
    let rectangle = Rectangle::around(outline)?;
    if rectangle.shorter() < MIN_SIDE {
        return None;
    }
    let score = map.mean_inside(&rectangle.corners());
    if score < config.box_confidence {
        return None;
    }
    // The map marks the middle of lines. Offsetting a rectangle with round joins and taking the
    // smallest rectangle around it moves every side outwards by the distance.
    let perimeter = 2.0 * (rectangle.width + rectangle.height);
    let grown = rectangle.grown(rectangle.area() * config.unclip_ratio / perimeter);
    (grown.shorter() >= MIN_GROWN_SIDE).then(|| Region {
        quad: grown.as_line(),
        score,
    })
}

/// The outlines of connected groups of pixels (eight neighbours), in the order of their first
/// pixels: those pixels of each row that end a run, which are enough for a hull. Written here
/// since the crate that traces contours brings linear algebra with it.
fn components(mut mask: Vec<bool>, width: usize) -> Vec<Vec<Point>> {
    let height = mask.len() / width;
    let mut found = Vec::new();
    let mut pending = Vec::new();
    for start in 0..mask.len() {
        if !take(&mut mask, start) {
            continue;
        }
        let mut pixels = vec![start];
        pending.push(start);
        while let Some(pixel) = pending.pop() {
            let (x, y) = (pixel % width, pixel / width);
            for near_y in y.saturating_sub(1)..=(y + 1).min(height - 1) {
                for near_x in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                    let near = near_y * width + near_x;
                    if take(&mut mask, near) {
                        pixels.push(near);
                        pending.push(near);
                    }
                }
            }
        }
        pixels.sort_unstable();
        found.push(row_ends(&pixels, width));
    }
    found
}

fn take(mask: &mut [bool], at: usize) -> bool {
    mask.get_mut(at).is_some_and(std::mem::take)
}

fn row_ends(pixels: &[usize], width: usize) -> Vec<Point> {
    let point = |pixel: &usize| Point::new((pixel % width) as f64, (pixel / width) as f64);
    pixels
        .chunk_by(|a, b| a / width == b / width)
        .flat_map(|row| [row.first(), row.last()])
        .flatten()
        .map(point)
        .collect()
}
