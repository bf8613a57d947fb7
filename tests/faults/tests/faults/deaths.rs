//! Rows 4, 6, 18, 21 and 31: workers that die, hang, panic, or have no room and no clock.

use crate::on_shared;
use contracts::StageName;
use faults::{PATIENCE, Store, WorkerSettings};
use std::fs;
use testkit::{PrivateCeph, SmallDisk};

#[tokio::test(flavor = "multi_thread")]
async fn row_04_kill_9_in_the_middle_of_a_job_leaves_the_same_bytes() {
    let Some(ceph) = PrivateCeph::start() else {
        return;
    };
    let Some(mut surroundings) = on_shared("kill-9", Store::Ceph(&ceph)).await else {
        return;
    };
    surroundings.learn().await;
    let settings = WorkerSettings {
        slow_ms: 60_000,
        ..surroundings.worker_for_all("killed")
    };
    let mut killed = surroundings.start(&settings).await;
    let jobs = surroundings.submit("slow", 3).await;
    surroundings.until_run(&jobs[0], StageName::Decode, 1).await;
    killed.kill9();
    killed.wait(PATIENCE).await;
    let heir = surroundings.worker_for_all("heir");
    let mut heir = surroundings.start(&heir).await;
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    heir.term();
    assert!(heir.wait(PATIENCE).await.success());
    surroundings.audit().await;
    let attempts = surroundings.attempts(&jobs[0]).await;
    assert_eq!(attempts[&StageName::Decode], 2, "the death counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_06_a_thread_that_never_ends_ends_the_worker_and_another_finishes() {
    let Some(mut surroundings) = on_shared("hang", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let settings = WorkerSettings {
        attempt_timeout_ms: 500,
        leak_grace_ms: 200,
        ..surroundings.worker_for_all("hung")
    };
    let mut hung = surroundings.start(&settings).await;
    let jobs = surroundings.submit("hang", 1).await;
    let ended = hung.wait(PATIENCE).await;
    assert_eq!(ended.code(), Some(1), "{}", hung.stderr());
    assert!(hung.stderr().contains("does not end"));
    let other = surroundings.worker_for_all("other");
    let mut other = surroundings.start(&other).await;
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    other.term();
    assert!(other.wait(PATIENCE).await.success());
    let attempts = surroundings.attempts(&jobs[0]).await;
    assert_eq!(attempts[&StageName::Decode], 2);
    surroundings.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_31_panics_and_failures_that_pass_cost_attempts_and_nothing_else() {
    let Some(mut surroundings) = on_shared("panic", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let settings = WorkerSettings {
        breaker_window: 1_000,
        ..surroundings.worker_for_all("panicking")
    };
    let mut worker = surroundings.start(&settings).await;
    let panicking = surroundings.submit("panic", 2).await;
    let flaky = surroundings.submit("flaky", 2).await;
    let rejected = surroundings.submit("reject", 2).await;
    let good = surroundings.submit("good", 10).await;
    for jobs in [&panicking, &flaky, &rejected, &good] {
        surroundings.until_ended(jobs).await;
    }
    surroundings.until_idle().await;
    worker.term();
    assert!(worker.wait(PATIENCE).await.success(), "it lived on");
    surroundings.audit().await;
    let decode = async |id| surroundings.attempts(id).await[&StageName::Decode];
    assert_eq!(decode(&panicking[0]).await, 3);
    assert_eq!(decode(&flaky[0]).await, 3);
    assert_eq!(decode(&rejected[0]).await, 1);
    assert_eq!(decode(&good[0]).await, 1);
    assert_eq!(surroundings.ledger.letters.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_18_without_room_for_scratch_jobs_wait_until_there_is() {
    let (Some(disk), Some(mut surroundings)) = (
        SmallDisk::mount(2 << 20),
        on_shared("disk", Store::Folder).await,
    ) else {
        return;
    };
    surroundings.learn().await;
    let filler = disk.path().join("filler");
    fs::write(&filler, vec![1; 3 << 19]).unwrap();
    let settings = WorkerSettings {
        scratch: disk.path().into(),
        max_attempts: 18,
        breaker_window: 1,
        ..surroundings.worker_for_all("crowded")
    };
    let mut worker = surroundings.start(&settings).await;
    let jobs = surroundings.submit("disk", 1).await;
    let why = worker.until_unready(PATIENCE).await;
    assert!(why.contains("decode"), "{why}");
    surroundings.until_run(&jobs[0], StageName::Decode, 2).await;
    let left = || {
        let entries = fs::read_dir(disk.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    fs::remove_file(&filler).unwrap();
    surroundings.until_ended(&jobs).await;
    worker.until_ready(PATIENCE).await;
    surroundings.until_idle().await;
    worker.term();
    assert!(worker.wait(PATIENCE).await.success());
    assert!(worker.stderr().contains("No space left"));
    assert!(left().is_empty(), "{:?}", left());
    surroundings.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_21_clocks_that_jump_change_no_result() {
    let Some(mut surroundings) = on_shared("clocks", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let mut workers = Vec::new();
    for (number, jump_s) in [3_600, -7_200].into_iter().enumerate() {
        let settings = WorkerSettings {
            clock_jump_s: jump_s,
            ..surroundings.worker_for_all(&format!("worker-{number}"))
        };
        workers.push(surroundings.start(&settings).await);
    }
    let mut jobs = surroundings.submit("job", 20).await;
    jobs.extend(surroundings.submit("flaky", 2).await);
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    for mut worker in workers {
        worker.term();
        assert!(worker.wait(PATIENCE).await.success());
    }
    surroundings.audit().await;
    for id in &jobs[..20] {
        let attempts = surroundings.attempts(id).await;
        assert!(attempts.values().all(|count| *count == 1), "{attempts:?}");
    }
}
