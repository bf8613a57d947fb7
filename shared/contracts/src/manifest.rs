//! The manifest a stage leaves when it ends, and the view of all of them that joins the flow.

use crate::{
    artifact::ArtifactRef,
    flow::StageName,
    ids::{JobId, Sha256},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// A model that took part in a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelStamp {
    /// Name in `deploy/models.toml`.
    pub name: String,
    /// Package the weights come from and its version, as `rapidocr 3.10.0`.
    pub version: String,
    /// SHA-256 of the weights that were loaded.
    pub digest: Sha256,
}

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It has an output.
    Done {
        /// The stage's output message.
        output: serde_json::Value,
    },
    /// It gave up; the flow goes on without it where it may.
    Failed {
        /// What happened and what to do, for people.
        reason: String,
        /// Which class of failure it was.
        class: FailureClass,
    },
}

/// Why a stage gave up, as far as the next step depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The input is at fault.
    Rejected,
    /// The surroundings were, for as long as we tried.
    Exhausted,
    /// A stage it depends on gave up.
    Upstream,
    /// Switched off by configuration.
    SwitchedOff,
    /// The job's deadline had passed.
    Expired,
}

impl FailureClass {
    /// The word that stands for it in reasons and labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Exhausted => "attempts_exhausted",
            Self::Upstream => "upstream",
            Self::SwitchedOff => "switched_off",
            Self::Expired => "deadline",
        }
    }
}

/// Written last by a stage: the proof that it ended, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The job.
    pub job_id: JobId,
    /// The stage.
    pub stage: StageName,
    /// Version of the program that ran it.
    pub program_version: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What it stored, by key.
    pub artifacts: Vec<ArtifactRef>,
    /// Models that took part.
    pub models: Vec<ModelStamp>,
    /// How many attempts it took.
    pub attempts: u32,
    /// Start of the last attempt, in milliseconds since the Unix epoch.
    pub started_unix_ms: u64,
    /// Length of the last attempt, in milliseconds.
    pub duration_ms: u64,
    /// Trace in which it can be followed, 32 hexadecimal digits; `None` without telemetry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The worker that ran it; `None` in one process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
}

/// The outcomes of the stages of one job so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upstream(BTreeMap<StageName, Outcome>);

/// Why the input of a stage cannot be made from what came before.
#[derive(Debug, thiserror::Error)]
pub enum GatherError {
    /// A stage it needs did not produce an output.
    #[error("stage {0} left no output")]
    Missing(StageName),
    /// A stage's output is not of the expected shape.
    #[error(
        "output of stage {stage} is not readable: it was written by another version; run the job again"
    )]
    Unreadable {
        /// Whose output.
        stage: StageName,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl Upstream {
    /// Records how a stage ended.
    pub fn record(&mut self, stage: StageName, outcome: Outcome) {
        self.0.insert(stage, outcome);
    }
    /// How a stage ended; `None` while it has not.
    #[must_use]
    pub fn outcome(&self, stage: StageName) -> Option<&Outcome> {
        self.0.get(&stage)
    }
    /// All outcomes by stage.
    pub fn outcomes(&self) -> impl Iterator<Item = (StageName, &Outcome)> {
        self.0.iter().map(|(stage, outcome)| (*stage, outcome))
    }
    /// The output of a stage that must have one.
    ///
    /// # Errors
    /// [`GatherError`] if it has none or it is not an `M`.
    pub fn required<M: DeserializeOwned>(&self, stage: StageName) -> Result<M, GatherError> {
        self.optional(stage)?.ok_or(GatherError::Missing(stage))
    }
    /// The output of a stage that may have failed or been switched off.
    ///
    /// # Errors
    /// [`GatherError::Unreadable`] if there is one and it is not an `M`.
    pub fn optional<M: DeserializeOwned>(
        &self,
        stage: StageName,
    ) -> Result<Option<M>, GatherError> {
        match self.0.get(&stage) {
            Some(Outcome::Done { output }) => M::deserialize(output)
                .map(Some)
                .map_err(|source| GatherError::Unreadable { stage, source }),
            Some(Outcome::Failed { .. }) | None => Ok(None),
        }
    }
}
