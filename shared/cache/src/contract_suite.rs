//! What the cache must do on every backend. Backends call [`passes`] from their tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "for tests only"
)]

mod flights;
mod keeping;
mod removing;

use crate::{
    Cache, CacheConfig, Clock, Found, Key, Ports, Produced, Request, State, Task, Validated,
};
use serde_json::json;
use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// A clock that stands still until it is told otherwise.
#[derive(Debug, Default)]
pub struct StillClock(Mutex<Duration>);

impl StillClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for StillClock {
    fn unix_ms(&self) -> u64 {
        1_700_000_000_000 + crate::ports::millis(self.monotonic())
    }
    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ports on `clock`, with chances that differ and are the same in every run.
pub fn ports(clock: Arc<StillClock>) -> Ports {
    static PARTS: AtomicU64 = AtomicU64::new(0);
    let start = PARTS.fetch_add(1, Relaxed);
    let state = AtomicU64::new(start.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let random = move || {
        // SplitMix64.
        let mut mixed = state.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[allow(clippy::cast_precision_loss, reason = "53 bits fit")]
        let chance = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        chance
    };
    Ports {
        clock,
        random: Arc::new(random),
    }
}

/// A cache of a test, and its time.
pub struct Bench {
    /// The cache.
    pub cache: Arc<Cache<&'static str>>,
    /// Its time.
    pub clock: Arc<StillClock>,
}

impl Bench {
    /// Opens a cache with `config`, in a time of its own.
    pub async fn open(config: CacheConfig) -> Self {
        Self::open_in(config, Arc::default()).await
    }

    /// The same in the time of another one.
    pub async fn open_in(config: CacheConfig, clock: Arc<StillClock>) -> Self {
        let cache = Cache::open(config, ports(clock.clone())).await.unwrap();
        Self {
            cache: Arc::new(cache),
            clock,
        }
    }

    /// Asks, and produces `value` if that is needed.
    pub async fn ask(&self, request: &Request, value: &str) -> Found {
        let produce = || async { Ok(valid(value)) };
        self.cache.get_or_produce(request, produce).await.unwrap()
    }

    /// As [`Bench::ask`]: where the answer came from, and its text.
    pub async fn said(&self, request: &Request, value: &str) -> (State, String) {
        let found = self.ask(request, value).await;
        (
            found.state,
            String::from_utf8(found.value.to_vec()).unwrap(),
        )
    }
}

/// An answer that passed its check and cost a cent.
#[must_use]
pub fn valid(value: &str) -> Produced {
    let fine = |_: &[u8]| Ok::<(), Infallible>(());
    let Ok(checked) = Validated::new(value.to_owned(), fine);
    Produced::validated(checked, Some(0.01))
}

/// A task for tests.
#[must_use]
pub fn task(name: &str) -> Task {
    Task::new(name).unwrap()
}

/// The question of this number.
#[must_use]
pub fn question(number: u32) -> Request {
    Request::new(Key::of(&task("signal.classify"), &json!({ "n": number })))
}

/// Shows that a backend does all a cache must do. `config` gives another namespace at each call, so
/// that no case sees another's entries.
pub async fn passes(config: impl Fn() -> CacheConfig) {
    keeping::an_answer_is_kept_with_its_age(config()).await;
    keeping::modes_read_and_write_as_they_say(config()).await;
    keeping::refresh_replaces(config()).await;
    keeping::an_answer_may_be_too_old(config()).await;
    keeping::time_ends_entries_and_is_spread(config()).await;
    keeping::a_life_of_nothing_stores_nothing(config()).await;
    keeping::what_was_not_checked_is_never_kept(config()).await;
    keeping::errors_are_never_kept(config()).await;
    keeping::another_schema_is_a_miss(config()).await;
    keeping::what_is_too_large_is_given_and_not_kept(config()).await;
    keeping::large_values_come_back_whole(config()).await;
    keeping::switched_off_it_does_nothing(config()).await;
    keeping::looking_and_storing_apart(config()).await;
    keeping::counters_add_up(config()).await;
    flights::many_at_once_are_one_production(config()).await;
    flights::a_cancelled_leader_hands_over_exactly_once(config()).await;
    flights::a_failure_is_shared_with_those_who_wait_alone(config()).await;
    flights::who_wants_another_thing_flies_apart(config()).await;
    removing::everything_a_task_or_a_key_goes(config()).await;
    removing::clearing_twice_is_clearing(config()).await;
    removing::a_subject_is_forgotten(config()).await;
    removing::what_was_on_its_way_is_not_stored(config()).await;
}
