//! What people do with jobs on the command line, with workers that need no models.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod system;

use artifacts::Jobs;
use contracts::StageName;
use serde_json::Value;
use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};
use system::{NETWORKS, System};

fn without_networks<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = arguments.to_vec();
    for stage in NETWORKS {
        all.extend(["--without", stage]);
    }
    all
}

/// The dead letters, once there is one: a job has failed a moment before its message is buried.
async fn letters(system: &System) -> Value {
    let waiting = async {
        loop {
            let (_, listed) = system.ask(&["dlq", "ls"]);
            if !listed["letters"].as_array().unwrap().is_empty() {
                return listed;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(system::PATIENCE, waiting)
        .await
        .unwrap()
}

async fn started() -> Option<System> {
    let mut system = System::start().await?;
    let stages = ["ingest", "decode", "shots", "sound", "timeline"];
    system.start_worker(&stages, &[("RUMIAI__SOUND__CLASSIFY", "false")]);
    system.ready().await;
    Some(system)
}

fn first(printed: &Value) -> &Value {
    &printed["jobs"][0]
}

fn id(printed: &Value) -> &str {
    first(printed)["job_id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_followed_and_its_results_are_written() {
    let Some(mut system) = started().await else {
        return;
    };
    let clip = testkit::cache_file("media/city-walkthrough.mp4");
    let clip = clip.to_str().unwrap();
    let arguments = ["submit", clip, "--wait", "--batch", "monday"];
    let (code, printed) = system.ask(&without_networks(&arguments));
    assert_eq!(code, Some(0), "{printed:#}");
    assert_eq!(first(&printed)["state"], "done");
    let job = id(&printed).to_owned();
    let (code, status) = system.ask(&["status", "--batch", "monday"]);
    assert_eq!(code, Some(0));
    assert_eq!(id(&status), job);
    assert!(first(&status)["took_ms"].as_u64() > Some(0));
    assert_eq!(first(&status)["trace_id"].as_str().unwrap().len(), 32);
    let folder = system.folder.path().join("results");
    let (code, results) = system.ask(&["results", &job, "-o", folder.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{results:#}");
    assert_eq!(results["video_id"], "city-walkthrough");
    let insights = folder.join("insights/city-walkthrough");
    assert!(insights.join("scene_pacing").is_dir());
    assert!(insights.join("summary.json").is_file());
    // What has ended is submitted anew only as a job of its own.
    let (_, again) = system.ask(&["retry", &job]);
    assert_eq!(first(&again)["retry_of"], job);
    assert_ne!(id(&again), job);
    let (_, none) = system.ask(&["retry", &job, "--failed"]);
    assert_eq!(none["jobs"].as_array().unwrap().len(), 0, "it did not fail");
    assert_eq!(system.stop().await, [Some(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_a_bad_line_fails_that_job_alone_and_leaves_a_dead_letter() {
    let Some(mut system) = started().await else {
        return;
    };
    let clip = fs::read(testkit::cache_file("media/city-walkthrough.mp4")).unwrap();
    let page = b"<html>not a video</html>".to_vec();
    let files = BTreeMap::from([("/a.mp4".into(), clip), ("/b.mp4".into(), page)]);
    let web = system.web(files).await;
    let list = system.folder.path().join("urls.csv");
    let url = |path: &str| web.url("127.0.0.1", path);
    let rows = format!("name,url\none,{}\ntwo,{}\n", url("/a.mp4"), url("/b.mp4"));
    fs::write(&list, rows).unwrap();
    let arguments = [
        "submit",
        "--from",
        list.to_str().unwrap(),
        "--batch",
        "list",
        "--wait",
    ];
    let (code, printed) = system.ask(&without_networks(&arguments));
    assert_eq!(code, Some(1), "one of them has no result: {printed:#}");
    let states: Vec<_> = printed["jobs"].as_array().unwrap().iter().collect();
    assert_eq!(states[0]["state"], "done");
    assert_eq!(states[1]["state"], "failed");
    let reason = states[1]["failure"]["reason"].as_str().unwrap();
    assert!(reason.starts_with("not_a_video: "), "{reason}");

    let listed = letters(&system).await;
    let letter = &listed["letters"][0];
    assert_eq!(letter["stage"], "ingest");
    assert_eq!(letter["reason"], "rejected");
    assert_eq!(letter["job_id"], states[1]["job_id"]);
    let (_, shown) = system.ask(&["dlq", "show", "--stage", "ingest"]);
    assert_eq!(shown["letters"][0]["content"]["kind"], "ingest.input");
    let (_, dry) = system.ask(&["dlq", "replay", "--dry-run"]);
    assert_eq!(dry["dry_run"], true);
    let (_, still) = system.ask(&["dlq", "ls"]);
    assert_eq!(still["letters"].as_array().unwrap().len(), 1);
    let (_, replayed) = system.ask(&["dlq", "replay", "--reason", "not_a_video"]);
    let new_job = replayed["letters"][0]["new_job_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let folder = system.folder.path().join("again");
    let arguments = [
        "results",
        &new_job,
        "--wait",
        "-o",
        folder.to_str().unwrap(),
    ];
    let (code, failed) = system.ask(&arguments);
    assert_eq!(code, Some(3), "it could not be fetched: {failed:#}");
    letters(&system).await;
    let (_, purged) = system.ask(&["dlq", "purge"]);
    assert_eq!(purged["action"], "purge");
    assert_eq!(purged["letters"].as_array().unwrap().len(), 1);
    let (_, empty) = system.ask(&["dlq", "ls"]);
    assert_eq!(empty["letters"].as_array().unwrap().len(), 0);
    assert_eq!(system.stop().await, [Some(0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_called_off_and_a_late_one_expires() {
    let Some(mut system) = System::start().await else {
        return;
    };
    let url = "https://127.0.0.1:9/clip.mp4";
    let (_, printed) = system.ask(&["submit", url]);
    assert_eq!(first(&printed)["state"], "queued");
    let job = id(&printed).to_owned();
    let (_, cancelled) = system.ask(&["cancel", &job]);
    assert_eq!(first(&cancelled)["state"], "cancelled");
    let (_, late) = system.ask(&["submit", url, "--deadline", "1s"]);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let settings = [("RUMIAI__SOUND__CLASSIFY", "false")];
    system.start_worker(&["ingest"], &settings);
    system.ready().await;
    let folder = system.folder.path().join("late");
    let arguments = [
        "results",
        id(&late),
        "--wait",
        "-o",
        folder.to_str().unwrap(),
    ];
    let (code, printed) = system.ask(&arguments);
    assert_ne!(code, Some(0), "{printed:#}");
    assert!(
        printed["error"].as_str().unwrap().contains("deadline"),
        "{printed:#}"
    );
    let (_, status) = system.ask(&["status", &job]);
    assert_eq!(first(&status)["state"], "cancelled", "nobody worked on it");
    let mut unknown = system.rumiai("operator");
    let done = unknown.args(["status", "nobody"]).output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&done.stderr).contains("there is no job nobody"));
    assert_eq!(system.stop().await, [Some(0)]);
}

/// What a container is here.
const CONTAINER: [&str; 5] = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// Asks the first process of a container to stop while it decodes; says who decoded in the end.
async fn stopped_while_decoding(clip: &str, grace_s: &str) -> Option<String> {
    let mut system = System::start().await?;
    let settings = [
        ("RUMIAI__WORKER__GRACE_S", grace_s),
        ("RUMIAI__WORKER__NAME", "first"),
    ];
    let mut first = system.spawn_worker(&CONTAINER, &["ingest", "decode"], &settings);
    first.until_ready(system::PATIENCE).await;
    let clip = testkit::cache_file(clip);
    let (_, printed) = system.ask(&without_networks(&["submit", clip.to_str().unwrap()]));
    let job = id(&printed).to_owned();
    system.until_begun(&job, "decode").await;
    first.term_inside();
    let ended = first.wait(system::PATIENCE).await;
    assert_eq!(ended.code(), Some(0), "{}", first.stderr());
    let settings = [
        ("RUMIAI__SOUND__CLASSIFY", "false"),
        ("RUMIAI__WORKER__NAME", "heir"),
    ];
    system.start_worker(&["decode", "shots", "sound", "timeline"], &settings);
    system.ready().await;
    let folder = system.folder.path().join("results");
    let (code, printed) = system.ask(&["results", &job, "--wait", "-o", folder.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{printed:#}");
    assert_eq!(system.stop().await, [Some(0)]);
    let jobs = Jobs::new(Arc::new(system.store()));
    let manifest = jobs
        .manifest(&job.parse().unwrap(), StageName::Decode)
        .await;
    let manifest = manifest.unwrap().unwrap();
    assert_eq!(manifest.attempts, 1, "being asked to stop is no attempt");
    manifest.worker
}

#[tokio::test(flavor = "multi_thread")]
async fn row_05_rumiai_as_the_first_process_of_a_container_finishes_what_is_in_hand() {
    if let Some(worker) = stopped_while_decoding("media/demo.mp4", "60").await {
        assert_eq!(worker, "first");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_05_rumiai_as_the_first_process_of_a_container_hands_back_what_takes_too_long() {
    if let Some(worker) = stopped_while_decoding("media/franck.mp4", "1").await {
        assert_eq!(worker, "heir");
    }
}
