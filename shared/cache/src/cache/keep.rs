//! Keeping answers, and handing them over.

use super::{age, expiry, shared::Shared};
use crate::{
    counters::LOCAL,
    entry::{ENTRY_VERSION, Entry},
    frame::{self, Unwritable},
    key::Slot,
    ports::millis,
    request::{Found, Mode, Produced, Request, State},
};
use std::{sync::Arc, time::Duration};

/// How far the life of entries is spread, so that they do not all end at once.
const TTL_SPREAD: f64 = 0.1;

/// A production that is on its way: where its answer belongs, as of its beginning.
#[derive(Debug, Clone)]
pub struct Begun {
    pub(super) slot: Slot,
    removals: u64,
    at: Duration,
}

impl Shared {
    /// Notes the beginning of a production.
    pub fn begin(&self, slot: Slot) -> Begun {
        Begun {
            slot,
            removals: self.removals.count(),
            at: self.ports.clock.monotonic(),
        }
    }

    /// What would be kept of an answer.
    pub fn entry(&self, request: &Request, produced: &Produced, begun: &Begun) -> Entry {
        let took = self.ports.clock.monotonic().saturating_sub(begun.at);
        let created_ms = self.ports.clock.unix_ms();
        let life = self.ports.jittered(self.ttl(request), TTL_SPREAD);
        Entry {
            v: ENTRY_VERSION,
            created_ms,
            expires_ms: expiry(created_ms, life),
            task: request.key.task().as_str().into(),
            schema: request.schema.clone(),
            cost_usd: produced.cost_usd,
            took_ms: millis(took),
            producer: self.config.producer.clone(),
            subjects: request.subjects().to_vec(),
            value: produced.value.clone(),
        }
    }

    fn ttl(&self, request: &Request) -> Duration {
        let of_task = self.config.task_ttls.get(request.key.task());
        request.ttl.or(of_task.copied()).unwrap_or(self.config.ttl)
    }

    /// Why an answer is not stored now.
    fn refusal(&self, request: &Request, begun: &Begun) -> Option<&'static str> {
        let (slot, subjects) = (&begun.slot, request.subjects());
        if self.ttl(request).is_zero() {
            Some("ttl_zero")
        } else if self.generations.current(slot.key.task()) != slot.generation
            || self.removals.concern(&slot.key, subjects, begun.removals)
        {
            Some("cleared")
        } else {
            None
        }
    }

    /// Stores an answer in both tiers; whether it is in one of them.
    pub async fn store(
        &self,
        request: &Request,
        mode: Mode,
        entry: &Arc<Entry>,
        begun: &Begun,
    ) -> bool {
        if let Some(reason) = self.refusal(request, begun) {
            self.counters.rejected(reason);
            return false;
        }
        let slot = &begun.slot;
        let name = slot.name(&self.config.namespace);
        let written = if entry.value.len() > self.config.max_value_bytes {
            Err(Unwritable::TooLarge)
        } else {
            frame::write(entry, &name, self.config.encryption_key.as_ref())
        };
        let bytes = match written {
            Ok(bytes) => bytes,
            Err(why) => {
                self.counters.rejected(why.as_str());
                return false;
            }
        };
        self.keep_here(slot, entry);
        self.counters.stored();
        if let Some(tier) = &self.tier {
            let ttl_ms = entry.expires_ms.saturating_sub(entry.created_ms).max(1);
            let stored = tier.set(&name, &bytes, &entry.subjects, ttl_ms).await;
            if mode == Mode::Refresh && stored.is_ok() {
                // Others may hold what was there before.
                let key = self.told_key(&slot.key);
                tier.publish(&key).await.ok();
            }
        }
        true
    }

    /// Keeps an entry in this process, as long as it may be believed without asking.
    pub(super) fn keep_here(&self, slot: &Slot, entry: &Arc<Entry>) {
        let began = self.ports.clock.monotonic();
        let now_ms = self.ports.clock.unix_ms();
        let mut life = Duration::from_millis(entry.expires_ms.saturating_sub(now_ms));
        if let Some(tier) = &self.tier {
            life = life.min(tier.config.local_ttl);
        }
        let evicted = self.local.put(slot.clone(), entry.clone(), began + life);
        self.counters.evicted(evicted.count, evicted.bytes);
        self.counters.took(&*self.ports.clock, LOCAL, "set", began);
        self.tell_size();
    }

    /// Hands an answer over, and notes whom else it is about.
    pub async fn give(
        &self,
        slot: &Slot,
        request: &Request,
        entry: &Arc<Entry>,
        state: State,
    ) -> Found {
        self.counters.answered(state, entry);
        if matches!(state, State::L1 | State::L2 | State::Coalesced) {
            self.tag(slot, request, entry).await;
        }
        Found {
            value: entry.value.clone(),
            state,
            age: age(entry, self.ports.clock.unix_ms()),
            produced_cost_usd: entry.cost_usd,
        }
    }

    async fn tag(&self, slot: &Slot, request: &Request, entry: &Entry) {
        let known = |subject: &&String| !entry.subjects.contains(*subject);
        let others: Vec<String> = request.subjects().iter().filter(known).cloned().collect();
        if others.is_empty() {
            return;
        }
        self.local.tag(slot, &others);
        if let Some(tier) = &self.tier {
            let name = slot.name(&self.config.namespace);
            let left = entry.expires_ms.saturating_sub(self.ports.clock.unix_ms());
            tier.tag(&name, &others, left.max(1)).await.ok();
        }
    }
}
