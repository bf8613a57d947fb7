#![doc = include_str!("../README.md")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "for tests only"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "tests are told by the environment how much to do"
)]

pub mod acts;
mod fail_at;
pub mod matrix;
mod settings;
mod supervisor;
mod surroundings;

pub use fail_at::{Dying, FailAt};
pub use settings::{SETTINGS, StoreSettings, WorkerSettings};
pub use supervisor::{Supervised, supervise};
pub use surroundings::{LOOK, PATIENCE, Starter, Store, Surroundings};

/// Whether this is a full run.
#[must_use]
pub fn full() -> bool {
    std::env::var("FAULTS").is_ok_and(|text| text == "full")
}

/// The first of two numbers in a full run, else the second.
#[must_use]
pub fn full_or(in_full: usize, in_small: usize) -> usize {
    if full() { in_full } else { in_small }
}

/// Randomness that can be had again: its seed is said, and can be set.
///
/// # Panics
/// If the seed that was set is no number.
#[must_use]
pub fn randomness() -> fastrand::Rng {
    let seed = match std::env::var("FAULTS_SEED") {
        Ok(text) => text.parse().expect("FAULTS_SEED is a number"),
        Err(_) => fastrand::u64(..),
    };
    eprintln!("FAULTS_SEED={seed}");
    fastrand::Rng::with_seed(seed)
}
