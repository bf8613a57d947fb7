//! Why a signal was not classified, and what callers are told of it. What keeps models from
//! answering is the table of [`llm::error`]; here is what can go wrong besides.

use llm::error::WorkerAction;
use serde::{Serialize, Serializer};
use std::time::Duration;

/// Why there is no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// No model gave one.
    Model(llm::error::Code),
    /// A template could not be filled in.
    TemplateError,
    /// The input cannot be classified.
    Invalid,
    /// The database could not be asked.
    StoreUnavailable,
}

impl Code {
    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [Self::TemplateError, Self::Invalid, Self::StoreUnavailable];
        llm::error::Code::all().map(Self::Model).chain(own)
    }

    /// Its name, as answers and metrics have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Model(code) => code.as_str(),
            Self::TemplateError => "TemplateError",
            Self::Invalid => "Invalid",
            Self::StoreUnavailable => "StoreUnavailable",
        }
    }

    /// The status of an answer over HTTP.
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            // Whoever is told of it has not gone: it is the service that stops.
            Self::Model(code) => code.rule().http_status.unwrap_or(503),
            Self::TemplateError => 500,
            Self::Invalid => 400,
            Self::StoreUnavailable => 503,
        }
    }

    /// Whether asking again may help.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Model(llm::error::Code::Cancelled) | Self::StoreUnavailable => true,
            Self::Model(code) => code.rule().worker == WorkerAction::Retry,
            Self::TemplateError | Self::Invalid => false,
        }
    }
}

impl From<llm::error::Code> for Code {
    fn from(code: llm::error::Code) -> Self {
        Self::Model(code)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A call that gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.as_str())]
pub struct Failure {
    /// Why.
    pub code: Code,
    /// For people; never what a signal says.
    pub message: String,
    /// When to ask again, where somebody said so.
    pub retry_after: Option<Duration>,
    /// How often the model was asked.
    pub attempts: u32,
}

impl Failure {
    /// A failure before a model was asked.
    #[must_use]
    pub fn new(code: impl Into<Code>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            retry_after: None,
            attempts: 0,
        }
    }
}

impl From<crate::compute::violation::Violation> for Failure {
    fn from(violation: crate::compute::violation::Violation) -> Self {
        Self::new(llm::error::Code::SchemaViolation, violation.to_string())
    }
}

impl From<crate::store::StoreError> for Failure {
    fn from(error: crate::store::StoreError) -> Self {
        Self::new(Code::StoreUnavailable, error.to_string())
    }
}
