//! Faults on real processes.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests"
)]

mod broker;
mod deaths;
mod kill_matrix;
mod poison;
mod rolling;
mod stopping;
mod store;
mod telemetry;

use faults::{Store, Surroundings};
use testkit::PrivateRabbit;

/// The worker that is killed.
const PROGRAM: &str = env!("CARGO_BIN_EXE_stub-worker");

/// A virtual host of the test's own on the shared broker, with a store.
async fn on_shared(name: &str, store: Store<'_>) -> Option<Surroundings> {
    let access = PrivateRabbit::shared().await?.another(name).await;
    Some(Surroundings::new(PROGRAM, &access, store).await)
}
