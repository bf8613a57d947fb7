//! The cache: what is asked, in which order the tiers are, and who produces.

mod clear;
mod keep;
mod look;
mod shared;

pub use clear::{Cleared, Scope};
pub use keep::Begun;

use crate::{
    config::{CacheConfig, ConfigError},
    counters::Stats,
    entry::Entry,
    flight::Flights,
    key::Slot,
    ports::{Ports, millis},
    request::{Found, Mode, Produced, Request, State, Validated},
};
use look::Turned;
use shared::Shared;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::DropGuard;

/// What flies together: the same question, asked in the same way.
type Course = (Slot, Mode, Option<Duration>);

/// What a flight has come to.
struct Landed<E>(Result<(Arc<Entry>, State), Arc<E>>);

impl<E> Clone for Landed<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Answers that were given before. `E` is what a production can end with; whoever waits for the same
/// production is given the same error.
pub struct Cache<E> {
    shared: Arc<Shared>,
    flights: Flights<Course, Landed<E>>,
    _stop: DropGuard,
}

impl<E> Cache<E> {
    /// Opens a cache. A shared tier that cannot be reached is no error: the cache goes on without it,
    /// and connects in the background. Waits for the first try, no longer than twice
    /// [`RedisConfig::connect_timeout`](crate::RedisConfig::connect_timeout). Needs tokio's runtime, and
    /// for `rediss://` the process's provider of rustls.
    ///
    /// # Errors
    /// [`ConfigError`] for settings that cannot be meant.
    pub async fn open(config: CacheConfig, ports: Ports) -> Result<Self, ConfigError> {
        config.validate()?;
        let shared = Arc::new(Shared::new(config, ports)?);
        Shared::start(&shared).await;
        Ok(Self {
            _stop: shared.stop.clone().drop_guard(),
            shared,
            flights: Flights::default(),
        })
    }

    /// Gives the answer to `request`: one that is there, one that somebody else is just producing, or
    /// what `produce` comes to, which is called once at most. What it gives is stored if the request
    /// and the answer allow it. The cache itself never makes a request fail.
    ///
    /// # Errors
    /// What the production ended with, this one's or the one that was waited for.
    pub async fn get_or_produce<F>(
        &self,
        request: &Request,
        produce: impl FnOnce() -> F,
    ) -> Result<Found, Arc<E>>
    where
        F: Future<Output = Result<Produced, E>>,
    {
        let shared = &self.shared;
        let mode = shared.mode(request);
        let slot = shared.slot(&request.key);
        if mode.reads()
            && let Some(entry) = shared.look_here(&slot, request)
        {
            return Ok(shared.give(&slot, request, &entry, State::L1).await);
        }
        let (landed, led) = match mode {
            Mode::Off | Mode::WriteOnly => (self.lead(&slot, request, mode, produce).await, true),
            Mode::On | Mode::ReadOnly | Mode::Refresh => {
                let course = (slot.clone(), mode, request.max_age);
                let lead = || self.lead(&slot, request, mode, produce);
                self.flights.join(course, lead).await
            }
        };
        match landed.0 {
            Ok((entry, State::Miss)) if !led => {
                Ok(shared.give(&slot, request, &entry, State::Coalesced).await)
            }
            Ok((entry, state)) => Ok(shared.give(&slot, request, &entry, state).await),
            Err(error) => {
                shared.counters.failed();
                Err(error)
            }
        }
    }

    /// The way of one who waits for nobody in this process.
    async fn lead<F>(
        &self,
        slot: &Slot,
        request: &Request,
        mode: Mode,
        produce: impl FnOnce() -> F,
    ) -> Landed<E>
    where
        F: Future<Output = Result<Produced, E>>,
    {
        let shared = &self.shared;
        let mut turn = None;
        if mode.reads() {
            // Another flight may have landed since the last look.
            if let Some(entry) = shared.glance_here(slot, request) {
                return Landed(Ok((entry, State::L1)));
            }
            if let Some(entry) = shared.look_there(slot, request).await {
                return Landed(Ok((entry, State::L2)));
            }
            match shared.turn(slot, request).await {
                Turned::Found(entry) => return Landed(Ok((entry, State::L2))),
                Turned::Produce(taken) => turn = taken,
            }
        }
        let begun = shared.begin(slot.clone());
        let produced = match produce().await {
            Ok(produced) => produced,
            Err(error) => return Landed(Err(Arc::new(error))),
        };
        let entry = Arc::new(shared.entry(request, &produced, &begun));
        if mode.writes() {
            match produced.unstorable {
                Some(reason) => shared.counters.rejected(reason),
                None => drop(shared.store(request, mode, &entry, &begun).await),
            }
        }
        drop(turn);
        let state = if mode == Mode::Off {
            State::Bypass
        } else {
            State::Miss
        };
        Landed(Ok((entry, state)))
    }

    /// The answer to `request` if one is there, for those who would rather do something else than
    /// produce it. Counts as a request only if there is one.
    pub async fn lookup(&self, request: &Request) -> Option<Found> {
        let shared = &self.shared;
        if !shared.mode(request).reads() {
            return None;
        }
        let slot = shared.slot(&request.key);
        let (entry, state) = match shared.look_here(&slot, request) {
            Some(entry) => (entry, State::L1),
            None => (shared.look_there(&slot, request).await?, State::L2),
        };
        Some(shared.give(&slot, request, &entry, state).await)
    }

    /// Notes the beginning of a production that [`Cache::store`] ends.
    #[must_use]
    pub fn begin(&self, request: &Request) -> Begun {
        self.shared.begin(self.shared.slot(&request.key))
    }

    /// Stores an answer that was produced elsewhere, as one that was streamed; whether it was stored.
    pub async fn store(
        &self,
        request: &Request,
        begun: &Begun,
        value: Validated,
        cost_usd: Option<f64>,
    ) -> bool {
        let shared = &self.shared;
        let mode = shared.mode(request);
        let produced = Produced::validated(value, cost_usd);
        let entry = Arc::new(shared.entry(request, &produced, begun));
        mode.writes() && shared.store(request, mode, &entry, begun).await
    }

    /// How the cache did so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.shared.stats()
    }

    /// Ends what goes on in the background. The cache goes on without the shared tier.
    pub async fn close(&self) {
        self.shared.stop.cancel();
        self.shared.tasks.close();
        self.shared.tasks.wait().await;
    }
}

impl<E> std::fmt::Debug for Cache<E> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stats = self.stats();
        formatter.debug_tuple("Cache").field(&stats).finish()
    }
}

/// How old an entry is.
fn age(entry: &Entry, now_ms: u64) -> Duration {
    Duration::from_millis(now_ms.saturating_sub(entry.created_ms))
}

/// Until when an entry holds that is stored now.
fn expiry(now_ms: u64, ttl: Duration) -> u64 {
    now_ms.saturating_add(millis(ttl))
}
