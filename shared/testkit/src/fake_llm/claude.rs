//! Claude's interface.

mod batches;
mod checks;
mod grammar;
mod limits;
mod message;

use super::{
    ClaudeLimits, State,
    failing::{error_body, html, request_id},
    faults::Fault,
    models::Model,
    usage::PromptCache,
    wire::{Reply, Request},
};
use batches::Batches;
use checks::{Invalid, Params};
use limits::Buckets;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most bytes of a message.
const MAX_BODY_BYTES: u64 = 32_000_000;
/// Most bytes of a batch.
const MAX_BATCH_BYTES: u64 = 256_000_000;
/// Rows of a page of the list of models, where nobody says how many.
const PAGE: usize = 20;

/// Versions of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    First,
    /// Since 21 Oct 2026: without sampling parameters.
    Second,
}

/// What Claude's side remembers.
#[derive(Default)]
pub(super) struct Memory {
    cache: PromptCache,
    batches: Batches,
    buckets: Buckets,
}

impl Memory {
    pub(super) fn limits(&mut self, limits: ClaudeLimits) {
        self.buckets.enforce(limits);
    }
}

/// Why a request is refused.
struct Refusal {
    status: u16,
    error: &'static str,
    message: String,
    headers: Vec<(String, String)>,
}

impl Refusal {
    fn new(status: u16, error: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            error,
            message: message.into(),
            headers: Vec::new(),
        }
    }
    fn body(&self, id: u64) -> Value {
        error_body(true, self.error, &self.message, id)
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            Invalid::Request(message) => Self::new(400, "invalid_request_error", message),
            Invalid::Model(name) => Self::new(404, "not_found_error", format!("model: {name}")),
        }
    }
}

/// Answers a request as Claude's interface does.
pub(super) async fn answer(request: &Request, fault: Option<&Fault>, state: &Arc<State>) -> Reply {
    let segments: Vec<&str> = request.path.split('/').skip(2).collect();
    let limit = match segments[..] {
        ["messages", "batches", ..] => MAX_BATCH_BYTES,
        _ => MAX_BODY_BYTES,
    };
    if request.body_bytes > limit {
        // The edge answers before the interface sees anything.
        return html(413);
    }
    let id = state.id();
    let reply = route(request, &segments, fault, state).unwrap_or_else(|refusal| {
        let reply = Reply::json(refusal.status, &refusal.body(id));
        let headers = refusal.headers.into_iter();
        headers.fold(reply, |reply, (name, value)| reply.with(&name, value))
    });
    reply
        .with("request-id", request_id(id))
        .with("anthropic-organization-id", "org-fake")
        .with("anthropic-workspace-id", "wrkspc-fake")
}

fn route(
    request: &Request,
    segments: &[&str],
    fault: Option<&Fault>,
    state: &Arc<State>,
) -> Result<Reply, Refusal> {
    let version = version(request)?;
    authorized(request)?;
    match (request.method.as_str(), segments) {
        ("POST", ["messages"]) => message::answer(request, version, fault, state),
        ("POST", ["messages", "count_tokens"]) => count(request, version, state),
        (method, ["messages", "batches", rest @ ..]) => {
            batches::answer(request, method, rest, version, fault, state)
        }
        ("GET", ["models"]) => Ok(models(request, state)),
        ("GET", ["models", name]) => {
            let model = Model::find(name).ok_or_else(|| Invalid::Model((*name).to_owned()))?;
            Ok(Reply::json(200, &model.row(state.now())))
        }
        (_, ["messages" | "models", ..]) => {
            let message = "method not allowed";
            Err(Refusal::new(405, "invalid_request_error", message))
        }
        _ => Err(not_found()),
    }
}

fn not_found() -> Refusal {
    Refusal::new(404, "not_found_error", "Not found")
}

fn version(request: &Request) -> Result<Version, Refusal> {
    match request.header("anthropic-version") {
        Some("2023-06-01") => Ok(Version::First),
        Some("2026-10-21") => Ok(Version::Second),
        Some(other) => {
            let message = format!("anthropic-version: \"{other}\" is not a valid version");
            Err(Refusal::new(400, "invalid_request_error", message))
        }
        None => {
            let message = "anthropic-version: header is required";
            Err(Refusal::new(400, "invalid_request_error", message))
        }
    }
}

/// Where both headers are there, `x-api-key` is the one that is looked at.
fn authorized(request: &Request) -> Result<(), Refusal> {
    let bearer = || request.header("authorization")?.strip_prefix("Bearer ");
    let refuse = |message: &str| Err(Refusal::new(401, "authentication_error", message));
    match request.header("x-api-key").or_else(bearer) {
        Some(super::KEY) => Ok(()),
        Some(_) => refuse("invalid x-api-key"),
        None => refuse("x-api-key header is required"),
    }
}

/// The body of a request, which is JSON and says so.
fn body(request: &Request) -> Result<Value, Refusal> {
    let kind = request.header("content-type").unwrap_or_default();
    if !kind.starts_with("application/json") {
        let message = "content-type: must be application/json";
        return Err(Refusal::new(400, "invalid_request_error", message));
    }
    let invalid = "The request body is not valid JSON";
    request
        .json()
        .ok_or_else(|| Refusal::new(400, "invalid_request_error", invalid))
}

fn count(request: &Request, version: Version, state: &State) -> Result<Reply, Refusal> {
    let body = body(request)?;
    let params = Params::counted(&body, version, state.now())?;
    let tokens: u64 = params.blocks().iter().map(|block| block.tokens).sum();
    Ok(Reply::json(200, &json!({"input_tokens": tokens})))
}

fn models(request: &Request, state: &State) -> Reply {
    let limit = request
        .parameter("limit")
        .and_then(|text| text.parse().ok());
    let limit = limit.unwrap_or(PAGE).clamp(1, 1000);
    let all = Model::all();
    let place = |name: &str| all.iter().position(|model| model.id == name);
    let after = request.parameter("after_id").and_then(place);
    let before = request.parameter("before_id").and_then(place);
    let begin = after.map_or(0, |at| at + 1);
    let shown = &all[begin..before.unwrap_or(all.len()).max(begin)];
    let more = shown.len() > limit;
    let now = state.now();
    let page: Vec<Value> = shown
        .iter()
        .take(limit)
        .map(|model| model.row(now))
        .collect();
    let id = |row: Option<&Value>| row.map_or(Value::Null, |row| row["id"].clone());
    let body = json!({
        "first_id": id(page.first()),
        "last_id": id(page.last()),
        "has_more": more,
        "data": page,
    });
    Reply::json(200, &body)
}
