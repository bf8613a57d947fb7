//! Graphics laid over the picture: what stays as it is while the picture under it changes at a
//! cut.

use super::{
    geometry::BoundingBox,
    sampling::{Mosaic, difference},
    tracks::{Look, Visible, visible},
};
use crate::config::GraphicsConfig;
use contracts::MediaTime;
use std::{collections::BTreeMap, time::Duration};

/// A graphic that stayed across at least one cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Graphic {
    /// Where it lies, as shares of the picture.
    pub bbox: BoundingBox,
    /// Cuts across which it stayed.
    pub cuts: u32,
    /// Largest difference of brightness within it, 0–255: what sets it apart from an even area.
    pub contrast: u8,
    /// Looks in which it is visible, by position, rising.
    pub seen: Vec<usize>,
}

impl Graphic {
    /// How sure it is that it was laid over the picture: one cut may spare an area by chance,
    /// each further one halves the doubt.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        1.0 - 0.5_f64.powi(i32::try_from(self.cuts).unwrap_or(i32::MAX))
    }
    /// When it is visible.
    #[must_use]
    pub fn visible(&self, times: &[MediaTime], end: MediaTime, bridge: Duration) -> Vec<Visible> {
        visible(&self.seen, times, end, bridge)
    }
}

/// What was found, and how often there was something to find.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Graphics by first appearance, then from top to bottom.
    pub graphics: Vec<Graphic>,
    /// Cuts that changed most of the picture, so that what stayed tells something.
    pub telling_cuts: u32,
}

/// Cells of the mosaic with the colour they kept.
type Cells = BTreeMap<usize, [u8; 3]>;

struct Candidate {
    cells: Cells,
    cuts: u32,
}

/// Finds graphics. `mosaics` belong to `looks`, `boundaries` are the cuts by rising time.
#[must_use]
pub fn find_graphics(
    looks: &[Look],
    mosaics: &[&Mosaic],
    boundaries: &[MediaTime],
    config: &GraphicsConfig,
) -> Found {
    let Some(size) = mosaics.first().map(|mosaic| mosaic.size) else {
        return Found::default();
    };
    let mut telling_cuts = 0;
    let mut candidates: Vec<Candidate> = Vec::new();
    for boundary in boundaries {
        let after = looks.partition_point(|look| look.time < *boundary);
        let Some(before) = after.checked_sub(1) else {
            continue;
        };
        let pair = (mosaics.get(before), mosaics.get(after));
        let (Some(old), Some(new)) = pair else {
            continue;
        };
        let texts = [looks.get(before), looks.get(after)];
        let Some(areas) = kept_areas(old, new, config) else {
            continue;
        };
        telling_cuts += 1;
        for cells in areas {
            let covered = texts
                .iter()
                .flatten()
                .any(|look| is_text(look, &cells, size));
            if !covered {
                join(&mut candidates, cells, config);
            }
        }
    }
    let mut found: Vec<Graphic> = candidates
        .into_iter()
        .filter_map(|candidate| graphic(&candidate, mosaics, size, config))
        .collect();
    found.sort_by(|a, b| {
        let left_top = |one: &Graphic| (one.bbox.top, one.bbox.left);
        let ((at, al), (bt, bl)) = (left_top(a), left_top(b));
        a.seen
            .first()
            .cmp(&b.seen.first())
            .then(at.total_cmp(&bt))
            .then(al.total_cmp(&bl))
    });
    found.truncate(config.max_graphics);
    Found {
        graphics: found,
        telling_cuts,
    }
}

/// Groups of neighbouring cells that a cut left as they were, if it changed most others; else
/// `None`. Areas without any contrast, such as bars, are none, nor are very small or large ones.
fn kept_areas(old: &Mosaic, new: &Mosaic, config: &GraphicsConfig) -> Option<Vec<Cells>> {
    let pairs: Vec<([u8; 3], [u8; 3])> = old
        .cells
        .iter()
        .copied()
        .zip(new.cells.iter().copied())
        .collect();
    let kept: Vec<bool> = pairs
        .iter()
        .map(|(a, b)| difference(*a, *b) <= config.same_levels)
        .collect();
    let share = kept.iter().filter(|kept| **kept).count() as f64 / kept.len().max(1) as f64;
    if old.size != new.size || share > config.max_kept_share {
        return None;
    }
    let total = kept.len() as f64;
    let coloured = |group: Vec<usize>| -> Cells {
        let colour = |cell: usize| Some((cell, pairs.get(cell)?.0));
        group.into_iter().filter_map(colour).collect()
    };
    let worth = |cells: &Cells| {
        let area = cells.len() as f64 / total;
        (config.min_area_share..=config.max_area_share).contains(&area)
            && contrast(cells) >= config.min_contrast_levels
    };
    let groups = groups(kept, old.size.0 as usize).into_iter();
    Some(groups.map(coloured).filter(worth).collect())
}

/// Connected groups (four neighbours) in the order of their first cells.
fn groups(mut kept: Vec<bool>, width: usize) -> Vec<Vec<usize>> {
    let mut found = Vec::new();
    for start in 0..kept.len() {
        let mut pending = vec![start];
        let mut group = Vec::new();
        while let Some(cell) = pending.pop() {
            if !kept.get_mut(cell).is_some_and(std::mem::take) {
                continue;
            }
            group.push(cell);
            let column = cell % width;
            pending.extend(cell.checked_sub(width));
            pending.extend((column > 0).then(|| cell - 1));
            pending.extend((column + 1 < width).then_some(cell + 1));
            pending.push(cell + width);
        }
        if !group.is_empty() {
            found.push(group);
        }
    }
    found
}

fn contrast(cells: &Cells) -> u8 {
    let brightness = |colour: &[u8; 3]| colour.iter().copied().max().unwrap_or(0);
    let values = cells.values().map(brightness);
    let (low, high) = values.fold((u8::MAX, 0), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    high.saturating_sub(low)
}

/// Whether a line of text of a look covers the middle of an area.
fn is_text(look: &Look, cells: &Cells, size: (u32, u32)) -> bool {
    let area = bounds(cells, size);
    look.lines
        .iter()
        .any(|line| line.quad.bounds().overlap(area) > 0.0)
}

fn bounds(cells: &Cells, (width, height): (u32, u32)) -> BoundingBox {
    let (across, down) = (width.max(1) as usize, f64::from(height.max(1)));
    let column = |cell: usize| (cell % across) as f64;
    let row = |cell: usize| (cell / across) as f64;
    let (mut left, mut right) = (f64::INFINITY, 0.0_f64);
    let (mut top, mut bottom) = (f64::INFINITY, 0.0_f64);
    for cell in cells.keys() {
        left = left.min(column(*cell));
        right = right.max(column(*cell) + 1.0);
        top = top.min(row(*cell));
        bottom = bottom.max(row(*cell) + 1.0);
    }
    BoundingBox {
        left: left / across as f64,
        top: top / down,
        right: right / across as f64,
        bottom: bottom / down,
    }
}

/// Adds an area to the candidate it is the same as, or makes it one.
fn join(candidates: &mut Vec<Candidate>, cells: Cells, config: &GraphicsConfig) {
    let same = candidates.iter_mut().find(|candidate| {
        let shared = cells
            .iter()
            .filter(|(cell, colour)| {
                let known = candidate.cells.get(cell);
                known.is_some_and(|known| difference(*known, **colour) <= config.same_levels)
            })
            .count();
        shared * 2 >= cells.len().max(candidate.cells.len())
    });
    match same {
        Some(candidate) => {
            candidate.cuts += 1;
            // What lies behind it differs from cut to cut; what is common belongs to it.
            candidate.cells.retain(|cell, _| cells.contains_key(cell));
        }
        None => candidates.push(Candidate { cells, cuts: 1 }),
    }
}

fn graphic(
    candidate: &Candidate,
    mosaics: &[&Mosaic],
    size: (u32, u32),
    config: &GraphicsConfig,
) -> Option<Graphic> {
    let shows = |mosaic: &Mosaic| {
        let same = candidate.cells.iter().filter(|(cell, colour)| {
            let shown = mosaic.cells.get(**cell);
            shown.is_some_and(|shown| difference(*shown, **colour) <= 2 * config.same_levels)
        });
        same.count() as f64 >= config.visible_share * candidate.cells.len() as f64
    };
    let places = mosaics.iter().enumerate();
    let seen: Vec<usize> = places
        .filter(|(_, mosaic)| shows(mosaic))
        .map(|(at, _)| at)
        .collect();
    (candidate.cuts >= config.min_cuts && !seen.is_empty()).then(|| Graphic {
        bbox: bounds(&candidate.cells, size),
        cuts: candidate.cuts,
        contrast: contrast(&candidate.cells),
        seen,
    })
}
