//! Asking providers how they are, in the background, never while somebody waits for an answer.

use super::{Aliases, Client, lane::Lane};
use crate::{
    catalogue::Billing,
    context,
    error::Failure,
    ollama,
    provider::{Call, Probe},
    request::Request,
    tokens,
};
use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// What a model is told that is asked for a single token.
const GREETING: &str = "hi";
/// What it is for; no task of anybody's.
const PROBE: &str = "probe";

impl Client {
    /// Probes every provider once and notes what it says for each of its models. With
    /// `health_deep_probe` each of them that nobody is asking says one token besides.
    pub async fn probe(&self, cancel: &CancellationToken) {
        for (name, provider) in &self.0.providers {
            let call = self.probing(Duration::ZERO, cancel);
            let probed = call.bound(provider.probe(&call)).await;
            if cancel.is_cancelled() {
                return;
            }
            let now = self.0.clock.now();
            for lane in self.lanes_of(name) {
                self.note_probe(lane, &probed, now);
            }
            if probed.is_ok() && self.0.settings.health_deep_probe {
                for lane in self.lanes_of(name) {
                    self.probe_deeply(lane, cancel).await;
                }
            }
        }
    }

    /// Probes again and again, more often while something is wrong, and takes the table of models
    /// anew when its files change, until it is called off.
    pub async fn watch(&self, cancel: &CancellationToken) {
        tokio::join!(self.watch_health(cancel), self.watch_catalogue(cancel));
    }

    async fn watch_health(&self, cancel: &CancellationToken) {
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

    fn lanes_of(&self, provider: &str) -> impl Iterator<Item = &Arc<Lane>> {
        let lanes = self.0.lanes.values();
        lanes.filter(move |lane| lane.provider.name() == provider)
    }

    /// Nobody waits for a probe: one that is late has failed.
    fn probing(&self, longer: Duration, cancel: &CancellationToken) -> Call {
        let limit = Duration::from_secs(self.0.settings.health_check_timeout_seconds) + longer;
        Call {
            total: limit,
            ..Call::within(limit * 2, cancel.clone())
        }
    }

    fn note_probe(&self, lane: &Lane, probed: &Result<Probe, Failure>, now: SystemTime) {
        let retires = lane.row().retires_in_days(&self.0.today());
        lane.with_health(&self.0, |health| {
            health.retires_in(retires);
            match probed {
                Ok(probe) => {
                    let wanted = ollama::tagged(&lane.id);
                    let there = probe.models.as_ref();
                    let missing =
                        there.is_some_and(|models| models.iter().all(|info| info.id != wanted));
                    let missing = missing.then(|| lane.id.clone());
                    let loaded = probe.loaded.clone();
                    health.probed(probe.took, loaded, missing.into_iter().collect(), now);
                }
                Err(failure) => health.probe_failed(failure, now),
            }
        });
    }

    /// Has a model say one token, or find one direction. One that is being asked shows how it is
    /// without it, and one that is left alone is left alone.
    async fn probe_deeply(&self, lane: &Lane, cancel: &CancellationToken) {
        if !lane.is_idle() {
            return;
        }
        let load = match lane.windows {
            Some(_) => Duration::from_secs(self.0.settings.ollama_load_timeout),
            None => Duration::ZERO,
        };
        let call = self.probing(load, cancel);
        let began = Instant::now();
        let asked = call.bound(async {
            if self.only_embeds(lane) {
                let texts = [GREETING.to_owned()];
                return lane.provider.embed(&lane.id, &texts, &call).await.map(drop);
            }
            self.ask_for_a_token(lane, &call).await
        });
        let asked = asked.await;
        if cancel.is_cancelled() {
            return;
        }
        lane.with_health(&self.0, |health| match &asked {
            Ok(()) => health.answered(began.elapsed(), None, None),
            Err(failure) => health.failed(failure),
        });
    }

    /// What it costs is part of what the day may cost; where nothing is left, nobody is asked.
    async fn ask_for_a_token(&self, lane: &Lane, call: &Call) -> Result<(), Failure> {
        let request = Request::new(Uuid::nil(), PROBE, PROBE, GREETING, 1);
        let row = lane.row();
        let mut ask = super::plan::ask(&row, &request, None);
        let read = tokens::estimate_said(None, &request.messages, row.token_factor);
        // The context stays as large as it is: another one would load the model anew.
        let need = context::need(read, 0, request.max_output_tokens);
        ask.window = lane.window(need, GREETING.len(), self.0.now())?;
        let today = self.0.today();
        let most = crate::completion::Usage {
            input: read,
            output: 1,
            ..Default::default()
        };
        let cost = |usage| row.cost(usage, Billing::default(), &today);
        let most = cost(&most).map_or(0.0, |cost| cost.usd);
        let Ok(reservation) = self.0.budget.reserve(most, self.0.clock.now()) else {
            return Ok(());
        };
        let reply = lane.provider.complete(&ask, call).await?;
        reservation.settle(cost(&reply.usage).map_or(0.0, |cost| cost.usd));
        Ok(())
    }

    fn only_embeds(&self, lane: &Lane) -> bool {
        let is_it = |chain: &[super::Target]| {
            chain
                .iter()
                .any(|target| target.model == lane.id && target.provider == lane.provider.name())
        };
        let aliases = &self.0.aliases;
        is_it(aliases.chain(Aliases::EMBEDDING))
            && !aliases
                .iter()
                .any(|(alias, chain)| alias != Aliases::EMBEDDING && is_it(chain))
    }
}
