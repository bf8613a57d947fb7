//! Reading what callers send. It is hostile until it is a value of ours.

use super::{MAX_BODY_BYTES, error::ApiError};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A body of JSON; an empty one is `T::default()` for [`Optional`].
pub(super) struct Body<T>(pub(super) T);

/// The same, for requests that may have none.
pub(super) struct Optional<T>(pub(super) T);

/// What stands behind the question mark.
pub(super) struct Params<T>(pub(super) T);

/// The number of a thing in the address.
pub(super) struct Id(pub(super) i64);

/// The name of a thing in the address.
pub(super) struct Name(pub(super) String);

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Option<Bytes>, ApiError> {
    let kind = request.headers().get(header::CONTENT_TYPE).cloned();
    let bytes = Bytes::from_request(request, state)
        .await
        .map_err(|refused| {
            if refused.status() == StatusCode::PAYLOAD_TOO_LARGE {
                let message =
                    format!("the body has more than {MAX_BODY_BYTES} bytes; send less at once");
                ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", message)
            } else {
                ApiError::invalid("the body could not be read")
            }
        })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let kind = kind
        .as_ref()
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        let message = "the body must be JSON, and Content-Type must say application/json";
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UnsupportedMediaType",
            message,
        ));
    }
    Ok(Some(bytes))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| ApiError::invalid(format!("the body is no JSON: {error}")))?;
    if holds_nul(&value) {
        return Err(ApiError::invalid(
            "a text holds the character NUL; leave it out",
        ));
    }
    serde_json::from_value(value)
        .map_err(|error| ApiError::invalid(format!("the body does not fit: {error}")))
}

/// Not every database takes this character.
fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = read(request, state).await?;
        let bytes = bytes.ok_or_else(|| ApiError::invalid("the body is empty; send JSON"))?;
        parse(&bytes).map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Optional<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match read(request, state).await? {
            Some(bytes) => parse(&bytes).map(Self),
            None => Ok(Self(T::default())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let query = query.map_err(|error| ApiError::invalid(error.body_text()))?;
        Ok(Self(query.0))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Name(text) = Name::from_request_parts(parts, state).await?;
        let id = text
            .parse()
            .map_err(|_| ApiError::invalid("the address holds no number"))?;
        Ok(Self(id))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(name) = path.map_err(|error| ApiError::invalid(error.body_text()))?;
        if name.contains('\0') {
            return Err(ApiError::invalid("the address holds the character NUL"));
        }
        Ok(Self(name))
    }
}
