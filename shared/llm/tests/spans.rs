//! What an attempt tells of itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use contracts::{JobId, StageName};
use llm::{Options, error::Code};
use std::time::Duration;
use support::{Scripted, Turn, client, fail, only, request, settings};
use telemetry::{TelemetryConfig, messaging::Received};
use testkit::otlp::{OtlpSink, OtlpSpan};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

const LIMIT: Duration = Duration::from_secs(30);
const CALLER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// One process tells its spans to one receiver, so all of it is one test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attempt_is_a_span_below_its_caller_with_the_providers_name_for_it() {
    let sink = OtlpSink::start();
    let config = TelemetryConfig {
        otlp_endpoint: Some(sink.endpoint().parse().unwrap()),
        ..TelemetryConfig::new("rumiai-test")
    };
    let telemetry = telemetry::init(&config).unwrap();
    let mut settings = settings();
    settings.llm_retry_base_ms = 1;
    let claude = Scripted::new("claude", vec![fail(Code::Overloaded)], Turn::Say("hi"));
    let client = client(settings, &[&claude], only());
    let cancel = CancellationToken::new();

    let mut request = request();
    request.trace.traceparent = Some(CALLER.into());
    let asked = client.complete(&request, &cancel, Options::default());
    assert_eq!(asked.await.unwrap().attempts.len(), 2);

    request.trace.traceparent = None;
    let job = JobId::new("j-1").unwrap();
    let process = telemetry::messaging::process_span(&Received {
        queue: "classify",
        message_id: "m-1",
        job: &job,
        stage: StageName::People,
        attempt: 1,
        delivery_tag: None,
        traceparent: None,
    });
    let asked = client.complete(&request, &cancel, Options::default());
    asked.instrument(process).await.unwrap();

    // What is not asked is no attempt.
    request.messages.clear();
    let refused = client.complete(&request, &cancel, Options::default());
    assert!(refused.await.is_err());

    tokio::task::block_in_place(|| telemetry.shutdown(LIMIT)).unwrap();
    let spans = sink.wait(LIMIT, |spans| spans.len() >= 4);
    assert_eq!(spans.len(), 4, "{spans:?}");
    let asks: Vec<&OtlpSpan> = spans
        .iter()
        .filter(|span| span.name == "ask claude-haiku-5-5")
        .collect();
    let of_caller: Vec<&&OtlpSpan> = asks
        .iter()
        .filter(|span| span.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736")
        .collect();
    assert_eq!((asks.len(), of_caller.len()), (3, 2));
    for (span, attempt, id, error) in [
        (of_caller[0], "1", "", Some("Overloaded")),
        (of_caller[1], "2", "req_1", None),
    ] {
        assert_eq!(span.parent_span_id.as_deref(), Some("00f067aa0ba902b7"));
        assert_eq!(span.kind, "client");
        assert_eq!(span.attribute("rumiai.attempt"), Some(attempt));
        assert_eq!(span.attribute("rumiai.provider.request_id"), Some(id));
        assert_eq!(span.attribute("rumiai.model.provider"), Some("claude"));
        assert_eq!(
            span.attribute("rumiai.model.name"),
            Some("claude-haiku-5-5")
        );
        assert_eq!(span.attribute("error.type"), error);
        assert!(
            !format!("{span:?}").contains("hello"),
            "nothing of what is said"
        );
    }
    let process = spans.iter().find(|span| span.name == "process classify");
    let below = asks
        .iter()
        .find(|span| span.trace_id == process.unwrap().trace_id);
    let parent = below.unwrap().parent_span_id.as_ref();
    assert_eq!(parent, Some(&process.unwrap().span_id));
}
