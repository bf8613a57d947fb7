//! Metrics: names, units, labels and meaning. The documentation is made of this table.

/// Upper bounds of the buckets of durations, in seconds: from a message to a long stage.
pub(crate) const SECONDS: [f64; 16] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
];
/// Upper bounds of the buckets of sizes, in bytes: from 1 KiB to 1 GiB.
pub(crate) const BYTES: [f64; 7] = [
    1024.0,
    16_384.0,
    262_144.0,
    4_194_304.0,
    67_108_864.0,
    268_435_456.0,
    1_073_741_824.0,
];

/// What a metric counts like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Distribution over fixed buckets.
    Histogram,
}

impl Kind {
    /// As Prometheus names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name, with its unit.
    pub name: &'static str,
    /// What it counts like.
    pub kind: Kind,
    /// Its labels, each of few values.
    pub labels: &'static [&'static str],
    /// What it says.
    pub meaning: &'static str,
}

macro_rules! metrics_table {
    ($($constant:ident = $kind:ident $name:literal [$($label:literal),*] $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: &str = $name;
        )*
        /// Every metric of this program.
        pub const METRICS: &[Metric] = &[$(Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            meaning: $meaning,
        }),*];
    };
}

metrics_table! {
    STAGES_STARTED = Counter "rumiai_stages_started_total" ["stage"] "Attempts of a stage that began.";
    STAGE_DURATION = Histogram "rumiai_stage_duration_seconds" ["stage", "outcome"] "How long the last attempt of a stage took, by how it ended: `done` or `failed`.";
    STAGE_FAILURES = Counter "rumiai_stage_failures_total" ["stage", "class", "reason"] "Attempts that failed; each counts once, whether it is tried again or given up.";
    STAGE_RETRIES = Counter "rumiai_stage_retries_total" ["stage", "tier"] "Messages that were sent to a retry queue.";
    DEAD_LETTERS = Counter "rumiai_dead_letters_total" ["stage", "reason"] "Messages that were given up as dead letters.";
    QUEUE_WAIT = Histogram "rumiai_queue_wait_seconds" ["stage"] "Time between the publication of a message and its arrival at a worker.";
    SENT_MESSAGES = Counter "messaging_client_sent_messages_total" ["queue"] "Messages for which the broker took responsibility.";
    PUBLISH_FAILURES = Counter "rumiai_publish_failures_total" ["queue", "reason"] "Messages that are not known to be out.";
    CONSUMED_MESSAGES = Counter "messaging_client_consumed_messages_total" ["queue"] "Messages taken from a queue.";
    PROCESS_DURATION = Histogram "messaging_process_duration_seconds" ["queue", "outcome"] "How long work on a message took, settling included.";
    OPERATION_DURATION = Histogram "messaging_client_operation_duration_seconds" ["queue", "operation"] "How long the broker took to answer: `publish`, `ack` or `nack`.";
    LINK_CHANGES = Counter "rumiai_link_changes_total" ["state"] "Changes of the connection to the broker.";
    LINK_UP = Gauge "rumiai_link_up" [] "1 while messages can be published and taken.";
    BREAKER_OPEN = Gauge "rumiai_breaker_open" ["breaker"] "1 while a dependency is not called because it failed too often.";
    BREAKER_OPENED = Counter "rumiai_breaker_opened_total" ["breaker"] "How often that began.";
    DRAINING = Gauge "rumiai_worker_draining" [] "1 once the worker takes no more messages and ends.";
    RESIDENT = Gauge "rumiai_worker_resident_bytes" [] "Memory of the worker, as last looked at.";
    RESIDENT_LIMIT = Gauge "rumiai_worker_resident_limit_bytes" [] "Memory at which the worker drains and ends; missing if there is no limit.";
    ARTIFACT_DURATION = Histogram "rumiai_artifact_duration_seconds" ["operation"] "How long an operation on the store took.";
    ARTIFACT_STORED = Counter "rumiai_artifact_stored_bytes_total" [] "Bytes stored.";
    ARTIFACT_READ = Counter "rumiai_artifact_read_bytes_total" [] "Bytes read.";
    ARTIFACT_FAILURES = Counter "rumiai_artifact_failures_total" ["operation", "reason"] "Operations on the store that failed.";
    SPANS_EXPORTED = Counter "rumiai_telemetry_spans_exported_total" [] "Spans that the receiver took.";
    SPANS_DROPPED = Counter "rumiai_telemetry_spans_dropped_total" ["reason"] "Spans that were lost: `queue_full` or `export_failed`.";
}

/// Tells the recorder what the metrics mean.
pub(crate) fn describe() {
    for metric in METRICS {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.meaning),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.meaning),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.meaning),
        }
    }
}
