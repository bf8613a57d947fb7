//! Row 5: being asked to stop, as the first process of a container.

use crate::on_shared;
use contracts::StageName;
use faults::{PATIENCE, Store, WorkerSettings};
use std::process::Command;

/// What a container is here.
const CONTAINER: [&str; 5] = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"];

fn may_unshare() -> bool {
    let [program, arguments @ ..] = &CONTAINER;
    let tried = Command::new(program).args(arguments).arg("true").status();
    let may = tried.is_ok_and(|status| status.success());
    if !may {
        eprintln!("skipped: name spaces are not ours to make");
    }
    may
}

/// Asks a worker to stop that works on a job which takes a second, with so much grace.
async fn stop_with(vhost: &str, grace_ms: u64, slow_ms: u64) -> Option<(u32, String)> {
    let mut surroundings = on_shared(vhost, Store::Folder).await?;
    if !may_unshare() {
        return None;
    }
    surroundings.learn().await;
    let settings = WorkerSettings {
        grace_ms,
        slow_ms,
        ..surroundings.worker_for_all("first")
    };
    let mut first = surroundings.starter().start_by(&CONTAINER, &settings);
    first.until_ready(PATIENCE).await;
    let jobs = surroundings.submit("slow", 1).await;
    surroundings.until_run(&jobs[0], StageName::Decode, 1).await;
    first.term_inside();
    let ended = first.wait(PATIENCE).await;
    assert_eq!(ended.code(), Some(0), "{}", first.stderr());
    let heir = surroundings.worker_for_all("heir");
    let mut heir = surroundings.start(&heir).await;
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    heir.term();
    assert!(heir.wait(PATIENCE).await.success());
    surroundings.audit().await;
    let attempts = surroundings.attempts(&jobs[0]).await;
    assert!(attempts.values().all(|count| *count == 1), "{attempts:?}");
    let runs = surroundings.runs()[&(jobs[0].to_string(), StageName::Decode)];
    let manifest = surroundings.manifest(&jobs[0], StageName::Decode).await;
    Some((runs, String::from_utf8(manifest.to_vec()).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn row_05_the_first_process_of_a_container_finishes_what_is_in_hand() {
    if let Some((runs, manifest)) = stop_with("finish", 60_000, 1_000).await {
        assert_eq!(runs, 1);
        assert!(manifest.contains("\"first\""), "{manifest}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_05_the_first_process_of_a_container_hands_back_what_takes_too_long() {
    if let Some((runs, manifest)) = stop_with("hand-back", 4_000, 60_000).await {
        assert_eq!(runs, 2);
        assert!(manifest.contains("\"heir\""), "{manifest}");
    }
}
