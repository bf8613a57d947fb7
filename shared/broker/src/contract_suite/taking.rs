//! Rules of taking.

use super::{Subject, accept, id, message, next, publish, quiet, ready};
use crate::Outgoing;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::timeout;

pub(super) async fn what_is_published_comes_as_it_was(subject: &dyn Subject) {
    let transport = subject.connect().await;
    let headers = [("traceparent", "00-ab-cd-01"), ("x-attempt", "3")];
    let full = Outgoing {
        body: vec![0, 159, 146, 150].into(),
        content_type: "application/msgpack".into(),
        kind: "decode.request".into(),
        message_id: Some("full".into()),
        correlation_id: Some("job-1".into()),
        priority: Some(3),
        headers: headers
            .map(|(name, value)| (name.into(), value.into()))
            .into(),
        keep_whole: false,
    };
    let bare = Outgoing::default();
    transport.publish("ingest", &full).await.unwrap();
    transport.publish("ingest", &bare).await.unwrap();
    let mut consumer = transport.consume("ingest", 2).await.unwrap();
    for expected in [full, bare] {
        let delivery = next(&mut *consumer).await;
        assert_eq!(delivery.message, expected);
        assert_eq!(delivery.queue, "ingest");
        assert_eq!((delivery.delivery_count, delivery.redelivered), (0, false));
        accept(delivery).await;
    }
    transport.close().await;
    let transport = subject.connect().await;
    ready(&*transport, "ingest", 0).await;
    transport.close().await;
}

pub(super) async fn no_more_is_handed_over_than_there_are_slots(subject: &dyn Subject) {
    let transport = subject.connect().await;
    publish(&*transport, "decode", &["1", "2", "3"]).await;
    let mut consumer = transport.consume("decode", 2).await.unwrap();
    let first = next(&mut *consumer).await;
    let second = next(&mut *consumer).await;
    quiet(subject, &mut *consumer).await;
    ready(&*transport, "decode", 1).await;
    accept(second).await;
    let third = next(&mut *consumer).await;
    assert_eq!(id(&third), "3");
    accept(first).await;
    accept(third).await;
    transport.close().await;
}

pub(super) async fn two_who_take_share(subject: &dyn Subject) {
    let (one, other) = (subject.connect().await, subject.connect().await);
    publish(&*one, "shots", &["1", "2"]).await;
    let mut left = one.consume("shots", 1).await.unwrap();
    let first = next(&mut *left).await;
    let mut right = other.consume("shots", 1).await.unwrap();
    let second = next(&mut *right).await;
    assert_eq!(other.depth("shots").await.unwrap().consumers, 2);
    let both = BTreeSet::from([id(&first), id(&second)]);
    assert_eq!(both.len(), 2, "each message goes to one of them");
    accept(first).await;
    accept(second).await;
    one.close().await;
    other.close().await;
}

pub(super) async fn what_was_delivered_is_handed_over_after_stopping(subject: &dyn Subject) {
    let transport = subject.connect().await;
    publish(&*transport, "detect", &["1", "2", "3"]).await;
    let mut consumer = transport.consume("detect", 3).await.unwrap();
    let first = next(&mut *consumer).await;
    consumer.stop().await;
    publish(&*transport, "detect", &["4"]).await;
    accept(first).await;
    let mut taken = BTreeSet::from(["1".to_owned()]);
    while let Some(delivery) = timeout(super::PATIENCE, consumer.next()).await.unwrap() {
        taken.insert(id(&delivery));
        accept(delivery).await;
    }
    assert!(!taken.contains("4"), "what came after stopping is not ours");
    let mut rest = transport.consume("detect", 4).await.unwrap();
    while taken.len() < 4 {
        let delivery = next(&mut *rest).await;
        assert!(taken.insert(id(&delivery)), "{} came twice", id(&delivery));
        accept(delivery).await;
    }
    transport.close().await;
}

pub(super) async fn waiting_for_the_next_can_be_broken_off(subject: &dyn Subject) {
    let transport = subject.connect().await;
    let mut consumer = transport.consume("people", 50).await.unwrap();
    let mut missing: BTreeSet<String> = (0..20).map(|number| number.to_string()).collect();
    for number in missing.clone() {
        transport
            .publish("people", &message(&number))
            .await
            .unwrap();
        // Broken off again and again, at whatever point it is.
        for pause_ms in 0..3 {
            let waiting = timeout(Duration::from_millis(pause_ms), consumer.next());
            if let Ok(Some(delivery)) = waiting.await {
                missing.remove(&id(&delivery));
                accept(delivery).await;
            }
        }
    }
    while !missing.is_empty() {
        let delivery = next(&mut *consumer).await;
        missing.remove(&id(&delivery));
        accept(delivery).await;
    }
    transport.close().await;
}

pub(super) async fn browsing_leaves_what_is_not_settled(subject: &dyn Subject) {
    let transport = subject.connect().await;
    publish(&*transport, "decode.dead", &["1", "2", "3"]).await;
    ready(&*transport, "decode.dead", 3).await;
    let two = transport.browse("decode.dead", 2).await.unwrap();
    assert_eq!(two.iter().map(id).collect::<Vec<_>>(), ["1", "2"]);
    drop(two);
    ready(&*transport, "decode.dead", 3).await;
    for delivery in transport.browse("decode.dead", 10).await.unwrap() {
        if id(&delivery) == "2" {
            accept(delivery).await;
        }
    }
    ready(&*transport, "decode.dead", 2).await;
    let rest = transport.browse("decode.dead", 10).await.unwrap();
    let left: BTreeSet<_> = rest.iter().map(id).collect();
    assert_eq!(left, BTreeSet::from(["1".to_owned(), "3".to_owned()]));
    for delivery in rest {
        accept(delivery).await;
    }
    assert!(
        transport
            .browse("decode.dead", 10)
            .await
            .unwrap()
            .is_empty()
    );
    transport.close().await;
}

pub(super) async fn queues_that_are_not_there_are_errors(subject: &dyn Subject) {
    let transport = subject.connect().await;
    assert!(transport.consume("nowhere", 1).await.is_err());
    assert!(transport.browse("nowhere", 1).await.is_err());
    assert!(transport.depth("nowhere").await.is_err());
    publish(&*transport, "emotion", &["after"]).await;
    let mut consumer = transport.consume("emotion", 1).await.unwrap();
    accept(next(&mut *consumer).await).await;
    transport.close().await;
}
