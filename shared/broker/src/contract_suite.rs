//! What every implementation of the port must do. Call [`run`] from a test of each.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a suite of assertions"
)]

mod giving;
mod taking;

use crate::{Consumer, Delivery, Outgoing, Settled, Transport};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// Longest wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often what must become true is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A broker under test, empty and with the queues of the flow table.
#[async_trait]
pub trait Subject: Send + Sync {
    /// One more connection to it.
    async fn connect(&self) -> Arc<dyn Transport>;
    /// How long the shortest retry tier keeps a message.
    fn shortest_delay(&self) -> Duration;
    /// How long nothing must come before it is believed that nothing comes.
    fn quiet(&self) -> Duration {
        Duration::from_millis(300)
    }
    /// Whether messages of high priority overtake.
    fn has_priorities(&self) -> bool {
        true
    }
}

/// Checks the whole contract.
///
/// # Panics
/// With the rule that does not hold.
pub async fn run(subject: &dyn Subject) {
    taking::what_is_published_comes_as_it_was(subject).await;
    taking::no_more_is_handed_over_than_there_are_slots(subject).await;
    taking::two_who_take_share(subject).await;
    taking::what_was_delivered_is_handed_over_after_stopping(subject).await;
    taking::waiting_for_the_next_can_be_broken_off(subject).await;
    taking::browsing_leaves_what_is_not_settled(subject).await;
    taking::queues_that_are_not_there_are_errors(subject).await;
    giving::what_is_unsettled_comes_back_when_its_connection_ends(subject).await;
    giving::what_is_given_back_comes_at_once(subject).await;
    giving::what_is_dropped_comes_back(subject).await;
    giving::a_retry_tier_gives_back_when_its_time_is_over(subject).await;
    giving::what_no_queue_takes_is_told_and_kept(subject).await;
    giving::what_is_too_large_is_not_sent(subject).await;
    if subject.has_priorities() {
        giving::high_priority_overtakes(subject).await;
    }
    giving::a_closed_transport_does_nothing_more(subject).await;
}

fn message(id: &str) -> Outgoing {
    Outgoing {
        body: format!("body of {id}").into(),
        content_type: "application/msgpack".into(),
        message_id: Some(id.into()),
        ..Outgoing::default()
    }
}

fn id(delivery: &Delivery) -> String {
    delivery.message.message_id.clone().unwrap_or_default()
}

async fn publish(transport: &dyn Transport, queue: &str, ids: &[&str]) {
    for id in ids {
        transport.publish(queue, &message(id)).await.unwrap();
    }
}

/// The next delivery, which must come.
async fn next(consumer: &mut dyn Consumer) -> Delivery {
    let waiting = timeout(PATIENCE, consumer.next());
    waiting.await.expect("nothing came").expect("taking ended")
}

async fn accept(delivery: Delivery) {
    assert_eq!(delivery.accept().await, Settled::Done, "settled in time");
}

/// Nothing more comes.
async fn quiet(subject: &dyn Subject, consumer: &mut dyn Consumer) {
    let surprise = timeout(subject.quiet(), consumer.next()).await;
    assert!(surprise.is_err(), "came unasked: {surprise:?}");
}

/// Waits until this many messages wait.
async fn ready(transport: &dyn Transport, queue: &str, expected: u32) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = transport.depth(queue).await.unwrap();
        if found.ready == expected {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{queue} should hold {expected} messages, but: {found:?}"
        );
        sleep(LOOK).await;
    }
}
