//! Being stopped in the middle of the work.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{files_below, rumiai};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

/// Starts an analysis, waits until the decoder is at work, and sends a signal.
fn stop_with(signal: Signal) {
    let clip = testkit::cache_file("media/demo.mp4");
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out");
    let mut child = rumiai(folder.path())
        .args([
            "analyze",
            clip.to_str().unwrap(),
            "--without",
            "detect",
            "--progress",
            "plain",
            "-o",
        ])
        .arg(&output)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("running_ml_analysis")));
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
    let ended = child.wait_with_output().unwrap();

    assert_eq!(
        ended.status.code(),
        Some(1),
        "an interrupt is no success and no crash"
    );
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("interrupted"), "{said}");
    assert_eq!(
        files_below(&output),
        [] as [&std::path::Path; 0],
        "a half-written result remains"
    );
    let partial = files_below(&folder.path().join("store/partial"));
    assert!(partial.is_empty(), "temporary files remain: {partial:?}");
}

#[test]
fn an_interrupt_stops_cleanly() {
    stop_with(Signal::SIGINT);
}

#[test]
fn a_request_to_terminate_stops_cleanly() {
    stop_with(Signal::SIGTERM);
}
