//! Settings and the small commands, as a real process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{json_of, rumiai};
use std::fs;

fn said(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let done = rumiai(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn an_unknown_setting_stops_the_start_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("[ingest]\nmax_byte = 1\n", "max_byte"),
        ("[nonsense]\na = 1\n", "nonsense"),
        ("[ingest]\nmax_bytes = \"many\"\n", "max_bytes"),
        ("[ingest]\nmax_bytes = 0\n", "max_bytes"),
        ("[stages]\nwithout = [\"decode\"]\n", "without"),
        ("[models]\nset = \"stolen\"\n", "set"),
        ("[brand]\nname = [\"Acme\"]\n", "name"),
        ("[brand]\nnames = [\"!?\"]\n", "brand.names"),
        ("[brand]\nproduct_classes = [\"botle\"]\n", "botle"),
    ];
    for (text, key) in cases {
        fs::write(folder.path().join("rumiai.toml"), text).unwrap();
        let (code, _, stderr) = said(folder.path(), &["explain"]);
        assert_eq!(code, Some(64), "{text}: {stderr}");
        assert!(stderr.contains(key), "{text} gave: {stderr}");
    }
}

#[test]
fn a_variable_outweighs_a_file_and_an_unknown_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("rumiai.toml"),
        "[worker]\nmax_attempts = 2\n",
    )
    .unwrap();
    let run = |name: &str, value: &str| {
        let done = rumiai(folder.path())
            .env(name, value)
            .arg("explain")
            .output()
            .unwrap();
        (done.status.code(), String::from_utf8(done.stderr).unwrap())
    };
    assert_eq!(run("RUMIAI__WORKER__MAX_ATTEMPTS", "5").0, Some(0));
    let (code, stderr) = run("RUMIAI__WORKER__MAX_ATTEMPTS", "0");
    assert_eq!(code, Some(64));
    assert!(stderr.contains("max_attempts"), "{stderr}");
    let (code, stderr) = run("RUMIAI__WORKER__MAX_ATTEMPT", "5");
    assert_eq!(code, Some(64));
    assert!(stderr.contains("max_attempt"), "{stderr}");
}

#[test]
fn a_metric_is_explained_and_a_misspelt_one_suggested() {
    let folder = tempfile::tempdir().unwrap();
    let (code, stdout, _) = said(folder.path(), &["explain", "cutsPerMinute"]);
    assert_eq!(code, Some(0));
    for part in ["scene_pacing", "formula", "unit", "range", "null"] {
        assert!(stdout.contains(part), "{stdout}");
    }
    let (code, _, stderr) = said(folder.path(), &["explain", "cutsPerMinut"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("cutsPerMinute"), "{stderr}");
    let (_, all, _) = said(folder.path(), &["explain"]);
    assert!(all.lines().count() > 50, "every metric is listed");
}

#[test]
fn the_doctor_finds_everything_after_setup_and_names_what_is_missing_before() {
    let folder = tempfile::tempdir().unwrap();
    let (code, stdout, stderr) = said(folder.path(), &["doctor", "--output-format", "json"]);
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    let findings = json_of(stdout.as_bytes());
    let subjects: Vec<_> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["subject"])
        .collect();
    for subject in [
        "decoder",
        "gstreamer",
        "plugins",
        "onnxruntime",
        "coco-ssd",
        "provider",
        "disk",
    ] {
        assert!(
            subjects.iter().any(|found| *found == subject),
            "no word of {subject}: {findings:#}"
        );
    }

    let empty = rumiai(folder.path())
        .env("RUMIAI_CACHE_DIR", folder.path().join("empty"))
        .arg("doctor")
        .output()
        .unwrap();
    assert_eq!(empty.status.code(), Some(1));
    assert!(
        String::from_utf8(empty.stdout)
            .unwrap()
            .contains("rumiai models fetch")
    );
}

#[test]
fn models_are_listed_with_their_licences_and_verified() {
    let folder = tempfile::tempdir().unwrap();
    let (code, stdout, _) = said(folder.path(), &["models", "list"]);
    assert_eq!(code, Some(0));
    assert!(
        stdout.contains("coco-ssd") && stdout.contains("Apache-2.0"),
        "{stdout}"
    );
    assert!(
        stdout.contains("yolo11n") && stdout.contains("AGPL"),
        "{stdout}"
    );
    assert_eq!(
        said(folder.path(), &["models", "verify", "--all"]).0,
        Some(0)
    );
}
