//! Row 32: workers stop taking while there is work, and nothing of it counts as tried.

use super::{connect, id, message, next, vhost};
use broker::Transport;
use std::collections::BTreeMap;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Without care, one in three loses something.
const ROUNDS: usize = 20;
const SLOTS: u16 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn row_32_what_is_on_its_way_when_taking_stops_is_handed_over() {
    let Some(access) = vhost("row_32").await else {
        return;
    };
    let publisher = connect(&access, "operator").await;
    let (sender, enough) = (publisher.clone(), CancellationToken::new());
    let (mut publishing, stop) = (JoinSet::new(), enough.clone());
    publishing.spawn(async move {
        for number in 0.. {
            if stop.is_cancelled() {
                break;
            }
            let name = format!("{number}");
            sender.publish("detect", &message(&name)).await.unwrap();
        }
    });
    let taker = connect(&access, "operator").await;
    let mut taken = BTreeMap::new();
    for _ in 0..ROUNDS {
        let mut consumer = taker.consume("detect", SLOTS).await.unwrap();
        // Whatever is settled makes room for another, which is on its way now.
        for _ in 0..5 {
            let delivery = next(&mut *consumer).await;
            taken.insert(id(&delivery), delivery.delivery_count);
            delivery.accept().await;
        }
        consumer.stop().await;
        while let Some(delivery) = consumer.next().await {
            taken.insert(id(&delivery), delivery.delivery_count);
            delivery.accept().await;
        }
    }
    enough.cancel();
    publishing.join_next().await.unwrap().unwrap();
    let again: Vec<_> = taken.iter().filter(|(_, count)| **count > 0).collect();
    assert!(again.is_empty(), "came again, as if tried: {again:?}");
    assert!(taken.len() >= ROUNDS * 5);
}
