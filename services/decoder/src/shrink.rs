//! Planes brought to a small fixed size by bilinear interpolation without low-pass filter, as
//! OpenCV's `INTER_LINEAR` does it. Written here because image libraries filter when they shrink,
//! which gives other values and costs a pass over every source pixel.

use crate::planes::Plane;

/// Weights are in 1/256.
const ONE: u16 = 256;

/// Where one small sample comes from: `first · (256 − weight) + second · weight`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tap {
    first: usize,
    second: usize,
    weight: u16,
}

/// How a row is shrunk; the frequent cases have their own loops.
enum Columns {
    /// Samples as they are.
    Same,
    /// The mean of the two middle ones of every two, four or eight samples.
    Pairs2,
    Pairs4,
    Pairs8,
    /// Anything else.
    Taps(Vec<Tap>),
}

/// Shrinks planes of one size to another.
pub struct Shrinker {
    columns: Columns,
    rows: Vec<Tap>,
    width: usize,
    above: Vec<u16>,
    below: Vec<u16>,
}

/// Taps along one axis of a picture; with `chroma` each points to the chroma sample of its pixel.
fn taps(source: usize, target: usize, chroma: bool) -> Vec<Tap> {
    let scale = source as f64 / target as f64;
    let last = source.saturating_sub(1);
    let sample = |pixel: usize| if chroma { pixel / 2 } else { pixel };
    let tap = |position: usize| {
        let centre = ((position as f64 + 0.5) * scale - 0.5).clamp(0.0, last as f64);
        let first = centre.floor() as usize;
        let weight = ((centre - first as f64) * f64::from(ONE)).round() as u16;
        Tap {
            first: sample(first),
            second: sample((first + 1).min(last)),
            weight,
        }
    };
    (0..target).map(tap).collect()
}

impl Columns {
    fn of(taps: Vec<Tap>, plane_width: usize) -> Self {
        let target = taps.len();
        let is_even = |step: usize, first: usize, second: usize| {
            let fits = |(i, tap): (usize, &Tap)| {
                let found = (tap.first, tap.second) == (i * step + first, i * step + second);
                found && (tap.weight == ONE / 2 || first == second)
            };
            plane_width >= target * step && taps.iter().enumerate().all(fits)
        };
        let is_same = |(i, tap): (usize, &Tap)| {
            tap.first == i && (tap.weight == 0 || tap.second == tap.first)
        };
        if plane_width >= target && taps.iter().enumerate().all(is_same) {
            Self::Same
        } else if is_even(2, 0, 1) {
            Self::Pairs2
        } else if is_even(4, 1, 2) {
            Self::Pairs4
        } else if is_even(8, 3, 4) {
            Self::Pairs8
        } else {
            Self::Taps(taps)
        }
    }

    /// Shrinks one row into sums of weight 256.
    #[inline(always)]
    fn shrink(&self, row: &[u8], into: &mut [u16]) {
        match self {
            Self::Same => {
                for (sum, sample) in into.iter_mut().zip(row) {
                    *sum = u16::from(*sample) * ONE;
                }
            }
            Self::Pairs2 => pairs::<2>(row, into),
            Self::Pairs4 => pairs::<4>(row, into),
            Self::Pairs8 => pairs::<8>(row, into),
            Self::Taps(taps) => {
                let at = |index: usize| row.get(index).copied().map_or(0, u16::from);
                for (sum, tap) in into.iter_mut().zip(taps) {
                    *sum = at(tap.first) * (ONE - tap.weight) + at(tap.second) * tap.weight;
                }
            }
        }
    }
}

#[inline(always)]
fn pairs<const STEP: usize>(row: &[u8], into: &mut [u16]) {
    let (groups, _) = row.as_chunks::<STEP>();
    for (sum, group) in into.iter_mut().zip(groups) {
        *sum = (u16::from(group[STEP / 2 - 1]) + u16::from(group[STEP / 2])) * (ONE / 2);
    }
}

impl Shrinker {
    /// For pictures of `source` (width, height) pixels to `target` samples; with `chroma` for
    /// their chroma planes.
    #[must_use]
    pub fn new(source: (usize, usize), target: (usize, usize), chroma: bool) -> Self {
        let plane_width = if chroma {
            source.0.div_ceil(2)
        } else {
            source.0
        };
        Self {
            columns: Columns::of(taps(source.0, target.0, chroma), plane_width),
            rows: taps(source.1, target.1, chroma),
            width: target.0,
            above: vec![0; target.0],
            below: vec![0; target.0],
        }
    }

    /// Shrinks a plane into `into`, which must hold `width · height` samples of the target.
    #[inline(always)]
    pub fn shrink(&mut self, plane: &Plane<'_>, into: &mut [u8]) {
        for (tap, line) in self.rows.iter().zip(into.chunks_exact_mut(self.width)) {
            self.columns.shrink(plane.row(tap.first), &mut self.above);
            if tap.weight == 0 || tap.first == tap.second {
                for (sample, sum) in line.iter_mut().zip(&self.above) {
                    *sample = ((sum + ONE / 2 - 1) >> 8) as u8;
                }
                continue;
            }
            self.columns.shrink(plane.row(tap.second), &mut self.below);
            let (low, high) = (u32::from(ONE - tap.weight), u32::from(tap.weight));
            for ((sample, above), below) in line.iter_mut().zip(&self.above).zip(&self.below) {
                let sum = u32::from(*above) * low + u32::from(*below) * high;
                *sample = ((sum + (1 << 15)) >> 16) as u8;
            }
        }
    }
}
