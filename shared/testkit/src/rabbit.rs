//! A real RabbitMQ for tests, started as an ordinary process from the cached root.

mod access;
mod launch;

pub use access::{PASSWORD, RabbitAccess};

use broker::topology::{self, VHOST};
use launch::Ports;
use serde_json::json;
use std::{
    fs,
    ops::Deref,
    os::unix::process::parent_id,
    path::{Path, PathBuf},
    process::Child,
    time::Duration,
};
use tokio::time::{Instant, sleep};

const LOOK: Duration = Duration::from_millis(50);
/// Longest wait for a broker to start or to end.
const PATIENCE: Duration = Duration::from_secs(90);
/// The root with RabbitMQ 4.0.
const DEFAULT_ROOT: &str = "trixie";

/// A broker of a test's own, to be killed and started again. Ends when dropped, or when the process
/// of the test does.
pub struct PrivateRabbit {
    access: RabbitAccess,
    root: PathBuf,
    data: tempfile::TempDir,
    launcher: Child,
}

impl Deref for PrivateRabbit {
    type Target = RabbitAccess;
    fn deref(&self) -> &RabbitAccess {
        &self.access
    }
}

fn skipped<T>(reason: &str) -> Option<T> {
    eprintln!("skipped: {reason}");
    None
}

impl PrivateRabbit {
    /// Starts one, with the topology and all its users in the virtual host `rumiai`; `None`, with
    /// a notice, where the servers are not there.
    pub async fn start() -> Option<Self> {
        Self::start_in(DEFAULT_ROOT).await
    }

    /// As [`PrivateRabbit::start`], from another root in the cache, with another version.
    pub async fn start_in(root: &str) -> Option<Self> {
        let root = match launch::root(root) {
            Ok(root) => root,
            Err(reason) => return skipped(&reason),
        };
        let data = tempfile::tempdir().unwrap();
        let ports = Ports::choose();
        launch::prepare(data.path(), ports);
        let mut launcher = launch::launch(&root, data.path(), std::process::id());
        let access = access(ports);
        ready(&access, data.path(), &mut launcher).await;
        import(&access).await;
        Some(Self {
            access,
            root,
            data,
            launcher,
        })
    }

    /// A broker that all tests of one run share, whichever process they are in; `None`, with a
    /// notice, where the servers are not there. Take a virtual host of your own with
    /// [`RabbitAccess::another`], and leave the broker alone.
    pub async fn shared() -> Option<RabbitAccess> {
        let root = match launch::root(DEFAULT_ROOT) {
            Ok(root) => root,
            Err(reason) => return skipped(&reason),
        };
        // nextest gives each test a process, and is the one that stays.
        let runner = match std::env::var_os("NEXTEST") {
            Some(_) => parent_id(),
            None => std::process::id(),
        };
        let data = std::env::temp_dir().join(format!("rumiai-tests-rabbit-{runner}"));
        fs::create_dir_all(&data).unwrap();
        let lock = fs::File::create(data.join("lock")).unwrap();
        let locked = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock));
        let _lock = locked.await.unwrap().unwrap();
        Some(shared_in(&root, &data, runner).await)
    }

    /// Kills the broker as `kill -9` does, and returns when it is gone.
    pub async fn kill9(&mut self) {
        launch::kill_now(self.data.path());
        self.gone().await;
    }

    /// Starts it again, with what it had stored, and returns when it answers.
    pub async fn restart(&mut self) {
        self.kill9().await;
        self.launcher = launch::launch(&self.root, self.data.path(), std::process::id());
        ready(&self.access, self.data.path(), &mut self.launcher).await;
    }

    /// Makes the broker believe that its disk is full, or has room again.
    pub async fn alarm(&self, on: bool) {
        let limit = if on { "10000GB" } else { "50MB" };
        self.control(&["set_disk_free_limit", limit]).await;
    }

    /// Runs `rabbitmqctl`.
    pub async fn control(&self, arguments: &[&str]) {
        let (root, data) = (self.root.clone(), self.data.path().to_owned());
        let owned: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let running = tokio::task::spawn_blocking(move || {
            let arguments: Vec<&str> = owned.iter().map(String::as_str).collect();
            launch::control(&root, &data, &arguments);
        });
        running.await.unwrap();
    }

    async fn gone(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.launcher.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the broker does not end");
            sleep(LOOK).await;
        }
    }
}

impl Drop for PrivateRabbit {
    fn drop(&mut self) {
        launch::kill_now(self.data.path());
        self.launcher.wait().ok();
    }
}

fn access(ports: Ports) -> RabbitAccess {
    RabbitAccess {
        amqp_port: ports.amqp,
        management_port: ports.management,
        vhost: VHOST.into(),
    }
}

/// Under the lock: the broker that another test of this run has started, or a new one.
async fn shared_in(root: &Path, data: &Path, runner: u32) -> RabbitAccess {
    let state = data.join("ports");
    if let Ok(text) = fs::read_to_string(&state) {
        let mut ports = text.split_whitespace().map(|port| port.parse().unwrap());
        return RabbitAccess {
            amqp_port: ports.next().unwrap(),
            management_port: ports.next().unwrap(),
            vhost: VHOST.into(),
        };
    }
    let ports = Ports::choose();
    launch::prepare(data, ports);
    let mut launcher = launch::launch(root, data, runner);
    let access = access(ports);
    ready(&access, data, &mut launcher).await;
    import(&access).await;
    fs::write(state, format!("{} {}", ports.amqp, ports.management)).unwrap();
    access
}

async fn ready(access: &RabbitAccess, data: &Path, launcher: &mut Child) {
    let deadline = Instant::now() + PATIENCE;
    while !launch::is_ready(access).await {
        let ended = launcher.try_wait().unwrap().is_some();
        if ended || Instant::now() > deadline {
            let console = fs::read_to_string(data.join("console.log")).unwrap_or_default();
            panic!("the broker does not start: {console}");
        }
        sleep(LOOK).await;
    }
}

/// Users with passwords of tests, and the whole topology.
async fn import(access: &RabbitAccess) {
    let mut all = topology::definitions(VHOST);
    let users = topology::users(VHOST, |_| Some(PASSWORD.into()));
    (all.users, all.permissions) = (users.users, users.permissions);
    access.must("POST", "definitions", Some(json!(all))).await;
    let everything = json!({ "configure": ".*", "write": ".*", "read": ".*" });
    let path = format!("permissions/{VHOST}/admin");
    access.must("PUT", &path, Some(everything)).await;
}
