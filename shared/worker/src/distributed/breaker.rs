//! Stopping to take when most of what is taken fails: a broken neighbour is not helped by more.

use std::{collections::VecDeque, time::Duration};

/// When a lane stops taking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerLimits {
    /// How many of the latest attempts are looked at.
    pub window: usize,
    /// Share of them that must have failed for outside reasons, 0–1.
    pub threshold: f64,
    /// Pause after the first opening; it doubles with each opening in a row.
    pub first_pause: Duration,
    /// Longest pause.
    pub longest_pause: Duration,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        Self {
            window: 10,
            threshold: 0.8,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// Counts outcomes and says when to pause. A state machine without a clock: it is told the time
/// since an arbitrary instant.
#[derive(Debug)]
pub(crate) struct Breaker {
    limits: BreakerLimits,
    latest: VecDeque<bool>,
    openings: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    /// Until then nothing is taken.
    Open(Duration),
    /// One is taken to see how it goes.
    Probing,
}

impl Breaker {
    pub(crate) fn new(limits: BreakerLimits) -> Self {
        Self {
            limits,
            latest: VecDeque::new(),
            openings: 0,
            state: State::Closed,
        }
    }

    /// How many may be worked on at once now, at most `slots`; when it is to be asked again if
    /// that is none.
    pub(crate) fn allowed(&mut self, now: Duration, slots: usize) -> Result<usize, Duration> {
        match self.state {
            State::Closed => Ok(slots),
            State::Open(until) if now < until => Err(until - now),
            State::Open(_) | State::Probing => {
                self.state = State::Probing;
                Ok(1)
            }
        }
    }

    /// Notes how an attempt ended: whether it failed for reasons outside of its input. Returns
    /// the pause that begins now, if one does.
    pub(crate) fn note(&mut self, failed: bool, now: Duration) -> Option<Duration> {
        match self.state {
            State::Probing if failed => return Some(self.open(now)),
            State::Probing => {
                self.state = State::Closed;
                self.openings = 0;
                self.latest.clear();
            }
            State::Closed | State::Open(_) => {}
        }
        self.latest.push_back(failed);
        if self.latest.len() > self.limits.window {
            self.latest.pop_front();
        }
        let failures = self.latest.iter().filter(|failed| **failed).count();
        let full = self.latest.len() == self.limits.window;
        let too_many = failures as f64 >= self.limits.threshold * self.limits.window as f64;
        (self.state == State::Closed && full && too_many).then(|| self.open(now))
    }

    /// Whether it lets everything through.
    pub(crate) fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    fn open(&mut self, now: Duration) -> Duration {
        let doubled = self
            .limits
            .first_pause
            .saturating_mul(2_u32.saturating_pow(self.openings));
        let pause = doubled.min(self.limits.longest_pause);
        self.openings += 1;
        self.latest.clear();
        self.state = State::Open(now + pause);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn opened() -> Breaker {
        let mut breaker = Breaker::new(BreakerLimits::default());
        let pauses: Vec<_> = (0..10).filter_map(|_| breaker.note(true, SECOND)).collect();
        assert_eq!(pauses, [5 * SECOND], "it opens once, at the tenth failure");
        breaker
    }

    #[test]
    fn a_few_failures_do_not_open_it() {
        let mut breaker = Breaker::new(BreakerLimits::default());
        for at in 0..100 {
            assert_eq!(breaker.note(at % 2 == 0, SECOND), None);
        }
        assert_eq!(breaker.allowed(SECOND, 4), Ok(4));
    }

    #[test]
    fn while_open_nothing_is_taken_and_then_one() {
        let mut breaker = opened();
        assert_eq!(breaker.allowed(2 * SECOND, 4), Err(4 * SECOND));
        assert_eq!(breaker.allowed(6 * SECOND, 4), Ok(1));
    }

    #[test]
    fn a_good_probe_closes_it_and_a_bad_one_doubles_the_pause() {
        let mut breaker = opened();
        breaker.allowed(6 * SECOND, 4).unwrap();
        assert_eq!(breaker.note(true, 6 * SECOND), Some(10 * SECOND));
        breaker.allowed(16 * SECOND, 4).unwrap();
        assert_eq!(breaker.note(false, 16 * SECOND), None);
        assert_eq!(breaker.allowed(16 * SECOND, 4), Ok(4));
        assert!(breaker.is_closed());
    }

    #[test]
    fn pauses_do_not_grow_beyond_the_limit() {
        let mut breaker = opened();
        let mut now = Duration::ZERO;
        for _ in 0..20 {
            now += 1000 * SECOND;
            breaker.allowed(now, 1).unwrap();
            let pause = breaker.note(true, now).unwrap();
            assert!(pause <= 60 * SECOND);
        }
    }
}
