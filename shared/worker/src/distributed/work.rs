//! Running a stage on a message, and what follows how that went.

use super::{
    fail_points::FailPoint,
    handler::{Handler, Trouble, Verdict},
};
use crate::{
    any_stage::AnyStage,
    attempt::{self, Attempt, Work},
    policy::Next,
    record::{Ended, unix_ms},
};
use contracts::{
    Envelope, Outcome, StageName, codec::FailedAttempt, job::Job, manifest::FailureClass, queue,
};
use stage::{Computations, ContextParts, StageError};
use std::{sync::Arc, time::Duration};
use telemetry::{
    events::{StageRetried, StageStarted},
    work::stage_span,
};
use tracing::Instrument;

impl Handler {
    pub(super) async fn work(
        &self,
        stage: &Arc<dyn AnyStage>,
        job: &Job,
        envelope: &Envelope,
    ) -> Result<Verdict, Trouble> {
        let name = stage.name();
        self.begin(name, envelope).await?;
        let (started, begun) = (self.clock.now(), self.clock.monotonic());
        StageStarted {
            stage: name,
            attempt: envelope.attempt,
        }
        .emit();
        let span = stage_span(name, &job.job_id, envelope.attempt);
        let Attempt {
            outcome,
            computations,
        } = self.attempt(&**stage, job, envelope).instrument(span).await;
        let took = self.clock.monotonic().saturating_sub(begun);
        let ended = |outcome, artifacts| Ended {
            stage: name,
            outcome,
            artifacts,
            attempts: envelope.attempt,
            started,
            took,
        };
        match outcome {
            Ok((output, artifacts)) => {
                self.fail_points.pass(name, FailPoint::Stored);
                let done = ended(Outcome::Done { output }, artifacts);
                self.finish(job, done, envelope).await?;
                Ok(Verdict::Worked)
            }
            Err(StageError::Cancelled) if self.abandon.is_cancelled() => {
                self.outbox.send(name, envelope.clone()).await?;
                tracing::info!(stage = %name, job = %job.job_id, "handed back");
                Ok(Verdict::Idle)
            }
            Err(error) => {
                self.watch(name, computations).await;
                let reason = error.reason();
                match self.policy.after(&error, envelope.attempt) {
                    Next::GiveUp(class) => {
                        let failed = ended(Outcome::Failed { reason, class }, Vec::new());
                        self.finish(job, failed, envelope).await?;
                        Ok(match class {
                            FailureClass::Exhausted => Verdict::Troubled,
                            _ => Verdict::Worked,
                        })
                    }
                    next => self.put_off(name, envelope, next, reason).await,
                }
            }
        }
    }

    /// Sends a message away to come back later, unless its job was called off.
    async fn put_off(
        &self,
        name: StageName,
        envelope: &Envelope,
        next: Next,
        reason: String,
    ) -> Result<Verdict, Trouble> {
        match next {
            Next::Stop | Next::GiveUp(_) => Ok(Verdict::Idle),
            Next::RetryAfter(delay) => {
                StageRetried {
                    stage: name,
                    tier: queue::tier_for(delay).name,
                    class: "transient",
                    reason: "attempt_failed",
                }
                .emit();
                let mut copy = self.remembering(envelope, reason);
                copy.attempt += 1;
                self.outbox.send_later(name, copy, delay).await?;
                Ok(Verdict::Troubled)
            }
            Next::Park(delay) => {
                tracing::info!(stage = %name, job = %envelope.job_id, reason, "parked");
                let same = envelope.clone();
                self.outbox.send_later(name, same, delay).await?;
                Ok(Verdict::Idle)
            }
        }
    }

    fn remembering(&self, envelope: &Envelope, reason: String) -> Envelope {
        tracing::warn!(job = %envelope.job_id, kind = envelope.kind, attempt = envelope.attempt, reason, "attempt failed");
        let mut copy = envelope.clone();
        copy.remember(FailedAttempt {
            attempt: envelope.attempt,
            reason,
            worker: self.name.clone(),
            at_unix_ms: unix_ms(self.clock.now()),
        });
        copy
    }

    async fn attempt(&self, stage: &dyn AnyStage, job: &Job, envelope: &Envelope) -> Attempt {
        let scratch = tempfile::Builder::new()
            .prefix(stage.name().as_str())
            .tempdir_in(&self.scratch);
        let scratch = match scratch {
            Ok(scratch) => scratch,
            Err(error) => {
                return Attempt {
                    outcome: Err(StageError::transient(error)),
                    computations: Computations::default(),
                };
            }
        };
        let cancel = self.abandon.child_token();
        let parts = ContextParts {
            job: job.job_id.clone(),
            stage: stage.name(),
            attempt: envelope.attempt,
            cancel: cancel.clone(),
            artifacts: self.artifacts.clone(),
            clock: self.clock.clone(),
            progress: self.progress.clone(),
            scratch: scratch.path().to_owned(),
        };
        let timeout = self.policy.attempt_timeout;
        let running = attempt::run(stage, Work::Sealed(envelope), parts, timeout);
        tokio::pin!(running);
        loop {
            tokio::select! {
                ended = &mut running => return ended,
                () = tokio::time::sleep(self.cancel_poll) => {
                    if matches!(self.jobs.is_cancelled(&job.job_id).await, Ok(true)) {
                        cancel.cancel();
                    }
                }
            }
        }
    }

    /// Waits for what an attempt left running. A computation that never ends keeps a thread and
    /// maybe a device: then only a new process helps.
    async fn watch(&self, name: StageName, computations: Computations) {
        let step = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        while computations.running() > 0 && waited < self.leak_grace {
            tokio::time::sleep(step).await;
            waited += step;
        }
        if computations.running() > 0 {
            tracing::error!(stage = %name, "a computation does not end, the worker drains");
            self.health
                .break_down(format!("a computation of {name} does not end"));
        }
    }
}
