//! What a message looks like to a broker.

use bytes::Bytes;
use contracts::{
    Envelope,
    codec::{EncodeError, encode},
};
use std::collections::BTreeMap;

/// Header with the W3C trace context of the publisher.
pub const HEADER_TRACEPARENT: &str = "traceparent";
/// Header with the number of the attempt, for people; the envelope is what counts.
pub const HEADER_ATTEMPT: &str = "x-attempt";
/// Header of a dead letter: why it is one.
pub const HEADER_REASON: &str = "x-reason";
/// Header of a dead letter: what happened, for people.
pub const HEADER_DETAIL: &str = "x-detail";
/// Header of a dead letter: when it became one, in milliseconds since the Unix epoch.
pub const HEADER_BURIED: &str = "x-buried-unix-ms";
/// Header of a message that was a dead letter: how often it was sent back.
pub const HEADER_REPLAYS: &str = "x-replays";

/// A message with its properties, as AMQP 0-9-1 names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outgoing {
    /// The bytes.
    pub body: Bytes,
    /// Their media type.
    pub content_type: String,
    /// Name of the message's schema (`type`); empty if it has none.
    pub kind: String,
    /// What makes a copy recognisable as one.
    pub message_id: Option<String>,
    /// The job.
    pub correlation_id: Option<String>,
    /// Messages over 4 go first, where the broker can.
    pub priority: Option<u8>,
    /// Headers, all of them text.
    pub headers: BTreeMap<String, String>,
    /// Whether it may be larger than messages are: a dead letter keeps the bytes it had.
    pub keep_whole: bool,
}

impl Outgoing {
    /// The message of an envelope.
    ///
    /// # Errors
    /// [`EncodeError`] if it is too large.
    pub fn of(envelope: &Envelope) -> Result<Self, EncodeError> {
        let mut headers = BTreeMap::new();
        headers.insert(HEADER_ATTEMPT.into(), envelope.attempt.to_string());
        if let Some(context) = &envelope.traceparent {
            headers.insert(HEADER_TRACEPARENT.into(), context.clone());
        }
        Ok(Self {
            body: encode(envelope)?.into(),
            content_type: "application/msgpack".into(),
            kind: envelope.kind.clone(),
            message_id: Some(envelope.message_id.to_string()),
            correlation_id: Some(envelope.job_id.to_string()),
            priority: envelope.priority,
            headers,
            keep_whole: false,
        })
    }
}
