//! A whole distributed flow in one process: stubs, a broker and a store in memory, stopped time.
#![allow(dead_code, reason = "not every test file uses everything")]

use artifacts::{Jobs, Memory as Store};
use broker::{HEADER_REASON, Memory as Broker, Outgoing, Transport};
use contracts::{
    Envelope, JobId, Manifest, Outcome, Sha256, StageName, Upstream,
    dispatch::seal_input,
    flow::FLOW,
    job::{Job, Source},
    manifest::FailureClass,
    queue,
};
use stage::{Artifacts, StageContext, StageError};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use testkit::{
    ManualClock, RecordedProgress,
    stubs::{self, Act},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use worker::{
    AnyStage, FailPoint, FailPoints, Health, MemorySample, Policy, Stopped, Worker, WorkerLimits,
    WorkerParts,
};

/// The flow.
pub struct Flow {
    pub broker: Broker,
    pub store: Arc<Store>,
    pub clock: Arc<ManualClock>,
    pub policy: Policy,
    pub limits: WorkerLimits,
    pub act: Act,
    pub fail_points: Arc<dyn FailPoints>,
    pub stop: CancellationToken,
    pub memory: Arc<Mutex<MemorySample>>,
    workers: JoinSet<Stopped>,
    scratch: tempfile::TempDir,
    ids: Arc<AtomicU32>,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            broker: Broker::default(),
            store: Arc::default(),
            clock: Arc::default(),
            policy: Policy {
                attempt_timeout: Duration::from_secs(30),
                ..Policy::default()
            },
            limits: WorkerLimits::default(),
            act: stubs::idle(),
            fail_points: Arc::new(worker::NoFailPoints),
            stop: CancellationToken::new(),
            memory: Arc::default(),
            workers: JoinSet::new(),
            scratch: tempfile::tempdir().unwrap(),
            ids: Arc::default(),
        }
    }
}

/// A job that asks for every stage.
pub fn job(name: &str) -> Job {
    let source = Source::Url("https://example.com/clip.mp4".into());
    Job {
        with: vec![StageName::Insight],
        ..Job::new(JobId::new(name).unwrap(), source)
    }
}

/// The first message of a job.
pub fn first_message(job: &Job) -> Envelope {
    seal_input(StageName::Ingest, job, &Upstream::default()).unwrap()
}

impl Flow {
    /// A flow whose stages do `act` before they work.
    pub fn acting(act: Act) -> Self {
        Self {
            act,
            ..Self::default()
        }
    }

    pub fn stage(&self, name: StageName) -> Arc<dyn AnyStage> {
        stubs::named(name, self.act.clone())
    }

    /// Starts one worker for these stages.
    pub fn start(&mut self, stages: &[StageName]) -> Arc<Health> {
        let ids = self.ids.clone();
        let memory = self.memory.clone();
        let worker = Worker::new(WorkerParts {
            name: format!("worker-{}", self.workers.len()),
            stages: stages.iter().map(|name| self.stage(*name)).collect(),
            transport: Arc::new(self.broker.clone()),
            artifacts: self.store.clone(),
            clock: self.clock.clone(),
            progress: Arc::new(RecordedProgress::default()),
            policy: self.policy,
            limits: self.limits.clone(),
            scratch: self.scratch.path().to_owned(),
            new_job_id: Arc::new(move || {
                let number = ids.fetch_add(1, Ordering::SeqCst);
                JobId::new(format!("made-up-{number}")).unwrap()
            }),
            memory: Arc::new(move || *memory.lock().unwrap()),
            fail_points: self.fail_points.clone(),
        });
        let health = worker.health();
        let stop = self.stop.clone();
        self.workers.spawn(async move { worker.run(stop).await });
        health
    }

    /// Starts one worker per stage.
    pub fn start_all(&mut self) {
        for spec in FLOW {
            self.start(&[spec.name]);
        }
    }

    pub async fn submit(&self, job: &Job) {
        self.send(StageName::Ingest, &first_message(job)).await;
    }

    pub async fn send(&self, stage: StageName, envelope: &Envelope) {
        let message = Outgoing::of(envelope).unwrap();
        let queue = queue::work(stage);
        self.broker.publish(queue, &message).await.unwrap();
    }

    /// Publishes bytes as any client may.
    pub async fn send_raw(&self, stage: StageName, body: &[u8], message_id: Option<&str>) {
        let message = Outgoing {
            body: body.to_vec().into(),
            message_id: message_id.map(str::to_owned),
            keep_whole: true,
            ..Outgoing::default()
        };
        let queue = queue::work(stage);
        self.broker.publish(queue, &message).await.unwrap();
    }

    pub fn jobs(&self) -> Jobs {
        Jobs::new(self.store.clone())
    }

    pub async fn manifests(&self, job: &Job) -> BTreeMap<StageName, Manifest> {
        self.jobs().manifests(&job.job_id).await.unwrap()
    }

    /// Waits until every stage of a job has ended.
    pub async fn ended(&self, job: &Job) -> BTreeMap<StageName, Manifest> {
        self.until(async || self.manifests(job).await.len() == FLOW.len())
            .await;
        self.manifests(job).await
    }

    /// Waits until something holds, in stopped time.
    pub async fn until(&self, mut holds: impl AsyncFnMut() -> bool) {
        for _ in 0..100_000 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            self.clock.advance(Duration::from_millis(100));
        }
        panic!("it never came to be");
    }

    /// Everything in a queue, left where it is.
    pub async fn messages(&self, queue: &str) -> Vec<Outgoing> {
        let found = self.broker.browse(queue, 1000).await.unwrap();
        found
            .iter()
            .map(|delivery| delivery.message.clone())
            .collect()
    }

    pub async fn dead(&self, stage: StageName) -> Vec<Outgoing> {
        self.messages(&queue::dead(stage)).await
    }

    /// Waits for the dead letters of a stage.
    pub async fn until_dead(&self, stage: StageName, count: usize) -> Vec<Outgoing> {
        self.until(async || self.dead(stage).await.len() >= count)
            .await;
        self.dead(stage).await
    }

    /// Stops all workers and says how they ended.
    pub async fn finish(&mut self) -> Vec<Stopped> {
        self.stop.cancel();
        let mut ended = Vec::new();
        while let Some(stopped) = self.workers.join_next().await {
            ended.push(stopped.unwrap());
        }
        ended
    }

    /// Ends all workers at once, as if their processes had died.
    pub async fn kill(&mut self) {
        self.workers.shutdown().await;
    }

    /// What stands for the result of a job.
    pub async fn result(&self, job: &Job) -> Sha256 {
        let key = contracts::ArtifactKey::of_job(&job.job_id, "timeline", "seen.json").unwrap();
        self.store.find(&key).await.unwrap().unwrap().digest
    }
}

/// Counts how often every point is passed.
#[derive(Default)]
pub struct Passed(pub Mutex<BTreeMap<(StageName, FailPoint), u32>>);

impl FailPoints for Passed {
    fn pass(&self, stage: StageName, point: FailPoint) {
        *self.0.lock().unwrap().entry((stage, point)).or_default() += 1;
    }
}

impl Passed {
    pub fn count(&self, stage: StageName, point: FailPoint) -> u32 {
        let passed = self.0.lock().unwrap();
        passed.get(&(stage, point)).copied().unwrap_or_default()
    }
}

/// An act that does `work` where a stage of this name runs.
pub fn at<F, R>(name: StageName, work: F) -> Act
where
    F: Fn(&StageContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), StageError>> + Send + 'static,
{
    Arc::new(move |context| {
        let working = (context.stage == name).then(|| work(context));
        Box::pin(async move {
            match working {
                Some(working) => working.await,
                None => Ok(()),
            }
        })
    })
}

pub fn reason(message: &Outgoing) -> &str {
    &message.headers[HEADER_REASON]
}

pub fn failure(outcome: &Outcome) -> (FailureClass, &str) {
    match outcome {
        Outcome::Failed { class, reason } => (*class, reason),
        Outcome::Done { .. } => panic!("it did not fail"),
    }
}
