//! What is kept of an answer: everything but what it took.

use crate::{
    completion::{Completion, Latency, Stop, Usage},
    error::{Code, Failure},
};
use bytes::Bytes;
use cache::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Name of this form; what was kept in another one is not found.
pub(super) const VERSION: &str = "completion.v1";

#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    text: String,
    json: Option<Value>,
    stop: Stop,
    provider: String,
    model_requested: String,
    model_served: String,
    dropped_params: Vec<String>,
    fallback_from: Option<String>,
}

impl Kept {
    pub fn of(completion: &Completion) -> Self {
        Self {
            text: completion.text.clone(),
            json: completion.json.clone(),
            stop: completion.stop,
            provider: completion.provider.clone(),
            model_requested: completion.model_requested.clone(),
            model_served: completion.model_served.clone(),
            dropped_params: completion.dropped_params.clone(),
            fallback_from: completion.fallback_from.clone(),
        }
    }

    pub fn bytes(&self) -> Bytes {
        // Text, names and JSON are always writable.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    pub fn read(bytes: &[u8]) -> Result<Self, Failure> {
        let unreadable = |error: serde_json::Error| {
            let message = format!("an answer that was kept cannot be read: {error}");
            Failure::new(Code::Protocol, message)
        };
        serde_json::from_slice(bytes).map_err(unreadable)
    }

    /// The answer for somebody who did not ask for it to be made.
    pub fn given(self, cache: State, total_ms: u64) -> Completion {
        Completion {
            text: self.text,
            json: self.json,
            stop: self.stop,
            provider: self.provider,
            model_requested: self.model_requested,
            model_served: self.model_served,
            usage: Usage::default(),
            cost_usd: Some(0.0),
            latency: Latency {
                queue_ms: 0,
                ttft_ms: None,
                total_ms,
            },
            attempts: Vec::new(),
            cache,
            dropped_params: self.dropped_params,
            fallback_from: self.fallback_from,
        }
    }
}
