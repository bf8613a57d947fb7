//! Looking for answers.

use super::{
    age,
    shared::{Shared, token},
};
use crate::{
    counters::{LOCAL, LookResult, SHARED},
    entry::Entry,
    frame,
    key::Slot,
    local::Look,
    request::Request,
    tier::Turn,
};
use std::sync::Arc;
use tokio::time::{Instant, sleep};

/// What came of waiting for the right to produce.
pub(super) enum Turned {
    Found(Arc<Entry>),
    Produce(Option<Turn>),
}

impl Shared {
    /// Whether an entry is what a request wants.
    fn judge(&self, entry: &Entry, request: &Request) -> LookResult {
        let now_ms = self.ports.clock.unix_ms();
        let fits = entry.task == request.key.task().as_str() && entry.schema == request.schema;
        if !fits {
            LookResult::Unreadable
        } else if entry.expires_ms <= now_ms {
            LookResult::Expired
        } else if request.max_age.is_some_and(|max| age(entry, now_ms) > max) {
            LookResult::Stale
        } else {
            LookResult::Hit
        }
    }

    /// Looks into this process's tier, and counts it.
    pub fn look_here(&self, slot: &Slot, request: &Request) -> Option<Arc<Entry>> {
        let began = self.ports.clock.monotonic();
        let (entry, result) = match self.local.look(slot, began) {
            Look::Hit(entry) => {
                let result = self.judge(&entry, request);
                (Some(entry), result)
            }
            Look::Expired => (None, LookResult::Expired),
            Look::Miss => (None, LookResult::Miss),
        };
        self.counters.looked(LOCAL, result);
        self.counters.took(&*self.ports.clock, LOCAL, "get", began);
        match result {
            LookResult::Hit => entry,
            LookResult::Unreadable | LookResult::Expired => {
                self.local.remove(slot);
                None
            }
            LookResult::Stale | LookResult::Miss | LookResult::Away => None,
        }
    }

    /// The same without counting.
    pub fn glance_here(&self, slot: &Slot, request: &Request) -> Option<Arc<Entry>> {
        match self.local.look(slot, self.ports.clock.monotonic()) {
            Look::Hit(entry) if matches!(self.judge(&entry, request), LookResult::Hit) => {
                Some(entry)
            }
            _ => None,
        }
    }

    /// Looks into the tier that processes share, and takes over what is there.
    pub async fn look_there(&self, slot: &Slot, request: &Request) -> Option<Arc<Entry>> {
        let tier = self.tier.as_ref()?;
        let name = slot.name(&self.config.namespace);
        let (entry, result) = match tier.get(&name).await {
            Err(_) => (None, LookResult::Away),
            Ok(None) => (None, LookResult::Miss),
            Ok(Some(bytes)) => self.read(&name, &bytes, request),
        };
        self.counters.looked(SHARED, result);
        match result {
            LookResult::Unreadable => {
                tier.unlink(&[name]).await.ok();
                None
            }
            LookResult::Hit => {
                let entry = Arc::new(entry?);
                self.keep_here(slot, &entry);
                Some(entry)
            }
            _ => None,
        }
    }

    fn read(&self, name: &str, bytes: &[u8], request: &Request) -> (Option<Entry>, LookResult) {
        match frame::read(bytes, name, self.config.encryption_key.as_ref()) {
            Ok(entry) => {
                let result = self.judge(&entry, request);
                (Some(entry), result)
            }
            Err(why) => {
                tracing::warn!(
                    reason = why.as_str(),
                    "an entry of the cache cannot be read and goes"
                );
                self.counters.error("read");
                (None, LookResult::Unreadable)
            }
        }
    }

    /// The right to produce, where processes wait for each other; or what another one has produced.
    pub async fn turn(&self, slot: &Slot, request: &Request) -> Turned {
        let Some(tier) = self.tier.as_ref().filter(|tier| tier.config.lock) else {
            return Turned::Produce(None);
        };
        let name = slot.name(&self.config.namespace);
        let deadline = Instant::now() + tier.config.lock_ttl;
        loop {
            match Turn::take(tier, &self.tasks, &name, token()).await {
                // Whoever had it may have left something between our look and our turn.
                Ok(Some(turn)) => {
                    return match self.look_there(slot, request).await {
                        Some(entry) => Turned::Found(entry),
                        None => Turned::Produce(Some(turn)),
                    };
                }
                Ok(None) if Instant::now() < deadline => sleep(Turn::LOOK).await,
                Ok(None) | Err(_) => return Turned::Produce(None),
            }
            if let Some(entry) = self.look_there(slot, request).await {
                return Turned::Found(entry);
            }
        }
    }
}
