//! The distributed system under test: a real broker, a real object store, the real collector, and
//! the real executable as workers. `None`, with a notice, where the servers are not unpacked.
#![allow(dead_code, reason = "not every test file uses everything")]

use super::common;
use artifacts::S3Config;
use secrecy::ExposeSecret;
use serde_json::Value;
use stage::Artifacts as _;
use std::{collections::BTreeMap, fs, path::Path, process::Command, time::Duration};
use testkit::{
    Certificate, FakeWeb, PrivateCeph, PrivateRabbit, RabbitAccess, WorkerProcess, otlp,
};

/// Longest wait for anything: a bound against hanging, not a measure.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(200);

/// Stages that look or listen through a network.
pub const NETWORKS: [&str; 7] = [
    "detect",
    "people",
    "emotion",
    "transcribe",
    "ocr",
    "moderate",
    "label",
];

/// Everything that runs.
pub struct System {
    pub folder: tempfile::TempDir,
    pub sink: otlp::OtlpSink,
    collector: otlp::Collector,
    _rabbit: PrivateRabbit,
    access: RabbitAccess,
    _ceph: PrivateCeph,
    bucket: S3Config,
    certificate: Certificate,
    workers: Vec<WorkerProcess>,
}

impl System {
    /// Starts the servers; no worker yet.
    pub async fn start() -> Option<Self> {
        let rabbit = PrivateRabbit::start().await?;
        let ceph = PrivateCeph::start()?;
        let sink = otlp::OtlpSink::start();
        let collector = otlp::Collector::before(&sink);
        let access = rabbit.another("system").await;
        let bucket = ceph.bucket().await;
        Some(Self {
            folder: tempfile::tempdir().unwrap(),
            collector,
            sink,
            access,
            _rabbit: rabbit,
            bucket,
            _ceph: ceph,
            certificate: Certificate::new(&["127.0.0.1", "localhost"]),
            workers: Vec::new(),
        })
    }

    /// A web server whose certificate the workers trust.
    pub async fn web(&self, files: BTreeMap<String, Vec<u8>>) -> FakeWeb {
        FakeWeb::start(&self.certificate, move |request| {
            match files.get(request.path()) {
                Some(bytes) => testkit::Reply::new(200, &[("content-type", "video/mp4")], bytes),
                None => testkit::Reply::new(404, &[], ""),
            }
        })
        .await
    }

    /// What every process must be told, as this user of the broker.
    fn environment(&self, user: &str) -> Vec<(&'static str, String)> {
        let folder = self.folder.path();
        let certificate = self.certificate.path().display().to_string();
        let secret = self.bucket.secret_key.expose_secret().to_owned();
        vec![
            (
                "RUMIAI_CACHE_DIR",
                testkit::cache_dir().display().to_string(),
            ),
            ("XDG_CONFIG_HOME", folder.display().to_string()),
            ("RUMIAI__BROKER__URL", self.access.amqp_url(user)),
            (
                "RUMIAI__STORE__S3__ENDPOINT",
                self.bucket.endpoint.clone().unwrap(),
            ),
            ("RUMIAI__STORE__S3__BUCKET", self.bucket.bucket.clone()),
            (
                "RUMIAI__STORE__S3__ACCESS_KEY",
                self.bucket.access_key.clone(),
            ),
            ("RUMIAI__STORE__S3__SECRET_KEY", secret),
            ("RUMIAI__INGEST__ALLOW_LOOPBACK", "true".into()),
            ("RUMIAI__INGEST__CA_FILE", certificate),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", self.collector.endpoint()),
            ("RUMIAI__LOG__LEVEL", "info".into()),
        ]
    }

    /// The executable with everything it must be told, as this user of the broker.
    pub fn rumiai(&self, user: &str) -> Command {
        let mut command = common::rumiai(self.folder.path());
        command.envs(self.environment(user));
        command
    }

    /// Starts one worker process for these stages.
    pub fn start_worker(&mut self, stages: &[&str], settings: &[(&'static str, &str)]) {
        let worker = self.spawn_worker(&[], stages, settings);
        self.workers.push(worker);
    }

    /// One worker process for these stages, started by another program if one is named.
    pub fn spawn_worker(
        &mut self,
        by: &[&str],
        stages: &[&str],
        settings: &[(&'static str, &str)],
    ) -> WorkerProcess {
        let user = match stages {
            [only] => format!("worker-{only}"),
            _ => "operator".into(),
        };
        let health = testkit::free_address();
        let mut environment = self.environment(&user);
        environment.push(("RUMIAI__WORKER__HEALTH_ADDRESS", health.to_string()));
        environment.extend(
            settings
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let log = self.folder.path().join(format!("{}.log", health.port()));
        let mut words = [by, &[env!("CARGO_BIN_EXE_rumiai"), "worker"], stages].concat();
        let program = words.remove(0);
        WorkerProcess::spawn(Path::new(program), words, &environment, health, &log)
    }

    /// The store, to look into.
    pub fn store(&self) -> artifacts::S3 {
        artifacts::S3::open(&self.bucket).unwrap()
    }

    /// Waits until every worker takes work.
    pub async fn ready(&mut self) {
        for worker in &mut self.workers {
            worker.until_ready(PATIENCE).await;
        }
    }

    /// Asks every worker to stop and says how each ended.
    pub async fn stop(&mut self) -> Vec<Option<i32>> {
        self.workers.iter().for_each(WorkerProcess::term);
        let mut codes = Vec::new();
        for mut worker in self.workers.drain(..) {
            codes.push(worker.wait(PATIENCE).await.code());
        }
        codes
    }

    /// Runs a command of the operator; its exit code and its JSON.
    pub fn ask(&self, arguments: &[&str]) -> (Option<i32>, Value) {
        let mut command = self.rumiai("operator");
        command.args(arguments).args(["--output-format", "json"]);
        let done = command.output().unwrap();
        let code = done.status.code();
        assert!(
            !done.stdout.is_empty(),
            "{arguments:?} ended with {code:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        (code, common::json_of(&done.stdout))
    }

    /// Publishes a URL the way README shows it.
    pub fn publish_from_python(&self, url: &str, job: &str) {
        let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
        let text = fs::read_to_string(readme).unwrap();
        let (_, rest) = text.split_once("```python\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let script = self.folder.path().join("publish.py");
        fs::write(&script, example).unwrap();
        let done = Command::new(testkit::cache_file("services/python/bin/python"))
            .arg(&script)
            .args([url, job])
            .env("RUMIAI__BROKER__URL", self.access.amqp_url("submit"))
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{errors}");
    }

    /// Waits until a stage of a job has begun.
    pub async fn until_begun(&self, job: &str, stage: &str) {
        let store = self.store();
        let begun = format!("jobs/{job}/{stage}/attempts/");
        let waiting = async {
            while store.list(&begun).await.unwrap().is_empty() {
                tokio::time::sleep(LOOK / 4).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "{stage} of {job} does not begin");
    }

    /// Waits until a job that was published is written down.
    pub async fn until_known(&self, job: &str) {
        let known = || {
            let mut command = self.rumiai("operator");
            let done = command.args(["status", job]).output().unwrap();
            !String::from_utf8_lossy(&done.stderr).contains("there is no job")
        };
        let waiting = async {
            while !known() {
                tokio::time::sleep(LOOK).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "{job} is not taken");
    }
}
