//! How many messages of 1 KiB a second go out with proof, and through: published, taken, settled.
//! `cargo bench -p broker`, with the servers of `make setup`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints"
)]

use broker::{Outgoing, Rabbit, RabbitConfig, Transport};
use std::{sync::Arc, time::Duration};
use testkit::PrivateRabbit;
use tokio::{task::JoinSet, time::Instant};

const MESSAGES: usize = 10_000;
const BODY_BYTES: usize = 1024;
/// Tasks that publish at the same time, each one message after the other.
const PUBLISHERS: [usize; 4] = [1, 16, 64, 256];
const SLOTS: u16 = 64;
const ROUNDS: usize = 3;

fn per_second(count: usize, elapsed: Duration) -> u64 {
    u64::try_from(count as u128 * 1_000_000 / elapsed.as_micros().max(1)).unwrap_or(u64::MAX)
}

async fn publish(transport: &Arc<Rabbit>, publishers: usize, count: usize) {
    let mut tasks = JoinSet::new();
    for _ in 0..publishers {
        let transport = transport.clone();
        tasks.spawn(async move {
            let message = Outgoing {
                body: vec![7; BODY_BYTES].into(),
                content_type: "application/msgpack".into(),
                message_id: Some("a-message-like-any-other".into()),
                ..Outgoing::default()
            };
            for _ in 0..count / publishers {
                transport.publish("detect", &message).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

async fn take(transport: Arc<Rabbit>, count: usize) {
    let mut consumer = transport.consume("detect", SLOTS).await.unwrap();
    for _ in 0..count {
        consumer.next().await.unwrap().accept().await;
    }
}

fn median(mut rates: Vec<u64>) -> u64 {
    rates.sort_unstable();
    rates[rates.len() / 2]
}

#[tokio::main]
async fn main() {
    let Some(rabbit) = PrivateRabbit::start().await else {
        return;
    };
    let config = RabbitConfig::at(&rabbit.amqp_url("operator"));
    let transport = Arc::new(Rabbit::connect(config).await.unwrap());
    publish(&transport, 64, 2_000).await;
    take(transport.clone(), 1_984).await;
    println!("| publishing tasks | published with proof, /s | through to settled, /s |");
    println!("|---:|---:|---:|");
    for publishers in PUBLISHERS {
        let count = MESSAGES.min(publishers * 1000) / publishers * publishers;
        let (mut out, mut through) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let before = Instant::now();
            publish(&transport, publishers, count).await;
            out.push(per_second(count, before.elapsed()));
            take(transport.clone(), count).await;
            let before = Instant::now();
            tokio::join!(
                publish(&transport, publishers, count),
                take(transport.clone(), count)
            );
            through.push(per_second(count, before.elapsed()));
        }
        println!("| {publishers} | {} | {} |", median(out), median(through));
    }
}
