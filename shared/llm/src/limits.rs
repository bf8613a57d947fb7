//! How fast and how many at once: token buckets, a slow start, and as much concurrency as goes well.

mod bucket;
mod concurrency;
mod headers;
mod start;

pub use bucket::Bucket;
pub use concurrency::{Concurrency, Slot};
pub use headers::{Quota, RateLimits};
pub use start::SlowStart;

use crate::error::{Code, Failure};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// What a provider allows for one model; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RatePolicy {
    /// Requests per minute.
    pub requests: Option<u64>,
    /// Tokens read per minute.
    pub input_tokens: Option<u64>,
    /// Tokens said per minute.
    pub output_tokens: Option<u64>,
    /// Requests in the first ten seconds; 0 begins at full speed.
    pub slow_start: u64,
}

#[derive(Debug)]
struct Rates {
    requests: Option<Bucket>,
    input: Option<Bucket>,
    output: Option<Bucket>,
    start: SlowStart,
    seen: Option<RateLimits>,
}

/// The limits of one model.
#[derive(Debug)]
pub struct Limiter {
    rates: Mutex<Rates>,
    concurrency: Concurrency,
}

/// Leave to make one call. Given back when dropped.
#[derive(Debug)]
pub struct Permit {
    _slot: Slot,
    input: u64,
    output: u64,
    /// How long it was waited for.
    pub waited: Duration,
}

impl Limiter {
    /// Limits that allow `concurrency` calls at once at most, and not all of them at first.
    #[must_use]
    pub fn new(policy: RatePolicy, concurrency: Concurrency) -> Self {
        // Requests are limited by the second: a minute's worth at once is refused.
        let per_second = |limit: u64| Bucket::new(limit, (limit / 60).max(1));
        Self {
            rates: Mutex::new(Rates {
                requests: policy.requests.map(per_second),
                input: policy.input_tokens.map(|limit| Bucket::new(limit, limit)),
                output: policy.output_tokens.map(|limit| Bucket::new(limit, limit)),
                start: SlowStart::new(policy.slow_start, policy.requests),
                seen: None,
            }),
            concurrency,
        }
    }

    /// Waits for leave to make a call that reads and says so many tokens. `now` tells the time
    /// since an arbitrary instant.
    ///
    /// # Errors
    /// [`Code::RateLimited`] if the wait would be longer than `longest`, and
    /// [`Code::DeadlineExceeded`] if somebody else's calls take until `deadline`.
    pub async fn acquire(
        &self,
        input: u64,
        output: u64,
        longest: Duration,
        deadline: Instant,
        now: impl Fn() -> Duration,
    ) -> Result<Permit, Failure> {
        let began = now();
        let slot = tokio::time::timeout_at(deadline, self.concurrency.slot()).await;
        let slot = slot.map_err(|_| {
            Failure::new(
                Code::DeadlineExceeded,
                "other calls take all the room there is",
            )
        })?;
        loop {
            let wait = match self.rates().take(input, output, now()) {
                Ok(()) => break,
                Err(wait) => wait,
            };
            if wait > longest {
                let message = "our own limit of calls to this model is reached";
                return Err(Failure::new(Code::RateLimited, message).after(Some(wait)));
            }
            if tokio::time::timeout_at(deadline, tokio::time::sleep(wait))
                .await
                .is_err()
            {
                let message = "the deadline came before our limit of calls allowed another";
                return Err(Failure::new(Code::DeadlineExceeded, message));
            }
        }
        Ok(Permit {
            _slot: slot,
            input,
            output,
            waited: now().saturating_sub(began),
        })
    }

    /// Notes that a call went well, and what it really read and said.
    pub fn worked(&self, permit: Permit, input: u64, output: u64) {
        let mut rates = self.rates();
        rates.give_back(
            permit.input.saturating_sub(input),
            permit.output.saturating_sub(output),
        );
        drop(rates);
        self.concurrency.worked();
    }

    /// Notes that the provider had more to do than it wants.
    pub fn refused(&self) {
        self.concurrency.refused();
    }

    /// Notes what the provider says of its limits; ours never get looser by it.
    pub fn told(&self, limits: &RateLimits, now: Duration) {
        let mut rates = self.rates();
        let pairs = [
            (limits.requests, 0),
            (limits.input_tokens, 1),
            (limits.output_tokens, 2),
        ];
        for (quota, which) in pairs {
            let bucket = match which {
                0 => &mut rates.requests,
                1 => &mut rates.input,
                _ => &mut rates.output,
            };
            if let (Some(quota), Some(bucket)) = (quota, bucket) {
                bucket.tighten(quota.limit, quota.remaining, now);
            }
        }
        rates.seen = Some(limits.clone());
    }

    /// What the provider said last.
    #[must_use]
    pub fn seen(&self) -> Option<RateLimits> {
        self.rates().seen.clone()
    }

    /// Calls that are out, and how many may be.
    #[must_use]
    pub fn in_flight(&self) -> (usize, usize) {
        self.concurrency.in_use()
    }

    /// Calls that wait for one of the others to end.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.concurrency.waiting()
    }

    fn rates(&self) -> MutexGuard<'_, Rates> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rates {
    /// Takes a call out of all buckets, or out of none.
    fn take(&mut self, input: u64, output: u64, now: Duration) -> Result<(), Duration> {
        let needs = [
            (&self.requests, 1),
            (&self.input, input),
            (&self.output, output),
        ];
        let waits = needs
            .into_iter()
            .filter_map(|(bucket, need)| bucket.as_ref()?.wait(need, now))
            .chain(self.start.wait(now));
        if let Some(longest) = waits.max() {
            return Err(longest);
        }
        for (bucket, need) in [
            (&mut self.requests, 1),
            (&mut self.input, input),
            (&mut self.output, output),
        ] {
            if let Some(bucket) = bucket {
                bucket.take(need, now);
            }
        }
        self.start.take(now);
        Ok(())
    }

    fn give_back(&mut self, input: u64, output: u64) {
        for (bucket, tokens) in [(&mut self.input, input), (&mut self.output, output)] {
            if let Some(bucket) = bucket {
                bucket.give_back(tokens);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn limiter(requests: u64, slow_start: u64) -> Limiter {
        let policy = RatePolicy {
            requests: Some(requests),
            input_tokens: Some(60_000),
            output_tokens: Some(60_000),
            slow_start,
        };
        Limiter::new(policy, Concurrency::new(1000, 1000))
    }

    async fn made(limiter: &Limiter, tokens: u64, seconds: u64) -> u64 {
        let origin = Instant::now();
        let deadline = origin + Duration::from_secs(seconds);
        let mut made = 0;
        let longest = Duration::from_secs(3600);
        while let Ok(permit) = limiter
            .acquire(tokens, tokens, longest, deadline, || origin.elapsed())
            .await
        {
            limiter.worked(permit, tokens, tokens);
            made += 1;
        }
        made
    }

    #[tokio::test(start_paused = true)]
    async fn a_minute_holds_as_many_requests_as_are_allowed() {
        let found = made(&limiter(600, 0), 1, 60).await;
        assert!((600..=620).contains(&found), "{found}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_scarcest_limit_decides() {
        let found = made(&limiter(6000, 0), 1000, 60).await;
        assert!(
            (119..=121).contains(&found),
            "a full bucket and a minute's worth: {found}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn it_begins_slowly() {
        let limiter = limiter(6000, 10);
        assert_eq!(made(&limiter, 1, 9).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_too_long_is_not_waited() {
        let limiter = limiter(60, 0);
        let origin = Instant::now();
        let deadline = origin + Duration::from_secs(100);
        let ask = || {
            limiter.acquire(1, 1, Duration::from_millis(900), deadline, || {
                origin.elapsed()
            })
        };
        assert!(ask().await.is_ok());
        let failure = ask().await.unwrap_err();
        assert_eq!(failure.code, Code::RateLimited);
        assert!(failure.retry_after.unwrap() > Duration::from_millis(900));
        assert_eq!(origin.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_provider_tells_makes_it_tighter_and_what_was_not_used_comes_back() {
        let limiter = limiter(6000, 0);
        let origin = Instant::now();
        let told = RateLimits {
            input_tokens: Some(Quota {
                limit: Some(60_000),
                remaining: Some(100),
                reset: None,
            }),
            ..RateLimits::default()
        };
        limiter.told(&told, Duration::ZERO);
        assert_eq!(limiter.seen(), Some(told));
        let deadline = origin + Duration::from_secs(100);
        let longest = Duration::from_secs(10);
        let permit = limiter
            .acquire(100, 1, longest, deadline, || origin.elapsed())
            .await
            .unwrap();
        limiter.worked(permit, 10, 1);
        let second = limiter
            .acquire(90, 1, longest, deadline, || origin.elapsed())
            .await;
        assert_eq!(second.unwrap().waited, Duration::ZERO);
        let third = limiter
            .acquire(100, 1, longest, deadline, || origin.elapsed())
            .await;
        assert!(third.unwrap().waited >= Duration::from_millis(90));
    }

    #[tokio::test]
    async fn who_goes_away_while_waiting_leaves_nothing_behind() {
        let limiter = Arc::new(Limiter::new(RatePolicy::default(), Concurrency::new(1, 1)));
        let origin = Instant::now();
        let deadline = origin + Duration::from_secs(60);
        let ask = || limiter.acquire(1, 1, deadline - origin, deadline, || origin.elapsed());
        let first = ask().await.unwrap();
        let mut second = Box::pin(ask());
        assert!(futures_pending(second.as_mut()).await);
        assert_eq!((limiter.in_flight(), limiter.waiting()), ((1, 1), 1));
        drop(second);
        assert_eq!(limiter.waiting(), 0);
        drop(first);
        assert!(ask().await.is_ok());
    }

    /// Whether a future is not ready when asked once.
    async fn futures_pending<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(future.as_mut().poll(context).is_pending())
        })
        .await
    }
}
