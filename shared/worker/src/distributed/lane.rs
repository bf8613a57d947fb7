//! Taking messages of one stage, at most as many as there are slots.

use super::{
    breaker::{Breaker, BreakerLimits},
    handler::{Handler, Verdict},
};
use crate::any_stage::AnyStage;
use broker::{Consumer, Delivery, Transport};
use contracts::queue;
use std::{sync::Arc, time::Duration};
use telemetry::events::{BreakerClosed, BreakerOpened};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Delay before taking is begun again where it could not be.
const REOPEN_DELAY: Duration = Duration::from_secs(2);

/// One stage of a worker.
pub(crate) struct Lane {
    pub(crate) stage: Arc<dyn AnyStage>,
    pub(crate) handler: Arc<Handler>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) slots: u16,
    pub(crate) breaker: BreakerLimits,
}

/// What happens next in a lane.
enum Event {
    Stop,
    Delivered(Option<Box<Delivery>>),
    Ended(Verdict),
    Reconsider,
}

impl Lane {
    /// Takes and works until `stop` fires, then until everything in hand is settled.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let Some(mut consumer) = self.begin(&stop).await else {
            return;
        };
        let mut breaker = Breaker::new(self.breaker);
        let mut running = JoinSet::new();
        loop {
            match self
                .next(&mut *consumer, &mut running, &mut breaker, &stop)
                .await
            {
                Event::Stop | Event::Delivered(None) => break,
                Event::Delivered(Some(delivery)) => self.spawn(*delivery, &mut running),
                Event::Ended(verdict) => self.note(verdict, &mut breaker),
                Event::Reconsider => {}
            }
        }
        consumer.stop().await;
        while let Some(delivery) = consumer.next().await {
            self.handler.hand_back(&self.stage, delivery).await;
        }
        while running.join_next().await.is_some() {}
    }

    fn name(&self) -> &'static str {
        self.stage.name().as_str()
    }

    fn spawn(&self, delivery: Delivery, running: &mut JoinSet<Verdict>) {
        let (handler, stage) = (self.handler.clone(), self.stage.clone());
        running.spawn(async move { handler.handle(&stage, delivery).await });
    }

    /// Begins to take; `None` if it has to stop before it can.
    async fn begin(&self, stop: &CancellationToken) -> Option<Box<dyn Consumer>> {
        loop {
            let queue = queue::work(self.stage.name());
            match self.transport.consume(queue, self.slots).await {
                Ok(consumer) => {
                    self.handler.health.pause(self.name(), None);
                    return Some(consumer);
                }
                Err(error) => {
                    tracing::error!(queue, %error, "cannot take messages, trying again");
                    let why = format!("cannot take messages: {error}");
                    self.handler.health.pause(self.name(), Some(why));
                }
            }
            tokio::select! {
                () = stop.cancelled() => return None,
                () = tokio::time::sleep(REOPEN_DELAY) => {}
            }
        }
    }

    async fn next(
        &self,
        consumer: &mut dyn Consumer,
        running: &mut JoinSet<Verdict>,
        breaker: &mut Breaker,
        stop: &CancellationToken,
    ) -> Event {
        let allowed = breaker.allowed(self.handler.clock.monotonic(), usize::from(self.slots));
        let (takes, pause) = match allowed {
            Ok(allowed) => (running.len() < allowed, None),
            Err(pause) => (false, Some(pause)),
        };
        let reconsider = async {
            match pause {
                Some(pause) => tokio::time::sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Event::Stop,
            // A panic outside of a stage is ours; the delivery went back when it unwound.
            Some(ended) = running.join_next() => Event::Ended(ended.unwrap_or(Verdict::Troubled)),
            delivery = consumer.next(), if takes => Event::Delivered(delivery.map(Box::new)),
            () = reconsider => Event::Reconsider,
        }
    }

    fn note(&self, verdict: Verdict, breaker: &mut Breaker) {
        let failed = match verdict {
            Verdict::Idle => return,
            Verdict::Worked => false,
            Verdict::Troubled => true,
        };
        let was_open = !breaker.is_closed();
        if let Some(pause) = breaker.note(failed, self.handler.clock.monotonic()) {
            BreakerOpened {
                breaker: self.name(),
                pause,
            }
            .emit();
        } else if was_open && breaker.is_closed() {
            BreakerClosed {
                breaker: self.name(),
            }
            .emit();
        }
        let why = (!breaker.is_closed()).then(|| "most attempts fail".to_owned());
        self.handler.health.pause(self.name(), why);
    }
}
