//! Why a model gave no usable answer, and what callers are told of it: one table.

use serde::{Serialize, Serializer};
use std::time::Duration;

/// Whether asking again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    May,
    WillNot,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident: $status:literal $again:ident;)*) => {
        /// Why there is no usable answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $code,)*
        }

        impl Code {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$code),*];

            /// Its name, as answers and metrics have it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)* }
            }

            /// The status of an answer over HTTP.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$code => $status,)* }
            }

            const fn again(self) -> Again {
                match self { $(Self::$code => Again::$again,)* }
            }
        }
    };
}

codes! {
    /// The provider wants fewer requests.
    RateLimited: 429 May;
    /// Money or quota is used up.
    QuotaExhausted: 503 WillNot;
    /// The provider has too much to do.
    Overloaded: 503 May;
    /// The provider failed.
    ServerError: 502 May;
    /// A wait ended.
    Timeout: 504 May;
    /// The provider could not be reached.
    Network: 502 May;
    /// The answer broke off.
    StreamTruncated: 502 May;
    /// The provider was doing something else with it.
    Conflict: 502 May;
    /// The answer did not fit the room for it.
    OutputTruncated: 502 May;
    /// The answer is no JSON.
    InvalidJson: 502 May;
    /// The answer does not fit its schema.
    SchemaViolation: 502 May;
    /// The answer is empty.
    EmptyOutput: 502 May;
    /// The answer repeats itself without end.
    DegenerateOutput: 502 May;
    /// The question does not fit the model.
    ContextExceeded: 413 WillNot;
    /// The model declined.
    Refused: 422 WillNot;
    /// The provider could not read what we asked.
    BadRequest: 500 WillNot;
    /// The provider does not know us.
    Auth: 503 WillNot;
    /// The provider does not know the model.
    ModelNotFound: 503 WillNot;
    /// The provider broke its own rules.
    Protocol: 502 May;
    /// A template could not be filled in.
    TemplateError: 500 WillNot;
    /// Nobody waits any more.
    Cancelled: 503 May;
    /// There was no time left.
    DeadlineExceeded: 504 May;
    /// The input cannot be classified.
    Invalid: 400 WillNot;
    /// The database could not be asked.
    StoreUnavailable: 503 May;
}

impl Code {
    /// Whether asking again may help.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        self.again() == Again::May
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
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            retry_after: None,
            attempts: 0,
        }
    }
}

impl From<crate::compute::violation::Violation> for Failure {
    fn from(violation: crate::compute::violation::Violation) -> Self {
        Self::new(Code::SchemaViolation, violation.to_string())
    }
}

impl From<crate::store::StoreError> for Failure {
    fn from(error: crate::store::StoreError) -> Self {
        Self::new(Code::StoreUnavailable, error.to_string())
    }
}
