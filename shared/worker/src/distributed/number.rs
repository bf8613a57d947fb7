//! Which attempt a delivery is.
//!
//! The broker counts every delivery that ended with its connection, those included that nobody
//! began: waiting in a worker that died, or handed to a consumer in the moment in which it
//! cancelled (a quorum queue does so until its leader has written the cancellation down, and such
//! deliveries reach nobody). So an attempt is written down before it begins, and of the broker's
//! count only those are attempts.

use super::handler::Handler;
use broker::Delivery;
use contracts::{Envelope, StageName};
use stage::ArtifactError;

impl Handler {
    /// The number of the attempt that this delivery is. Without the store, every delivery the
    /// broker counted is taken for an attempt.
    pub(super) async fn number(
        &self,
        stage: StageName,
        envelope: &Envelope,
        delivery: &Delivery,
    ) -> u32 {
        let highest = envelope.attempt.saturating_add(delivery.delivery_count);
        for attempt in envelope.attempt..highest {
            match self.has_begun(stage, envelope, attempt).await {
                Ok(true) => {}
                Ok(false) => return attempt,
                Err(error) => {
                    tracing::warn!(stage = %stage, %error, "the store does not say what has begun");
                    return highest;
                }
            }
        }
        highest
    }

    /// Writes down that an attempt begins.
    pub(super) async fn begin(
        &self,
        stage: StageName,
        envelope: &Envelope,
    ) -> Result<(), ArtifactError> {
        let published = envelope.published_unix_ms;
        let jobs = &self.jobs;
        jobs.begin(&envelope.job_id, stage, envelope.attempt, published)
            .await
    }

    async fn has_begun(
        &self,
        stage: StageName,
        envelope: &Envelope,
        attempt: u32,
    ) -> Result<bool, ArtifactError> {
        let published = envelope.published_unix_ms;
        let jobs = &self.jobs;
        jobs.has_begun(&envelope.job_id, stage, attempt, published)
            .await
    }
}
