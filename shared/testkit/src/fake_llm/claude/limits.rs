//! Claude's rate limits: buckets that fill by the server's clock.

use super::Refusal;
use crate::fake_llm::{ClaudeLimits, instant::rfc3339};
use std::time::{Duration, SystemTime};

/// In which time an empty bucket is full.
const FULL_S: f64 = 60.0;
/// What remains of tokens is told in these steps.
const STEP: f64 = 1000.0;

/// What of each limit is used up.
#[derive(Default)]
pub(super) struct Buckets {
    limits: ClaudeLimits,
    enforced: bool,
    used: [f64; 3],
    at: Option<SystemTime>,
}

const NAMES: [&str; 3] = ["requests", "input-tokens", "output-tokens"];

impl Buckets {
    pub(super) fn enforce(&mut self, limits: ClaudeLimits) {
        *self = Self {
            limits,
            enforced: true,
            ..Self::default()
        };
    }

    const fn sizes(&self) -> [f64; 3] {
        let limits = self.limits;
        [
            limits.requests as f64,
            limits.input_tokens as f64,
            limits.output_tokens as f64,
        ]
    }

    /// Takes a request and its input, or says how long to wait.
    pub(super) fn admit(&mut self, input: u64, now: SystemTime) -> Result<(), Refusal> {
        let passed = self.at.and_then(|at| now.duration_since(at).ok());
        let passed = passed.unwrap_or_default().as_secs_f64();
        self.at = Some(now);
        let costs = [1.0, input as f64, 1.0];
        let mut wait: f64 = 0.0;
        let mut short = "";
        for (at, size) in self.sizes().into_iter().enumerate() {
            let rate = size / FULL_S;
            self.used[at] = (self.used[at] - passed * rate).max(0.0);
            // What is larger than the bucket is let through when that is full.
            let over = self.used[at] + costs[at].min(size) - size;
            if over > 0.0 && over / rate > wait {
                wait = over / rate;
                short = NAMES[at];
            }
        }
        if self.enforced && wait > 0.0 {
            let message = format!("This request would exceed the rate limit of {short} per minute");
            let mut refusal = Refusal::new(429, "rate_limit_error", message);
            let seconds = wait.ceil().to_string();
            refusal.headers = self.headers(now);
            refusal.headers.push(("retry-after".into(), seconds));
            return Err(refusal);
        }
        if self.enforced {
            self.used[0] += costs[0];
            self.used[1] += costs[1];
        }
        Ok(())
    }

    pub(super) fn spend(&mut self, output: u64) {
        if self.enforced {
            self.used[2] += output as f64;
        }
    }

    /// What the interface tells of its limits.
    pub(super) fn headers(&self, now: SystemTime) -> Vec<(String, String)> {
        let sizes = self.sizes();
        let row = |name: &str, size: f64, used: f64, step: f64| {
            let left = ((size - used).max(0.0) / step).round() * step;
            let full = Duration::from_secs_f64((used / size * FULL_S).clamp(0.0, FULL_S));
            let name = |what: &str| format!("anthropic-ratelimit-{name}-{what}");
            [
                (name("limit"), size.to_string()),
                (name("remaining"), left.to_string()),
                (name("reset"), rfc3339(now + full)),
            ]
        };
        let both = (sizes[1] + sizes[2], self.used[1] + self.used[2]);
        let rows = [
            row(NAMES[0], sizes[0], self.used[0], 1.0),
            row("tokens", both.0, both.1, STEP),
            row(NAMES[1], sizes[1], self.used[1], STEP),
            row(NAMES[2], sizes[2], self.used[2], STEP),
        ];
        rows.into_iter().flatten().collect()
    }
}
