//! What the cache is handed: time and chance.

use std::{sync::Arc, time::Duration};

/// Time. Whoever composes the program hands in the machine's, a test its own.
pub trait Clock: Send + Sync {
    /// Wall-clock time in milliseconds since the Unix epoch: what other processes agree on.
    fn unix_ms(&self) -> u64;
    /// Time since an arbitrary fixed instant, for durations within this process.
    fn monotonic(&self) -> Duration;
}

/// Everything the cache asks its surroundings for.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// A number of [0, 1), another one each time: spreads expiry and waits between tries.
    pub random: Arc<dyn Fn() -> f64 + Send + Sync>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Ports")
    }
}

impl Ports {
    /// `duration`, up to the share `spread` longer or shorter.
    pub(crate) fn jittered(&self, duration: Duration, spread: f64) -> Duration {
        let chance = (self.random)().clamp(0.0, 1.0);
        duration.mul_f64(1.0 + spread * (2.0 * chance - 1.0))
    }
}

/// Whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
