//! A question for a model, the same whoever answers it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// Tasks by which calls are counted, besides the ones of videos.
const TASKS: [&str; 2] = ["signal.classify", "lead.dossier"];
/// What the tasks of videos begin with.
const VIDEO: &str = "video.";

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// As both providers name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One thing that is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// By whom.
    pub role: Role,
    /// What.
    pub content: String,
}

impl Message {
    /// Something the one who asks says.
    pub fn user(content: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            content: content.into(),
        }
    }
}

/// How freely a model chooses its words. What is missing is left to the provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sampling {
    /// From 0, always the likeliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Share of the likeliest words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f64>,
    /// Number of the likeliest words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<u32>,
    /// What randomness begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What a request says to the response cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheControl {
    /// Whether it is looked up and kept.
    pub mode: cache::Mode,
    /// Oldest answer that is taken, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_s: Option<u64>,
    /// How long the answer is kept, in seconds; 0 keeps nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_s: Option<u64>,
}

/// How long the provider keeps the beginning of a prompt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PromptCache {
    /// Not at all.
    #[default]
    #[serde(rename = "off")]
    Off,
    /// Five minutes.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// An hour.
    #[serde(rename = "1h")]
    Hour,
}

/// How hard a model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
}

impl Effort {
    /// As the provider names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Which template the text was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateRef {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The digest of its source, in hexadecimal.
    pub sha256: String,
}

/// Which trace a request belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trace {
    /// As W3C writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// A question for a model. Its names are the same in JSON and in MessagePack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Of this request, by time.
    pub request_id: Uuid,
    /// What it is for: `signal.classify`, `lead.dossier` or `video.<analysis>`.
    pub task: String,
    /// Which chain of models answers it.
    pub alias: String,
    /// What the model is told before anything is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// What is said.
    pub messages: Vec<Message>,
    /// Room for the answer, in tokens.
    pub max_output_tokens: u32,
    /// The JSON Schema of the answer, if it is to be JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    /// How freely the model chooses its words.
    #[serde(default)]
    pub sampling: Sampling,
    /// Texts at which the answer ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// How long the caller waits, in milliseconds from when the request is handed over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// What the response cache does.
    #[serde(default)]
    pub cache: CacheControl,
    /// What the provider's prompt cache does; missing leaves it to the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_cache: Option<PromptCache>,
    /// How hard the model thinks; missing leaves it to the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Which template the text was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateRef>,
    /// Which trace it belongs to.
    #[serde(default)]
    pub trace: Trace,
}

impl Request {
    /// A request of one message and nothing else.
    pub fn new(
        request_id: Uuid,
        task: impl Into<String>,
        alias: impl Into<String>,
        text: impl Into<String>,
        max_output_tokens: u32,
    ) -> Self {
        Self {
            request_id,
            task: task.into(),
            alias: alias.into(),
            system: None,
            messages: vec![Message::user(text)],
            max_output_tokens,
            output_schema: None,
            sampling: Sampling::default(),
            stop: Vec::new(),
            deadline_ms: None,
            cache: CacheControl::default(),
            prompt_cache: None,
            effort: None,
            template: None,
            trace: Trace::default(),
        }
    }

    /// How long the caller waits.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline_ms.map(Duration::from_millis)
    }

    /// The task as a label of few values: what is not known is `other`.
    #[must_use]
    pub fn task_label(&self) -> &'static str {
        task_label(&self.task)
    }

    /// Length of everything that is said, in bytes.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let said: usize = self
            .messages
            .iter()
            .map(|message| message.content.len())
            .sum();
        said + self.system.as_ref().map_or(0, String::len)
    }
}

fn task_label(task: &str) -> &'static str {
    if let Some(name) = task.strip_prefix(VIDEO) {
        let known = contracts::analysis::AnalysisName::find(name);
        return known.map_or("other", |known| known.name);
    }
    TASKS
        .into_iter()
        .find(|known| *known == task)
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_18_tasks_have_few_labels() {
        assert_eq!(task_label("signal.classify"), "signal.classify");
        assert_eq!(task_label("video.scene_pacing"), "scene_pacing");
        for odd in ["video.x", "anything", ""] {
            assert_eq!(task_label(odd), "other");
        }
    }

    #[test]
    fn a_request_is_read_as_it_is_written_and_names_are_short() {
        let mut request = Request::new(Uuid::nil(), "signal.classify", "fast", "hello", 7);
        request.prompt_cache = Some(PromptCache::Hour);
        request.effort = Some(Effort::Low);
        let json = serde_json::to_value(&request).unwrap();
        assert_eq!(json["prompt_cache"], "1h");
        assert_eq!(json["messages"][0]["role"], "user");
        assert_eq!(json["cache"]["mode"], "on");
        assert_eq!(serde_json::from_value::<Request>(json).unwrap(), request);
        assert!(serde_json::from_str::<Request>(r#"{"task":"t"}"#).is_err());
    }
}
