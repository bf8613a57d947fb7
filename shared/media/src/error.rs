//! Why a file could not be decoded, and which class of failure that is.

use crate::{limits::InvalidSetting, pictures::PictureError, protocol::ProtocolError};
use stage::StageError;
use std::{io, path::PathBuf};

/// Why a file could not be probed or decoded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is not one this program decodes, or over a limit.
    #[error("video refused: {0}")]
    Refused(String),
    /// The child ran into a limit of time or memory and was killed.
    #[error("video is too expensive to decode: {0}")]
    TooExpensive(String),
    /// The child crashed, twice in a row.
    #[error("decoder crashed twice: {0}")]
    Crashed(String),
    /// The child answered nonsense, twice in a row.
    #[error("decoder answered nonsense twice")]
    Protocol(#[from] ProtocolError),
    /// The decoder program is not where it should be.
    #[error(
        "decoder program '{program}' was not found (looked {looked}); \
         build it with 'cargo build -p decoder' or name its path in the configuration"
    )]
    Missing {
        /// What was looked for.
        program: PathBuf,
        /// Where.
        looked: String,
    },
    /// The decoder program cannot work here, as with a plugin missing.
    #[error("decoder cannot work here: {0}")]
    Unavailable(String),
    /// A setting is unusable.
    #[error("decoder settings")]
    Setting(#[from] InvalidSetting),
    /// The surroundings failed.
    #[error("cannot {action}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// The caller asked to stop.
    #[error("decoding was cancelled")]
    Cancelled,
}

impl Error {
    pub(crate) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
    /// Whether a fresh child may do better.
    pub(crate) fn is_worth_a_second_child(&self) -> bool {
        matches!(self, Self::Crashed(_) | Self::Protocol(_))
    }
}

impl From<Error> for StageError {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(_) | Error::TooExpensive(_) | Error::Crashed(_) | Error::Protocol(_) => {
                Self::rejected(error)
            }
            // Another worker, or this one once it is repaired, may decode the same file.
            Error::Missing { .. }
            | Error::Unavailable(_)
            | Error::Setting(_)
            | Error::Io { .. } => Self::transient(error),
            Error::Cancelled => Self::Cancelled,
        }
    }
}

impl From<PictureError> for StageError {
    fn from(error: PictureError) -> Self {
        match error {
            PictureError::Artifact(error) => error.into(),
            PictureError::Index(_)
            | PictureError::Inconsistent(_)
            | PictureError::Damaged { .. }
            | PictureError::Jpeg(_) => Self::rejected(error),
        }
    }
}
