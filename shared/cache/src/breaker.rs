//! When the shared tier is left alone.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

#[derive(Debug, Default)]
struct Run {
    failures: u32,
    /// Until when nothing is tried; afterwards one operation is, then nothing again.
    closed_until: Option<Duration>,
}

/// Counts failures in a row. Open, it lets through one operation per pause, until one succeeds.
#[derive(Debug)]
pub(crate) struct Breaker {
    run: Mutex<Run>,
    limit: u32,
    pause: Duration,
}

impl Breaker {
    pub fn new(limit: u32, pause: Duration) -> Self {
        Self {
            run: Mutex::default(),
            limit: limit.max(1),
            pause,
        }
    }

    fn run(&self) -> std::sync::MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an operation may be tried now.
    pub fn allows(&self, now: Duration) -> bool {
        let mut run = self.run();
        match run.closed_until {
            Some(until) if now < until => false,
            Some(_) => {
                run.closed_until = Some(now + self.pause);
                true
            }
            None => true,
        }
    }

    pub fn is_open(&self) -> bool {
        self.run().closed_until.is_some()
    }

    pub fn succeeded(&self) {
        *self.run() = Run::default();
    }

    /// Notes a failure; whether it was the one that opened the breaker.
    pub fn failed(&self, now: Duration) -> bool {
        let mut run = self.run();
        run.failures += 1;
        if run.failures < self.limit {
            return false;
        }
        let opens = run.closed_until.is_none();
        run.closed_until = Some(now + self.pause);
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_opens_after_failures_in_a_row_and_asks_once_per_pause() {
        let breaker = Breaker::new(5, 5 * SECOND);
        for _ in 0..4 {
            assert!(!breaker.failed(SECOND));
        }
        breaker.succeeded();
        for _ in 0..4 {
            assert!(!breaker.failed(SECOND));
        }
        assert!(breaker.allows(SECOND), "four in a row are not five");
        assert!(breaker.failed(SECOND));
        assert!(breaker.is_open());
        assert!(!breaker.allows(5 * SECOND));
        assert!(breaker.allows(6 * SECOND), "one may try");
        assert!(!breaker.allows(6 * SECOND), "and only one");
        assert!(!breaker.failed(6 * SECOND), "it was open already");
        assert!(!breaker.allows(10 * SECOND));
        assert!(breaker.allows(11 * SECOND));
        breaker.succeeded();
        assert!(!breaker.is_open());
        assert!(breaker.allows(11 * SECOND));
    }
}
