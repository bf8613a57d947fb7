//! Claude's answers, as they come.

use super::errors::ErrorBody;
use crate::{
    completion::{Stop, Usage},
    error::{Code, Failure},
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
pub(super) struct WireUsage {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation: Option<CacheCreation>,
}

#[derive(Debug, Default, Deserialize)]
struct CacheCreation {
    #[serde(default)]
    ephemeral_5m_input_tokens: u64,
    #[serde(default)]
    ephemeral_1h_input_tokens: u64,
}

impl WireUsage {
    /// Puts what is told in place of what was told before. A count that nobody told is none.
    pub(super) fn update(&self, usage: &mut Usage) {
        let input_told = self.input_tokens.is_some() || usage.total_input() > 0;
        usage.estimated = self.output_tokens.is_none() || !input_told;
        usage.input = self.input_tokens.unwrap_or(usage.input);
        usage.output = self.output_tokens.unwrap_or(0);
        usage.cache_read = self.cache_read_input_tokens.unwrap_or(usage.cache_read);
        let written = self.cache_creation_input_tokens;
        match (&self.cache_creation, written) {
            (Some(parts), written) => {
                usage.cache_write_1h = parts.ephemeral_1h_input_tokens;
                // What is in the sum and in neither part went where it goes by default.
                let rest = written
                    .unwrap_or(0)
                    .saturating_sub(parts.ephemeral_1h_input_tokens);
                usage.cache_write_5m = parts.ephemeral_5m_input_tokens.max(rest);
            }
            (None, Some(written)) => usage.cache_write_5m = written,
            (None, None) => {}
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct WireMessage {
    #[serde(rename = "type")]
    kind: String,
    pub(super) model: String,
    #[serde(default)]
    content: Vec<Value>,
    stop_reason: Option<String>,
    #[serde(default)]
    pub(super) usage: WireUsage,
}

impl WireMessage {
    /// Its words and why it ended. Words are the text blocks in their order, wherever they stand;
    /// of an answer that was to use a tool, what the tool is given.
    pub(super) fn said(&self, with_tool: bool) -> Result<(String, Stop), Failure> {
        if self.kind != "message" {
            return Err(Failure::new(Code::Protocol, "the answer is no message"));
        }
        let words = self
            .content
            .iter()
            .filter_map(|block| match block["type"].as_str()? {
                "text" => block["text"].as_str().map(str::to_owned),
                "tool_use" if with_tool => Some(block["input"].to_string()),
                _ => None,
            });
        let reason = self.stop_reason.as_deref();
        Ok((
            words.collect(),
            stop(reason.unwrap_or_default(), with_tool)?,
        ))
    }
}

/// What a reason to end means.
pub(super) fn stop(reason: &str, with_tool: bool) -> Result<Stop, Failure> {
    match reason {
        "end_turn" => Ok(Stop::Complete),
        "stop_sequence" => Ok(Stop::StopSequence),
        "max_tokens" => Ok(Stop::Length),
        "refusal" => Ok(Stop::Refusal),
        "model_context_window_exceeded" => Ok(Stop::ContextExceeded),
        "tool_use" if with_tool => Ok(Stop::Complete),
        other => {
            let message = format!("the answer ended with '{other}', which nobody asked for");
            Err(Failure::new(Code::Protocol, message))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum StreamEvent {
    MessageStart {
        message: WireMessage,
    },
    ContentBlockStart {},
    ContentBlockDelta {
        delta: Delta,
    },
    MessageDelta {
        delta: MessageDelta,
        #[serde(default)]
        usage: WireUsage,
    },
    MessageStop {},
    Error {
        error: ErrorBody,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "input_json_delta")]
    Input { partial_json: String },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
pub(super) struct MessageDelta {
    #[serde(default)]
    pub(super) stop_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireModels {
    pub(super) data: Vec<WireModel>,
    #[serde(default)]
    pub(super) has_more: bool,
    #[serde(default)]
    pub(super) last_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireModel {
    pub(super) id: String,
    #[serde(default)]
    pub(super) lifecycle: Option<String>,
    #[serde(default)]
    pub(super) retires_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireCount {
    pub(super) input_tokens: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn all_text_counts_wherever_it_stands() {
        let message: WireMessage = serde_json::from_value(json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "a"},
                {"type": "something_new", "text": "x"},
                {"type": "text", "text": "b"},
            ],
            "stop_reason": "end_turn", "stop_sequence": null, "more": 1,
            "usage": {"input_tokens": 50, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 1800,
                "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}, "output_tokens": 310},
        }))
        .unwrap();
        assert_eq!(message.said(false), Ok(("ab".into(), Stop::Complete)));
        let mut usage = Usage::default();
        message.usage.update(&mut usage);
        assert_eq!(
            usage,
            Usage {
                input: 50,
                output: 310,
                cache_write_5m: 10,
                cache_write_1h: 20,
                cache_read: 1800,
                estimated: false
            }
        );
    }

    #[test]
    fn writes_without_parts_are_of_five_minutes() {
        let usage: WireUsage =
            serde_json::from_value(json!({"cache_creation_input_tokens": 12_304})).unwrap();
        let mut counted = Usage::default();
        usage.update(&mut counted);
        assert_eq!(
            (counted.cache_write_5m, counted.cache_write_1h),
            (12_304, 0)
        );
        assert!(counted.estimated, "the rest was not told");
    }

    #[test]
    fn every_reason_to_end_is_known_or_refused() {
        assert_eq!(stop("max_tokens", false), Ok(Stop::Length));
        assert_eq!(stop("refusal", false), Ok(Stop::Refusal));
        assert_eq!(
            stop("model_context_window_exceeded", false),
            Ok(Stop::ContextExceeded)
        );
        assert_eq!(stop("tool_use", true), Ok(Stop::Complete));
        for odd in ["tool_use", "pause_turn", "", "new"] {
            assert_eq!(stop(odd, false).unwrap_err().code, Code::Protocol, "{odd}");
        }
    }
}
