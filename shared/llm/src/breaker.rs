//! A circuit breaker over the share of failures: a model that mostly fails is left alone.

use crate::settings::LlmSettings;
use serde::Serialize;
use std::time::Duration;

/// Parts of the time over which failures are counted.
const BUCKETS: usize = 10;
/// Successes in a row after which everything goes through again.
const SUCCESSES_TO_CLOSE: u32 = 3;

/// When a model is left alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerPolicy {
    /// From this share of failures on.
    pub ratio: f64,
    /// Over this time.
    pub window: Duration,
    /// If there were so many calls in it.
    pub least: u32,
    /// For this long.
    pub open: Duration,
}

impl From<&LlmSettings> for BreakerPolicy {
    fn from(settings: &LlmSettings) -> Self {
        Self {
            ratio: settings.llm_breaker_ratio,
            window: Duration::from_secs(settings.llm_breaker_window),
            least: settings.llm_breaker_min,
            open: Duration::from_secs(settings.llm_breaker_open),
        }
    }
}

/// What it does, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Everything goes through.
    Closed,
    /// One at a time, to see how it goes.
    HalfOpen,
    /// Nothing does.
    Open,
}

impl BreakerState {
    /// As metrics show it: 0 closed, 1 half open, 2 open.
    #[must_use]
    pub const fn as_number(self) -> f64 {
        match self {
            Self::Closed => 0.0,
            Self::HalfOpen => 1.0,
            Self::Open => 2.0,
        }
    }
}

/// How a call ended, as far as the provider is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It answered as it should.
    Worked,
    /// It is at fault.
    Failed,
    /// Every further call will end the same way; until then if that is known.
    Barred(Option<Duration>),
    /// That says nothing of it.
    Neither,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    calls: u32,
    failures: u32,
    /// Which part of time it counts.
    at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        until: Duration,
    },
    /// So many went well. Another goes when none is out, or the one that is should be back.
    Probing {
        successes: u32,
        out_until: Option<Duration>,
    },
}

/// Counts how calls ended and says whether the next goes through. Time is handed in, on any clock
/// that does not go backwards.
#[derive(Debug, Clone)]
pub struct Breaker {
    policy: BreakerPolicy,
    counts: [Count; BUCKETS],
    state: State,
}

impl Breaker {
    /// One that lets everything through so far.
    #[must_use]
    pub fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            counts: [Count::default(); BUCKETS],
            state: State::Closed,
        }
    }

    /// Whether a call may be made now.
    ///
    /// # Errors
    /// How long to wait before asking again.
    pub fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        let successes = match self.state {
            State::Closed => return Ok(()),
            State::Open { until } if now < until => return Err(until - now),
            State::Probing {
                out_until: Some(until),
                ..
            } if now < until => return Err(until - now),
            State::Open { .. } => 0,
            State::Probing { successes, .. } => successes,
        };
        self.state = State::Probing {
            successes,
            out_until: Some(now + self.policy.open),
        };
        Ok(())
    }

    /// Notes how a call ended. Says whether the state is another now.
    pub fn note(&mut self, verdict: Verdict, now: Duration) -> bool {
        let before = self.state();
        match (verdict, self.state) {
            (Verdict::Barred(wait), _) => self.open(now, wait.unwrap_or(self.policy.open)),
            (Verdict::Worked, State::Probing { successes, .. }) => {
                if successes + 1 >= SUCCESSES_TO_CLOSE {
                    self.counts = [Count::default(); BUCKETS];
                    self.state = State::Closed;
                } else {
                    self.state = State::Probing {
                        successes: successes + 1,
                        out_until: None,
                    };
                }
            }
            (Verdict::Failed, State::Probing { .. }) => self.open(now, self.policy.open),
            (Verdict::Neither, State::Probing { successes, .. }) => {
                self.state = State::Probing {
                    successes,
                    out_until: None,
                };
            }
            (Verdict::Worked | Verdict::Failed, State::Closed) => {
                self.count(verdict == Verdict::Failed, now);
                if self.is_too_much(now) {
                    self.open(now, self.policy.open);
                }
            }
            // What was asked before it opened says nothing of now.
            (_, State::Open { .. }) | (Verdict::Neither, State::Closed) => {}
        }
        self.state() != before
    }

    /// What it does.
    #[must_use]
    pub const fn state(&self) -> BreakerState {
        match self.state {
            State::Closed => BreakerState::Closed,
            State::Open { .. } => BreakerState::Open,
            State::Probing { .. } => BreakerState::HalfOpen,
        }
    }

    fn open(&mut self, now: Duration, wait: Duration) {
        let until = now.saturating_add(wait);
        self.state = match self.state {
            State::Open { until: later } if later > until => State::Open { until: later },
            _ => State::Open { until },
        };
    }

    fn part(&self, now: Duration) -> u64 {
        let part = self.policy.window.as_nanos() / BUCKETS as u128;
        u64::try_from(now.as_nanos() / part.max(1)).unwrap_or(u64::MAX)
    }

    fn count(&mut self, failed: bool, now: Duration) {
        let at = self.part(now);
        let index = usize::try_from(at % BUCKETS as u64).unwrap_or(0);
        if let Some(count) = self.counts.get_mut(index) {
            if count.at != at {
                *count = Count {
                    at,
                    ..Count::default()
                };
            }
            count.calls += 1;
            count.failures += u32::from(failed);
        }
    }

    fn is_too_much(&self, now: Duration) -> bool {
        let at = self.part(now);
        let recent = self
            .counts
            .iter()
            .filter(|count| count.at + BUCKETS as u64 > at);
        let (calls, failures) = recent.fold((0, 0), |(calls, failures), count| {
            (calls + count.calls, failures + count.failures)
        });
        let share = f64::from(failures) / f64::from(calls.max(1));
        calls >= self.policy.least && share >= self.policy.ratio
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        ratio: 0.10,
        window: Duration::from_secs(60),
        least: 20,
        open: Duration::from_secs(30),
    };
    const SECOND: Duration = Duration::from_secs(1);

    fn noted(worked: u32, failed: u32) -> Breaker {
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..worked {
            breaker.note(Verdict::Worked, SECOND);
        }
        for _ in 0..failed {
            breaker.note(Verdict::Failed, SECOND);
        }
        breaker
    }

    #[test]
    fn it_opens_at_a_tenth_of_failures_among_at_least_twenty() {
        assert_eq!(noted(18, 2).state(), BreakerState::Open);
        assert_eq!(noted(0, 19).state(), BreakerState::Closed, "too few to say");
        assert_eq!(noted(0, 20).state(), BreakerState::Open);
        assert_eq!(noted(91, 10).state(), BreakerState::Closed);
        assert_eq!(noted(90, 10).state(), BreakerState::Open);
        assert_eq!(noted(18, 2).admit(11 * SECOND), Err(20 * SECOND));
    }

    #[test]
    fn what_is_a_minute_old_is_forgotten() {
        let mut breaker = noted(0, 19);
        assert!(!breaker.note(Verdict::Failed, 62 * SECOND));
        let mut breaker = noted(0, 19);
        assert!(breaker.note(Verdict::Failed, 59 * SECOND));
    }

    #[test]
    fn three_that_go_well_close_it_one_after_the_other() {
        let mut breaker = noted(0, 20);
        for nth in 1..=3 {
            let now = 31 * SECOND;
            assert_eq!(breaker.admit(now), Ok(()));
            assert!(breaker.admit(now).is_err(), "one at a time");
            assert_eq!(breaker.note(Verdict::Worked, now), nth == 3);
        }
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert!(
            !breaker.note(Verdict::Failed, 32 * SECOND),
            "the past is forgotten"
        );
    }

    #[test]
    fn one_that_fails_opens_it_again_and_one_without_verdict_does_not_hold_it() {
        let mut breaker = noted(0, 20);
        assert_eq!(breaker.admit(31 * SECOND), Ok(()));
        assert!(breaker.note(Verdict::Failed, 32 * SECOND));
        assert_eq!(breaker.admit(32 * SECOND), Err(30 * SECOND));
        assert_eq!(breaker.admit(62 * SECOND), Ok(()));
        breaker.note(Verdict::Neither, 63 * SECOND);
        assert_eq!(breaker.admit(63 * SECOND), Ok(()));
        assert_eq!(
            breaker.admit(93 * SECOND),
            Ok(()),
            "one that never comes back"
        );
    }

    #[test]
    fn being_barred_opens_it_at_once_for_as_long_as_was_said() {
        let mut breaker = Breaker::new(POLICY);
        assert!(breaker.note(Verdict::Barred(Some(3600 * SECOND)), SECOND));
        assert_eq!(breaker.admit(SECOND), Err(3600 * SECOND));
        breaker.note(Verdict::Barred(None), SECOND);
        assert_eq!(breaker.admit(SECOND), Err(3600 * SECOND), "never for less");
    }

    proptest! {
        #[test]
        fn nobody_is_kept_out_for_longer_than_it_is_open(steps in prop::collection::vec((0u8..4, 0u64..40), 0..200)) {
            let mut breaker = Breaker::new(POLICY);
            let mut now = Duration::ZERO;
            for (step, seconds) in steps {
                now += Duration::from_secs(seconds);
                match step {
                    0 => drop(breaker.note(Verdict::Worked, now)),
                    1 => drop(breaker.note(Verdict::Failed, now)),
                    2 => drop(breaker.note(Verdict::Neither, now)),
                    _ => if let Err(wait) = breaker.admit(now) {
                        prop_assert!(wait > Duration::ZERO && wait <= POLICY.open);
                    },
                }
            }
            prop_assert_eq!(breaker.admit(now + POLICY.open), Ok(()));
        }
    }
}
