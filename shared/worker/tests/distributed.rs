//! Workers on a broker and a store in memory, through their public API. Time stands still and is
//! moved on by waiting, so that tiers of minutes pass in no time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use broker::{HEADER_REASON, Outgoing, Transport};
use common::{Flow, Passed, first_message, job};
use contracts::{
    Envelope, JobId, Outcome, StageName,
    codec::{MAX_MESSAGE_BYTES, decode_exact, encode},
    flow::FLOW,
    job::Job,
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
use testkit::stubs::Act;
use tokio::sync::Barrier;
use worker::{FailPoint, Stopped, WorkerLimits};

/// An act that does `work` where a stage of this name runs.
fn at<F, R>(name: StageName, work: F) -> Act
where
    F: Fn(&StageContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), StageError>> + Send + 'static,
{
    Arc::new(move |context| {
        let working = (context.stage == name).then(|| work(context));
        Box::pin(async move {
            match working {
                Some(working) => working.await,
                None => Ok(()),
            }
        })
    })
}

fn reason(message: &Outgoing) -> &str {
    &message.headers[HEADER_REASON]
}

fn failure(outcome: &Outcome) -> (FailureClass, &str) {
    match outcome {
        Outcome::Failed { class, reason } => (*class, reason),
        Outcome::Done { .. } => panic!("it did not fail"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_goes_through_every_stage_once() {
    let passed = Arc::new(Passed::default());
    let mut flow = Flow::default();
    flow.fail_points = passed.clone();
    flow.start_all();
    flow.submit(&job("one")).await;
    let manifests = flow.ended(&job("one")).await;
    for spec in FLOW {
        let manifest = &manifests[&spec.name];
        assert!(
            matches!(manifest.outcome, Outcome::Done { .. }),
            "{}: {:?}",
            spec.name,
            manifest.outcome
        );
        assert_eq!(manifest.attempts, 1);
        assert_eq!(passed.count(spec.name, FailPoint::Stored), 1);
        assert!(manifest.worker.is_some());
    }
    assert_eq!(flow.finish().await, vec![Stopped::Drained; FLOW.len()]);
    for name in queue::all() {
        assert_eq!(flow.broker.depth(&name).await.unwrap().ready, 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_process_serves_all_stages_with_the_same_result() {
    let mut apart = Flow::default();
    apart.start_all();
    apart.submit(&job("same")).await;
    apart.ended(&job("same")).await;
    let mut together = Flow::default();
    let all: Vec<_> = FLOW.iter().map(|spec| spec.name).collect();
    together.start(&all);
    together.submit(&job("other")).await;
    together.ended(&job("other")).await;
    assert_eq!(
        apart.result(&job("same")).await,
        together.result(&job("other")).await
    );
}

#[tokio::test(start_paused = true)]
async fn an_optional_stage_that_gives_up_does_not_stop_the_job() {
    let mut flow = Flow::acting(at(StageName::Ocr, |_| async {
        Err(StageError::rejected("letters too small"))
    }));
    flow.start_all();
    flow.submit(&job("one")).await;
    let manifests = flow.ended(&job("one")).await;
    let (class, why) = failure(&manifests[&StageName::Ocr].outcome);
    assert_eq!((class, why), (FailureClass::Rejected, "letters too small"));
    let Outcome::Done { output } = &manifests[&StageName::Timeline].outcome else {
        panic!("the timeline has no output");
    };
    assert_eq!(output["degraded"], true);
    assert!(flow.dead(StageName::Ocr).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_needed_stage_that_gives_up_is_one_dead_letter_and_all_stages_end() {
    let mut flow = Flow::acting(at(StageName::Decode, |_| async {
        Err(StageError::rejected("corrupt"))
    }));
    flow.start_all();
    flow.submit(&job("one")).await;
    let manifests = flow.ended(&job("one")).await;
    let (class, _) = failure(&manifests[&StageName::Timeline].outcome);
    assert_eq!(class, FailureClass::Upstream);
    let dead = flow.until_dead(StageName::Decode, 1).await;
    assert_eq!(dead.len(), 1);
    assert_eq!(reason(&dead[0]), "rejected");
    flow.finish().await;
    for spec in FLOW.iter().filter(|spec| spec.name != StageName::Decode) {
        assert!(flow.dead(spec.name).await.is_empty(), "{}", spec.name);
    }
}

#[tokio::test(start_paused = true)]
async fn stages_that_were_not_asked_for_are_left_out() {
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let mut flow = Flow::acting(at(StageName::Detect, move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }
    }));
    flow.start_all();
    let job = Job {
        without: vec![StageName::Detect],
        ..job("one")
    };
    flow.submit(&job).await;
    let manifests = flow.ended(&job).await;
    let (class, _) = failure(&manifests[&StageName::Detect].outcome);
    assert_eq!(class, FailureClass::SwitchedOff);
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_in_json_is_a_job() {
    let mut flow = Flow::default();
    flow.start_all();
    let body = br#"{"url": "https://example.com/clip.mp4"}"#;
    flow.send_raw(StageName::Ingest, body, None).await;
    flow.ended(&job("made-up-0")).await;
    // The same bytes again are another job, unless they carry the same name.
    flow.send_raw(StageName::Ingest, body, None).await;
    flow.ended(&job("made-up-1")).await;
    let named = Job::new(JobId::of_request("order-7"), job("x").source);
    for _ in 0..3 {
        flow.send_raw(StageName::Ingest, body, Some("order-7"))
            .await;
    }
    flow.ended(&named).await;
    flow.until(async || flow.broker.depth("ingest").await.unwrap().ready == 0)
        .await;
    assert_eq!(
        flow.result(&named).await,
        flow.result(&job("made-up-0")).await
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_name_keeps_its_job_when_it_is_delivered_again() {
    let mut flow = Flow::default();
    let body = br#"{"url": "https://example.com/clip.mp4"}"#;
    flow.send_raw(StageName::Ingest, body, None).await;
    // A worker that took it, gave it a name and died before it settled.
    let taken = flow.broker.browse("ingest", 1).await.unwrap();
    use stage::Artifacts;
    let digest = contracts::Sha256::of(body);
    let begun = format!("intake/{digest}/earlier/begun");
    flow.store
        .put(
            &contracts::ArtifactKey::new(begun).unwrap(),
            bytes::Bytes::new(),
        )
        .await
        .unwrap();
    drop(taken);
    flow.start_all();
    flow.ended(&job("earlier")).await;
    flow.finish().await;
    assert!(
        flow.jobs()
            .find(&JobId::new("made-up-0").unwrap())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_may_not_leave_out_what_every_result_needs() {
    let mut flow = Flow::default();
    flow.start(&[StageName::Ingest]);
    let body = br#"{"url": "https://example.com/clip.mp4", "without": ["decode"]}"#;
    flow.send_raw(StageName::Ingest, body, None).await;
    let dead = flow.until_dead(StageName::Ingest, 1).await;
    assert!(dead[0].headers[broker::HEADER_DETAIL].contains("decode"));
}

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
    let mut flow = Flow::default();
    for number in 0..5 {
        flow.submit(&job(&format!("good-{number}"))).await;
    }
    flow.submit(&job("poison")).await;
    // Whoever takes the poison dies: the broker takes it back, and counts.
    for _ in 0..flow.policy.max_attempts {
        let mut held = flow.broker.browse("ingest", 100).await.unwrap();
        let poison = held
            .iter()
            .position(|held| held.message.correlation_id.as_deref() == Some("poison"));
        held.remove(poison.unwrap()).give_back().await;
        for innocent in held {
            // Never handed over, so never counted: with one slot there is one in hand.
            let message = innocent.message.clone();
            innocent.accept().await;
            flow.broker.publish("ingest", &message).await.unwrap();
        }
    }
    flow.start_all();
    for number in 0..5 {
        flow.ended(&job(&format!("good-{number}"))).await;
    }
    let dead = flow.until_dead(StageName::Ingest, 1).await;
    assert_eq!(dead.len(), 1);
    assert_eq!(reason(&dead[0]), "attempts_exhausted");
    assert_eq!(dead[0].correlation_id.as_deref(), Some("poison"));
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
async fn a_message_after_its_deadline_is_not_worked_on() {
    let mut flow = Flow::default();
    flow.start_all();
    let late = Job {
        deadline_unix_ms: Some(1),
        ..job("late")
    };
    flow.submit(&late).await;
    let dead = flow.until_dead(StageName::Ingest, 1).await;
    assert_eq!(reason(&dead[0]), "deadline");
    let manifests = flow.ended(&late).await;
    let (class, _) = failure(&manifests[&StageName::Ingest].outcome);
    assert_eq!(class, FailureClass::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_job_is_left_alone_even_while_it_runs() {
    let mut flow = Flow::acting(at(StageName::Decode, |_| std::future::pending()));
    flow.start_all();
    flow.submit(&job("one")).await;
    flow.until(async || flow.broker.depth("ingest").await.unwrap().ready == 0)
        .await;
    flow.until(async || flow.manifests(&job("one")).await.len() == 1)
        .await;
    flow.jobs().cancel(&job("one").job_id).await.unwrap();
    // The slot is free again: the next job gets as far.
    flow.submit(&job("two")).await;
    flow.until(async || flow.manifests(&job("two")).await.len() == 1)
        .await;
    assert_eq!(flow.manifests(&job("one")).await.len(), 1);
    assert!(flow.dead(StageName::Decode).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn parked_work_counts_no_attempt() {
    let tries = Arc::new(AtomicU32::new(0));
    let tried = tries.clone();
    let mut flow = Flow::acting(at(StageName::Ingest, move |context| {
        let attempt = context.attempt;
        let number = tried.fetch_add(1, Ordering::SeqCst);
        async move {
            assert_eq!(attempt, 1);
            match number {
                0..20 => Err(StageError::parked(
                    "platform is down",
                    Duration::from_secs(60),
                )),
                _ => Ok(()),
            }
        }
    }));
    flow.start_all();
    flow.submit(&job("one")).await;
    let manifests = flow.ended(&job("one")).await;
    assert_eq!(manifests[&StageName::Ingest].attempts, 1);
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

#[tokio::test(start_paused = true)]
async fn too_much_memory_ends_the_worker_between_messages() {
    let mut flow = Flow::default();
    flow.limits.memory.end_bytes = Some(1000);
    let health = flow.start(&[StageName::Ingest]);
    flow.submit(&job("one")).await;
    flow.until(async || !flow.messages("decode").await.is_empty())
        .await;
    assert!(health.live().is_ok());
    flow.memory.lock().unwrap().resident_bytes = Some(1001);
    flow.until(async || health.live().is_err()).await;
    assert!(matches!(&flow.finish().await[..], [Stopped::Broken(_)]));
}

#[tokio::test(start_paused = true)]
async fn a_job_nobody_asked_for_is_a_dead_letter() {
    let mut flow = Flow::default();
    flow.start(&[StageName::Shots]);
    let envelope = {
        let mut other = Flow::default();
        other.start(&[StageName::Ingest, StageName::Decode]);
        other.submit(&job("one")).await;
        other
            .until(async || !other.messages("shots").await.is_empty())
            .await;
        let message = other.messages("shots").await.remove(0);
        decode_exact::<Envelope>(&message.body).unwrap()
    };
    flow.send(StageName::Shots, &envelope).await;
    let dead = flow.until_dead(StageName::Shots, 1).await;
    assert_eq!(reason(&dead[0]), "unknown_job");
}
