//! When each token is said: dynamic time warping over where the recogniser looks.
//!
//! Whisper's `find_alignment`: attention of the heads that follow the sound, standardised over the
//! tokens, smoothed by a median over time, averaged over the heads, and the path of least cost
//! through it (dynamic time warping; Sakoe & Chiba, "Dynamic programming algorithm optimization
//! for spoken word recognition", 1978).

/// Frames of the median filter.
const MEDIAN_WIDTH: usize = 7;

/// When tokens begin, in steps of 20 ms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenTimes(Vec<usize>);

impl TokenTimes {
    /// When token `at` begins. The one after the last stands for the end of the text.
    #[must_use]
    pub fn start(&self, at: usize) -> usize {
        let found = self.0.get(at).or(self.0.last());
        found.copied().unwrap_or_default()
    }
}

/// When each token begins, given where each head looked when it was chosen (`rows[token][head]`
/// over the frames of the sound), of which the first `frames` are sound. The last row is that of
/// the end of the text. `None` if a row says nothing.
#[must_use]
pub fn token_times(rows: &[&[Vec<f32>]], frames: usize) -> Option<TokenTimes> {
    let heads = rows.iter().map(|row| row.len()).min().unwrap_or_default();
    let known = rows.iter().flat_map(|row| row.iter());
    let frames = known.map(Vec::len).min().unwrap_or_default().min(frames);
    if heads == 0 || frames == 0 || rows.len() < 2 {
        return None;
    }
    let mut cost = vec![0.0; rows.len() * frames];
    for head in 0..heads {
        let mut seen: Vec<f64> = Vec::with_capacity(cost.len());
        for row in rows {
            seen.extend(shares(row.get(head)?.get(..frames)?));
        }
        standardise(&mut seen, frames);
        for (cost, seen) in cost.chunks_mut(frames).zip(seen.chunks(frames)) {
            for (at, cost) in cost.iter_mut().enumerate() {
                *cost -= median(seen, at) / heads as f64;
            }
        }
    }
    Some(TokenTimes(warp(&cost, frames)))
}

/// Attention to the sound alone, as shares of one.
fn shares(row: &[f32]) -> impl Iterator<Item = f64> {
    let total: f64 = row.iter().copied().map(f64::from).sum();
    row.iter()
        .map(move |value| f64::from(*value) / total.max(f64::MIN_POSITIVE))
}

/// Every frame gets mean zero and deviation one over the tokens.
fn standardise(values: &mut [f64], frames: usize) {
    let tokens = (values.len() / frames) as f64;
    for frame in 0..frames {
        let column = || values.iter().skip(frame).step_by(frames);
        let mean = column().sum::<f64>() / tokens;
        let spread = column().map(|value| (value - mean).powi(2)).sum::<f64>() / tokens;
        let deviation = spread.sqrt();
        for value in values.iter_mut().skip(frame).step_by(frames) {
            *value = if deviation > 0.0 {
                (*value - mean) / deviation
            } else {
                0.0
            };
        }
    }
}

/// Median around `at`, mirrored at the ends.
fn median(row: &[f64], at: usize) -> f64 {
    const HALF: usize = MEDIAN_WIDTH / 2;
    if row.len() <= HALF {
        return row.get(at).copied().unwrap_or_default();
    }
    let last = row.len() - 1;
    let mut near = [0.0; MEDIAN_WIDTH];
    for (offset, value) in near.iter_mut().enumerate() {
        let place = (at + offset).abs_diff(HALF);
        let place = if place > last {
            2 * last - place
        } else {
            place
        };
        *value = row.get(place).copied().unwrap_or_default();
    }
    near.sort_by(f64::total_cmp);
    near[HALF]
}

/// Frame at which the cheapest path enters each row.
fn warp(cost: &[f64], frames: usize) -> Vec<usize> {
    let rows = cost.len() / frames;
    let width = frames + 1;
    let mut total = vec![f64::INFINITY; (rows + 1) * width];
    let mut steps = vec![Step::Both; (rows + 1) * width];
    if let Some(first) = total.first_mut() {
        *first = 0.0;
    }
    let get = |total: &[f64], row: usize, frame: usize| {
        let value = total.get(row * width + frame);
        value.copied().unwrap_or(f64::INFINITY)
    };
    for frame in 1..=frames {
        for row in 1..=rows {
            let both = get(&total, row - 1, frame - 1);
            let down = get(&total, row - 1, frame);
            let along = get(&total, row, frame - 1);
            let (least, step) = if both < down && both < along {
                (both, Step::Both)
            } else if down < both && down < along {
                (down, Step::Down)
            } else {
                (along, Step::Along)
            };
            let here = cost.get((row - 1) * frames + frame - 1);
            if let Some(place) = total.get_mut(row * width + frame) {
                *place = here.copied().unwrap_or_default() + least;
            }
            if let Some(place) = steps.get_mut(row * width + frame) {
                *place = step;
            }
        }
    }
    trace(&steps, rows, frames)
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Both,
    Down,
    Along,
}

fn trace(steps: &[Step], rows: usize, frames: usize) -> Vec<usize> {
    let mut starts = vec![0; rows];
    let (mut row, mut frame) = (rows, frames);
    while row > 0 && frame > 0 {
        // Overwritten until the first frame of the row is reached.
        if let Some(start) = starts.get_mut(row - 1) {
            *start = frame - 1;
        }
        match steps.get(row * (frames + 1) + frame) {
            Some(Step::Along) => frame -= 1,
            Some(Step::Down) => row -= 1,
            Some(Step::Both) | None => (row, frame) = (row - 1, frame - 1),
        }
    }
    starts
}
