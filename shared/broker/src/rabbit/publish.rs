//! Publishing with proof.

use super::{Shared, session::Session};
use crate::{
    message::Outgoing,
    transport::{BrokerError, PublishError},
};
use contracts::queue::{EXCHANGE, UNROUTABLE};
use lapin::{
    BasicProperties, Confirmation, ErrorKind,
    options::BasicPublishOptions,
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable, ShortString},
};
use tokio::time::Instant;

/// What a message says of itself that makes it survive a restart of the broker.
const PERSISTENT: u8 = 2;

/// How one attempt to publish ended.
enum Sent {
    Out,
    Unroutable(String),
    Refused,
    /// Not known; on the next connection it is tried again.
    Unknown(BrokerError),
}

impl Shared {
    pub(super) async fn publish(
        &self,
        queue: &str,
        message: &Outgoing,
    ) -> Result<(), PublishError> {
        message.check_size()?;
        let deadline = Instant::now() + self.config.publish_timeout();
        let mut last: BrokerError = "there is no connection".into();
        while !self.closed.is_cancelled() {
            let sending = self.try_publish(queue, message);
            match tokio::time::timeout_at(deadline, sending).await {
                Err(_) => break,
                Ok(Sent::Out) => return Ok(()),
                Ok(Sent::Refused) => {
                    return Err(PublishError::Refused {
                        queue: queue.into(),
                    });
                }
                Ok(Sent::Unroutable(reason)) => {
                    self.keep_stray(queue, message, deadline).await;
                    return Err(PublishError::Unroutable {
                        queue: queue.into(),
                        reason,
                    });
                }
                Ok(Sent::Unknown(error)) => last = error,
            }
            // The same connection may still stand and refuse; it is not to be hammered.
            tokio::time::sleep(self.config.backoff_min()).await;
        }
        Err(PublishError::Unknown {
            queue: queue.into(),
            source: last,
        })
    }

    async fn try_publish(&self, queue: &str, message: &Outgoing) -> Sent {
        let Some(session) = self.session().await else {
            return Sent::Unknown("the transport is closed".into());
        };
        let sent = tokio::select! {
            sent = send(&session, queue, message) => sent,
            () = session.life.ended() => return Sent::Unknown("the connection was lost".into()),
        };
        match sent {
            Ok(Confirmation::Ack(None)) => Sent::Out,
            Ok(Confirmation::Ack(Some(returned)) | Confirmation::Nack(Some(returned))) => {
                Sent::Unroutable(format!("{} {}", returned.reply_code, returned.reply_text))
            }
            Ok(Confirmation::Nack(None)) => Sent::Refused,
            Ok(Confirmation::NotRequested) => Sent::Unknown("the broker confirms nothing".into()),
            Err(error) => match denied(&error) {
                Some(reason) => Sent::Unroutable(reason),
                None => {
                    if !session.stands() {
                        session.end();
                    }
                    Sent::Unknown(error.into())
                }
            },
        }
    }

    /// Leaves a copy of what no queue took where people look. A broker tells either the publisher
    /// (`mandatory`) or an alternate exchange, never both; the publisher has to know.
    async fn keep_stray(&self, queue: &str, message: &Outgoing, deadline: Instant) {
        let copy = self.try_publish(UNROUTABLE, message);
        match tokio::time::timeout_at(deadline, copy).await {
            Ok(Sent::Out) => tracing::error!(
                queue,
                "no queue took the message; a copy is in {UNROUTABLE}"
            ),
            _ => tracing::error!(queue, "no queue took the message, not even {UNROUTABLE}"),
        }
    }
}

async fn send(
    session: &Session,
    queue: &str,
    message: &Outgoing,
) -> Result<Confirmation, lapin::Error> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let channel = session.publisher().await?;
    let confirm = channel
        .basic_publish(
            EXCHANGE.into(),
            short(queue),
            options,
            &message.body,
            properties(message),
        )
        .await?;
    confirm.await
}

/// Why the broker will not have it, now or later: no exchange, or no permission.
fn denied(error: &lapin::Error) -> Option<String> {
    let ErrorKind::ProtocolError(cause) = error.kind() else {
        return None;
    };
    let denied = matches!(
        cause.kind(),
        AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND | AMQPSoftError::ACCESSREFUSED)
    );
    denied.then(|| cause.get_message().to_string())
}

/// Text whose length [`Outgoing::check_size`] has checked.
fn short(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}

fn properties(message: &Outgoing) -> BasicProperties {
    let mut headers = FieldTable::default();
    for (name, value) in &message.headers {
        headers.insert(short(name), AMQPValue::LongString(value.as_str().into()));
    }
    let mut properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers);
    if !message.content_type.is_empty() {
        properties = properties.with_content_type(short(&message.content_type));
    }
    if !message.kind.is_empty() {
        properties = properties.with_type(short(&message.kind));
    }
    if let Some(id) = &message.message_id {
        properties = properties.with_message_id(short(id));
    }
    if let Some(id) = &message.correlation_id {
        properties = properties.with_correlation_id(short(id));
    }
    if let Some(priority) = message.priority {
        properties = properties.with_priority(priority);
    }
    properties
}
