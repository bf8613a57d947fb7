//! Spans of messages: published, waiting, processed, settled.
//!
//! Names are `{operation} {queue}`. The straight flow is one trace: whoever processes a message is
//! a child of whoever published it, and linked to it. A further attempt is a child of the attempt
//! that failed and published it anew, so that a video stays one trace.

use crate::{attribute, context, metric, setup};
use contracts::{JobId, StageName, queue::EXCHANGE};
use opentelemetry::{
    Context, KeyValue,
    trace::{Link, Span as _, SpanKind, Status, TraceContextExt, Tracer},
};
use std::time::{Duration, SystemTime};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The messaging system, as the conventions name it.
const SYSTEM: &str = "rabbitmq";

/// How a delivery is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It is done with.
    Ack,
    /// It goes back.
    Nack,
}

impl Settlement {
    /// As the conventions name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Nack => "nack",
        }
    }
}

/// What is known of a delivery when work on it begins.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// The queue it came from.
    pub queue: &'a str,
    /// Id of the message.
    pub message_id: &'a str,
    /// The job.
    pub job: &'a JobId,
    /// The stage that will run.
    pub stage: StageName,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// The number under which the broker handed it over, where it says one.
    pub delivery_tag: Option<u64>,
    /// The trace context that came with it: text from outside.
    pub traceparent: Option<&'a str>,
}

/// The span of sending a message, `publish <queue>`: a child of the current span. Its context is
/// what the message carries.
#[must_use]
pub fn publish_span(queue: &str, message_id: &str, job: &JobId) -> Span {
    let name = format!("publish {queue}");
    let span = tracing::info_span!("publish", otel.name = name.as_str(), otel.kind = "producer", job.id = %job);
    describe(&span, "publish", "send", queue, message_id, job);
    span
}

/// The span of working on a message, `process <queue>`, from taking it to having settled it.
#[must_use]
pub fn process_span(received: &Received<'_>) -> Span {
    let name = format!("process {}", received.queue);
    // What the worker was about before has nothing to do with this message.
    let span = tracing::info_span!(parent: None, "process", otel.name = name.as_str(), otel.kind = "consumer", job.id = %received.job);
    describe(
        &span,
        "process",
        "process",
        received.queue,
        received.message_id,
        received.job,
    );
    span.set_attribute(attribute::STAGE, received.stage.as_str());
    span.set_attribute(attribute::ATTEMPT, i64::from(received.attempt));
    if let Some(tag) = received.delivery_tag {
        let tag = i64::try_from(tag).unwrap_or(i64::MAX);
        span.set_attribute(attribute::MESSAGING_DELIVERY_TAG, tag);
    }
    if let Some(origin) = received.traceparent {
        context::add_link(&span, origin);
        context::set_parent(&span, origin);
    }
    span
}

/// The span of settling a delivery, `ack <queue>` or `nack <queue>`: a child of the current span.
#[must_use]
pub fn settle_span(
    settlement: Settlement,
    queue: &str,
    message_id: &str,
    job: &JobId,
    delivery_tag: Option<u64>,
) -> Span {
    let operation = settlement.as_str();
    let name = format!("{operation} {queue}");
    let span = tracing::info_span!("settle", otel.name = name.as_str(), otel.kind = "client", job.id = %job);
    describe(&span, operation, "settle", queue, message_id, job);
    if let Some(tag) = delivery_tag {
        let tag = i64::try_from(tag).unwrap_or(i64::MAX);
        span.set_attribute(attribute::MESSAGING_DELIVERY_TAG, tag);
    }
    span
}

fn describe(
    span: &Span,
    operation: &'static str,
    kind: &'static str,
    queue: &str,
    message_id: &str,
    job: &JobId,
) {
    let destination = format!("{EXCHANGE}:{queue}");
    span.set_attribute(attribute::MESSAGING_SYSTEM, SYSTEM);
    span.set_attribute(attribute::MESSAGING_OPERATION_NAME, operation);
    span.set_attribute(attribute::MESSAGING_OPERATION_TYPE, kind);
    span.set_attribute(attribute::MESSAGING_DESTINATION_NAME, destination);
    span.set_attribute(attribute::MESSAGING_ROUTING_KEY, queue.to_owned());
    span.set_attribute(attribute::MESSAGING_MESSAGE_ID, message_id.to_owned());
    span.set_attribute(attribute::MESSAGING_CONVERSATION_ID, job.to_string());
}

/// Marks a span as failed. `error_type` is one of few values: the class of the failure and a fixed
/// reason, as `rejected:too_many_pixels`; never a text made at run time.
pub fn fail(span: &Span, error_type: &'static str) {
    span.set_attribute(attribute::ERROR_TYPE, error_type);
    span.set_status(Status::error(error_type));
}

/// Records how long a message of `stage` waited between its publication and its arrival: the span
/// `wait <stage>` with exactly these times, beside the span that processes it, and the metric.
///
/// Clocks of two machines differ; what would be a negative wait counts as none.
pub fn queue_wait(
    stage: StageName,
    published_unix_ms: u64,
    received: SystemTime,
    job: &JobId,
    traceparent: Option<&str>,
) {
    let published = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(published_unix_ms));
    let published = published.map_or(received, |published| published.min(received));
    let waited = received.duration_since(published).unwrap_or_default();
    metrics::histogram!(metric::QUEUE_WAIT, "stage" => stage.as_str()).record(waited);
    let Some(tracer) = setup::tracer() else {
        return;
    };
    let origin = traceparent.and_then(context::parse);
    let parent = origin.clone().map_or_else(Context::new, |origin| {
        Context::new().with_remote_span_context(origin)
    });
    let attributes = vec![
        KeyValue::new(attribute::JOB_ID, job.to_string()),
        KeyValue::new(attribute::STAGE, stage.as_str()),
        KeyValue::new(attribute::MESSAGING_SYSTEM, SYSTEM),
    ];
    let links = origin.map(|origin| Link::new(origin, Vec::new(), 0));
    let mut span = tracer
        .span_builder(format!("wait {stage}"))
        .with_kind(SpanKind::Internal)
        .with_start_time(published)
        .with_attributes(attributes)
        .with_links(links.into_iter().collect())
        .start_with_context(&tracer, &parent);
    span.end_with_timestamp(received);
}
