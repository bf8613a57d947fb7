//! One process, one telemetry: these tests run each in a process of its own.
#![allow(dead_code, reason = "not every test file needs all of it")]

use contracts::JobId;
use std::time::Duration;
use telemetry::{Telemetry, TelemetryConfig};
use testkit::otlp::OtlpSpan;

/// Long enough for anything that happens at all.
pub const LIMIT: Duration = Duration::from_secs(30);

pub fn config(endpoint: &str) -> TelemetryConfig {
    TelemetryConfig {
        otlp_endpoint: Some(endpoint.parse().unwrap()),
        ..TelemetryConfig::new("rumiai-test")
    }
}

pub fn start(config: &TelemetryConfig) -> Telemetry {
    telemetry::init(config).unwrap()
}

pub fn job() -> JobId {
    JobId::new("j-1").unwrap()
}

pub fn named(spans: &[OtlpSpan], name: &str) -> OtlpSpan {
    let found = spans.iter().find(|span| span.name == name);
    found.unwrap_or_else(|| panic!("no span {name}")).clone()
}
