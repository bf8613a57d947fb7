//! What a model is asked, and what it answers.

use super::{
    Responder, State,
    faults::Fault,
    random::{Random, words},
    schema, spoil,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whose interface was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Claude's.
    Claude,
    /// Ollama's.
    Ollama,
}

/// What a model is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Whose interface was asked.
    pub provider: Provider,
    /// Which model, as it was named.
    pub model: String,
    /// The system's part of the prompt.
    pub system: String,
    /// Role and text of every message, in order.
    pub messages: Vec<(String, String)>,
    /// The schema of the answer, where one is demanded.
    pub schema: Option<Value>,
    /// The whole request.
    pub body: Value,
}

impl Ask {
    /// The text of the last message.
    #[must_use]
    pub fn prompt(&self) -> &str {
        self.messages.last().map_or("", |(_, text)| text.as_str())
    }
    /// Everything that was said, the system's part first.
    #[must_use]
    pub fn everything(&self) -> String {
        let texts = self.messages.iter().map(|(_, text)| text.as_str());
        let all: Vec<&str> = std::iter::once(self.system.as_str()).chain(texts).collect();
        all.join("\n")
    }
    pub(super) fn random(&self) -> Random {
        let said = self.messages.iter();
        let said = said.flat_map(|(role, text)| [role.as_str(), text.as_str()]);
        Random::of(std::iter::once(self.system.as_str()).chain(said))
    }
}

/// What a model answers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Answer {
    /// Its text.
    pub text: String,
    /// Why it stopped, where it did not simply end.
    #[serde(default)]
    pub stop: Option<String>,
    /// What it thought before.
    #[serde(default)]
    pub thinking: Option<String>,
}

impl Answer {
    /// This text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
    /// This value.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self::text(value.to_string())
    }
    /// Ended for this reason, as `refusal`.
    #[must_use]
    pub fn stop(mut self, reason: &str) -> Self {
        self.stop = Some(reason.to_owned());
        self
    }
    /// After these thoughts.
    #[must_use]
    pub fn thinking(mut self, thoughts: &str) -> Self {
        self.thinking = Some(thoughts.to_owned());
        self
    }
}

/// An answer to every prompt that holds some words.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Canned {
    contains: String,
    #[serde(default)]
    json: Option<Value>,
    #[serde(flatten)]
    answer: CannedAnswer,
}

#[derive(Debug, Clone, Deserialize)]
struct CannedAnswer {
    #[serde(default)]
    text: String,
    #[serde(default)]
    stop: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
}

impl Canned {
    fn answer(&self) -> Answer {
        let json = self.json.as_ref().map(ToString::to_string);
        Answer {
            text: json.unwrap_or_else(|| self.answer.text.clone()),
            stop: self.answer.stop.clone(),
            thinking: self.answer.thinking.clone(),
        }
    }
}

/// What the model says to this: what the test says, else what follows from the prompt.
pub(super) fn answer(state: &State, ask: &Ask, fault: Option<&Fault>) -> Answer {
    let (responder, canned) = {
        let inner = state.lock();
        let all = ask.everything();
        let canned = inner.canned.iter().find(|one| all.contains(&one.contains));
        (inner.responder.clone(), canned.map(Canned::answer))
    };
    let told = responder.and_then(|responder: std::sync::Arc<Responder>| responder(ask));
    let mut answer = told.or(canned).unwrap_or_else(|| usual(ask));
    match fault {
        Some(Fault::Content { how }) => answer.text = spoil::text(&answer.text, how, ask),
        Some(Fault::Stop { reason }) => answer.stop = Some(reason.clone()),
        Some(Fault::Thinking) => {
            answer.thinking = Some(words(&mut ask.random(), 8, 24));
        }
        _ => {}
    }
    answer
}

fn usual(ask: &Ask) -> Answer {
    let mut random = ask.random();
    match &ask.schema {
        Some(schema) => Answer::json(&schema::instance(schema, &mut random)),
        None => Answer::text(format!("It is about {}.", words(&mut random, 12, 40))),
    }
}
