//! One delivery from taking it to settling it. The order is fixed: decode, run under a deadline
//! with artifacts stored, write the manifest, publish what follows with proof, settle.

use super::{
    fail_points::{FailPoint, FailPoints},
    health::Health,
    intake::Intake,
    outbox::{Outbox, Unpublished},
};
use crate::{any_stage::AnyStage, policy::Policy};
use artifacts::Jobs;
use broker::{Delivery, Outgoing, Settled};
use contracts::{
    DecodeError, Envelope, StageName,
    codec::{EncodeError, MAX_MESSAGE_BYTES, decode_exact},
    dispatch::SealError,
    request::Request,
};
use stage::{ArtifactError, Artifacts, Clock, Progress};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use telemetry::{
    events::{MessageProcessed, MessageSettled, MessageTaken},
    messaging::{self, Received, Settlement},
};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

/// Delay before a message is tried again when the store could not be asked.
pub(super) const STORE_DELAY: Duration = Duration::from_secs(5);

/// Everything a delivery needs.
pub(crate) struct Handler {
    pub(crate) name: String,
    pub(crate) stages: Vec<Arc<dyn AnyStage>>,
    pub(crate) artifacts: Arc<dyn Artifacts>,
    pub(crate) jobs: Jobs,
    pub(crate) intake: Intake,
    pub(crate) outbox: Outbox,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) health: Arc<Health>,
    pub(crate) policy: Policy,
    pub(crate) scratch: PathBuf,
    pub(crate) fail_points: Arc<dyn FailPoints>,
    /// How often a running job is asked for whether it was called off.
    pub(crate) cancel_poll: Duration,
    /// How long a computation may go on after its attempt.
    pub(crate) leak_grace: Duration,
    /// Fires when work in hand has to stop.
    pub(crate) abandon: CancellationToken,
    /// How many messages are being worked on.
    pub(crate) in_hand: AtomicUsize,
}

/// How a delivery went, for the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Well, or badly for reasons of its own.
    Worked,
    /// The surroundings failed it.
    Troubled,
    /// Nothing was tried.
    Idle,
}

/// Why a delivery cannot go the ordinary way.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The store cannot be asked: no fault of the message.
    #[error(transparent)]
    Store(#[from] ArtifactError),
    /// Something cannot be published.
    #[error(transparent)]
    Unpublished(#[from] Unpublished),
    /// What was stored by others cannot be read: no attempt will help.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl From<EncodeError> for Trouble {
    fn from(error: EncodeError) -> Self {
        Self::Unpublished(error.into())
    }
}

/// What a delivery turned out to be.
pub(super) enum Opened {
    Envelope(Box<Envelope>),
    Request(Request),
    /// Nothing that can be worked on, and why: a word and a sentence.
    Unreadable(&'static str, String),
}

impl Handler {
    /// How many messages are being worked on.
    pub(crate) fn running(&self) -> usize {
        self.in_hand.load(Relaxed)
    }

    /// Works on a delivery and settles it, unless the worker stops first.
    pub(crate) async fn handle(&self, stage: &Arc<dyn AnyStage>, delivery: Delivery) -> Verdict {
        self.in_hand.fetch_add(1, Relaxed);
        let verdict = self.take(stage, delivery).await;
        self.in_hand.fetch_sub(1, Relaxed);
        verdict
    }

    async fn take(&self, stage: &Arc<dyn AnyStage>, delivery: Delivery) -> Verdict {
        let name = stage.name();
        self.fail_points.pass(name, FailPoint::Taken);
        MessageTaken {
            queue: &delivery.queue,
        }
        .emit();
        let outcome = match self.open(stage, &delivery.message) {
            Opened::Envelope(envelope) => {
                let attempt = self.number(name, &envelope, &delivery).await;
                let envelope = Envelope {
                    attempt,
                    ..*envelope
                };
                let span = self.arrived(name, &envelope, &delivery);
                return self
                    .process_and_settle(stage, envelope, delivery)
                    .instrument(span)
                    .await;
            }
            Opened::Request(request) => return self.adopt(request, delivery).await,
            Opened::Unreadable(reason, detail) => {
                let message = delivery.message.clone();
                let buried = self.outbox.bury(name, message, reason, &detail).await;
                buried.map(|()| Verdict::Idle)
            }
        };
        self.settle(name, delivery, outcome).await
    }

    /// Notes how long a message waited, and begins the span of the work on it.
    fn arrived(&self, name: StageName, envelope: &Envelope, delivery: &Delivery) -> Span {
        let traceparent = envelope.traceparent.as_deref();
        if let Some(published) = envelope.published_unix_ms {
            let now = self.clock.now();
            messaging::queue_wait(name, published, now, &envelope.job_id, traceparent);
        }
        messaging::process_span(&Received {
            queue: &delivery.queue,
            message_id: delivery.message.message_id.as_deref().unwrap_or_default(),
            job: &envelope.job_id,
            stage: name,
            attempt: envelope.attempt,
            delivery_tag: None,
            traceparent,
        })
    }

    async fn process_and_settle(
        &self,
        stage: &Arc<dyn AnyStage>,
        envelope: Envelope,
        delivery: Delivery,
    ) -> Verdict {
        let begun = self.clock.monotonic();
        let (name, queue) = (stage.name(), delivery.queue.clone());
        let message_id = envelope.message_id.to_string();
        let job = envelope.job_id.clone();
        let outcome = self.process(stage, envelope).await;
        let done = outcome.is_ok();
        let settling = messaging::settle_span(Settlement::Ack, &queue, &message_id, &job, None);
        let verdict = self
            .settle(name, delivery, outcome)
            .instrument(settling)
            .await;
        MessageProcessed {
            queue: &queue,
            done,
            took: self.clock.monotonic().saturating_sub(begun),
        }
        .emit();
        verdict
    }

    pub(super) async fn settle(
        &self,
        name: StageName,
        delivery: Delivery,
        outcome: Result<Verdict, Unpublished>,
    ) -> Verdict {
        match outcome {
            Ok(verdict) => {
                self.fail_points.pass(name, FailPoint::Settling);
                let (queue, begun) = (delivery.queue.clone(), self.clock.monotonic());
                if delivery.accept().await == Settled::Lost {
                    tracing::info!(queue, "the broker had taken the message back");
                }
                MessageSettled {
                    queue: &queue,
                    settlement: Settlement::Ack,
                    took: self.clock.monotonic().saturating_sub(begun),
                }
                .emit();
                verdict
            }
            // Unsettled, it returns to its queue when the connection ends.
            Err(error) => {
                tracing::warn!(stage = %name, %error, "left unsettled");
                Verdict::Idle
            }
        }
    }

    /// Reads what was delivered. Requests are only understood where jobs begin.
    pub(super) fn open(&self, stage: &Arc<dyn AnyStage>, message: &Outgoing) -> Opened {
        if message.body.len() > MAX_MESSAGE_BYTES {
            let detail = format!(
                "message has {} bytes, limit is {MAX_MESSAGE_BYTES}; store large data as an artifact",
                message.body.len()
            );
            return Opened::Unreadable("too_large", detail);
        }
        let error = match decode_exact::<Envelope>(&message.body) {
            Ok(envelope) => match stage.check(&envelope) {
                Ok(()) => return Opened::Envelope(Box::new(envelope)),
                Err(error) => error,
            },
            Err(error) if stage.name() != StageName::Ingest => error,
            Err(_) => match Request::decode(&message.body) {
                Ok(request) => return Opened::Request(request),
                Err(error) => return Opened::Unreadable("undecodable", stage::chain(&error)),
            },
        };
        let reason = match error {
            DecodeError::UnknownSchema { .. } => "unknown_schema",
            _ => "undecodable",
        };
        Opened::Unreadable(reason, stage::chain(&error))
    }
    /// Gives back a delivery that was not begun, with what is known of its attempts.
    pub(crate) async fn hand_back(&self, stage: &Arc<dyn AnyStage>, delivery: Delivery) {
        let name = stage.name();
        let Opened::Envelope(envelope) = self.open(stage, &delivery.message) else {
            delivery.give_back().await;
            return;
        };
        let mut copy = *envelope;
        copy.attempt = self.number(name, &copy, &delivery).await;
        match self.outbox.send(name, copy).await {
            Ok(()) => {
                delivery.accept().await;
            }
            Err(_) => {
                delivery.give_back().await;
            }
        }
    }
}
