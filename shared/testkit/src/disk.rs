//! A disk that is soon full.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Mounts a file system of a given size and ends when its standard input does.
const SCRIPT: &str = r#"mount -t tmpfs -o size="$1" tmpfs /mnt && echo ready && cat >/dev/null"#;

/// A file system of a few bytes in a mount name space of its own, which ends with this value.
#[derive(Debug)]
pub struct SmallDisk {
    holder: Child,
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts one of `size_bytes`. `None`, with a notice, where mounting is not ours to do.
    ///
    /// # Panics
    /// If there is no `unshare`.
    #[must_use]
    pub fn mount(size_bytes: u64) -> Option<Self> {
        let mut holder = Command::new("unshare")
            .args(["--mount", "--propagation", "private"])
            .args(["sh", "-c", SCRIPT, "small-disk", &size_bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
        let ready = lines.map_while(Result::ok).any(|line| line == "ready");
        // The other name space, seen from this one.
        let path = PathBuf::from(format!("/proc/{}/root/mnt", holder.id()));
        let disk = Self { holder, path };
        if !ready {
            eprintln!("skipped: mounting a small disk needs root");
            return None;
        }
        Some(disk)
    }

    /// Its only folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        self.holder.wait().unwrap();
    }
}
