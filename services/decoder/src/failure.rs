//! Why the decoder stops, and with which exit code.

use media::protocol::{EXIT_INTERNAL, EXIT_NO_LISTENER, EXIT_REFUSED, EXIT_UNAVAILABLE};
use std::io;

/// Why the decoder stops before its work is done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The file is not one this program decodes, or over a limit.
    #[error("{0}")]
    Refused(String),
    /// The installation lacks something.
    #[error("{0}")]
    Unavailable(String),
    /// The decoder itself failed.
    #[error("{0}")]
    Internal(String),
    /// The parent no longer listens.
    #[error("the answer cannot be written")]
    NoListener(#[from] io::Error),
}

impl Failure {
    /// The exit code of this failure.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Refused(_) => EXIT_REFUSED,
            Self::Unavailable(_) => EXIT_UNAVAILABLE,
            Self::Internal(_) => EXIT_INTERNAL,
            Self::NoListener(_) => EXIT_NO_LISTENER,
        }
    }
    /// A failure of the media library that has nothing to do with the file.
    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}
