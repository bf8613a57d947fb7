//! Rows 2, 3 and 28: cuts, black holes, and those who come back from one.

use super::{LOOK, connect, connect_through, id, link, message, next, ready, vhost};
use broker::{Link, PublishError, Rabbit, RabbitConfig, Settled, Transport};
use std::time::Duration;
use testkit::FaultProxy;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

#[tokio::test(flavor = "multi_thread")]
async fn row_02_network_cut_mid_publish_makes_a_duplicate_and_never_a_loss() {
    let Some(access) = vhost("row_02").await else {
        return;
    };
    let proxy = FaultProxy::start(access.amqp_address()).await;
    let publisher = connect_through(&proxy, &access, 60).await;
    let observer = connect(&access, "operator").await;
    publisher
        .publish("detect", &message("before"))
        .await
        .unwrap();
    ready(&observer, "detect", 1).await;

    proxy.to_client().freeze();
    let mut publishing = JoinSet::new();
    let sender = publisher.clone();
    publishing.spawn(async move { sender.publish("detect", &message("cut")).await });
    // The broker has it, and its confirmation is held up.
    ready(&observer, "detect", 2).await;
    assert!(
        publishing.try_join_next().is_none(),
        "nothing is proven yet"
    );
    proxy.cut();
    proxy.to_client().thaw();
    publishing.join_next().await.unwrap().unwrap().unwrap();

    ready(&observer, "detect", 3).await;
    let found = observer.browse("detect", 10).await.unwrap();
    let ids: Vec<_> = found.iter().map(id).collect();
    assert_eq!(ids, ["before", "cut", "cut"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_02_network_cut_at_any_byte_loses_nothing() {
    let Some(access) = vhost("row_02_bytes").await else {
        return;
    };
    let proxy = FaultProxy::start(access.amqp_address()).await;
    let publisher = connect_through(&proxy, &access, 60).await;
    for round in 0..12_u32 {
        let (towards, back) = (proxy.to_server(), proxy.to_client());
        let direction = if round % 2 == 0 { towards } else { back };
        direction.cut_after(1 + round * 17);
        let name = format!("message-{round}");
        publisher.publish("detect", &message(&name)).await.unwrap();
    }
    let observer = connect(&access, "operator").await;
    let found = observer.browse("detect", 1000).await.unwrap();
    let ids: std::collections::BTreeSet<_> = found.iter().map(id).collect();
    assert_eq!(ids.len(), 12, "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_03_black_hole_is_noticed_by_both_sides_and_the_message_comes_again() {
    let Some(access) = vhost("row_03").await else {
        return;
    };
    let proxy = FaultProxy::start(access.amqp_address()).await;
    let lost = connect_through(&proxy, &access, 2).await;
    let other = connect(&access, "operator").await;
    other.publish("detect", &message("1")).await.unwrap();
    let mut consumer = lost.consume("detect", 1).await.unwrap();
    let stale = next(&mut *consumer).await;

    proxy.freeze();
    link(&lost, |link| *link == Link::Down).await;
    let mut another = other.consume("detect", 1).await.unwrap();
    let again = next(&mut *another).await;
    assert_eq!(again.delivery_count, 1);
    assert_eq!(again.accept().await, Settled::Done);

    proxy.cut();
    proxy.thaw();
    link(&lost, |link| *link == Link::Up).await;
    assert_eq!(stale.accept().await, Settled::Lost);
    drop(another);
    lost.publish("detect", &message("2")).await.unwrap();
    assert_eq!(id(&next(&mut *consumer).await), "2", "taking goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_28_one_who_comes_back_settles_nothing() {
    let Some(access) = vhost("row_28").await else {
        return;
    };
    let proxy = FaultProxy::start(access.amqp_address()).await;
    let zombie = connect_through(&proxy, &access, 60).await;
    zombie.publish("detect", &message("1")).await.unwrap();
    let mut consumer = zombie.consume("detect", 1).await.unwrap();
    let (first, mut down) = (next(&mut *consumer).await, zombie.link());
    down.mark_unchanged();
    proxy.cut();
    timeout(super::PATIENCE, down.changed())
        .await
        .unwrap()
        .unwrap();
    // The same consumer goes on by itself, and what it held comes again.
    let second = next(&mut *consumer).await;
    assert_eq!((id(&second).as_str(), second.delivery_count), ("1", 1));
    assert_eq!(first.accept().await, Settled::Lost);
    assert_eq!(second.accept().await, Settled::Done);
    zombie.close().await;
    let observer = connect(&access, "operator").await;
    ready(&observer, "detect", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_certain_in_time_is_said_to_be_unknown() {
    let Some(access) = vhost("unknown").await else {
        return;
    };
    let proxy = FaultProxy::start(access.amqp_address()).await;
    let url = access.amqp_url_through("operator", proxy.address());
    let config = RabbitConfig {
        publish_timeout_s: 1,
        ..super::config(&url)
    };
    let publisher = Rabbit::connect(config).await.unwrap();
    proxy.to_client().freeze();
    let told = publisher.publish("detect", &message("1")).await;
    assert!(
        matches!(told, Err(PublishError::Unknown { .. })),
        "{told:?}"
    );
    proxy.to_client().thaw();
    publisher.publish("detect", &message("2")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_link_is_no_lost_link() {
    let Some(access) = vhost("slow").await else {
        return;
    };
    let proxy = FaultProxy::start(access.amqp_address()).await;
    proxy.to_server().delay(Duration::from_millis(20));
    proxy.to_client().rate(20_000);
    let slow = connect_through(&proxy, &access, 60).await;
    let mut changes = slow.link();
    changes.mark_unchanged();
    let mut consumer = slow.consume("detect", 1).await.unwrap();
    for number in 0..5 {
        let name = number.to_string();
        slow.publish("detect", &message(&name)).await.unwrap();
        let delivery = next(&mut *consumer).await;
        assert_eq!(id(&delivery), name);
        assert_eq!(delivery.accept().await, Settled::Done);
    }
    sleep(LOOK).await;
    assert!(!changes.has_changed().unwrap());
}
