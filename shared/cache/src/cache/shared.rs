//! Both tiers, and the tasks behind them.

use crate::{
    config::{CacheConfig, ConfigError},
    counters::{Counters, Stats},
    generations::{Field, Generations},
    key::{Key, Slot},
    local::Local,
    ports::Ports,
    removals::Removals,
    request::{Mode, Request},
    tier::{Tier, keep},
};
use ring::rand::{SecureRandom, SystemRandom};
use std::{sync::Arc, time::Duration};
use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How often entries go whose time is over and which nobody looks at.
const UPKEEP: Duration = Duration::from_secs(60);
pub(super) struct Shared {
    pub config: CacheConfig,
    pub ports: Ports,
    pub local: Local,
    pub generations: Generations,
    pub removals: Removals,
    pub counters: Arc<Counters>,
    pub tier: Option<Arc<Tier>>,
    /// Tells this process from others in messages.
    pub instance: String,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

impl Shared {
    pub fn new(config: CacheConfig, ports: Ports) -> Result<Self, ConfigError> {
        let counters = Arc::new(Counters::default());
        let (namespace, redis) = (config.namespace.clone(), config.redis.clone());
        let tier = redis
            .map(|redis| Tier::new(redis, namespace, ports.clone(), counters.clone()))
            .transpose()?;
        Ok(Self {
            local: Local::new(config.max_entries, config.max_bytes),
            instance: token(),
            generations: Generations::default(),
            removals: Removals::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            tier: tier.map(Arc::new),
            counters,
            config,
            ports,
        })
    }

    /// Starts what goes on in the background, and waits for the first try to connect.
    pub async fn start(this: &Arc<Self>) {
        let (shared, stop) = (this.clone(), this.stop.clone());
        this.tasks.spawn(async move {
            stop.run_until_cancelled(shared.upkeep()).await;
        });
        let Some(tier) = this.tier.clone() else {
            return;
        };
        this.counters.degraded(true);
        let (shared, stop, kept) = (this.clone(), this.stop.clone(), tier.clone());
        this.tasks.spawn(async move {
            let listener = |told| Self::hear(shared.clone(), told);
            stop.run_until_cancelled(keep(&kept, listener)).await;
        });
        let patience = tier.config.connect_timeout * 2;
        timeout(patience, tier.tried()).await.ok();
    }

    async fn upkeep(&self) {
        loop {
            sleep(UPKEEP).await;
            let gone = self.local.remove_expired(self.ports.clock.monotonic());
            self.counters.expired(gone);
            self.tell_size();
        }
    }

    pub fn tell_size(&self) {
        self.counters.size(self.local.count(), self.local.bytes());
    }

    pub fn mode(&self, request: &Request) -> Mode {
        if self.config.enabled {
            request.mode
        } else {
            Mode::Off
        }
    }

    pub fn slot(&self, key: &Key) -> Slot {
        Slot {
            generation: self.generations.current(key.task()),
            key: key.clone(),
        }
    }

    pub fn is_degraded(&self) -> bool {
        self.tier.as_ref().is_some_and(|tier| tier.is_away())
    }

    pub fn stats(&self) -> Stats {
        Stats {
            backend: if self.tier.is_some() {
                "redis"
            } else {
                "memory"
            },
            cache_size: self.local.count(),
            bytes: self.local.bytes(),
            max_size: self.config.max_entries,
            max_bytes: self.config.max_bytes,
            ttl_seconds: self.config.ttl.as_secs(),
            degraded: self.is_degraded(),
            generation: self.generations.count(&Field::All),
            ..self.counters.stats()
        }
    }
}

/// A word that nobody else has. Not of the chance that is handed in: whoever had the same word would
/// not hear what this process tells.
pub(super) fn token() -> String {
    let mut bytes = [0; 16];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        tracing::warn!(
            "the system has no randomness; processes may take each other for themselves"
        );
    }
    hex::encode(bytes)
}
