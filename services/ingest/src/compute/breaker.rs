//! A circuit breaker: after some failures in a row a platform is left alone for a while.

use std::time::Duration;

/// Whether requests go to a platform at all. Time is handed in, on any clock that does not go
/// backwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breaker {
    threshold: u32,
    pause: Duration,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Requests go through; so many failed in a row.
    Closed { failures: u32 },
    /// None goes through before this time; the first after it does.
    Open { until: Duration },
    /// One went through and has not ended; if it never does, another goes at this time.
    Trying { until: Duration },
}

impl Breaker {
    /// A breaker that opens for `pause` after `threshold` failures in a row.
    #[must_use]
    pub const fn new(threshold: u32, pause: Duration) -> Self {
        Self {
            threshold,
            pause,
            state: State::Closed { failures: 0 },
        }
    }

    /// Whether a request may be made now.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        match self.state {
            State::Closed { .. } => Ok(()),
            State::Open { until } | State::Trying { until } if now < until => Err(until - now),
            State::Open { .. } | State::Trying { .. } => {
                let until = now + self.pause;
                self.state = State::Trying { until };
                Ok(())
            }
        }
    }

    /// The platform answered as it should, whatever the answer was.
    pub const fn succeeded(&mut self) {
        // What was asked before it opened says nothing of now.
        if !matches!(self.state, State::Open { .. }) {
            self.state = State::Closed { failures: 0 };
        }
    }

    /// The platform is at fault. Says whether it is left alone from now on.
    pub fn failed(&mut self, now: Duration) -> bool {
        let was_open = matches!(self.state, State::Open { .. });
        self.state = match self.state {
            State::Closed { failures } if failures + 1 < self.threshold => State::Closed {
                failures: failures + 1,
            },
            State::Closed { .. } | State::Trying { .. } => State::Open {
                until: now + self.pause,
            },
            State::Open { until } => State::Open { until },
        };
        !was_open && matches!(self.state, State::Open { .. })
    }

    /// What went through ended without a verdict: another may try at once.
    pub const fn abandoned(&mut self, now: Duration) {
        if matches!(self.state, State::Trying { .. }) {
            self.state = State::Open { until: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAUSE: Duration = Duration::from_secs(60);
    const SECOND: Duration = Duration::from_secs(1);

    fn open() -> Breaker {
        let mut breaker = Breaker::new(3, PAUSE);
        for opens in [false, false, true] {
            assert_eq!(breaker.admit(Duration::ZERO), Ok(()));
            assert_eq!(breaker.failed(Duration::ZERO), opens);
        }
        breaker
    }

    #[test]
    fn it_opens_after_failures_in_a_row_only() {
        let mut breaker = Breaker::new(3, PAUSE);
        for _ in 0..10 {
            breaker.failed(Duration::ZERO);
            breaker.failed(Duration::ZERO);
            breaker.succeeded();
        }
        assert_eq!(breaker.admit(Duration::ZERO), Ok(()));
        assert_eq!(open().admit(SECOND), Err(PAUSE - SECOND));
    }

    #[test]
    fn after_the_pause_one_goes_through_and_decides() {
        let mut breaker = open();
        assert_eq!(breaker.admit(PAUSE), Ok(()));
        assert_eq!(breaker.admit(PAUSE), Err(PAUSE), "only one");
        assert!(breaker.failed(PAUSE + SECOND));
        assert_eq!(breaker.admit(PAUSE + SECOND), Err(PAUSE));
        let again = PAUSE * 2 + SECOND;
        assert_eq!(breaker.admit(again), Ok(()));
        breaker.succeeded();
        assert_eq!(breaker.admit(again), Ok(()));
        assert_eq!(breaker.admit(again), Ok(()));
    }

    #[test]
    fn one_that_ends_without_a_verdict_lets_the_next_try() {
        let mut breaker = open();
        assert_eq!(breaker.admit(PAUSE), Ok(()));
        breaker.abandoned(PAUSE);
        assert_eq!(breaker.admit(PAUSE), Ok(()));
        // And one that never ends does not hold it for ever.
        assert_eq!(breaker.admit(PAUSE * 2), Ok(()));
    }

    #[test]
    fn what_ends_late_neither_closes_nor_prolongs_it() {
        let mut breaker = open();
        breaker.succeeded();
        assert!(!breaker.failed(SECOND), "it is open already");
        breaker.abandoned(SECOND);
        assert_eq!(breaker.admit(SECOND), Err(PAUSE - SECOND));
    }

    proptest! {
        #[test]
        fn nobody_waits_longer_than_the_pause(steps in prop::collection::vec((0u8..4, 0u64..90), 0..60)) {
            let mut breaker = Breaker::new(2, PAUSE);
            let mut now = Duration::ZERO;
            for (step, seconds) in steps {
                now += Duration::from_secs(seconds);
                match step {
                    0 => breaker.succeeded(),
                    1 => drop(breaker.failed(now)),
                    2 => breaker.abandoned(now),
                    _ => if let Err(wait) = breaker.admit(now) {
                        prop_assert!(wait > Duration::ZERO && wait <= PAUSE);
                    },
                }
            }
            prop_assert_eq!(breaker.admit(now + PAUSE), Ok(()));
        }
    }
}
