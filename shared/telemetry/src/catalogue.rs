//! Everything telemetry tells, as tables, and the page that is made of them.

use crate::{
    attribute as a,
    format::TRACE_ID,
    metric::{METRICS, OF_LIBRARIES},
};

/// One kind of span.
#[derive(Debug, Clone, Copy)]
pub struct SpanRow {
    /// The first word of its name.
    pub operation: &'static str,
    /// What follows it.
    pub of: &'static str,
    /// Its kind, as OpenTelemetry names it.
    pub kind: &'static str,
    /// Its parent, and what it is linked to.
    pub relation: &'static str,
    attributes: &'static [&'static [&'static str]],
}

impl SpanRow {
    /// Its attributes besides `job.id` and `error.type`.
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> {
        self.attributes.iter().copied().flatten().copied()
    }
}

/// Of every span of a message.
const MESSAGE: [&str; 7] = [
    a::MESSAGING_SYSTEM,
    a::MESSAGING_OPERATION_NAME,
    a::MESSAGING_OPERATION_TYPE,
    a::MESSAGING_DESTINATION_NAME,
    a::MESSAGING_ROUTING_KEY,
    a::MESSAGING_MESSAGE_ID,
    a::MESSAGING_CONVERSATION_ID,
];
const DELIVERY: [&str; 1] = [a::MESSAGING_DELIVERY_TAG];

/// Every kind of span there is.
pub const SPANS: &[SpanRow] = &[
    SpanRow {
        operation: "submit",
        of: "",
        kind: "internal",
        relation: "the root of a job that `rumiai submit` hands in",
        attributes: &[],
    },
    SpanRow {
        operation: "analyze",
        of: "",
        kind: "internal",
        relation: "the root of a video that `rumiai analyze` runs in one process",
        attributes: &[],
    },
    SpanRow {
        operation: "publish",
        of: "queue",
        kind: "producer",
        relation: "child of the work that led to the message",
        attributes: &[&MESSAGE],
    },
    SpanRow {
        operation: "wait",
        of: "stage",
        kind: "internal",
        relation: "child of `publish`, and linked to it; begins with the publication and ends with the arrival",
        attributes: &[&[a::STAGE, a::MESSAGING_SYSTEM]],
    },
    SpanRow {
        operation: "process",
        of: "queue",
        kind: "consumer",
        relation: "child of `publish`, and linked to it; for a further attempt, of the `publish` of the attempt that failed",
        attributes: &[&MESSAGE, &DELIVERY, &[a::STAGE, a::ATTEMPT]],
    },
    SpanRow {
        operation: "ack",
        of: "queue",
        kind: "client",
        relation: "child of `process`",
        attributes: &[&MESSAGE, &DELIVERY],
    },
    SpanRow {
        operation: "nack",
        of: "queue",
        kind: "client",
        relation: "child of `process`",
        attributes: &[&MESSAGE, &DELIVERY],
    },
    SpanRow {
        operation: "stage",
        of: "stage",
        kind: "internal",
        relation: "child of `process`",
        attributes: &[&[a::STAGE, a::ATTEMPT]],
    },
    SpanRow {
        operation: "infer",
        of: "model",
        kind: "internal",
        relation: "one batch: child of the work it is part of, and linked to it",
        attributes: &[&[a::MODEL_NAME, a::MODEL_PROVIDER, a::MODEL_BATCH_SIZE]],
    },
    SpanRow {
        operation: "ask",
        of: "language model",
        kind: "client",
        relation: "one attempt: child of the caller's span that the request names, else of the current one",
        attributes: &[&[
            a::MODEL_NAME,
            a::MODEL_PROVIDER,
            a::ATTEMPT,
            a::PROVIDER_REQUEST_ID,
        ]],
    },
    artifact("put"),
    artifact("put_file"),
    artifact("get"),
    artifact("get_range"),
    artifact("local_file"),
    artifact("find"),
    artifact("list"),
];

const fn artifact(operation: &'static str) -> SpanRow {
    SpanRow {
        operation,
        of: "`artifact`",
        kind: "client",
        relation: "child of the work it is part of",
        attributes: &[&[a::ARTIFACT_PREFIX, a::ARTIFACT_BYTES]],
    }
}

/// What a log line in the JSON format has, and what it says.
pub const LOG_FIELDS: &[(&str, &str)] = &[
    ("timestamp", "when, in UTC"),
    ("level", "`ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`"),
    ("target", "the module it comes from"),
    (
        "fields",
        "`message`, and what the event has besides: numbers with their unit in the name",
    ),
    (TRACE_ID, "the trace, where there is one"),
    (a::JOB_ID, "the job, where there is one"),
];

/// The page `docs/telemetry.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str("\n## Spans\n\nNames are `{operation} {object}`.\n\n");
    page.push_str("| operation | object | kind | relation | attributes |\n|---|---|---|---|---|\n");
    for row in SPANS {
        let attributes = row.attributes().map(|name| format!("`{name}`"));
        let attributes: Vec<_> = attributes.collect();
        page.push_str(&format!(
            "| `{}` | {} | {} | {} | {} |\n",
            row.operation,
            row.of,
            row.kind,
            row.relation,
            attributes.join(", ")
        ));
    }
    page.push_str("\n## Attributes\n\n| attribute | says |\n|---|---|\n");
    for (name, meaning) in a::ATTRIBUTES {
        page.push_str(&format!("| `{name}` | {} |\n", meaning.trim()));
    }
    page.push_str("\n## Metrics\n\n| metric | kind | labels | says |\n|---|---|---|---|\n");
    for metric in METRICS.iter().chain(OF_LIBRARIES) {
        let labels = metric.labels.iter().map(|label| format!("`{label}`"));
        let labels: Vec<_> = labels.collect();
        page.push_str(&format!(
            "| `{}` | {} | {} | {} |\n",
            metric.name,
            metric.kind.as_str(),
            labels.join(", "),
            metric.meaning
        ));
    }
    page.push_str("\n## Log lines\n\n| field | says |\n|---|---|\n");
    for (name, meaning) in LOG_FIELDS {
        page.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    page
}

const INTRODUCTION: &str = "# Telemetry

Generated from `shared/telemetry`: `UPDATE_DOCS=1 cargo nextest run -p telemetry` writes it anew.

Spans are sent with OTLP over HTTP to `telemetry.otlp_endpoint` (`OTEL_EXPORTER_OTLP_ENDPOINT`);
[deploy/telemetry](../deploy/telemetry/README.md) says how to look at them. Every span that belongs
to a job has `job.id`; one that failed has `error.type`. The resource says `service.name`
(`rumiai-<role>`), `service.version` and `service.instance.id`.

Nothing here holds what a video shows or says, prompts, or URLs. Values of labels and of
`error.type` are constants of the program.
";
