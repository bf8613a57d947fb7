//! What spans look like to somebody who receives them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::{LIMIT, config, job, named, start};
use contracts::StageName;
use std::time::{Duration, SystemTime};
use telemetry::{
    attribute,
    catalogue::SPANS,
    context,
    messaging::{self, Received, Settlement},
    work,
};
use testkit::otlp::{Collector, OtlpSink, OtlpSpan};
use tracing::Span;

fn received<'a>(job: &'a contracts::JobId, origin: &'a str, attempt: u32) -> Received<'a> {
    Received {
        queue: "detect",
        message_id: "m-1",
        job,
        stage: StageName::Detect,
        attempt,
        delivery_tag: Some(7),
        traceparent: Some(origin),
    }
}

/// One message through a broker: published, waiting, processed with a batch, settled.
fn one_message() -> String {
    let job = job();
    let publish = messaging::publish_span("detect", "m-1", &job);
    let origin = context::traceparent(&publish).unwrap();
    drop(publish);
    let arrived = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_002_500);
    messaging::queue_wait(
        StageName::Detect,
        1_700_000_000_000,
        arrived,
        &job,
        Some(&origin),
    );
    messaging::process_span(&received(&job, &origin, 1)).in_scope(|| {
        work::stage_span(StageName::Detect, &job, 1).in_scope(|| {
            let batch = work::infer_span("yolox", "CPU", 8);
            messaging::fail(&batch, "environment:model");
            let asked = work::ask_span("claude", "haiku", 2, None);
            work::named_by_provider(&asked, Some("req_1"));
            let artifact = work::artifact_span("put", "jobs/j-1/detect");
            work::moved(&artifact, 42);
        });
        drop(messaging::settle_span(
            Settlement::Ack,
            "detect",
            "m-1",
            &job,
            Some(7),
        ));
    });
    origin
}

const NAMES: [&str; 8] = [
    "publish detect",
    "wait detect",
    "process detect",
    "stage detect",
    "infer yolox",
    "ask haiku",
    "put artifact",
    "ack detect",
];

fn all_there(spans: &[OtlpSpan]) -> bool {
    NAMES
        .iter()
        .all(|name| spans.iter().any(|span| span.name == *name))
}

#[test]
fn spans_keep_parents_links_and_names_through_the_real_collector() {
    let sink = OtlpSink::start();
    let collector = Collector::before(&sink);
    let telemetry = start(&config(&collector.endpoint()));

    one_message();

    telemetry.shutdown(LIMIT).unwrap();
    let spans = sink.wait(LIMIT, all_there);
    assert_eq!(spans.len(), NAMES.len(), "nothing else is told");
    let [publish, wait, process, stage, infer, ask, put, ack] =
        NAMES.map(|name| named(&spans, name));
    let id = |span: &OtlpSpan| Some(span.span_id.clone());
    let link = |span: &OtlpSpan| vec![(span.trace_id.clone(), span.span_id.clone())];
    assert_eq!(publish.parent_span_id, None);
    for (child, parent) in [
        (&wait, &publish),
        (&process, &publish),
        (&stage, &process),
        (&infer, &stage),
        (&ask, &stage),
        (&put, &stage),
        (&ack, &process),
    ] {
        assert_eq!(child.parent_span_id, id(parent), "{}", child.name);
        assert_eq!(child.trace_id, publish.trace_id, "{}", child.name);
    }
    assert_eq!(
        (&wait.links, &process.links),
        (&link(&publish), &link(&publish))
    );
    assert_eq!(infer.links, link(&stage));
    assert_eq!(
        (wait.start_unix_ns, wait.end_unix_ns),
        (1_700_000_000_000_000_000, 1_700_000_002_500_000_000)
    );
    let kinds = [&publish, &wait, &process, &stage, &infer, &ask, &put, &ack].map(|span| span.kind);
    assert_eq!(
        kinds,
        [
            "producer", "internal", "consumer", "internal", "internal", "client", "client",
            "client"
        ]
    );
}

#[test]
fn attributes_are_those_of_the_conventions_and_no_others() {
    let sink = OtlpSink::start();
    let telemetry = start(&config(&sink.endpoint()));
    one_message();
    telemetry.shutdown(LIMIT).unwrap();
    let spans = sink.wait(LIMIT, all_there);

    let process = named(&spans, "process detect");
    let expected = [
        ("job.id", "j-1"),
        ("messaging.destination.name", "flow:detect"),
        ("messaging.message.conversation_id", "j-1"),
        ("messaging.message.id", "m-1"),
        ("messaging.operation.name", "process"),
        ("messaging.operation.type", "process"),
        ("messaging.rabbitmq.destination.routing_key", "detect"),
        ("messaging.rabbitmq.message.delivery_tag", "7"),
        ("messaging.system", "rabbitmq"),
        ("rumiai.attempt", "1"),
        ("rumiai.stage", "detect"),
    ];
    let found: Vec<_> = process
        .attributes
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(found, expected);
    let operation = |name| {
        let span = named(&spans, name);
        ["messaging.operation.name", "messaging.operation.type"]
            .map(|key| span.attribute(key).unwrap().to_owned())
    };
    assert_eq!(operation("publish detect"), ["publish", "send"]);
    assert_eq!(operation("ack detect"), ["ack", "settle"]);
    let infer = named(&spans, "infer yolox");
    assert_eq!(infer.attribute(attribute::MODEL_BATCH_SIZE), Some("8"));
    assert_eq!(
        infer.attribute(attribute::ERROR_TYPE),
        Some("environment:model")
    );
    assert_eq!(infer.error.as_deref(), Some("environment:model"));
    assert_eq!(
        named(&spans, "put artifact").attribute(attribute::ARTIFACT_BYTES),
        Some("42")
    );
    for span in &spans {
        assert_eq!(span.attribute("job.id"), Some("j-1"), "{}", span.name);
        keeps_to_the_table(span);
        assert_eq!(span.resource["service.name"], "rumiai-test");
        assert_eq!(span.resource["service.version"], contracts::PROGRAM_VERSION);
        assert_eq!(span.resource["service.instance.id"].len(), 36);
    }
}

fn keeps_to_the_table(span: &OtlpSpan) {
    let operation = span.name.split(' ').next().unwrap();
    let row = SPANS.iter().find(|row| row.operation == operation);
    let row = row.unwrap_or_else(|| panic!("{} is not in the table", span.name));
    assert_eq!(row.kind, span.kind, "{}", span.name);
    for name in span.attributes.keys() {
        let everywhere = [attribute::JOB_ID, attribute::ERROR_TYPE].contains(&name.as_str());
        let known = everywhere || row.attributes().any(|known| known == name);
        assert!(known, "{} has {name}, which is not in its row", span.name);
        let told = attribute::ATTRIBUTES.iter().any(|(known, _)| known == name);
        assert!(told, "{name} is not among the attributes");
    }
    for name in row.attributes() {
        assert!(
            span.attribute(name).is_some(),
            "{} has no {name}",
            span.name
        );
    }
}

#[test]
fn a_further_attempt_goes_on_with_the_trace_of_the_message() {
    let sink = OtlpSink::start();
    let telemetry = start(&config(&sink.endpoint()));
    let job = job();
    let publish = messaging::publish_span("detect", "m-1", &job);
    let origin = context::traceparent(&publish).unwrap();
    // Whatever the worker is about when it takes the message is not the message's parent.
    let other = messaging::publish_span("shots", "m-0", &job);
    other.in_scope(|| drop(messaging::process_span(&received(&job, &origin, 2))));
    drop(other);
    drop(publish);
    telemetry.shutdown(LIMIT).unwrap();

    let spans = sink.wait(LIMIT, |spans| spans.len() == 3);
    let (publish, process) = (
        named(&spans, "publish detect"),
        named(&spans, "process detect"),
    );
    assert_eq!(process.parent_span_id.as_ref(), Some(&publish.span_id));
    assert_eq!(process.trace_id, publish.trace_id);
    assert_eq!(
        process.links,
        [(publish.trace_id.clone(), publish.span_id.clone())]
    );
    assert_eq!(publish.traceparent(), origin);
}

#[test]
fn what_is_no_trace_context_begins_a_trace() {
    let sink = OtlpSink::start();
    let telemetry = start(&config(&sink.endpoint()));
    let job = job();
    let hostile = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\nevil: 1";
    drop(messaging::process_span(&received(&job, hostile, 1)));
    // A clock that is ahead, and one that ran away.
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    for published in [1_800_000_000_000, u64::MAX] {
        messaging::queue_wait(StageName::Detect, published, now, &job, Some(hostile));
    }
    telemetry.shutdown(LIMIT).unwrap();

    let spans = sink.wait(LIMIT, |spans| spans.len() == 3);
    for span in &spans {
        assert_eq!(
            (span.parent_span_id.as_ref(), span.links.len()),
            (None, 0),
            "{}",
            span.name
        );
    }
    let wait = named(&spans, "wait detect");
    assert_eq!(wait.start_unix_ns, wait.end_unix_ns);
}

#[test]
fn spans_of_other_crates_stay_inside() {
    let sink = OtlpSink::start();
    let telemetry = start(&config(&sink.endpoint()));
    tracing::info_span!(target: "lapin::channel", "secret").in_scope(|| {
        tracing::info_span!(target: "worker::loop", "told").in_scope(|| {
            tracing::error!(target: "worker::loop", "a line is no part of a span");
        });
    });
    drop(tracing::debug_span!(target: "worker::loop", "detail"));
    telemetry.shutdown(LIMIT).unwrap();
    let spans = sink.wait(LIMIT, |spans| !spans.is_empty());
    let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["told"]);
    assert_eq!(spans[0].parent_span_id, None);
    assert_eq!(spans[0].error, None);
}

#[test]
fn without_a_receiver_spans_have_ids() {
    let mut config = config("http://127.0.0.1:1");
    config.otlp_endpoint = None;
    let telemetry = start(&config);
    assert_eq!(context::current_traceparent(), None);
    let job = job();
    work::stage_span(StageName::Ocr, &job, 1).in_scope(|| {
        let trace = context::trace_id().unwrap();
        let inner = work::infer_span("any", "CPU", 1);
        let inner = inner.in_scope(context::current_traceparent).unwrap();
        assert_eq!(inner[3..35], trace);
    });
    telemetry.shutdown(LIMIT).unwrap();
    assert_eq!(telemetry.dropped_spans(), 0);
}

#[test]
fn a_trace_that_is_not_sampled_is_not_sent_and_not_counted_as_lost() {
    let sink = OtlpSink::start();
    let mut config = config(&sink.endpoint());
    config.sample_ratio = 0.0;
    let telemetry = start(&config);
    let job = job();
    let publish = messaging::publish_span("detect", "m-1", &job);
    let origin = context::traceparent(&publish).unwrap();
    assert!(origin.ends_with("-00"), "{origin}");
    drop(publish);
    drop(messaging::process_span(&received(&job, &origin, 1)));
    // Who began a trace decides for all.
    let sampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    drop(messaging::process_span(&received(&job, sampled, 1)));
    telemetry.shutdown(LIMIT).unwrap();
    let spans = sink.wait(LIMIT, |spans| !spans.is_empty());
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(telemetry.dropped_spans(), 0);
}

#[test]
fn where_nobody_records_everything_still_works() {
    let job = job();
    let span = messaging::publish_span("detect", "m-1", &job);
    assert_eq!(context::traceparent(&span), None);
    context::set_parent(
        &Span::none(),
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    );
    messaging::queue_wait(StageName::Ocr, 1, SystemTime::UNIX_EPOCH, &job, None);
}
