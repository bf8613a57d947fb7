//! Why a model gave no usable answer, and what follows from each reason: one table.

use serde::Serialize;
use std::{fmt, time::Duration};

/// Longest message of a provider that is kept, in characters.
const MAX_MESSAGE: usize = 300;

/// Which wait ended without what was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// For a connection.
    Connect,
    /// For the first token.
    Ttft,
    /// For the next bytes of an answer that had begun, or for progress among them.
    Idle,
    /// For the whole answer.
    Total,
}

impl Wait {
    /// As metrics name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Ttft => "ttft",
            Self::Idle => "idle",
            Self::Total => "total",
        }
    }
}

/// What a worker does with the message whose call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerAction {
    /// Try it again later, as often as messages are tried at all.
    Retry,
    /// Keep it until the provider works again; no attempt is counted.
    Park,
    /// Give it up: its input is at fault.
    Reject,
    /// Give it up and let people see it: this program is at fault.
    DeadLetter,
    /// Settle it: nobody wants the answer.
    Ack,
}

/// Whether the next model of a chain is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// No model would do better, or nobody waits.
    Never,
    /// Any other may do better.
    Any,
    /// One with a larger context may.
    LargerContext,
}

/// How the same model may be asked again within one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Not at all.
    Never,
    /// The same question, after a wait.
    Same,
    /// Once, with twice the room for the answer.
    MoreRoom,
    /// Once, with what was wrong with the answer.
    Repair,
}

/// What follows from a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How the same model may be asked again.
    pub again: Again,
    /// Whether it counts against the provider's breaker.
    pub counts_for_breaker: bool,
    /// Whether the breaker opens at once, because every further call would end the same way.
    pub opens_breaker: bool,
    /// Whether another model is asked.
    pub fallback: Fallback,
    /// The status of an answer over HTTP; `None` if nobody is there to read it.
    pub http_status: Option<u16>,
    /// What a worker does.
    pub worker: WorkerAction,
}

impl Rule {
    /// Whether the same question may be asked again at all.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.again == Again::Same
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident: $again:ident $breaker:ident $fallback:ident $status:expr, $worker:ident;)*) => {
        /// Why there is no usable answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $code,)*
            /// A wait ended.
            Timeout(Wait),
        }

        impl Code {
            /// Every reason but the waits.
            const PLAIN: &'static [Self] = &[$(Self::$code),*];

            /// Its name, as results and metrics have it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => stringify!($code),)*
                    Self::Timeout(_) => "Timeout",
                }
            }

            /// What follows from it.
            #[must_use]
            pub const fn rule(self) -> Rule {
                match self {
                    $(Self::$code => Rule {
                        again: Again::$again,
                        counts_for_breaker: matches!(Breaker::$breaker, Breaker::Counts),
                        opens_breaker: matches!(Breaker::$breaker, Breaker::Opens),
                        fallback: Fallback::$fallback,
                        http_status: $status,
                        worker: WorkerAction::$worker,
                    },)*
                    Self::Timeout(_) => Rule {
                        again: Again::Same,
                        counts_for_breaker: true,
                        opens_breaker: false,
                        fallback: Fallback::Any,
                        http_status: Some(504),
                        worker: WorkerAction::Retry,
                    },
                }
            }
        }
    };
}

/// How a reason concerns the breaker; a column of the table.
enum Breaker {
    Ignores,
    Counts,
    Opens,
}

codes! {
    /// Too many requests or tokens in too little time.
    RateLimited: Same Ignores Any Some(429), Retry;
    /// The money or the volume that was agreed on is used up.
    QuotaExhausted: Never Opens Any Some(503), Park;
    /// The provider has more to do than it can.
    Overloaded: Same Counts Any Some(503), Retry;
    /// The provider failed.
    ServerError: Same Counts Any Some(502), Retry;
    /// The provider could not be reached, or the connection broke.
    Network: Same Counts Any Some(502), Retry;
    /// A stream ended before its answer did.
    StreamTruncated: Same Counts Any Some(502), Retry;
    /// What came is not what the provider's interface promises.
    Protocol: Same Counts Any Some(502), Retry;
    /// The provider was busy with the same thing.
    Conflict: Same Ignores Any Some(502), Retry;
    /// The answer did not fit the room it was given.
    OutputTruncated: MoreRoom Ignores Never Some(502), Retry;
    /// The answer holds no JSON object, or one that is not read.
    InvalidJson: Repair Ignores Any Some(502), Retry;
    /// The answer does not fit its schema.
    SchemaViolation: Repair Ignores Any Some(502), Retry;
    /// The answer is empty.
    EmptyOutput: Repair Ignores Any Some(502), Retry;
    /// The answer repeats itself without end.
    DegenerateOutput: Repair Ignores Any Some(502), Retry;
    /// The question does not fit the model's context.
    ContextExceeded: Never Ignores LargerContext Some(413), Reject;
    /// The model declined to answer.
    Refused: Never Ignores Any Some(422), Reject;
    /// The provider did not understand the request.
    BadRequest: Never Ignores Never Some(500), DeadLetter;
    /// The provider does not accept our key.
    Auth: Never Opens Any Some(503), Park;
    /// The provider has no such model.
    ModelNotFound: Never Ignores Any Some(503), Park;
    /// Nobody waits for the answer any more.
    Cancelled: Never Ignores Never None, Ack;
    /// The time the caller gave is over.
    DeadlineExceeded: Never Ignores Never Some(504), Retry;
}

impl Code {
    /// Every reason.
    pub fn all() -> impl Iterator<Item = Self> {
        let waits = [Wait::Connect, Wait::Ttft, Wait::Idle, Wait::Total].map(Self::Timeout);
        Self::PLAIN.iter().copied().chain(waits)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout(wait) => write!(formatter, "Timeout({})", wait.as_str()),
            other => formatter.write_str(other.as_str()),
        }
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A call that gave no usable answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{provider} {model}: {code}: {message}")]
pub struct Failure {
    /// Why.
    pub code: Code,
    /// Who was asked; empty if nobody was.
    pub provider: String,
    /// Which model; empty if none was.
    pub model: String,
    /// For people. Never decides anything, and never holds more than a line.
    pub message: String,
    /// When the provider wants to be asked again.
    pub retry_after: Option<Duration>,
    /// The provider's name for the call, for its support.
    pub provider_request_id: Option<String>,
    /// The status of the provider's answer.
    pub status: Option<u16>,
    /// What the provider says about asking again; it overrules the table.
    pub should_retry: Option<bool>,
}

impl Failure {
    /// A failure with its reason; `message` is cut to one short line.
    pub fn new(code: Code, message: impl AsRef<str>) -> Self {
        Self {
            code,
            provider: String::new(),
            model: String::new(),
            message: one_line(message.as_ref()),
            retry_after: None,
            provider_request_id: None,
            status: None,
            should_retry: None,
        }
    }

    /// The same, of a provider and a model.
    #[must_use]
    pub fn of(mut self, provider: &str, model: &str) -> Self {
        provider.clone_into(&mut self.provider);
        model.clone_into(&mut self.model);
        self
    }

    /// The same with the time to wait.
    #[must_use]
    pub const fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// How the same model may be asked again: the table, overruled by the provider.
    #[must_use]
    pub fn again(&self) -> Again {
        match (self.should_retry, self.code.rule().again) {
            (Some(true), Again::Never) if self.status.is_some() => Again::Same,
            (Some(false), Again::Same) => Again::Never,
            (_, again) => again,
        }
    }
}

/// A text without line breaks and control characters, cut to a length that people read.
#[must_use]
pub fn one_line(text: &str) -> String {
    let printable = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_MESSAGE);
    printable.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// The table of the design, written a second time by hand: code, asked again, breaker, status,
    /// worker.
    #[rustfmt::skip]
    const EXPECTED: &[(&str, bool, bool, Option<u16>, WorkerAction)] = &[
        ("RateLimited", true, false, Some(429), WorkerAction::Retry),
        ("QuotaExhausted", false, false, Some(503), WorkerAction::Park),
        ("Overloaded", true, true, Some(503), WorkerAction::Retry),
        ("ServerError", true, true, Some(502), WorkerAction::Retry),
        ("Network", true, true, Some(502), WorkerAction::Retry),
        ("StreamTruncated", true, true, Some(502), WorkerAction::Retry),
        ("Protocol", true, true, Some(502), WorkerAction::Retry),
        ("Conflict", true, false, Some(502), WorkerAction::Retry),
        ("OutputTruncated", false, false, Some(502), WorkerAction::Retry),
        ("InvalidJson", false, false, Some(502), WorkerAction::Retry),
        ("SchemaViolation", false, false, Some(502), WorkerAction::Retry),
        ("EmptyOutput", false, false, Some(502), WorkerAction::Retry),
        ("DegenerateOutput", false, false, Some(502), WorkerAction::Retry),
        ("ContextExceeded", false, false, Some(413), WorkerAction::Reject),
        ("Refused", false, false, Some(422), WorkerAction::Reject),
        ("BadRequest", false, false, Some(500), WorkerAction::DeadLetter),
        ("Auth", false, false, Some(503), WorkerAction::Park),
        ("ModelNotFound", false, false, Some(503), WorkerAction::Park),
        ("Cancelled", false, false, None, WorkerAction::Ack),
        ("DeadlineExceeded", false, false, Some(504), WorkerAction::Retry),
        ("Timeout", true, true, Some(504), WorkerAction::Retry),
    ];

    #[test]
    fn promise_01_the_table_is_the_one_that_was_agreed_on() {
        let mut names = HashSet::new();
        for code in Code::all() {
            let name = code.as_str();
            names.insert(name);
            let row = EXPECTED.iter().find(|row| row.0 == name).unwrap();
            let rule = code.rule();
            let found = (
                name,
                rule.is_retryable(),
                rule.counts_for_breaker,
                rule.http_status,
                rule.worker,
            );
            assert_eq!(found, *row);
            assert!(!(rule.opens_breaker && rule.counts_for_breaker), "{name}");
        }
        assert_eq!(names.len(), EXPECTED.len());
        let opening: Vec<_> = Code::all()
            .filter(|code| code.rule().opens_breaker)
            .collect();
        assert_eq!(opening, [Code::QuotaExhausted, Code::Auth]);
    }

    #[test]
    fn what_is_given_up_for_good_is_never_asked_again() {
        for code in Code::all() {
            let rule = code.rule();
            let is_final = matches!(
                rule.worker,
                WorkerAction::Reject | WorkerAction::DeadLetter | WorkerAction::Ack
            );
            if is_final {
                assert_eq!(rule.again, Again::Never, "{code}");
            }
        }
    }

    #[test]
    fn the_provider_overrules_the_table_and_only_by_an_answer() {
        let mut failure = Failure::new(Code::BadRequest, "odd");
        failure.should_retry = Some(true);
        assert_eq!(failure.again(), Again::Never, "nobody answered");
        failure.status = Some(400);
        assert_eq!(failure.again(), Again::Same);
        let mut failure = Failure::new(Code::Overloaded, "busy");
        failure.should_retry = Some(false);
        assert_eq!(failure.again(), Again::Never);
    }

    #[test]
    fn messages_are_one_short_line() {
        let failure = Failure::new(Code::ServerError, format!("a\r\nb\u{7}{}", "x".repeat(999)));
        assert_eq!(failure.message.chars().count(), MAX_MESSAGE);
        assert!(failure.message.starts_with("a  b x"));
    }
}
