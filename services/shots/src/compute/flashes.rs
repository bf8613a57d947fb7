//! Telling flashes from cuts: after a flash the same picture is back.

use super::{Series, Transition};
use crate::config::Config;

/// Difference in brightness and contrast (0–255) up to which two frames may show one picture.
const SAME_LEVEL: f64 = 5.0;
/// Change of brightness (0–255) from which a jump that fades away again is a flash.
const BRIGHT_JUMP: f64 = 20.0;
/// Share of the jump there from which a change counts as a jump back.
const JUMP_BACK: f64 = 0.5;
/// Share of the jump that the jumps there and back may differ by, summed over hue, saturation and
/// value: both are distances between the same two pictures.
const ASYMMETRY: f64 = 0.3;
/// Share of the luma change into the flash that may remain two frames later.
const LUMA_REMAINDER: f64 = 0.4;

/// Splits jumps into real cuts and the first frames of flashes.
pub(super) fn separate(
    series: &Series<'_>,
    jumps: Vec<Transition>,
    config: &Config,
) -> (Vec<Transition>, Vec<usize>) {
    let mut cuts = Vec::new();
    let mut flashes = Vec::new();
    let mut dark_until = 0;
    for jump in jumps {
        if jump.frame <= dark_until {
            continue;
        }
        match returns_at(series, jump.frame, config) {
            Some(back) => {
                flashes.push(jump.frame);
                dark_until = back;
            }
            None => cuts.push(jump),
        }
    }
    (cuts, flashes)
}

/// The first frame after the jump at `frame` that is as bright and contrasty as the one before it,
/// if it shows the same picture. If it does not, this was a flash into another picture, and frames
/// after it prove nothing.
fn returns_at(series: &Series<'_>, frame: usize, config: &Config) -> Option<usize> {
    (frame + 1..series.len())
        .take_while(|back| series.between(frame, *back) <= config.max_flash())
        .find(|back| same_level(series, frame - 1, *back))
        .filter(|back| same_picture(series, frame, *back))
}

fn same_level(series: &Series<'_>, a: usize, b: usize) -> bool {
    (series.brightness(a) - series.brightness(b)).abs() <= SAME_LEVEL
        && (series.deviation(a) - series.deviation(b)).abs() <= SAME_LEVEL
}

fn same_picture(series: &Series<'_>, jump: usize, back: usize) -> bool {
    let before = jump - 1;
    // Only here do the signals compare the very two pictures: `back` is two after `before`.
    if back == jump + 1 && series.luma_two_back(jump) > 0.0 {
        let into_flash = series.luma_two_back(jump);
        if series.luma_two_back(back) > LUMA_REMAINDER * into_flash {
            return false;
        }
    }
    if series.content(back) >= JUMP_BACK * series.content(jump) {
        return symmetric(series, jump, back);
    }
    (jump..back)
        .any(|frame| (series.brightness(frame) - series.brightness(before)).abs() >= BRIGHT_JUMP)
}

fn symmetric(series: &Series<'_>, jump: usize, back: usize) -> bool {
    let signals = series.signals;
    let channels = [
        &signals.delta_hue,
        &signals.delta_saturation,
        &signals.delta_value,
    ];
    let (difference, total) = channels
        .iter()
        .fold((0.0, 0.0), |(difference, total), list| {
            let (there, home) = (super::at(list, jump), super::at(list, back));
            (difference + (there - home).abs(), total + there)
        });
    difference <= ASYMMETRY * total
}
