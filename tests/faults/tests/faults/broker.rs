//! Rows 1, 2, 3, 19, 20 and 28: what lies between workers and their broker.

use crate::{PROGRAM, on_shared};
use contracts::{StageName, queue};
use faults::{LOOK, PATIENCE, Store, Surroundings, WorkerSettings, full_or};
use serde_json::json;
use std::time::Duration;
use testkit::{FaultProxy, PrivateRabbit};
use tokio::time::{Instant, sleep};

/// A worker that reaches the broker through a proxy.
fn through(proxy: &FaultProxy, surroundings: &Surroundings, name: &str) -> WorkerSettings {
    WorkerSettings {
        broker_url: surroundings
            .broker
            .amqp_url_through("operator", proxy.address()),
        heartbeat_s: 2,
        max_attempts: 18,
        ..surroundings.worker_for_all(name)
    }
}

/// Workers outlive restarts of the broker: they are the same processes as before.
async fn restarts(rabbit: &mut PrivateRabbit, kill: bool) {
    let mut surroundings = Surroundings::new(PROGRAM, rabbit, Store::Folder).await;
    surroundings.learn().await;
    let mut workers = Vec::new();
    for number in 0..2 {
        let settings = WorkerSettings {
            max_attempts: 18,
            ..surroundings.worker_for_all(&format!("worker-{number}"))
        };
        workers.push(surroundings.start(&settings).await);
    }
    let jobs = surroundings.submit("job", full_or(200, 24)).await;
    let rounds = full_or(3, 1);
    for round in 1..=rounds {
        let left = jobs.len() * (rounds + 1 - round) / (rounds + 1);
        surroundings.until_left(&jobs, left).await;
        if kill {
            rabbit.kill9().await;
        } else {
            rabbit.control(&["stop_app"]).await;
        }
        for worker in &mut workers {
            let why = worker.until_unready(PATIENCE).await;
            assert!(why.contains("no connection"), "{why}");
        }
        if kill {
            rabbit.restart().await;
        } else {
            rabbit.control(&["start_app"]).await;
        }
        for worker in &mut workers {
            worker.until_ready(PATIENCE).await;
        }
    }
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    for mut worker in workers {
        worker.term();
        assert!(worker.wait(PATIENCE).await.success());
    }
    surroundings.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_01_workers_outlive_kill_9_of_the_broker() {
    if let Some(mut rabbit) = PrivateRabbit::start().await {
        restarts(&mut rabbit, true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_01_workers_outlive_a_restart_of_the_broker_in_order() {
    if let Some(mut rabbit) = PrivateRabbit::start().await {
        restarts(&mut rabbit, false).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_02_cuts_while_workers_publish_lose_nothing() {
    let Some(mut surroundings) = on_shared("cuts", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let proxy = FaultProxy::start(surroundings.broker.amqp_address()).await;
    let settings = through(&proxy, &surroundings, "cut");
    let mut worker = surroundings.start(&settings).await;
    let jobs = surroundings.submit("job", full_or(100, 20)).await;
    for round in 1..=8 {
        // Somebody is at work when the answers of the broker are held up and lost.
        surroundings
            .until_left(&jobs, jobs.len() - round * jobs.len() / 20)
            .await;
        proxy.to_client().freeze();
        let passed = proxy.to_server().passed();
        let patient = Instant::now() + Duration::from_secs(1);
        while proxy.to_server().passed() == passed && Instant::now() < patient {
            sleep(LOOK / 10).await;
        }
        proxy.cut();
        proxy.to_client().thaw();
        worker.until_ready(PATIENCE).await;
    }
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    worker.term();
    assert!(worker.wait(PATIENCE).await.success());
    surroundings.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_03_work_in_a_black_hole_goes_to_somebody_else() {
    let Some(mut surroundings) = on_shared("black-hole", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let proxy = FaultProxy::start(surroundings.broker.amqp_address()).await;
    let settings = WorkerSettings {
        slow_ms: 1_000,
        ..through(&proxy, &surroundings, "swallowed")
    };
    let mut swallowed = surroundings.start(&settings).await;
    let slow = surroundings.submit("slow", 1).await;
    surroundings.until_run(&slow[0], StageName::Decode, 1).await;
    proxy.freeze();
    let why = swallowed.until_unready(PATIENCE).await;
    assert!(why.contains("no connection"), "{why}");
    let jobs = surroundings.submit("job", 10).await;
    let other = surroundings.worker_for_all("other");
    let mut other = surroundings.start(&other).await;
    surroundings.until_ended(&slow).await;
    surroundings.until_ended(&jobs).await;
    proxy.cut();
    proxy.thaw();
    swallowed.until_ready(PATIENCE).await;
    surroundings.until_idle().await;
    for worker in [&mut swallowed, &mut other] {
        worker.term();
        assert!(worker.wait(PATIENCE).await.success());
    }
    surroundings.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_19_under_an_alarm_workers_wait_and_lose_nothing() {
    let Some(rabbit) = PrivateRabbit::start().await else {
        return;
    };
    let mut surroundings = Surroundings::new(PROGRAM, &rabbit, Store::Folder).await;
    surroundings.learn().await;
    // So slow that there is something to publish for as long as an alarm takes to be felt.
    let settings = WorkerSettings {
        slow_ms: 1_000,
        ..surroundings.worker_for_all("alarmed")
    };
    let mut worker = surroundings.start(&settings).await;
    let jobs = surroundings.submit("slow", 40).await;
    surroundings.until_left(&jobs, 39).await;
    rabbit.alarm(true).await;
    let why = worker.until_unready(PATIENCE).await;
    assert!(why.contains("takes nothing"), "{why}");
    rabbit.alarm(false).await;
    worker.until_ready(PATIENCE).await;
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    worker.term();
    assert!(worker.wait(PATIENCE).await.success());
    surroundings.audit().await;
    for id in &jobs {
        let attempts = surroundings.attempts(id).await;
        assert!(attempts.values().all(|count| *count == 1), "{attempts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_20_a_missing_binding_stops_a_worker_until_it_is_mended() {
    let Some(mut surroundings) = on_shared("unbound", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let settings = surroundings.worker_for_all("misled");
    let mut worker = surroundings.start(&settings).await;
    surroundings.broker.unbind("decode").await;
    let jobs = surroundings.submit("job", 5).await;
    let why = worker.until_unready(PATIENCE).await;
    assert!(why.contains("decode"), "{why}");
    let strays = surroundings.waiting(queue::UNROUTABLE).await;
    assert!(strays > 0, "strays are kept for people to see");
    let vhost = surroundings.broker.vhost();
    let path = format!("bindings/{vhost}/e/flow/q/decode");
    let binding = json!({ "routing_key": "decode", "arguments": {} });
    let (status, told) = surroundings.broker.api("POST", &path, Some(binding)).await;
    assert_eq!(status, 201, "{told}");
    surroundings.until_ended(&jobs).await;
    worker.until_ready(PATIENCE).await;
    surroundings.until_idle().await;
    worker.term();
    assert!(worker.wait(PATIENCE).await.success());
    surroundings.audit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_28_a_worker_that_comes_back_changes_nothing() {
    let Some(mut surroundings) = on_shared("zombie", Store::Folder).await else {
        return;
    };
    surroundings.learn().await;
    let settings = WorkerSettings {
        heartbeat_s: 1,
        slow_ms: 1_000,
        ..surroundings.worker_for_all("zombie")
    };
    let mut zombie = surroundings.start(&settings).await;
    let jobs = surroundings.submit("slow", 1).await;
    surroundings.until_run(&jobs[0], StageName::Decode, 1).await;
    zombie.freeze();
    let other = surroundings.worker_for_all("other");
    let mut other = surroundings.start(&other).await;
    surroundings.until_ended(&jobs).await;
    let manifest = surroundings.manifest(&jobs[0], StageName::Decode).await;
    assert!(String::from_utf8_lossy(&manifest).contains("other"));
    zombie.thaw();
    let lost = "the broker had taken the message back";
    let deadline = Instant::now() + PATIENCE;
    while !zombie.stderr().contains(lost) {
        assert!(Instant::now() < deadline, "{}", zombie.stderr());
        sleep(LOOK).await;
    }
    zombie.until_ready(PATIENCE).await;
    surroundings.until_idle().await;
    for worker in [&mut zombie, &mut other] {
        worker.term();
        assert!(worker.wait(PATIENCE).await.success());
    }
    let after = surroundings.manifest(&jobs[0], StageName::Decode).await;
    assert_eq!(manifest, after);
    surroundings.audit().await;
}
