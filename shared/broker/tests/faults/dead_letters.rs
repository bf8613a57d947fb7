//! Row 12: what is delivered again and again ends among the dead letters, once.

use super::{connect, id, message, next, ready, vhost};
use broker::{Settled, Transport};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn row_12_after_the_delivery_limit_a_message_is_a_dead_letter() {
    let Some(access) = vhost("row_12").await else {
        return;
    };
    let changes = json!({ "delivery-limit": 3 });
    access.change_policy("detect", "detect", &changes).await;
    let transport = connect(&access, "operator").await;
    let mut poison = message("poison");
    poison.headers.insert("x-attempt".into(), "1".into());
    transport.publish("detect", &poison).await.unwrap();
    transport.publish("detect", &message("good")).await.unwrap();
    let mut consumer = transport.consume("detect", 1).await.unwrap();
    let (mut poisoned, mut good) = (0, 0);
    while poisoned < 4 || good < 1 {
        let delivery = next(&mut *consumer).await;
        if id(&delivery) == "good" {
            assert_eq!(delivery.accept().await, Settled::Done);
            good += 1;
        } else {
            assert_eq!(delivery.delivery_count, poisoned);
            assert_eq!(delivery.give_back().await, Settled::Done);
            poisoned += 1;
        }
    }
    ready(&transport, "detect.dead", 1).await;
    ready(&transport, "detect", 0).await;
    let dead = transport.browse("detect.dead", 10).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].message.body, poison.body);
    let header = |name: &str| dead[0].message.headers.get(name).map(String::as_str);
    assert_eq!(header("x-attempt"), Some("1"));
    assert_eq!(header("x-first-death-reason"), Some("delivery_limit"));
    assert_eq!(header("x-first-death-queue"), Some("detect"));
}

#[tokio::test(flavor = "multi_thread")]
async fn row_12_dead_letters_wait_until_their_queue_can_take_them() {
    let Some(access) = vhost("row_12_held").await else {
        return;
    };
    let changes = json!({ "delivery-limit": 0 });
    access.change_policy("detect", "detect", &changes).await;
    access.unbind("detect.dead").await;
    let transport = connect(&access, "operator").await;
    transport.publish("detect", &message("1")).await.unwrap();
    let mut consumer = transport.consume("detect", 1).await.unwrap();
    assert_eq!(next(&mut *consumer).await.give_back().await, Settled::Done);
    // Nowhere to go: it is held by the queue it came from, and goes once there is a way.
    let access = access.another("row_12_held").await;
    ready(&transport, "detect.dead", 1).await;
    assert_eq!(access.vhost(), "row_12_held");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_dead_letters_never_drops_one() {
    let Some(access) = vhost("looked_at").await else {
        return;
    };
    let transport = connect(&access, "operator").await;
    transport
        .publish("detect.dead", &message("1"))
        .await
        .unwrap();
    for _ in 0..30 {
        ready(&transport, "detect.dead", 1).await;
        assert_eq!(transport.browse("detect.dead", 5).await.unwrap().len(), 1);
    }
    ready(&transport, "detect.dead", 1).await;
}
