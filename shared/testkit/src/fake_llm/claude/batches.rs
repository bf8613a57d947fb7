//! `/v1/messages/batches`

use super::{
    Refusal, Version, body,
    checks::{Invalid, Params},
    message::Message,
    not_found,
};
use crate::fake_llm::{
    State,
    faults::{BatchFault, Fault},
    instant::rfc3339,
    usage::Input,
    wire::{Reply, Request},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::{Duration, SystemTime},
};

/// Most requests of a batch.
const MAX_REQUESTS: usize = 100_000;
/// When a batch that has not ended expires.
const EXPIRES: Duration = Duration::from_secs(24 * 3600);
/// How long results are kept.
const KEPT: Duration = Duration::from_secs(29 * 24 * 3600);
/// At which look a batch has ended.
const LOOKS: u32 = 2;
/// Longest id of a request.
const MAX_ID_BYTES: usize = 64;

/// All batches, by id.
#[derive(Default)]
pub(super) struct Batches(BTreeMap<String, Batch>);

struct Batch {
    created: SystemTime,
    version: Version,
    requests: Vec<(String, Value)>,
    fault: BatchFault,
    looks: u32,
    cancelled: Option<SystemTime>,
    /// When it ended, and how each request did.
    ended: Option<(SystemTime, Vec<Value>)>,
}

pub(super) fn answer(
    request: &Request,
    method: &str,
    rest: &[&str],
    version: Version,
    fault: Option<&Fault>,
    state: &Arc<State>,
) -> Result<Reply, Refusal> {
    let host = request.header("host").unwrap_or_default();
    match (method, rest) {
        ("POST", []) => create(request, version, fault, state, host),
        ("GET", []) => {
            let inner = state.lock();
            let all = inner.claude.batches.0.iter().rev();
            let data: Vec<Value> = all.map(|(id, batch)| batch.shown(id, host)).collect();
            let body = json!({"data": data, "has_more": false});
            Ok(Reply::json(200, &body))
        }
        ("GET", [id]) => look(id, state, host),
        ("POST", [id, "cancel"]) => cancel(id, state, host),
        ("GET", [id, "results"]) => results(id, state),
        _ => Err(not_found()),
    }
}

fn create(
    request: &Request,
    version: Version,
    fault: Option<&Fault>,
    state: &State,
    host: &str,
) -> Result<Reply, Refusal> {
    let requests = requests(&body(request)?, version)?;
    let fault = match fault {
        Some(Fault::Batch(fault)) => fault.clone(),
        _ => BatchFault::default(),
    };
    let batch = Batch {
        created: state.now(),
        version,
        requests,
        fault,
        looks: 0,
        cancelled: None,
        ended: None,
    };
    let id = format!("msgbatch_fake{:020}", state.id());
    let shown = batch.shown(&id, host);
    state.lock().claude.batches.0.insert(id, batch);
    Ok(Reply::json(200, &shown))
}

/// What is looked at when a batch is created; the rest when it is worked on.
fn requests(body: &Value, version: Version) -> Result<Vec<(String, Value)>, Invalid> {
    let invalid = |message: String| Err(Invalid::Request(message));
    let all = match body.get("requests") {
        Some(Value::Array(all)) if !all.is_empty() && all.len() <= MAX_REQUESTS => all,
        _ => {
            return invalid(format!(
                "requests: between 1 and {MAX_REQUESTS} are required"
            ));
        }
    };
    let mut known = HashSet::new();
    let mut requests = Vec::new();
    for (at, one) in all.iter().enumerate() {
        let id = one["custom_id"].as_str().unwrap_or_default();
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(letter) {
            return invalid(format!(
                "requests.{at}.custom_id: must match ^[A-Za-z0-9_-]{{1,64}}$"
            ));
        }
        if !known.insert(id) {
            return invalid(format!("requests.{at}.custom_id: {id} is there twice"));
        }
        let Some(Value::Object(params)) = one.get("params") else {
            return invalid(format!("requests.{at}.params: Field required"));
        };
        let sampled = ["temperature", "top_p", "top_k"];
        if let Some(name) = sampled.iter().find(|name| params.contains_key(**name))
            && version == Version::Second
        {
            return invalid(format!(
                "requests.{at}.params.{name}: Extra inputs are not permitted"
            ));
        }
        requests.push((id.to_owned(), one["params"].clone()));
    }
    Ok(requests)
}

fn look(id: &str, state: &State, host: &str) -> Result<Reply, Refusal> {
    let now = state.now();
    let due = {
        let mut inner = state.lock();
        let batch = inner.claude.batches.0.get_mut(id).ok_or_else(not_found)?;
        batch.looks += 1;
        let due = batch.looks >= LOOKS || now >= batch.created + EXPIRES;
        due && batch.ended.is_none()
    };
    if due {
        end(id, state, now);
    }
    let inner = state.lock();
    let batch = inner.claude.batches.0.get(id).ok_or_else(not_found)?;
    Ok(Reply::json(200, &batch.shown(id, host)))
}

/// Works on all requests of a batch, or gives up on them.
fn end(id: &str, state: &State, now: SystemTime) {
    let taken = {
        let inner = state.lock();
        let batch = inner.claude.batches.0.get(id);
        batch.map(|batch| {
            let expired = now >= batch.created + EXPIRES;
            let lost = if batch.cancelled.is_some() {
                Some("canceled")
            } else {
                expired.then_some("expired")
            };
            (
                batch.requests.clone(),
                batch.fault.clone(),
                batch.version,
                lost,
            )
        })
    };
    let Some((requests, fault, version, lost)) = taken else {
        return;
    };
    let one = |(at, (custom_id, params)): (usize, &(String, Value))| {
        let lost = match at {
            _ if lost.is_some() => lost,
            at if at < fault.errored => Some("errored"),
            at if at < fault.errored + fault.expired => Some("expired"),
            _ => None,
        };
        let result = match lost {
            Some("errored") => errored("api_error", "a scripted fault"),
            Some(kind) => json!({"type": kind}),
            None => result(params, version, state, now),
        };
        json!({"custom_id": custom_id, "result": result})
    };
    let mut results: Vec<Value> = requests.iter().enumerate().map(one).collect();
    if fault.shuffled {
        // Far from the order of the requests, and the same every time.
        results.reverse();
        results.rotate_left(1);
    }
    if let Some(batch) = state.lock().claude.batches.0.get_mut(id) {
        batch.ended = Some((now, results));
    }
}

fn errored(error: &str, message: &str) -> Value {
    let error = json!({"type": error, "message": message});
    json!({"type": "errored", "error": {"type": "error", "error": error}})
}

fn result(params: &Value, version: Version, state: &State, now: SystemTime) -> Value {
    let refused = ["stream", "speed"]
        .iter()
        .find(|name| params.get(**name).is_some());
    if let Some(name) = refused {
        return errored(
            "invalid_request_error",
            &format!("{name}: not supported in batches"),
        );
    }
    let drawn = Params::message(params, version, now).and_then(|params| {
        if params.max_tokens == 0 {
            return Err(Invalid::Request("max_tokens: must be at least 1".into()));
        }
        let input = Input {
            plain: params.blocks().iter().map(|block| block.tokens).sum(),
            ..Input::default()
        };
        Message::draw(state, &params, input, None)
    });
    match drawn {
        Ok(message) => json!({"type": "succeeded", "message": message.whole("batch")}),
        Err(Invalid::Request(message)) => errored("invalid_request_error", &message),
        Err(Invalid::Model(name)) => errored("not_found_error", &format!("model: {name}")),
    }
}

fn cancel(id: &str, state: &State, host: &str) -> Result<Reply, Refusal> {
    let now = state.now();
    let mut inner = state.lock();
    let batch = inner.claude.batches.0.get_mut(id).ok_or_else(not_found)?;
    if batch.ended.is_some() {
        let message = "a batch that has ended cannot be canceled";
        return Err(Refusal::new(400, "invalid_request_error", message));
    }
    batch.cancelled.get_or_insert(now);
    Ok(Reply::json(200, &batch.shown(id, host)))
}

fn results(id: &str, state: &State) -> Result<Reply, Refusal> {
    let now = state.now();
    let mut inner = state.lock();
    let batch = inner.claude.batches.0.get_mut(id).ok_or_else(not_found)?;
    if now >= batch.created + KEPT {
        return Err(not_found());
    }
    let Some((_, results)) = &batch.ended else {
        return Err(not_found());
    };
    if batch.fault.results_missing > 0 {
        batch.fault.results_missing -= 1;
        return Err(not_found());
    }
    let lines: String = results.iter().map(|line| format!("{line}\n")).collect();
    Ok(Reply::new(200, "application/x-jsonl", lines))
}

impl Batch {
    fn shown(&self, id: &str, host: &str) -> Value {
        let status = match (&self.ended, self.cancelled) {
            (Some(_), _) => "ended",
            (None, Some(_)) => "canceling",
            (None, None) => "in_progress",
        };
        let results = self.ended.as_ref().map(|(_, results)| results.as_slice());
        let count = |kind: &str| {
            let all = results.unwrap_or_default().iter();
            all.filter(|line| line["result"]["type"] == kind).count()
        };
        let processing = if results.is_some() {
            0
        } else {
            self.requests.len()
        };
        json!({
            "id": id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": {
                "processing": processing,
                "succeeded": count("succeeded"),
                "errored": count("errored"),
                "canceled": count("canceled"),
                "expired": count("expired"),
            },
            "created_at": rfc3339(self.created),
            "expires_at": rfc3339(self.created + EXPIRES),
            "ended_at": self.ended.as_ref().map(|(at, _)| rfc3339(*at)),
            "cancel_initiated_at": self.cancelled.map(rfc3339),
            "archived_at": null,
            "results_url": results.map(|_| format!("http://{host}/v1/messages/batches/{id}/results")),
        })
    }
}
