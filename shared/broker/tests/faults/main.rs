//! What goes wrong between a program and its broker, on a real one.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod alarm;
mod dead_letters;
mod loss;
mod network;
mod refusals;
mod restart;
mod setup;
mod stopping;

use broker::{Consumer, Delivery, Link, Outgoing, Rabbit, RabbitConfig, Transport};
use std::{sync::Arc, time::Duration};
use testkit::{FaultProxy, PrivateRabbit, RabbitAccess};
use tokio::time::{Instant, sleep, timeout};

/// Longest wait for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// A virtual host of the test's own on the shared broker.
async fn vhost(name: &str) -> Option<RabbitAccess> {
    Some(PrivateRabbit::shared().await?.another(name).await)
}

/// Settings for tests: quick to come back.
fn config(url: &str) -> RabbitConfig {
    RabbitConfig {
        backoff_min_ms: 50,
        backoff_max_ms: 500,
        ..RabbitConfig::at(url)
    }
}

async fn connect(access: &RabbitAccess, user: &str) -> Arc<Rabbit> {
    let connecting = Rabbit::connect(config(&access.amqp_url(user)));
    Arc::new(connecting.await.unwrap())
}

async fn connect_through(
    proxy: &FaultProxy,
    access: &RabbitAccess,
    heartbeat_s: u16,
) -> Arc<Rabbit> {
    let url = access.amqp_url_through("operator", proxy.address());
    let config = RabbitConfig {
        heartbeat_s,
        ..config(&url)
    };
    Arc::new(Rabbit::connect(config).await.unwrap())
}

fn message(id: &str) -> Outgoing {
    Outgoing {
        body: format!("body of {id}").into(),
        message_id: Some(id.into()),
        ..Outgoing::default()
    }
}

fn id(delivery: &Delivery) -> String {
    delivery.message.message_id.clone().unwrap()
}

async fn next(consumer: &mut dyn Consumer) -> Delivery {
    let waiting = timeout(PATIENCE, consumer.next());
    waiting.await.expect("nothing came").expect("taking ended")
}

/// Waits until the link is as wanted.
async fn link(transport: &Rabbit, wanted: impl FnMut(&Link) -> bool) {
    let mut link = transport.link();
    let waiting = timeout(PATIENCE, link.wait_for(wanted));
    waiting.await.expect("the link does not become so").unwrap();
}

/// Waits until so many messages wait.
async fn ready(transport: &Rabbit, queue: &str, expected: u32) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = transport.depth(queue).await.unwrap();
        if found.ready == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{queue}: {found:?}");
        sleep(LOOK).await;
    }
}
