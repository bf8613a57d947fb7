//! `rumiai results`: what workers found, as the same files that `analyze` writes.

use super::{
    export::{self, Destination, Folders},
    outcome::{self, Failure, VideoOutcome},
    published::FeatureFlags,
    summary::{self, Surroundings},
};
use crate::{
    cli::ResultsArguments,
    commands::jobs::{chosen, runtime, wait},
    connection,
    exit::Exit,
    settings::Settings,
    shutdown,
};
use contracts::{JobId, StageName, messages::Ingested};
use jobs::{JobState, Reader};
use stage::{Artifacts, Clock};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use worker::{JobReport, SystemClock};

/// Writes the results of every job that is meant, and prints what came of it.
pub fn run(arguments: &ResultsArguments, settings: &Settings) -> Exit {
    let fetched = runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(fetch(arguments, settings)));
    match fetched {
        Ok(outcomes) => outcome::print(&outcomes, arguments.output_format),
        Err(error) => {
            eprintln!("error: {error:#}");
            Exit::Failure
        }
    }
}

async fn fetch(
    arguments: &ResultsArguments,
    settings: &Settings,
) -> anyhow::Result<Vec<VideoOutcome>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let store = connection::store(settings, clock.clone())?;
    let client = Reader::new(store.clone());
    let ids = chosen(&arguments.choice, &client).await?;
    if arguments.wait {
        let cancel = CancellationToken::new();
        let mut signals = JoinSet::new();
        signals.spawn(shutdown::cancel_on_signal(cancel.clone()));
        wait(&client, &ids, &cancel).await?;
    }
    let writing = Writing {
        arguments,
        settings,
        store: &*store,
        clock: &*clock,
    };
    let mut outcomes = Vec::new();
    for id in &ids {
        outcomes.push(one(id, &client, &writing).await?);
    }
    Ok(outcomes)
}

/// Where results are read and written.
struct Writing<'a> {
    arguments: &'a ResultsArguments,
    settings: &'a Settings,
    store: &'a dyn Artifacts,
    clock: &'a dyn Clock,
}

async fn one(id: &JobId, client: &Reader, writing: &Writing<'_>) -> anyhow::Result<VideoOutcome> {
    let status = client.status(id).await?;
    let (job, manifests) = client.look_up(id).await?;
    let report = JobReport { manifests };
    let ended = matches!(
        status.state,
        JobState::Done | JobState::Degraded | JobState::Failed
    );
    let result = if ended {
        match outcome::check(&job, &report) {
            Ok(()) => {
                let took = Duration::from_millis(status.took_ms.unwrap_or_default());
                writing.write(&report, took).await
            }
            Err(failure) => Err(failure),
        }
    } else {
        Err(Failure {
            exit: Exit::Failure,
            error_type: "NotEnded",
            message: format!("job {id} is {}; wait for its end with --wait", status.state),
            metrics: None,
        })
    };
    Ok(VideoOutcome {
        video_id: Some(ingest::video_id(&job.source)),
        result,
    })
}

impl Writing<'_> {
    async fn write(&self, report: &JobReport, took: Duration) -> Result<summary::Summary, Failure> {
        let folders = Folders::below(self.arguments.output.clone());
        let destination = Destination {
            folders: &folders,
            now: self.clock.now(),
        };
        let upstream = report.upstream();
        let files = export::export(self.store, &upstream, &destination, || {}).await?;
        if self.arguments.keep_artifacts {
            export::export_artifacts(self.store, report, &folders.root, &files.video_id).await?;
        }
        let ingested: Ingested = upstream
            .required(StageName::Ingest)
            .map_err(|error| Failure::of_result(&error))?;
        let surroundings = Surroundings {
            video: ingested.source.key.to_string(),
            feature_flags: FeatureFlags {
                ml_precompute: true,
                language_model: files.insight.is_some(),
                output_format: self.settings.output.format_version.as_str(),
            },
            // The stages ran on machines that nobody asks here.
            gpu: None,
            took,
        };
        let summary = summary::summarise(self.store, report, files, surroundings).await?;
        export::write_summary(&destination, &summary)?;
        Ok(summary)
    }
}
