//! What came of a video: a summary, or a failure with its class.

use super::{
    published::{Metrics, Published, schema_of},
    summary::Summary,
    table,
};
use crate::{
    cli::OutputFormat,
    exit::{Exit, chain},
};
use contracts::{
    Manifest, Outcome, VideoId,
    flow::FLOW,
    job::{Job, Source},
    manifest::FailureClass,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
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

    /// A result that cannot be read back or written.
    #[must_use]
    pub fn of_result(error: &dyn Error) -> Self {
        Self::new(Exit::Failure, "ResultError", error)
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

    fn printed(&self) -> One<'_> {
        match &self.result {
            Ok(summary) => One::Done(Box::new(Published::of(summary))),
            Err(failure) => One::Failed(FailedVideo {
                success: false,
                video_id: self.video_id.as_ref().map(VideoId::as_str),
                error: &failure.message,
                error_type: failure.error_type,
                metrics: failure.metrics.as_deref(),
            }),
        }
    }
}

/// What `analyze` prints: the object of the only video, or all of them.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Printed<'a> {
    One(One<'a>),
    Many {
        /// Whether every video succeeded.
        success: bool,
        totals: Totals,
        /// The videos, in the order in which they were named.
        results: Vec<One<'a>>,
    },
}

/// What came of one video.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum One<'a> {
    Done(Box<Published<'a>>),
    Failed(FailedVideo<'a>),
}

/// A video without a result.
#[derive(Serialize, JsonSchema)]
struct FailedVideo<'a> {
    /// Always false.
    success: bool,
    /// What consumers call the video; null if none was reached.
    video_id: Option<&'a str>,
    /// What happened and what to do, for people.
    error: &'a str,
    /// Its kind, for programs.
    error_type: &'a str,
    /// What it took to come that far; null if nothing was begun.
    metrics: Option<&'a Metrics>,
}

/// How many videos there were, and how many of them succeeded.
#[derive(Serialize, JsonSchema)]
struct Totals {
    videos: usize,
    successful: usize,
    failed: usize,
    /// 0–1; null without videos.
    success_rate: Option<f64>,
}

impl Totals {
    fn of(outcomes: &[VideoOutcome]) -> Self {
        let succeeded = |outcome: &&VideoOutcome| outcome.exit() == Exit::Success;
        let videos = outcomes.len();
        let successful = outcomes.iter().filter(succeeded).count();
        Self {
            videos,
            successful,
            failed: videos - successful,
            success_rate: (videos > 0).then(|| successful as f64 / videos as f64),
        }
    }
}

/// The one JSON object: that of the only video, or all of them under `results`.
///
/// # Errors
/// If JSON cannot be written, which the types rule out.
fn json(outcomes: &[VideoOutcome]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&match outcomes {
        [only] => Printed::One(only.printed()),
        many => Printed::Many {
            success: many.iter().all(|outcome| outcome.exit() == Exit::Success),
            totals: Totals::of(many),
            results: many.iter().map(VideoOutcome::printed).collect(),
        },
    })
}

/// The JSON Schema of what `analyze` prints.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Printed<'_>>()
}

/// Prints what came of videos; returns the exit code they ask for together.
#[must_use]
pub fn print(outcomes: &[VideoOutcome], format: OutputFormat) -> Exit {
    match format {
        OutputFormat::Json => match json(outcomes) {
            Ok(object) => println!("{object}"),
            Err(error) => {
                eprintln!("error: {error}");
                return Exit::Failure;
            }
        },
        OutputFormat::Text => outcomes.iter().for_each(print_text),
    }
    outcomes
        .iter()
        .map(VideoOutcome::exit)
        .max()
        .unwrap_or(Exit::Success)
}

/// Prints a table, or the failure on standard error.
fn print_text(outcome: &VideoOutcome) {
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
