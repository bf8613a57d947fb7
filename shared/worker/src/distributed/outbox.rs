//! Everything a worker publishes.

use super::health::Health;
use crate::record::unix_ms;
use broker::{HEADER_BURIED, HEADER_DETAIL, HEADER_REASON, Outgoing, PublishError, Transport};
use contracts::{Envelope, StageName, codec::EncodeError, queue};
use stage::Clock;
use std::{sync::Arc, time::Duration};
use telemetry::{
    events::{DeadLettered, MessagePublished, PublishFailed},
    messaging,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Delay before a publish that failed is tried again; it doubles up to [`LONGEST_DELAY`].
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// Longest delay between two tries.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// Longest detail in a header, in characters.
const MAX_DETAIL_CHARS: usize = 2000;

/// Why something was not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unpublished {
    /// The worker stops; the message it came from goes back.
    #[error("stopped before the message was out")]
    Stopped,
    /// It can never be.
    #[error(transparent)]
    Impossible(#[from] EncodeError),
}

/// Publishes with proof, and waits as long as it takes.
pub(crate) struct Outbox {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) health: Arc<Health>,
    /// Fires when nothing may be waited for any more.
    pub(crate) closing: CancellationToken,
}

impl Outbox {
    /// Sends a message to the workers of a stage.
    pub(crate) async fn send(
        &self,
        stage: StageName,
        envelope: Envelope,
    ) -> Result<(), Unpublished> {
        self.publish(queue::work(stage), envelope).await
    }

    /// Sends a message back to the same stage, to arrive no earlier than after `delay`.
    pub(crate) async fn send_later(
        &self,
        stage: StageName,
        envelope: Envelope,
        delay: Duration,
    ) -> Result<(), Unpublished> {
        let tier = queue::tier_for(delay);
        self.publish(&queue::retry(stage, tier), envelope).await
    }

    /// Sends a message that is no envelope back to the same stage, as it is, for later: given back
    /// at once it would count as delivered, and be a dead letter after a short failure of the store.
    pub(crate) async fn put_off(
        &self,
        stage: StageName,
        message: &Outgoing,
        delay: Duration,
    ) -> Result<(), Unpublished> {
        let tier = queue::tier_for(delay);
        self.until_out(&queue::retry(stage, tier), message).await
    }

    /// Puts a message to the dead letters of a stage, as it is.
    pub(crate) async fn bury(
        &self,
        stage: StageName,
        mut message: Outgoing,
        reason: &'static str,
        detail: &str,
    ) -> Result<(), Unpublished> {
        let detail: String = detail.chars().take(MAX_DETAIL_CHARS).collect();
        message.headers.insert(HEADER_REASON.into(), reason.into());
        message.headers.insert(HEADER_DETAIL.into(), detail);
        let now = unix_ms(self.clock.now()).to_string();
        message.headers.insert(HEADER_BURIED.into(), now);
        message.keep_whole = true;
        DeadLettered { stage, reason }.emit();
        self.until_out(&queue::dead(stage), &message).await
    }

    async fn publish(&self, queue: &str, mut envelope: Envelope) -> Result<(), Unpublished> {
        envelope.published_unix_ms = Some(unix_ms(self.clock.now()));
        let span =
            messaging::publish_span(queue, &envelope.message_id.to_string(), &envelope.job_id);
        // Who takes it goes on with the trace of who sends it.
        if let Some(context) = telemetry::context::traceparent(&span) {
            envelope.traceparent = Some(context);
        }
        let message = Outgoing::of(&envelope)?;
        self.until_out(queue, &message).instrument(span).await
    }

    /// Publishes until it is out. Whatever prevents it is outside of this message, so that
    /// waiting keeps its slot and burns nothing: a full queue, an alarm, a missing binding.
    async fn until_out(&self, queue: &str, message: &Outgoing) -> Result<(), Unpublished> {
        let mut delay = FIRST_DELAY;
        let begun = self.clock.monotonic();
        loop {
            let tried = tokio::select! {
                biased;
                () = self.closing.cancelled() => return Err(Unpublished::Stopped),
                tried = self.transport.publish(queue, message) => tried,
            };
            match tried {
                Ok(()) => {
                    self.health.publishing(Ok(()));
                    let took = self.clock.monotonic().saturating_sub(begun);
                    MessagePublished { queue, took }.emit();
                    return Ok(());
                }
                Err(PublishError::TooLarge { actual, limit }) => {
                    return Err(EncodeError::TooLarge { actual, limit }.into());
                }
                Err(error) => {
                    PublishFailed {
                        queue,
                        reason: word(&error),
                    }
                    .emit();
                    self.health.publishing(Err(stage::chain(&error)));
                }
            }
            tokio::select! {
                () = self.closing.cancelled() => return Err(Unpublished::Stopped),
                () = tokio::time::sleep(delay) => {}
            }
            delay = (delay * 2).min(LONGEST_DELAY);
        }
    }
}

/// The word that stands for a failure.
const fn word(error: &PublishError) -> &'static str {
    match error {
        PublishError::TooLarge { .. } => "too_large",
        PublishError::Unroutable { .. } => "unroutable",
        PublishError::Refused { .. } => "refused",
        PublishError::Unknown { .. } => "unknown",
    }
}
