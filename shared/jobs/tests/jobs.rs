//! Jobs and dead letters on a broker and a store in memory.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use artifacts::Memory as Store;
use broker::{
    HEADER_BURIED, HEADER_DETAIL, HEADER_REASON, HEADER_REPLAYS, Memory, Outgoing, Transport,
};
use contracts::{
    BatchName, Envelope, JobId, Manifest, Outcome, PROGRAM_VERSION, StageName,
    codec::decode_exact,
    flow::FLOW,
    job::{Job, Source},
    manifest::FailureClass,
    queue,
};
use jobs::{Client, ClientError, JobState, LetterFilter, Letters, StageState, letter_counts};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use testkit::ManualClock;

struct Desk {
    broker: Memory,
    clock: Arc<ManualClock>,
    client: Client,
}

impl Default for Desk {
    fn default() -> Self {
        let broker = Memory::default();
        let clock = Arc::<ManualClock>::default();
        let client = Client::new(
            Arc::new(broker.clone()),
            Arc::new(Store::default()),
            clock.clone(),
        );
        Self {
            broker,
            clock,
            client,
        }
    }
}

fn id(name: &str) -> JobId {
    JobId::new(name).unwrap()
}

fn job(name: &str) -> Job {
    let url = "https://example.com/clip.mp4?token=secret";
    Job::new(id(name), Source::Url(url.into()))
}

fn manifest(job: &JobId, stage: StageName, outcome: Outcome) -> Manifest {
    Manifest {
        job_id: job.clone(),
        stage,
        program_version: PROGRAM_VERSION.into(),
        outcome,
        artifacts: Vec::new(),
        models: Vec::new(),
        attempts: 1,
        started_unix_ms: 1_700_000_000_000,
        duration_ms: 1500,
        trace_id: None,
        worker: None,
    }
}

fn done() -> Outcome {
    Outcome::Done {
        output: serde_json::Value::Null,
    }
}

fn failed(class: FailureClass, reason: &str) -> Outcome {
    Outcome::Failed {
        reason: reason.into(),
        class,
    }
}

impl Desk {
    async fn end(&self, job: &JobId, stage: StageName, outcome: Outcome) {
        let manifest = manifest(job, stage, outcome);
        self.client.jobs().finish(&manifest).await.unwrap();
    }

    async fn end_all(&self, job: &JobId, outcome_of: impl Fn(StageName) -> Outcome) {
        for spec in FLOW {
            self.end(job, spec.name, outcome_of(spec.name)).await;
        }
    }

    async fn state(&self, job: &JobId) -> JobState {
        self.client.status(job).await.unwrap().state
    }

    async fn in_queue(&self, queue: &str) -> Vec<Outgoing> {
        let held = self.broker.browse(queue, 100).await.unwrap();
        held.iter().map(|held| held.message.clone()).collect()
    }

    async fn bury(&self, stage: StageName, message: Outgoing, reason: &str, age: Duration) {
        use stage::Clock;
        let now = self.clock.now().duration_since(std::time::UNIX_EPOCH);
        let buried = now.unwrap().saturating_sub(age).as_millis().to_string();
        let mut message = message;
        for (header, value) in [
            (HEADER_REASON, reason),
            (HEADER_DETAIL, "as it happened"),
            (HEADER_BURIED, &buried),
        ] {
            message.headers.insert(header.into(), value.into());
        }
        let queue = queue::dead(stage);
        self.broker.publish(&queue, &message).await.unwrap();
    }
}

#[tokio::test]
async fn a_submitted_job_is_written_down_and_published_once() {
    let desk = Desk::default();
    let batch = BatchName::new("monday").unwrap();
    let wanted = Job {
        batch: Some(batch.clone()),
        priority: Some(9),
        ..job("one")
    };
    let accepted = desk.client.submit(&wanted).await.unwrap();
    assert!(accepted.submitted_unix_ms.is_some());
    let messages = desk.in_queue("ingest").await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].priority, Some(9));
    let envelope: Envelope = decode_exact(&messages[0].body).unwrap();
    assert_eq!(envelope.job_id, accepted.job_id);
    assert_eq!(desk.client.of_batch(&batch).await.unwrap(), [id("one")]);
    // What is asked the second time does not change what was asked the first time.
    desk.clock.advance(Duration::from_secs(60));
    let again = desk.client.submit(&wanted).await.unwrap();
    assert_eq!(again.submitted_unix_ms, accepted.submitted_unix_ms);
    let status = desk.client.status(&id("one")).await.unwrap();
    assert_eq!(status.source, "https://example.com/clip.mp4", "no secrets");
}

#[tokio::test]
async fn a_job_cannot_leave_out_what_every_result_needs() {
    let desk = Desk::default();
    let wanted = Job {
        without: vec![StageName::Ocr, StageName::Timeline],
        ..job("one")
    };
    let refused = desk.client.submit(&wanted).await;
    assert!(matches!(
        refused,
        Err(ClientError::Needed(StageName::Timeline))
    ));
    assert!(desk.in_queue("ingest").await.is_empty());
    let unknown = desk.client.status(&id("one")).await;
    assert!(matches!(unknown, Err(ClientError::Unknown(_))));
}

#[tokio::test]
async fn states_follow_what_lies_in_the_store() {
    let desk = Desk::default();
    for name in [
        "queued",
        "running",
        "done",
        "degraded",
        "failed",
        "cancelled",
    ] {
        desk.client.submit(&job(name)).await.unwrap();
    }
    desk.end(&id("running"), StageName::Ingest, done()).await;
    desk.end_all(&id("done"), |stage| match stage {
        StageName::Label => failed(FailureClass::SwitchedOff, "not asked for"),
        _ => done(),
    })
    .await;
    desk.end_all(&id("degraded"), |stage| match stage {
        StageName::Ocr => failed(FailureClass::Exhausted, "no luck"),
        _ => done(),
    })
    .await;
    desk.end(&id("failed"), StageName::Ingest, done()).await;
    let corrupt = failed(FailureClass::Rejected, "corrupt");
    desk.end(&id("failed"), StageName::Decode, corrupt).await;
    let state = desk.client.cancel(&id("cancelled")).await.unwrap();
    assert_eq!(state, JobState::Cancelled);
    for (name, state) in [
        ("queued", JobState::Queued),
        ("running", JobState::Running),
        ("done", JobState::Done),
        ("degraded", JobState::Degraded),
        ("failed", JobState::Failed),
        ("cancelled", JobState::Cancelled),
    ] {
        assert_eq!(desk.state(&id(name)).await, state, "{name}");
    }
    let status = desk.client.status(&id("failed")).await.unwrap();
    let failure = status.failure.unwrap();
    assert_eq!(
        (failure.stage, failure.reason.as_str()),
        (StageName::Decode, "corrupt")
    );
    let of_done = desk.client.status(&id("done")).await.unwrap();
    assert_eq!(of_done.progress(), (FLOW.len(), FLOW.len()));
    let label = of_done
        .stages
        .iter()
        .find(|stage| stage.stage == StageName::Label);
    assert_eq!(label.unwrap().state, StageState::Skipped);
    // What has ended is not called off any more.
    let state = desk.client.cancel(&id("done")).await.unwrap();
    assert_eq!(state, JobState::Done);
    assert_eq!(desk.state(&id("done")).await, JobState::Done);
}

#[tokio::test]
async fn a_repetition_is_a_job_of_its_own() {
    let desk = Desk::default();
    let late = Job {
        deadline_unix_ms: Some(1),
        ..job("one")
    };
    desk.client.submit(&late).await.unwrap();
    let early = desk.client.retry(&id("one"), id("two")).await;
    assert!(matches!(
        early,
        Err(ClientError::NotEnded(_, JobState::Queued))
    ));
    let passed = failed(FailureClass::Expired, "too late");
    desk.end(&id("one"), StageName::Ingest, passed).await;
    let again = desk.client.retry(&id("one"), id("two")).await.unwrap();
    assert_eq!(again.retry_of, Some(id("one")));
    assert_eq!(again.deadline_unix_ms, None, "or it would be late as well");
    assert_eq!(desk.state(&id("one")).await, JobState::Failed);
    assert_eq!(desk.state(&id("two")).await, JobState::Queued);
}

fn raw(body: &str) -> Outgoing {
    Outgoing {
        body: body.to_owned().into(),
        ..Outgoing::default()
    }
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn dead_letters_are_listed_by_what_is_asked_and_stay() {
    let desk = Desk::default();
    desk.bury(StageName::Ingest, raw("a"), "undecodable", 3 * HOUR)
        .await;
    desk.bury(StageName::Ingest, raw("b"), "unknown_schema", HOUR)
        .await;
    desk.bury(StageName::Decode, raw("c"), "rejected", HOUR)
        .await;
    let letters = Letters(&desk.client);
    let found = letters.list(&LetterFilter::default()).await.unwrap();
    let counts = letter_counts(&found);
    assert_eq!(counts[&(StageName::Ingest, "undecodable".into())], 1);
    assert_eq!(found.len(), 3);
    let count = async |filter: LetterFilter| letters.list(&filter).await.unwrap().len();
    let stage = Some(StageName::Ingest);
    let all = LetterFilter::default;
    assert_eq!(count(LetterFilter { stage, ..all() }).await, 2);
    let reason = Some("rejected".to_owned());
    assert_eq!(count(LetterFilter { reason, ..all() }).await, 1);
    let older_than = Some(2 * HOUR);
    assert_eq!(
        count(LetterFilter {
            older_than,
            ..all()
        })
        .await,
        1
    );
    let limit = Some(2);
    assert_eq!(count(LetterFilter { limit, ..all() }).await, 2);
    let id = Some(found[1].id.clone());
    assert_eq!(count(LetterFilter { id, ..all() }).await, 1);
    assert_eq!(count(all()).await, 3, "looking takes nothing away");
}

#[tokio::test]
async fn what_nobody_could_read_goes_back_as_it_is() {
    let desk = Desk::default();
    desk.bury(StageName::Ingest, raw("newer"), "unknown_schema", HOUR)
        .await;
    desk.bury(StageName::Ingest, raw("noise"), "undecodable", HOUR)
        .await;
    let wanted = LetterFilter {
        reason: Some("unknown_schema".into()),
        ..LetterFilter::default()
    };
    let letters = Letters(&desk.client);
    let replayed = letters.replay(&wanted, || id("unused")).await.unwrap();
    assert_eq!(replayed.len(), 1);
    assert_eq!(replayed[0].new_job_id, None);
    let back = desk.in_queue("ingest").await;
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].body, "newer");
    assert_eq!(back[0].headers[HEADER_REPLAYS], "1");
    assert!(!back[0].headers.contains_key(HEADER_REASON));
    assert_eq!(desk.in_queue("ingest.dead").await.len(), 1);
    let purged = letters.purge(&LetterFilter::default()).await.unwrap();
    assert_eq!(purged.len(), 1);
    assert!(desk.in_queue("ingest.dead").await.is_empty());
}

#[tokio::test]
async fn a_job_that_ended_is_submitted_anew_by_a_replay() {
    let desk = Desk::default();
    desk.client.submit(&job("one")).await.unwrap();
    let message = desk.in_queue("ingest").await.remove(0);
    let letters = Letters(&desk.client);
    let rejected = failed(FailureClass::Rejected, "gone");
    desk.end(&id("one"), StageName::Ingest, rejected).await;
    desk.bury(StageName::Ingest, message, "rejected", HOUR)
        .await;
    let number = AtomicU32::new(0);
    let new_id = || id(&format!("again-{}", number.fetch_add(1, Ordering::SeqCst)));
    let replayed = letters
        .replay(&LetterFilter::default(), new_id)
        .await
        .unwrap();
    assert_eq!(replayed[0].new_job_id.as_deref(), Some("again-0"));
    assert_eq!(desk.state(&id("again-0")).await, JobState::Queued);
    assert!(desk.in_queue("ingest.dead").await.is_empty());
}
