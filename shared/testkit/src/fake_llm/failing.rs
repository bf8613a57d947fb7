//! Answers that go wrong whatever the interface would have said.

use super::{
    State,
    faults::{Fault, HangPoint, ResetPoint, RetryAfter, StatusFault},
    instant::http_date,
    wire::{Body, Reply, Step},
};
use serde_json::{Value, json};
use std::time::Duration;

/// The answer to a request that is not looked at.
pub(super) fn instead(fault: &Fault, is_claude: bool, state: &State) -> Option<Reply> {
    match fault {
        Fault::Status(fault) => Some(status(fault, is_claude, state)),
        Fault::Reset {
            at: ResetPoint::BeforeHeaders,
        } => Some(Reply::none(Step::Reset)),
        Fault::Hang {
            at: HangPoint::BeforeHeaders,
            ..
        } => Some(Reply::none(Step::Hang)),
        Fault::ErrorBody => {
            let body = error_body(is_claude, "api_error", "internal server error", state.id());
            Some(Reply::json(200, &body))
        }
        _ => None,
    }
}

/// An error as the interface writes it.
pub(super) fn error_body(is_claude: bool, error: &str, message: &str, id: u64) -> Value {
    if is_claude {
        let id = request_id(id);
        json!({"type": "error", "error": {"type": error, "message": message}, "request_id": id})
    } else {
        json!({"error": message})
    }
}

/// How Claude's interface names requests.
pub(super) fn request_id(id: u64) -> String {
    format!("req_fake{id:020}")
}

const fn type_of(status: u16) -> &'static str {
    match status {
        400 | 422 => "invalid_request_error",
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        409 => "conflict_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        _ => "api_error",
    }
}

fn status(fault: &StatusFault, is_claude: bool, state: &State) -> Reply {
    let error = fault.error.as_deref().unwrap_or(type_of(fault.status));
    let message = fault.message.as_deref().unwrap_or("a scripted fault");
    let id = state.id();
    let mut body = error_body(is_claude, error, message, id);
    if let Some(code) = fault.error_code.as_ref().filter(|_| is_claude) {
        body["error"]["details"] = json!({"error_code": code});
    }
    let mut reply = if fault.html {
        html(fault.status)
    } else {
        Reply::json(fault.status, &body)
    };
    if is_claude {
        reply = reply.with("request-id", request_id(id));
    }
    if let Some(should) = fault.should_retry {
        reply = reply.with("x-should-retry", should.to_string());
    }
    match &fault.retry_after {
        None => reply,
        Some(RetryAfter::Text(text)) => reply.with("retry-after", text),
        Some(RetryAfter::Ms(time)) => reply.with("retry-after-ms", time.to_string()),
        Some(RetryAfter::DateInS(seconds)) => {
            let away = Duration::from_secs(seconds.unsigned_abs());
            let now = state.now();
            let date = if *seconds < 0 { now - away } else { now + away };
            reply.with("retry-after", http_date(date))
        }
    }
}

/// What stands before the interface answers so.
pub(super) fn html(status: u16) -> Reply {
    let body = format!("<html><head><title>{status}</title></head><body>edge</body></html>");
    Reply::new(status, "text/html; charset=utf-8", body)
}

/// Does to an answer what is done below the interface.
pub(super) fn on_the_wire(mut reply: Reply, fault: &Fault) -> Reply {
    match fault {
        Fault::ContentType { value } => return reply.with("content-type", value),
        Fault::Late { by_ms } => {
            let wait = Step::Wait(Duration::from_millis(*by_ms));
            reply.before.insert(0, wait);
        }
        Fault::Reset { at } => {
            let end = match at {
                ResetPoint::MidBodyClosed => Step::Cut,
                _ => Step::Reset,
            };
            let keep = if *at == ResetPoint::AfterHeaders {
                0
            } else {
                1
            };
            reply.body = broken_off(reply.body, keep, end);
        }
        Fault::Hang { at, .. } if !matches!(reply.body, Body::Steps(_)) => {
            let keep = usize::from(*at == HangPoint::BetweenEvents);
            reply.body = broken_off(reply.body, keep, Step::Hang);
        }
        Fault::SlowBody {
            piece_bytes,
            every_ms,
        } => reply.body = slow(reply.body, *piece_bytes, Duration::from_millis(*every_ms)),
        _ => {}
    }
    reply
}

/// All of a body that is sent.
fn bytes(body: &Body) -> Vec<u8> {
    match body {
        Body::Whole(bytes) => bytes.clone(),
        Body::Steps(steps) | Body::Slowly(steps) => {
            let sent = steps.iter().filter_map(|step| match step {
                Step::Send(bytes) => Some(bytes.as_slice()),
                _ => None,
            });
            sent.collect::<Vec<_>>().concat()
        }
    }
}

/// Nothing (0 of 2 halves) or the first half (1 of 2) of a body, and then something else.
fn broken_off(body: Body, halves: usize, then: Step) -> Body {
    let all = bytes(&body);
    let (first, rest) = all.split_at(all.len() * halves / 2);
    let steps = vec![Step::Send(first.to_vec()), then, Step::Send(rest.to_vec())];
    match body {
        Body::Steps(_) => Body::Steps(steps),
        Body::Whole(_) | Body::Slowly(_) => Body::Slowly(steps),
    }
}

fn slow(body: Body, piece: usize, every: Duration) -> Body {
    let all = bytes(&body);
    let pieces = all.chunks(piece.max(1));
    let steps: Vec<Step> = pieces
        .flat_map(|piece| [Step::Send(piece.to_vec()), Step::Wait(every)])
        .collect();
    match body {
        Body::Steps(_) => Body::Steps(steps),
        Body::Whole(_) | Body::Slowly(_) => Body::Slowly(steps),
    }
}
