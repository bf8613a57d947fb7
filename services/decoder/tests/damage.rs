//! Files cut and flipped anywhere: never a crash, and the same answer every time.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use media::Error;
use std::{fs, path::PathBuf};
use support::{Bench, random};

/// Whatever is done to a file, the answer is a refusal or a consistent result, and never a crash
/// or a limit; and it is the same answer the second time.
async fn survives(bench: &Bench, bytes: &[u8], what: String) -> bool {
    let clip = bench.file("damaged", bytes);
    let mut answers = Vec::new();
    for _ in 0..2 {
        let outcome = bench.decode(&clip).await;
        answers.push(match outcome {
            Ok(media) => {
                let pictures = fs::read(&media.frames.path).unwrap();
                let sound = media
                    .audio
                    .as_ref()
                    .map(|audio| fs::read(&audio.path).unwrap());
                Ok((pictures, sound, media.signals, media.completeness))
            }
            Err(Error::Refused(reason)) => Err(reason),
            Err(error) => panic!("{what}: {error:?}"),
        });
    }
    let second = answers.pop().unwrap();
    let first = answers.pop().unwrap();
    let is_ok = first.is_ok();
    match (first, second) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first.3, second.3, "{what}: completeness differs");
            assert!(first.2 == second.2, "{what}: signals differ");
            assert!(first.1 == second.1, "{what}: sound differs");
            assert!(first.0 == second.0, "{what}: pictures differ");
        }
        (first, second) => assert_eq!(first.err(), second.err(), "{what}: outcomes differ"),
    }
    is_ok
}

async fn survives_every_cut(clip: fn(&Bench) -> PathBuf) {
    let bench = Bench::default();
    let bytes = fs::read(clip(&bench)).unwrap();
    let mut decoded = 0;
    for cut in 0..16 {
        let length = bytes.len() * cut / 16 + cut;
        decoded += u32::from(survives(&bench, &bytes[..length], format!("cut at {length}")).await);
    }
    assert!((4..16).contains(&decoded), "{decoded} of 16 decoded");
}

async fn survives_flipped_bits(clip: fn(&Bench) -> PathBuf, flips: usize) {
    let bench = Bench::default();
    let whole = fs::read(clip(&bench)).unwrap();
    for seed in 1..=10 {
        let mut next = random(seed);
        let mut bytes = whole.clone();
        for _ in 0..flips {
            let place = next() as usize % bytes.len();
            bytes[place] ^= 1 << (next() % 8);
        }
        survives(&bench, &bytes, format!("seed {seed}")).await;
    }
}

#[tokio::test]
async fn row_09_mp4_survives_every_cut() {
    survives_every_cut(|bench| bench.mp4()).await;
}
#[tokio::test]
async fn row_09_matroska_survives_every_cut() {
    survives_every_cut(|bench| bench.mkv()).await;
}
#[tokio::test]
async fn row_09_mp4_survives_flipped_bits() {
    survives_flipped_bits(|bench| bench.mp4(), 30).await;
}
#[tokio::test]
async fn row_09_matroska_survives_flipped_bits() {
    survives_flipped_bits(|bench| bench.mkv(), 30).await;
}
#[tokio::test]
async fn row_09_mp4_survives_a_flipped_index() {
    // Only the first four kilobytes: the index, where sizes, counts and offsets stand.
    let bench = Bench::default();
    let whole = fs::read(bench.mp4()).unwrap();
    for seed in 1..=20 {
        let mut next = random(seed);
        let mut bytes = whole.clone();
        for _ in 0..4 {
            let place = next() as usize % 4096;
            bytes[place] ^= 1 << (next() % 8);
        }
        survives(&bench, &bytes, format!("seed {seed}")).await;
    }
}
