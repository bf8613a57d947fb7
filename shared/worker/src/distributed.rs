//! One process that works on the messages of one or several stages.

mod adopt;
mod breaker;
mod fail_points;
mod follow;
mod handler;
mod health;
mod intake;
mod lane;
mod memory;
mod number;
mod outbox;
mod plan;
mod process;
mod work;

pub use breaker::BreakerLimits;
pub use fail_points::{FailPoint, FailPoints, NoFailPoints};
pub use health::{Health, serve as serve_health};
pub use intake::NewJobId;
pub use memory::{MemoryLimits, MemorySample, Probe as MemoryProbe};

use crate::{any_stage::AnyStage, policy::Policy};
use artifacts::Jobs;
use broker::Transport;
use handler::Handler;
use intake::Intake;
use lane::Lane;
use outbox::Outbox;
use stage::{Artifacts, Clock, Progress};
use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};
use telemetry::events::WorkerDraining;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How a worker behaves. Every limit is here.
#[derive(Debug, Clone)]
pub struct WorkerLimits {
    /// Messages of each stage worked on at once, which is also how many the broker hands over.
    pub slots: u16,
    /// How long work in hand may go on once the worker has been asked to stop.
    pub grace: Duration,
    /// Part of the grace kept for handing back what did not end.
    pub handback: Duration,
    /// How often the store is asked whether a running job was called off.
    pub cancel_poll: Duration,
    /// How long a computation may go on after its attempt has ended.
    pub leak_grace: Duration,
    /// When taking pauses.
    pub breaker: BreakerLimits,
    /// When memory becomes a reason to warn or to end.
    pub memory: MemoryLimits,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            slots: 1,
            grace: Duration::from_secs(60),
            handback: Duration::from_secs(5),
            cancel_poll: Duration::from_secs(2),
            leak_grace: Duration::from_secs(10),
            breaker: BreakerLimits::default(),
            memory: MemoryLimits::default(),
        }
    }
}

/// What a [`Worker`] is made of.
pub struct WorkerParts {
    /// What tells this worker from others.
    pub name: String,
    /// The stages it works for.
    pub stages: Vec<Arc<dyn AnyStage>>,
    /// Where messages come from and go to.
    pub transport: Arc<dyn Transport>,
    /// Storage.
    pub artifacts: Arc<dyn Artifacts>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Listener.
    pub progress: Arc<dyn Progress>,
    /// What follows an outcome.
    pub policy: Policy,
    /// How it behaves.
    pub limits: WorkerLimits,
    /// Directory in which every attempt gets a scratch directory of its own.
    pub scratch: PathBuf,
    /// Names jobs that nobody named.
    pub new_job_id: NewJobId,
    /// How much memory is used.
    pub memory: MemoryProbe,
    /// Where tests stop it.
    pub fail_points: Arc<dyn FailPoints>,
}

/// Works on messages until it is asked to stop.
pub struct Worker {
    handler: Arc<Handler>,
    transport: Arc<dyn Transport>,
    health: Arc<Health>,
    limits: WorkerLimits,
    memory: MemoryProbe,
    abandon: CancellationToken,
    closing: CancellationToken,
}

/// How a worker ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// As asked: everything in hand is settled.
    Drained,
    /// On its own, because only a new process helps, and why.
    Broken(String),
}

impl Worker {
    /// A worker of these parts.
    #[must_use]
    pub fn new(parts: WorkerParts) -> Self {
        let health = Arc::new(Health::new(parts.transport.link()));
        let (abandon, closing) = (CancellationToken::new(), CancellationToken::new());
        let handler = Handler {
            name: parts.name,
            stages: parts.stages,
            jobs: Jobs::new(parts.artifacts.clone()),
            intake: Intake {
                store: parts.artifacts.clone(),
                new_id: parts.new_job_id,
            },
            outbox: Outbox {
                transport: parts.transport.clone(),
                clock: parts.clock.clone(),
                health: health.clone(),
                closing: closing.clone(),
            },
            artifacts: parts.artifacts,
            clock: parts.clock,
            progress: parts.progress,
            health: health.clone(),
            policy: parts.policy,
            scratch: parts.scratch,
            fail_points: parts.fail_points,
            cancel_poll: parts.limits.cancel_poll,
            leak_grace: parts.limits.leak_grace,
            abandon: abandon.clone(),
            in_hand: AtomicUsize::new(0),
        };
        Self {
            handler: Arc::new(handler),
            transport: parts.transport,
            health,
            limits: parts.limits,
            memory: parts.memory,
            abandon,
            closing,
        }
    }

    /// What it knows of its health.
    #[must_use]
    pub fn health(&self) -> Arc<Health> {
        self.health.clone()
    }

    /// Works until `stop` fires, then lets work in hand end within the grace, hands back what
    /// does not, and closes the connection.
    pub async fn run(&self, stop: CancellationToken) -> Stopped {
        let stop = stop.child_token();
        let mut lanes = JoinSet::new();
        for stage in &self.handler.stages {
            lanes.spawn(
                Lane {
                    stage: stage.clone(),
                    handler: self.handler.clone(),
                    transport: self.transport.clone(),
                    slots: self.limits.slots,
                    breaker: self.limits.breaker,
                }
                .run(stop.clone()),
            );
        }
        self.health.started();
        let ended = async { while lanes.join_next().await.is_some() {} };
        tokio::pin!(ended);
        tokio::select! {
            () = &mut ended => {}
            () = self.until_asked(&stop) => {
                stop.cancel();
                self.health.draining();
                let reason = match self.health.broken() {
                    Some(_) => "broken",
                    None => "asked",
                };
                let running = self.handler.running();
                WorkerDraining { reason, running }.emit();
                self.drain(&mut ended).await;
            }
        }
        self.transport.close().await;
        self.health
            .broken()
            .map_or(Stopped::Drained, Stopped::Broken)
    }

    /// Waits for a reason to stop: being asked to, or being broken.
    async fn until_asked(&self, stop: &CancellationToken) {
        let mut memory = memory::Watch::new(self.limits.memory);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(memory::INTERVAL.min(self.limits.memory.interval)) => {}
            }
            memory.look(&*self.memory, &self.health);
            if self.health.broken().is_some() {
                return;
            }
        }
    }

    /// Lets work in hand end; what takes too long stops and is handed back.
    async fn drain(&self, ended: &mut (impl Future<Output = ()> + Unpin)) {
        let handback = self.limits.handback.min(self.limits.grace);
        let working = self.limits.grace - handback;
        if tokio::time::timeout(working, &mut *ended).await.is_ok() {
            return;
        }
        tracing::warn!("work in hand does not end in time, it is handed back");
        self.abandon.cancel();
        if tokio::time::timeout(handback, &mut *ended).await.is_ok() {
            return;
        }
        tracing::warn!("not everything could be handed back, the broker will take it back");
        self.closing.cancel();
        ended.await;
    }
}
