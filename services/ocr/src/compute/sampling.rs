//! Which frames are looked at: as few as tell what is written when.

use super::geometry::BoundingBox;
use contracts::{MediaTime, decoded::ChangeSignals};
use inference::{Sampling, image};
use media::RgbPicture;
use std::{sync::Arc, time::Duration};

/// Cells along the longer side of a [`Mosaic`].
const CELLS: u32 = 128;
/// Channels of a cell.
const CHANNELS: usize = 3;

/// Time between two looks: such that a video is looked at `target` times, within `shortest` and
/// `longest`.
#[must_use]
pub fn step(duration: MediaTime, target: u32, shortest: Duration, longest: Duration) -> Duration {
    let even = Duration::from_nanos(duration.nanos()) / target.max(1);
    even.clamp(shortest.min(longest), longest)
}

/// How much a picture has changed over time, from the change signals of all frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    times: Vec<MediaTime>,
    /// The largest of the three differences of every frame, summed from the beginning.
    summed: Vec<f64>,
}

impl Change {
    /// Reads signals.
    #[must_use]
    pub fn new(signals: &ChangeSignals) -> Self {
        let differences = (0..signals.len()).map(|at| {
            let lists = [
                &signals.delta_hue,
                &signals.delta_saturation,
                &signals.delta_value,
            ];
            let each = lists.map(|list| list.get(at).copied().unwrap_or_default());
            f64::from(each.into_iter().fold(0.0, f32::max))
        });
        let summed = differences.scan(0.0, |sum, difference| {
            *sum += difference;
            Some(*sum)
        });
        Self {
            times: signals.times.clone(),
            summed: summed.collect(),
        }
    }
    /// An upper bound of the mean difference (0–255) between the frames shown at two times: the
    /// sum of the differences between.
    #[must_use]
    pub fn between(&self, earlier: MediaTime, later: MediaTime) -> f64 {
        let until = |time| {
            let count = self.times.partition_point(|shown| *shown <= time);
            count.checked_sub(1).and_then(|last| self.summed.get(last))
        };
        until(later).unwrap_or(&0.0) - until(earlier).unwrap_or(&0.0)
    }
}

/// A picture as a grid of mean colours: what of it can be compared with another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mosaic {
    /// Number of cells across and down.
    pub size: (u32, u32),
    /// Red, green, blue of every cell, row by row.
    pub cells: Vec<[u8; CHANNELS]>,
}

impl Mosaic {
    /// The mosaic of a picture.
    ///
    /// # Errors
    /// [`inference::Error::Image`] if the picture has not three bytes for every pixel.
    pub fn of(picture: &RgbPicture) -> Result<Self, inference::Error> {
        let (width, height) = (picture.width, picture.height);
        let longer = width.max(height).max(1);
        let cells = |extent: u32| (extent * CELLS).div_ceil(longer).clamp(1, extent.max(1));
        let size = (cells(width), cells(height));
        let pixels = image::resize(&picture.data, (width, height), size, Sampling::Antialiased)?;
        let (cells, _) = pixels.as_chunks::<CHANNELS>();
        Ok(Self {
            size,
            cells: cells.to_vec(),
        })
    }
    /// The largest difference of any channel of any cell, 0–255; the whole range if the grids
    /// differ.
    #[must_use]
    pub fn largest_difference(&self, other: &Self) -> u8 {
        if self.size != other.size {
            return u8::MAX;
        }
        let pairs = self.cells.iter().zip(&other.cells);
        pairs.map(|(a, b)| difference(*a, *b)).max().unwrap_or(0)
    }
}

impl Mosaic {
    /// The cells whose middles lie in the first box but not in the second, both as shares.
    #[must_use]
    pub fn ring(&self, outer: BoundingBox, inner: BoundingBox) -> Vec<usize> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let middle = |at: usize, extent: usize| (at as f64 + 0.5) / extent as f64;
        let inside = |one: BoundingBox, x: f64, y: f64| {
            (one.left..=one.right).contains(&x) && (one.top..=one.bottom).contains(&y)
        };
        (0..self.cells.len())
            .filter(|cell| {
                let (x, y) = (middle(cell % width, width), middle(cell / width, height));
                inside(outer, x, y) && !inside(inner, x, y)
            })
            .collect()
    }
    /// Mean over some cells of the largest difference of any channel, 0–255; `None` without
    /// cells.
    #[must_use]
    pub fn mean_difference(&self, other: &Self, cells: &[usize]) -> Option<f64> {
        let pair = |cell: &usize| Some((self.cells.get(*cell)?, other.cells.get(*cell)?));
        let pairs = cells.iter().filter_map(pair);
        let sum: f64 = pairs.map(|(a, b)| f64::from(difference(*a, *b))).sum();
        (!cells.is_empty()).then(|| sum / cells.len() as f64)
    }
}

/// What is to be done with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The models look at it.
    Look,
    /// It does not differ from this one, by position, which they looked at.
    SameAs(usize),
    /// Neither; what it shows is known from its neighbours well enough.
    Pass,
}

/// Goes through the pictures of a video by rising time and says which are looked at.
#[derive(Debug, Clone)]
pub struct Scan {
    step: Duration,
    unchanged_content: f64,
    unchanged_levels: u8,
    looked: Option<Looked>,
    known: MediaTime,
}

/// The last picture that was looked at.
#[derive(Debug, Clone)]
struct Looked {
    at: usize,
    time: MediaTime,
    mosaic: Arc<Mosaic>,
}

impl Scan {
    /// A scan that looks at what has changed, every `step` at most; what differs by less counts
    /// as unchanged.
    #[must_use]
    pub fn new(step: Duration, unchanged_content: f64, unchanged_levels: u8) -> Self {
        Self {
            step,
            unchanged_content,
            unchanged_levels,
            looked: None,
            known: MediaTime::ZERO,
        }
    }
    /// Whether a picture need not even be opened: so little has changed since the last look.
    pub fn unopened(&mut self, time: MediaTime, change: &Change) -> Option<Verdict> {
        let looked = self.looked.as_ref()?;
        let same = change.between(looked.time, time) <= self.unchanged_content;
        same.then(|| {
            self.known = time;
            Verdict::SameAs(looked.at)
        })
    }
    /// What is to be done with the picture at this position; `next` is the time of the one after
    /// it. No two pictures that are looked at or unchanged lie further apart than the step, as
    /// far as there are pictures.
    pub fn judge(
        &mut self,
        (at, time): (usize, MediaTime),
        next: Option<MediaTime>,
        mosaic: &Arc<Mosaic>,
    ) -> Verdict {
        if let Some(looked) = &self.looked {
            if looked.mosaic.largest_difference(mosaic) <= self.unchanged_levels {
                self.known = time;
                return Verdict::SameAs(looked.at);
            }
            let due = time.since(looked.time) >= self.step;
            let last_chance = next.is_none_or(|next| next.since(self.known) > self.step);
            if !due && !last_chance {
                return Verdict::Pass;
            }
        }
        self.known = time;
        self.looked = Some(Looked {
            at,
            time,
            mosaic: Arc::clone(mosaic),
        });
        Verdict::Look
    }
}

/// The largest difference of any channel.
#[must_use]
pub fn difference(a: [u8; CHANNELS], b: [u8; CHANNELS]) -> u8 {
    a.into_iter()
        .zip(b)
        .map(|(a, b)| a.abs_diff(b))
        .max()
        .unwrap_or(0)
}

/// Pictures half way between neighbours that differ, where there is one: by position, rising.
/// `known` are the positions and whether what is known there differs from the one before.
#[must_use]
pub fn refinement(known: &[(usize, bool)], times: &[MediaTime], finest: Duration) -> Vec<usize> {
    let gaps = known.windows(2).filter_map(|pair| match pair {
        [(before, _), (after, true)] => {
            let gap = times.get(*after)?.since(*times.get(*before)?);
            let middle = usize::midpoint(*before, *after);
            (gap > finest && middle > *before).then_some(middle)
        }
        _ => None,
    });
    gaps.collect()
}
