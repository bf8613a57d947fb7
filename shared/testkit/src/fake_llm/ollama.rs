//! Ollama's interface.

mod embed;
mod generate;
mod scheduler;
mod store;

pub(super) use scheduler::Scheduler;

use super::{
    State,
    faults::Fault,
    wire::{Reply, Request},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// The context a model is loaded with where nobody says.
const USUAL_CONTEXT: u64 = 4096;
/// How long a model stays loaded where nobody says.
const USUAL_KEEP_ALIVE: Duration = Duration::from_secs(300);
/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// Letters of a token.
const WIDTH: usize = 4;

/// How Ollama's side is set up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OllamaServer {
    /// Requests that a model answers at the same time.
    pub parallel: usize,
    /// Requests that wait; more are refused.
    pub max_queue: usize,
    /// Models that are loaded at the same time.
    pub max_loaded: usize,
    /// How long loading takes, in real time.
    pub load_ms: u64,
    /// The context of every model, whatever is asked for.
    pub max_context: u64,
    /// Models that are there.
    pub installed: Vec<String>,
    /// Models that can be pulled.
    pub available: Vec<String>,
    /// Whether there is `/api/embed`; before it there was only `/api/embeddings`.
    pub has_embed: bool,
    /// What it calls itself.
    pub version: String,
}

impl Default for OllamaServer {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            parallel: 1,
            max_queue: 512,
            max_loaded: 3,
            load_ms: 300,
            max_context: 131_072,
            installed: names(&["gemma3:1b", "gemma3:4b", "nomic-embed-text:latest"]),
            available: names(&[
                "gemma3:1b",
                "gemma3:4b",
                "mistral:7b",
                "llama3:8b",
                "nomic-embed-text:latest",
                "all-minilm:latest",
            ]),
            has_embed: true,
            version: "0.33.0".into(),
        }
    }
}

/// A name as the server knows it.
fn tagged(name: &str) -> String {
    if name.contains(':') {
        name.to_owned()
    } else {
        format!("{name}:latest")
    }
}

fn embeds(name: &str) -> bool {
    name.contains("embed") || name.contains("minilm")
}

/// Why a request is refused.
struct Refusal(u16, String);

impl Refusal {
    fn bad(message: impl Into<String>) -> Self {
        Self(400, message.into())
    }
}

/// Answers a request as Ollama does.
pub(super) async fn answer(request: &Request, fault: Option<&Fault>, state: &Arc<State>) -> Reply {
    let has_embed = state.ollama.server().has_embed;
    let answered = match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/api/chat") => generate::answer(request, true, fault, state).await,
        ("POST", "/api/generate") => generate::answer(request, false, fault, state).await,
        ("POST", "/api/embed") if has_embed => embed::many(request, fault, state).await,
        ("POST", "/api/embeddings") => embed::one(request, state).await,
        ("GET" | "HEAD", "/api/tags") => Ok(store::tags(state)),
        ("GET" | "HEAD", "/api/ps") => Ok(store::loaded(state)),
        ("GET" | "HEAD", "/api/version") => {
            let version = state.ollama.server().version;
            Ok(Reply::json(200, &json!({"version": version})))
        }
        ("POST", "/api/pull") => store::pull(request, fault, state),
        ("GET" | "HEAD", "/") => Ok(Reply::new(
            200,
            "text/plain; charset=utf-8",
            "Ollama is running",
        )),
        (_, path) if KNOWN.contains(&path) && (has_embed || path != "/api/embed") => {
            Ok(Reply::new(405, "text/plain", "405 method not allowed"))
        }
        _ => Ok(Reply::new(404, "text/plain", "404 page not found")),
    };
    answered
        .unwrap_or_else(|Refusal(status, message)| Reply::json(status, &json!({"error": message})))
}

const KNOWN: [&str; 8] = [
    "/api/chat",
    "/api/generate",
    "/api/embed",
    "/api/embeddings",
    "/api/tags",
    "/api/ps",
    "/api/version",
    "/api/pull",
];

/// The body of a request and the model it names, which is there.
fn asked(request: &Request, state: &State) -> Result<(Value, String), Refusal> {
    let body = request
        .json()
        .filter(Value::is_object)
        .ok_or_else(|| Refusal::bad("invalid character in the body"))?;
    let name = body["model"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err(Refusal::bad("model is required"));
    }
    let name = tagged(name);
    if !state.ollama.server().installed.contains(&name) {
        let asked = &body["model"];
        let asked = asked.as_str().unwrap_or_default();
        return Err(Refusal(404, format!("model '{asked}' not found")));
    }
    Ok((body, name))
}

/// How long a model stays loaded after this request.
fn keep_alive(body: &Value) -> Result<Duration, Refusal> {
    let seconds = |number: f64| {
        if number < 0.0 {
            FOR_EVER
        } else {
            Duration::try_from_secs_f64(number).unwrap_or(FOR_EVER)
        }
    };
    match &body["keep_alive"] {
        Value::Null => Ok(USUAL_KEEP_ALIVE),
        Value::Number(number) => Ok(seconds(number.as_f64().unwrap_or(-1.0))),
        Value::String(text) => {
            let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
            let parsed = units.iter().find_map(|(unit, factor)| {
                let number: f64 = text.strip_suffix(unit)?.parse().ok()?;
                Some(number * factor)
            });
            let parsed = parsed.or_else(|| text.parse().ok());
            let invalid = || Refusal::bad(format!("time: invalid duration {text:?}"));
            parsed.map(seconds).ok_or_else(invalid)
        }
        other => Err(Refusal::bad(format!("keep_alive: invalid {other}"))),
    }
}

/// The context a model is to be loaded with.
fn context(body: &Value, state: &State) -> u64 {
    let wanted = body.pointer("/options/num_ctx").and_then(Value::as_u64);
    wanted
        .unwrap_or(USUAL_CONTEXT)
        .clamp(4, state.ollama.server().max_context)
}
