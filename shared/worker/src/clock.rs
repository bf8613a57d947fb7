//! The real clock. Everything else asks the [`Clock`] port.

#![allow(
    clippy::disallowed_methods,
    reason = "this is the clock the others ask"
)]

use stage::Clock;
use std::time::{Duration, Instant, SystemTime};

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    pub fn start() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}
