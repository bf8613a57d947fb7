//! The answer of a model, and what it took.

use crate::error::Code;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It was said.
    Complete,
    /// The room was full.
    Length,
    /// A text came at which it was to end.
    StopSequence,
    /// The model declined.
    Refusal,
    /// The context was full.
    ContextExceeded,
    /// The model wants a tool to be used.
    Tool,
}

/// Tokens of a call, as the provider counted them. What it did not tell is 0 and `estimated`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Read, neither from a prompt cache nor into one.
    pub input: u64,
    /// Said, thinking included.
    pub output: u64,
    /// Read into the prompt cache of five minutes.
    pub cache_write_5m: u64,
    /// Read into the prompt cache of an hour.
    pub cache_write_1h: u64,
    /// Read from a prompt cache.
    pub cache_read: u64,
    /// Whether these are our estimates.
    pub estimated: bool,
}

impl Usage {
    /// Everything that was read.
    #[must_use]
    pub const fn total_input(&self) -> u64 {
        self.input + self.cache_write_5m + self.cache_write_1h + self.cache_read
    }

    /// Everything that was read and said.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total_input() + self.output
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            output: self.output + other.output,
            cache_write_5m: self.cache_write_5m + other.cache_write_5m,
            cache_write_1h: self.cache_write_1h + other.cache_write_1h,
            cache_read: self.cache_read + other.cache_read,
            estimated: self.estimated || other.estimated,
        }
    }
}

/// How long it took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Waiting for our own limits, in milliseconds.
    pub queue_ms: u64,
    /// From the request of the last attempt to its first token, in milliseconds, where it is known.
    pub ttft_ms: Option<u64>,
    /// All of it, in milliseconds.
    pub total_ms: u64,
}

impl Latency {
    /// All of it, in seconds.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "no answer takes 2^52 milliseconds"
    )]
    pub const fn seconds(&self) -> f64 {
        self.total_ms as f64 / 1000.0
    }
}

/// One time a model was asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// Which, from 1.
    pub n: u32,
    /// Who was asked.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// The status of the provider's answer, if there was one.
    pub status: Option<u16>,
    /// Why it gave no usable answer; `None` for the one that did.
    pub code: Option<Code>,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// The provider's name for it.
    pub provider_request_id: Option<String>,
}

/// An answer that fits what was asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completion {
    /// What the model said.
    pub text: String,
    /// The same as JSON, if it was to be JSON; it fits the schema.
    pub json: Option<Value>,
    /// Why it ended.
    pub stop: Stop,
    /// Who answered.
    pub provider: String,
    /// The model that was asked first.
    pub model_requested: String,
    /// The model that answered, as the provider names it.
    pub model_served: String,
    /// Tokens of every attempt that was counted.
    pub usage: Usage,
    /// What all attempts cost, in US dollars; `None` if a price is not known.
    pub cost_usd: Option<f64>,
    /// How long it took.
    pub latency: Latency,
    /// Every time a model was asked.
    pub attempts: Vec<Attempt>,
    /// Where it comes from.
    pub cache: cache::State,
    /// Parameters the model does not have; they were left out.
    pub dropped_params: Vec<String>,
    /// The model that should have answered and did not.
    pub fallback_from: Option<String>,
}
