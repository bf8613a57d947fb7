//! Writing down what was asked and answered, without what names anybody.

use llm::{completion::Usage, settings::LlmSettings};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Headers of answers that say something of the interface and nothing of who asked.
const TOLD: [&str; 4] = [
    "content-type",
    "retry-after",
    "x-should-retry",
    "anthropic-ratelimit-",
];
/// Fields whose texts name a call, or what was found for it.
const NAMING: [&str; 5] = ["id", "request_id", "first_id", "last_id", "signature"];
const REDACTED: &str = "redacted";

/// What is sent.
pub struct Sent {
    path: &'static str,
    body: Option<Value>,
}

impl Sent {
    pub fn post(path: &'static str, body: Value) -> Self {
        let body = Some(body);
        Self { path, body }
    }
    pub fn get(path: &'static str) -> Self {
        Self { path, body: None }
    }
}

/// What came.
pub struct Answered {
    pub status: u16,
    pub usage: Usage,
    pub body: String,
}

/// Asks and writes down.
pub struct Recorder {
    http: reqwest::Client,
    base: String,
    key: String,
    version: String,
    folder: PathBuf,
}

impl Recorder {
    pub fn new(settings: &LlmSettings, folder: &Path) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        fs::create_dir_all(folder).unwrap();
        Self {
            http: reqwest::Client::new(),
            base: settings.claude_base_url.clone(),
            key: settings.claude_key().unwrap().expose_secret().trim().into(),
            version: settings.claude_api_version.clone(),
            folder: folder.into(),
        }
    }

    pub async fn record(&self, name: &str, sent: &Sent) -> Answered {
        let url = format!("{}/{}", self.base, sent.path);
        let request = match &sent.body {
            Some(body) => self.http.post(url).body(body.to_string()),
            None => self.http.get(url),
        };
        let request = request
            .bearer_auth(&self.key)
            .header("anthropic-version", &self.version)
            .header("content-type", "application/json");
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let told: Map<String, Value> = headers
            .iter()
            .filter(|(name, _)| TOLD.iter().any(|told| name.as_str().starts_with(told)))
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()))
            .collect();
        let body = response.text().await.unwrap();
        let usage = usage(&body);
        let body = without_names(&body).replace(&self.key, REDACTED);
        let written = json!({
            "request": {"path": sent.path, "version": self.version, "body": sent.body},
            "response": {"status": status, "headers": told, "body": body},
        });
        let text = serde_json::to_string_pretty(&written).unwrap() + "\n";
        fs::write(self.folder.join(format!("{name}.json")), text).unwrap();
        Answered {
            status,
            usage,
            body,
        }
    }
}

/// The documents of a body: it is one, or a stream of events.
fn documents(body: &str) -> Vec<Value> {
    match serde_json::from_str(body) {
        Ok(one) => vec![one],
        Err(_) => {
            let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
            data.filter_map(|data| serde_json::from_str(data).ok())
                .collect()
        }
    }
}

/// What was counted; the largest count of each kind, because streams count upwards.
fn usage(body: &str) -> Usage {
    let mut usage = Usage::default();
    for document in documents(body) {
        for counts in [&document["usage"], &document["message"]["usage"]] {
            let count = |name: &str| counts[name].as_u64().unwrap_or(0);
            usage.input = usage.input.max(count("input_tokens"));
            usage.output = usage.output.max(count("output_tokens"));
            usage.cache_read = usage.cache_read.max(count("cache_read_input_tokens"));
            let written = count("cache_creation_input_tokens");
            usage.cache_write_5m = usage.cache_write_5m.max(written);
        }
    }
    usage
}

fn without_names(body: &str) -> String {
    let redacted = |text: &str| {
        let mut document: Value = serde_json::from_str(text).ok()?;
        redact(&mut document);
        Some(document.to_string())
    };
    if let Some(whole) = redacted(body) {
        return whole;
    }
    let lines = body.split_inclusive('\n').map(|line| {
        let data = line
            .strip_prefix("data: ")
            .and_then(|data| redacted(data.trim_end()));
        data.map_or_else(|| line.to_owned(), |data| format!("data: {data}\n"))
    });
    lines.collect()
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // A model is named by its id, which names nobody.
            let is_model = fields.get("type").is_some_and(|kind| kind == "model");
            for (name, value) in fields {
                let names = NAMING.contains(&name.as_str()) && !is_model;
                // The first and the last model of a list.
                let is_page = name.ends_with("t_id")
                    && value.as_str().is_some_and(|id| id.starts_with("claude-"));
                if names && !is_page && value.is_string() {
                    *value = REDACTED.into();
                } else {
                    redact(value);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(redact),
        _ => {}
    }
}
