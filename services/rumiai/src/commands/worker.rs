//! `rumiai worker`: stages behind queues.

use crate::{
    analyze::{Failure, Memory},
    cli::WorkerArguments,
    connection::Connection,
    exit::Exit,
    language_models::LanguageModels,
    settings::Settings,
    shutdown,
    stages::Opener,
};
use anyhow::{Context, bail};
use artifacts::{ConditionalWrites, S3};
use contracts::{JobId, StageName};
use ingest::IngestConfig;
use stage::{Progress, ProgressEvent};
use std::{path::PathBuf, sync::Arc, time::Duration};
use telemetry::Telemetry;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::{AnyStage, MemorySample, NoFailPoints, Stopped, Worker, WorkerParts, serve_health};

/// How long work that cannot be interrupted may go on after everything else has ended.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// Nobody watches a worker's jobs live; how far they are is asked of the store.
struct Unwatched;

impl Progress for Unwatched {
    fn notify(&self, _: &JobId, _: ProgressEvent) {}
}

/// Works until it is asked to stop.
///
/// # Errors
/// What cannot be opened or reached, and what mends it.
pub fn run(
    arguments: &WorkerArguments,
    settings: &Settings,
    telemetry: &Arc<Telemetry>,
) -> anyhow::Result<Exit> {
    let settings = for_workers(settings);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let opened = match runtime.block_on(open(&arguments.stages(), &settings)) {
        Ok(opened) => opened,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            return Ok(failure.exit);
        }
    };
    let outcome = runtime.block_on(work(arguments, &settings, opened, telemetry.clone()));
    runtime.shutdown_timeout(SHUTDOWN_GRACE);
    outcome
}

/// Whoever may publish a message may not read the worker's disk by it.
fn for_workers(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    settings.ingest = IngestConfig {
        allow_local_files: false,
        bucket: settings.store.object_store().map(|s3| s3.bucket.clone()),
        ..settings.ingest
    };
    settings
}

/// What a worker works with.
struct Opened {
    stages: Vec<Arc<dyn AnyStage>>,
    /// If one is asked.
    language_models: Option<LanguageModels>,
}

/// Opens the stages. A worker that cannot do its work does not take any: a model that is missing
/// or does not answer its golden sample as it should ends it here. Among others, a stage that only
/// runs on request may be left to those who have what it needs.
async fn open(names: &[StageName], settings: &Settings) -> Result<Opened, Failure> {
    let opener = Opener::new(settings);
    let mut stages = Vec::new();
    for name in names {
        let stage = opener.open(*name).await?;
        if let Some(reason) = stage.unavailable() {
            let on_request = name.spec().is_some_and(|spec| spec.on_request);
            if on_request && names.len() > 1 {
                tracing::warn!("{name} is off: {reason}");
                continue;
            }
            return Err(Failure {
                exit: Exit::Models,
                error_type: "ModelError",
                message: format!("{name}: {reason}"),
                metrics: None,
            });
        }
        stages.push(stage);
    }
    let language_models = opener.into_language_models();
    Ok(Opened {
        stages,
        language_models,
    })
}

async fn work(
    arguments: &WorkerArguments,
    settings: &Settings,
    Opened {
        stages,
        language_models,
    }: Opened,
    telemetry: Arc<Telemetry>,
) -> anyhow::Result<Exit> {
    let name = settings.worker.name.clone().unwrap_or_else(own_name);
    let stop = CancellationToken::new();
    let mut background = JoinSet::new();
    background.spawn(shutdown::cancel_on_signal(stop.clone()));
    let connection_name = format!("{}@{name}", arguments.role());
    let connection = tokio::select! {
        opened = Connection::open(settings, &connection_name) => opened?,
        () = stop.cancelled() => return Ok(Exit::Success),
    };
    check_store(settings).await?;
    let scratch = scratch(settings)?;
    let worker = Worker::new(WorkerParts {
        name,
        stages,
        transport: connection.transport.clone(),
        artifacts: connection.store.clone(),
        clock: connection.clock.clone(),
        progress: Arc::new(Unwatched),
        policy: settings.worker.policy(),
        limits: settings.worker.limits(),
        scratch: scratch.path().to_owned(),
        new_job_id: Arc::new(new_job_id),
        memory: Arc::new(memory),
        fail_points: Arc::new(NoFailPoints),
    });
    let serving = CancellationToken::new();
    if let Some(address) = settings.worker.health_address {
        let metrics = Arc::new(move || telemetry.render_metrics());
        background.spawn(serve_health(
            address,
            worker.health(),
            metrics,
            serving.clone(),
        ));
    }
    if let Some(models) = language_models {
        let (until, prompts) = (serving.clone(), settings.prompts.clone());
        background.spawn(async move {
            models.watch(&prompts, until).await;
            Ok(())
        });
    }
    let stopped = worker.run(stop.clone()).await;
    // Whoever asks while it drains still gets an answer.
    serving.cancel();
    stop.cancel();
    while let Some(ended) = background.join_next().await {
        ended?.context("worker.health_address cannot be served")?;
    }
    Ok(match stopped {
        Stopped::Drained => Exit::Success,
        Stopped::Broken(reason) => {
            eprintln!("error: {reason}");
            Exit::Failure
        }
    })
}

/// Makes sure that the store writes once where it says so.
async fn check_store(settings: &Settings) -> anyhow::Result<()> {
    let Some(config) = settings.store.object_store() else {
        return Ok(());
    };
    let found = S3::open(config)?
        .probe(&Uuid::now_v7().to_string())
        .await
        .context("the object store cannot be used; check store.s3")?;
    let what = match found {
        ConditionalWrites::Honoured => return Ok(()),
        ConditionalWrites::Ignored => "ignores conditions on writing",
        ConditionalWrites::NotAtomic => "checks conditions on writing, but not at once",
    };
    if settings.store.require_conditional_writes {
        bail!(
            "the object store {what}, so that two workers could overwrite each other; use one that honours `If-None-Match`, or set store.require_conditional_writes = false"
        );
    }
    tracing::warn!("the object store {what}; a second delivery may overwrite the first");
    Ok(())
}

/// Where attempts put what is not an artifact yet.
fn scratch(settings: &Settings) -> anyhow::Result<tempfile::TempDir> {
    let folder: PathBuf = settings.cache()?.root().join("scratch");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let made = tempfile::Builder::new()
        .prefix("worker-")
        .tempdir_in(&folder);
    made.with_context(|| format!("cannot make a folder in {}", folder.display()))
}

fn own_name() -> String {
    let host = nix::unistd::gethostname().ok();
    let host = host.and_then(|host| host.into_string().ok());
    format!(
        "{}-{}",
        host.as_deref().unwrap_or("worker"),
        std::process::id()
    )
}

fn new_job_id() -> JobId {
    JobId::of_request(&Uuid::now_v7().to_string())
}

fn memory() -> MemorySample {
    let now = Memory::now();
    MemorySample {
        resident_bytes: now.resident_bytes,
        system_share: now.system_percent.map(|percent| percent / 100.0),
    }
}
