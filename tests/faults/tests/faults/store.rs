//! Rows 7 and 8: workers on a store that fails, and two of them on one object.

use crate::on_shared;
use broker::Transport;
use contracts::{StageName, queue};
use faults::{PATIENCE, Store};
use testkit::{FakeS3, S3Fault, S3Request};

#[tokio::test(flavor = "multi_thread")]
async fn row_07_a_store_that_fails_for_a_while_delays_jobs_and_fails_none() {
    let fake = FakeS3::start().await;
    let Some(mut surroundings) = on_shared("store", Store::Fake(&fake)).await else {
        return;
    };
    surroundings.learn().await;
    let jobs = surroundings.submit("job", 6).await;
    let outage = |count| {
        let kinds = [
            S3Fault::Status(503, "SlowDown"),
            S3Fault::Status(500, "InternalError"),
            S3Fault::Cut,
            S3Fault::AnswerLost,
        ];
        kinds.into_iter().cycle().take(count).collect::<Vec<_>>()
    };
    // So many in a row are more than any request is tried.
    fake.fail(S3Request::Put, outage(30));
    fake.fail(S3Request::Get, outage(30));
    let bodies = [
        S3Fault::BodyCut(3),
        S3Fault::BodyDamaged,
        S3Fault::BodyShort(3),
    ];
    fake.fail(S3Request::Get, bodies);
    let mut settings = surroundings.worker_for_all("patient");
    settings.max_attempts = 10;
    // Pauses of minutes are not waited for here.
    settings.breaker_window = 1_000;
    let mut worker = surroundings.start(&settings).await;
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    worker.until_ready(PATIENCE).await;
    worker.term();
    assert!(worker.wait(PATIENCE).await.success());
    assert!(
        worker.stderr().contains("attempt failed") || worker.stderr().contains("putting off"),
        "the outage was felt"
    );
    surroundings.audit().await;
    assert!(surroundings.ledger.letters.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn row_08_two_workers_that_write_at_once_make_one_result() {
    let fake = FakeS3::start().await;
    let Some(mut surroundings) = on_shared("writers", Store::Fake(&fake)).await else {
        return;
    };
    surroundings.learn().await;
    let jobs = surroundings.submit("job", 1).await;
    let ingest = surroundings.worker("ingest", &[StageName::Ingest]);
    let mut ingest = surroundings.start(&ingest).await;
    let decode = queue::work(StageName::Decode);
    while surroundings.waiting(decode).await == 0 {
        tokio::time::sleep(faults::LOOK).await;
    }
    ingest.term();
    assert!(ingest.wait(PATIENCE).await.success());
    let held = surroundings.transport.browse(decode, 1).await.unwrap();
    let message = held[0].message.clone();
    for delivery in held {
        delivery.accept().await;
    }
    let mut writers = Vec::new();
    for name in ["one", "two"] {
        let settings = surroundings.worker(name, &[StageName::Decode]);
        writers.push(surroundings.start(&settings).await);
    }
    let before = fake.count(S3Request::Put);
    fake.meet(S3Request::Put, 2);
    for _ in 0..2 {
        surroundings
            .transport
            .publish(decode, &message)
            .await
            .unwrap();
    }
    // What they found and how they ended: both write both, side by side.
    while fake.count(S3Request::Put) < before + 4 {
        tokio::time::sleep(faults::LOOK).await;
    }
    // Nobody waits for anybody any more.
    fake.meet(S3Request::Abort, 1);
    let rest = surroundings.worker_for_all("rest");
    let mut rest = surroundings.start(&rest).await;
    surroundings.until_ended(&jobs).await;
    surroundings.until_idle().await;
    for worker in writers.iter_mut().chain([&mut rest]) {
        worker.term();
        assert!(worker.wait(PATIENCE).await.success());
    }
    let runs = surroundings.runs()[&(jobs[0].to_string(), StageName::Decode)];
    assert_eq!(runs, 2, "both did the work");
    surroundings.audit().await;
}
