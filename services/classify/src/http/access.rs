//! Who may do what.

use super::error::ApiError;
use crate::{
    failure::Failure,
    service::Service,
    settings::{Scope, Settings},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use llm::error::Code;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// What orchestrators ask; it tells nothing of anybody.
const OPEN: [&str; 5] = ["/", "/health", "/health/live", "/health/ready", "/metrics"];
/// What only administrators may do, by the end of the address.
const ADMIN: [&str; 4] = [
    "/cache/clear",
    "/templates/reload",
    "/render",
    "/api/llm/config",
];

/// What the bearer of a request may do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Granted(pub(super) Scope);

/// Answers a request that did not end within the grace of a service that stops.
pub(super) async fn until_late(
    State(service): State<Service>,
    request: Request,
    next: Next,
) -> Response {
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = service.late.cancelled() => {
            let failure = Failure::new(Code::Cancelled, "the service stops; ask another one");
            ApiError::from(failure).into_response()
        }
    }
}

/// Lets a request through that may be made.
pub(super) async fn check(
    State(service): State<Service>,
    mut request: Request,
    next: Next,
) -> Response {
    if OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let granted = match granted(&service.settings, request.headers()) {
        Ok(granted) => granted,
        Err(error) => return error.into_response(),
    };
    let needed = needed(request.method(), request.uri());
    if granted < needed {
        let message = format!("this token may not do that; it needs the scope {needed:?}");
        let message = message.to_lowercase();
        return ApiError::new(StatusCode::FORBIDDEN, "Forbidden", message).into_response();
    }
    request.extensions_mut().insert(Granted(granted));
    next.run(request).await
}

fn needed(method: &Method, uri: &Uri) -> Scope {
    let path = uri.path();
    if ADMIN.iter().any(|end| path.ends_with(end)) {
        Scope::Admin
    } else if method == Method::GET || method == Method::HEAD {
        Scope::Read
    } else {
        Scope::Write
    }
}

fn granted(settings: &Settings, headers: &HeaderMap) -> Result<Scope, ApiError> {
    let refused = |message: &str| {
        Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            message,
        ))
    };
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return if settings.host.is_loopback() && is_from_here(headers) {
            Ok(Scope::Admin)
        } else {
            refused("a bearer token is needed in the header Authorization")
        };
    };
    let token = value.to_str().ok().and_then(|value| value.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            scope_of(settings, token.trim()).map_or_else(|| refused("this token is unknown"), Ok)
        }
        _ => refused("the header Authorization holds no bearer token"),
    }
}

/// Digests are compared, so that how long it takes says nothing of a token.
fn scope_of(settings: &Settings, token: &str) -> Option<Scope> {
    let given = Sha256::digest(token.as_bytes());
    let known = settings
        .api_tokens
        .iter()
        .filter(|known| Sha256::digest(known.token.expose_secret().as_bytes()) == given);
    known.map(|known| known.scope).max()
}

/// Whether a request without a token was meant for this machine: a page that somebody looks at
/// reaches it too, but names itself as `Origin`, or another host.
fn is_from_here(headers: &HeaderMap) -> bool {
    let named = |name: header::HeaderName| headers.get(name).map(|value| value.to_str());
    let host = match named(header::HOST) {
        None => true,
        Some(Ok(host)) => is_this_machine(host),
        Some(Err(_)) => false,
    };
    let origin = match named(header::ORIGIN) {
        None => true,
        Some(Ok(origin)) => origin
            .split_once("://")
            .is_some_and(|(_, host)| is_this_machine(host)),
        Some(Err(_)) => false,
    };
    host && origin
}

fn is_this_machine(authority: &str) -> bool {
    let Ok(uri) = authority.parse::<axum::http::uri::Authority>() else {
        return false;
    };
    let host = uri.host().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}
