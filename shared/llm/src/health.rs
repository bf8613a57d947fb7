//! How well a provider answers for one model: seen from every call, and asked from time to time.

use crate::{
    breaker::BreakerState,
    error::{Code, Failure},
    limits::RateLimits,
    settings::LlmSettings,
};
use serde::Serialize;
use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

/// Failures in a row after which it is unhealthy.
const FAILURES_TO_FALL: u32 = 3;
/// Successes in a row after which it is well again.
const SUCCESSES_TO_RISE: u32 = 2;
/// How many of the latest calls, probes and times are looked at.
const REMEMBERED: usize = 256;
/// Days before the end of a model from which on it is degraded.
pub const RETIRING_DAYS: i32 = 30;
/// Time between two probes while it is not well.
const SOON: Duration = Duration::from_secs(15);
/// How far the time between two probes is off by chance.
const JITTER: f64 = 0.1;
/// How much the newest speed counts.
const WEIGHT: f64 = 0.2;

/// How well, the worst last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthState {
    /// Nobody has asked yet.
    #[default]
    Unknown,
    /// Well.
    Healthy,
    /// It answers, and something is wrong.
    Degraded,
    /// It does not.
    Unhealthy,
}

impl HealthState {
    /// Every state, as metrics name them.
    pub const NAMES: &'static [&'static str] = &["unknown", "healthy", "degraded", "unhealthy"];

    /// As metrics name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// What is well enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HealthPolicy {
    /// Time between two probes.
    pub interval: Duration,
    /// Time of a probe that is too long.
    pub slow: Duration,
    /// Share of successes that is too small, in percent.
    pub success_percent: f64,
}

impl From<&LlmSettings> for HealthPolicy {
    fn from(settings: &LlmSettings) -> Self {
        Self {
            interval: Duration::from_secs(settings.health_check_interval_seconds),
            slow: Duration::from_millis(settings.health_degraded_latency_ms),
            success_percent: settings.health_degraded_success_percent,
        }
    }
}

/// How long something took, of the latest times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half of them, in milliseconds.
    pub p50: Option<f64>,
    /// All but one in twenty.
    pub p95: Option<f64>,
    /// All but one in a hundred.
    pub p99: Option<f64>,
}

/// The last failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastError {
    /// Why.
    pub code: Code,
    /// In words.
    pub message: String,
}

/// Everything there is to tell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthReport {
    /// Who.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// Whether it answers.
    pub is_healthy: bool,
    /// How well.
    pub state: HealthState,
    /// Since when, in milliseconds since 1970.
    pub since: Option<u64>,
    /// When it was asked last, in milliseconds since 1970.
    pub last_check: Option<u64>,
    /// How long the last probe took.
    pub last_latency_ms: Option<f64>,
    /// Calls and probes that went well.
    pub success_count: u64,
    /// Those that did not.
    pub error_count: u64,
    /// Share of the former; `None` before the first.
    pub success_rate_percent: Option<f64>,
    /// Both together.
    pub total_checks: u64,
    /// Failures since the last success.
    pub consecutive_failures: u32,
    /// The last failure.
    pub last_error: Option<LastError>,
    /// How long calls take.
    pub latency: Percentiles,
    /// Wait for the first token of all but one in twenty, in milliseconds.
    pub ttft_p95: Option<f64>,
    /// Tokens said per second.
    pub tokens_per_s: Option<f64>,
    /// Calls that are out.
    pub in_flight: usize,
    /// Calls that wait.
    pub queue_depth: usize,
    /// What the breaker does.
    pub breaker: BreakerState,
    /// What the provider says of its limits.
    pub rate_limit: Option<RateLimits>,
    /// Models in the provider's memory.
    pub models_loaded: Vec<String>,
    /// Models it should have and has not.
    pub models_missing: Vec<String>,
}

/// What is added to a report by those who know.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Who.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// Calls that are out.
    pub in_flight: usize,
    /// Calls that wait.
    pub queue_depth: usize,
    /// What the breaker does.
    pub breaker: BreakerState,
    /// What the provider says of its limits.
    pub rate_limit: Option<RateLimits>,
}

/// How well one model answers.
#[derive(Debug, Clone)]
pub struct Health {
    policy: HealthPolicy,
    state: HealthState,
    since: Option<SystemTime>,
    last_check: Option<SystemTime>,
    probes: VecDeque<Duration>,
    outcomes: VecDeque<bool>,
    calls: VecDeque<Duration>,
    ttft: VecDeque<Duration>,
    tokens_per_s: Option<f64>,
    successes: u64,
    errors: u64,
    failed_in_a_row: u32,
    worked_in_a_row: u32,
    last_error: Option<LastError>,
    loaded: Vec<String>,
    missing: Vec<String>,
    retiring: bool,
}

impl Health {
    /// Of a model nobody has asked yet.
    #[must_use]
    pub fn new(policy: HealthPolicy) -> Self {
        Self {
            policy,
            state: HealthState::Unknown,
            since: None,
            last_check: None,
            probes: VecDeque::new(),
            outcomes: VecDeque::new(),
            calls: VecDeque::new(),
            ttft: VecDeque::new(),
            tokens_per_s: None,
            successes: 0,
            errors: 0,
            failed_in_a_row: 0,
            worked_in_a_row: 0,
            last_error: None,
            loaded: Vec::new(),
            missing: Vec::new(),
            retiring: false,
        }
    }

    /// Notes a call that was answered.
    pub fn answered(&mut self, took: Duration, ttft: Option<Duration>, tokens_per_s: Option<f64>) {
        remember(&mut self.calls, took);
        if let Some(ttft) = ttft {
            remember(&mut self.ttft, ttft);
        }
        if let Some(speed) = tokens_per_s {
            let before = self.tokens_per_s.unwrap_or(speed);
            self.tokens_per_s = Some(before + (speed - before) * WEIGHT);
        }
        self.note(true);
    }

    /// Notes a call, or a probe, that failed. Failures that are not the provider's say nothing.
    pub fn failed(&mut self, failure: &Failure) {
        let rule = failure.code.rule();
        if rule.counts_for_breaker || rule.opens_breaker {
            self.last_error = Some(LastError {
                code: failure.code,
                message: failure.message.clone(),
            });
            self.note(false);
        }
    }

    /// Notes a probe that was answered, the models in the provider's memory, and those it should
    /// have and has not.
    pub fn probed(
        &mut self,
        took: Duration,
        loaded: Vec<String>,
        missing: Vec<String>,
        at: SystemTime,
    ) {
        remember(&mut self.probes, took);
        self.last_check = Some(at);
        self.loaded = loaded;
        self.missing = missing;
        self.note(true);
    }

    /// Notes a probe that failed.
    pub fn probe_failed(&mut self, failure: &Failure, at: SystemTime) {
        self.last_check = Some(at);
        self.failed(failure);
    }

    /// Notes in how many days the model ends.
    pub fn retires_in(&mut self, days: Option<i32>) {
        self.retiring = days.is_some_and(|days| days <= RETIRING_DAYS);
    }

    /// Finds the state anew. Returns it if it is another.
    pub fn update(&mut self, breaker: BreakerState, now: SystemTime) -> Option<HealthState> {
        let falls = self.failed_in_a_row >= FAILURES_TO_FALL || breaker == BreakerState::Open;
        let stays =
            self.state == HealthState::Unhealthy && self.worked_in_a_row < SUCCESSES_TO_RISE;
        let found = if self.outcomes.is_empty() && !falls {
            HealthState::Unknown
        } else if falls || stays {
            HealthState::Unhealthy
        } else if self.is_degraded() {
            HealthState::Degraded
        } else {
            HealthState::Healthy
        };
        if found == self.state {
            return None;
        }
        self.state = found;
        self.since = Some(now);
        Some(found)
    }

    /// The state as it was found last.
    #[must_use]
    pub const fn state(&self) -> HealthState {
        self.state
    }

    /// How long to wait before the next probe; `random` is from 0 to 1.
    #[must_use]
    pub fn next_probe(&self, random: f64) -> Duration {
        let usual = match self.state {
            HealthState::Healthy => self.policy.interval,
            _ => SOON.min(self.policy.interval),
        };
        usual.mul_f64(1.0 - JITTER + 2.0 * JITTER * random.clamp(0.0, 1.0))
    }

    /// Everything there is to tell.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "numbers of calls are far below 2^52"
    )]
    pub fn report(&self, around: Surroundings) -> HealthReport {
        let total = self.successes + self.errors;
        let rate = (total > 0).then(|| 100.0 * self.successes as f64 / total as f64);
        HealthReport {
            provider: around.provider,
            model: around.model,
            is_healthy: !matches!(self.state, HealthState::Unhealthy | HealthState::Unknown),
            state: self.state,
            since: self.since.map(unix_ms),
            last_check: self.last_check.map(unix_ms),
            last_latency_ms: self.probes.back().map(|took| ms(*took)),
            success_count: self.successes,
            error_count: self.errors,
            success_rate_percent: rate,
            total_checks: total,
            consecutive_failures: self.failed_in_a_row,
            last_error: self.last_error.clone(),
            latency: Percentiles {
                p50: percentile(&self.calls, 50),
                p95: percentile(&self.calls, 95),
                p99: percentile(&self.calls, 99),
            },
            ttft_p95: percentile(&self.ttft, 95),
            tokens_per_s: self.tokens_per_s,
            in_flight: around.in_flight,
            queue_depth: around.queue_depth,
            breaker: around.breaker,
            rate_limit: around.rate_limit,
            models_loaded: self.loaded.clone(),
            models_missing: self.missing.clone(),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "at most 256")]
    fn is_degraded(&self) -> bool {
        let worked = self.outcomes.iter().filter(|worked| **worked).count();
        let percent = 100.0 * worked as f64 / self.outcomes.len().max(1) as f64;
        let slow = percentile(&self.probes, 95).is_some_and(|p95| p95 > ms(self.policy.slow));
        slow || percent < self.policy.success_percent || !self.missing.is_empty() || self.retiring
    }

    fn note(&mut self, worked: bool) {
        remember(&mut self.outcomes, worked);
        if worked {
            self.successes += 1;
            self.worked_in_a_row += 1;
            self.failed_in_a_row = 0;
        } else {
            self.errors += 1;
            self.failed_in_a_row += 1;
            self.worked_in_a_row = 0;
        }
    }
}

fn remember<T>(seen: &mut VecDeque<T>, value: T) {
    if seen.len() == REMEMBERED {
        seen.pop_front();
    }
    seen.push_back(value);
}

fn percentile(seen: &VecDeque<Duration>, percent: usize) -> Option<f64> {
    let mut sorted: Vec<Duration> = seen.iter().copied().collect();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(rank).map(|took| ms(*took))
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

fn unix_ms(at: SystemTime) -> u64 {
    let since = at
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
