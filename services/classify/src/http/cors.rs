//! Pages of other places that may ask from a browser.

use crate::service::Service;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What such a page may use.
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
/// What such a page may say.
const ALLOWED: &str = "authorization, content-type, x-cache-mode, x-request-id";
/// What such a page may read besides the body.
const EXPOSED: &str = "x-cache, x-request-id, retry-after, location";
/// How long a browser remembers that, in seconds.
const REMEMBERED: &str = "600";

/// Whether the settings name the page that asks. It is never told that it may send what a browser
/// keeps for the user: whoever asks brings a token.
fn allowed(service: &Service, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let named = origin.to_str().ok()?;
    let origins = &service.settings.cors_allow_origins;
    let fits = |one: &String| one == "*" || one.trim_end_matches('/').eq_ignore_ascii_case(named);
    origins.iter().any(fits).then(|| origin.clone())
}

/// Answers what browsers ask before they ask, and tells them what they may read.
pub(super) async fn tell(State(service): State<Service>, request: Request, next: Next) -> Response {
    let Some(origin) = allowed(&service, request.headers()) else {
        return next.run(request).await;
    };
    let asks_before = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if asks_before {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let told = if asks_before {
        vec![
            (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED),
            (header::ACCESS_CONTROL_MAX_AGE, REMEMBERED),
        ]
    } else {
        vec![(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED)]
    };
    for (name, value) in told {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
