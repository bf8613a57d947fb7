//! What becomes of a message: skipped, ended, or worked on.

use super::{
    handler::{Handler, STORE_DELAY, Trouble, Verdict},
    outbox::Unpublished,
};
use crate::{
    any_stage::AnyStage,
    record::{Ended, unix_ms},
};
use broker::Outgoing;
use contracts::{Envelope, StageName, job::Job, manifest::FailureClass, messages::IngestInput};
use stage::ArtifactError;
use std::sync::Arc;

impl Handler {
    /// Works on an envelope. What the store prevents is put off without counting an attempt.
    pub(super) async fn process(
        &self,
        stage: &Arc<dyn AnyStage>,
        envelope: Envelope,
    ) -> Result<Verdict, Unpublished> {
        let name = stage.name();
        match self.try_process(stage, &envelope).await {
            Ok(verdict) => Ok(verdict),
            Err(Trouble::Unpublished(error)) => Err(error),
            Err(Trouble::Store(error)) => {
                let reason = stage::chain(&error);
                tracing::warn!(stage = %name, job = %envelope.job_id, reason, "the store fails, putting off");
                self.outbox.send_later(name, envelope, STORE_DELAY).await?;
                Ok(Verdict::Troubled)
            }
            Err(Trouble::Seal(error)) => {
                let message = Outgoing::of(&envelope)?;
                let detail = stage::chain(&error);
                self.outbox
                    .bury(name, message, "unsealable", &detail)
                    .await?;
                Ok(Verdict::Worked)
            }
        }
    }

    async fn try_process(
        &self,
        stage: &Arc<dyn AnyStage>,
        envelope: &Envelope,
    ) -> Result<Verdict, Trouble> {
        let name = stage.name();
        let Some(job) = self.job_of(name, envelope).await? else {
            let message = Outgoing::of(envelope)?;
            let detail = format!("nobody asked for job {}", envelope.job_id);
            self.outbox
                .bury(name, message, "unknown_job", &detail)
                .await?;
            return Ok(Verdict::Idle);
        };
        if self.jobs.is_cancelled(&job.job_id).await? {
            return Ok(Verdict::Idle);
        }
        if let Some(manifest) = self.jobs.manifest(&job.job_id, name).await? {
            // Somebody did this before; only what follows may be missing.
            self.follow_up(&job, &manifest, envelope).await?;
            return Ok(Verdict::Idle);
        }
        if let Some(ended) = self.too_late(name, envelope) {
            self.finish(&job, ended, envelope).await?;
            return Ok(Verdict::Worked);
        }
        self.work(stage, &job, envelope).await
    }

    /// What was asked for. The first message of a job brings it along.
    async fn job_of(
        &self,
        stage: StageName,
        envelope: &Envelope,
    ) -> Result<Option<Job>, ArtifactError> {
        if stage == StageName::Ingest
            && let Ok(input) = envelope.open::<IngestInput>()
            && input.job.job_id == envelope.job_id
        {
            return self.jobs.accept(&input.job).await.map(Some);
        }
        self.jobs.find(&envelope.job_id).await
    }

    /// How a message ends that is not worked on any more: its job is overdue, or everyone who
    /// tried it died.
    fn too_late(&self, name: StageName, envelope: &Envelope) -> Option<Ended> {
        let now = self.clock.now();
        let overdue = envelope
            .deadline_unix_ms
            .is_some_and(|deadline| unix_ms(now) > deadline);
        let (class, reason) = if overdue {
            let reason = "the deadline of the job has passed".to_owned();
            (FailureClass::Expired, reason)
        } else if envelope.attempt > self.policy.max_attempts {
            let last = envelope.history.last().map(|failed| failed.reason.as_str());
            let reason = format!(
                "{} attempts did not come to an end; last known failure: {}",
                envelope.attempt - 1,
                last.unwrap_or("none, the workers died")
            );
            (FailureClass::Exhausted, reason)
        } else {
            return None;
        };
        Some(Ended {
            attempts: envelope.attempt.saturating_sub(1),
            ..Ended::without(name, class, reason, now)
        })
    }
}
