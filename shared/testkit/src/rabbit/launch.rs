//! Starting a broker in a root of its own, and ending it with everything it started.

use super::access::RabbitAccess;
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, getuid},
};
use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Begins the broker in namespaces of its own, so that its mounts and its processes go with it,
/// and ends it when the process `$RUNNER` is gone.
const LAUNCH: &str = r#"
unshare --mount --propagation private --pid --fork --kill-child sh -c '
    mount --bind "$DATA" "$ROOT/mnt" && mount -t proc proc "$ROOT/proc" &&
    exec chroot "$ROOT" /bin/sh -c ". /mnt/env.sh; exec /usr/lib/rabbitmq/bin/rabbitmq-server"
' >"$DATA/console.log" 2>&1 </dev/null &
broker=$!
echo $broker >"$DATA/broker.pid"
while kill -0 $RUNNER 2>/dev/null && kill -0 $broker 2>/dev/null; do sleep 0.2; done
kill -9 $broker 2>/dev/null
wait
kill -0 $RUNNER 2>/dev/null || rm -rf "$DATA"
"#;

/// Runs `rabbitmqctl` with the same view of the files.
const CONTROL: &str = r#"
exec unshare --mount --propagation private sh -c '
    mount --bind "$DATA" "$ROOT/mnt" && mount -t proc proc "$ROOT/proc" &&
    exec chroot "$ROOT" /bin/sh -c ". /mnt/env.sh; exec /usr/lib/rabbitmq/bin/rabbitmqctl \"\$@\"" ctl "$@"
' ctl "$@"
"#;

/// What the newer configuration format cannot say: queues tell of themselves every second, and dead
/// letters that found no way are tried again after seconds instead of minutes.
const ADVANCED: &str = "[{rabbit, [{quorum_tick_interval, 1000},
    {dead_letter_worker_publisher_confirm_timeout, 3000}]}].
";

/// The ports of one broker, free when they were chosen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub amqp: u16,
    pub management: u16,
    distribution: u16,
    names: u16,
}

impl Ports {
    pub fn choose() -> Self {
        // All at once, so that they differ.
        let free = [(); 4].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let [amqp, management, distribution, names] =
            free.map(|listener| listener.local_addr().unwrap().port());
        Self {
            amqp,
            management,
            distribution,
            names,
        }
    }
}

/// The root with the servers, and why it cannot be used.
pub(super) fn root(name: &str) -> Result<PathBuf, String> {
    let root = crate::cache_dir().join("services").join(name);
    if !root.join("usr/lib/rabbitmq/bin/rabbitmq-server").exists() {
        return Err(format!("{} is missing: run `make setup`", root.display()));
    }
    if !getuid().is_root() {
        return Err("root is needed to start a broker in a root of its own".into());
    }
    Ok(root)
}

/// Writes what the broker reads when it starts.
pub(super) fn prepare(data: &Path, ports: Ports) {
    for folder in ["db", "log"] {
        fs::create_dir_all(data.join(folder)).unwrap();
    }
    let cookie = data.join(".erlang.cookie");
    if !cookie.exists() {
        fs::write(&cookie, "tests").unwrap();
        let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o400);
        fs::set_permissions(&cookie, only_owner).unwrap();
    }
    fs::write(data.join("enabled_plugins"), "[rabbitmq_management].\n").unwrap();
    fs::write(data.join("rabbitmq.conf"), configuration(ports)).unwrap();
    fs::write(data.join("advanced.config"), ADVANCED).unwrap();
    fs::write(data.join("env.sh"), environment(ports)).unwrap();
}

fn configuration(ports: Ports) -> String {
    format!(
        "listeners.tcp.1 = 127.0.0.1:{}
management.tcp.ip = 127.0.0.1
management.tcp.port = {}
default_user = admin
default_pass = admin
log.console = false
log.file.level = info
vm_memory_high_watermark.absolute = 2GB
disk_free_limit.absolute = 50MB
collect_statistics_interval = 1000
",
        ports.amqp, ports.management
    )
}

fn environment(ports: Ports) -> String {
    let Ports {
        amqp,
        distribution,
        names,
        ..
    } = ports;
    // Loopback everywhere: without it Erlang listens on every interface.
    format!(
        r#"export HOME=/mnt LANG=C.UTF-8 RUNNING_UNDER_SYSTEMD=true
export RABBITMQ_NODENAME=test{amqp}@localhost RABBITMQ_USE_LONGNAME=false
export RABBITMQ_MNESIA_BASE=/mnt/db RABBITMQ_LOG_BASE=/mnt/log RABBITMQ_PID_FILE=/mnt/pid
export RABBITMQ_CONFIG_FILE=/mnt/rabbitmq.conf RABBITMQ_CONF_ENV_FILE=/dev/null
export RABBITMQ_ADVANCED_CONFIG_FILE=/mnt/advanced.config
export RABBITMQ_ENABLED_PLUGINS_FILE=/mnt/enabled_plugins
export RABBITMQ_DIST_PORT={distribution} ERL_EPMD_PORT={names} ERL_EPMD_ADDRESS=127.0.0.1
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {{127,0,0,1}} +S 2:2 +sbwt none"
export RABBITMQ_CTL_ERL_ARGS="-kernel inet_dist_use_interface {{127,0,0,1}}"
"#
    )
}

/// Starts the broker, to live as long as the process `runner` at most.
pub(super) fn launch(root: &Path, data: &Path, runner: u32) -> Child {
    fs::remove_file(data.join("broker.pid")).ok();
    Command::new("sh")
        .args(["-c", LAUNCH])
        .env("ROOT", root)
        .env("DATA", data)
        .env("RUNNER", runner.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

/// Runs `rabbitmqctl`.
pub(super) fn control(root: &Path, data: &Path, arguments: &[&str]) {
    let done = Command::new("sh")
        .args(["-c", CONTROL, "ctl"])
        .args(arguments)
        .env("ROOT", root)
        .env("DATA", data)
        .output()
        .unwrap();
    assert!(done.status.success(), "rabbitmqctl {arguments:?}: {done:?}");
}

/// Kills the broker as `kill -9` does, with all it started: it is the first process of a
/// namespace, which ends with it.
pub(super) fn kill_now(data: &Path) {
    let Ok(text) = fs::read_to_string(data.join("broker.pid")) else {
        return;
    };
    if let Ok(broker) = text.trim().parse() {
        kill(Pid::from_raw(broker), Signal::SIGKILL).ok();
    }
}

/// Whether the management interface answers, and the broker with it.
pub(super) async fn is_ready(access: &RabbitAccess) -> bool {
    let address = (Ipv4Addr::LOCALHOST, access.management_port);
    if tokio::net::TcpStream::connect(address).await.is_err() {
        return false;
    }
    let asked = access.try_api("GET", "health/checks/virtual-hosts").await;
    asked.is_ok_and(|(status, _)| status == 200)
        && tokio::net::TcpStream::connect(access.amqp_address())
            .await
            .is_ok()
}
