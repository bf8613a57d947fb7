//! What telemetry is told, and why it may refuse.

use std::time::Duration;
use url::Url;

/// Spans that wait for export; more are dropped and counted.
pub const QUEUE_SIZE: usize = 4096;
/// Spans of one export request.
pub const BATCH_SIZE: usize = 512;
/// Longest time one export request may take.
pub const EXPORT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time a span waits for others to be exported with.
pub const BATCH_DELAY: Duration = Duration::from_secs(1);

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people; `ansi` says whether colours are understood.
    Text {
        /// Whether the reader understands colours.
        ansi: bool,
    },
    /// One JSON object per line.
    Json,
}

/// Everything telemetry is told.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// Name of the service in traces, as `rumiai-worker`.
    pub service_name: String,
    /// Which log lines are written: a level, or a filter as `tracing-subscriber` reads it.
    pub log_filter: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Where spans are sent with OTLP over HTTP, as `http://127.0.0.1:4318`; without it spans have
    /// ids and go nowhere.
    pub otlp_endpoint: Option<Url>,
    /// Share of new traces that are recorded, from 0 to 1; who continues a trace does as its
    /// beginning did.
    pub sample_ratio: f64,
    /// Spans that wait for export; more are dropped and counted.
    pub queue_size: usize,
    /// Longest time one export request may take.
    pub export_timeout: Duration,
}

impl TelemetryConfig {
    /// Logs of level `warn` as text, all traces, no export.
    #[must_use]
    pub fn new(service_name: impl Into<String>) -> Self {
        Self {
            service_name: service_name.into(),
            log_filter: "warn".into(),
            log_format: LogFormat::Text { ansi: false },
            otlp_endpoint: None,
            sample_ratio: 1.0,
            queue_size: QUEUE_SIZE,
            export_timeout: EXPORT_TIMEOUT,
        }
    }

    /// Refuses values that cannot be meant.
    ///
    /// # Errors
    /// [`Error::Unusable`] naming the value.
    pub fn validate(&self) -> Result<(), Error> {
        let unusable = |text: &str| Err(Error::Unusable(text.into()));
        if !(0.0..=1.0).contains(&self.sample_ratio) {
            return unusable("sample_ratio must lie between 0 and 1");
        }
        if self.queue_size == 0 {
            return unusable("queue_size must be at least 1");
        }
        if self.export_timeout.is_zero() {
            return unusable("export_timeout must be longer than nothing");
        }
        match &self.otlp_endpoint {
            Some(url) if !matches!(url.scheme(), "http" | "https") => {
                unusable("otlp_endpoint must begin with http:// or https://")
            }
            _ => Ok(()),
        }
    }
}

/// Why telemetry could not be started, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value that cannot be meant.
    #[error("telemetry: {0}")]
    Unusable(String),
    /// The exporter of spans could not be made.
    #[error("telemetry: cannot make the exporter of spans: {0}")]
    Exporter(String),
    /// Something else has taken the logs or the metrics of this process.
    #[error("telemetry was started twice in one process; start it once, in main")]
    Twice,
    /// Spans were left when time was over.
    #[error("telemetry: spans were left unsent after {limit_ms} ms: {reason}")]
    Unsent {
        /// How long was waited.
        limit_ms: u128,
        /// What the exporter said.
        reason: String,
    },
}
