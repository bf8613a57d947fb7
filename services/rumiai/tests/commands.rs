//! Settings and the small commands, as a real process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{json_of, rumiai};
use std::{fs, path::Path};

fn said(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let done = rumiai(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn row_30_an_unknown_setting_stops_the_start_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("[ingest]\nmax_byte = 1\n", "max_byte"),
        ("[nonsense]\na = 1\n", "nonsense"),
        ("[ingest]\nmax_bytes = \"many\"\n", "max_bytes"),
        ("[ingest]\nmax_bytes = 0\n", "max_bytes"),
        (
            "[ingest]\nmin_video_duration_s = 301\n",
            "ingest.min_video_duration_s",
        ),
        (
            "[ingest.apify]\nbase_url = \"http://api.example.com\"\n",
            "ingest.apify.base_url",
        ),
        ("[stages]\nwithout = [\"decode\"]\n", "without"),
        ("[models]\nset = \"stolen\"\n", "set"),
        ("[telemetry]\nsample_ratio = 2.0\n", "sample_ratio"),
        ("[telemetry]\nqueue_size = 0\n", "queue_size"),
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
fn row_30_a_variable_outweighs_a_file_and_an_unknown_one_is_refused() {
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
    assert_eq!(run("OUTPUT_FORMAT_VERSION", "v1").0, Some(0));
    assert_eq!(run("APIFY_API_TOKEN", "apify_api_x").0, Some(0));
    for (name, value, key) in [
        ("MAX_VIDEO_DURATION", "0", "ingest.max_video_duration_s"),
        (
            "RUMIAI_MAX_VIDEO_DURATION",
            "0",
            "ingest.max_video_duration_s",
        ),
        ("APIFY_API_TOKEN", "two words", "ingest.apify.token"),
    ] {
        let (code, stderr) = run(name, value);
        assert_eq!(code, Some(64), "{name}");
        assert!(
            stderr.contains(key) && !stderr.contains("words"),
            "{name}: {stderr}"
        );
    }
    let (code, stderr) = run("OUTPUT_FORMAT_VERSION", "v3");
    assert_eq!(code, Some(64));
    assert!(stderr.contains("output.format_version"), "{stderr}");
    assert_eq!(run("OTEL_EXPORTER_OTLP_ENDPOINT", "").0, Some(0));
    // Whether anybody takes spans there is no matter of the settings.
    assert_eq!(
        run("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1").0,
        Some(0)
    );
    for wrong in ["nowhere", "ftp://127.0.0.1"] {
        let (code, stderr) = run("OTEL_EXPORTER_OTLP_ENDPOINT", wrong);
        assert_eq!(code, Some(64));
        assert!(stderr.contains("otlp_endpoint"), "{stderr}");
    }
    let (code, stderr) = run("RUMIAI__WORKER__MAX_ATTEMPTS", "0");
    assert_eq!(code, Some(64));
    assert!(stderr.contains("max_attempts"), "{stderr}");
    let (code, stderr) = run("RUMIAI__WORKER__MAX_ATTEMPT", "5");
    assert_eq!(code, Some(64));
    assert!(stderr.contains("max_attempt"), "{stderr}");
}

/// `UPDATE_SCHEMAS=1` writes them anew.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test")]
fn the_schemas_beside_the_sources_are_those_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let written = if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        kept.clone()
    } else {
        folder.path().join("schemas")
    };
    let (code, _, stderr) = said(
        folder.path(),
        &["schemas", "--output", written.to_str().unwrap()],
    );
    assert_eq!(code, Some(0), "{stderr}");
    let (_, names, _) = said(folder.path(), &["schemas"]);
    assert!(names.lines().count() > 17, "{names}");
    for name in names.lines() {
        let file = format!("{name}.schema.json");
        let (ours, theirs) = (written.join(&file), kept.join(&file));
        assert!(
            fs::read_to_string(&theirs).unwrap_or_default() == fs::read_to_string(ours).unwrap(),
            "{file} is not current; run UPDATE_SCHEMAS=1 cargo test -p rumiai --test commands"
        );
    }
    assert_eq!(fs::read_dir(&kept).unwrap().count(), names.lines().count());
    let (code, text, _) = said(folder.path(), &["schemas", "summary"]);
    assert_eq!(code, Some(0));
    assert_eq!(json_of(text.as_bytes())["title"], "Published");
    let (code, _, stderr) = said(folder.path(), &["schemas", "nonsense"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("`rumiai schemas` lists all"), "{stderr}");
}

#[test]
fn folders_without_results_are_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    for arguments in [
        &["verify", empty][..],
        &["compare", empty, empty],
        &["verify", "/no/such/folder"],
    ] {
        let (code, _, stderr) = said(folder.path(), arguments);
        assert_eq!(code, Some(1), "{arguments:?}");
        assert!(
            stderr.contains("analyze -o") || stderr.contains("check that it exists"),
            "{stderr}"
        );
    }
    let (code, _, stderr) = said(
        folder.path(),
        &["compare", empty, empty, "--analysis", "pacing"],
    );
    assert_eq!(code, Some(1));
    assert!(stderr.contains("scene_pacing"), "{stderr}");
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
