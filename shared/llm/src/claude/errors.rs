//! What Claude's failures mean.

use crate::{
    error::{Code, Failure},
    http,
};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use std::time::SystemTime;

/// The code of a spending limit that was reached.
const SPEND_LIMIT: &str = "enforced_spend_limit_reached";
/// What is said when a limit of an organisation was reached, where there is no code.
const USAGE_LIMITS: [&str; 3] = ["usage limits", "usage limit", "spend limit"];
/// What is said when a prompt does not fit, where there is no code.
const CONTEXT: [&str; 3] = ["prompt is too long", "context window", "context limit"];

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    #[serde(default)]
    error_code: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Envelope {
    error: ErrorBody,
    #[serde(default)]
    request_id: Option<String>,
}

/// What an answer that is no success means.
pub(super) fn of_answer(status: u16, headers: &HeaderMap, body: &[u8], now: SystemTime) -> Failure {
    let envelope: Option<Envelope> = serde_json::from_slice(body).ok();
    let (error, id) = match envelope {
        Some(envelope) => (envelope.error, envelope.request_id),
        None => (ErrorBody::default(), None),
    };
    let mut failure = http::with_headers(Failure::new(http::code_of(status), ""), headers, now);
    failure.code = code(http::code_of(status), &error, failure.retry_after.is_some());
    failure.status = Some(status);
    let said = if error.message.is_empty() {
        "no reason given"
    } else {
        &error.message
    };
    failure.message = crate::error::one_line(&format!("answered {status} {}: {said}", error.kind));
    let id = id
        .filter(|id| id.len() <= 128)
        .map(|id| crate::error::one_line(&id));
    failure.provider_request_id = failure.provider_request_id.or(id);
    failure
}

/// What a failure under the status of a success means; `None` if it is none.
pub(super) fn of_body(body: &[u8]) -> Option<Failure> {
    let envelope: Envelope = serde_json::from_slice(body).ok()?;
    Some(of_event(&envelope.error))
}

/// What a failure in the middle of a stream, or of a batch, means: the same as with a status.
pub(super) fn of_event(error: &ErrorBody) -> Failure {
    let usual = match error.kind.as_str() {
        "rate_limit_error" => Code::RateLimited,
        "overloaded_error" => Code::Overloaded,
        "authentication_error" | "permission_error" => Code::Auth,
        "billing_error" => Code::QuotaExhausted,
        "not_found_error" => Code::ModelNotFound,
        "invalid_request_error" | "request_too_large" => Code::BadRequest,
        // api_error, timeout_error, and what is new.
        _ => Code::ServerError,
    };
    // A stream has no header to ask for a wait: that one is missing says nothing.
    Failure::new(
        code(usual, error, true),
        format!("{}: {}", error.kind, error.message),
    )
}

/// The code decides where there is one; only without one do words.
fn code(usual: Code, error: &ErrorBody, has_retry_after: bool) -> Code {
    let code = error
        .details
        .as_ref()
        .and_then(|details| details.error_code.as_deref());
    if let Some(code) = code {
        return if code == SPEND_LIMIT {
            Code::QuotaExhausted
        } else {
            usual
        };
    }
    let message = error.message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
    match usual {
        Code::RateLimited if !has_retry_after && says(&USAGE_LIMITS) => Code::QuotaExhausted,
        Code::BadRequest if says(&USAGE_LIMITS) => Code::QuotaExhausted,
        Code::BadRequest if says(&CONTEXT) => Code::ContextExceeded,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn answered(
        status: u16,
        headers: &[(&'static str, &str)],
        error: serde_json::Value,
    ) -> Failure {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let body = json!({"type": "error", "error": error, "request_id": "req_body"}).to_string();
        of_answer(status, &headers, body.as_bytes(), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn the_code_decides_and_only_without_one_do_words() {
        let limit = json!({"type": "rate_limit_error", "message": "m", "details": {"error_code": SPEND_LIMIT}});
        assert_eq!(
            answered(429, &[("retry-after", "1")], limit).code,
            Code::QuotaExhausted
        );
        let other = json!({"type": "rate_limit_error", "message": "usage limits", "details": {"error_code": "x"}});
        assert_eq!(answered(429, &[], other).code, Code::RateLimited);
        let words = json!({"type": "rate_limit_error", "message": "You reached your usage limits"});
        assert_eq!(answered(429, &[], words.clone()).code, Code::QuotaExhausted);
        assert_eq!(
            answered(429, &[("retry-after", "1")], words).code,
            Code::RateLimited
        );
        let specified = json!({"type": "invalid_request_error", "message": "You have reached your specified API usage limits. You will regain access on 2026-12-01"});
        assert_eq!(answered(400, &[], specified).code, Code::QuotaExhausted);
        let long = json!({"type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum"});
        assert_eq!(answered(400, &[], long).code, Code::ContextExceeded);
        let odd = json!({"type": "invalid_request_error", "message": "temperature"});
        assert_eq!(answered(400, &[], odd).code, Code::BadRequest);
    }

    #[test]
    fn headers_are_taken_over() {
        let failure = answered(
            529,
            &[
                ("retry-after-ms", "1500"),
                ("x-should-retry", "false"),
                ("request-id", "req_head"),
            ],
            json!({"type": "overloaded_error", "message": "Overloaded"}),
        );
        assert_eq!(failure.code, Code::Overloaded);
        assert_eq!(failure.retry_after, Some(Duration::from_millis(1500)));
        assert_eq!(failure.should_retry, Some(false));
        assert_eq!(failure.provider_request_id.as_deref(), Some("req_head"));
        assert_eq!(failure.status, Some(529));
    }

    #[test]
    fn a_page_instead_of_a_reason_leaves_the_status() {
        let headers = HeaderMap::new();
        for (status, code) in [
            (413, Code::BadRequest),
            (502, Code::ServerError),
            (529, Code::Overloaded),
        ] {
            let failure = of_answer(
                status,
                &headers,
                b"<html>sorry</html>",
                SystemTime::UNIX_EPOCH,
            );
            assert_eq!(failure.code, code);
            assert!(!failure.message.contains("html"));
        }
    }

    #[test]
    fn failures_within_a_stream_mean_the_same() {
        for (kind, code) in [
            ("overloaded_error", Code::Overloaded),
            ("rate_limit_error", Code::RateLimited),
            ("api_error", Code::ServerError),
            ("timeout_error", Code::ServerError),
            ("billing_error", Code::QuotaExhausted),
            ("something_new", Code::ServerError),
        ] {
            let error = ErrorBody {
                kind: kind.into(),
                ..ErrorBody::default()
            };
            assert_eq!(of_event(&error).code, code, "{kind}");
        }
    }
}
