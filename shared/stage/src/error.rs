//! The three classes of failure. The class, not the text, decides what follows.

use crate::ports::ArtifactError;
use std::time::Duration;

/// Any error, kept for people to read.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a stage did not produce its output.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The input itself is at fault; another attempt cannot help.
    #[error("input rejected")]
    Rejected(#[source] BoxError),
    /// Something around the stage failed; the same input may succeed later.
    #[error("temporary failure")]
    Transient {
        /// What failed.
        #[source]
        source: BoxError,
        /// When to try again, if the failure said so.
        retry_after: Option<Duration>,
        /// Whether nothing was tried, because it is known not to work now: such an attempt is
        /// not counted.
        parked: bool,
    },
    /// The worker is stopping; the input goes back untouched.
    #[error("cancelled")]
    Cancelled,
}

impl StageError {
    /// The input is at fault.
    pub fn rejected(source: impl Into<BoxError>) -> Self {
        Self::Rejected(source.into())
    }
    /// The surroundings are; try again after the usual delay.
    pub fn transient(source: impl Into<BoxError>) -> Self {
        Self::Transient {
            source: source.into(),
            retry_after: None,
            parked: false,
        }
    }
    /// The surroundings are known not to work until `retry_after` has passed; nothing was tried,
    /// and no attempt is counted.
    pub fn parked(source: impl Into<BoxError>, retry_after: Duration) -> Self {
        Self::Transient {
            source: source.into(),
            retry_after: Some(retry_after),
            parked: true,
        }
    }
    /// The whole chain of causes in one line.
    #[must_use]
    pub fn reason(&self) -> String {
        let first: &dyn std::error::Error = match self {
            Self::Rejected(source) | Self::Transient { source, .. } => source.as_ref(),
            Self::Cancelled => self,
        };
        chain(first)
    }
}

/// An error and all its causes in one line. A cause that is said already is not said twice.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

impl From<ArtifactError> for StageError {
    fn from(error: ArtifactError) -> Self {
        match error {
            // What another version or another hand wrote does not get better by waiting.
            ArtifactError::Conflict { .. }
            | ArtifactError::Corrupt { .. }
            | ArtifactError::OutOfRange { .. } => Self::rejected(error),
            ArtifactError::NotFound(_) | ArtifactError::Io { .. } => Self::transient(error),
        }
    }
}
