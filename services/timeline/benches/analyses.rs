//! Timeline and analyses of an 80 s video, without storage:
//! `cargo bench -p timeline`.
#![allow(clippy::unwrap_used, reason = "a bench")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{json, objects, shots, sound, video};
use divan::Bencher;
use timeline::{
    Limits,
    compute::{Input, analyse, build},
};

const SECONDS: f64 = 80.0;
const FRAMES_PER_SECOND: u32 = 5;
const OBJECTS_PER_FRAME: u32 = 3;

fn main() {
    divan::main();
}

/// 400 frames with three objects each, 32 shots, an onset every half second.
fn busy_video() -> Input {
    let frames = SECONDS as u32 * FRAMES_PER_SECOND;
    let found: Vec<(f64, &str, Option<u32>)> = (0..frames)
        .flat_map(|frame| {
            let time = f64::from(frame) / f64::from(FRAMES_PER_SECOND);
            (0..OBJECTS_PER_FRAME).map(move |track| (time, "person", Some(frame / 50 * 3 + track)))
        })
        .collect();
    let cuts: Vec<f64> = (1..32).map(|cut| f64::from(cut) * 2.5).collect();
    let onsets: Vec<f64> = (0..160).map(|onset| f64::from(onset) / 2.0).collect();
    Input {
        shots: json(&shots(SECONDS, &cuts)),
        objects: json(&objects(SECONDS, f64::from(FRAMES_PER_SECOND), &found)),
        sound: json(&sound(SECONDS, &onsets)),
        ..video(SECONDS)
    }
}

/// From stored results to the bytes of all files.
#[divan::bench]
fn results_to_files(bencher: Bencher<'_, '_>) {
    let input = busy_video();
    bencher.bench(|| analyse(&input, &Limits::default()).unwrap());
}

/// Reading alone: what of the above is JSON on its way in.
#[divan::bench]
fn reading(bencher: Bencher<'_, '_>) {
    let input = busy_video();
    bencher.bench(|| build::Results::read(&input, &Limits::default()));
}

/// The analyses alone, from events.
#[divan::bench]
fn analyses(bencher: Bencher<'_, '_>) {
    let input = busy_video();
    let results = build::Results::read(&input, &Limits::default());
    let events = build::events(&input, &results);
    bencher.bench(|| {
        timeline::compute::ANALYSES
            .iter()
            .map(|analysis| (analysis.analyse)(&events).unwrap())
            .collect::<Vec<_>>()
    });
}
