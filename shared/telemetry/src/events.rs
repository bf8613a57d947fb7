//! What happens, as one value per kind of event. [`emit`](StageStarted::emit) writes the log line
//! and counts, so that the two cannot disagree.
//!
//! Labels have few values: `reason` and `class` are constants of the program, never texts made at
//! run time. Log lines name job and trace by themselves, those of the current span.

pub mod llm;

use crate::metric;
use contracts::StageName;
use metrics::{counter, gauge, histogram};
use std::time::Duration;
use tracing::{debug, error, info, warn};

fn ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

/// How the last attempt of a stage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageOutcome {
    /// With an output.
    Done,
    /// Without one, for good.
    Failed {
        /// The class of the failure, as the manifest names it.
        class: &'static str,
        /// Why, one of few fixed words.
        reason: &'static str,
    },
}

/// An attempt of a stage began.
#[derive(Debug, Clone, Copy)]
pub struct StageStarted {
    /// Which stage.
    pub stage: StageName,
    /// Which attempt, from 1.
    pub attempt: u32,
}

impl StageStarted {
    /// Says so.
    pub fn emit(self) {
        let Self { stage, attempt } = self;
        info!(%stage, attempt, "stage began");
        counter!(metric::STAGES_STARTED, "stage" => stage.as_str()).increment(1);
    }
}

/// A stage ended, one way or another.
#[derive(Debug, Clone, Copy)]
pub struct StageEnded {
    /// Which stage.
    pub stage: StageName,
    /// How.
    pub outcome: StageOutcome,
    /// How long the last attempt took.
    pub took: Duration,
}

impl StageEnded {
    /// Says so. A failure counts among the failures.
    pub fn emit(self) {
        let Self {
            stage,
            outcome,
            took,
        } = self;
        let took_ms = ms(took);
        let word = match outcome {
            StageOutcome::Done => {
                info!(%stage, took_ms, "stage ended");
                "done"
            }
            StageOutcome::Failed { class, reason } => {
                warn!(%stage, class, reason, took_ms, "stage gave up");
                failed(stage, class, reason);
                "failed"
            }
        };
        histogram!(metric::STAGE_DURATION, "stage" => stage.as_str(), "outcome" => word)
            .record(took);
    }
}

fn failed(stage: StageName, class: &'static str, reason: &'static str) {
    counter!(
        metric::STAGE_FAILURES,
        "stage" => stage.as_str(), "class" => class, "reason" => reason
    )
    .increment(1);
}

/// An attempt failed and will be repeated.
#[derive(Debug, Clone, Copy)]
pub struct StageRetried {
    /// Which stage.
    pub stage: StageName,
    /// The retry queue's tier, as `5s`.
    pub tier: &'static str,
    /// The class of the failure.
    pub class: &'static str,
    /// Why, one of few fixed words.
    pub reason: &'static str,
}

impl StageRetried {
    /// Says so. It counts among the failures.
    pub fn emit(self) {
        let Self {
            stage,
            tier,
            class,
            reason,
        } = self;
        warn!(%stage, tier, class, reason, "stage will be tried again");
        counter!(metric::STAGE_RETRIES, "stage" => stage.as_str(), "tier" => tier).increment(1);
        failed(stage, class, reason);
    }
}

/// A message was given up. The failure behind it, if a stage failed, is told by [`StageEnded`].
#[derive(Debug, Clone, Copy)]
pub struct DeadLettered {
    /// Whose queue.
    pub stage: StageName,
    /// Why, one of few fixed words.
    pub reason: &'static str,
}

impl DeadLettered {
    /// Says so.
    pub fn emit(self) {
        let Self { stage, reason } = self;
        error!(%stage, reason, "message is a dead letter now");
        counter!(metric::DEAD_LETTERS, "stage" => stage.as_str(), "reason" => reason).increment(1);
    }
}

/// The broker took responsibility for a message.
#[derive(Debug, Clone, Copy)]
pub struct MessagePublished<'a> {
    /// Where to.
    pub queue: &'a str,
    /// How long that took.
    pub took: Duration,
}

impl MessagePublished<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self { queue, took } = self;
        debug!(queue, took_ms = ms(took), "message published");
        counter!(metric::SENT_MESSAGES, "queue" => queue.to_owned()).increment(1);
        operation(queue, "publish", took);
    }
}

fn operation(queue: &str, operation: &'static str, took: Duration) {
    histogram!(
        metric::OPERATION_DURATION,
        "queue" => queue.to_owned(), "operation" => operation
    )
    .record(took);
}

/// A message is not known to be out.
#[derive(Debug, Clone, Copy)]
pub struct PublishFailed<'a> {
    /// Where it should have gone.
    pub queue: &'a str,
    /// Why, one of few fixed words.
    pub reason: &'static str,
}

impl PublishFailed<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self { queue, reason } = self;
        error!(queue, reason, "message could not be published");
        counter!(metric::PUBLISH_FAILURES, "queue" => queue.to_owned(), "reason" => reason)
            .increment(1);
    }
}

/// A message was taken from a queue, and work on it begins.
#[derive(Debug, Clone, Copy)]
pub struct MessageTaken<'a> {
    /// Where from.
    pub queue: &'a str,
}

impl MessageTaken<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self { queue } = self;
        debug!(queue, "message taken");
        counter!(metric::CONSUMED_MESSAGES, "queue" => queue.to_owned()).increment(1);
    }
}

/// A delivery was settled.
#[derive(Debug, Clone, Copy)]
pub struct MessageSettled<'a> {
    /// Of which queue.
    pub queue: &'a str,
    /// How.
    pub settlement: crate::messaging::Settlement,
    /// How long the broker took.
    pub took: Duration,
}

impl MessageSettled<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self {
            queue,
            settlement,
            took,
        } = self;
        let settlement = settlement.as_str();
        debug!(queue, settlement, took_ms = ms(took), "message settled");
        operation(queue, settlement, took);
    }
}

/// Work on a message is over, settling included.
#[derive(Debug, Clone, Copy)]
pub struct MessageProcessed<'a> {
    /// Of which queue.
    pub queue: &'a str,
    /// Whether it is done with; else it was given back.
    pub done: bool,
    /// How long it took.
    pub took: Duration,
}

impl MessageProcessed<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self { queue, done, took } = self;
        let outcome = if done { "done" } else { "given_back" };
        debug!(queue, outcome, took_ms = ms(took), "message processed");
        histogram!(metric::PROCESS_DURATION, "queue" => queue.to_owned(), "outcome" => outcome)
            .record(took);
    }
}

/// The state of the connection to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It stands.
    Up,
    /// The broker takes no messages for now.
    Blocked,
    /// There is none.
    Down,
}

/// The connection to the broker changed.
#[derive(Debug, Clone, Copy)]
pub struct LinkChanged<'a> {
    /// What it is now.
    pub state: LinkState,
    /// What the broker said; only logged.
    pub detail: &'a str,
}

impl LinkChanged<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self { state, detail } = self;
        let (word, up) = match state {
            LinkState::Up => ("up", 1.0),
            LinkState::Blocked => ("blocked", 0.0),
            LinkState::Down => ("down", 0.0),
        };
        if state == LinkState::Up {
            info!(state = word, detail, "connection to the broker changed");
        } else {
            warn!(state = word, detail, "connection to the broker changed");
        }
        counter!(metric::LINK_CHANGES, "state" => word).increment(1);
        gauge!(metric::LINK_UP).set(up);
    }
}

/// A dependency failed too often and is left alone for a while.
#[derive(Debug, Clone, Copy)]
pub struct BreakerOpened {
    /// Which dependency.
    pub breaker: &'static str,
    /// For how long.
    pub pause: Duration,
}

impl BreakerOpened {
    /// Says so.
    pub fn emit(self) {
        let Self { breaker, pause } = self;
        warn!(breaker, pause_ms = ms(pause), "breaker opened");
        counter!(metric::BREAKER_OPENED, "breaker" => breaker).increment(1);
        gauge!(metric::BREAKER_OPEN, "breaker" => breaker).set(1.0);
    }
}

/// The dependency is called again.
#[derive(Debug, Clone, Copy)]
pub struct BreakerClosed {
    /// Which dependency.
    pub breaker: &'static str,
}

impl BreakerClosed {
    /// Says so.
    pub fn emit(self) {
        let Self { breaker } = self;
        info!(breaker, "breaker closed");
        gauge!(metric::BREAKER_OPEN, "breaker" => breaker).set(0.0);
    }
}

/// The worker takes no more messages, ends what it has begun and stops.
#[derive(Debug, Clone, Copy)]
pub struct WorkerDraining {
    /// Why, one of few fixed words.
    pub reason: &'static str,
    /// How many messages are being worked on.
    pub running: usize,
}

impl WorkerDraining {
    /// Says so.
    pub fn emit(self) {
        let Self { reason, running } = self;
        info!(reason, running, "worker drains");
        gauge!(metric::DRAINING).set(1.0);
    }
}

/// Somebody looked how much memory the worker has.
#[derive(Debug, Clone, Copy)]
pub struct MemoryWatched {
    /// Bytes in memory.
    pub resident_bytes: u64,
    /// Bytes at which the worker drains, if there is a limit.
    pub limit_bytes: Option<u64>,
}

impl MemoryWatched {
    /// Says so.
    #[allow(
        clippy::cast_precision_loss,
        reason = "bytes of memory fit a gauge well enough"
    )]
    pub fn emit(self) {
        let Self {
            resident_bytes,
            limit_bytes,
        } = self;
        debug!(resident_bytes, limit_bytes, "memory watched");
        gauge!(metric::RESIDENT).set(resident_bytes as f64);
        if let Some(limit) = limit_bytes {
            gauge!(metric::RESIDENT_LIMIT).set(limit as f64);
        }
    }
}

/// An artifact was stored.
#[derive(Debug, Clone, Copy)]
pub struct ArtifactStored {
    /// Which operation of the store.
    pub operation: &'static str,
    /// Its size.
    pub bytes: u64,
    /// How long it took.
    pub took: Duration,
}

impl ArtifactStored {
    /// Says so.
    pub fn emit(self) {
        let Self {
            operation,
            bytes,
            took,
        } = self;
        debug!(operation, bytes, took_ms = ms(took), "artifact stored");
        counter!(metric::ARTIFACT_STORED).increment(bytes);
        histogram!(metric::ARTIFACT_DURATION, "operation" => operation).record(took);
    }
}

/// An artifact, or a part of one, was read or looked for.
#[derive(Debug, Clone, Copy)]
pub struct ArtifactRead {
    /// Which operation of the store.
    pub operation: &'static str,
    /// Bytes read.
    pub bytes: u64,
    /// How long it took.
    pub took: Duration,
}

impl ArtifactRead {
    /// Says so.
    pub fn emit(self) {
        let Self {
            operation,
            bytes,
            took,
        } = self;
        debug!(operation, bytes, took_ms = ms(took), "artifact read");
        counter!(metric::ARTIFACT_READ).increment(bytes);
        histogram!(metric::ARTIFACT_DURATION, "operation" => operation).record(took);
    }
}

/// An operation on the store failed.
#[derive(Debug, Clone, Copy)]
pub struct ArtifactFailed {
    /// Which operation of the store.
    pub operation: &'static str,
    /// Why, one of few fixed words.
    pub reason: &'static str,
    /// How long it took.
    pub took: Duration,
}

impl ArtifactFailed {
    /// Says so. Whether it matters is for the caller to say, so the line is for those who look.
    pub fn emit(self) {
        let Self {
            operation,
            reason,
            took,
        } = self;
        debug!(operation, reason, took_ms = ms(took), "artifact failed");
        counter!(metric::ARTIFACT_FAILURES, "operation" => operation, "reason" => reason)
            .increment(1);
        histogram!(metric::ARTIFACT_DURATION, "operation" => operation).record(took);
    }
}

/// Spans do not reach their receiver; what is lost is counted where it is lost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExportFailed<'a> {
    pub(crate) error: &'a str,
}

impl ExportFailed<'_> {
    pub(crate) fn emit(self) {
        let Self { error } = self;
        warn!(
            error,
            "spans are not exported; they are dropped and counted"
        );
    }
}

/// Spans reach their receiver again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExportRecovered;

impl ExportRecovered {
    pub(crate) fn emit(self) {
        info!("spans are exported again");
    }
}
