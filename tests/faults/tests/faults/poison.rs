//! Rows 12 and 14: what kills whoever takes it, and what always fails.

use crate::on_shared;
use contracts::{StageName, flow::FLOW};
use faults::{PATIENCE, Store, WorkerSettings, full_or, supervise};
use jobs::{JobState, LetterFilter, Letters};
use std::time::Duration;
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn row_12_poison_is_one_dead_letter_and_its_neighbours_end_well() {
    let Some(mut surroundings) = on_shared("poison", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let mut good = surroundings.submit("before", 25).await;
    let poison = surroundings.submit("poison", 1).await;
    good.extend(surroundings.submit("after", 25).await);
    let (stop, mut workers) = (CancellationToken::new(), JoinSet::new());
    // A stage that can bring its process down has one of its own: whoever shares it dies as well.
    let safe: Vec<_> = FLOW
        .iter()
        .map(|spec| spec.name)
        .filter(|stage| *stage != StageName::Decode)
        .collect();
    for (name, stages) in [
        ("crashing-0", &[StageName::Decode][..]),
        ("crashing-1", &[StageName::Decode]),
        ("safe", &safe),
    ] {
        let settings = surroundings.worker(name, stages);
        let starter = surroundings.starter();
        workers.spawn(supervise(starter, settings, Vec::new(), stop.clone()));
    }
    surroundings.until_ended(&good).await;
    surroundings.until_ended(&poison).await;
    surroundings.until_idle().await;
    stop.cancel();
    let mut aborted = 0;
    while let Some(seen) = workers.join_next().await {
        aborted += seen.unwrap().aborted;
    }
    assert_eq!(aborted, 3, "as many deaths as attempts");
    surroundings.audit().await;
    let letters = Letters(&surroundings.client);
    let letters = letters.list(&LetterFilter::default()).await.unwrap();
    let [letter] = &letters[..] else {
        panic!("{letters:?}");
    };
    assert_eq!(letter.reason, "attempts_exhausted");
    assert_eq!(letter.job_id.as_deref(), Some(poison[0].as_str()));
    for id in &good {
        let state = surroundings.ledger.states[id.as_str()];
        assert_eq!(state, JobState::Done, "{id}");
        let decode = surroundings.attempts(id).await[&StageName::Decode];
        assert_eq!(decode, 1, "{id} was not in the hands of those who died");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_14_a_stage_that_always_fails_is_not_hammered() {
    let Some(mut surroundings) = on_shared("storm", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let settings = WorkerSettings {
        breaker_window: 5,
        ..surroundings.worker_for_all("stormy")
    };
    let mut worker = surroundings.start(&settings).await;
    let count = full_or(30, 10);
    let failing = surroundings.submit("fail", count).await;
    let mut longest = 0;
    for _ in 0..full_or(60, 15) {
        sleep(Duration::from_secs(1)).await;
        let mut waiting = surroundings.waiting("decode").await;
        for tier in contracts::queue::RETRY_TIERS {
            let name = contracts::queue::retry(StageName::Decode, tier);
            waiting += surroundings.waiting(&name).await;
        }
        longest = longest.max(waiting);
    }
    assert!(longest as usize <= count, "queues do not grow: {longest}");
    let why = worker.ready().await;
    assert!(why.is_err(), "the breaker is open");
    let runs = surroundings.runs();
    let of = |id: &contracts::JobId| runs.get(&(id.to_string(), StageName::Decode));
    let tries: Vec<u32> = failing.iter().filter_map(|id| of(id).copied()).collect();
    assert!(tries.iter().all(|tries| *tries <= 3), "{tries:?}");
    let all: u32 = tries.iter().sum();
    assert!(all as usize >= 5, "it was tried: {tries:?}");
    assert!((all as usize) < 3 * count, "taking pauses: {tries:?}");
    worker.term();
    assert!(worker.wait(PATIENCE).await.success());
}
