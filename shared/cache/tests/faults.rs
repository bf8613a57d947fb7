//! What a real Redis can do to a cache, which never fails a request for it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "support/mod.rs"]
mod support;

use cache::{
    CacheConfig, Key, Scope, State,
    contract_suite::{Bench, question, task},
};
use std::time::Duration;
use support::{config, impatient, until};
use testkit::{FaultProxy, PrivateRedis};
use tokio::time::{Instant, timeout};

const PATIENCE: Duration = Duration::from_secs(30);
/// Far above what an operation may take, far below what waiting for a timeout of TCP would.
const PROMPT: Duration = Duration::from_secs(5);

/// Asks, and wants the answer soon.
async fn asks(bench: &Bench, number: u32, text: &str) -> State {
    let request = question(number);
    timeout(PROMPT, bench.ask(&request, text))
        .await
        .unwrap()
        .state
}

#[tokio::test]
async fn promise_05_d07_redis_that_is_not_there_yet_is_used_once_it_is() {
    let Some(mut redis) = PrivateRedis::prepare("") else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    assert!(bench.cache.stats().degraded);
    assert_eq!(asks(&bench, 1, "a").await, State::Miss);
    assert_eq!(asks(&bench, 1, "never").await, State::L1);
    assert_eq!(
        bench.cache.stats().errors.get("get"),
        None,
        "nobody waited for it"
    );
    redis.restart().await;
    until(|| !bench.cache.stats().degraded).await;
    assert_eq!(asks(&bench, 2, "b").await, State::Miss);
    let other = Bench::open(config(&redis.url())).await;
    assert_eq!(asks(&other, 2, "never").await, State::L2);
}

#[tokio::test]
async fn promise_08_redis_that_is_killed_and_comes_back_is_missed_by_nobody() {
    let Some(mut redis) = PrivateRedis::start().await else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    assert_eq!(asks(&bench, 1, "a").await, State::Miss);
    redis.kill9();
    let before = Instant::now();
    assert_eq!(asks(&bench, 1, "never").await, State::L1);
    for number in 10..30 {
        assert_eq!(asks(&bench, number, "b").await, State::Miss);
    }
    assert!(before.elapsed() < PROMPT);
    until(|| bench.cache.stats().degraded).await;
    redis.restart().await;
    until(|| !bench.cache.stats().degraded).await;
    let other = Bench::open(config(&redis.url())).await;
    assert_eq!(
        asks(&other, 1, "never").await,
        State::L2,
        "it had stored it"
    );
    assert_eq!(asks(&bench, 40, "c").await, State::Miss);
    assert_eq!(
        asks(&other, 40, "never").await,
        State::L2,
        "and stores again"
    );
}

#[tokio::test]
async fn a_clear_that_redis_could_not_hear_is_told_when_it_is_back() {
    let Some(mut redis) = PrivateRedis::start().await else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    let other = Bench::open(config(&redis.url())).await;
    asks(&bench, 1, "old").await;
    assert_eq!(asks(&other, 1, "never").await, State::L2);
    redis.kill9();
    until(|| bench.cache.stats().degraded && other.cache.stats().degraded).await;
    let cleared = bench.cache.clear(&Scope::All).await;
    assert_eq!((cleared.l1, cleared.complete), (1, false));
    let single = bench.cache.clear(&Scope::Key(question(1).key)).await;
    assert!(!single.complete, "to be asked again");
    redis.restart().await;
    until(|| other.cache.stats().generation == 1).await;
    assert_eq!(other.cache.stats().cache_size, 0, "dropped there, too");
    assert_eq!(asks(&other, 1, "new").await, State::Miss);
    let later = Bench::open(config(&redis.url())).await;
    assert_eq!(
        later.said(&question(1), "never").await,
        (State::L2, "new".into())
    );
}

#[tokio::test]
async fn promise_08_redis_that_forgot_everything_learns_how_often_was_cleared() {
    let Some(mut redis) = PrivateRedis::start().await else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    for _ in 0..3 {
        bench.cache.clear(&Scope::All).await;
    }
    redis.kill9();
    redis.wipe();
    redis.restart().await;
    until(|| !bench.cache.stats().degraded).await;
    let other = Bench::open(config(&redis.url())).await;
    assert_eq!(other.cache.stats().generation, 3);
    asks(&bench, 1, "a").await;
    assert_eq!(asks(&other, 1, "never").await, State::L2, "they agree");
}

/// Asks until the shared tier is there again.
async fn recovers(bench: &Bench) {
    let mut number = 100;
    let recovered = async {
        while bench.cache.stats().degraded {
            // The pause of the breaker, in the time of this cache.
            bench.clock.advance(Duration::from_secs(5));
            asks(bench, number, "c").await;
            number += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, recovered).await.unwrap();
}

#[tokio::test]
async fn promise_08_slow_redis_is_left_alone_and_tried_again() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let proxy = FaultProxy::start(redis.address()).await;
    let bench = Bench::open(impatient(&redis.url_by(proxy.address()))).await;
    assert_eq!(asks(&bench, 1, "a").await, State::Miss);
    assert!(!bench.cache.stats().degraded);
    proxy.to_client().delay(Duration::from_millis(200));
    let before = Instant::now();
    for number in 10..60 {
        assert_eq!(asks(&bench, number, "b").await, State::Miss);
    }
    // Five operations of 50 ms; fifty that wait for 200 ms each would take ten seconds.
    assert!(before.elapsed() < PROMPT, "{:?}", before.elapsed());
    let stats = bench.cache.stats();
    assert!(stats.degraded);
    let failed = stats.errors.get("get").unwrap_or(&0) + stats.errors.get("set").unwrap_or(&0);
    // One of before, on a machine that is slow by itself, may be among them.
    assert!((5..10).contains(&failed), "{:?}", stats.errors);
    proxy.to_client().delay(Duration::ZERO);
    recovers(&bench).await;
    let other = Bench::open(config(&redis.url())).await;
    asks(&bench, 1000, "d").await;
    assert_eq!(asks(&other, 1000, "never").await, State::L2);
}

#[tokio::test]
async fn a_line_that_swallows_everything_is_given_up() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let proxy = FaultProxy::start(redis.address()).await;
    let bench = Bench::open(impatient(&redis.url_by(proxy.address()))).await;
    asks(&bench, 1, "a").await;
    proxy.freeze();
    for number in 10..30 {
        assert_eq!(asks(&bench, number, "b").await, State::Miss);
    }
    until(|| bench.cache.stats().errors.contains_key("connect")).await;
    proxy.cut();
    proxy.thaw();
    recovers(&bench).await;
}

#[tokio::test]
async fn promise_08_a_wrong_password_is_no_reason_to_fail() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let wrong = format!("redis://:wrong@{}", redis.address());
    let bench = Bench::open(config(&wrong)).await;
    assert!(bench.cache.stats().degraded);
    assert_eq!(asks(&bench, 1, "a").await, State::Miss);
    assert_eq!(asks(&bench, 1, "never").await, State::L1);
    let stats = bench.cache.stats();
    assert!(stats.errors["connect"] >= 1);
    assert_eq!(stats.backend, "redis");
}

#[tokio::test]
async fn redis_that_does_not_tell_what_was_cleared_is_not_read() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    Bench::open(config(&redis.url()))
        .await
        .ask(&question(1), "old")
        .await;
    let may = async |rule: &str| {
        let set = ["ACL", "SETUSER", "default", rule];
        assert_eq!(redis.ask(&set).await.unwrap(), "+OK\r\n");
    };
    may("-hgetall").await;
    let bench = Bench::open(config(&redis.url())).await;
    assert!(bench.cache.stats().degraded);
    assert_eq!(asks(&bench, 1, "new").await, State::Miss);
    assert!(bench.cache.stats().errors["generations"] >= 1);
    may("+hgetall").await;
    until(|| !bench.cache.stats().degraded).await;
    assert_eq!(asks(&bench, 2, "b").await, State::Miss);
    let other = Bench::open(config(&redis.url())).await;
    assert_eq!(asks(&other, 2, "never").await, State::L2);
}

#[tokio::test]
async fn promise_08_full_redis_is_read_on() {
    let Some(redis) = PrivateRedis::start_with("--maxmemory-policy noeviction").await else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    assert_eq!(asks(&bench, 1, "a").await, State::Miss);
    redis
        .ask(&["CONFIG", "SET", "maxmemory", "1"])
        .await
        .unwrap();
    for number in 10..30 {
        assert_eq!(asks(&bench, number, "b").await, State::Miss);
        assert_eq!(asks(&bench, number, "never").await, State::L1);
    }
    let stats = bench.cache.stats();
    assert_eq!(stats.errors["set"], 20);
    assert!(!stats.degraded, "it answers");
    let other = Bench::open(config(&redis.url())).await;
    assert_eq!(asks(&other, 1, "never").await, State::L2);
}

#[tokio::test]
async fn what_others_wrote_there_is_a_miss_and_goes() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    let name = |number| {
        let key: Key = question(number).key;
        format!("tests:g0:{}:{}", key.task().as_str(), key.digest_hex())
    };
    asks(&bench, 7, "seven").await;
    let taken = redis.ask(&["COPY", &name(7), &name(1)]).await.unwrap();
    assert_eq!(taken, ":1\r\n", "the name is as documented");
    for (number, bytes) in [(2, "garbage"), (3, "")] {
        redis.ask(&["SET", &name(number), bytes]).await.unwrap();
    }
    // Of another type: refused, and neither removed nor an end of anything.
    redis.ask(&["LPUSH", &name(4), "a"]).await.unwrap();
    // Far more than any entry has.
    let large = "50000000";
    redis
        .ask(&["SETRANGE", &name(5), large, "a"])
        .await
        .unwrap();
    let other = Bench::open(config(&redis.url())).await;
    for number in [2, 3, 4, 5] {
        assert_eq!(asks(&other, number, "new").await, State::Miss, "{number}");
    }
    let later = Bench::open(config(&redis.url())).await;
    for number in [2, 3] {
        assert_eq!(asks(&later, number, "never").await, State::L2, "{number}");
    }
    assert!(!later.cache.stats().degraded);
}

#[tokio::test]
async fn values_are_encrypted_and_stay_where_they_are() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let secret = |digits: &str| {
        let key = cache::EncryptionKey::from_hex(&digits.repeat(32)).unwrap();
        CacheConfig {
            encryption_key: Some(key),
            ..config(&redis.url())
        }
    };
    let bench = Bench::open(secret("a1")).await;
    asks(&bench, 1, "personal data").await;
    asks(&bench, 2, "other data").await;
    let name = |number| {
        let key: Key = question(number).key;
        format!("tests:g0:{}:{}", key.task().as_str(), key.digest_hex())
    };
    let raw = redis.ask(&["GET", &name(1)]).await.unwrap();
    assert!(raw.len() > 50 && !raw.contains("personal"), "{raw:?}");
    let same = Bench::open(secret("a1")).await;
    assert_eq!(
        same.said(&question(1), "never").await,
        (State::L2, "personal data".into())
    );
    redis
        .ask(&["COPY", &name(1), &name(2), "REPLACE"])
        .await
        .unwrap();
    let fresh = Bench::open(secret("a1")).await;
    assert_eq!(
        asks(&fresh, 2, "new").await,
        State::Miss,
        "moved to another name"
    );
    for digits in ["a2", ""] {
        let reader = if digits.is_empty() {
            config(&redis.url())
        } else {
            secret(digits)
        };
        asks(&bench, 3, "again").await;
        let reader = Bench::open(reader).await;
        assert_eq!(asks(&reader, 1, "mine").await, State::Miss, "{digits}");
        bench.cache.clear(&Scope::All).await;
        asks(&bench, 1, "personal data").await;
        until(|| reader.cache.stats().generation == bench.cache.stats().generation).await;
    }
}

#[tokio::test]
async fn processes_take_turns_if_they_are_told_to() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let locked = || {
        let mut redis = config(&redis.url()).redis.unwrap();
        (redis.lock, redis.lock_ttl) = (true, Duration::from_secs(20));
        CacheConfig {
            redis: Some(redis),
            ..config("redis://127.0.0.1:1")
        }
    };
    let one = Bench::open(locked()).await;
    let other = Bench::open(locked()).await;
    let begun = tokio::sync::Notify::new();
    let go = tokio::sync::Notify::new();
    let request = question(1);
    let slow = || async {
        begun.notify_one();
        go.notified().await;
        Ok(cache::contract_suite::valid("of one"))
    };
    let first = one.cache.get_or_produce(&request, slow);
    let second = async {
        begun.notified().await;
        let waiting = other.said(&request, "of other");
        let told = async {
            // It has seen the lock of the first one by the time it looks again.
            until(|| other.cache.stats().errors.is_empty()).await;
            tokio::time::sleep(Duration::from_millis(150)).await;
            go.notify_one();
        };
        tokio::join!(waiting, told).0
    };
    let (first, second) = timeout(PATIENCE, async { tokio::join!(first, second) })
        .await
        .unwrap();
    assert_eq!(first.unwrap().state, State::Miss);
    assert_eq!(second, (State::L2, "of one".into()));
    let again = cache::Request::new(Key::of(&task("t"), &1.into()));
    assert_eq!(
        other.said(&again, "free").await.0,
        State::Miss,
        "locks are given back"
    );
}
