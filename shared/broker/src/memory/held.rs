//! What is handed over, until it is settled.

use super::Connection;
use crate::transport::{Settle, Settled};
use async_trait::async_trait;
use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering},
};

/// How many deliveries a consumer may still hold.
pub(super) struct Slots(AtomicU16);

impl Slots {
    pub fn new(count: u16) -> Self {
        Self(AtomicU16::new(count))
    }
    /// Takes one, if one is left.
    pub fn take(&self) -> bool {
        let less = |free: u16| free.checked_sub(1);
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, less)
            .is_ok()
    }
    pub fn free(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// A message that goes back where it came from unless it is accepted.
pub(super) struct Held {
    connection: Arc<Connection>,
    number: u64,
    slots: Option<Arc<Slots>>,
}

impl Held {
    pub fn new(connection: Arc<Connection>, number: u64, slots: Option<Arc<Slots>>) -> Self {
        Self {
            connection,
            number,
            slots,
        }
    }

    fn release(&mut self, back: bool) -> Settled {
        let found = self.connection.holding().held.remove(&self.number);
        let Some((queue, waiting)) = found else {
            return Settled::Lost;
        };
        if let Some(slots) = &self.slots {
            slots.free();
        }
        let broker = &self.connection.broker;
        if back {
            broker.put_back(&queue, waiting);
        } else {
            broker.changed.notify_waiters();
        }
        Settled::Done
    }
}

#[async_trait]
impl Settle for Held {
    async fn accept(&mut self) -> Settled {
        self.release(false)
    }
    async fn give_back(&mut self) -> Settled {
        self.release(true)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.release(true);
    }
}
