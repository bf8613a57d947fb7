//! The defences, seen from outside: on the running child.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use media::{
    DecodeParameters, Limits,
    protocol::{
        EXIT_NO_LISTENER, EXIT_USAGE, PROTOCOL_VERSION, REGISTRY_VARIABLE, Record, Request, Task,
    },
};
use std::{
    fs::{self, File},
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
};
use support::Bench;

fn request() -> String {
    serde_json::to_string(&Request {
        protocol: PROTOCOL_VERSION,
        task: Task::Decode,
        limits: Limits::default(),
        parameters: DecodeParameters::default(),
    })
    .unwrap()
}

/// A child in the middle of a decode: it has more to say than a pipe holds, and nobody reads.
struct Stuck {
    child: Child,
    _bench: Bench,
}

impl Stuck {
    fn new() -> Self {
        let bench = Bench::default();
        let clip = bench.ffmpeg(
            "-f lavfi -i testsrc2=s=640x480:r=10:d=10 -c:v libx264 -pix_fmt yuv420p clip.mp4",
        );
        // The shell leaves a descriptor open that the decoder was not meant to have.
        let script = "exec 9</etc/passwd; exec \"$0\" \"$1\"";
        let mut child = Command::new("/bin/sh")
            .args([
                "-c",
                script,
                env!("CARGO_BIN_EXE_rumiai-decoder"),
                &request(),
            ])
            .env_clear()
            .env(REGISTRY_VARIABLE.0, REGISTRY_VARIABLE.1)
            .stdin(File::open(clip).unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let greeting = read_record(&mut child);
        assert!(matches!(greeting, Record::Hello(_)), "{greeting:?}");
        Self {
            child,
            _bench: bench,
        }
    }
    fn proc(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap()
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_record(child: &mut Child) -> Record {
    let output = child.stdout.as_mut().unwrap();
    let mut length = [0; 4];
    output.read_exact(&mut length).unwrap();
    let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
    output.read_exact(&mut bytes).unwrap();
    contracts::codec::decode_exact_unbounded(&bytes).unwrap()
}

#[test]
fn the_kernel_knows_of_every_defence() {
    let stuck = Stuck::new();
    let status = stuck.proc("status");
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2"] {
        assert!(status.contains(line), "no '{line}' in {status}");
    }
    let limits = stuck.proc("limits");
    let value = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..]
            .split_whitespace()
            .next()
            .unwrap()
            .to_owned()
    };
    let defaults = Limits::default();
    assert_eq!(value("Max file size"), "0");
    assert_eq!(value("Max core file size"), "0");
    assert_eq!(value("Max cpu time"), defaults.cpu_time_s.to_string());
    assert_eq!(
        value("Max address space"),
        defaults.address_space_bytes.to_string()
    );
    assert_eq!(value("Max open files"), "256");
}

#[test]
fn descriptors_that_were_left_open_are_closed() {
    let stuck = Stuck::new();
    let folder = format!("/proc/{}/fd", stuck.child.id());
    let targets = fs::read_dir(folder).unwrap();
    for target in targets.map(|entry| fs::read_link(entry.unwrap().path()).unwrap()) {
        let name = target.to_str().unwrap();
        let own = ["pipe:", "socket:", "anon_inode:"]
            .iter()
            .any(|kind| name.starts_with(kind));
        let known = own || name.ends_with("clip.mp4") || target == Path::new("/dev/null");
        assert!(known, "{name} is open");
    }
}

#[test]
fn without_a_listener_the_child_ends() {
    let mut stuck = Stuck::new();
    drop(stuck.child.stdout.take());
    let ended = stuck.child.wait().unwrap();
    assert_eq!(ended.code(), Some(EXIT_NO_LISTENER));
}

#[test]
fn a_request_of_another_version_is_refused_as_such() {
    let requests = [
        (
            request().replace("\"protocol\":1", "\"protocol\":99"),
            "yes",
        ),
        (request().replace("\"task\"", "\"tusk\""), "yes"),
        (
            request().replace("\"frames\":108000", "\"frames\":0"),
            "yes",
        ),
        (request(), "no"),
    ];
    for (request, registry) in requests {
        let ended = Command::new(env!("CARGO_BIN_EXE_rumiai-decoder"))
            .arg(&request)
            .env(REGISTRY_VARIABLE.0, registry)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(EXIT_USAGE), "{request}");
        assert!(!ended.stderr.is_empty());
    }
}
