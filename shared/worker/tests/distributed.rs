//! Workers on a broker and a store in memory, through their public API. Time stands still and is
//! moved on by waiting, so that tiers of minutes pass in no time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use broker::Transport;
use common::{Flow, Passed, at, failure, job, reason};
use contracts::{
    Envelope, JobId, Outcome, StageName, codec::decode_exact, flow::FLOW, job::Job,
    manifest::FailureClass, queue,
};
use stage::StageError;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use worker::{FailPoint, Stopped};

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

/// Nobody needs a worker for what nobody asks for.
#[tokio::test(start_paused = true)]
async fn a_stage_on_request_is_over_at_once_where_nobody_asks_for_it() {
    let mut flow = Flow::default();
    let always = FLOW.iter().filter(|spec| !spec.on_request);
    for spec in always {
        flow.start(&[spec.name]);
    }
    let plain = Job {
        with: Vec::new(),
        ..job("plain")
    };
    flow.submit(&plain).await;
    let manifests = flow.ended(&plain).await;
    for spec in FLOW {
        let outcome = &manifests[&spec.name].outcome;
        let class = match outcome {
            Outcome::Done { .. } => None,
            Outcome::Failed { class, .. } => Some(*class),
        };
        let expected = spec.on_request.then_some(FailureClass::SwitchedOff);
        assert_eq!(class, expected, "{}: {outcome:?}", spec.name);
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
