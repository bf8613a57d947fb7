//! `rumiai submit`: handing videos to the workers.

use super::jobs::{self, runtime};
use crate::{
    cli::SubmitArguments, connection::Connection, exit::Exit, settings::Settings, shutdown,
    source::source_of,
};
use ::jobs::Client;
use anyhow::{Context, anyhow, ensure};
use contracts::{
    JobId, VideoId,
    job::{Job, Source},
};
use serde::Deserialize;
use stage::Artifacts;
use std::{
    io::{BufRead, Read},
    path::Path,
    time::{Duration, SystemTime},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

/// Most jobs of one call.
const MAX_JOBS: usize = 100_000;

/// Submits everything that is named, and waits if asked to.
///
/// # Errors
/// What cannot be read, reached or submitted; the message says how far it came.
pub fn run(arguments: &SubmitArguments, settings: &Settings) -> anyhow::Result<Exit> {
    let inputs = inputs(arguments)?;
    runtime()?.block_on(async {
        let connection = Connection::open(settings, "submit").await?;
        let client = connection.client();
        let mut ids = Vec::new();
        for input in &inputs {
            let submitted = submit(input, arguments, settings, &connection, &client).await;
            ids.push(submitted.with_context(|| {
                format!(
                    "{} of {} jobs are submitted, not {input}",
                    ids.len(),
                    inputs.len()
                )
            })?);
        }
        if arguments.wait {
            let cancel = CancellationToken::new();
            let mut signals = JoinSet::new();
            signals.spawn(shutdown::cancel_on_signal(cancel.clone()));
            jobs::wait(&client, &ids, &cancel).await?;
        }
        let states = jobs::statuses(&client, &ids).await?;
        jobs::print(&states, arguments.output_format)?;
        Ok(if arguments.wait {
            jobs::exit_of(&states)
        } else {
            Exit::Success
        })
    })
}

/// Everything that is to be submitted: what the command line names, then what the list does.
fn inputs(arguments: &SubmitArguments) -> anyhow::Result<Vec<String>> {
    let mut inputs = arguments.inputs.clone();
    if let Some(path) = &arguments.from {
        inputs.extend(listed(path)?);
    }
    ensure!(!inputs.is_empty(), "the list is empty");
    ensure!(
        inputs.len() <= MAX_JOBS,
        "{} jobs are more than {MAX_JOBS}; split the list",
        inputs.len()
    );
    Ok(inputs)
}

/// One row of a CSV file.
#[derive(Deserialize)]
struct Row {
    url: String,
}

fn listed(path: &Path) -> anyhow::Result<Vec<String>> {
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        let opened = std::fs::File::open(path);
        Box::new(opened.with_context(|| format!("cannot read {}", path.display()))?)
    };
    if path.extension().is_some_and(|extension| extension == "csv") {
        let rows = csv::Reader::from_reader(reader).into_deserialize();
        let urls: Result<Vec<Row>, csv::Error> = rows.collect();
        let urls = urls.with_context(|| format!("{} needs a column `url`", path.display()))?;
        return Ok(urls.into_iter().map(|row| row.url).collect());
    }
    let lines: Result<Vec<String>, _> = std::io::BufReader::new(reader).lines().collect();
    let lines = lines.with_context(|| format!("cannot read {}", path.display()))?;
    let wanted = lines.iter().map(|line| line.trim());
    Ok(wanted
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect())
}

async fn submit(
    input: &str,
    arguments: &SubmitArguments,
    settings: &Settings,
    connection: &Connection,
    client: &Client,
) -> anyhow::Result<JobId> {
    let id = JobId::new(Uuid::now_v7().to_string())?;
    let span = tracing::info_span!("submit", job.id = %id);
    let submitting = async {
        let source = source(input, settings, &*connection.store).await?;
        let job = Job {
            batch: arguments.batch.clone(),
            without: without(arguments, settings),
            with: with(arguments, settings),
            priority: arguments.priority,
            deadline_unix_ms: deadline(arguments, connection.clock.now())?,
            traceparent: telemetry::context::current_traceparent(),
            ..Job::new(id, source)
        };
        Ok(client.submit(&job).await?.job_id)
    };
    submitting.instrument(span).await
}

/// Stages that the command line or the settings leave out.
fn without(arguments: &SubmitArguments, settings: &Settings) -> Vec<contracts::StageName> {
    let mut without = settings.stages.without.clone();
    without.extend_from_slice(&arguments.without);
    without
}

/// Stages on request that the command line or the settings ask for.
fn with(arguments: &SubmitArguments, settings: &Settings) -> Vec<contracts::StageName> {
    let insight = arguments.insight || settings.insight.enabled;
    Vec::from_iter(insight.then_some(contracts::StageName::Insight))
}

fn deadline(arguments: &SubmitArguments, now: SystemTime) -> anyhow::Result<Option<u64>> {
    let Some(within) = arguments.deadline else {
        return Ok(None);
    };
    let within = Duration::try_from(within).context("--deadline must be in the future")?;
    let at = (now + within).duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Some(u64::try_from(at.as_millis())?))
}

/// What an input means. A file is uploaded: workers do not see this machine's disk.
async fn source(input: &str, settings: &Settings, store: &dyn Artifacts) -> anyhow::Result<Source> {
    let Source::LocalFile(path) = source_of(input) else {
        return Ok(Source::Url(input.to_owned()));
    };
    let path = Path::new(&path);
    let key = ingest::key_of(path, &settings.ingest)
        .await
        .map_err(|failure| anyhow!("{failure}; {input} is neither a URL, an id nor a file"))?;
    if store.find(&key).await?.is_none() {
        store.put_file(&key, path).await?;
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Source::Stored {
        key,
        name: VideoId::from_name(&stem),
    })
}
