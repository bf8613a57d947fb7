//! When the same question is asked again. Randomness is handed in.

use crate::{error::Failure, settings::LlmSettings};
use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

/// Share of the wait that a provider asked for which is added at most.
const EXTRA_SHARE: f64 = 0.1;
/// Time over which attempts are counted.
const WINDOW: Duration = Duration::from_secs(10);
/// Share of the first attempts that further ones may be.
const SHARE: f64 = 0.2;
/// Further attempts that are always allowed in a window: a share of few is none.
const FLOOR: usize = 10;

/// How often and after which wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Most attempts, the first one included.
    pub max_attempts: u32,
    /// Longest wait before the second; it doubles with each further one.
    pub base: Duration,
    /// Longest wait of all.
    pub cap: Duration,
}

impl From<&LlmSettings> for RetryPolicy {
    fn from(settings: &LlmSettings) -> Self {
        Self {
            max_attempts: settings.llm_max_attempts,
            base: Duration::from_millis(settings.llm_retry_base_ms),
            cap: Duration::from_millis(settings.llm_retry_cap_ms),
        }
    }
}

impl RetryPolicy {
    /// The wait after the `failed`-th failure, from 1: any time up to the longest one, by chance;
    /// never less than the provider asked for. `random` is from 0 to 1.
    #[must_use]
    pub fn wait(&self, failed: u32, failure: &Failure, random: f64) -> Duration {
        let random = random.clamp(0.0, 1.0);
        let doubled = self
            .base
            .saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
        let usual = doubled.min(self.cap).mul_f64(random);
        match failure.retry_after {
            Some(asked) => usual
                .max(asked)
                .saturating_add(asked.mul_f64(EXTRA_SHARE * random)),
            None => usual,
        }
    }
}

/// Sees to it that further attempts stay few beside first ones: when everything fails, asking
/// everything again makes it worse.
#[derive(Debug, Clone, Default)]
pub struct RetryBudget {
    first: VecDeque<Duration>,
    further: VecDeque<Duration>,
}

impl RetryBudget {
    /// Notes a first attempt.
    pub fn began(&mut self, now: Duration) {
        forget(&mut self.first, now);
        self.first.push_back(now);
    }

    /// Whether a further attempt may be made; it counts if it may.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "numbers of requests in ten seconds are far below 2^52"
    )]
    pub fn allows(&mut self, now: Duration) -> bool {
        forget(&mut self.first, now);
        forget(&mut self.further, now);
        let allowed = (self.first.len() as f64 * SHARE) as usize;
        if self.further.len() >= allowed.max(FLOOR) {
            return false;
        }
        self.further.push_back(now);
        true
    }
}

fn forget(times: &mut VecDeque<Duration>, now: Duration) {
    while times
        .front()
        .is_some_and(|at| now.saturating_sub(*at) >= WINDOW)
    {
        times.pop_front();
    }
}

/// When a provider wants to be asked again: `retry-after-ms`, then `retry-after` in seconds or as a
/// date. A time in the past is none to wait for; what cannot be read says nothing.
#[must_use]
pub fn retry_after(ms: Option<&str>, plain: Option<&str>, now: SystemTime) -> Option<Duration> {
    let number = |text: &str| {
        let value: f64 = text.trim().parse().ok()?;
        value.is_finite().then_some(value.max(0.0))
    };
    if let Some(ms) = ms.and_then(number) {
        return bounded(ms / 1000.0);
    }
    let plain = plain?;
    if let Some(seconds) = number(plain) {
        return bounded(seconds);
    }
    let date = jiff::fmt::rfc2822::parse(plain.trim()).ok()?;
    let at = SystemTime::from(date.timestamp());
    Some(at.duration_since(now).unwrap_or_default().min(LONGEST))
}

/// Longest wait a provider can ask for: a day.
const LONGEST: Duration = Duration::from_secs(86_400);

fn bounded(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use proptest::prelude::*;

    const POLICY: RetryPolicy = RetryPolicy {
        max_attempts: 3,
        base: Duration::from_secs(1),
        cap: Duration::from_secs(30),
    };

    fn failed(asked: Option<u64>) -> Failure {
        Failure::new(Code::RateLimited, "").after(asked.map(Duration::from_secs))
    }

    #[test]
    fn waits_are_up_to_twice_as_long_each_time() {
        for (nth, longest) in [(1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (u32::MAX, 30)] {
            let longest = Duration::from_secs(longest);
            assert_eq!(POLICY.wait(nth, &failed(None), 1.0), longest);
            assert_eq!(POLICY.wait(nth, &failed(None), 0.0), Duration::ZERO);
        }
    }

    proptest! {
        #[test]
        fn promise_02_nobody_asks_earlier_than_the_provider_wants(nth in 1u32..9, asked in 0u64..99, random in 0.0f64..1.0) {
            let asked_for = Duration::from_secs(asked);
            let wait = POLICY.wait(nth, &failed(Some(asked)), random);
            prop_assert!(wait >= asked_for);
            prop_assert!(wait <= asked_for.max(POLICY.cap) + asked_for.mul_f64(0.1));
        }
    }

    #[test]
    fn further_attempts_stay_few() {
        let mut budget = RetryBudget::default();
        let at = Duration::from_secs;
        let allowed =
            |budget: &mut RetryBudget, now| (0..1000).filter(|_| budget.allows(now)).count();
        assert_eq!(allowed(&mut budget, at(0)), FLOOR);
        for _ in 0..1000 {
            budget.began(at(1));
        }
        assert_eq!(allowed(&mut budget, at(1)), 200 - FLOOR);
        assert_eq!(
            allowed(&mut budget, at(10)),
            FLOOR,
            "those of the first second are forgotten"
        );
        assert_eq!(
            allowed(&mut budget, at(11)),
            0,
            "the ones just made are not"
        );
        assert_eq!(allowed(&mut budget, at(20)), FLOOR);
    }

    #[test]
    fn promise_02_every_way_to_ask_for_a_wait_is_read() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let read = |ms, plain| retry_after(ms, plain, now);
        let ms = |ms| Some(Duration::from_millis(ms));
        assert_eq!(read(Some("1500"), Some("9")), ms(1500));
        assert_eq!(read(Some("soon"), Some("9")), ms(9000));
        assert_eq!(read(None, Some(" 0.25 ")), ms(250));
        assert_eq!(read(None, Some("-3")), ms(0));
        assert_eq!(read(None, Some("Sun, 06 Nov 1994 08:49:40 GMT")), ms(3000));
        assert_eq!(read(None, Some("Sun, 06 Nov 1994 08:49:30 GMT")), ms(0));
        assert_eq!(read(None, Some("1e99")), Some(LONGEST));
        for odd in ["", "later", "NaN", "inf"] {
            assert_eq!(read(None, Some(odd)), None, "{odd}");
        }
        assert_eq!(read(None, None), None);
    }
}
