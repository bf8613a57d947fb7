//! The port: what a broker must be able to do.

use crate::message::Outgoing;
use async_trait::async_trait;
use std::{error::Error, fmt};
use tokio::sync::watch;

/// Any error, kept for people to read.
pub type BrokerError = Box<dyn Error + Send + Sync>;

/// Publishes and hands over messages. `broker::contract_suite` checks every implementation.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Publishes to a queue and returns once the broker has taken responsibility for the message.
    /// While the connection is lost it waits for the next one; whatever is unknown is published
    /// again with the same id.
    ///
    /// # Errors
    /// [`PublishError`]; only then is the message not known to be out.
    async fn publish(&self, queue: &str, message: &Outgoing) -> Result<(), PublishError>;

    /// Begins to take from a queue, at most `slots` unsettled deliveries at a time.
    ///
    /// # Errors
    /// If the queue does not exist or may not be read.
    async fn consume(&self, queue: &str, slots: u16) -> Result<Box<dyn Consumer>, BrokerError>;

    /// Takes at most `limit` messages from a queue at once, oldest first. Those that are not
    /// settled go back once all of them have been dropped.
    ///
    /// # Errors
    /// If the queue does not exist or may not be read.
    async fn browse(&self, queue: &str, limit: usize) -> Result<Vec<Delivery>, BrokerError>;

    /// How full a queue is.
    ///
    /// # Errors
    /// If the queue does not exist.
    async fn depth(&self, queue: &str) -> Result<Depth, BrokerError>;

    /// The state of the connection, as it changes.
    fn link(&self) -> watch::Receiver<Link>;

    /// Ends the connection; unsettled deliveries go back.
    async fn close(&self);
}

/// Messages being taken from one queue. It outlives the connection: after a loss it goes on with
/// the next one.
#[async_trait]
pub trait Consumer: Send {
    /// The next delivery; `None` once the transport is closed or taking has ended.
    /// Safe to cancel: no delivery is lost if the future is dropped.
    async fn next(&mut self) -> Option<Delivery>;
    /// Stops taking. Deliveries that were handed over can still be settled; those that were not
    /// are handed over by [`Consumer::next`] until it returns `None`.
    async fn stop(&mut self);
}

/// How full a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages that wait.
    pub ready: u32,
    /// Those who take from it.
    pub consumers: u32,
}

/// The state of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Both connections stand.
    Up,
    /// The broker takes no messages for now, and says why; what was delivered can be settled.
    Blocked(String),
    /// There is no connection; another is being made.
    Down,
}

/// Why a message is not known to be out.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It is larger than messages may be; nothing was sent.
    #[error("message has {actual} bytes, limit is {limit}; store large data as an artifact")]
    TooLarge {
        /// Bytes.
        actual: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// No queue takes it: the topology is not what the flow table says.
    #[error("queue {queue} takes no messages: {reason}; load the definitions of deploy/rabbitmq")]
    Unroutable {
        /// Where it should have gone.
        queue: String,
        /// What the broker said.
        reason: String,
    },
    /// The broker refuses it for now, as when the queue is full.
    #[error("the broker refuses messages for {queue}")]
    Refused {
        /// Where it should have gone.
        queue: String,
    },
    /// It may be out or not, and could not be made certain in time.
    #[error("no confirmation from the broker for {queue}")]
    Unknown {
        /// Where it should have gone.
        queue: String,
        /// What went wrong last.
        #[source]
        source: BrokerError,
    },
}

/// How a settlement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// As asked for.
    Done,
    /// The broker had taken the delivery back before, and will deliver it again.
    Lost,
}

/// What settles one delivery; implemented by transports.
#[async_trait]
pub trait Settle: Send + Sync {
    /// The message is done with.
    async fn accept(&mut self) -> Settled;
    /// The message goes back at once, and may count as delivered.
    async fn give_back(&mut self) -> Settled;
}

/// One message handed over. Dropped without being settled, it goes back: at once if it came from a
/// consumer, with the last of its kind if it was browsed, and when its connection ends in any case.
pub struct Delivery {
    /// The queue it came from.
    pub queue: String,
    /// The message.
    pub message: Outgoing,
    /// How often it was handed over before without being settled, as the broker counts.
    pub delivery_count: u32,
    /// Whether it was handed over before.
    pub redelivered: bool,
    settle: Box<dyn Settle>,
}

impl Delivery {
    /// A delivery that `settle` settles.
    #[must_use]
    pub fn new(
        queue: String,
        message: Outgoing,
        delivery_count: u32,
        redelivered: bool,
        settle: Box<dyn Settle>,
    ) -> Self {
        Self {
            queue,
            message,
            delivery_count,
            redelivered,
            settle,
        }
    }
    /// The message is done with.
    pub async fn accept(mut self) -> Settled {
        self.settle.accept().await
    }
    /// The message goes back at once. The broker counts it as a delivery, so this is for those
    /// who look, not for those who work.
    pub async fn give_back(mut self) -> Settled {
        self.settle.give_back().await
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Delivery")
            .field("queue", &self.queue)
            .field("message_id", &self.message.message_id)
            .field("delivery_count", &self.delivery_count)
            .finish_non_exhaustive()
    }
}
