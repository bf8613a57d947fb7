//! Comments of a language model, as whoever asks for them gets them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod system;

use common::{files_below, json_of, rumiai, timeless_files, without_models};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::{fs, path::Path, process::Output};
use system::{NETWORKS, System};
use testkit::fake_llm::FakeLlm;

/// Analyses of what the other stages measure, but for the wrapped copy of them.
const ANALYSES: usize = 3;

/// What a process must be told to ask this provider.
fn asking(fake: &FakeLlm) -> [(&'static str, String); 3] {
    let key = secrecy::SecretString::from(FakeLlm::api_key());
    [
        ("CLAUDE_BASE_URL", fake.base_url()),
        ("CLAUDE_API_KEY", key.expose_secret().to_owned()),
        ("CLAUDE_SLOW_START", "0".into()),
    ]
}

async fn analyze(
    folder: &Path,
    results: &str,
    environment: Vec<(&'static str, String)>,
    arguments: &'static [&'static str],
) -> Output {
    let mut command = rumiai(folder);
    without_models(&mut command)
        .arg("analyze")
        .arg(testkit::cache_file("media/demo.mp4"))
        .args(["--output-format", "json", "-o"])
        .arg(folder.join(results))
        .args(arguments)
        .envs(environment);
    let run = tokio::task::spawn_blocking(move || command.output().unwrap());
    run.await.unwrap()
}

fn report(folder: &Path) -> Value {
    let text = fs::read(folder.join("insights/demo/insight/report.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_stand_beside_results_that_they_do_not_change() {
    let fake = FakeLlm::start().await;
    let folder = tempfile::tempdir().unwrap();
    let plain = analyze(folder.path(), "plain", asking(&fake).into(), &[]).await;
    assert!(plain.status.success(), "{plain:?}");
    let printed = json_of(&plain.stdout);
    common::obeys("analyze_output", &printed);
    assert_eq!(fake.count("/v1/messages"), 0, "nobody asked for it");

    let asked = analyze(folder.path(), "asked", asking(&fake).into(), &["--insight"]).await;
    assert!(asked.status.success(), "{asked:?}");
    common::obeys("analyze_output", &json_of(&asked.stdout));
    assert_eq!(fake.count("/v1/messages"), ANALYSES);
    let told = report(&folder.path().join("asked"));
    assert_eq!(told["analyses"].as_array().unwrap().len(), ANALYSES);
    assert_eq!(told["source"], "claude");

    let mut with = timeless_files(&folder.path().join("asked"));
    let without = timeless_files(&folder.path().join("plain"));
    let comments: Vec<String> = with
        .keys()
        .filter(|name| name.contains("/insight/"))
        .cloned()
        .collect();
    assert_eq!(comments.len(), ANALYSES + 1, "{comments:?}");
    for name in &comments {
        with.remove(name);
    }
    assert_eq!(
        with.keys().collect::<Vec<_>>(),
        without.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &without {
        assert!(bytes == &with[name], "{name} was changed by a comment");
    }
    let mut verify = rumiai(folder.path());
    let done = verify.arg("verify").arg(folder.path().join("asked"));
    let done = done.output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// What the summary of the video says of comments.
fn told_of_comments(folder: &Path) -> Value {
    let text = fs::read(folder.join("insights/demo/summary.json")).unwrap();
    let summary: Value = serde_json::from_slice(&text).unwrap();
    summary["report"]["insight"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_everything_else_works_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let plain = analyze(folder.path(), "plain", Vec::new(), &[]).await;
    assert!(plain.status.success(), "{plain:?}");
    assert_eq!(told_of_comments(&folder.path().join("plain")), "off");
    let asked = analyze(folder.path(), "asked", Vec::new(), &["--insight"]).await;
    let told = json_of(&asked.stdout).to_string();
    assert!(told.contains("set CLAUDE_API_KEY"), "{told}");
    let insight = told_of_comments(&folder.path().join("asked"));
    assert!(
        insight["error"]
            .as_str()
            .unwrap()
            .contains("CLAUDE_API_KEY")
    );
    assert_eq!(
        timeless_files(&folder.path().join("asked")),
        timeless_files(&folder.path().join("plain"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_comment_on_jobs_that_ask_for_it_and_on_no_other() {
    let Some(mut system) = System::start().await else {
        return;
    };
    let fake = FakeLlm::start().await;
    let told = asking(&fake);
    let mut settings: Vec<(&'static str, &str)> = vec![("RUMIAI__SOUND__CLASSIFY", "false")];
    settings.extend(told.iter().map(|(name, value)| (*name, value.as_str())));
    let stages = ["ingest", "decode", "shots", "sound", "timeline", "insight"];
    system.start_worker(&stages, &settings);
    system.ready().await;
    let clip = testkit::cache_file("media/demo.mp4");
    let mut submit = vec!["submit", clip.to_str().unwrap(), "--wait"];
    for stage in NETWORKS {
        submit.extend(["--without", stage]);
    }
    let (code, printed) = system.ask(&submit);
    assert_eq!(code, Some(0), "{printed:#}");
    assert_eq!(fake.count("/v1/messages"), 0);
    submit.push("--insight");
    let (code, printed) = system.ask(&submit);
    assert_eq!(code, Some(0), "{printed:#}");
    assert_eq!(fake.count("/v1/messages"), ANALYSES);
    let job = printed["jobs"][0]["job_id"].as_str().unwrap();
    let folder = system.folder.path().join("results");
    let (code, printed) = system.ask(&["results", job, "-o", folder.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{printed:#}");
    let reports = files_below(&folder);
    let reports = reports
        .iter()
        .filter(|path| path.ends_with("insight/report.json"));
    assert_eq!(reports.count(), 1);
    assert_eq!(system.stop().await, [Some(0)]);
}
