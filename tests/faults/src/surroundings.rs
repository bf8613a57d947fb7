//! A broker and a store for one test, and those who hand in and look.

use crate::{
    full,
    settings::{SETTINGS, StoreSettings, WorkerSettings},
};
use broker::{Rabbit, RabbitConfig, Transport};
use contracts::{
    ArtifactKey, JobId, StageName,
    flow::FLOW,
    job::{Job, Source},
};
use jobs::Client;
use secrecy::ExposeSecret;
use stage::Artifacts;
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use testkit::{
    FakeS3, Ledger, PrivateCeph, RabbitAccess, WorkerProcess, free_address,
    ledger::{self, has_ended},
};
use tokio::time::{Instant, sleep};
use worker::SystemClock;

/// Longest wait for what must happen.
pub const PATIENCE: Duration = Duration::from_secs(240);
/// Longest wait for all jobs of a full run.
const FULL_PATIENCE: Duration = Duration::from_secs(1500);
/// Time between two looks.
pub const LOOK: Duration = Duration::from_millis(100);
/// How often in a row nothing is found where nothing is, and the time in between.
const IDLE_LOOKS: u32 = 4;
const IDLE_LOOK: Duration = Duration::from_millis(500);
/// How many sources the jobs of a test have between them.
const SOURCES: usize = 3;

/// Where a test keeps its artifacts.
pub enum Store<'a> {
    /// In a folder of its own.
    Folder,
    /// In a bucket of a real server.
    Ceph(&'a PrivateCeph),
    /// In a server that fails on purpose.
    Fake(&'a FakeS3),
}

impl Store<'_> {
    async fn settings(&self, folder: &Path) -> StoreSettings {
        let (config, brief) = match self {
            Self::Folder => return StoreSettings::Directory(folder.join("store")),
            Self::Ceph(ceph) => (ceph.bucket().await, false),
            Self::Fake(fake) => (fake.config(), true),
        };
        StoreSettings::Bucket {
            endpoint: config.endpoint.unwrap(),
            bucket: config.bucket,
            access_key: config.access_key,
            secret_key: config.secret_key.expose_secret().to_owned(),
            brief,
        }
    }
}

/// Starts workers.
#[derive(Debug, Clone)]
pub struct Starter {
    program: PathBuf,
    folder: PathBuf,
}

impl Starter {
    /// Starts a worker.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(&self, settings: &WorkerSettings) -> WorkerProcess {
        self.start_by(&[], settings)
    }

    /// Starts a worker by another program, which gets it as its last argument.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start_by(&self, by: &[&str], settings: &WorkerSettings) -> WorkerProcess {
        let stderr = self.folder.join(format!("{}.log", settings.name));
        let text = serde_json::to_string(settings).unwrap();
        let mut words: Vec<PathBuf> = by.iter().map(PathBuf::from).collect();
        words.push(self.program.clone());
        let command = words.remove(0);
        let environment = [(SETTINGS, text)];
        WorkerProcess::spawn(
            &command,
            words,
            &environment,
            settings.health_address,
            &stderr,
        )
    }
}

/// A broker with a store, and a client of both.
pub struct Surroundings {
    /// The virtual host.
    pub broker: RabbitAccess,
    /// The store.
    pub store: Arc<dyn Artifacts>,
    /// The connection of those who hand in and look.
    pub transport: Arc<Rabbit>,
    /// Those who hand in and look.
    pub client: Client,
    /// What was handed in.
    pub ledger: Ledger,
    settings: StoreSettings,
    starter: Starter,
    folder: tempfile::TempDir,
}

impl Surroundings {
    /// Those of one test: `program` is the stub worker.
    ///
    /// # Panics
    /// If the broker or the store cannot be reached.
    pub async fn new(program: &str, broker: &RabbitAccess, store: Store<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = store.settings(folder.path()).await;
        let store = settings.open().unwrap();
        let config = RabbitConfig {
            // Longer than any restart of the broker.
            publish_timeout_s: 180,
            backoff_min_ms: 50,
            backoff_max_ms: 500,
            ..RabbitConfig::at(&broker.amqp_url("operator"))
        };
        let transport = Arc::new(Rabbit::connect(config).await.unwrap());
        let clock = Arc::new(SystemClock::start());
        fs::create_dir(folder.path().join("scratch")).unwrap();
        Self {
            broker: broker.clone(),
            client: Client::new(transport.clone(), store.clone(), clock),
            store,
            transport,
            ledger: Ledger::new(),
            settings,
            starter: Starter {
                program: program.into(),
                folder: folder.path().into(),
            },
            folder,
        }
    }

    /// What a worker for these stages is told; for one stage, with the rights of its user.
    #[must_use]
    pub fn worker(&self, name: &str, stages: &[StageName]) -> WorkerSettings {
        let user = match stages {
            [stage] => format!("worker-{stage}"),
            _ => "operator".into(),
        };
        WorkerSettings {
            name: name.into(),
            stages: stages.to_vec(),
            broker_url: self.broker.amqp_url(&user),
            heartbeat_s: 10,
            store: self.settings.clone(),
            scratch: self.folder.path().join("scratch"),
            runs: Some(self.folder.path().join("runs")),
            health_address: free_address(),
            slots: 1,
            max_attempts: 3,
            attempt_timeout_ms: 60_000,
            grace_ms: 20_000,
            leak_grace_ms: 1_000,
            breaker_window: 10,
            breaker_pause_ms: 1_000,
            slow_ms: 0,
            clock_jump_s: 0,
            otlp_endpoint: None,
            fail_at: None,
        }
    }

    /// What a worker for all stages is told.
    #[must_use]
    pub fn worker_for_all(&self, name: &str) -> WorkerSettings {
        let all: Vec<_> = FLOW.iter().map(|spec| spec.name).collect();
        self.worker(name, &all)
    }

    /// Starts workers.
    #[must_use]
    pub fn starter(&self) -> Starter {
        self.starter.clone()
    }

    /// Starts a worker and waits until it takes work.
    pub async fn start(&self, settings: &WorkerSettings) -> WorkerProcess {
        let mut process = self.starter.start(settings);
        process.until_ready(PATIENCE).await;
        process
    }

    /// Hands in jobs of the names `<kind>-<number>`.
    ///
    /// # Panics
    /// If one is not accepted.
    pub async fn submit(&mut self, kind: &str, count: usize) -> Vec<JobId> {
        let mut ids = Vec::new();
        for number in 0..count {
            let id = JobId::new(format!("{kind}-{number:03}")).unwrap();
            let source = format!("https://example.com/clip-{}.mp4", number % SOURCES);
            let job = Job {
                with: vec![StageName::Insight],
                ..Job::new(id.clone(), Source::Url(source.clone()))
            };
            self.client.submit(&job).await.unwrap();
            self.ledger.submitted(&id, source);
            ids.push(id);
        }
        ids
    }

    /// Waits until all but so many jobs have ended.
    ///
    /// # Panics
    /// If they do not.
    pub async fn until_left(&self, jobs: &[JobId], left: usize) {
        let patience = if full() { FULL_PATIENCE } else { PATIENCE };
        let deadline = Instant::now() + patience;
        let mut waiting = jobs.to_vec();
        while waiting.len() > left {
            let mut still = Vec::new();
            for id in waiting {
                if !has_ended(&*self.store, &id).await {
                    still.push(id);
                }
            }
            waiting = still;
            assert!(Instant::now() < deadline, "not ended: {waiting:?}");
            sleep(LOOK).await;
        }
    }

    /// Waits until all jobs have ended.
    ///
    /// # Panics
    /// If they do not.
    pub async fn until_ended(&self, jobs: &[JobId]) {
        self.until_left(jobs, 0).await;
    }

    /// Runs one job of every source in peace: what they give is what all others have to give.
    ///
    /// # Panics
    /// If one of them has no result.
    pub async fn learn(&mut self) {
        let mut worker = self.start(&self.worker_for_all("calm")).await;
        let calm = self.submit("calm", SOURCES).await;
        self.until_ended(&calm).await;
        worker.term();
        assert!(worker.wait(PATIENCE).await.success());
        let store = self.store.clone();
        self.ledger.learn(&self.client, &*store, &calm).await;
    }

    /// Waits until no message is worked on or waits to be.
    ///
    /// # Panics
    /// If that does not come to be.
    pub async fn until_idle(&self) {
        let path = format!("queues/{}?columns=name,messages", self.broker.vhost());
        let deadline = Instant::now() + PATIENCE;
        let mut idle = 0;
        // What the management interface tells is up to a second old.
        while idle < IDLE_LOOKS {
            let (_, queues) = self.broker.api("GET", &path, None).await;
            let left: Vec<_> = queues
                .as_array()
                .unwrap()
                .iter()
                .filter(|queue| {
                    let name = queue["name"].as_str().unwrap_or_default();
                    let over = name.ends_with(".dead") || name == contracts::queue::UNROUTABLE;
                    !over && queue["messages"] != 0
                })
                .collect();
            idle = if left.is_empty() { idle + 1 } else { 0 };
            assert!(Instant::now() < deadline, "not idle: {left:?}");
            sleep(IDLE_LOOK).await;
        }
    }

    /// Reads how everything ended and finds nothing wrong with it. All workers have ended.
    ///
    /// # Panics
    /// If something is.
    pub async fn audit(&mut self) {
        let (store, transport) = (self.store.clone(), self.transport.clone());
        self.ledger.read(&self.client, &*transport, &*store).await;
        self.ledger.assert_clean();
    }

    /// How often every stage of a job was tried, as its manifests say.
    pub async fn attempts(&self, job: &JobId) -> BTreeMap<StageName, u32> {
        ledger::attempts(self.client.jobs(), job).await
    }

    /// How often stages were run: by job, and by stage.
    ///
    /// # Panics
    /// If the notes cannot be read.
    #[must_use]
    pub fn runs(&self) -> BTreeMap<(String, StageName), u32> {
        let notes = fs::read_to_string(self.folder.path().join("runs")).unwrap_or_default();
        let mut runs = BTreeMap::new();
        for line in notes.lines() {
            let mut words = line.split(' ');
            let job = words.next().unwrap().to_owned();
            let stage = words.next().unwrap().parse().unwrap();
            *runs.entry((job, stage)).or_default() += 1;
        }
        runs
    }

    /// Waits until a stage of a job has been begun so often.
    ///
    /// # Panics
    /// If it is not.
    pub async fn until_run(&self, job: &JobId, stage: StageName, times: u32) {
        let deadline = Instant::now() + PATIENCE;
        let key = (job.to_string(), stage);
        while self.runs().get(&key).copied().unwrap_or_default() < times {
            assert!(Instant::now() < deadline, "{job} does not get to {stage}");
            sleep(LOOK).await;
        }
    }

    /// The bytes of a manifest.
    ///
    /// # Panics
    /// If there is none.
    pub async fn manifest(&self, job: &JobId, stage: StageName) -> bytes::Bytes {
        let key = ArtifactKey::of_job(job, stage.as_str(), "manifest.json").unwrap();
        let found = self.store.find(&key).await.unwrap().unwrap();
        self.store.get(&found).await.unwrap()
    }

    /// How many messages wait in a queue.
    ///
    /// # Panics
    /// If there is no such queue.
    pub async fn waiting(&self, queue: &str) -> u32 {
        self.transport.depth(queue).await.unwrap().ready
    }

    /// Lines of all workers in which a text stands.
    ///
    /// # Panics
    /// If the logs cannot be read.
    #[must_use]
    pub fn said(&self, text: &str) -> String {
        let mut found = String::new();
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "log") {
                continue;
            }
            let said = fs::read_to_string(&path).unwrap();
            for line in said.lines().filter(|line| line.contains(text)) {
                writeln!(found, "{}: {line}", path.display()).unwrap();
            }
        }
        found
    }
}
