//! Servers from the cached root, each in name spaces of its own.

use crate::cache_dir;
use nix::unistd::getuid;
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// Longest wait for a server to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Shows the data in the root, begins the server, and holds both until the input ends: then this
/// shell, the first process of its name space, ends, and all others with it as after `kill -9`.
const HOLD: &str = r#"
mount --bind "$DATA" "$ROOT/mnt" && mount -t proc proc "$ROOT/proc" || exit 1
chroot "$ROOT" /bin/sh -c "$START" >>"$DATA/console.log" 2>&1 </dev/null &
cat >/dev/null
"#;

/// A server that runs. Ends when dropped, or when the process of the test does.
#[derive(Debug)]
pub(crate) struct InRoot {
    holder: Child,
    input: Option<ChildStdin>,
    data: PathBuf,
}

/// The root, if `program` is in it and it may be used; else `None`, with a notice.
pub(crate) fn root_with(program: &str) -> Option<PathBuf> {
    let root = cache_dir().join("services/trixie");
    if !root.join(program).exists() {
        eprintln!("skipped: no {program} in the cache; run deploy/setup/services.sh as root");
        return None;
    }
    if !getuid().is_root() {
        eprintln!("skipped: root is needed to start a server in a root of its own");
        return None;
    }
    Some(root)
}

impl InRoot {
    /// Starts `command`, a line for the shell that sees `data` as `/mnt`.
    pub fn start(root: &Path, data: &Path, command: &str) -> Self {
        let mut holder = Command::new("unshare")
            .args(["--mount", "--propagation", "private"])
            .args(["--pid", "--fork", "--kill-child"])
            .args(["sh", "-c", HOLD])
            .env("ROOT", root)
            .env("DATA", data)
            .env("START", command)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            input: holder.stdin.take(),
            holder,
            data: data.into(),
        }
    }

    /// Waits until `answers` says so.
    ///
    /// # Panics
    /// If it does not, with what the server said.
    pub async fn until<F: Future<Output = bool>>(&self, answers: impl Fn() -> F) {
        let deadline = Instant::now() + PATIENCE;
        while !answers().await {
            if Instant::now() > deadline {
                let console = self.data.join("console.log");
                let said = fs::read_to_string(console).unwrap_or_default();
                panic!("the server does not start: {said}");
            }
            sleep(LOOK).await;
        }
    }

    /// Ends it as `kill -9` does, and returns when nothing of it is left.
    pub fn kill9(&mut self) {
        drop(self.input.take());
        self.holder.wait().unwrap();
    }
}

impl Drop for InRoot {
    fn drop(&mut self) {
        drop(self.input.take());
        self.holder.wait().ok();
    }
}
