//! Metrics: names, units, labels and meaning. The documentation is made of this table.

/// Upper bounds of the buckets of durations, in seconds: from a message to a long stage.
pub(crate) const SECONDS: [f64; 16] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0,
];
/// The same of what takes no longer than a round trip.
pub(crate) const SHORT_SECONDS: [f64; 10] = [
    0.000_01, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05,
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
/// Borders of histograms of cosines.
pub(crate) const COSINES: [f64; 8] = [0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.9];
/// Upper bounds of the buckets of totals: those at which something else follows, and between.
pub(crate) const POINTS: [f64; 9] = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 100.0];
/// Upper bounds of the buckets of numbers of items.
pub(crate) const ITEMS: [f64; 7] = [1.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1000.0];

/// Upper bounds of the buckets of speeds, in tokens per second: from a loaded laptop to a data centre.
pub(crate) const TOKENS_PER_SECOND: [f64; 9] =
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

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
    ($(#[doc = $of:literal])* $table:ident: $($constant:ident = $kind:ident $name:literal [$($label:literal),*] $meaning:literal;)*) => {
        $(
            #[doc = $meaning]
            pub const $constant: &str = $name;
        )*
        $(#[doc = $of])*
        pub const $table: &[Metric] = &[$(Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            meaning: $meaning,
        }),*];
    };
}

metrics_table! {
    /// Every metric that is counted here.
    METRICS:
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
    LLM_REQUESTS = Counter "llm_requests_total" ["provider", "model", "task", "outcome"] "Questions that have their answer, or will have none: `ok`, or why.";
    LLM_ATTEMPTS = Counter "llm_attempts_total" ["provider", "model", "code"] "Times a model was asked: `ok`, or why there is no usable answer.";
    LLM_RETRIES = Counter "llm_retries_total" ["code"] "Times a model was asked the same again, by why.";
    LLM_FALLBACKS = Counter "llm_fallbacks_total" ["from", "to", "code"] "Times another model was asked, by why.";
    LLM_REQUEST = Histogram "llm_request_seconds" ["provider", "model", "task"] "How long a question took in all.";
    LLM_TTFT = Histogram "llm_ttft_seconds" ["provider", "model"] "Wait for the first token of a stream.";
    LLM_QUEUE = Histogram "llm_queue_seconds" ["provider", "model"] "How long our own limits held a call.";
    LLM_OVERHEAD = Histogram "llm_overhead_seconds" ["provider", "model"] "Time of a question in which no model worked and our limits held nothing.";
    LLM_OUTPUT_RATE = Histogram "llm_output_tokens_per_second" ["provider", "model"] "Tokens said per second.";
    LLM_TOKENS = Counter "llm_tokens_total" ["kind"] "Tokens: `input`, `output`, `cache_read`, `cache_write_5m` or `cache_write_1h`.";
    LLM_COST = Gauge "llm_cost_usd_total" ["provider", "model", "task"] "US dollars spent; it only grows, and is a gauge because counters are whole numbers.";
    LLM_COST_UNKNOWN = Counter "llm_cost_unknown_total" ["model"] "Questions of which nobody knows the price.";
    LLM_IN_FLIGHT = Gauge "llm_in_flight" ["provider", "model"] "Calls that are out.";
    LLM_CONCURRENCY_LIMIT = Gauge "llm_concurrency_limit" ["provider", "model"] "Calls that may be out at once.";
    LLM_RATE_LIMIT_REMAINING = Gauge "llm_ratelimit_remaining" ["provider", "model", "kind"] "What the provider says is left: `requests`, `tokens`, `input_tokens` or `output_tokens`.";
    LLM_BREAKER_STATE = Gauge "llm_breaker_state" ["provider", "model"] "0 while a model is asked, 1 one at a time, 2 while it is left alone.";
    LLM_DROPPED_PARAMS = Counter "llm_dropped_params_total" ["param"] "Parameters left out, because a model does not have them.";
    LLM_INVALID_OUTPUT = Counter "llm_invalid_output_total" ["kind"] "Answers that could not be used, by why.";
    LLM_REPAIRS = Counter "llm_repairs_total" ["result"] "Answers that were sent back: `ok` if the next one could be used, or `failed`.";
    LLM_CONTEXT_WINDOW = Gauge "llm_context_window" ["model"] "Context a local model was given last, in tokens.";
    LLM_CONTEXT_RELOADS = Counter "llm_context_reloads_total" [] "Times a local model was loaded for a call.";
    LLM_CONTEXT_REJECTED = Counter "llm_context_rejected_total" [] "Questions that fit no context.";
    LLM_TIMEOUTS = Counter "llm_timeout_total" ["kind"] "Waits that ended in vain: `connect`, `ttft`, `idle` or `total`.";
    LLM_HEALTH = Gauge "llm_provider_health" ["provider", "state"] "1 for the state a provider is in: `unknown`, `healthy`, `degraded` or `unhealthy`.";
    LLM_RETIRES = Gauge "llm_model_retires_in_days" ["model"] "Days until a model ends, where that is known.";
    LLM_BUDGET = Gauge "llm_budget_spent_ratio" [] "Share of the day's money that is spent; missing without a limit.";
    SIGNALS = Counter "signals_total" ["source_type", "bucket"] "Signals that were classified.";
    SIGNAL_SCORE = Histogram "signal_score" [] "Totals of signals, from 0 to 100.";
    BATCH_ITEMS = Counter "batch_items_total" ["status", "filtered_by"] "Items of batches of signals, by what became of them.";
    BATCH_STAGE_DURATION = Histogram "batch_stage_seconds" ["stage"] "Time that the items of one batch spent in a stage, all together.";
    BATCH_SIZE = Histogram "batch_size" [] "Items of one batch.";
    DOSSIERS = Counter "dossiers_total" ["status"] "Dossiers that were written, given back or given up.";
    EMBEDDING_DURATION = Histogram "embedding_seconds" [] "How long it took to give a text a direction, known ones included.";
    EMBEDDING_SIMILARITY = Histogram "embedding_similarity" [] "How near a signal is to the nearest description: the cosine, -1 to 1.";
    TEMPLATE_RENDERS = Counter "template_renders_total" ["name", "version", "result"] "Prompts that were made: `ok`, or `failed`.";
    TEMPLATE_RELOADS = Counter "templates_reload_total" ["result"] "Times templates were asked to be read anew: `ok`, `partial` or `failed`.";
    TEMPLATES_GENERATION = Gauge "templates_generation" [] "How often the set of templates was replaced.";
    TEMPLATES_LOADED = Gauge "templates_loaded" [] "Versions of templates in use.";
    SPANS_EXPORTED = Counter "rumiai_telemetry_spans_exported_total" [] "Spans that the receiver took.";
    SPANS_DROPPED = Counter "rumiai_telemetry_spans_dropped_total" ["reason"] "Spans that were lost: `queue_full` or `export_failed`.";
}

metrics_table! {
    /// Metrics of libraries that this one does not know and that do not know it: they count by these
    /// names themselves, and their tests compare them with this table.
    OF_LIBRARIES:
    CACHE_LOOKUPS = Counter "cache_lookups_total" ["tier", "result"] "Looks into a tier of the cache, `l1` or `l2`: `hit`, `miss`, `stale`, `expired`, `unreadable` or `away`.";
    CACHE_ENTRIES = Gauge "cache_entries" [] "Entries of the cache in this process.";
    CACHE_BYTES = Gauge "cache_bytes" [] "Bytes of these entries.";
    CACHE_EVICTIONS = Counter "cache_evictions_total" ["reason"] "Entries that went from this process: for `room`, because they `expired`, or because they were `cleared`.";
    CACHE_STORE_REJECTED = Counter "cache_store_rejected_total" ["reason"] "Answers that were not stored.";
    CACHE_COALESCED = Counter "cache_coalesced_total" [] "Requests that were given an answer which somebody else was waiting for already.";
    CACHE_ERRORS = Counter "cache_errors_total" ["op"] "Operations of the shared tier that failed; none makes a request fail.";
    CACHE_SAVED = Gauge "cache_saved_usd_total" [] "What was not spent, in US dollars, as far as costs are known; only grows.";
    CACHE_OP_DURATION = Histogram "cache_op_seconds" ["tier", "op"] "How long an operation on a tier took.";
    CACHE_DEGRADED = Gauge "cache_degraded" [] "1 while the shared tier is away and the cache goes on without it.";
}

/// Tells the recorder what the metrics mean.
pub(crate) fn describe() {
    for metric in METRICS.iter().chain(OF_LIBRARIES) {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.meaning),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.meaning),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.meaning),
        }
    }
}
