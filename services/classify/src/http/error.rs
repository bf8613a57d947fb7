//! Errors as callers see them, all of one shape.

use crate::{
    compute::filter::Unusable,
    failure::{Code, Failure},
    ports::AdminError,
    store::StoreError,
};
use axum::{
    Json,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// The name of a request, on the way in and on the way out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Most characters of a name that callers give.
const REQUEST_ID_CHARS: usize = 64;
/// When to ask again if the provider does not say.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The name of the request at hand.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// An answer that is an error. The name of the request is added on the way out.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Boxed, so that an error is small beside what is hoped for.
    details: Box<Value>,
    retry_after: Option<Duration>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            details: Box::new(Value::Null),
            retry_after: None,
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::Invalid.as_str(), message)
    }

    pub(super) fn with_details(mut self, details: Value) -> Self {
        self.details = Box::new(details);
        self
    }

    pub(super) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    fn body(&self, request_id: &str) -> Value {
        json!({"error": {
            "code": self.code,
            "message": self.message,
            "request_id": request_id,
            "details": self.details,
        }})
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        let status = StatusCode::from_u16(failure.code.http_status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retryable = failure.code.is_retryable();
        let waits = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        let wait = failure.retry_after.unwrap_or(RETRY_AFTER);
        Self {
            status,
            code: failure.code.as_str(),
            message: failure.message,
            details: Box::new(json!({"retryable": retryable, "attempts": failure.attempts})),
            retry_after: (retryable && waits.contains(&status)).then_some(wait),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => {
                Self::new(StatusCode::NOT_FOUND, "NotFound", error.to_string())
            }
            StoreError::Taken { .. } => {
                Self::new(StatusCode::CONFLICT, "AlreadyExists", error.to_string())
            }
            other => {
                tracing::error!(reason = %other, "the store failed");
                Failure::from(other).into()
            }
        }
    }
}

impl From<Unusable> for ApiError {
    fn from(unusable: Unusable) -> Self {
        let field = unusable.field;
        Self::invalid(unusable.to_string()).with_details(json!({"field": field}))
    }
}

impl From<AdminError> for ApiError {
    fn from(error: AdminError) -> Self {
        let message = error.to_string();
        match error {
            AdminError::CustomOff => Self::new(StatusCode::CONFLICT, "CustomPromptsOff", message),
            AdminError::NoneUsable(problems) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "NoUsableTemplates",
                message,
            )
            .with_details(json!({"errors": problems})),
            AdminError::Unknown(_) => Self::new(StatusCode::NOT_FOUND, "NotFound", message),
            AdminError::Render(_) => Self::new(
                StatusCode::BAD_REQUEST,
                Code::TemplateError.as_str(),
                message,
            ),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives every request a name, and every error its body.
pub(super) async fn with_request_id(mut request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(&REQUEST_ID)
        .and_then(|value| value.to_str().ok());
    let id = given
        .filter(|id| is_name(id))
        .map_or_else(fresh, str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        tracing::debug!(request_id = %id, code = error.code, "a request ended with an error");
        let headers = response.headers().clone();
        response = (error.status, Json(error.body(&id))).into_response();
        if let Some(allow) = headers.get(header::ALLOW) {
            response.headers_mut().insert(header::ALLOW, allow.clone());
        }
        if let Some(wait) = error.retry_after {
            let seconds = wait.as_millis().div_ceil(1000).max(1);
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                response.headers_mut().insert(header::RETRY_AFTER, value);
            }
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn fresh() -> String {
    Uuid::now_v7().to_string()
}

/// Names go into log lines and answers, so they are of few characters.
fn is_name(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !id.is_empty() && id.len() <= REQUEST_ID_CHARS && id.chars().all(plain)
}

pub(super) async fn no_route() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "NotFound",
        "there is no such address",
    )
}

pub(super) async fn no_method() -> ApiError {
    let message = "this address takes other methods; see the header Allow";
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
}
