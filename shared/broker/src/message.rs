//! What a message looks like to a broker.

use crate::transport::PublishError;
use bytes::Bytes;
use contracts::{
    Envelope,
    codec::{EncodeError, MAX_MESSAGE_BYTES, encode},
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

/// Longest name or id a message carries, in bytes: AMQP counts them in one byte.
pub const MAX_NAME_BYTES: usize = 255;
/// Most bytes of names, ids and headers together; a broker takes them in one frame of 128 KiB.
pub const MAX_PROPERTIES_BYTES: usize = 64 * 1024;

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

    /// Checks what a broker would answer by ending the connection, before anything is sent.
    ///
    /// # Errors
    /// [`PublishError::TooLarge`] naming the limit.
    pub fn check_size(&self) -> Result<(), PublishError> {
        let ids = [&self.message_id, &self.correlation_id];
        let names = [&self.content_type, &self.kind]
            .into_iter()
            .chain(ids.into_iter().flatten())
            .chain(self.headers.keys())
            .map(String::len);
        let values: usize = self.headers.values().map(String::len).sum();
        if !self.keep_whole {
            within(self.body.len(), MAX_MESSAGE_BYTES)?;
        }
        within(names.clone().max().unwrap_or_default(), MAX_NAME_BYTES)?;
        within(values + names.sum::<usize>(), MAX_PROPERTIES_BYTES)
    }
}

fn within(actual: usize, limit: usize) -> Result<(), PublishError> {
    if actual > limit {
        return Err(PublishError::TooLarge { actual, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit_of(message: &Outgoing) -> Option<usize> {
        match message.check_size() {
            Err(PublishError::TooLarge { limit, .. }) => Some(limit),
            _ => None,
        }
    }

    #[test]
    fn what_a_broker_cannot_carry_is_refused_at_the_edge() {
        let mut message = Outgoing {
            body: vec![0; MAX_MESSAGE_BYTES].into(),
            kind: "k".repeat(MAX_NAME_BYTES),
            ..Outgoing::default()
        };
        assert_eq!(limit_of(&message), None);
        message.body = vec![0; MAX_MESSAGE_BYTES + 1].into();
        assert_eq!(limit_of(&message), Some(MAX_MESSAGE_BYTES));
        message.body = Bytes::new();
        message.message_id = Some("i".repeat(MAX_NAME_BYTES + 1));
        assert_eq!(limit_of(&message), Some(MAX_NAME_BYTES));
        message.message_id = None;
        message
            .headers
            .insert(HEADER_REASON.into(), "r".repeat(MAX_PROPERTIES_BYTES));
        assert_eq!(limit_of(&message), Some(MAX_PROPERTIES_BYTES));
    }
}
