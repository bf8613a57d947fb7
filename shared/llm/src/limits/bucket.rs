//! A token bucket: it fills evenly, and calls take out of it.

use std::time::Duration;

/// A minute, in seconds.
const MINUTE_S: f64 = 60.0;

/// A token bucket. A call larger than the bucket waits until it is full and leaves a debt, so that
/// nothing waits for ever.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    per_minute: f64,
    capacity: f64,
    level: f64,
    at: Duration,
}

#[allow(clippy::cast_precision_loss, reason = "limits are far below 2^52")]
impl Bucket {
    /// A full one that fills by so much per minute and holds `capacity`.
    #[must_use]
    pub fn new(per_minute: u64, capacity: u64) -> Self {
        Self {
            per_minute: per_minute as f64,
            capacity: capacity as f64,
            level: capacity as f64,
            at: Duration::ZERO,
        }
    }

    /// How long until a call that needs `need` may be made; `None` if it may now.
    #[must_use]
    pub fn wait(&self, need: u64, now: Duration) -> Option<Duration> {
        let wanted = (need as f64).min(self.capacity);
        let missing = wanted - self.level_at(now);
        // Below the resolution of the clock it is there.
        let seconds = missing * MINUTE_S / self.per_minute;
        (seconds > 1e-9)
            .then(|| Duration::from_secs_f64(seconds.min(1e9)) + Duration::from_nanos(1))
    }

    /// Takes what a call needs.
    pub fn take(&mut self, need: u64, now: Duration) {
        self.level = self.level_at(now) - need as f64;
        self.at = self.at.max(now);
    }

    /// Gives back what a call did not need.
    pub fn give_back(&mut self, tokens: u64) {
        self.level = (self.level + tokens as f64).min(self.capacity);
    }

    /// Takes over limits that are tighter.
    pub fn tighten(&mut self, limit: Option<u64>, remaining: Option<u64>, now: Duration) {
        self.level = self.level_at(now);
        self.at = self.at.max(now);
        if let Some(limit) = limit.filter(|limit| *limit > 0) {
            let limit = limit as f64;
            self.capacity = self.capacity.min(limit);
            self.per_minute = self.per_minute.min(limit);
        }
        let remaining = remaining.map_or(self.level, |remaining| remaining as f64);
        self.level = self.level.min(remaining).min(self.capacity);
    }

    fn level_at(&self, now: Duration) -> f64 {
        let since = now.saturating_sub(self.at).as_secs_f64();
        (self.level + since * self.per_minute / MINUTE_S).min(self.capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_call_larger_than_the_bucket_waits_until_it_is_full_and_leaves_a_debt() {
        let mut bucket = Bucket::new(60, 60);
        assert_eq!(bucket.wait(120, Duration::ZERO), None);
        bucket.take(120, Duration::ZERO);
        let wait = bucket.wait(1, Duration::ZERO).unwrap();
        assert!(wait >= 61 * SECOND && wait < 62 * SECOND, "{wait:?}");
    }

    #[test]
    fn limits_get_tighter_and_never_looser() {
        let mut bucket = Bucket::new(600, 10);
        bucket.tighten(Some(6000), Some(9000), SECOND);
        assert_eq!(bucket.wait(10, SECOND), None);
        bucket.tighten(Some(60), Some(0), SECOND);
        let wait = bucket.wait(1, SECOND).unwrap();
        assert!(wait >= SECOND && wait < 2 * SECOND, "{wait:?}");
    }

    proptest! {
        #[test]
        fn never_more_than_it_holds_and_what_came_since(
            calls in prop::collection::vec((0u64..3000, 1u64..30), 1..80),
        ) {
            let mut bucket = Bucket::new(600, 60);
            let (mut now, mut taken) = (Duration::ZERO, 0);
            for (ms, need) in calls {
                now += Duration::from_millis(ms);
                match bucket.wait(need, now) {
                    None => {
                        bucket.take(need, now);
                        taken += need;
                    }
                    Some(wait) => prop_assert_eq!(bucket.wait(need, now + wait), None),
                }
            }
            #[allow(clippy::cast_precision_loss, reason = "small")]
            let taken = taken as f64;
            prop_assert!(taken <= 60.0 + now.as_secs_f64() * 10.0 + 1e-6);
        }
    }
}
