//! Row 1: the broker itself goes and comes back.

use super::{PATIENCE, connect, id, message, next};
use broker::{Link, Rabbit, RabbitConfig, Transport};
use std::{collections::BTreeSet, sync::Arc};
use testkit::PrivateRabbit;
use tokio::{task::JoinSet, time::timeout};

const MESSAGES: usize = 2000;

#[tokio::test(flavor = "multi_thread")]
async fn row_01_confirmed_messages_survive_kill_9_of_the_broker() {
    let Some(mut rabbit) = PrivateRabbit::start().await else {
        return;
    };
    let config = RabbitConfig {
        // Longer than any restart: what is published across it is proven in the end.
        publish_timeout_s: 120,
        ..super::config(&rabbit.amqp_url("operator"))
    };
    let transport = Arc::new(Rabbit::connect(config).await.unwrap());
    let mut publishing = JoinSet::new();
    let publish = async |transport: Arc<Rabbit>, number: usize| {
        let name = format!("{number:04}");
        transport
            .publish("detect", &message(&name))
            .await
            .map(|()| name)
    };
    for number in 0..MESSAGES {
        publishing.spawn(publish(transport.clone(), number));
    }
    let mut confirmed = BTreeSet::new();
    while confirmed.len() < MESSAGES / 3 {
        confirmed.insert(publishing.join_next().await.unwrap().unwrap().unwrap());
    }
    let mut link = transport.link();
    rabbit.kill9().await;
    timeout(PATIENCE, link.wait_for(|link| *link == Link::Down))
        .await
        .unwrap()
        .unwrap();
    rabbit.restart().await;
    while let Some(published) = publishing.join_next().await {
        confirmed.insert(published.unwrap().unwrap());
    }
    assert_eq!(confirmed.len(), MESSAGES);

    let mut missing = confirmed;
    let mut consumer = transport.consume("detect", 500).await.unwrap();
    let mut duplicates = 0;
    while !missing.is_empty() {
        let delivery = next(&mut *consumer).await;
        duplicates += usize::from(!missing.remove(&id(&delivery)));
        delivery.accept().await;
    }
    eprintln!("{MESSAGES} messages came, {duplicates} of them twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_01_a_consumer_goes_on_after_a_restart() {
    let Some(mut rabbit) = PrivateRabbit::start().await else {
        return;
    };
    let transport = connect(&rabbit, "operator").await;
    transport
        .publish("detect", &message("before"))
        .await
        .unwrap();
    let mut consumer = transport.consume("detect", 1).await.unwrap();
    let held = next(&mut *consumer).await;
    rabbit.restart().await;
    let again = next(&mut *consumer).await;
    assert_eq!((id(&again).as_str(), again.redelivered), ("before", true));
    assert_eq!(held.accept().await, broker::Settled::Lost);
    assert_eq!(again.accept().await, broker::Settled::Done);
    transport
        .publish("detect", &message("after"))
        .await
        .unwrap();
    assert_eq!(id(&next(&mut *consumer).await), "after");
}
