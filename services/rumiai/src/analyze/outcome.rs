//! What came of a video: a summary, or a failure with its class.

use super::{
    published::{Metrics, Published},
    summary::Summary,
    table,
};
use crate::exit::{Exit, chain};
use contracts::{
    Manifest, Outcome, VideoId,
    flow::FLOW,
    job::{Job, Source},
    manifest::FailureClass,
};
use serde_json::{Value, json};
use std::{error::Error, path::Path};
use worker::{JobReport, RunError};

/// What came of one video.
pub struct VideoOutcome {
    /// What consumers call it; `None` if no video was reached.
    pub video_id: Option<VideoId>,
    /// Its summary, or why there is none.
    pub result: Result<Summary, Failure>,
}

/// Why there is no result.
#[derive(Debug)]
pub struct Failure {
    /// Exit code it leads to.
    pub exit: Exit,
    /// Its kind, for programs.
    pub error_type: &'static str,
    /// What happened and what to do, for people.
    pub message: String,
    /// What it took to come that far; `None` if nothing was begun.
    pub metrics: Option<Box<Metrics>>,
}

impl Failure {
    /// A failure with the whole chain of causes as its message.
    #[must_use]
    pub fn new(exit: Exit, error_type: &'static str, error: &dyn Error) -> Self {
        Self {
            exit,
            error_type,
            message: chain(error),
            metrics: None,
        }
    }

    /// A failure at a path.
    #[must_use]
    pub fn at_path(action: &str, path: &Path, error: &dyn Error) -> Self {
        let message = format!("cannot {action} {}: {}", path.display(), chain(error));
        Self {
            exit: Exit::Failure,
            error_type: "FileError",
            message,
            metrics: None,
        }
    }

    /// The same, with what it took.
    #[must_use]
    pub fn after(mut self, metrics: Metrics) -> Self {
        self.metrics = Some(Box::new(metrics));
        self
    }

    /// A run that did not end.
    #[must_use]
    pub fn of_run(error: &RunError) -> Self {
        let error_type = match error {
            RunError::Cancelled => "Interrupted",
            _ => "RunError",
        };
        Self::new(Exit::Failure, error_type, error)
    }
}

/// Fails if the job has no result, with the class of the stage that is to blame.
///
/// # Errors
/// [`Failure`] naming that stage and its reason.
pub fn check(job: &Job, report: &JobReport) -> Result<(), Failure> {
    for spec in FLOW.iter().filter(|spec| !spec.optional) {
        let Some((class, reason)) = report.manifests.get(&spec.name).and_then(failure) else {
            continue;
        };
        if class == FailureClass::Upstream {
            continue;
        }
        let fetching =
            spec.name == contracts::StageName::Ingest && matches!(job.source, Source::Url(_));
        let (exit, error_type) = if fetching {
            (Exit::Fetch, "APIError")
        } else {
            (Exit::Failure, "VideoError")
        };
        return Err(Failure {
            exit,
            error_type,
            message: format!("{}: {reason}", spec.name),
            metrics: None,
        });
    }
    Ok(())
}

fn failure(manifest: &Manifest) -> Option<(FailureClass, &str)> {
    match &manifest.outcome {
        Outcome::Failed { reason, class } => Some((*class, reason)),
        Outcome::Done { .. } => None,
    }
}

impl VideoOutcome {
    /// The exit code this outcome asks for.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match &self.result {
            Err(failure) => failure.exit,
            Ok(summary) => summary.exit(),
        }
    }

    fn json(&self) -> Value {
        match &self.result {
            Ok(summary) => serde_json::to_value(Published::of(summary)).unwrap_or_default(),
            Err(failure) => json!({
                "success": false,
                "video_id": self.video_id,
                "error": failure.message,
                "error_type": failure.error_type,
                "metrics": failure.metrics,
            }),
        }
    }
}

/// How many videos there were, and how many of them succeeded.
fn totals(outcomes: &[VideoOutcome]) -> Value {
    let succeeded = |outcome: &&VideoOutcome| outcome.exit() == Exit::Success;
    let successful = outcomes.iter().filter(succeeded).count();
    json!({
        "videos": outcomes.len(),
        "successful": successful,
        "failed": outcomes.len() - successful,
        "success_rate": (!outcomes.is_empty()).then(|| successful as f64 / outcomes.len() as f64),
    })
}

/// The one JSON object: that of the only video, or all of them under `results`.
#[must_use]
pub fn json(outcomes: &[VideoOutcome]) -> String {
    let object = match outcomes {
        [only] => only.json(),
        many => json!({
            "success": many.iter().all(|outcome| outcome.exit() == Exit::Success),
            "totals": totals(many),
            "results": many.iter().map(VideoOutcome::json).collect::<Vec<_>>(),
        }),
    };
    format!("{object:#}")
}

/// Prints a table, or the failure on standard error.
pub fn print_text(outcome: &VideoOutcome) {
    match &outcome.result {
        Ok(summary) => println!("{}", table::render(summary)),
        Err(failure) => {
            let name = outcome
                .video_id
                .as_ref()
                .map(|id| format!("{id}: "))
                .unwrap_or_default();
            eprintln!("error: {name}{}", failure.message);
        }
    }
}
