//! Claude's models and limits.

use super::instant::{day, rfc3339};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::SystemTime;

/// One of Claude's models. Where its name does not say when it was released, that is invented.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) id: &'static str,
    /// Another name it answers to.
    alias: &'static str,
    name: &'static str,
    created: &'static str,
    pub(super) context: u64,
    pub(super) max_output: u64,
    /// The least tokens of a beginning that is cached.
    pub(super) least_cached: u64,
    /// Letters of a token; newer models cut finer.
    pub(super) width: usize,
    /// Whether sampling can be set at all.
    pub(super) sampling: bool,
    pub(super) forced_tool: bool,
    /// Whether the last message may be the answer's beginning.
    pub(super) prefill: bool,
    /// The last day, once known.
    ends: Option<&'static str>,
}

const NEW: Model = Model {
    id: "",
    alias: "",
    name: "",
    created: "",
    context: 1_000_000,
    max_output: 128_000,
    least_cached: 512,
    width: 3,
    sampling: false,
    forced_tool: true,
    prefill: false,
    ends: None,
};
const OLD: Model = Model {
    context: 200_000,
    max_output: 64_000,
    least_cached: 1024,
    width: 4,
    sampling: true,
    prefill: true,
    ..NEW
};

const fn new(id: &'static str, name: &'static str, created: &'static str) -> Model {
    Model {
        id,
        name,
        created,
        ..NEW
    }
}

const fn unforced(model: Model) -> Model {
    Model {
        forced_tool: false,
        ..model
    }
}

const MODELS: [Model; 15] = [
    unforced(new("claude-haiku-5-5", "Claude Haiku 5.5", "2026-10-07")),
    unforced(new("claude-sonnet-5-5", "Claude Sonnet 5.5", "2026-10-07")),
    unforced(new("claude-opus-5-5", "Claude Opus 5.5", "2026-10-07")),
    unforced(new("claude-fable-5-1", "Claude Fable 5.1", "2026-10-07")),
    new("claude-opus-5", "Claude Opus 5", "2026-07-01"),
    Model {
        least_cached: 1024,
        ..new("claude-sonnet-5", "Claude Sonnet 5", "2026-07-01")
    },
    Model {
        least_cached: 1024,
        ..new("claude-opus-4-8", "Claude Opus 4.8", "2026-05-01")
    },
    Model {
        least_cached: 2048,
        ..new("claude-opus-4-7", "Claude Opus 4.7", "2026-04-01")
    },
    Model {
        least_cached: 4096,
        width: 4,
        sampling: true,
        ..new("claude-opus-4-6", "Claude Opus 4.6", "2026-02-01")
    },
    Model {
        least_cached: 1024,
        width: 4,
        sampling: true,
        ..new("claude-sonnet-4-6", "Claude Sonnet 4.6", "2026-02-01")
    },
    Model {
        id: "claude-sonnet-4-5-20250929",
        alias: "claude-sonnet-4-5",
        name: "Claude Sonnet 4.5",
        created: "2025-09-29",
        ends: Some("2026-11-30"),
        ..OLD
    },
    Model {
        id: "claude-haiku-4-5-20251001",
        alias: "claude-haiku-4-5",
        name: "Claude Haiku 4.5",
        created: "2025-10-01",
        least_cached: 4096,
        ..OLD
    },
    Model {
        id: "claude-3-5-sonnet-20241022",
        name: "Claude Sonnet 3.5",
        created: "2024-10-22",
        max_output: 8192,
        ends: Some("2025-10-28"),
        ..OLD
    },
    Model {
        id: "claude-3-haiku-20240307",
        name: "Claude Haiku 3",
        created: "2024-03-07",
        max_output: 4096,
        ends: Some("2026-04-20"),
        ..OLD
    },
    // Known to clients, but nobody has announced a price.
    new("claude-fable-5-2", "Claude Fable 5.2", "2026-11-01"),
];

/// Models whose end lies in the past on every clock, as a test's may stand in another year.
const RETIRED: [&str; 2] = ["claude-3-5-sonnet-20241022", "claude-3-haiku-20240307"];

impl Model {
    /// The model of this name, whether or not it still answers.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        let known = |model: &&Self| !name.is_empty() && (model.id == name || model.alias == name);
        MODELS.iter().find(known)
    }
    pub(super) fn is_retired(&self, now: SystemTime) -> bool {
        RETIRED.contains(&self.id) || self.ends.is_some_and(|last| day(last) <= now)
    }
    /// Its row of the list of models.
    pub(super) fn row(&self, now: SystemTime) -> Value {
        let lifecycle = match self.ends {
            _ if self.is_retired(now) => "retired",
            Some(_) => "deprecated",
            None => "active",
        };
        json!({
            "id": self.id,
            "type": "model",
            "display_name": self.name,
            "created_at": rfc3339(day(self.created)),
            "lifecycle": lifecycle,
            "retires_at": self.ends.map(|last| rfc3339(day(last))),
            "max_input_tokens": self.context,
            "max_tokens": self.max_output,
            "capabilities": {
                "structured_outputs": {"supported": true},
                "batch": {"supported": true},
            },
        })
    }
    /// All of them, the newest first.
    pub(super) fn all() -> &'static [Self] {
        const ALL: &[Model] = &MODELS;
        ALL
    }
}

/// Claude's rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClaudeLimits {
    /// Requests a minute.
    pub requests: u64,
    /// Tokens read a minute; those read from the prompt cache do not count.
    pub input_tokens: u64,
    /// Tokens written a minute.
    pub output_tokens: u64,
}

impl Default for ClaudeLimits {
    fn default() -> Self {
        Self {
            requests: 1000,
            input_tokens: 2_000_000,
            output_tokens: 400_000,
        }
    }
}
