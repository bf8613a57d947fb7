//! Taking from a queue across connections.

use super::{Shared, delivery::Origin, session::Session};
use crate::transport::{BrokerError, Consumer, Delivery, Depth};
use async_trait::async_trait;
use futures::{FutureExt, StreamExt, future::BoxFuture};
use lapin::{
    options::{
        BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicQosOptions,
        QueueDeclareOptions,
    },
    types::{FieldTable, ShortString},
};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::time::timeout;

/// What is being taken, and how much at once.
#[derive(Clone)]
pub(super) struct Wanted {
    pub queue: Arc<str>,
    pub slots: u16,
}

/// Taking on one session.
pub(super) struct Open {
    origin: Origin,
    stream: lapin::Consumer,
}

enum State {
    /// Being opened; kept across calls, so that a caller who does not wait does not begin anew.
    Opening(BoxFuture<'static, Option<Open>>),
    Open(Box<Open>),
    Ended,
}

pub(super) struct RabbitConsumer {
    shared: Arc<Shared>,
    wanted: Wanted,
    state: State,
    stopped: bool,
    /// What was on its way when taking was stopped.
    late: VecDeque<Delivery>,
}

/// How long nothing may arrive before taking is cancelled, while nothing is settled. The broker
/// goes on assigning for the milliseconds in which it writes the cancellation down, and what it
/// assigns then reaches nobody (RabbitMQ forgets the consumer first and does not send it): it comes
/// again with the end of the channel, counted as a delivery. This leaves only what is published in
/// those milliseconds, and that is for the reader to know: such a message was never begun.
const QUIET: Duration = Duration::from_millis(250);

impl Open {
    /// Waits until nothing is on its way any more, and cancels. With nothing settled meanwhile,
    /// the broker sends no more than there are slots.
    async fn cancel(&mut self) -> VecDeque<Delivery> {
        let gate = self.origin.gate.clone();
        let _nothing_is_settled = gate.write().await;
        let mut late = VecDeque::new();
        while let Ok(Some(Ok(delivery))) = timeout(QUIET, self.stream.next()).await {
            late.push_back(self.origin.delivery(delivery));
        }
        let tag = self.stream.tag();
        let options = BasicCancelOptions::default();
        if let Err(error) = self.origin.channel.basic_cancel(tag, options).await {
            tracing::debug!(%error, "taking had ended before it was stopped");
        }
        late
    }
}

fn name(queue: &str) -> Result<ShortString, BrokerError> {
    Ok(ShortString::try_new(queue)?)
}

impl Shared {
    /// Begins to take on a session. The broker answers with an error if the queue does not exist.
    async fn open(&self, session: &Session, wanted: &Wanted) -> Result<Open, BrokerError> {
        let queue = name(&wanted.queue)?;
        let channel = session.channel().await?;
        channel
            .basic_qos(wanted.slots, BasicQosOptions::default())
            .await?;
        let options = BasicConsumeOptions::default();
        let tag = ShortString::default();
        let stream = channel
            .basic_consume(queue, tag, options, FieldTable::default())
            .await?;
        Ok(Open {
            origin: Origin {
                life: session.life.clone(),
                channel,
                queue: wanted.queue.clone(),
                tasks: Some(self.tasks.clone()),
                gate: Arc::default(),
            },
            stream,
        })
    }

    /// Begins to take, for the first time: an error of the broker's own is final.
    pub(super) async fn consume(
        self: Arc<Self>,
        wanted: Wanted,
    ) -> Result<RabbitConsumer, BrokerError> {
        while let Some(session) = self.session().await {
            match self.open(&session, &wanted).await {
                Ok(open) => {
                    return Ok(RabbitConsumer {
                        shared: self.clone(),
                        wanted,
                        state: State::Open(Box::new(open)),
                        stopped: false,
                        late: VecDeque::new(),
                    });
                }
                Err(error) if session.stands() => return Err(error),
                Err(_) => session.end(),
            }
        }
        Err("the transport is closed".into())
    }

    /// Begins to take again, on the next session or on a fresh channel, however long it takes.
    async fn reopen(self: Arc<Self>, wanted: Wanted) -> Option<Open> {
        let mut failures = 0;
        loop {
            let session = self.session().await?;
            match self.open(&session, &wanted).await {
                Ok(open) => return Some(open),
                Err(error) if session.stands() => {
                    let queue = &*wanted.queue;
                    tracing::error!(queue, %error, "cannot take from the queue; trying again");
                }
                Err(_) => session.end(),
            }
            tokio::select! {
                () = self.closed.cancelled() => return None,
                () = tokio::time::sleep(self.config.backoff(failures)) => {}
            }
            failures = failures.saturating_add(1);
        }
    }

    /// Takes single messages on a channel of their own, which closes with the last of them.
    pub(super) async fn browse(
        &self,
        queue: &str,
        limit: usize,
    ) -> Result<Vec<Delivery>, BrokerError> {
        let session = self.session_soon().await?;
        let origin = Origin {
            life: session.life.clone(),
            channel: session.channel().await?,
            queue: queue.into(),
            tasks: None,
            gate: Arc::default(),
        };
        let mut found = Vec::new();
        while found.len() < limit {
            let got = origin
                .channel
                .basic_get(name(queue)?, BasicGetOptions::default())
                .await?;
            match got {
                Some(got) => found.push(origin.delivery(got.delivery)),
                None => break,
            }
        }
        Ok(found)
    }

    pub(super) async fn depth(&self, queue: &str) -> Result<Depth, BrokerError> {
        let session = self.session_soon().await?;
        let channel = session.channel().await?;
        let passive = QueueDeclareOptions {
            passive: true,
            ..QueueDeclareOptions::default()
        };
        let found = channel
            .queue_declare(name(queue)?, passive, FieldTable::default())
            .await?;
        Ok(Depth {
            ready: found.message_count(),
            consumers: found.consumer_count(),
        })
    }
}

impl RabbitConsumer {
    fn after_loss(&self) -> State {
        if self.stopped {
            return State::Ended;
        }
        let (shared, wanted) = (self.shared.clone(), self.wanted.clone());
        State::Opening(shared.reopen(wanted).boxed())
    }
}

#[async_trait]
impl Consumer for RabbitConsumer {
    async fn next(&mut self) -> Option<Delivery> {
        if let Some(delivery) = self.late.pop_front() {
            return Some(delivery);
        }
        loop {
            let lost = match &mut self.state {
                State::Ended => return None,
                State::Opening(opening) => {
                    self.state = match opening.await {
                        Some(open) => State::Open(Box::new(open)),
                        None => State::Ended,
                    };
                    continue;
                }
                State::Open(open) => tokio::select! {
                    biased;
                    () = open.origin.life.ended() => None,
                    next = open.stream.next() => match next {
                        Some(Ok(delivery)) => return Some(open.origin.delivery(delivery)),
                        Some(Err(error)) => Some(error),
                        None => None,
                    },
                },
            };
            if let Some(error) = lost {
                tracing::warn!(queue = &*self.wanted.queue, %error, "taking was interrupted");
            }
            self.state = self.after_loss();
        }
    }

    async fn stop(&mut self) {
        self.stopped = true;
        match &mut self.state {
            State::Ended => {}
            State::Opening(_) => self.state = State::Ended,
            State::Open(open) => {
                let life = open.origin.life.clone();
                tokio::select! {
                    () = life.ended() => {}
                    late = open.cancel() => self.late = late,
                }
            }
        }
    }
}
