//! What is written down of how a stage ended.

use crate::any_stage::AnyStage;
use contracts::{
    ArtifactRef, JobId, Manifest, Outcome, PROGRAM_VERSION, StageName, Upstream,
    flow::{Readiness, StageSpec},
    manifest::{FailureClass, ModelStamp},
};
use std::time::{Duration, SystemTime};

/// How one stage ended, with what its manifest says besides.
pub(crate) struct Ended {
    pub(crate) stage: StageName,
    pub(crate) outcome: Outcome,
    pub(crate) artifacts: Vec<ArtifactRef>,
    pub(crate) attempts: u32,
    pub(crate) started: SystemTime,
    pub(crate) took: Duration,
}

impl Ended {
    /// A stage that was never tried.
    pub(crate) fn without(
        stage: StageName,
        class: FailureClass,
        reason: impl Into<String>,
        now: SystemTime,
    ) -> Self {
        let reason = reason.into();
        Self {
            stage,
            outcome: Outcome::Failed { reason, class },
            artifacts: Vec::new(),
            attempts: 0,
            started: now,
            took: Duration::ZERO,
        }
    }

    /// The manifest that says so.
    pub(crate) fn manifest(self, job: &JobId, models: Vec<ModelStamp>) -> Manifest {
        Manifest {
            job_id: job.clone(),
            stage: self.stage,
            program_version: PROGRAM_VERSION.into(),
            outcome: self.outcome,
            artifacts: self.artifacts,
            models,
            attempts: self.attempts,
            started_unix_ms: unix_ms(self.started),
            duration_ms: millis(self.took),
            trace_id: None,
            worker: None,
        }
    }
}

/// Milliseconds since the Unix epoch; zero before it.
pub(crate) fn unix_ms(time: SystemTime) -> u64 {
    millis(
        time.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default(),
    )
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Why a stage that nobody asked for has no output.
pub(crate) const SWITCHED_OFF: &str = "switched off by configuration";

/// Why a stage can never start, if so: another one that it cannot do without has no output.
pub(crate) fn blocked(spec: &StageSpec, upstream: &Upstream) -> Option<(FailureClass, String)> {
    let Readiness::Blocked(needed) = spec.readiness(upstream) else {
        return None;
    };
    let (class, fate) = match upstream.outcome(needed) {
        Some(Outcome::Failed {
            class: FailureClass::SwitchedOff,
            ..
        }) => (FailureClass::SwitchedOff, "is switched off"),
        _ => (FailureClass::Upstream, "gave up"),
    };
    Some((class, format!("it needs stage {needed}, which {fate}")))
}

/// The models of a stage, if it is one of `stages`.
pub(crate) fn models_of<'a>(
    stages: impl IntoIterator<Item = &'a std::sync::Arc<dyn AnyStage>>,
    name: StageName,
) -> Vec<ModelStamp> {
    let stage = stages.into_iter().find(|stage| stage.name() == name);
    stage.map(|stage| stage.models()).unwrap_or_default()
}
