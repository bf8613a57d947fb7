//! What a watched store tells, and that it does what any store does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use artifacts::{Memory, Traced, contract_suite};
use bytes::Bytes;
use contracts::{ArtifactKey, JobId, StageName};
use stage::{ArtifactError, Artifacts};
use std::{sync::Arc, time::Duration};
use telemetry::{TelemetryConfig, work::stage_span};
use testkit::{
    ManualClock,
    otlp::{OtlpSink, OtlpSpan},
};
use tracing::Instrument;

const LIMIT: Duration = Duration::from_secs(30);

fn watched() -> Traced {
    Traced::new(
        Arc::new(Memory::default()),
        Arc::new(ManualClock::default()),
    )
}

#[tokio::test]
async fn a_watched_store_keeps_the_contract() {
    contract_suite::run(Arc::new(watched())).await;
}

async fn work(store: &Traced) {
    let key = ArtifactKey::new("jobs/j-1/detect/secret.json").unwrap();
    let stored = store.put(&key, Bytes::from_static(b"four")).await.unwrap();
    assert_eq!(store.get(&stored).await.unwrap(), "four");
    store.get_range(&stored, 1..3).await.unwrap();
    let other = store.put(&key, Bytes::from_static(b"five!")).await;
    assert!(matches!(other, Err(ArtifactError::Conflict { .. })));
    store.find(&key).await.unwrap();
    store.list("jobs/j-1/detect/sec").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_are_spans_of_the_work_and_metrics() {
    let sink = OtlpSink::start();
    let config = TelemetryConfig {
        otlp_endpoint: Some(sink.endpoint().parse().unwrap()),
        ..TelemetryConfig::new("rumiai-test")
    };
    let telemetry = telemetry::init(&config).unwrap();
    let job = JobId::new("j-1").unwrap();
    work(&watched())
        .instrument(stage_span(StageName::Detect, &job, 1))
        .await;

    tokio::task::block_in_place(|| telemetry.shutdown(LIMIT)).unwrap();
    let spans = sink.wait(LIMIT, |spans| spans.len() == 7);
    let stage = spans
        .iter()
        .find(|span| span.name == "stage detect")
        .unwrap();
    let told: Vec<_> = spans
        .iter()
        .filter(|span| span.name != stage.name)
        .map(|span| {
            (
                span.name.as_str(),
                span.attribute("rumiai.artifact.prefix").unwrap(),
                span.attribute("rumiai.artifact.bytes"),
                span.error.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("put artifact", "jobs/j-1/detect", Some("4"), None),
            ("get artifact", "jobs/j-1/detect", Some("4"), None),
            ("get_range artifact", "jobs/j-1/detect", Some("2"), None),
            ("put artifact", "jobs/j-1/detect", None, Some("conflict")),
            ("find artifact", "jobs/j-1/detect", Some("0"), None),
            ("list artifact", "jobs", Some("0"), None),
        ]
    );
    let of_stage = |span: &OtlpSpan| span.parent_span_id.as_ref() == Some(&stage.span_id);
    assert_eq!(spans.iter().filter(|span| of_stage(span)).count(), 6);
    assert!(
        spans
            .iter()
            .all(|span| span.attribute("job.id") == Some("j-1"))
    );
    assert!(
        !format!("{spans:?}").contains("sec"),
        "names of files stay inside"
    );
    let metrics = telemetry.render_metrics();
    for line in [
        "rumiai_artifact_stored_bytes_total 4\n",
        "rumiai_artifact_read_bytes_total 6\n",
        "rumiai_artifact_failures_total{operation=\"put\",reason=\"conflict\"} 1\n",
        "rumiai_artifact_duration_seconds_count{operation=\"put\"} 2\n",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_store_does_is_part_of_its_span() {
    let sink = OtlpSink::start();
    let config = TelemetryConfig {
        otlp_endpoint: Some(sink.endpoint().parse().unwrap()),
        ..TelemetryConfig::new("rumiai-test")
    };
    let telemetry = telemetry::init(&config).unwrap();
    let outer = Traced::new(Arc::new(watched()), Arc::new(ManualClock::default()));
    outer.list("jobs/").await.unwrap();

    tokio::task::block_in_place(|| telemetry.shutdown(LIMIT)).unwrap();
    let spans = sink.wait(LIMIT, |spans| spans.len() == 2);
    assert_eq!(spans[0].parent_span_id.as_ref(), Some(&spans[1].span_id));
}
