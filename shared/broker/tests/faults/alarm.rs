//! Row 19: a broker without room.

use super::{connect, id, link, message, next, ready};
use broker::{Link, Settled, Transport};
use testkit::PrivateRabbit;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn row_19_under_an_alarm_publishers_wait_and_consumers_go_on() {
    let Some(rabbit) = PrivateRabbit::start().await else {
        return;
    };
    let transport = connect(&rabbit, "operator").await;
    for number in 0..3 {
        let name = number.to_string();
        transport.publish("detect", &message(&name)).await.unwrap();
    }
    let mut consumer = transport.consume("detect", 1).await.unwrap();
    let first = next(&mut *consumer).await;

    rabbit.alarm(true).await;
    let mut publishing = JoinSet::new();
    let sender = transport.clone();
    publishing.spawn(async move { sender.publish("ocr", &message("late")).await });
    link(
        &transport,
        |link| matches!(link, Link::Blocked(reason) if reason.contains("disk")),
    )
    .await;
    assert_eq!(first.accept().await, Settled::Done);
    for expected in ["1", "2"] {
        let delivery = next(&mut *consumer).await;
        assert_eq!(id(&delivery), expected);
        assert_eq!(delivery.accept().await, Settled::Done);
    }
    assert!(publishing.try_join_next().is_none(), "publishing waits");

    rabbit.alarm(false).await;
    publishing.join_next().await.unwrap().unwrap().unwrap();
    link(&transport, |link| *link == Link::Up).await;
    ready(&transport, "ocr", 1).await;
    ready(&transport, "detect", 0).await;
}
