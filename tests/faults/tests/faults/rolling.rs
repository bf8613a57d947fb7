//! Row 32: workers are replaced one by one.

use crate::on_shared;
use faults::{PATIENCE, Store, WorkerSettings, full_or};
use jobs::JobState;

/// How many workers there are at a time.
const WORKERS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn row_32_a_rolling_restart_loses_nothing_and_eats_no_attempts() {
    let Some(mut surroundings) = on_shared("rolling", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let settings = |name: &str| WorkerSettings {
        slow_ms: 200,
        slots: 2,
        ..surroundings.worker_for_all(name)
    };
    let mut all: Vec<_> = (0..2 * WORKERS)
        .map(|number| settings(&format!("worker-{number}")))
        .collect();
    let next = all.split_off(WORKERS);
    let mut workers = Vec::new();
    for settings in &all {
        workers.push(surroundings.start(settings).await);
    }
    let jobs = surroundings.submit("slow", full_or(200, 100)).await;
    for (number, (old, new)) in workers.iter_mut().zip(&next).enumerate() {
        let done = (number + 1) * jobs.len() / (WORKERS + 2);
        surroundings.until_left(&jobs, jobs.len() - done).await;
        let mut replaced = surroundings.start(new).await;
        std::mem::swap(old, &mut replaced);
        replaced.term();
        assert_eq!(replaced.wait(PATIENCE).await.code(), Some(0));
    }
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    for mut worker in workers {
        worker.term();
        assert!(worker.wait(PATIENCE).await.success());
    }
    surroundings.audit().await;
    for id in &jobs {
        assert_eq!(surroundings.ledger.states[id.as_str()], JobState::Done);
        for (stage, attempts) in surroundings.attempts(id).await {
            assert_eq!(attempts, 1, "{stage}: {}", surroundings.said(id.as_str()));
        }
    }
}
