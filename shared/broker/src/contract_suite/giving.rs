//! Rules of publishing, of giving back and of ending.

use super::{Subject, accept, id, message, next, publish, quiet, ready};
use crate::{Link, Outgoing, PublishError, Settled};
use contracts::codec::MAX_MESSAGE_BYTES;
use tokio::time::{Instant, timeout};

pub(super) async fn what_is_unsettled_comes_back_when_its_connection_ends(subject: &dyn Subject) {
    let (lost, other) = (subject.connect().await, subject.connect().await);
    publish(&*other, "sound", &["1"]).await;
    let mut consumer = lost.consume("sound", 1).await.unwrap();
    let stale = next(&mut *consumer).await;
    let mut another = other.consume("sound", 1).await.unwrap();
    quiet(subject, &mut *another).await;
    lost.close().await;
    let again = next(&mut *another).await;
    assert_eq!(id(&again), "1");
    assert_eq!((again.delivery_count, again.redelivered), (1, true));
    assert_eq!(stale.accept().await, Settled::Lost, "it is no longer ours");
    accept(again).await;
    ready(&*other, "sound", 0).await;
    other.close().await;
}

pub(super) async fn what_is_given_back_comes_at_once(subject: &dyn Subject) {
    let transport = subject.connect().await;
    publish(&*transport, "transcribe", &["1"]).await;
    let mut consumer = transport.consume("transcribe", 1).await.unwrap();
    for count in 0..3 {
        let delivery = next(&mut *consumer).await;
        assert_eq!(delivery.delivery_count, count);
        assert_eq!(delivery.give_back().await, Settled::Done);
    }
    accept(next(&mut *consumer).await).await;
    quiet(subject, &mut *consumer).await;
    transport.close().await;
}

pub(super) async fn what_is_dropped_comes_back(subject: &dyn Subject) {
    let transport = subject.connect().await;
    publish(&*transport, "ocr", &["1"]).await;
    let mut consumer = transport.consume("ocr", 1).await.unwrap();
    drop(next(&mut *consumer).await);
    let again = next(&mut *consumer).await;
    assert_eq!((id(&again).as_str(), again.delivery_count), ("1", 1));
    accept(again).await;
    transport.close().await;
}

pub(super) async fn a_retry_tier_gives_back_when_its_time_is_over(subject: &dyn Subject) {
    let transport = subject.connect().await;
    let mut consumer = transport.consume("moderate", 1).await.unwrap();
    let before = Instant::now();
    publish(&*transport, "moderate.retry.5s", &["1"]).await;
    let waiting = timeout(subject.shortest_delay() + super::PATIENCE, consumer.next());
    let back = waiting.await.unwrap().unwrap();
    assert!(
        before.elapsed() >= subject.shortest_delay(),
        "it came back too early: {:?}",
        before.elapsed()
    );
    assert_eq!((id(&back).as_str(), back.delivery_count), ("1", 0));
    assert_eq!(back.message.body, message("1").body);
    assert_eq!(back.queue, "moderate");
    accept(back).await;
    quiet(subject, &mut *consumer).await;
    ready(&*transport, "moderate.retry.5s", 0).await;
    transport.close().await;
}

pub(super) async fn what_no_queue_takes_is_told_and_kept(subject: &dyn Subject) {
    let transport = subject.connect().await;
    let told = transport.publish("nowhere", &message("stray")).await;
    assert!(
        matches!(&told, Err(PublishError::Unroutable { queue, .. }) if queue == "nowhere"),
        "{told:?}"
    );
    let mut consumer = transport.consume("unroutable", 1).await.unwrap();
    let stray = next(&mut *consumer).await;
    assert_eq!(id(&stray), "stray");
    accept(stray).await;
    transport.close().await;
}

pub(super) async fn what_is_too_large_is_not_sent(subject: &dyn Subject) {
    let transport = subject.connect().await;
    let mut large = Outgoing {
        body: vec![7; MAX_MESSAGE_BYTES + 1].into(),
        ..message("large")
    };
    let told = transport.publish("label", &large).await;
    assert!(
        matches!(told, Err(PublishError::TooLarge { .. })),
        "{told:?}"
    );
    large.body = large.body.slice(1..);
    let mut named = message("named");
    named.kind = "k".repeat(256);
    let told = transport.publish("label", &named).await;
    assert!(
        matches!(told, Err(PublishError::TooLarge { .. })),
        "{told:?}"
    );
    transport.publish("label", &large).await.unwrap();
    let mut consumer = transport.consume("label", 1).await.unwrap();
    let delivery = next(&mut *consumer).await;
    assert_eq!(delivery.message.body.len(), MAX_MESSAGE_BYTES);
    accept(delivery).await;
    quiet(subject, &mut *consumer).await;
    transport.close().await;
}

pub(super) async fn high_priority_overtakes(subject: &dyn Subject) {
    let transport = subject.connect().await;
    publish(&*transport, "timeline", &["1", "2", "3", "4", "5", "6"]).await;
    let mut urgent = message("urgent");
    urgent.priority = Some(contracts::job::HIGH_PRIORITY + 1);
    transport.publish("timeline", &urgent).await.unwrap();
    ready(&*transport, "timeline", 7).await;
    let mut consumer = transport.consume("timeline", 1).await.unwrap();
    let mut order = Vec::new();
    while order.len() < 7 {
        let delivery = next(&mut *consumer).await;
        order.push(id(&delivery));
        accept(delivery).await;
    }
    // RabbitMQ gives two of high priority for one of normal priority, Memory all of them first.
    let place = order.iter().position(|id| id == "urgent").unwrap();
    assert!(place <= 2, "nothing was overtaken: {order:?}");
    order.remove(place);
    assert_eq!(
        order,
        ["1", "2", "3", "4", "5", "6"],
        "the others keep their order"
    );
    transport.close().await;
}

pub(super) async fn a_closed_transport_does_nothing_more(subject: &dyn Subject) {
    let transport = subject.connect().await;
    assert_eq!(*transport.link().borrow(), Link::Up);
    let mut consumer = transport.consume("timeline", 1).await.unwrap();
    let (ended, ()) = tokio::join!(timeout(super::PATIENCE, consumer.next()), transport.close());
    assert!(ended.unwrap().is_none(), "taking ends with the transport");
    assert_eq!(*transport.link().borrow(), Link::Down);
    let told = transport.publish("timeline", &message("late")).await;
    assert!(
        matches!(told, Err(PublishError::Unknown { .. })),
        "{told:?}"
    );
    assert!(transport.consume("timeline", 1).await.is_err());
}
