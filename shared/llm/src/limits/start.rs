//! Beginning slowly: a sharp rise of calls is refused by providers that would take as many.

use std::time::Duration;

/// Time after which twice as many are allowed.
const STEP: Duration = Duration::from_secs(10);
/// Time without calls after which it begins anew.
const IDLE: Duration = Duration::from_secs(60);
/// Steps in a minute.
const STEPS_PER_MINUTE: u64 = 6;

/// How many calls a step of ten seconds holds; it doubles until the usual limit is the tighter one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlowStart {
    first: u64,
    /// At so many per step the usual limit is the tighter one.
    enough: u64,
    allowed: u64,
    used: u64,
    began: Duration,
    last: Option<Duration>,
}

impl SlowStart {
    /// One that allows `first` calls in its first step; with 0 it allows everything, as it does
    /// once a step holds more than a limit per minute would.
    #[must_use]
    pub fn new(first: u64, per_minute: Option<u64>) -> Self {
        Self {
            first,
            enough: per_minute.map_or(u64::MAX, |limit| limit.div_ceil(STEPS_PER_MINUTE)),
            allowed: first,
            used: 0,
            began: Duration::ZERO,
            last: None,
        }
    }

    /// How long until another call may be made; `None` if it may now.
    #[must_use]
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        let mut later = self.clone();
        later.advance(now);
        let full = later.used >= later.allowed && later.limits();
        full.then(|| (later.began + STEP).saturating_sub(now))
    }

    /// Notes a call.
    pub fn take(&mut self, now: Duration) {
        self.advance(now);
        self.used += 1;
        self.last = Some(now);
    }

    const fn limits(&self) -> bool {
        self.first > 0 && self.allowed < self.enough
    }

    fn advance(&mut self, now: Duration) {
        let idle = self
            .last
            .is_none_or(|last| now.saturating_sub(last) >= IDLE);
        if idle {
            self.allowed = self.first;
            self.used = 0;
            self.began = now;
            return;
        }
        while self.limits() && now.saturating_sub(self.began) >= STEP {
            self.allowed = self.allowed.saturating_mul(2);
            self.used = 0;
            self.began += STEP;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn made(start: &mut SlowStart, from: u64, seconds: u64) -> u64 {
        let mut made = 0;
        let mut now = Duration::from_secs(from);
        while now < Duration::from_secs(from + seconds) {
            if start.wait(now).is_none() {
                start.take(now);
                made += 1;
            }
            now += MILLISECOND;
        }
        made
    }

    #[test]
    fn every_ten_seconds_hold_twice_as_many() {
        let mut start = SlowStart::new(10, Some(3000));
        let steps: Vec<u64> = (0..6).map(|step| made(&mut start, step * 10, 10)).collect();
        assert_eq!(steps[..6], [10, 20, 40, 80, 160, 320]);
        assert_eq!(
            made(&mut start, 60, 10),
            10_000,
            "the usual limit is the tighter one now"
        );
        assert_eq!(
            made(&mut start, 200, 10),
            10,
            "it begins anew after a pause"
        );
    }

    #[test]
    fn it_says_how_long_to_wait() {
        let mut start = SlowStart::new(1, None);
        start.take(Duration::from_secs(3));
        assert_eq!(
            start.wait(Duration::from_secs(5)),
            Some(Duration::from_secs(8))
        );
        assert_eq!(start.wait(Duration::from_secs(13)), None);
    }

    #[test]
    fn without_a_first_step_everything_goes() {
        assert_eq!(made(&mut SlowStart::new(0, None), 0, 1), 1000);
    }
}
