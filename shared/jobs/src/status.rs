//! How far a job is: pure, from what lies in the store.

use contracts::{
    BatchName, JobId, Manifest, Outcome, StageName,
    flow::FLOW,
    job::{Job, Source},
    manifest::FailureClass,
};
use schemars::JsonSchema;
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// The state of a job as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Accepted; no stage has ended.
    Queued,
    /// Some stages have ended.
    Running,
    /// There is a result, with everything that was asked for.
    Done,
    /// There is a result, and something that was asked for is missing in it.
    Degraded,
    /// There is no result, and none will come.
    Failed,
    /// It was called off before it ended.
    Cancelled,
}

impl JobState {
    /// Whether it will not change any more.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
    /// Whether it has a result.
    #[must_use]
    pub const fn has_result(self) -> bool {
        matches!(self, Self::Done | Self::Degraded)
    }
}

impl fmt::Display for JobState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// The state of one stage of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// It has not ended.
    Waiting,
    /// It has an output.
    Done,
    /// It gave up.
    Failed,
    /// It was not asked for, or could not be begun for want of another.
    Skipped,
}

/// How far one stage is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StageStatus {
    /// Which.
    #[schemars(with = "String")]
    pub stage: StageName,
    /// Its state.
    pub state: StageState,
    /// Length of its last attempt; null while it has not ended.
    pub duration_ms: Option<u64>,
    /// How many attempts it took; null while it has not ended.
    pub attempts: Option<u32>,
    /// Why it has no output; null if it has one or has not ended.
    pub reason: Option<String>,
}

/// Why a job has no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Failure {
    /// The stage that gave up.
    #[schemars(with = "String")]
    pub stage: StageName,
    /// Which class of failure it was.
    #[schemars(with = "String")]
    pub class: FailureClass,
    /// What happened, for people.
    pub reason: String,
}

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JobStatus {
    /// The job.
    pub job_id: String,
    /// Its state.
    pub state: JobState,
    /// What is analysed.
    pub source: String,
    /// The batch it was submitted in; null without one.
    pub batch: Option<String>,
    /// The job it repeats; null if it repeats none.
    pub retry_of: Option<String>,
    /// When it was accepted, in milliseconds since the Unix epoch; null if nobody noted it.
    pub submitted_unix_ms: Option<u64>,
    /// From acceptance to the end of its last stage; null while it has not ended.
    pub took_ms: Option<u64>,
    /// Trace in which it can be followed; null without telemetry.
    pub trace_id: Option<String>,
    /// Why it has no result; null if it has one or has not ended.
    pub failure: Option<Failure>,
    /// Its stages, in the order of the flow.
    pub stages: Vec<StageStatus>,
}

impl JobStatus {
    /// Stages that have ended, of all.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        let ended = |stage: &&StageStatus| stage.state != StageState::Waiting;
        (self.stages.iter().filter(ended).count(), self.stages.len())
    }
}

/// The status of a job, from what was asked, how its stages ended, and whether it was called off.
#[must_use]
pub fn status(job: &Job, manifests: &BTreeMap<StageName, Manifest>, cancelled: bool) -> JobStatus {
    let stages: Vec<_> = FLOW
        .iter()
        .map(|spec| stage_status(spec.name, manifests.get(&spec.name)))
        .collect();
    let failure = failure(manifests);
    let state = state(&stages, failure.is_some(), cancelled);
    let ended_unix_ms = manifests
        .values()
        .map(|manifest| manifest.started_unix_ms + manifest.duration_ms)
        .max();
    let took_ms = job
        .submitted_unix_ms
        .zip(ended_unix_ms)
        .filter(|_| state.is_final())
        .map(|(submitted, ended)| ended.saturating_sub(submitted));
    JobStatus {
        job_id: job.job_id.to_string(),
        state,
        source: describe(&job.source),
        batch: job.batch.as_ref().map(BatchName::to_string),
        retry_of: job.retry_of.as_ref().map(JobId::to_string),
        submitted_unix_ms: job.submitted_unix_ms,
        took_ms,
        trace_id: manifests
            .values()
            .find_map(|manifest| manifest.trace_id.clone()),
        failure,
        stages,
    }
}

fn state(stages: &[StageStatus], failed: bool, cancelled: bool) -> JobState {
    let of = |state| {
        stages
            .iter()
            .filter(move |stage| stage.state == state)
            .count()
    };
    if failed {
        JobState::Failed
    } else if of(StageState::Waiting) == 0 && of(StageState::Failed) == 0 {
        JobState::Done
    } else if of(StageState::Waiting) == 0 {
        JobState::Degraded
    } else if cancelled {
        JobState::Cancelled
    } else if of(StageState::Waiting) == stages.len() {
        JobState::Queued
    } else {
        JobState::Running
    }
}

/// The first stage without which there is no result, and that gave up for reasons of its own.
fn failure(manifests: &BTreeMap<StageName, Manifest>) -> Option<Failure> {
    let needed = FLOW.iter().filter(|spec| !spec.optional);
    needed
        .filter_map(|spec| manifests.get(&spec.name))
        .find_map(|manifest| match &manifest.outcome {
            Outcome::Failed { class, reason } if *class != FailureClass::Upstream => {
                Some(Failure {
                    stage: manifest.stage,
                    class: *class,
                    reason: reason.clone(),
                })
            }
            _ => None,
        })
}

fn stage_status(stage: StageName, manifest: Option<&Manifest>) -> StageStatus {
    let (state, reason) = match manifest.map(|manifest| &manifest.outcome) {
        None => (StageState::Waiting, None),
        Some(Outcome::Done { .. }) => (StageState::Done, None),
        Some(Outcome::Failed { class, reason }) => {
            let skipped = matches!(class, FailureClass::SwitchedOff | FailureClass::Upstream);
            let state = if skipped {
                StageState::Skipped
            } else {
                StageState::Failed
            };
            (state, Some(reason.clone()))
        }
    };
    StageStatus {
        stage,
        state,
        duration_ms: manifest.map(|manifest| manifest.duration_ms),
        attempts: manifest.map(|manifest| manifest.attempts),
        reason,
    }
}

/// A source for people: a URL without what may be secret in it.
#[must_use]
fn describe(source: &Source) -> String {
    match source {
        Source::LocalFile(path) => path.clone(),
        Source::Url(url) => url.split(['?', '#']).next().unwrap_or_default().to_owned(),
        Source::Stored { key, name } => format!("{name} ({key})"),
    }
}
