//! A broker in memory, for tests and for flows that need not outlive the process.

use crate::{
    message::Outgoing,
    transport::{
        BrokerError, Consumer, Delivery, Depth, Link, PublishError, Settle, Settled, Transport,
    },
};
use async_trait::async_trait;
use contracts::{
    codec::MAX_MESSAGE_BYTES,
    flow::FLOW,
    queue::{self, RETRY_TIERS},
};
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

/// A broker in memory with the queues of the flow table.
#[derive(Clone)]
pub struct Memory(Arc<Shared>);

struct Shared {
    queues: Mutex<BTreeMap<String, Queue>>,
    changed: Notify,
    link: watch::Sender<Link>,
    closed: CancellationToken,
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
        Self(Arc::new(Shared {
            queues: Mutex::new(queues),
            changed: Notify::new(),
            link: watch::Sender::new(Link::Up),
            closed: CancellationToken::new(),
        }))
    }
}

impl Memory {
    /// Removes a queue, to test what follows from a broken topology.
    pub fn remove_queue(&self, name: &str) {
        self.0.queues().remove(name);
    }

    /// Puts a queue where it was removed.
    pub fn add_queue(&self, name: &str) {
        self.0.queues().entry(name.into()).or_default();
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

    /// Moves what has waited long enough; returns when the next one is due.
    fn expire(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut queues = self.queues();
        let mut moved = Vec::new();
        for queue in queues.values_mut() {
            let Some((home, _)) = queue.expires.clone() else {
                continue;
            };
            while let Some(first) = queue
                .waiting
                .pop_front_if(|first| first.due.is_some_and(|due| due <= now))
            {
                moved.push((home.clone(), first.message));
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

#[async_trait]
impl Transport for Memory {
    async fn publish(&self, queue: &str, message: &Outgoing) -> Result<(), PublishError> {
        if message.body.len() > MAX_MESSAGE_BYTES && !message.keep_whole {
            return Err(PublishError::TooLarge {
                actual: message.body.len(),
                limit: MAX_MESSAGE_BYTES,
            });
        }
        if self.0.closed.is_cancelled() {
            return Err(PublishError::Unknown {
                queue: queue.into(),
                source: "the transport is closed".into(),
            });
        }
        if self.0.put(queue, message.clone()) {
            return Ok(());
        }
        self.0.put(queue::UNROUTABLE, message.clone());
        Err(PublishError::Unroutable {
            queue: queue.into(),
            reason: "no such queue".into(),
        })
    }

    async fn consume(&self, queue: &str, slots: u16) -> Result<Box<dyn Consumer>, BrokerError> {
        match self.0.queues().get_mut(queue) {
            None => return Err(format!("queue {queue} does not exist").into()),
            Some(found) => found.consumers += 1,
        }
        Ok(Box::new(MemoryConsumer {
            shared: self.0.clone(),
            queue: queue.into(),
            slots: Arc::new(Slots {
                free: Mutex::new(slots),
                freed: Notify::new(),
            }),
            stopped: false,
        }))
    }

    async fn browse(&self, queue: &str, limit: usize) -> Result<Vec<Delivery>, BrokerError> {
        if !self.0.queues().contains_key(queue) {
            return Err(format!("queue {queue} does not exist").into());
        }
        let mut found = Vec::new();
        while found.len() < limit
            && let Some(waiting) = self.0.take(queue)
        {
            found.push(delivery(&self.0, queue, waiting, None));
        }
        Ok(found)
    }

    async fn depth(&self, queue: &str) -> Result<Depth, BrokerError> {
        self.0.expire();
        let queues = self.0.queues();
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
    }
}

struct Slots {
    free: Mutex<u16>,
    freed: Notify,
}

impl Slots {
    fn free(&self) -> MutexGuard<'_, u16> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct MemoryConsumer {
    shared: Arc<Shared>,
    queue: String,
    slots: Arc<Slots>,
    stopped: bool,
}

impl MemoryConsumer {
    fn try_next(&self) -> Option<Delivery> {
        let mut free = self.slots.free();
        if *free == 0 {
            return None;
        }
        let waiting = self.shared.take(&self.queue)?;
        *free -= 1;
        let slots = Some(self.slots.clone());
        Some(delivery(&self.shared, &self.queue, waiting, slots))
    }
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self) -> Option<Delivery> {
        while !self.stopped && !self.shared.closed.is_cancelled() {
            let changed = self.shared.changed.notified();
            let freed = self.slots.freed.notified();
            tokio::pin!(changed, freed);
            changed.as_mut().enable();
            freed.as_mut().enable();
            let due = self.shared.expire();
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
                () = freed => {}
                () = until_due => {}
                () = self.shared.closed.cancelled() => {}
            }
        }
        None
    }

    async fn stop(&mut self) {
        self.stopped = true;
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        if let Some(queue) = self.shared.queues().get_mut(&self.queue) {
            queue.consumers -= 1;
        }
    }
}

/// A message that goes back where it came from unless it is accepted.
struct Held {
    shared: Arc<Shared>,
    queue: String,
    waiting: Option<Waiting>,
    slots: Option<Arc<Slots>>,
}

fn delivery(
    shared: &Arc<Shared>,
    queue: &str,
    waiting: Waiting,
    slots: Option<Arc<Slots>>,
) -> Delivery {
    let (message, count) = (waiting.message.clone(), waiting.delivery_count);
    let held = Held {
        shared: shared.clone(),
        queue: queue.into(),
        waiting: Some(waiting),
        slots,
    };
    Delivery::new(queue.into(), message, count, count > 0, Box::new(held))
}

impl Held {
    fn release(&mut self, back: bool) -> Settled {
        let Some(mut waiting) = self.waiting.take() else {
            return Settled::Lost;
        };
        if back {
            waiting.delivery_count += 1;
            let mut queues = self.shared.queues();
            if let Some(queue) = queues.get_mut(&self.queue) {
                queue.waiting.push_front(waiting);
            }
        }
        if let Some(slots) = &self.slots {
            *slots.free() += 1;
            slots.freed.notify_waiters();
        }
        self.shared.changed.notify_waiters();
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
