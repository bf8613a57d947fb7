//! One pair of connections, from opening to loss.

use super::config::RabbitConfig;
use crate::transport::{BrokerError, Link};
use futures::StreamExt;
use lapin::{
    Channel, Connection, ConnectionProperties, Event, options::ConfirmSelectOptions,
    types::ShortString, uri::AMQPUri,
};
use std::{
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

/// Longest wait for a connection to say goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);
/// How often it is looked whether both connections still stand, besides listening to them.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
const REPLY_SUCCESS: u16 = 200;

/// What deliveries remember of the session they came from.
pub(super) struct Life {
    /// Which session, counted from 1.
    pub generation: u64,
    ended: CancellationToken,
    loss_logged: AtomicBool,
}

impl Life {
    /// Waits until the session is over.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }
    pub fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }
    /// Says, once per session, that a settlement came too late.
    pub fn log_loss(&self, queue: &str) {
        if !self.loss_logged.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                queue,
                generation = self.generation,
                "deliveries of a lost connection cannot be settled; the broker delivers them again"
            );
        }
    }
}

/// A connection for taking and one for publishing: an alarm at the broker stops those who publish.
pub(super) struct Session {
    pub life: Arc<Life>,
    consume: Connection,
    publish: Connection,
    publisher: Mutex<Option<Channel>>,
}

async fn connect(
    uri: &AMQPUri,
    name: String,
    timeout: Duration,
) -> Result<Connection, BrokerError> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let connecting = Connection::connect_uri(uri.clone(), properties);
    match tokio::time::timeout(timeout, connecting).await {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(format!("no answer within {} s", timeout.as_secs()).into()),
    }
}

async fn close(connection: &Connection) -> Result<(), lapin::Error> {
    let closing = connection.close(REPLY_SUCCESS, ShortString::from("done"));
    let closed = tokio::time::timeout(CLOSE_TIMEOUT, closing).await;
    closed.unwrap_or(Ok(()))
}

impl Session {
    /// Opens both connections.
    pub async fn open(
        config: &RabbitConfig,
        uri: &AMQPUri,
        generation: u64,
    ) -> Result<Self, BrokerError> {
        let name = |part: &str| format!("{} {part}", config.connection_name);
        let timeout = config.connect_timeout();
        let consume = connect(uri, name("consume"), timeout).await?;
        let publish = connect(uri, name("publish"), timeout).await?;
        Ok(Self {
            life: Arc::new(Life {
                generation,
                ended: CancellationToken::new(),
                loss_logged: AtomicBool::new(false),
            }),
            consume,
            publish,
            publisher: Mutex::new(None),
        })
    }

    /// The confirming channel, opened again if the broker closed it.
    pub async fn publisher(&self) -> Result<Channel, lapin::Error> {
        let mut publisher = self.publisher.lock().await;
        if let Some(channel) = publisher
            .as_ref()
            .filter(|channel| channel.status().connected())
        {
            return Ok(channel.clone());
        }
        let channel = self.publish.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        *publisher = Some(channel.clone());
        Ok(channel)
    }

    /// A fresh channel for taking.
    pub async fn channel(&self) -> Result<Channel, lapin::Error> {
        self.consume.create_channel().await
    }

    /// Whether both connections stand.
    pub fn stands(&self) -> bool {
        self.consume.status().connected() && self.publish.status().connected()
    }

    /// Declares the session over; whoever watches it begins the next one.
    pub fn end(&self) {
        self.life.ended.cancel();
    }

    /// Says how the link is until the session is over, and returns why it is.
    pub async fn watch(&self, link: &watch::Sender<Link>, closed: &CancellationToken) -> String {
        let mut taking = Box::pin(self.consume.events_listener());
        let mut publishing = Box::pin(self.publish.events_listener());
        let mut last_error = None;
        while self.stands() && !self.life.has_ended() && !closed.is_cancelled() {
            tokio::select! {
                Some(event) = taking.next() => if let Event::Error(error) = event {
                    last_error = Some(error);
                },
                Some(event) = publishing.next() => match event {
                    Event::ConnectionBlocked(reason) => {
                        tracing::warn!(reason, "the broker takes no messages for now");
                        link.send_replace(Link::Blocked(reason));
                    }
                    Event::ConnectionUnblocked => {
                        tracing::info!("the broker takes messages again");
                        link.send_replace(Link::Up);
                    }
                    Event::Error(error) => last_error = Some(error),
                    _ => {}
                },
                () = self.life.ended() => {}
                () = closed.cancelled() => {}
                () = tokio::time::sleep(LOOK_INTERVAL) => {}
            }
        }
        last_error.map_or_else(|| "the connection ended".into(), |error| error.to_string())
    }

    /// Says goodbye on both connections, as far as they still stand.
    pub async fn close(&self) {
        let (taking, publishing) = tokio::join!(close(&self.consume), close(&self.publish));
        for closed in [taking, publishing] {
            if let Err(error) = closed {
                tracing::debug!(%error, "the connection was closed before");
            }
        }
    }
}
