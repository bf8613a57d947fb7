//! Rows of the fault matrix (docs/faults.md) that a broker and a store in memory can show.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use broker::{Outgoing, Transport};
use common::{Flow, at, failure, first_message, job, reason};
use contracts::{
    Envelope, StageName,
    codec::{MAX_MESSAGE_BYTES, decode_exact, encode},
    manifest::FailureClass,
    queue,
};
use proptest::prelude::*;
use stage::{StageContext, StageError};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Barrier;
use worker::{Stopped, WorkerLimits};

#[tokio::test(start_paused = true)]
async fn row_10_garbage_is_a_dead_letter_at_once_with_its_bytes() {
    let mut flow = Flow::default();
    flow.start(&[StageName::Shots]);
    let whole = encode(&first_message(&job("one"))).unwrap();
    let cut = &whole[..whole.len() / 2];
    flow.send_raw(StageName::Shots, cut, None).await;
    let dead = flow.until_dead(StageName::Shots, 1).await;
    assert_eq!(reason(&dead[0]), "undecodable");
    assert_eq!(dead[0].body, cut, "the raw bytes are kept");
    for tier in queue::RETRY_TIERS {
        let waiting = flow.messages(&queue::retry(StageName::Shots, tier)).await;
        assert!(waiting.is_empty(), "it is not tried again");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn row_10_no_prefix_and_no_noise_is_taken_for_a_message(
        noise in proptest::collection::vec(any::<u8>(), 0..300),
        share in 0.0..1.0_f64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut flow = Flow::default();
            flow.start(&[StageName::Ingest]);
            let whole = encode(&first_message(&job("one"))).unwrap();
            let prefix = &whole[..(whole.len() as f64 * share) as usize];
            flow.send_raw(StageName::Ingest, prefix, None).await;
            flow.send_raw(StageName::Ingest, &noise, None).await;
            let dead = flow.until_dead(StageName::Ingest, 2).await;
            assert!(dead.iter().all(|message| reason(message) == "undecodable"));
        });
    }
}

#[tokio::test(start_paused = true)]
async fn row_11_an_unknown_schema_waits_as_a_dead_letter_for_an_upgrade() {
    let mut flow = Flow::default();
    flow.start(&[StageName::Ingest]);
    let newer = Envelope {
        version: 99,
        ..first_message(&job("one"))
    };
    let other = Envelope {
        kind: "something.else".into(),
        ..first_message(&job("two"))
    };
    flow.send(StageName::Ingest, &newer).await;
    flow.send(StageName::Ingest, &other).await;
    let dead = flow.until_dead(StageName::Ingest, 2).await;
    assert!(
        dead.iter()
            .all(|message| reason(message) == "unknown_schema")
    );
    assert!(
        flow.manifests(&job("one")).await.is_empty(),
        "the job has not ended, so that a replay can go on with it"
    );
    // The upgrade: the same bytes, now understood.
    let of_one = |message: &&Outgoing| message.correlation_id.as_deref() == Some("one");
    let letter = dead.iter().find(of_one).unwrap();
    let mut known: Envelope = decode_exact(&letter.body).unwrap();
    known.version = first_message(&job("one")).version;
    flow.send(StageName::Ingest, &known).await;
    flow.until(async || !flow.manifests(&job("one")).await.is_empty())
        .await;
}

#[tokio::test(start_paused = true)]
async fn row_12_what_kills_every_worker_is_buried_and_its_neighbours_are_not() {
    let begun = Arc::new(AtomicU32::new(0));
    let counted = begun.clone();
    let mut flow = Flow::acting(at(StageName::Ingest, move |context| {
        let poison = context.job.as_str() == "poison";
        counted.fetch_add(u32::from(poison), Ordering::SeqCst);
        async move {
            match poison {
                true => std::future::pending().await,
                false => Ok(()),
            }
        }
    }));
    for number in 0..5 {
        flow.submit(&job(&format!("good-{number}"))).await;
    }
    flow.submit(&job("poison")).await;
    // Whoever takes the poison dies of it: the broker takes it back, and counts.
    for attempt in 1..=flow.policy.max_attempts {
        flow.start(&[StageName::Ingest]);
        flow.until(async || begun.load(Ordering::SeqCst) == attempt)
            .await;
        flow.kill().await;
    }
    flow.start_all();
    for number in 0..5 {
        flow.ended(&job(&format!("good-{number}"))).await;
    }
    let dead = flow.until_dead(StageName::Ingest, 1).await;
    assert_eq!(dead.len(), 1);
    assert_eq!(reason(&dead[0]), "attempts_exhausted");
    assert_eq!(dead[0].correlation_id.as_deref(), Some("poison"));
    assert_eq!(begun.load(Ordering::SeqCst), flow.policy.max_attempts);
}

#[tokio::test(start_paused = true)]
async fn row_32_a_delivery_that_nobody_began_is_no_attempt() {
    let mut flow = Flow::default();
    flow.submit(&job("one")).await;
    for _ in 0..=flow.policy.max_attempts {
        let waiting = flow.broker.browse("ingest", 1).await.unwrap();
        drop(waiting);
        flow.until(async || flow.broker.depth("ingest").await.unwrap().ready == 1)
            .await;
    }
    flow.start_all();
    let manifests = flow.ended(&job("one")).await;
    assert_eq!(manifests[&StageName::Ingest].attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn row_13_a_duplicate_repeats_nothing_but_the_publish() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let mut flow = Flow::acting(at(StageName::Ingest, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }
    }));
    flow.start(&[StageName::Ingest]);
    for _ in 0..3 {
        flow.submit(&job("one")).await;
        flow.until(async || flow.broker.depth("ingest").await.unwrap().ready == 0)
            .await;
    }
    flow.finish().await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let follow_ups = flow.messages("decode").await;
    assert_eq!(
        follow_ups.len(),
        3,
        "a repeated publish may be the one that was missing"
    );
    let distinct: std::collections::BTreeSet<_> = follow_ups
        .iter()
        .map(|message| &message.message_id)
        .collect();
    assert_eq!(distinct.len(), 1, "all of them carry one id");
}

#[tokio::test(start_paused = true)]
async fn row_13_duplicates_side_by_side_give_one_result() {
    let both = Arc::new(Barrier::new(2));
    let met = both.clone();
    let mut flow = Flow::acting(at(StageName::Ingest, move |_| {
        let met = met.clone();
        async move {
            met.wait().await;
            Ok(())
        }
    }));
    flow.limits.slots = 2;
    flow.start_all();
    flow.submit(&job("one")).await;
    flow.submit(&job("one")).await;
    flow.ended(&job("one")).await;
    flow.finish().await;
    assert!(flow.dead(StageName::Ingest).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn row_14_when_everything_fails_attempts_are_few_and_far_between() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let mut flow = Flow::acting(at(StageName::Decode, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(StageError::transient("neighbour is down")) }
    }));
    flow.start_all();
    let jobs: Vec<_> = (0..30)
        .map(|number| job(&format!("job-{number}")))
        .collect();
    for job in &jobs {
        flow.submit(job).await;
    }
    let minute = tokio::time::Instant::now() + Duration::from_secs(60);
    flow.until(async || tokio::time::Instant::now() >= minute)
        .await;
    let in_a_minute = runs.load(Ordering::SeqCst);
    assert!(
        in_a_minute < 30 * 2,
        "the breaker holds back: {in_a_minute} runs in a minute"
    );
    for job in &jobs {
        flow.ended(job).await;
    }
    assert_eq!(
        runs.load(Ordering::SeqCst),
        30 * flow.policy.max_attempts,
        "no message is tried more often than it may be"
    );
    let dead = flow.until_dead(StageName::Decode, 30).await;
    assert!(
        dead.iter()
            .all(|message| reason(message) == "attempts_exhausted")
    );
}

#[tokio::test(start_paused = true)]
async fn row_20_a_missing_queue_holds_the_message_until_it_is_there() {
    let mut flow = Flow::default();
    flow.broker.remove_queue("decode");
    let health = flow.start(&[StageName::Ingest]);
    flow.submit(&job("one")).await;
    flow.until(async || health.ready().is_err_and(|why| why.contains("decode")))
        .await;
    assert!(
        flow.broker.depth(queue::UNROUTABLE).await.unwrap().ready > 0,
        "strays are caught"
    );
    flow.broker.add_queue("decode");
    flow.until(async || !flow.messages("decode").await.is_empty())
        .await;
    flow.until(async || health.ready().is_ok()).await;
    assert!(flow.dead(StageName::Ingest).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn row_27_an_oversize_message_is_a_dead_letter_with_all_its_bytes() {
    let mut flow = Flow::default();
    flow.start(&[StageName::Ingest]);
    let body = vec![b'x'; 1 << 20];
    flow.send_raw(StageName::Ingest, &body, None).await;
    let dead = flow.until_dead(StageName::Ingest, 1).await;
    assert_eq!(reason(&dead[0]), "too_large");
    assert_eq!(dead[0].body.len(), 1 << 20);
    let ours = Outgoing {
        body: vec![0; MAX_MESSAGE_BYTES + 1].into(),
        ..Outgoing::default()
    };
    assert!(flow.broker.publish("ingest", &ours).await.is_err());
    flow.submit(&job("one")).await;
    flow.until(async || !flow.messages("decode").await.is_empty())
        .await;
}

#[tokio::test(start_paused = true)]
async fn row_31_a_panic_is_an_attempt_and_gives_its_slot_back() {
    let mut flow = Flow::acting(at(StageName::Decode, |context| {
        let hit = context.job.as_str() == "bad";
        async move {
            assert!(!hit, "wheel came off");
            Ok(())
        }
    }));
    flow.start_all();
    flow.submit(&job("bad")).await;
    flow.submit(&job("good")).await;
    flow.ended(&job("good")).await;
    let manifests = flow.ended(&job("bad")).await;
    let (class, why) = failure(&manifests[&StageName::Decode].outcome);
    assert_eq!(class, FailureClass::Exhausted);
    assert!(why.contains("wheel came off"), "{why}");
    let dead = flow.until_dead(StageName::Decode, 1).await;
    let envelope: Envelope = decode_exact(&dead[0].body).unwrap();
    assert_eq!(
        envelope.history.len(),
        flow.policy.max_attempts as usize - 1
    );
    assert!(envelope.history[0].reason.contains("wheel came off"));
}

#[tokio::test(start_paused = true)]
async fn row_05_work_that_ends_within_the_grace_is_finished() {
    let mut flow = Flow::acting(at(StageName::Ingest, |_| async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Ok(())
    }));
    let health = flow.start(&[StageName::Ingest]);
    flow.submit(&job("one")).await;
    flow.until(async || flow.broker.depth("ingest").await.unwrap().ready == 0)
        .await;
    flow.submit(&job("two")).await;
    assert_eq!(flow.finish().await, [Stopped::Drained]);
    assert!(health.ready().is_err(), "not ready while draining");
    assert_eq!(
        flow.manifests(&job("one")).await.len(),
        1,
        "it was finished"
    );
    assert_eq!(
        flow.messages("ingest").await.len(),
        1,
        "the next was not taken"
    );
}

#[tokio::test(start_paused = true)]
async fn row_05_work_that_does_not_end_is_handed_back_uncounted() {
    let mut flow = Flow::acting(at(StageName::Ingest, |_| std::future::pending()));
    flow.policy.attempt_timeout = Duration::from_secs(3600);
    flow.start(&[StageName::Ingest]);
    flow.submit(&job("one")).await;
    flow.until(async || flow.broker.depth("ingest").await.unwrap().ready == 0)
        .await;
    assert_eq!(flow.finish().await, [Stopped::Drained]);
    let back = flow.broker.browse("ingest", 10).await.unwrap();
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].delivery_count, 0, "a fresh copy");
    let envelope: Envelope = decode_exact(&back[0].message.body).unwrap();
    assert_eq!(envelope.attempt, 1);
    assert_eq!(envelope.message_id, first_message(&job("one")).message_id);
}

#[tokio::test(start_paused = true)]
async fn row_06_an_attempt_that_hangs_is_ended_and_tried_again() {
    let mut flow = Flow::acting(at(StageName::Ingest, |context| {
        let first = context.attempt == 1;
        async move {
            match first {
                true => std::future::pending().await,
                false => Ok(()),
            }
        }
    }));
    flow.start_all();
    flow.submit(&job("one")).await;
    let manifests = flow.ended(&job("one")).await;
    assert_eq!(manifests[&StageName::Ingest].attempts, 2);
}

#[tokio::test]
async fn row_06_a_computation_that_never_ends_ends_the_worker() {
    let release = Arc::new(std::sync::Barrier::new(2));
    let held = release.clone();
    let mut flow = Flow::acting(Arc::new(move |context: &StageContext| {
        let held = held.clone();
        Box::pin(context.blocking(move || {
            held.wait();
            Ok(())
        }))
    }));
    flow.policy.attempt_timeout = Duration::from_millis(100);
    flow.limits = WorkerLimits {
        leak_grace: Duration::from_millis(200),
        ..flow.limits
    };
    let health = flow.start(&[StageName::Ingest]);
    flow.submit(&job("one")).await;
    let stop = flow.stop.clone();
    flow.stop = tokio_util::sync::CancellationToken::new();
    let ended = tokio::time::timeout(Duration::from_secs(60), flow.finish()).await;
    assert!(
        matches!(&ended.unwrap()[..], [Stopped::Broken(why)] if why.contains("does not end")),
        "it stops by itself"
    );
    assert!(health.live().is_err());
    assert!(!stop.is_cancelled());
    release.wait();
    let waiting = flow
        .messages(&queue::retry(StageName::Ingest, queue::RETRY_TIERS[0]))
        .await;
    assert_eq!(waiting.len(), 1, "the message goes to another worker");
}
