//! Small grey films, measured as the decoder measures real ones.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{MediaTime, decoded::ChangeSignals};

/// Pixels of a picture.
pub const PIXELS: usize = 240;

/// One picture: the value of every pixel, 0–255.
pub type Picture = Vec<f32>;

/// A picture full of detail that differs from those of other seeds.
pub fn scene(seed: u32) -> Picture {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    (0..PIXELS)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state % 256) as f32
        })
        .collect()
}

/// A picture of one grey.
pub fn flat(value: f32) -> Picture {
    vec![value; PIXELS]
}

/// `share` of `b`, the rest of `a`.
pub fn mix(a: &Picture, b: &Picture, share: f32) -> Picture {
    a.iter()
        .zip(b)
        .map(|(a, b)| a * (1.0 - share) + b * share)
        .collect()
}

/// A picture made brighter, within the scale.
pub fn brighter(picture: &Picture, by: f32) -> Picture {
    picture.iter().map(|v| (v + by).clamp(0.0, 255.0)).collect()
}

/// Pictures with the times at which they are shown.
#[derive(Clone, Default)]
pub struct Film {
    pub frames: Vec<(MediaTime, Picture)>,
    pub end: MediaTime,
}

impl Film {
    pub fn show(&mut self, picture: Picture, milliseconds: u64) {
        self.frames.push((self.end, picture));
        self.end = MediaTime::from_nanos(self.end.nanos() + milliseconds * 1_000_000);
    }
    pub fn hold(&mut self, picture: &Picture, frames: usize) {
        for _ in 0..frames {
            self.show(picture.clone(), 40);
        }
    }
    pub fn of(parts: &[(Picture, usize)]) -> Self {
        let mut film = Self::default();
        for (picture, frames) in parts {
            film.hold(picture, *frames);
        }
        film
    }
    pub fn signals(&self) -> ChangeSignals {
        let pictures: Vec<&Picture> = self.frames.iter().map(|(_, picture)| picture).collect();
        let difference = |a: &Picture, b: &Picture| {
            a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / PIXELS as f32
        };
        let back = |steps: usize| -> Vec<f32> {
            (0..pictures.len())
                .map(|at| match at.checked_sub(steps) {
                    Some(before) => difference(pictures[before], pictures[at]),
                    None => 0.0,
                })
                .collect()
        };
        let mean = |picture: &Picture| picture.iter().sum::<f32>() / PIXELS as f32;
        let deviation = |picture: &Picture| {
            let mean = mean(picture);
            (picture.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / PIXELS as f32).sqrt()
        };
        ChangeSignals {
            times: self.frames.iter().map(|(time, _)| *time).collect(),
            delta_hue: vec![0.0; pictures.len()],
            delta_saturation: vec![0.0; pictures.len()],
            delta_value: back(1),
            delta_luma_two_back: back(2),
            mean_value: pictures.iter().map(|picture| mean(picture)).collect(),
            value_deviation: pictures.iter().map(|picture| deviation(picture)).collect(),
        }
    }
}
