//! What can be set of traces and metrics.

use ::telemetry::TelemetryConfig;
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// Traces and metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetrySettings {
    /// Where spans are sent with OTLP over HTTP, as `http://127.0.0.1:4318`; nowhere if not set.
    pub otlp_endpoint: Option<String>,
    /// Share of new traces that are recorded, from 0 to 1.
    pub sample_ratio: f64,
    /// Spans that wait to be sent; more are dropped and counted.
    pub queue_size: usize,
    /// Longest time one request may take, in seconds.
    pub export_timeout_s: u64,
    /// Longest time the end of the program waits for spans to be sent, in seconds.
    pub flush_timeout_s: u64,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            otlp_endpoint: None,
            sample_ratio: 1.0,
            queue_size: ::telemetry::QUEUE_SIZE,
            export_timeout_s: ::telemetry::EXPORT_TIMEOUT.as_secs(),
            flush_timeout_s: 5,
        }
    }
}

impl TelemetrySettings {
    /// What telemetry is told in this role of the program.
    #[must_use]
    pub fn config(&self, role: &str) -> TelemetryConfig {
        TelemetryConfig {
            otlp_endpoint: self.endpoint().ok().flatten(),
            sample_ratio: self.sample_ratio,
            queue_size: self.queue_size,
            export_timeout: Duration::from_secs(self.export_timeout_s),
            ..TelemetryConfig::new(format!("rumiai-{role}"))
        }
    }

    /// The address spans go to; an empty one is none.
    fn endpoint(&self) -> Result<Option<Url>, String> {
        let given = self.otlp_endpoint.as_deref().unwrap_or_default().trim();
        if given.is_empty() {
            return Ok(None);
        }
        let parsed = Url::parse(given).map(Some);
        parsed.map_err(|error| format!("telemetry.otlp_endpoint is not a URL: {error}"))
    }

    /// Refuses values that cannot be meant.
    pub(super) fn validate(&self) -> Result<(), String> {
        self.endpoint()?;
        let checked = self.config("check").validate();
        checked.map_err(|error| error.to_string())
    }
}
