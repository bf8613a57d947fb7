//! What can go wrong on the way: something outside, or our own store.

use crate::failure::Failure;
use stage::{ArtifactError, StageError};

/// Why a step did not succeed.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Something outside.
    Failure(Failure),
    /// The store, which says nothing of the platform.
    Store(StageError),
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StageError> for Problem {
    fn from(error: StageError) -> Self {
        Self::Store(error)
    }
}

impl From<ArtifactError> for Problem {
    fn from(error: ArtifactError) -> Self {
        Self::Store(error.into())
    }
}

impl From<Problem> for StageError {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Failure(failure) => failure.into(),
            Problem::Store(error) => error,
        }
    }
}
