//! How well a provider is, from how well each of its models is.

use crate::ports::{HealthState, ProviderHealth};
use llm::{breaker::BreakerState, health::HealthReport};
use std::collections::BTreeMap;

/// How well the models of one provider are, `models` by what they are for. The first of them counts
/// calls and probes for all: a probe is one however many models it looks at.
pub(super) fn of(
    reports: &[HealthReport],
    models: BTreeMap<String, String>,
    is_configured: bool,
) -> ProviderHealth {
    let mine: Vec<&HealthReport> = models
        .values()
        .filter_map(|model| reports.iter().find(|report| report.model == *model))
        .collect();
    let Some(first) = mine.first().filter(|_| is_configured) else {
        return ProviderHealth {
            is_configured,
            models,
            breaker: "closed".into(),
            ..ProviderHealth::default()
        };
    };
    // Of equally bad ones the first is told.
    let worst = mine.iter().rev().max_by_key(|report| report.state);
    let breaker = mine.iter().map(|report| report.breaker);
    ProviderHealth {
        is_configured,
        state: worst.map_or(HealthState::Unknown, |report| report.state),
        reason: worst.and_then(|report| reason(report)),
        breaker: named(breaker).into(),
        last_check_s: first
            .last_check
            .and_then(|ms| i64::try_from(ms / 1000).ok()),
        last_latency_ms: first.last_latency_ms,
        success_count: first.success_count,
        error_count: first.error_count,
        models,
    }
}

fn named(mut breakers: impl Iterator<Item = BreakerState> + Clone) -> &'static str {
    let mut all = breakers.clone();
    if breakers.any(|state| state == BreakerState::Open) {
        "open"
    } else if all.any(|state| state == BreakerState::HalfOpen) {
        "half_open"
    } else {
        "closed"
    }
}

/// Why it is not well.
fn reason(report: &HealthReport) -> Option<String> {
    if matches!(report.state, HealthState::Healthy | HealthState::Unknown) {
        return None;
    }
    if let Some(missing) = report.models_missing.first() {
        return Some(format!("model {missing} is missing"));
    }
    if let (HealthState::Unhealthy, Some(last)) = (report.state, &report.last_error) {
        return Some(format!("{}: {}", last.code.as_str(), last.message));
    }
    Some(format!(
        "model {} is slow, fails too often, or ends soon",
        report.model
    ))
}
