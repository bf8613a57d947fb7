//! The envelope and its codec: MessagePack maps with named fields, decoded exactly.

use crate::ids::{JobId, MessageId};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Largest message accepted or produced, in bytes.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// A payload that crosses a queue. The pair (`KIND`, `VERSION`) names its schema.
pub trait Message: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Name of the schema.
    const KIND: &'static str;
    /// Version of the schema; fields are only ever added, with a default.
    const VERSION: u16;
}

/// Most failed attempts a message remembers; the oldest go first.
pub const MAX_HISTORY: usize = 16;
/// Longest reason of a failed attempt that travels, in characters.
pub const MAX_REASON_CHARS: usize = 500;

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// Which attempt, from 1.
    pub attempt: u32,
    /// What happened, for people.
    pub reason: String,
    /// The worker it happened on.
    pub worker: String,
    /// When, in milliseconds since the Unix epoch.
    pub at_unix_ms: u64,
}

/// What travels: the payload and the facts every stage needs about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// [`Message::KIND`] of the body.
    pub kind: String,
    /// [`Message::VERSION`] of the body.
    pub version: u16,
    /// Derived from job and stage, so a replay carries the same id.
    pub message_id: MessageId,
    /// The job this message belongs to.
    pub job_id: JobId,
    /// Which attempt this is, from 1; counted by us, never by the broker.
    pub attempt: u32,
    /// When the job as a whole is too late, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub deadline_unix_ms: Option<u64>,
    /// W3C trace context of the publisher.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// As [`Job::priority`](crate::job::Job::priority).
    #[serde(default)]
    pub priority: Option<u8>,
    /// When this copy was published, in milliseconds since the Unix epoch; for showing how long
    /// it waited, never for deciding anything.
    #[serde(default)]
    pub published_unix_ms: Option<u64>,
    /// Attempts that failed, oldest first, at most [`MAX_HISTORY`] of them.
    #[serde(default)]
    pub history: Vec<FailedAttempt>,
    /// The encoded message.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

/// Why bytes are not the message a reader expected.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Over [`MAX_MESSAGE_BYTES`].
    #[error("message is {actual} bytes, limit is {limit}")]
    TooLarge {
        /// Bytes found.
        actual: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Another kind, or a version this program does not know.
    #[error("expected {expected} up to version {known}, got {kind} version {version}")]
    UnknownSchema {
        /// The kind the reader wanted.
        expected: &'static str,
        /// The newest version the reader knows.
        known: u16,
        /// The kind found.
        kind: String,
        /// The version found.
        version: u16,
    },
    /// Not MessagePack, or not the fields of the message.
    #[error("malformed message")]
    Malformed(#[from] rmp_serde::decode::Error),
    /// Something follows the message.
    #[error("{0} bytes after the message")]
    TrailingBytes(usize),
}

/// Why a message could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Over [`MAX_MESSAGE_BYTES`]: large data belongs in an artifact.
    #[error("message would be {actual} bytes, limit is {limit}; store large data as an artifact")]
    TooLarge {
        /// Bytes needed.
        actual: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A value MessagePack cannot hold.
    #[error("message cannot be encoded")]
    Unencodable(#[from] rmp_serde::encode::Error),
}

/// Encodes a value as a MessagePack map with named fields.
///
/// # Errors
/// [`EncodeError::TooLarge`] over [`MAX_MESSAGE_BYTES`].
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, EncodeError> {
    let bytes = rmp_serde::to_vec_named(value)?;
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(EncodeError::TooLarge {
            actual: bytes.len(),
            limit: MAX_MESSAGE_BYTES,
        });
    }
    Ok(bytes)
}

/// Decodes one value and refuses anything left over, which `rmp_serde::from_slice` would ignore.
///
/// # Errors
/// [`DecodeError`]; never panics, whatever the bytes.
pub fn decode_exact<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(DecodeError::TooLarge {
            actual: bytes.len(),
            limit: MAX_MESSAGE_BYTES,
        });
    }
    decode_exact_unbounded(bytes)
}

/// As [`decode_exact`], for artifacts, whose size the store has checked already.
///
/// # Errors
/// [`DecodeError::Malformed`] or [`DecodeError::TrailingBytes`].
pub fn decode_exact_unbounded<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut rest = bytes;
    let value = T::deserialize(&mut rmp_serde::Deserializer::new(&mut rest))?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::TrailingBytes(rest.len()))
    }
}

impl Envelope {
    /// Wraps a message of `job` for the stage named `stage`; the first attempt.
    ///
    /// # Errors
    /// [`EncodeError`] if the body is over the limit.
    pub fn seal<M: Message>(job: &JobId, stage: &str, body: &M) -> Result<Self, EncodeError> {
        Ok(Self {
            kind: M::KIND.into(),
            version: M::VERSION,
            message_id: MessageId::derive(job, stage, M::VERSION),
            job_id: job.clone(),
            attempt: 1,
            deadline_unix_ms: None,
            traceparent: None,
            priority: None,
            published_unix_ms: None,
            history: Vec::new(),
            body: encode(body)?,
        })
    }

    /// Remembers a failed attempt, within the limits of what travels.
    pub fn remember(&mut self, mut failed: FailedAttempt) {
        failed.reason = failed.reason.chars().take(MAX_REASON_CHARS).collect();
        self.history.push(failed);
        let surplus = self.history.len().saturating_sub(MAX_HISTORY);
        self.history.drain(..surplus);
    }

    /// Unwraps the message, if it is an `M` of a version this program knows.
    ///
    /// # Errors
    /// [`DecodeError::UnknownSchema`] for another kind or a newer version: it is not guessed at.
    pub fn open<M: Message>(&self) -> Result<M, DecodeError> {
        if self.kind != M::KIND || self.version > M::VERSION {
            return Err(DecodeError::UnknownSchema {
                expected: M::KIND,
                known: M::VERSION,
                kind: self.kind.clone(),
                version: self.version,
            });
        }
        decode_exact(&self.body)
    }
}
