//! `rumiai analyze`: videos in, files out.

mod assemble;
mod export;
mod findings;
mod outcome;
mod published;
mod resources;
mod results;
mod summary;
mod table;

use crate::{
    cli::{AnalyzeArguments, ProgressStyle},
    exit::Exit,
    progress::{self, PlainSteps},
    settings::Settings,
    shutdown,
    source::source_of,
};
use assemble::Assembly;
use contracts::{
    JobId, StageName, VideoId,
    job::{Job, Source},
    messages::Ingested,
};
use export::Destination;
use outcome::VideoOutcome;
pub use outcome::{Failure, schema as output_schema};
use published::Metrics;
pub use published::{schema as summary_schema, schema_of};
pub use resources::Memory;
pub use results::run as results;
use stage::Clock;
use std::time::Duration;
use summary::Surroundings;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;
use worker::JobReport;

/// How long work that cannot be interrupted may go on after everything else has stopped.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Analyses every input in turn and prints what came of it.
pub fn run(arguments: &AnalyzeArguments, settings: &Settings) -> Exit {
    let outcomes = match analyse_all(arguments, settings) {
        Ok(outcomes) => outcomes,
        Err(failure) => vec![VideoOutcome {
            video_id: None,
            result: Err(failure),
        }],
    };
    outcome::print(&outcomes, arguments.output_format)
}

fn analyse_all(
    arguments: &AnalyzeArguments,
    settings: &Settings,
) -> Result<Vec<VideoOutcome>, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failure, "RuntimeError", &error))?;
    let assembly = runtime.block_on(assemble::assemble(arguments, settings))?;
    let outcomes = runtime.block_on(async {
        let cancel = CancellationToken::new();
        let mut signals = JoinSet::new();
        signals.spawn(shutdown::cancel_on_signal(cancel.clone()));
        let mut outcomes = Vec::new();
        for input in &arguments.inputs {
            outcomes.push(analyse(input, &assembly, arguments, &cancel).await);
            if cancel.is_cancelled() {
                break;
            }
        }
        outcomes
    });
    runtime.shutdown_timeout(SHUTDOWN_GRACE);
    Ok(outcomes)
}

async fn analyse(
    input: &str,
    assembly: &Assembly,
    arguments: &AnalyzeArguments,
    cancel: &CancellationToken,
) -> VideoOutcome {
    let source = source_of(input);
    let video_id = ingest::video_id(&source);
    let result = analyse_source(source, &video_id, assembly, arguments, cancel).await;
    VideoOutcome {
        video_id: Some(video_id),
        result,
    }
}

async fn analyse_source(
    source: Source,
    video_id: &VideoId,
    assembly: &Assembly,
    arguments: &AnalyzeArguments,
    cancel: &CancellationToken,
) -> Result<summary::Summary, Failure> {
    let location = match &source {
        Source::LocalFile(path) => path.clone(),
        Source::Url(_) | Source::Stored { .. } => {
            assembly.store.root().join("media").display().to_string()
        }
    };
    if arguments.progress == ProgressStyle::Plain {
        println!("{}", assembly.gpu.line());
    }
    let listener = progress::listener(arguments.progress, video_id.as_str(), &location);
    let job = Job::new(new_job_id()?, source);
    let begun = assembly.clock.monotonic();
    let runner = assembly.runner(listener)?;
    // The root of the trace of this video.
    let span = tracing::info_span!("analyze", job.id = %job.job_id);
    let report = runner
        .run(&job, cancel)
        .instrument(span)
        .await
        .map_err(|error| Failure::of_run(&error))?;
    let upstream = report.upstream();
    let so_far = || {
        let took = assembly.clock.monotonic().saturating_sub(begun);
        let stages = summary::times(&report);
        Metrics::of(&summary::job_id(&report), &stages, took, None)
    };
    outcome::check(&job, &report).map_err(|failure| failure.after(so_far()))?;
    let plain = arguments.progress == ProgressStyle::Plain;
    let destination = Destination {
        folders: &assembly.folders,
        now: assembly.clock.now(),
    };
    say(plain, PlainSteps::SavingAnalysis);
    let files = export::export(&*assembly.store, &upstream, &destination, || {
        say(plain, PlainSteps::RunningPrecomputeFunctions);
    })
    .await?;
    if arguments.keep_artifacts {
        export::export_artifacts(&*assembly.store, &report, &assembly.folders.root, video_id)
            .await?;
    }
    say(plain, PlainSteps::GeneratingReport);
    let surroundings = Surroundings {
        video: video_of(&job.source, &report, assembly)?,
        feature_flags: assembly.feature_flags.clone(),
        gpu: Some(assembly.gpu.clone()),
        took: assembly.clock.monotonic().saturating_sub(begun),
    };
    let summary = summary::summarise(&*assembly.store, &report, files, surroundings).await?;
    export::write_summary(&destination, &summary)?;
    assembly.forget(&job);
    say(plain, PlainSteps::Completed);
    Ok(summary)
}

/// Where the video is: the file that was named, or the stored copy of what was fetched.
fn video_of(source: &Source, report: &JobReport, assembly: &Assembly) -> Result<String, Failure> {
    if let Source::LocalFile(path) = source {
        return Ok(path.clone());
    }
    let ingested: Ingested = report
        .upstream()
        .required(StageName::Ingest)
        .map_err(|error| Failure::of_result(&error))?;
    let stored = assembly.store.root().join(ingested.source.key.as_str());
    Ok(stored.display().to_string())
}

fn say(plain: bool, step: PlainSteps) {
    if plain {
        println!("{}", step.line());
    }
}

fn new_job_id() -> Result<JobId, Failure> {
    JobId::new(Uuid::now_v7().to_string())
        .map_err(|error| Failure::new(Exit::Failure, "JobError", &error))
}
