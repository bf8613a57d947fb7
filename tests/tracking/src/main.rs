//! Writes the page of figures: `tracking-accuracy docs/accuracy/tracking.md`.

use anyhow::Context;
use std::path::PathBuf;
use tracking_accuracy::{crossing, identity, page};

const SCENES: u64 = 200;
/// Frames a second.
const RATES: [f64; 2] = [5.0, 2.0];
const SIDES: [Option<u32>; 4] = [None, Some(96), Some(48), Some(36)];

fn main() -> anyhow::Result<()> {
    let path = std::env::args_os().nth(1).map(PathBuf::from);
    let path = path.context("name the file to write")?;
    let scenes = crossing::SCENES.into_iter();
    let crossings = scenes
        .flat_map(|scene| RATES.map(|rate| (scene, rate, crossing::measure(&scene, rate, SCENES))));
    let crossings: Vec<_> = crossings.collect();
    let limit = people::Config::default().identity.likeness;
    let text = page(&crossings, &identity::measure(&SIDES)?, limit);
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}
