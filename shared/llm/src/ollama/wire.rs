//! Ollama's questions and answers, as they travel.

use crate::{
    completion::{Stop, Usage},
    error::{Code, Failure, one_line},
    provider::Ask,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What is said of a queue that is full, or a server that does not come along.
const BUSY: [&str; 3] = ["busy", "queue", "overloaded"];
/// What is said of a prompt that does not fit.
const CONTEXT: [&str; 3] = [
    "context length",
    "context window",
    "exceeds the available context",
];

#[derive(Debug, Deserialize)]
pub(super) struct ChatLine {
    #[serde(default)]
    pub(super) error: Option<String>,
    #[serde(default)]
    pub(super) model: Option<String>,
    #[serde(default)]
    pub(super) message: Option<ChatMessage>,
    #[serde(default)]
    pub(super) done: bool,
    #[serde(default)]
    pub(super) done_reason: Option<String>,
    #[serde(default)]
    pub(super) load_duration: Option<u64>,
    #[serde(default)]
    prompt_eval_count: Option<u64>,
    #[serde(default)]
    eval_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChatMessage {
    #[serde(default)]
    pub(super) content: String,
    #[serde(default)]
    pub(super) thinking: Option<String>,
}

impl ChatLine {
    /// What was counted. A prompt that was in memory whole is not counted by some versions.
    pub(super) fn usage(&self) -> Usage {
        Usage {
            input: self.prompt_eval_count.unwrap_or(0),
            output: self.eval_count.unwrap_or(0),
            estimated: self.prompt_eval_count.is_none() || self.eval_count.is_none(),
            ..Usage::default()
        }
    }

    /// Why it ended.
    pub(super) fn stop(&self) -> Result<Stop, Failure> {
        match self.done_reason.as_deref() {
            // Early versions gave no reason.
            Some("stop" | "") | None => Ok(Stop::Complete),
            Some("length") => Ok(Stop::Length),
            Some(other) => {
                let message = format!("the answer ended with '{other}', which nobody asked for");
                Err(Failure::new(Code::Protocol, message))
            }
        }
    }
}

/// What a reason under a status, or within a stream, means.
pub(super) fn code(usual: Code, reason: &str) -> Code {
    let reason = reason.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| reason.contains(words));
    match usual {
        Code::BadRequest | Code::ServerError if says(&CONTEXT) => Code::ContextExceeded,
        Code::ServerError if says(&BUSY) => Code::Overloaded,
        Code::ServerError if says(&["model"]) && says(&["not found"]) => Code::ModelNotFound,
        other => other,
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: String,
}

/// The reason in a body, if it has one.
pub(super) fn reason(body: &[u8]) -> Option<String> {
    let body: ErrorBody = serde_json::from_slice(body).ok()?;
    Some(one_line(&body.error))
}

/// The body of a question, and the parameters it leaves out.
pub(super) fn chat(ask: &Ask, keep_alive: &str) -> (Value, Vec<&'static str>) {
    let mut dropped = Vec::new();
    if ask.effort.is_some() {
        dropped.push("effort");
    }
    // The schema stands in the prompt too: constrained models do better when they know why.
    let schema = ask.output_schema.as_deref();
    let instruction = schema.map(crate::prompt::json_instruction);
    let system: Vec<&str> = ask
        .system
        .as_deref()
        .into_iter()
        .chain(instruction.as_deref())
        .collect();
    let mut messages: Vec<Value> = Vec::new();
    if !system.is_empty() {
        messages.push(json!({"role": "system", "content": system.join("\n\n")}));
    }
    messages.extend(
        ask.messages
            .iter()
            .map(|message| json!({"role": message.role.as_str(), "content": message.content})),
    );
    let mut body = json!({
        "model": ask.model.id,
        "messages": messages,
        "options": options(ask),
        "keep_alive": keep_alive,
        "think": false,
        "stream": ask.stream,
        "truncate": false,
        "shift": false,
    });
    if let Some(schema) = schema {
        body["format"] = schema.clone();
    }
    (body, dropped)
}

/// Without a limit a model that loops goes on for ever, so there always is one.
fn options(ask: &Ask) -> Value {
    let sampling = ask.sampling;
    let mut options = Map::new();
    if let Some(window) = ask.window {
        options.insert("num_ctx".into(), window.into());
    }
    let room = ask.max_output_tokens.min(ask.model.max_output_tokens);
    options.insert("num_predict".into(), room.into());
    let optional: [(&str, Option<Value>); 4] = [
        ("temperature", sampling.temperature.map(Into::into)),
        ("top_p", sampling.top_p.map(Into::into)),
        ("top_k", sampling.top_k.map(Into::into)),
        ("seed", sampling.seed.map(Into::into)),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            options.insert(name.into(), value);
        }
    }
    if !ask.stop.is_empty() {
        options.insert("stop".into(), json!(ask.stop));
    }
    options.into()
}

#[derive(Debug, Deserialize)]
pub(super) struct Tags {
    pub(super) models: Vec<Tag>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Tag {
    pub(super) name: String,
    #[serde(default)]
    pub(super) digest: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) version: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Embedded {
    #[serde(default)]
    pub(super) model: Option<String>,
    pub(super) embeddings: Vec<Vec<f32>>,
    #[serde(default)]
    pub(super) prompt_eval_count: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EmbeddedOne {
    pub(super) embedding: Vec<f32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PullLine {
    #[serde(default)]
    pub(super) status: String,
    #[serde(default)]
    pub(super) error: Option<String>,
    #[serde(default)]
    pub(super) total: Option<u64>,
    #[serde(default)]
    pub(super) completed: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::Catalogue,
        request::{Effort, Message, Sampling},
    };
    use std::sync::Arc;

    #[test]
    fn a_question_has_a_limit_and_is_never_cut() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}});
        let ask = Ask {
            model: Catalogue::built_in().unwrap().row("ollama", "gemma3:1b"),
            system: Some("be brief".into()),
            messages: vec![Message::user("hello")],
            max_output_tokens: 512,
            output_schema: Some(Arc::new(schema.clone())),
            sampling: Sampling {
                temperature: Some(0.3),
                seed: Some(0),
                ..Sampling::default()
            },
            stop: Vec::new(),
            prompt_cache: None,
            effort: Some(Effort::Low),
            window: Some(8192),
            stream: true,
        };
        let (body, dropped) = chat(&ask, "30m");
        assert_eq!(dropped, ["effort"]);
        let system = body["messages"][0]["content"].as_str().unwrap();
        assert!(system.starts_with("be brief\n\n") && system.contains(&schema.to_string()));
        assert_eq!(
            body["options"],
            json!({"num_ctx": 8192, "num_predict": 512, "temperature": 0.3, "seed": 0})
        );
        assert_eq!(body["format"], schema);
        for (name, value) in [
            ("truncate", false),
            ("shift", false),
            ("think", false),
            ("stream", true),
        ] {
            assert_eq!(body[name], value, "{name}");
        }
        assert_eq!(body["keep_alive"], "30m");
    }

    #[test]
    fn reasons_are_understood() {
        for (usual, reason, expected) in [
            (
                Code::BadRequest,
                "the input length exceeds the context length",
                Code::ContextExceeded,
            ),
            (Code::BadRequest, "invalid option", Code::BadRequest),
            (
                Code::ServerError,
                "server busy, please try again. maximum pending requests exceeded",
                Code::Overloaded,
            ),
            (
                Code::ServerError,
                "model 'x' not found",
                Code::ModelNotFound,
            ),
            (
                Code::ServerError,
                "llama runner process has terminated",
                Code::ServerError,
            ),
            (
                Code::ModelNotFound,
                "model 'busy' not found",
                Code::ModelNotFound,
            ),
        ] {
            assert_eq!(code(usual, reason), expected, "{reason}");
        }
    }
}
