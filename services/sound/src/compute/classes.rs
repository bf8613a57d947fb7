//! Speech, music and other sound: what the classifier looks at, and what is made of its answer.

use super::{
    SAMPLE_RATE_HZ,
    level::energy,
    spectrum::{BANDS, FRAME_STEP},
};
use crate::config::Config;
use contracts::{
    manifest::ModelStamp,
    sound::{ClassShares, SoundClasses},
};

/// Frames the classifier looks at, at once: 0.68 s.
pub const PATCH_FRAMES: usize = 68;
/// Bands it looks at: the lowest.
pub const PATCH_BANDS: usize = 21;
/// What it tells apart, in the order of its answer: speech, music, other sound.
pub const CLASSES: usize = 3;

/// Frames from one patch to the next.
const PATCH_STEP: usize = 20;
/// Samples in a part of a second that is one class: 0.2 s.
const PART: usize = SAMPLE_RATE_HZ as usize / 5;
const FLOOR: f64 = 1e-20;
/// Spread of a patch that holds nothing.
const LEAST_SPREAD: f64 = 1e-9;

/// The most probable class of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Speech,
    Music,
    Other,
}

/// Patches of logarithmic energies, each with mean zero and deviation one, one after the other;
/// empty if there are fewer frames than one patch has.
#[must_use]
pub fn patches(energies: &[[f64; BANDS]]) -> Vec<f32> {
    let patches = energies.windows(PATCH_FRAMES).step_by(PATCH_STEP);
    patches
        .flat_map(|patch| {
            let frames = patch
                .iter()
                .flat_map(|frame| frame.iter().take(PATCH_BANDS));
            let values: Vec<f64> = frames.map(|energy| (energy + FLOOR).ln()).collect();
            let count = values.len() as f64;
            let mean = values.iter().sum::<f64>() / count;
            let squares = values.iter().map(|value| (value - mean).powi(2));
            let spread = (squares.sum::<f64>() / count).sqrt() + LEAST_SPREAD;
            values
                .into_iter()
                .map(move |value| ((value - mean) / spread) as f32)
        })
        .collect()
}

/// Shares of the classes in every second, given the probabilities of the three for each patch.
/// Every fifth of a second is what the nearest patch is most probably, or silence if its level is
/// below that of silence. `None` without patches.
#[must_use]
pub fn shares(
    probabilities: &[[f32; CLASSES]],
    samples: &[f32],
    config: &Config,
    model: &ModelStamp,
) -> Option<SoundClasses> {
    if probabilities.is_empty() || samples.is_empty() {
        return None;
    }
    let silence = 10_f64.powf(config.silence_dbfs / 10.0);
    let classes: Vec<Class> = probabilities.iter().map(most_probable).collect();
    let parts: Vec<(Option<Class>, usize)> = samples
        .chunks(PART)
        .enumerate()
        .map(|(at, part)| {
            let heard = energy(part) / part.len() as f64 >= silence;
            let class = classes.get(nearest(at, classes.len())).copied();
            (class.filter(|_| heard), part.len())
        })
        .collect();
    let in_a_second = SAMPLE_RATE_HZ as usize / PART;
    Some(SoundClasses {
        overall: sum(&parts),
        per_second: parts.chunks(in_a_second).map(sum).collect(),
        model: model.clone(),
    })
}

/// The patch whose middle is nearest to that of a part.
fn nearest(part: usize, patches: usize) -> usize {
    let middle = part * PART + PART / 2;
    let first = PATCH_FRAMES * FRAME_STEP / 2;
    let step = PATCH_STEP * FRAME_STEP;
    let place = (middle.saturating_sub(first) + step / 2) / step;
    place.min(patches - 1)
}

/// The first of equally probable ones.
fn most_probable([speech, music, other]: &[f32; CLASSES]) -> Class {
    if speech >= music && speech >= other {
        Class::Speech
    } else if music >= other {
        Class::Music
    } else {
        Class::Other
    }
}

fn sum(parts: &[(Option<Class>, usize)]) -> ClassShares {
    let all: usize = parts.iter().map(|(_, length)| length).sum();
    let share = |wanted: Option<Class>| {
        let own = parts.iter().filter(|(class, _)| *class == wanted);
        let length: usize = own.map(|(_, length)| length).sum();
        length as f64 / all.max(1) as f64
    };
    ClassShares {
        speech: share(Some(Class::Speech)),
        music: share(Some(Class::Music)),
        other: share(Some(Class::Other)),
        silence: share(None),
    }
}
