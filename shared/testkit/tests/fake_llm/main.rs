//! The fake of the two interfaces does what it says: every rule it enforces and every way it fails.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod answers;
mod batches;
mod cache;
mod claude;
mod content;
mod control;
mod embeddings;
mod grammar;
mod ollama;
mod queue;
mod status;
mod streams;
mod wire;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::fake_llm::FakeLlm;

const NEW: &str = "2026-10-21";
const OLD: &str = "2023-06-01";

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy();
    builder.timeout(Duration::from_secs(60)).build().unwrap()
}

/// An answer, read to its end.
#[derive(Debug)]
struct Got {
    status: u16,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Got {
    async fn of(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
    /// The type of Claude's error.
    fn error(&self) -> String {
        self.json()["error"]["type"].as_str().unwrap().to_owned()
    }
    fn message(&self) -> String {
        let body = self.json();
        let message = body["error"]["message"].as_str();
        message.or(body["error"].as_str()).unwrap().to_owned()
    }
    /// The text of Claude's answer.
    fn said(&self) -> String {
        let body = self.json();
        let blocks = body["content"].as_array().unwrap().iter();
        let texts = blocks.filter(|block| block["type"] == "text");
        texts.map(|block| block["text"].as_str().unwrap()).collect()
    }
    /// The data of every event of a stream.
    fn events(&self) -> Vec<Value> {
        let frames = self.text.split("\n\n").filter(|frame| !frame.is_empty());
        let data = |frame: &str| -> Value {
            let lines = frame.lines().filter_map(|line| line.strip_prefix("data: "));
            serde_json::from_str(&lines.collect::<Vec<_>>().join("\n")).unwrap()
        };
        frames.map(data).collect()
    }
    /// Every line of a stream.
    fn lines(&self) -> Vec<Value> {
        let lines = self.text.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Asks Claude's side as it wants to be asked.
async fn ask(fake: &FakeLlm, path: &str, version: &str, body: &Value) -> reqwest::Result<Response> {
    client()
        .post(format!("{}{path}", fake.base_url()))
        .header("anthropic-version", version)
        .header("authorization", format!("Bearer {}", FakeLlm::api_key()))
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
}

async fn claude(fake: &FakeLlm, body: &Value) -> Got {
    Got::of(ask(fake, "/v1/messages", NEW, body).await.unwrap()).await
}

async fn look(fake: &FakeLlm, path: &str) -> Got {
    let request = client()
        .get(format!("{}{path}", fake.base_url()))
        .header("anthropic-version", NEW)
        .header("x-api-key", FakeLlm::api_key());
    Got::of(request.send().await.unwrap()).await
}

async fn post(fake: &FakeLlm, path: &str, body: &Value) -> reqwest::Result<Response> {
    let request = client().post(format!("{}{path}", fake.base_url()));
    request.body(body.to_string()).send().await
}

async fn ollama(fake: &FakeLlm, path: &str, body: &Value) -> Got {
    Got::of(post(fake, path, body).await.unwrap()).await
}

/// A request that Claude's side takes.
fn request() -> Value {
    json!({
        "model": "claude-haiku-5-5",
        "max_tokens": 2048,
        "messages": [{"role": "user", "content": "Hiring our first marketer."}],
    })
}

/// The same, for an answer of a given shape.
fn formatted(schema: &Value) -> Value {
    with(
        "output_config",
        json!({"effort": "low", "format": {"type": "json_schema", "schema": schema}}),
    )
}

fn with(name: &str, value: Value) -> Value {
    let mut body = request();
    body[name] = value;
    body
}

/// A request that Ollama's side takes.
fn chat() -> Value {
    json!({
        "model": "gemma3:1b",
        "messages": [{"role": "user", "content": "Hiring our first marketer."}],
        "stream": false,
        "truncate": false,
        "options": {"num_ctx": 4096, "num_predict": 512},
    })
}

/// A schema both sides take.
fn shape() -> Value {
    json!({
        "type": "object",
        "properties": {
            "region": {"type": "string", "enum": ["india", "other"]},
            "score": {"type": "number"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "match": {"type": "boolean"},
        },
        "required": ["region", "score", "tags", "match"],
        "additionalProperties": false,
    })
}

/// A server whose models load in no time.
async fn quick() -> FakeLlm {
    let fake = FakeLlm::start().await;
    fake.ollama(|server| server.load_ms = 0);
    fake
}
