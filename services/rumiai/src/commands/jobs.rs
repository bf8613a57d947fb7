//! `rumiai status`, `cancel` and `retry`, and what the commands about jobs share.

use crate::{
    cli::{CancelArguments, JobChoice, OutputFormat, RetryArguments, StatusArguments},
    connection::{Connection, reader},
    exit::Exit,
    settings::Settings,
};
use anyhow::{bail, ensure};
use contracts::JobId;
use indicatif::{ProgressBar, ProgressStyle};
use jobs::{JobState, JobStatus, Reader};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the state of waiting jobs is asked for.
const POLL: Duration = Duration::from_millis(500);

/// What is printed of jobs.
#[derive(Serialize)]
struct Printed<'a> {
    jobs: &'a [JobStatus],
}

/// A runtime for commands that wait for others more than they compute.
///
/// # Errors
/// If the system refuses one.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

/// Says how far jobs are.
///
/// # Errors
/// Which job is unknown, or what cannot be reached.
pub fn status(arguments: &StatusArguments, settings: &Settings) -> anyhow::Result<Exit> {
    runtime()?.block_on(async {
        let client = reader(settings)?;
        let ids = chosen(&arguments.choice, &client).await?;
        let states = statuses(&client, &ids).await?;
        print(&states, arguments.output_format)?;
        Ok(exit_of(&states))
    })
}

/// Calls jobs off.
///
/// # Errors
/// Which job is unknown, or what cannot be reached.
pub fn cancel(arguments: &CancelArguments, settings: &Settings) -> anyhow::Result<Exit> {
    runtime()?.block_on(async {
        let client = reader(settings)?;
        let ids = chosen(&arguments.choice, &client).await?;
        for id in &ids {
            client.cancel(id).await?;
        }
        print(&statuses(&client, &ids).await?, arguments.output_format)?;
        Ok(Exit::Success)
    })
}

/// Submits jobs that have ended once more.
///
/// # Errors
/// Which job is unknown or has not ended, or what cannot be reached.
pub fn retry(arguments: &RetryArguments, settings: &Settings) -> anyhow::Result<Exit> {
    runtime()?.block_on(async {
        let client = Connection::open(settings, "retry").await?.client();
        let ids = chosen(&arguments.choice, &client).await?;
        let mut again = Vec::new();
        for status in statuses(&client, &ids).await? {
            if !wanted(&status, arguments) {
                continue;
            }
            let id = JobId::new(status.job_id)?;
            let new_id = JobId::new(Uuid::now_v7().to_string())?;
            again.push(client.retry(&id, new_id).await?.job_id);
        }
        print(&statuses(&client, &again).await?, arguments.output_format)?;
        Ok(Exit::Success)
    })
}

fn wanted(status: &JobStatus, arguments: &RetryArguments) -> bool {
    if !arguments.failed {
        return true;
    }
    let reason = status.failure.as_ref().map(|failure| &failure.reason);
    status.state == JobState::Failed
        && arguments
            .reason
            .as_ref()
            .is_none_or(|text| reason.is_some_and(|reason| reason.contains(text)))
}

/// The jobs that are meant.
///
/// # Errors
/// If a batch has none.
pub async fn chosen(choice: &JobChoice, client: &Reader) -> anyhow::Result<Vec<JobId>> {
    let mut ids = choice.jobs.clone();
    if let Some(batch) = &choice.batch {
        let members = client.of_batch(batch).await?;
        ensure!(!members.is_empty(), "there is no batch {batch}");
        ids.extend(members);
    }
    if ids.is_empty() {
        bail!("name jobs, or a batch with --batch");
    }
    Ok(ids)
}

/// How far jobs are.
///
/// # Errors
/// Which job is unknown, or what cannot be reached.
pub async fn statuses(client: &Reader, ids: &[JobId]) -> anyhow::Result<Vec<JobStatus>> {
    let mut states = Vec::new();
    for id in ids {
        states.push(client.status(id).await?);
    }
    Ok(states)
}

/// Waits until jobs have ended, with a bar if there is a terminal to draw on.
///
/// # Errors
/// If it is interrupted, or what cannot be reached.
pub async fn wait(
    client: &Reader,
    ids: &[JobId],
    cancel: &CancellationToken,
) -> anyhow::Result<()> {
    let mut open: BTreeMap<&JobId, usize> = ids.iter().map(|id| (id, 0)).collect();
    let bar = bar(ids.len());
    loop {
        for id in open.keys().copied().collect::<Vec<_>>() {
            let status = client.status(id).await?;
            let (ended, all) = status.progress();
            bar.set_length((ids.len() * all) as u64);
            let before = open.insert(id, ended).unwrap_or_default();
            bar.inc(ended.saturating_sub(before) as u64);
            if status.state.is_final() {
                bar.inc(all.saturating_sub(ended) as u64);
                open.remove(id);
            }
        }
        bar.set_message(format!("{} of {} jobs", ids.len() - open.len(), ids.len()));
        if open.is_empty() {
            bar.finish_and_clear();
            return Ok(());
        }
        tokio::select! {
            () = cancel.cancelled() => bail!("interrupted; the jobs go on, ask with `rumiai status`"),
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

fn bar(jobs: usize) -> ProgressBar {
    let bar = ProgressBar::new(jobs as u64);
    let template = "  {bar:30.cyan/dim} {percent:>3}% {elapsed:>4}  {msg}";
    bar.set_style(
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar
}

/// Prints jobs, as one JSON object or a line each.
///
/// # Errors
/// If JSON cannot be written, which the types rule out.
pub fn print(states: &[JobStatus], format: OutputFormat) -> anyhow::Result<()> {
    if format == OutputFormat::Json {
        println!(
            "{}",
            serde_json::to_string_pretty(&Printed { jobs: states })?
        );
        return Ok(());
    }
    for status in states {
        let (ended, all) = status.progress();
        println!(
            "{}  {:<9}  {ended:>2}/{all} stages  {}",
            status.job_id, status.state, status.source
        );
        if let Some(failure) = &status.failure {
            println!("    {}: {}", failure.stage, failure.reason);
        }
    }
    Ok(())
}

/// 1 if a job has no result and will get none.
#[must_use]
pub fn exit_of(states: &[JobStatus]) -> Exit {
    let lost = |status: &JobStatus| status.state.is_final() && !status.state.has_result();
    if states.iter().any(lost) {
        Exit::Failure
    } else {
        Exit::Success
    }
}
