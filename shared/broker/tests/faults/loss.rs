//! Connections that end, from either side.

use super::{LOOK, PATIENCE, connect, id, link, message, next, vhost};
use broker::{ConnectError, Link, Rabbit, RabbitConfig, Settled, Transport};
use serde_json::Value;
use testkit::RabbitAccess;
use tokio::time::{Instant, sleep};

async fn connections(access: &RabbitAccess) -> usize {
    let path = format!("vhosts/{}/connections", access.vhost());
    let (_, found) = access.api("GET", &path, None).await;
    found.as_array().map_or(0, Vec::len)
}

/// The management interface learns of connections with a delay.
async fn until_connections(access: &RabbitAccess, expected: usize) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = connections(access).await;
        if found == expected {
            return;
        }
        assert!(Instant::now() < deadline, "{found} connections");
        sleep(LOOK).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_01_connections_closed_by_the_broker_are_made_again() {
    let Some(access) = vhost("row_01_closed").await else {
        return;
    };
    let transport = connect(&access, "operator").await;
    let mut consumer = transport.consume("detect", 1).await.unwrap();
    until_connections(&access, 2).await;
    let mut changes = transport.link();
    changes.mark_unchanged();
    assert_eq!(access.close_all_connections().await, 2);
    changes.changed().await.unwrap();
    link(&transport, |link| *link == Link::Up).await;
    transport
        .publish("detect", &message("after"))
        .await
        .unwrap();
    let delivery = next(&mut *consumer).await;
    assert_eq!(id(&delivery), "after");
    assert_eq!(delivery.accept().await, Settled::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_and_dropping_end_both_connections() {
    let Some(access) = vhost("ends").await else {
        return;
    };
    let (closed, dropped) = (
        connect(&access, "operator").await,
        connect(&access, "operator").await,
    );
    let mut consumer = dropped.consume("detect", 1).await.unwrap();
    until_connections(&access, 4).await;
    closed.close().await;
    drop(dropped);
    until_connections(&access, 0).await;
    assert!(consumer.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_outlives_its_queue() {
    let Some(access) = vhost("requeued").await else {
        return;
    };
    let transport = connect(&access, "operator").await;
    let mut consumer = transport.consume("detect", 1).await.unwrap();
    access.delete_queue("detect").await;
    // Back with everything else, as an operator would do it.
    let access = access.another("requeued").await;
    transport.publish("detect", &message("1")).await.unwrap();
    let delivery = next(&mut *consumer).await;
    assert_eq!((access.vhost(), id(&delivery).as_str()), ("requeued", "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_connect_is_told_where_and_why_without_the_password() {
    let Some(access) = vhost("unreachable").await else {
        return;
    };
    let wrong = access
        .amqp_url("submit")
        .replace("test-password", "hunter2");
    let nobody = "amqp://submit:hunter2@127.0.0.1:1/rumiai".to_owned();
    for (url, why) in [(wrong, "ACCESS_REFUSED"), (nobody, "refused")] {
        let config = RabbitConfig {
            first_connect_patience_s: 1,
            ..super::config(&url)
        };
        let Err(error) = Rabbit::connect(config).await else {
            panic!("connected");
        };
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("submit@127.0.0.1"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
        let ConnectError::Unreachable { source, .. } = error else {
            panic!("{shown}");
        };
        assert!(source.to_string().contains(why), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_named_at_the_broker() {
    let Some(access) = vhost("named").await else {
        return;
    };
    let config = RabbitConfig {
        connection_name: "detect on pod-7".into(),
        ..super::config(&access.amqp_url("worker-detect"))
    };
    let _transport = Rabbit::connect(config).await.unwrap();
    until_connections(&access, 2).await;
    let path = format!("vhosts/{}/connections", access.vhost());
    let (_, found) = access.api("GET", &path, None).await;
    let name = |one: &Value| one["client_properties"]["connection_name"].to_string();
    let mut names: Vec<_> = found.as_array().unwrap().iter().map(name).collect();
    names.sort();
    assert_eq!(
        names,
        ["\"detect on pod-7 consume\"", "\"detect on pod-7 publish\""]
    );
}
