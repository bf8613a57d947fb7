//! The distributed system under test: a real broker, a real object store, the real collector, and
//! the real executable as workers. `None`, with a notice, where the servers are not unpacked.

use super::common;
use artifacts::S3Config;
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use testkit::{Certificate, FakeWeb, PrivateCeph, PrivateRabbit, RabbitAccess, otlp};

/// Longest wait for anything: a bound against hanging, not a measure.
pub const PATIENCE: Duration = Duration::from_secs(600);

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

/// One `rumiai worker`.
pub struct WorkerProcess {
    child: Child,
    health: SocketAddr,
    log: PathBuf,
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

    /// The executable with everything it must be told, as this user of the broker.
    pub fn rumiai(&self, user: &str) -> Command {
        let mut command = common::rumiai(self.folder.path());
        command
            .env("RUMIAI__BROKER__URL", self.access.amqp_url(user))
            .env(
                "RUMIAI__STORE__S3__ENDPOINT",
                self.bucket.endpoint.as_deref().unwrap(),
            )
            .env("RUMIAI__STORE__S3__BUCKET", &self.bucket.bucket)
            .env("RUMIAI__STORE__S3__ACCESS_KEY", &self.bucket.access_key)
            .env(
                "RUMIAI__STORE__S3__SECRET_KEY",
                self.bucket.secret_key.expose_secret(),
            )
            .env("RUMIAI__INGEST__ALLOW_LOOPBACK", "true")
            .env("RUMIAI__INGEST__CA_FILE", self.certificate.path())
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", self.collector.endpoint())
            .env("RUMIAI__LOG__LEVEL", "info");
        command
    }

    /// Starts one worker process for these stages.
    pub fn start_worker(&mut self, stages: &[&str], settings: &[(&str, &str)]) {
        let user = match stages {
            [only] => format!("worker-{only}"),
            _ => "operator".into(),
        };
        let health = otlp::free_address();
        let log = self
            .folder
            .path()
            .join(format!("worker-{}.log", self.workers.len()));
        let child = self
            .rumiai(&user)
            .arg("worker")
            .args(stages)
            .env("RUMIAI__WORKER__HEALTH_ADDRESS", health.to_string())
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        self.workers.push(WorkerProcess { child, health, log });
    }

    /// Waits until every worker takes work.
    pub fn ready(&mut self) {
        for worker in &mut self.workers {
            worker.until_ready();
        }
    }

    /// Asks every worker to stop and says how each ended.
    pub fn stop(&mut self) -> Vec<Option<i32>> {
        for worker in &self.workers {
            worker.signal(nix::sys::signal::Signal::SIGTERM);
        }
        self.workers.drain(..).map(WorkerProcess::ended).collect()
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

    /// Waits until a job that was published is written down.
    pub fn until_known(&self, job: &str) {
        let deadline = Instant::now() + PATIENCE;
        let known = || {
            let mut command = self.rumiai("operator");
            let done = command.args(["status", job]).output().unwrap();
            !String::from_utf8_lossy(&done.stderr).contains("there is no job")
        };
        while !known() {
            assert!(
                Instant::now() < deadline,
                "{job} is not taken: {}",
                self.logs()
            );
            pause();
        }
    }

    /// What the workers logged, for a failure's message.
    pub fn logs(&self) -> String {
        let last = |worker: &WorkerProcess| {
            let text = fs::read_to_string(&worker.log).unwrap_or_default();
            let tail = text.len().saturating_sub(3000);
            text.get(tail..).unwrap_or(&text).to_owned()
        };
        self.workers
            .iter()
            .map(last)
            .collect::<Vec<_>>()
            .join("\n---\n")
    }
}

impl WorkerProcess {
    fn until_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while get(self.health, "/readyz") != Some(200) {
            let ended = self.child.try_wait().unwrap();
            let log = || fs::read_to_string(&self.log).unwrap_or_default();
            assert!(ended.is_none(), "a worker ended at its start: {}", log());
            assert!(
                Instant::now() < deadline,
                "a worker is not ready: {}",
                log()
            );
            pause();
        }
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let process = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        nix::sys::signal::kill(process, signal).unwrap();
    }

    pub fn ended(mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "a worker does not end");
            pause();
        }
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "polling a process from outside, with a bound"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

/// The status of an answer; `None` if nobody answers.
pub fn get(address: SocketAddr, path: &str) -> Option<u16> {
    use std::io::Write;
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: worker\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}
