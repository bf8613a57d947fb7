//! What happened so far: counters for the page of statistics, metrics for Prometheus.

use crate::{entry::Entry, ports::Clock, request::State};
use metrics::{counter, gauge, histogram};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Billionths, so that a sum of small costs is exact enough and needs no lock.
const NANO: f64 = 1e9;

/// A tier, as metrics name it.
pub(crate) const LOCAL: &str = "l1";
pub(crate) const SHARED: &str = "l2";

/// What a look came to, as metrics name it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LookResult {
    Hit,
    Miss,
    /// Older than the request would have it.
    Stale,
    Expired,
    /// Not what it should be.
    Unreadable,
    /// The tier did not answer.
    Away,
}

impl LookResult {
    fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Expired => "expired",
            Self::Unreadable => "unreadable",
            Self::Away => "away",
        }
    }
}

#[derive(Default)]
pub(crate) struct Counters {
    misses: AtomicU64,
    l1_hits: AtomicU64,
    l2_hits: AtomicU64,
    coalesced: AtomicU64,
    bypassed: AtomicU64,
    expired: AtomicU64,
    evicted_count: AtomicU64,
    evicted_bytes: AtomicU64,
    stores: AtomicU64,
    saved_nano_usd: AtomicU64,
    saved_ms: AtomicU64,
    store_rejected: Mutex<BTreeMap<&'static str, u64>>,
    errors: Mutex<BTreeMap<&'static str, u64>>,
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Relaxed);
}

fn add_named(counters: &Mutex<BTreeMap<&'static str, u64>>, name: &'static str) {
    let mut counters = counters.lock().unwrap_or_else(PoisonError::into_inner);
    *counters.entry(name).or_default() += 1;
}

impl Counters {
    pub fn looked(&self, tier: &'static str, result: LookResult) {
        if tier == LOCAL && matches!(result, LookResult::Expired) {
            self.expired(1);
        }
        counter!("cache_lookups_total", "tier" => tier, "result" => result.as_str()).increment(1);
    }

    /// Notes where an answer came from; what it saved, if it was there.
    pub fn answered(&self, state: State, entry: &Entry) {
        match state {
            State::Bypass => add(&self.bypassed, 1),
            State::Miss => add(&self.misses, 1),
            State::L1 => add(&self.l1_hits, 1),
            State::L2 => add(&self.l2_hits, 1),
            State::Coalesced => {
                add(&self.misses, 1);
                add(&self.coalesced, 1);
                counter!("cache_coalesced_total").increment(1);
            }
        }
        if matches!(state, State::L1 | State::L2 | State::Coalesced) {
            self.saved(entry);
        }
    }

    /// Notes a request that ended in an error.
    pub fn failed(&self) {
        add(&self.misses, 1);
    }

    fn saved(&self, entry: &Entry) {
        add(&self.saved_ms, entry.took_ms);
        // A gauge, because counters hold whole numbers.
        let cost = entry.cost_usd.unwrap_or_default().max(0.0);
        gauge!("cache_saved_usd_total").increment(cost);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be positive; a float beyond the range saturates"
        )]
        add(&self.saved_nano_usd, (cost * NANO) as u64);
    }

    pub fn expired(&self, count: u64) {
        add(&self.expired, count);
        counter!("cache_evictions_total", "reason" => "expired").increment(count);
    }
    pub fn evicted(&self, count: u64, bytes: u64) {
        add(&self.evicted_count, count);
        add(&self.evicted_bytes, bytes);
        counter!("cache_evictions_total", "reason" => "room").increment(count);
    }
    pub fn removed(&self, count: u64) {
        counter!("cache_evictions_total", "reason" => "cleared").increment(count);
    }
    pub fn stored(&self) {
        add(&self.stores, 1);
    }
    pub fn rejected(&self, reason: &'static str) {
        add_named(&self.store_rejected, reason);
        counter!("cache_store_rejected_total", "reason" => reason).increment(1);
    }
    pub fn error(&self, op: &'static str) {
        add_named(&self.errors, op);
        counter!("cache_errors_total", "op" => op).increment(1);
    }
    pub fn size(&self, entries: usize, bytes: usize) {
        #[allow(clippy::cast_precision_loss, reason = "for a gauge")]
        let (entries, bytes) = (entries as f64, bytes as f64);
        gauge!("cache_entries").set(entries);
        gauge!("cache_bytes").set(bytes);
    }
    pub fn degraded(&self, degraded: bool) {
        gauge!("cache_degraded").set(if degraded { 1.0 } else { 0.0 });
    }
    /// Notes how long something took that began at `since`.
    pub fn took(&self, clock: &dyn Clock, tier: &'static str, op: &'static str, since: Duration) {
        let took = clock.monotonic().saturating_sub(since);
        histogram!("cache_op_seconds", "tier" => tier, "op" => op).record(took.as_secs_f64());
    }

    pub fn stats(&self) -> Stats {
        let get = |counter: &AtomicU64| counter.load(Relaxed);
        let named = |counters: &Mutex<BTreeMap<&'static str, u64>>| {
            let counters = counters.lock().unwrap_or_else(PoisonError::into_inner);
            let owned = counters
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count));
            owned.collect()
        };
        let (l1_hits, l2_hits) = (get(&self.l1_hits), get(&self.l2_hits));
        let (hits, misses) = (l1_hits + l2_hits, get(&self.misses));
        #[allow(clippy::cast_precision_loss, reason = "a sum of money, for people")]
        let saved_usd = get(&self.saved_nano_usd) as f64 / NANO;
        Stats {
            hits,
            misses,
            total_requests: hits + misses,
            hit_rate_percent: percent(hits, hits + misses),
            l1_hits,
            l2_hits,
            coalesced: get(&self.coalesced),
            bypassed: get(&self.bypassed),
            expired: get(&self.expired),
            evicted_count: get(&self.evicted_count),
            evicted_bytes: get(&self.evicted_bytes),
            stores: get(&self.stores),
            store_rejected: named(&self.store_rejected),
            errors: named(&self.errors),
            saved_usd,
            saved_ms: get(&self.saved_ms),
            ..Stats::default()
        }
    }
}

/// A share in percent with two decimals.
fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    #[allow(clippy::cast_precision_loss, reason = "two decimals are shown")]
    let share = part as f64 / whole as f64;
    (share * 10_000.0).round() / 100.0
}

/// How the cache did, since the process began.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Stats {
    /// `memory`, or `redis` with a shared tier, also while that is away.
    pub backend: &'static str,
    /// Requests that were answered from one of the tiers.
    pub hits: u64,
    /// Requests that were not, those that waited for another's answer included.
    pub misses: u64,
    /// Hits and misses; a bypass is neither.
    pub total_requests: u64,
    /// Hits of all requests, with two decimals; 0 before the first one.
    pub hit_rate_percent: f64,
    /// Entries in this process.
    pub cache_size: usize,
    /// Most entries in this process.
    pub max_size: usize,
    /// How long an entry holds.
    pub ttl_seconds: u64,
    /// Hits in this process.
    pub l1_hits: u64,
    /// Hits in the shared tier.
    pub l2_hits: u64,
    /// Misses that waited for an answer which was on its way.
    pub coalesced: u64,
    /// Requests that did not ask the cache.
    pub bypassed: u64,
    /// Entries of this process whose time was over.
    pub expired: u64,
    /// Entries that made room in this process.
    pub evicted_count: u64,
    /// Bytes that became free by it.
    pub evicted_bytes: u64,
    /// Answers that were stored.
    pub stores: u64,
    /// Answers that were not, by reason.
    pub store_rejected: BTreeMap<String, u64>,
    /// Operations of the shared tier that failed, by operation.
    pub errors: BTreeMap<String, u64>,
    /// Bytes of the entries in this process.
    pub bytes: usize,
    /// Most bytes of entries in this process.
    pub max_bytes: usize,
    /// What was not spent, as far as costs are known.
    pub saved_usd: f64,
    /// How much work was not done, in milliseconds.
    pub saved_ms: u64,
    /// Whether the shared tier is away.
    pub degraded: bool,
    /// The generation of all tasks; grows with each clear of everything.
    pub generation: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_two_decimals_and_nothing_is_no_share() {
        assert!((percent(450, 550) - 81.82).abs() < 1e-9);
        assert!(percent(0, 0).abs() < 1e-9);
    }
}
