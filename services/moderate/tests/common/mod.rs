//! A decoded video made of JPEG files, and the stage with real weights.

#![allow(dead_code, reason = "each test file uses its own part")]

use contracts::{MediaTime, messages::ModerateInput};
use inference::ModelSet;
use moderate::{Config, Moderate};
use testkit::Bench;

/// The stage on the CPU with the weights of `set`.
pub fn stage(set: ModelSet, config: Config) -> Moderate {
    Moderate::open(&testkit::engine(set), config).unwrap()
}

/// A photograph that `make setup` fetches.
pub fn photograph(name: &str) -> Vec<u8> {
    std::fs::read(testkit::cache_file(&format!("media/{name}"))).unwrap()
}

/// The input of the stage for a video of these pictures, each with its time in milliseconds.
pub async fn input(bench: &Bench, size: (u32, u32), shown: &[(u64, &[u8])]) -> ModerateInput {
    let frames = bench.pictures(size, shown).await;
    ModerateInput {
        decoded: testkit::film(frames, size, MediaTime::from_seconds(10.0)),
    }
}
