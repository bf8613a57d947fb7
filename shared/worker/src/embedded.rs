//! The whole flow of one job in one process, driven by the flow table.

use crate::{
    any_stage::AnyStage,
    attempt::{self, Work},
    policy::{Next, Policy},
    record::{Ended, SWITCHED_OFF, blocked, models_of},
};
use artifacts::{Jobs, job::upstream_of};
use contracts::{
    ArtifactRef, Manifest, Outcome, StageName, Upstream,
    flow::{FLOW, Readiness, StageSpec},
    job::Job,
    manifest::FailureClass,
};
use stage::{ArtifactError, Artifacts, Clock, ContextParts, Progress, ProgressEvent, StageError};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
    sync::Arc,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Drives jobs through the flow in this process.
pub struct Embedded(Arc<EmbeddedParts>);

/// What an [`Embedded`] is made of.
pub struct EmbeddedParts {
    /// One stage per row of the flow table that is switched on.
    pub stages: Vec<Arc<dyn AnyStage>>,
    /// Storage.
    pub artifacts: Arc<dyn Artifacts>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Listener.
    pub progress: Arc<dyn Progress>,
    /// What follows an outcome.
    pub policy: Policy,
    /// Directory in which every attempt gets a scratch directory of its own.
    pub scratch: PathBuf,
}

/// How a job ended.
#[derive(Debug, Clone)]
pub struct JobReport {
    /// The manifest of every stage of the flow.
    pub manifests: BTreeMap<StageName, Manifest>,
}

impl JobReport {
    /// Outcomes, from which any stage's output can be read.
    #[must_use]
    pub fn upstream(&self) -> Upstream {
        upstream_of(&self.manifests)
    }
}

/// Why a job did not end at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It was asked to stop.
    #[error("interrupted")]
    Cancelled,
    /// A manifest could not be written, so nothing can build on the stage.
    #[error("cannot record that stage {stage} ended")]
    Manifest {
        /// Whose manifest.
        stage: StageName,
        /// What went wrong.
        #[source]
        source: ArtifactError,
    },
    /// No scratch directory could be made.
    #[error("cannot make a scratch directory in {path}: check its permissions and free space")]
    Scratch {
        /// Where.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// The flow table does not lead to an end, which its own tests rule out.
    #[error("flow is stuck: {0} can neither start nor be skipped")]
    Stuck(StageName),
}

/// What is to be done with a stage.
enum Turn {
    /// Nothing yet.
    Wait,
    /// Nothing any more.
    Over(Ended),
    /// It can run.
    Run(Arc<dyn AnyStage>),
}

impl Embedded {
    /// A runner of these parts.
    #[must_use]
    pub fn new(parts: EmbeddedParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Runs every stage of the flow for `job`, each as soon as it may start.
    ///
    /// A stage that gives up does not end the job: stages that need it are marked, stages that
    /// can do without it go on.
    ///
    /// # Errors
    /// [`RunError::Cancelled`] once `cancel` fires and every stage has stopped; others if the
    /// store or the scratch directory fails.
    pub async fn run(&self, job: &Job, cancel: &CancellationToken) -> Result<JobReport, RunError> {
        // Stages stop when the job is cancelled from outside, and when it fails in here.
        let stop = cancel.child_token();
        let mut running = JoinSet::new();
        let outcome = self.drive(job, &mut running, &stop).await;
        stop.cancel();
        while running.join_next().await.is_some() {}
        outcome
    }

    async fn drive(
        &self,
        job: &Job,
        running: &mut JoinSet<Result<Ended, RunError>>,
        stop: &CancellationToken,
    ) -> Result<JobReport, RunError> {
        let mut report = JobReport {
            manifests: BTreeMap::new(),
        };
        let mut upstream = Upstream::default();
        let mut started = BTreeSet::new();
        while report.manifests.len() < FLOW.len() {
            let settled = self.start_ready(job, &upstream, &mut started, running, stop);
            if !settled.is_empty() {
                for ended in settled {
                    let manifest = self.finish(job, ended, &mut upstream).await?;
                    report.manifests.insert(manifest.stage, manifest);
                }
                continue;
            }
            let Some(joined) = running.join_next().await else {
                let waiting = FLOW
                    .iter()
                    .find(|spec| !report.manifests.contains_key(&spec.name));
                return waiting.map_or(Ok(report), |spec| Err(RunError::Stuck(spec.name)));
            };
            let ended = joined.map_err(|_| RunError::Cancelled)??;
            let manifest = self.finish(job, ended, &mut upstream).await?;
            report.manifests.insert(manifest.stage, manifest);
        }
        Ok(report)
    }

    /// Starts every stage that may start; returns those that never can.
    fn start_ready(
        &self,
        job: &Job,
        upstream: &Upstream,
        started: &mut BTreeSet<StageName>,
        running: &mut JoinSet<Result<Ended, RunError>>,
        stop: &CancellationToken,
    ) -> Vec<Ended> {
        let mut settled = Vec::new();
        for spec in FLOW {
            if started.contains(&spec.name) {
                continue;
            }
            match self.turn(spec, upstream) {
                Turn::Wait => continue,
                Turn::Over(ended) => settled.push(ended),
                Turn::Run(stage) => {
                    let runner = Self(self.0.clone());
                    let (job, upstream, stop) = (job.clone(), upstream.clone(), stop.clone());
                    let work =
                        async move { runner.run_stage(&*stage, &job, &upstream, &stop).await };
                    running.spawn(work.in_current_span());
                }
            }
            started.insert(spec.name);
        }
        settled
    }

    /// Runs one stage of `job` on what `upstream` holds, and writes its manifest.
    ///
    /// # Errors
    /// As [`Self::run`]; [`RunError::Stuck`] if `upstream` does not say how a stage ended that
    /// this one needs or uses.
    pub async fn run_one(
        &self,
        job: &Job,
        name: StageName,
        upstream: &mut Upstream,
        cancel: &CancellationToken,
    ) -> Result<Manifest, RunError> {
        let turn = name.spec().map(|spec| self.turn(spec, upstream));
        let ended = match turn {
            None | Some(Turn::Wait) => return Err(RunError::Stuck(name)),
            Some(Turn::Over(ended)) => ended,
            Some(Turn::Run(stage)) => self.run_stage(&*stage, job, upstream, cancel).await?,
        };
        self.finish(job, ended, upstream).await
    }

    /// What is to be done with a stage now.
    fn turn(&self, spec: &StageSpec, upstream: &Upstream) -> Turn {
        let stage = self.0.stages.iter().find(|stage| stage.name() == spec.name);
        let over = |class, reason: String| {
            Turn::Over(Ended::without(spec.name, class, reason, self.0.clock.now()))
        };
        let Some(stage) = stage else {
            return over(FailureClass::SwitchedOff, SWITCHED_OFF.into());
        };
        if let Some((class, reason)) = blocked(spec, upstream) {
            return over(class, reason);
        }
        match (spec.readiness(upstream), stage.unavailable()) {
            (Readiness::Ready, Some(reason)) => over(FailureClass::Exhausted, reason.into()),
            (Readiness::Ready, None) => Turn::Run(stage.clone()),
            (Readiness::Waiting | Readiness::Blocked(_), _) => Turn::Wait,
        }
    }

    /// Tries a stage until it ends, one way or another.
    async fn run_stage(
        &self,
        stage: &dyn AnyStage,
        job: &Job,
        upstream: &Upstream,
        stop: &CancellationToken,
    ) -> Result<Ended, RunError> {
        let name = stage.name();
        let notify = |event| self.0.progress.notify(&job.job_id, event);
        let mut attempt = 1;
        loop {
            notify(ProgressEvent::Started {
                stage: name,
                attempt,
            });
            let (started, begun) = (self.0.clock.now(), self.0.clock.monotonic());
            let outcome = self.attempt(stage, job, upstream, stop, attempt).await?;
            let took = self.0.clock.monotonic().saturating_sub(begun);
            let (outcome, artifacts) = match outcome {
                Ok((output, artifacts)) => (Outcome::Done { output }, artifacts),
                Err(error) => match self.0.policy.here_after(&error, attempt) {
                    Next::Stop => return Err(RunError::Cancelled),
                    Next::GiveUp(class) => (
                        Outcome::Failed {
                            reason: error.reason(),
                            class,
                        },
                        Vec::new(),
                    ),
                    Next::RetryAfter(after) | Next::Park(after) => {
                        notify(ProgressEvent::Retrying {
                            stage: name,
                            after,
                            reason: error.reason(),
                        });
                        tokio::select! {
                            () = stop.cancelled() => return Err(RunError::Cancelled),
                            () = tokio::time::sleep(after) => {}
                        }
                        attempt += 1;
                        continue;
                    }
                },
            };
            return Ok(Ended {
                stage: name,
                outcome,
                artifacts,
                attempts: attempt,
                started,
                took,
            });
        }
    }

    #[allow(
        clippy::type_complexity,
        reason = "the inner result is what the policy judges"
    )]
    async fn attempt(
        &self,
        stage: &dyn AnyStage,
        job: &Job,
        upstream: &Upstream,
        stop: &CancellationToken,
        attempt: u32,
    ) -> Result<Result<(serde_json::Value, Vec<ArtifactRef>), StageError>, RunError> {
        let scratch = tempfile::Builder::new()
            .prefix(stage.name().as_str())
            .tempdir_in(&self.0.scratch)
            .map_err(|source| RunError::Scratch {
                path: self.0.scratch.clone(),
                source,
            })?;
        let parts = ContextParts {
            job: job.job_id.clone(),
            stage: stage.name(),
            attempt,
            cancel: stop.child_token(),
            artifacts: self.0.artifacts.clone(),
            clock: self.0.clock.clone(),
            progress: self.0.progress.clone(),
            scratch: scratch.path().to_owned(),
        };
        let work = Work::Gathered(job, upstream);
        let timeout = self.0.policy.attempt_timeout;
        let span = telemetry::work::stage_span(stage.name(), &job.job_id, attempt);
        let running = attempt::run(stage, work, parts, timeout);
        Ok(running.instrument(span).await.outcome)
    }

    /// Writes the manifest, then lets later stages see the outcome.
    async fn finish(
        &self,
        job: &Job,
        ended: Ended,
        upstream: &mut Upstream,
    ) -> Result<Manifest, RunError> {
        let stage = ended.stage;
        let failure = match &ended.outcome {
            Outcome::Done { .. } => None,
            Outcome::Failed { reason, .. } => Some(reason.clone()),
        };
        if let Some(reason) = &failure {
            tracing::warn!(job = %job.job_id, %stage, reason, "stage gave up");
        }
        let took = ended.took;
        let models = models_of(&self.0.stages, stage);
        let manifest = Manifest {
            trace_id: telemetry::context::trace_id(),
            ..ended.manifest(&job.job_id, models)
        };
        Jobs::new(self.0.artifacts.clone())
            .record(&manifest)
            .await
            .map_err(|source| RunError::Manifest { stage, source })?;
        upstream.record(stage, manifest.outcome.clone());
        self.0.progress.notify(
            &job.job_id,
            ProgressEvent::Ended {
                stage,
                took,
                failure,
            },
        );
        Ok(manifest)
    }
}
