//! A real S3 server for one test.

use crate::cache_dir;
use artifacts::{S3, S3Config};
use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Starts the server and ends when its standard input does.
const SCRIPT: &str = include_str!("../../../deploy/local/ceph.sh");
/// The one user.
const ACCESS_KEY: &str = "rumiai";
/// The user's secret.
const SECRET_KEY: &str = "rumiai-secret";
/// How often other ports are tried if somebody took one of ours in between.
const STARTS: usize = 3;
/// Ports above the first that the server may use.
const PORT_SPAN: u16 = 200;

/// Ceph with its S3 gateway on 127.0.0.1, on memory, in name spaces of its own: nothing of it is
/// seen outside, any number live side by side, and all of it ends with this value or with the
/// process of the test, however that ends.
#[derive(Debug)]
pub struct PrivateCeph {
    server: Child,
    state: tempfile::TempDir,
    endpoint: String,
    buckets: AtomicUsize,
}

impl PrivateCeph {
    /// Starts a server, which takes two or three seconds. `None`, with a notice, where
    /// `deploy/setup/services.sh` has not been run or where name spaces are not ours to make.
    ///
    /// # Panics
    /// If it is there but does not start, with what it said.
    #[must_use]
    pub fn start() -> Option<Self> {
        let root = cache_dir().join("services/trixie");
        if !root.join("ready").exists() {
            eprintln!("skipped: no S3 server in the cache; run deploy/setup/services.sh as root");
            return None;
        }
        if !may_unshare() {
            eprintln!("skipped: starting an S3 server needs root, for a root directory of its own");
            return None;
        }
        for _ in 1..STARTS {
            if let Ok(started) = Self::try_start(&root) {
                return Some(started);
            }
        }
        Some(Self::try_start(&root).unwrap_or_else(|said| panic!("Ceph does not start: {said}")))
    }

    fn try_start(root: &Path) -> Result<Self, String> {
        let state = tempfile::tempdir().unwrap();
        let [s3, monitor, first] = free_ports();
        let first = first.min(u16::MAX - PORT_SPAN);
        let errors = fs::File::create(state.path().join("start.err")).unwrap();
        let mut server = in_name_spaces(&["sh", "-c", SCRIPT, "ceph.sh"])
            .arg(root)
            .arg(state.path())
            .args([s3, monitor, first].map(|port| port.to_string()))
            .arg("input")
            .env("ACCESS_KEY", ACCESS_KEY)
            .env("SECRET_KEY", SECRET_KEY)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.unwrap() == "ready");
        let started = Self {
            server,
            state,
            endpoint: format!("http://127.0.0.1:{s3}"),
            buckets: AtomicUsize::new(0),
        };
        if ready {
            Ok(started)
        } else {
            Err(fs::read_to_string(started.state.path().join("start.err")).unwrap())
        }
    }

    /// Address of the server.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// A new empty bucket, and how to reach it.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn bucket(&self) -> S3Config {
        let number = self.buckets.fetch_add(1, Ordering::Relaxed);
        let config = S3Config {
            endpoint: Some(self.endpoint.clone()),
            bucket: format!("test-{number}"),
            access_key: ACCESS_KEY.into(),
            secret_key: SECRET_KEY.into(),
            ..S3Config::default()
        };
        S3::open(&config).unwrap().create_bucket().await.unwrap();
        config
    }
}

impl Drop for PrivateCeph {
    fn drop(&mut self) {
        // The first process in there ends at the end of its input, and all others with it.
        drop(self.server.stdin.take());
        self.server.wait().unwrap();
    }
}

fn in_name_spaces(command: &[&str]) -> Command {
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "--propagation", "private"]);
    unshare.args(["--pid", "--fork", "--kill-child"]);
    unshare.args(command);
    unshare
}

fn may_unshare() -> bool {
    let tried = in_name_spaces(&["mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// Ports that nobody listens on.
fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let listeners: [TcpListener; COUNT] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
