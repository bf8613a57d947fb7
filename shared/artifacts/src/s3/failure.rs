//! What went wrong with a request, in words of the port.

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use stage::ArtifactError;
use std::io;

/// Longest code of a server that is repeated in an error, in characters.
const MAX_CODE_CHARS: usize = 64;

/// The server refused or failed.
#[derive(Debug, thiserror::Error)]
#[error("the store answered {status} {code}")]
struct Answered {
    status: u16,
    code: String,
}

/// The status of an answer that is an error; `None` if there was no answer.
pub(super) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|answer| answer.status().as_u16())
}

/// The server's name for what went wrong.
pub(super) fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> &str {
    let named = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code);
    named.unwrap_or("without a code")
}

/// The store failed: the surroundings are at fault, and another attempt may help.
pub(super) fn io<E>(
    action: &'static str,
    key: impl ToString,
    error: SdkError<E, HttpResponse>,
) -> ArtifactError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let source = match (&error, status(&error)) {
        (SdkError::TimeoutError(_), _) => io::Error::new(io::ErrorKind::TimedOut, error),
        (SdkError::ServiceError(_), Some(status)) => {
            let kind = match status {
                401 | 403 => io::ErrorKind::PermissionDenied,
                404 => io::ErrorKind::NotFound,
                _ => io::ErrorKind::Other,
            };
            let code = code(&error).chars().take(MAX_CODE_CHARS).collect();
            io::Error::new(kind, Answered { status, code })
        }
        _ => io::Error::new(io::ErrorKind::ConnectionAborted, error),
    };
    failed(action, key, source)
}

/// Whether the server said that a range begins after the last byte.
pub(super) fn is_past_the_end(error: &io::Error) -> bool {
    let answered = error.get_ref().and_then(|inner| inner.downcast_ref());
    answered.is_some_and(|Answered { status, .. }| *status == 416)
}

/// As [`io()`], of what happened on this side.
pub(super) fn failed(action: &'static str, key: impl ToString, source: io::Error) -> ArtifactError {
    ArtifactError::Io {
        action,
        key: key.to_string(),
        source,
    }
}
