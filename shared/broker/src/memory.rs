//! A broker in memory, for tests and for flows that need not outlive the process.

mod held;

use crate::{
    message::Outgoing,
    transport::{BrokerError, Consumer, Delivery, Depth, Link, PublishError, Transport},
};
use async_trait::async_trait;
use contracts::{
    flow::FLOW,
    queue::{self, RETRY_TIERS},
};
use held::{Held, Slots};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// A connection to a broker in memory, which has the queues of the flow table. Clones are the
/// same connection; [`Memory::another`] makes one more.
#[derive(Clone)]
pub struct Memory(Arc<Connection>);

/// What one connection knows.
struct Connection {
    broker: Arc<Shared>,
    link: watch::Sender<Link>,
    closed: CancellationToken,
    /// What it holds unsettled, by number.
    holding: Mutex<Holding>,
}

#[derive(Default)]
struct Holding {
    next: u64,
    held: BTreeMap<u64, (String, Waiting)>,
}

/// What all connections share.
struct Shared {
    queues: Mutex<BTreeMap<String, Queue>>,
    changed: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    consumers: u32,
    /// Where messages go when their time is over, and when that is.
    expires: Option<(String, Duration)>,
}

struct Waiting {
    message: Outgoing,
    delivery_count: u32,
    /// When it leaves a retry tier.
    due: Option<Instant>,
}

impl Default for Memory {
    fn default() -> Self {
        let mut queues: BTreeMap<String, Queue> = queue::all()
            .into_iter()
            .map(|name| (name, Queue::default()))
            .collect();
        for spec in FLOW {
            for tier in RETRY_TIERS {
                let name = queue::retry(spec.name, tier);
                let home = queue::work(spec.name).to_owned();
                queues.entry(name).or_default().expires = Some((home, tier.delay));
            }
        }
        Self::to(Arc::new(Shared {
            queues: Mutex::new(queues),
            changed: Notify::new(),
        }))
    }
}

impl Memory {
    fn to(broker: Arc<Shared>) -> Self {
        Self(Arc::new(Connection {
            broker,
            link: watch::Sender::new(Link::Up),
            closed: CancellationToken::new(),
            holding: Mutex::default(),
        }))
    }

    /// Another connection to the same broker: what one loses, the other may get.
    #[must_use]
    pub fn another(&self) -> Self {
        Self::to(self.0.broker.clone())
    }

    /// Removes a queue, to test what follows from a broken topology.
    pub fn remove_queue(&self, name: &str) {
        self.0.broker.queues().remove(name);
    }

    /// Puts a queue where it was removed.
    pub fn add_queue(&self, name: &str) {
        self.0.broker.queues().entry(name.into()).or_default();
    }
}

impl Shared {
    fn queues(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, name: &str, message: Outgoing) -> bool {
        let mut queues = self.queues();
        let Some(queue) = queues.get_mut(name) else {
            return false;
        };
        let due = queue
            .expires
            .as_ref()
            .map(|(_, delay)| Instant::now() + *delay);
        queue.waiting.push_back(Waiting {
            message,
            delivery_count: 0,
            due,
        });
        drop(queues);
        self.changed.notify_waiters();
        true
    }

    /// Puts back what was handed over and not settled.
    fn put_back(&self, name: &str, mut waiting: Waiting) {
        waiting.delivery_count += 1;
        if let Some(queue) = self.queues().get_mut(name) {
            queue.waiting.push_front(waiting);
        }
        self.changed.notify_waiters();
    }

    /// Moves what has waited long enough; returns when the next one is due.
    fn expire(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut queues = self.queues();
        let mut moved = Vec::new();
        for queue in queues.values_mut() {
            let Some((home, _)) = queue.expires.clone() else {
                continue;
            };
            let is_due = |first: &Waiting| first.due.is_some_and(|due| due <= now);
            while queue.waiting.front().is_some_and(is_due) {
                let first = queue.waiting.pop_front();
                moved.extend(first.map(|first| (home.clone(), first.message)));
            }
        }
        for (home, message) in moved {
            if let Some(queue) = queues.get_mut(&home) {
                queue.waiting.push_back(Waiting {
                    message,
                    delivery_count: 0,
                    due: None,
                });
            }
        }
        let waiting = queues.values().flat_map(|queue| &queue.waiting);
        waiting.filter_map(|waiting| waiting.due).min()
    }

    /// Takes the first of a queue, high priority before normal.
    fn take(&self, name: &str) -> Option<Waiting> {
        let mut queues = self.queues();
        let waiting = &mut queues.get_mut(name)?.waiting;
        let urgent = |waiting: &Waiting| {
            waiting.message.priority.unwrap_or_default() > contracts::job::HIGH_PRIORITY
        };
        let at = waiting.iter().position(urgent).unwrap_or_default();
        waiting.remove(at)
    }
}

impl Connection {
    fn holding(&self) -> MutexGuard<'_, Holding> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a message over, and remembers it until it is settled.
    fn hand_over(
        self: &Arc<Self>,
        queue: &str,
        waiting: Waiting,
        slots: Option<Arc<Slots>>,
    ) -> Delivery {
        let (message, count) = (waiting.message.clone(), waiting.delivery_count);
        let mut holding = self.holding();
        let number = holding.next;
        holding.next += 1;
        holding.held.insert(number, (queue.into(), waiting));
        drop(holding);
        let held = Held::new(self.clone(), number, slots);
        Delivery::new(queue.into(), message, count, count > 0, Box::new(held))
    }
}

#[async_trait]
impl Transport for Memory {
    async fn publish(&self, queue: &str, message: &Outgoing) -> Result<(), PublishError> {
        message.check_size()?;
        if self.0.closed.is_cancelled() {
            return Err(PublishError::Unknown {
                queue: queue.into(),
                source: "the transport is closed".into(),
            });
        }
        if self.0.broker.put(queue, message.clone()) {
            return Ok(());
        }
        self.0.broker.put(queue::UNROUTABLE, message.clone());
        Err(PublishError::Unroutable {
            queue: queue.into(),
            reason: "no such queue".into(),
        })
    }

    async fn consume(&self, queue: &str, slots: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        if self.0.closed.is_cancelled() {
            return Err("the transport is closed".into());
        }
        match self.0.broker.queues().get_mut(queue) {
            None => return Err(format!("queue {queue} does not exist").into()),
            Some(found) => found.consumers += 1,
        }
        Ok(Box::new(MemoryConsumer {
            connection: self.0.clone(),
            queue: queue.into(),
            slots: Arc::new(Slots::new(slots)),
            taking: true,
        }))
    }

    async fn browse(&self, queue: &str, limit: usize) -> Result<Vec<Delivery>, BrokerError> {
        if !self.0.broker.queues().contains_key(queue) {
            return Err(format!("queue {queue} does not exist").into());
        }
        self.0.broker.expire();
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(waiting) = self.0.broker.take(queue)
        {
            found.push(self.0.hand_over(queue, waiting, None));
        }
        Ok(found)
    }

    async fn depth(&self, queue: &str) -> Result<Depth, BrokerError> {
        self.0.broker.expire();
        let queues = self.0.broker.queues();
        let found = queues
            .get(queue)
            .ok_or_else(|| format!("queue {queue} does not exist"))?;
        Ok(Depth {
            ready: u32::try_from(found.waiting.len()).unwrap_or(u32::MAX),
            consumers: found.consumers,
        })
    }

    fn link(&self) -> watch::Receiver<Link> {
        self.0.link.subscribe()
    }

    async fn close(&self) {
        self.0.closed.cancel();
        self.0.link.send_replace(Link::Down);
        let held = std::mem::take(&mut self.0.holding().held);
        for (queue, waiting) in held.into_values().rev() {
            self.0.broker.put_back(&queue, waiting);
        }
    }
}

struct MemoryConsumer {
    connection: Arc<Connection>,
    queue: String,
    slots: Arc<Slots>,
    taking: bool,
}

impl MemoryConsumer {
    fn try_next(&self) -> Option<Delivery> {
        if !self.slots.take() {
            return None;
        }
        let Some(waiting) = self.connection.broker.take(&self.queue) else {
            self.slots.free();
            return None;
        };
        let slots = Some(self.slots.clone());
        Some(self.connection.hand_over(&self.queue, waiting, slots))
    }

    fn leave(&mut self) {
        if std::mem::take(&mut self.taking)
            && let Some(queue) = self.connection.broker.queues().get_mut(&self.queue)
        {
            queue.consumers -= 1;
        }
    }
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self) -> Option<Delivery> {
        while self.taking && !self.connection.closed.is_cancelled() {
            let broker = self.connection.broker.clone();
            let changed = broker.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let due = broker.expire();
            if let Some(delivery) = self.try_next() {
                return Some(delivery);
            }
            let until_due = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = changed => {}
                () = until_due => {}
                () = self.connection.closed.cancelled() => {}
            }
        }
        None
    }

    async fn stop(&mut self) {
        self.leave();
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        self.leave();
    }
}
