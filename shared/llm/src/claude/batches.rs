//! Many questions at once, answered within a day, at half the price.

use super::{Claude, body, errors, wire::WireMessage};
use crate::{
    completion::{Stop, Usage},
    error::{Code, Failure},
    http,
    provider::{Ask, Call},
};
use reqwest::{Method, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

/// Most questions of a batch.
const MAX_ITEMS: usize = 100_000;
/// Longest body of a batch, in bytes.
const MAX_BODY_BYTES: usize = 256_000_000;
/// Longest name of a question, in bytes.
const MAX_ID_BYTES: usize = 64;
/// Longest line of results, in bytes.
const MAX_LINE_BYTES: usize = http::MAX_ANSWER_BYTES;
/// Time between the first two looks at a batch, and the longest.
const POLL: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));
/// How much longer each further wait is.
const POLL_FACTOR: f64 = 1.5;

/// One question of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchItem {
    /// Its name within the batch: letters, digits, `_` and `-`.
    pub custom_id: String,
    /// The question.
    pub ask: Ask,
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// It is being answered.
    InProgress,
    /// It is being called off.
    Canceling,
    /// It is over: its results can be read, even if some have expired.
    Ended,
}

/// How many questions ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BatchCounts {
    /// Not yet.
    pub processing: u64,
    /// With an answer.
    pub succeeded: u64,
    /// With a failure.
    pub errored: u64,
    /// Called off.
    pub canceled: u64,
    /// Not in time.
    pub expired: u64,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Batch {
    /// Its name.
    pub id: String,
    /// Where it stands.
    #[serde(rename = "processing_status")]
    pub state: BatchState,
    /// How many questions ended how.
    #[serde(default, rename = "request_counts")]
    pub counts: BatchCounts,
    /// Where its results lie, once it is over.
    #[serde(default)]
    pub results_url: Option<String>,
}

/// How one question of a batch ended.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchOutcome {
    /// With an answer.
    Answered {
        /// Its words.
        text: String,
        /// Why it ended.
        stop: Stop,
        /// The model that said them.
        model_served: String,
        /// Tokens; a batch costs half.
        usage: Usage,
    },
    /// With a failure. It costs nothing.
    Failed(Failure),
    /// It was called off. It costs nothing.
    Canceled,
    /// Its time was over. It costs nothing.
    Expired,
}

/// One result of a batch. They come in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchResult {
    /// The name of its question.
    pub custom_id: String,
    /// How it ended.
    pub outcome: BatchOutcome,
}

/// How long to wait before the `nth` look at a batch, from 0.
#[must_use]
pub fn poll_delay(nth: u32) -> Duration {
    let exponent = i32::try_from(nth.min(64)).unwrap_or(64);
    POLL.0
        .mul_f64(POLL_FACTOR.powi(exponent).min(1e6))
        .min(POLL.1)
}

impl Claude {
    /// Hands a batch in. What is wrong with a question is told with its result only, so one of
    /// them is better asked alone before.
    ///
    /// # Errors
    /// [`Code::BadRequest`] if the batch cannot be one, else as a question.
    pub async fn submit(&self, items: &[BatchItem], call: &Call) -> Result<Batch, Failure> {
        check(items)?;
        let mut version = self.config.api_version.clone();
        let mut requests: Vec<Value> = Vec::with_capacity(items.len());
        for item in items {
            let (prepared, _) = body::prepare(&item.ask, &self.config);
            version = prepared.api_version;
            requests.push(json!({"custom_id": item.custom_id, "params": prepared.body}));
        }
        let body = json!({"requests": requests}).to_string();
        if body.len() > MAX_BODY_BYTES {
            let message = format!(
                "the batch is {} bytes, limit is {MAX_BODY_BYTES}",
                body.len()
            );
            return Err(Failure::new(Code::BadRequest, message));
        }
        let request = self.request(Method::POST, "v1/messages/batches", &version)?;
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        let (batch, _) = call.bound(self.json(request)).await?;
        Ok(batch)
    }

    /// Looks where a batch stands.
    ///
    /// # Errors
    /// As a question.
    pub async fn batch_status(&self, id: &str, call: &Call) -> Result<Batch, Failure> {
        let path = batch_path(id, "")?;
        let request = self.request(Method::GET, &path, &self.config.api_version)?;
        let (batch, _) = call.bound(self.json(request)).await?;
        Ok(batch)
    }

    /// Calls a batch off. What was answered by then is kept.
    ///
    /// # Errors
    /// As a question.
    pub async fn cancel_batch(&self, id: &str, call: &Call) -> Result<Batch, Failure> {
        let path = batch_path(id, "/cancel")?;
        let request = self.request(Method::POST, &path, &self.config.api_version)?;
        let (batch, _) = call.bound(self.json(request)).await?;
        Ok(batch)
    }

    /// Reads the results of a batch that is over, one after the other, in any order; `with_tool`
    /// names the questions whose answer is what a tool was given.
    ///
    /// # Errors
    /// As a question; [`Code::StreamTruncated`] if they end in the middle of one.
    pub async fn batch_results(
        &self,
        batch: &Batch,
        items: &[BatchItem],
        call: &Call,
        mut each: impl FnMut(BatchResult) + Send,
    ) -> Result<(), Failure> {
        let url = batch.results_url.as_deref();
        let url = url.ok_or_else(|| Failure::new(Code::Conflict, "the batch is not over yet"))?;
        let tools: HashMap<&str, bool> = items
            .iter()
            .map(|item| {
                (
                    item.custom_id.as_str(),
                    body::prepare(&item.ask, &self.config).1,
                )
            })
            .collect();
        let request = self.request(Method::GET, url, &self.config.api_version)?;
        let reading = async {
            let response = http::send(request).await?;
            let kinds = [
                "application/x-jsonl",
                "application/jsonl",
                "application/x-ndjson",
                "application/json",
                "application/octet-stream",
                "text/plain",
            ];
            let mut response = self.success(response, &kinds).await?;
            let mut lines = crate::ollama::Lines::new(MAX_LINE_BYTES);
            loop {
                let chunk = response.chunk().await;
                let broken = |_| Failure::new(Code::StreamTruncated, "the results broke off");
                let Some(chunk) = chunk.map_err(broken)? else {
                    break;
                };
                for line in lines.feed(&chunk)? {
                    each(result(&line, &tools)?);
                }
            }
            if let Some(line) = lines.finish()? {
                each(result(&line, &tools)?);
            }
            Ok(())
        };
        call.bound(reading).await
    }
}

fn check(items: &[BatchItem]) -> Result<(), Failure> {
    let wrong = |message: String| Err(Failure::new(Code::BadRequest, message));
    if items.is_empty() || items.len() > MAX_ITEMS {
        return wrong(format!(
            "a batch has 1 to {MAX_ITEMS} questions, not {}",
            items.len()
        ));
    }
    let mut names = HashSet::new();
    for item in items {
        let id = item.custom_id.as_str();
        if !is_plain(id) || id.len() > MAX_ID_BYTES {
            return wrong("a name of a question is not 1 to 64 letters, digits, '_' or '-'".into());
        }
        if !names.insert(id) {
            return wrong(format!("two questions are called {id}"));
        }
    }
    Ok(())
}

fn is_plain(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !id.is_empty() && id.bytes().all(plain)
}

/// The path of a batch; its name is text from outside.
fn batch_path(id: &str, end: &str) -> Result<String, Failure> {
    if is_plain(id) && id.len() <= 2 * MAX_ID_BYTES {
        return Ok(format!("v1/messages/batches/{id}{end}"));
    }
    Err(Failure::new(
        Code::BadRequest,
        "the name of the batch is none",
    ))
}

#[derive(Deserialize)]
struct Line {
    custom_id: String,
    result: LineResult,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum LineResult {
    Succeeded { message: WireMessage },
    Errored { error: Value },
    Canceled,
    Expired,
}

fn result(line: &str, tools: &HashMap<&str, bool>) -> Result<BatchResult, Failure> {
    let line: Line = serde_json::from_str(line)
        .map_err(|_| Failure::new(Code::Protocol, "a result of the batch is not understood"))?;
    let outcome = match line.result {
        LineResult::Canceled => BatchOutcome::Canceled,
        LineResult::Expired => BatchOutcome::Expired,
        LineResult::Errored { error } => BatchOutcome::Failed(errored(error)),
        LineResult::Succeeded { message } => {
            let with_tool = tools.get(line.custom_id.as_str()).copied().unwrap_or(false);
            match message.said(with_tool) {
                Err(failure) => BatchOutcome::Failed(failure),
                Ok((text, stop)) => {
                    let mut usage = Usage::default();
                    message.usage.update(&mut usage);
                    BatchOutcome::Answered {
                        text,
                        stop,
                        model_served: message.model,
                        usage,
                    }
                }
            }
        }
    };
    Ok(BatchResult {
        custom_id: line.custom_id,
        outcome,
    })
}

/// The reason lies in an envelope of its own, or does not.
fn errored(error: Value) -> Failure {
    let inner = match error.get("error") {
        Some(inner) => inner.clone(),
        None => error,
    };
    match serde_json::from_value::<errors::ErrorBody>(inner) {
        Ok(body) => errors::of_event(&body),
        Err(_) => Failure::new(Code::ServerError, "no reason given"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_at_a_batch_become_rarer() {
        let seconds: Vec<f64> = (0..7).map(|nth| poll_delay(nth).as_secs_f64()).collect();
        assert_eq!(seconds, [10.0, 15.0, 22.5, 33.75, 50.625, 60.0, 60.0]);
        assert_eq!(poll_delay(u32::MAX), POLL.1);
    }

    #[test]
    fn every_kind_of_result_is_read() {
        let tools = HashMap::new();
        let read = |line: Value| result(&line.to_string(), &tools).unwrap();
        let message = json!({"type": "message", "model": "m", "content": [{"type": "text", "text": "hi"}], "stop_reason": "end_turn", "usage": {"output_tokens": 3}});
        let answered =
            read(json!({"custom_id": "a", "result": {"type": "succeeded", "message": message}}));
        assert!(
            matches!(answered.outcome, BatchOutcome::Answered { text, usage, .. } if text == "hi" && usage.output == 3)
        );
        let error = json!({"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long"}});
        let failed = read(json!({"custom_id": "b", "result": {"type": "errored", "error": error}}));
        assert!(
            matches!(failed.outcome, BatchOutcome::Failed(failure) if failure.code == Code::ContextExceeded)
        );
        let expired = read(json!({"custom_id": "c", "result": {"type": "expired"}}));
        assert_eq!(expired.outcome, BatchOutcome::Expired);
        assert_eq!(result("{}", &tools).unwrap_err().code, Code::Protocol);
    }

    #[test]
    fn names_are_checked_before_they_are_sent() {
        assert!(batch_path("msgbatch_01", "").is_ok());
        for odd in ["", "../models", "a b", "a/b"] {
            assert!(batch_path(odd, "").is_err(), "{odd}");
        }
    }
}
