//! Asking providers how they are, in the background, never while somebody waits for an answer.

use super::{Client, lane::Lane};
use crate::{ollama, provider::Call};
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

impl Client {
    /// Probes every provider once and notes what it says for each of its models.
    pub async fn probe(&self, cancel: &CancellationToken) {
        let limit = Duration::from_secs(self.0.settings.health_check_timeout_seconds);
        let today = self.0.today();
        for (name, provider) in &self.0.providers {
            // Nobody waits for a probe: one that is late has failed.
            let call = Call {
                total: limit,
                ..Call::within(limit * 2, cancel.clone())
            };
            let probed = call.bound(provider.probe(&call)).await;
            if cancel.is_cancelled() {
                return;
            }
            let now = self.0.clock.now();
            let lanes: Vec<&Arc<Lane>> = self
                .0
                .lanes
                .values()
                .filter(|lane| lane.provider.name() == *name)
                .collect();
            for lane in lanes {
                lane.with_health(&self.0, |health| {
                    health.retires_in(lane.row.retires_in_days(&today));
                    match &probed {
                        Ok(probe) => {
                            let wanted = ollama::tagged(&lane.row.id);
                            let there = probe.models.as_ref();
                            let missing = there
                                .is_some_and(|models| models.iter().all(|info| info.id != wanted));
                            let missing = missing.then(|| lane.row.id.clone());
                            health.probed(
                                probe.took,
                                probe.loaded.clone(),
                                missing.into_iter().collect(),
                                now,
                            );
                        }
                        Err(failure) => health.probe_failed(failure, now),
                    }
                });
            }
        }
    }

    /// Probes again and again, more often while something is wrong, until it is called off.
    pub async fn watch(&self, cancel: &CancellationToken) {
        while !cancel.is_cancelled() {
            self.probe(cancel).await;
            let random = (self.0.random)();
            let waits = self.0.lanes.values().map(|lane| lane.next_probe(random));
            let usual = Duration::from_secs(self.0.settings.health_check_interval_seconds);
            let wait = waits.min().unwrap_or(usual);
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }
}
