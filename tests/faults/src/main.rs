//! A worker on stages that cost nothing, told by the environment what it is.
#![allow(
    clippy::disallowed_methods,
    reason = "a program of tests is told by the environment what it is"
)]
#![allow(
    clippy::print_stderr,
    reason = "its standard error is kept by the test"
)]

use anyhow::Context;
use broker::Rabbit;
use contracts::JobId;
use faults::{FailAt, SETTINGS, WorkerSettings, acts};
use stage::{Clock, Progress, ProgressEvent};
use std::{
    io::Read,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};
use telemetry::{Telemetry, TelemetryConfig};
use testkit::stubs;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use worker::{
    FailPoints, MemorySample, NoFailPoints, Stopped, SystemClock, Worker, WorkerParts, serve_health,
};

/// How long work that cannot be interrupted may go on after everything else has ended.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);
/// Longest wait for spans to be sent at the end.
const FLUSH: Duration = Duration::from_secs(2);

struct Unwatched;

impl Progress for Unwatched {
    fn notify(&self, _: &JobId, _: ProgressEvent) {}
}

/// A clock whose time of day is now before and now after the right one.
struct Jumping {
    clock: SystemClock,
    jump_s: i64,
    asked: AtomicU64,
}

impl Clock for Jumping {
    fn now(&self) -> SystemTime {
        let jump = Duration::from_secs(self.jump_s.unsigned_abs());
        let odd = self.asked.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        match (self.jump_s > 0) ^ odd {
            true => self.clock.now() + jump,
            false => self.clock.now() - jump,
        }
    }
    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(Stopped::Drained) => ExitCode::SUCCESS,
        Ok(Stopped::Broken(reason)) => {
            eprintln!("error: {reason}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> anyhow::Result<Stopped> {
    let text = std::env::var(SETTINGS).context(SETTINGS)?;
    let mut settings: WorkerSettings = serde_json::from_str(&text)?;
    if let Ok(place) = std::env::var("FAIL_AT") {
        settings.fail_at = Some(place.parse().map_err(anyhow::Error::msg)?);
    }
    std::thread::spawn(end_with_the_test);
    let telemetry = Arc::new(telemetry::init(&TelemetryConfig {
        log_filter: "info".into(),
        otlp_endpoint: match &settings.otlp_endpoint {
            Some(address) => Some(url::Url::parse(address)?),
            None => None,
        },
        ..TelemetryConfig::new("stub-worker")
    })?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let stopped = runtime.block_on(work(&settings, telemetry.clone()));
    runtime.shutdown_timeout(SHUTDOWN_GRACE);
    if let Err(error) = telemetry.shutdown(FLUSH) {
        eprintln!("{error}");
    }
    stopped
}

/// The standard input is held open by the test for as long as it lives.
fn end_with_the_test() {
    let mut input = std::io::stdin().lock();
    let mut byte = [0];
    while input.read(&mut byte).is_ok_and(|read| read > 0) {}
    std::process::abort();
}

async fn work(settings: &WorkerSettings, telemetry: Arc<Telemetry>) -> anyhow::Result<Stopped> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut background = JoinSet::new();
    let asked = stop.clone();
    background.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            () = asked.cancelled() => {}
        }
        asked.cancel();
        Ok(())
    });
    let transport = tokio::select! {
        connected = Rabbit::connect(settings.broker()) => Arc::new(connected?),
        () = stop.cancelled() => return Ok(Stopped::Drained),
    };
    let worker = Worker::new(parts(settings, transport)?);
    let serving = CancellationToken::new();
    background.spawn(serve_health(
        settings.health_address,
        worker.health(),
        Arc::new(move || telemetry.render_metrics()),
        serving.clone(),
    ));
    let stopped = worker.run(stop.clone()).await;
    serving.cancel();
    stop.cancel();
    while let Some(ended) = background.join_next().await {
        ended?.context("health cannot be served")?;
    }
    Ok(stopped)
}

fn parts(settings: &WorkerSettings, transport: Arc<Rabbit>) -> anyhow::Result<WorkerParts> {
    let act = acts::act(settings);
    let stages = settings.stages.iter();
    Ok(WorkerParts {
        name: settings.name.clone(),
        stages: stages
            .map(|name| stubs::named(*name, act.clone()))
            .collect(),
        transport,
        artifacts: settings.store.open()?,
        clock: Arc::new(Jumping {
            clock: SystemClock::start(),
            jump_s: settings.clock_jump_s,
            asked: AtomicU64::new(0),
        }),
        progress: Arc::new(Unwatched),
        policy: settings.policy(),
        limits: settings.limits(),
        scratch: settings.scratch.clone(),
        new_job_id: Arc::new(|| JobId::of_request(&uuid::Uuid::now_v7().to_string())),
        memory: Arc::new(MemorySample::default),
        fail_points: fail_points(settings.fail_at),
    })
}

fn fail_points(at: Option<FailAt>) -> Arc<dyn FailPoints> {
    match at {
        Some(at) => Arc::new(faults::Dying::at(at)),
        None => Arc::new(NoFailPoints),
    }
}
