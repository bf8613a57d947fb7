//! What may go wrong.

use serde::Deserialize;

/// How one request goes wrong.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fault {
    /// It is answered with this error, and nothing is done.
    Status(StatusFault),
    /// It is reset, and so long nobody listens.
    Refused {
        /// How long, in real time.
        for_ms: u64,
    },
    /// The connection is reset.
    Reset {
        /// When.
        at: ResetPoint,
    },
    /// Nothing comes any more, and the connection stays.
    Hang {
        /// From when on.
        at: HangPoint,
        /// Whether pings come, where the interface has them.
        #[serde(default)]
        pings: bool,
    },
    /// The stream is written otherwise than usual; answers that are not streamed are whole.
    Stream {
        /// How.
        how: StreamFault,
    },
    /// The model's text is not what was asked for.
    Content {
        /// In which way.
        how: ContentFault,
    },
    /// The answer says that it ended for this reason.
    Stop {
        /// As `refusal`; `done_reason` where the interface calls it so.
        reason: String,
    },
    /// The answer names another model than the one asked for.
    Served {
        /// Its name.
        model: String,
    },
    /// The answer begins with a block of thinking (Claude).
    Thinking,
    /// The answer holds a block of a type nobody has heard of (Claude).
    UnknownBlock,
    /// Status 200, and a body that tells of an error.
    ErrorBody,
    /// The right body under another type.
    ContentType {
        /// As `text/html`.
        value: String,
    },
    /// The body comes piece by piece, with pauses.
    SlowBody {
        /// Length of a piece.
        piece_bytes: usize,
        /// Pause after each.
        every_ms: u64,
    },
    /// Every count of tokens is multiplied.
    LyingUsage {
        /// By this.
        factor: f64,
    },
    /// There are no counts of tokens.
    MissingUsage,
    /// The answer comes later than it would, and is as it should be.
    Late {
        /// By so much, in real time.
        by_ms: u64,
    },
    /// A batch goes wrong in parts; met when it is created.
    Batch(BatchFault),
}

/// An answer with an error status.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub struct StatusFault {
    /// As 529.
    pub status: u16,
    /// The type of the error; that of the status if empty.
    pub error: Option<String>,
    /// The text of the error.
    pub message: Option<String>,
    /// What `error.details.error_code` says.
    pub error_code: Option<String>,
    /// How long to wait.
    pub retry_after: Option<RetryAfter>,
    /// What `x-should-retry` says.
    pub should_retry: Option<bool>,
    /// A page of some proxy instead of the interface's own error.
    pub html: bool,
}

/// How the answer says how long to wait.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// `retry-after` as it stands here: `3`, `1.5`, `-1`, `soon`.
    Text(String),
    /// `retry-after` as a date so far away by the server's clock.
    DateInS(i64),
    /// `retry-after-ms`.
    Ms(u64),
}

/// When a connection is reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetPoint {
    /// Before the first byte.
    BeforeHeaders,
    /// Before the first byte of the body.
    AfterHeaders,
    /// In the middle of the body.
    MidBody,
    /// In the middle of the body, and without a reset: as if the server had gone.
    MidBodyClosed,
}

/// From when on nothing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HangPoint {
    /// Before the first byte.
    BeforeHeaders,
    /// After the headers, and before anything of the text.
    BeforeFirstToken,
    /// After the first half of the body.
    BetweenEvents,
}

/// How a stream is written otherwise than usual.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamFault {
    /// Every byte comes alone.
    SplitEveryByte,
    /// Everything comes at once.
    OneChunk,
    /// Lines end with a carriage return and a line feed.
    Crlf,
    /// Data is spread over lines (Claude).
    MultiLineData,
    /// Events of unknown kinds between the known ones (Claude), unknown fields (Ollama).
    UnknownEvents,
    /// Lines that are comments (Claude).
    Comments,
    /// A byte-order mark at the beginning.
    ByteOrderMark,
    /// So many pings after the first event (Claude).
    PingFlood(u32),
    /// Empty lines (Ollama).
    BlankLines,
    /// After so many events there is an error, and nothing more.
    ErrorAt {
        /// How many.
        event: usize,
        /// Its type, as `overloaded_error`; Ollama's are texts.
        error: String,
    },
    /// It ends before it says why the model stopped.
    EofBeforeStop,
    /// It ends after it says why the model stopped and before its last event (Claude).
    EofAfterStop,
    /// It ends in the middle of an event.
    EofMidFrame,
    /// Bytes that are not UTF-8 in a text.
    InvalidUtf8,
    /// The last event comes twice.
    DuplicateStop,
    /// An event of at least so many bytes before the last one.
    OversizedFrame(usize),
}

/// In which way a text is not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentFault {
    /// In a Markdown fence. Nothing is wrong with what is inside.
    Fenced,
    /// Words before and after it.
    ProseAround,
    /// Twice, one after the other.
    TwoObjects,
    /// Its end is missing, though the model says that it had ended.
    Truncated,
    /// Enumerated texts in capitals.
    EnumCase,
    /// Numbers far above what the schema allows.
    OutOfRange,
    /// A field that the schema does not know.
    ExtraField,
    /// A field that the schema demands is missing.
    MissingField,
    /// A field is there twice.
    DuplicateKey,
    /// A text where something else should be, or the other way round.
    WrongType,
    /// `NaN` in place of a number.
    NotANumber,
    /// So many objects within each other.
    DeepNesting(usize),
    /// It begins well and goes on with white space until the limit.
    WhitespaceLoop,
    /// It begins well and goes on with the same words until the limit.
    RepeatLoop,
    /// What the material in the prompt orders (`Ignore …`), to the letter, whatever else was said.
    Obey,
    /// Nothing.
    Empty,
    /// This.
    Text(String),
}

/// What goes wrong with a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct BatchFault {
    /// The results are in another order than the requests.
    pub shuffled: bool,
    /// So many of the first requests fail.
    pub errored: usize,
    /// So many of those after them expire.
    pub expired: usize,
    /// So often the results are not found though the batch has ended.
    pub results_missing: u32,
}

impl Fault {
    /// An error status.
    #[must_use]
    pub fn status(status: u16) -> StatusFault {
        StatusFault {
            status,
            ..StatusFault::default()
        }
    }
    /// Another way of writing a stream.
    #[must_use]
    pub const fn stream(how: StreamFault) -> Self {
        Self::Stream { how }
    }
    /// Another text.
    #[must_use]
    pub const fn content(how: ContentFault) -> Self {
        Self::Content { how }
    }
    /// What the journal calls it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Refused { .. } => "refused",
            Self::Reset { .. } => "reset",
            Self::Hang { .. } => "hang",
            Self::Stream { .. } => "stream",
            Self::Content { .. } => "content",
            Self::Stop { .. } => "stop",
            Self::Served { .. } => "served",
            Self::Thinking => "thinking",
            Self::UnknownBlock => "unknown_block",
            Self::ErrorBody => "error_body",
            Self::ContentType { .. } => "content_type",
            Self::SlowBody { .. } => "slow_body",
            Self::LyingUsage { .. } => "lying_usage",
            Self::MissingUsage => "missing_usage",
            Self::Late { .. } => "late",
            Self::Batch(_) => "batch",
        }
    }
}

impl StatusFault {
    /// With a type of error other than that of the status.
    #[must_use]
    pub fn error(mut self, error: &str, message: &str) -> Self {
        self.error = Some(error.to_owned());
        self.message = Some(message.to_owned());
        self
    }
    /// With an error code, as `enforced_spend_limit_reached`.
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.error_code = Some(code.to_owned());
        self
    }
    /// With the time to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: RetryAfter) -> Self {
        self.retry_after = Some(wait);
        self
    }
    /// With `x-should-retry`.
    #[must_use]
    pub const fn should_retry(mut self, should: bool) -> Self {
        self.should_retry = Some(should);
        self
    }
    /// As a proxy's page.
    #[must_use]
    pub const fn html(mut self) -> Self {
        self.html = true;
        self
    }
}

impl From<StatusFault> for Fault {
    fn from(fault: StatusFault) -> Self {
        Self::Status(fault)
    }
}
