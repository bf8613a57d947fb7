//! One delivery from taking it to settling it. The order is fixed: decode, run under a deadline
//! with artifacts stored, write the manifest, publish what follows with proof, settle.

use super::{
    fail_points::{FailPoint, FailPoints},
    health::Health,
    intake::{Intake, job_of},
    outbox::{Outbox, Unpublished},
    plan::plan,
};
use crate::{
    any_stage::AnyStage,
    attempt::{self, Attempt, Work},
    policy::{Next, Policy},
    record::{Ended, unix_ms},
};
use artifacts::{Jobs, job::upstream_of};
use broker::{Delivery, Outgoing};
use contracts::{
    DecodeError, Envelope, Manifest, Outcome, StageName,
    codec::{EncodeError, FailedAttempt, MAX_MESSAGE_BYTES, decode_exact},
    dispatch::{SealError, seal_input},
    job::Job,
    manifest::FailureClass,
    messages::IngestInput,
    request::Request,
};
use stage::{ArtifactError, Artifacts, Clock, ContextParts, Progress, StageError};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Delay before a message is tried again when the store could not be asked.
const STORE_DELAY: Duration = Duration::from_secs(5);

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
enum Trouble {
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
enum Opened {
    Envelope(Box<Envelope>),
    Request(Request),
    /// Nothing that can be worked on, and why: a word and a sentence.
    Unreadable(&'static str, String),
}

impl Handler {
    /// Works on a delivery and settles it, unless the worker stops first.
    pub(crate) async fn handle(&self, stage: &Arc<dyn AnyStage>, delivery: Delivery) -> Verdict {
        let name = stage.name();
        self.fail_points.pass(name, FailPoint::Taken);
        let outcome = match self.open(stage, &delivery.message) {
            Opened::Envelope(envelope) => self.process(stage, *envelope, &delivery).await,
            Opened::Request(request) => return self.adopt(request, delivery).await,
            Opened::Unreadable(reason, detail) => {
                let message = delivery.message.clone();
                let buried = self.outbox.bury(name, message, reason, &detail).await;
                buried.map(|()| Verdict::Idle)
            }
        };
        self.settle(name, delivery, outcome).await
    }

    async fn settle(
        &self,
        name: StageName,
        delivery: Delivery,
        outcome: Result<Verdict, Unpublished>,
    ) -> Verdict {
        match outcome {
            Ok(verdict) => {
                self.fail_points.pass(name, FailPoint::Settling);
                delivery.accept().await;
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
    fn open(&self, stage: &Arc<dyn AnyStage>, message: &Outgoing) -> Opened {
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

    /// Makes a job of a request: the job is written down and its first message published, then
    /// the request is settled.
    async fn adopt(&self, request: Request, delivery: Delivery) -> Verdict {
        let adopted = self.try_adopt(request, &delivery).await;
        let (outcome, named) = match adopted {
            Ok((verdict, named)) => (Ok(verdict), named),
            Err(Trouble::Unpublished(error)) => (Err(error), None),
            Err(trouble) => {
                tracing::warn!(error = %stage::chain(&trouble), "cannot take a request, it stays");
                tokio::select! {
                    () = self.abandon.cancelled() => {}
                    () = tokio::time::sleep(STORE_DELAY) => {}
                }
                // The same message again: a request has no place for a number of attempts.
                delivery.give_back().await;
                return Verdict::Troubled;
            }
        };
        let verdict = self.settle(StageName::Ingest, delivery, outcome).await;
        if let Some(named) = named
            && let Err(error) = self.intake.settle(&named).await
        {
            tracing::warn!(%error, "a settled request is not noted as such");
        }
        verdict
    }

    async fn try_adopt(
        &self,
        request: Request,
        delivery: &Delivery,
    ) -> Result<(Verdict, Option<super::intake::Named>), Trouble> {
        let message = &delivery.message;
        let redelivered = delivery.redelivered || delivery.delivery_count > 0;
        let message_id = message.message_id.as_deref();
        let named = self
            .intake
            .name(&request, message_id, &message.body, redelivered)
            .await?;
        let mut job = match job_of(request, named.id.clone()) {
            Ok(job) => job,
            Err(needed) => {
                let detail = format!("there is no result without {needed}");
                self.outbox
                    .bury(StageName::Ingest, message.clone(), "undecodable", &detail)
                    .await?;
                return Ok((Verdict::Idle, Some(named)));
            }
        };
        job.submitted_unix_ms = Some(unix_ms(self.clock.now()));
        job.traceparent = message.headers.get(broker::HEADER_TRACEPARENT).cloned();
        let job = self.jobs.accept(&job).await?;
        let envelope = seal_input(StageName::Ingest, &job, &contracts::Upstream::default())?;
        self.outbox.send(StageName::Ingest, envelope).await?;
        Ok((Verdict::Idle, Some(named)))
    }

    /// Works on an envelope. What the store prevents is put off without counting an attempt.
    async fn process(
        &self,
        stage: &Arc<dyn AnyStage>,
        envelope: Envelope,
        delivery: &Delivery,
    ) -> Result<Verdict, Unpublished> {
        let name = stage.name();
        let attempt = envelope.attempt.saturating_add(delivery.delivery_count);
        let envelope = Envelope {
            attempt,
            ..envelope
        };
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

    async fn work(
        &self,
        stage: &Arc<dyn AnyStage>,
        job: &Job,
        envelope: &Envelope,
    ) -> Result<Verdict, Trouble> {
        let name = stage.name();
        let (started, begun) = (self.clock.now(), self.clock.monotonic());
        let Attempt {
            outcome,
            computations,
        } = self.attempt(&**stage, job, envelope).await;
        let took = self.clock.monotonic().saturating_sub(begun);
        let ended = |outcome, artifacts| Ended {
            stage: name,
            outcome,
            artifacts,
            attempts: envelope.attempt,
            started,
            took,
        };
        let error = match outcome {
            Ok((output, artifacts)) => {
                self.fail_points.pass(name, FailPoint::Stored);
                let done = ended(Outcome::Done { output }, artifacts);
                self.finish(job, done, envelope).await?;
                return Ok(Verdict::Worked);
            }
            Err(error) => error,
        };
        self.watch(name, computations).await;
        let reason = error.reason();
        match self.policy.after(&error, envelope.attempt) {
            Next::Stop if self.abandon.is_cancelled() => {
                self.outbox.send(name, envelope.clone()).await?;
                tracing::info!(stage = %name, job = %job.job_id, "handed back");
                Ok(Verdict::Idle)
            }
            // The job was called off.
            Next::Stop => Ok(Verdict::Idle),
            Next::GiveUp(class) => {
                let failed = ended(Outcome::Failed { reason, class }, Vec::new());
                self.finish(job, failed, envelope).await?;
                let troubled = class == FailureClass::Exhausted;
                Ok(if troubled {
                    Verdict::Troubled
                } else {
                    Verdict::Worked
                })
            }
            Next::RetryAfter(delay) => {
                let mut copy = self.remembering(envelope, reason);
                copy.attempt += 1;
                self.outbox.send_later(name, copy, delay).await?;
                Ok(Verdict::Troubled)
            }
            Next::Park(delay) => {
                tracing::info!(stage = %name, job = %job.job_id, reason, "parked");
                self.outbox
                    .send_later(name, envelope.clone(), delay)
                    .await?;
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
                    computations: stage::Computations::default(),
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
    async fn watch(&self, name: StageName, computations: stage::Computations) {
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

    /// Writes how a stage ended, then lets follow what follows.
    async fn finish(&self, job: &Job, ended: Ended, envelope: &Envelope) -> Result<(), Trouble> {
        let name = ended.stage;
        let models = crate::record::models_of(&self.stages, name);
        let manifest = Manifest {
            worker: Some(self.name.clone()),
            ..ended.manifest(&job.job_id, models)
        };
        let manifest = self.jobs.finish(&manifest).await?;
        self.fail_points.pass(name, FailPoint::Recorded);
        self.follow_up(job, &manifest, envelope).await
    }

    /// Publishes every stage that has just become ready, and the dead letter of a job that has
    /// no result.
    async fn follow_up(
        &self,
        job: &Job,
        manifest: &Manifest,
        envelope: &Envelope,
    ) -> Result<(), Trouble> {
        let name = manifest.stage;
        let mut ended = BTreeSet::from([name]);
        loop {
            let manifests = self.jobs.manifests(&job.job_id).await?;
            let upstream = upstream_of(&manifests);
            let plan = plan(&job.without, &upstream, &ended);
            if plan.over.is_empty() {
                for next in plan.start {
                    let message = seal_input(next, job, &upstream)?;
                    self.outbox.send(next, message).await?;
                }
                break;
            }
            for (stage, class, reason) in plan.over {
                let over = Ended::without(stage, class, reason, self.clock.now());
                let over = over.manifest(&job.job_id, Vec::new());
                self.jobs.finish(&over).await?;
                ended.insert(stage);
            }
        }
        self.bury_failed(manifest, envelope).await?;
        self.fail_points.pass(name, FailPoint::Published);
        Ok(())
    }

    /// A stage without which there is no result gave up: its message is the job's dead letter.
    async fn bury_failed(
        &self,
        manifest: &Manifest,
        envelope: &Envelope,
    ) -> Result<(), Unpublished> {
        let Outcome::Failed { reason, class } = &manifest.outcome else {
            return Ok(());
        };
        let optional = manifest.stage.spec().is_some_and(|spec| spec.optional);
        let word = match class {
            FailureClass::Rejected => "rejected",
            FailureClass::Exhausted => "attempts_exhausted",
            FailureClass::Expired => "deadline",
            FailureClass::Upstream | FailureClass::SwitchedOff => return Ok(()),
        };
        if optional {
            return Ok(());
        }
        let message = Outgoing::of(envelope)?;
        self.outbox
            .bury(manifest.stage, message, word, reason)
            .await
    }

    /// Gives back a delivery that was not begun, with what is known of its attempts.
    pub(crate) async fn hand_back(&self, stage: &Arc<dyn AnyStage>, delivery: Delivery) {
        let name = stage.name();
        let Opened::Envelope(envelope) = self.open(stage, &delivery.message) else {
            delivery.give_back().await;
            return;
        };
        let mut copy = *envelope;
        copy.attempt = copy.attempt.saturating_add(delivery.delivery_count);
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
