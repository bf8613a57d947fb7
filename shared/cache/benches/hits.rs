//! How long an answer takes that is there: in this process, and in Redis on this machine.
//! `cargo bench -p cache`, with the servers of `make setup`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that measures and prints"
)]

use cache::{
    Cache, CacheConfig, Clock, EncryptionKey, Key, Ports, Produced, RedisConfig, Request, State,
    Task, Validated,
};
use serde_json::json;
use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use testkit::PrivateRedis;
use tokio::task::JoinSet;

/// Different answers, fewer than fit.
const ANSWERS: u32 = 900;
/// Bytes of an answer, as a classification and as a dossier.
const SIZES: [usize; 2] = [1_000, 16_000];
const LOCAL_ROUNDS: u32 = 100;
const SHARED_ROUNDS: u32 = 10;
const TASKS: u32 = 8;

struct Machine(Instant);

impl Clock for Machine {
    fn unix_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_millis()).unwrap()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

async fn open(config: CacheConfig) -> Arc<Cache<Infallible>> {
    let ports = Ports {
        clock: Arc::new(Machine(Instant::now())),
        random: Arc::new(fastrand::f64),
    };
    Arc::new(Cache::open(config, ports).await.unwrap())
}

fn request(number: u32) -> Request {
    let task = Task::new("signal.classify").unwrap();
    Request::new(Key::of(&task, &json!({ "n": number })))
}

/// Words, so that there is something to pack.
fn answer(bytes: usize) -> Produced {
    let mut random = fastrand::Rng::with_seed(3);
    let mut text = String::new();
    while text.len() < bytes {
        text += ["lead ", "score ", "marketing ", "pain "][random.usize(..4)];
        text += &random.u32(..1000).to_string();
    }
    text.truncate(bytes);
    let Ok(checked) = Validated::new(text, |_| Ok::<(), Infallible>(()));
    Produced::validated(checked, Some(0.001))
}

async fn ask(cache: &Cache<Infallible>, number: u32, bytes: usize, expected: State) -> Duration {
    let request = request(number);
    let before = Instant::now();
    let found = cache
        .get_or_produce(&request, || async { Ok(answer(bytes)) })
        .await
        .unwrap();
    let took = before.elapsed();
    assert_eq!(found.state, expected);
    took
}

fn row(name: &str, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_nanos() / 100;
    let tenths = |value: u128| format!("{}.{}", value / 10, value % 10);
    let [p50, p90, p99, most] = [50, 90, 99, 100].map(at).map(tenths);
    println!(
        "| {name} | {} | {p50} | {p90} | {p99} | {most} |",
        took.len()
    );
}

async fn local(bytes: usize) {
    let cache = open(CacheConfig::default()).await;
    for number in 0..ANSWERS {
        ask(&cache, number, bytes, State::Miss).await;
    }
    let mut took = Vec::new();
    for round in 0..LOCAL_ROUNDS {
        for number in 0..ANSWERS {
            let time = ask(&cache, number, bytes, State::L1).await;
            // The first round warms up.
            if round > 0 {
                took.push(time);
            }
        }
    }
    row(&format!("this process, {bytes} bytes"), took);
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let cache = cache.clone();
        tasks.spawn(async move {
            let mut took = Vec::new();
            for _ in 0..LOCAL_ROUNDS / TASKS {
                for number in 0..ANSWERS {
                    took.push(ask(&cache, number, bytes, State::L1).await);
                }
                tokio::task::yield_now().await;
            }
            took
        });
    }
    let took = tasks.join_all().await.concat();
    row(&format!("this process, {bytes} bytes, {TASKS} tasks"), took);
}

async fn shared(redis: &PrivateRedis, bytes: usize, key: Option<&str>) {
    let config = |round: u32| CacheConfig {
        namespace: format!("bench-{bytes}-{}-{round}", key.is_some()),
        encryption_key: key.map(|digits| EncryptionKey::from_hex(digits).unwrap()),
        redis: Some(RedisConfig {
            // Long enough to see how long it takes on a machine that has other things to do.
            op_timeout: Duration::from_secs(2),
            ..RedisConfig::at(&redis.url())
        }),
        ..CacheConfig::default()
    };
    let writer = open(config(0)).await;
    let mut stored = Vec::new();
    for number in 0..ANSWERS {
        stored.push(ask(&writer, number, bytes, State::Miss).await);
    }
    let mut took = Vec::new();
    for _ in 0..SHARED_ROUNDS {
        // A process that knows nothing yet.
        let reader = open(config(0)).await;
        for number in 0..ANSWERS {
            took.push(ask(&reader, number, bytes, State::L2).await);
        }
    }
    let sealed = if key.is_some() { ", encrypted" } else { "" };
    row(&format!("Redis, {bytes} bytes{sealed}"), took);
    row(
        &format!("miss and stored in Redis, {bytes} bytes{sealed}"),
        stored,
    );
}

#[tokio::main]
async fn main() {
    println!("| answer from | answers | p50, µs | p90, µs | p99, µs | longest, µs |");
    println!("|---|---:|---:|---:|---:|---:|");
    for bytes in SIZES {
        local(bytes).await;
    }
    let Some(redis) = PrivateRedis::start_with("--appendonly no").await else {
        return;
    };
    for bytes in SIZES {
        shared(&redis, bytes, None).await;
    }
    shared(&redis, SIZES[0], Some(&"5c".repeat(32))).await;
}
