//! The cache on a real Redis, seen by several processes.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "processes of these tests are told by their environment what to do"
)]

#[path = "support/mod.rs"]
mod support;

use cache::{
    CacheConfig, Mode, Request, Scope, State,
    contract_suite::{self, Bench, question, task},
};
use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};
use support::{config, until};
use testkit::PrivateRedis;

/// Where a process of these tests finds Redis.
const URL: &str = "CACHE_TEST_REDIS_URL";

#[tokio::test]
async fn promise_07_redis_passes_the_contract() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let cases = AtomicU32::new(0);
    contract_suite::passes(|| CacheConfig {
        namespace: format!("case-{}", cases.fetch_add(1, Relaxed)),
        ..config(&redis.url())
    })
    .await;
}

#[tokio::test]
async fn what_one_process_stored_another_finds() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let (one, other) = (
        Bench::open(config(&redis.url())).await,
        Bench::open(config(&redis.url())).await,
    );
    let large = "a lot of text ".repeat(5000);
    one.ask(&question(1), &large).await;
    let found = other.ask(&question(1), "never").await;
    assert_eq!(
        (found.state, found.produced_cost_usd),
        (State::L2, Some(0.01))
    );
    assert_eq!(&found.value[..], large.as_bytes());
    assert_eq!(other.ask(&question(1), "never").await.state, State::L1);
    let stats = other.cache.stats();
    assert_eq!((stats.l1_hits, stats.l2_hits, stats.misses), (1, 1, 0));
}

#[tokio::test]
async fn this_process_believes_itself_for_five_minutes_only() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    bench.ask(&question(1), "a").await;
    bench.clock.advance(std::time::Duration::from_secs(299));
    assert_eq!(bench.ask(&question(1), "never").await.state, State::L1);
    bench.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(bench.ask(&question(1), "never").await.state, State::L2);
    assert_eq!(bench.ask(&question(1), "never").await.state, State::L1);
}

#[tokio::test]
async fn entries_end_in_redis_by_themselves() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    bench.ask(&question(1).about("s"), "a").await;
    let names = redis.ask(&["KEYS", "*"]).await.unwrap();
    let listed: Vec<&str> = names
        .lines()
        .filter(|line| line.starts_with("tests:"))
        .collect();
    assert_eq!(listed.len(), 2, "an entry and whom it is about: {names}");
    for name in listed {
        let left = redis.ask(&["PTTL", name]).await.unwrap();
        let left: i64 = left.trim().trim_start_matches(':').parse().unwrap();
        let day = 24 * 60 * 60 * 1000;
        assert!((26 * day..34 * day).contains(&left), "{name}: {left}");
    }
}

#[tokio::test]
async fn what_is_cleared_goes_from_redis_and_nothing_else_does() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let bench = Bench::open(config(&redis.url())).await;
    let neighbour = CacheConfig {
        namespace: "tests2".into(),
        ..config(&redis.url())
    };
    let neighbour = Bench::open(neighbour).await;
    neighbour.ask(&question(1), "a").await;
    redis.ask(&["SET", "tests:gone", "no entry"]).await.unwrap();
    for number in 0..700 {
        bench.ask(&question(number), "a").await;
    }
    bench
        .cache
        .clear(&Scope::Task(task("signal.classify")))
        .await;
    bench.ask(&question(1), "new").await;
    let mut left = String::new();
    for _ in 0..1000 {
        left = redis.ask(&["DBSIZE"]).await.unwrap();
        if left == ":4\r\n" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // The new entry, the count of clears, the neighbour's entry, and what is no entry.
    assert_eq!(left, ":4\r\n");
    assert_eq!(bench.ask(&question(1), "never").await.state, State::L1);
    let later = Bench::open(config(&redis.url())).await;
    assert_eq!(later.ask(&question(1), "never").await.state, State::L2);
}

#[tokio::test]
async fn refresh_reaches_those_who_hold_the_old_answer() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let (one, other) = (
        Bench::open(config(&redis.url())).await,
        Bench::open(config(&redis.url())).await,
    );
    one.ask(&question(1), "old").await;
    assert_eq!(other.ask(&question(1), "never").await.state, State::L2);
    let refresh = Request {
        mode: Mode::Refresh,
        ..question(1)
    };
    one.ask(&refresh, "new").await;
    until(|| other.cache.stats().cache_size == 0).await;
    assert_eq!(
        other.said(&question(1), "never").await,
        (State::L2, "new".into())
    );
    assert_eq!(
        one.said(&question(1), "never").await,
        (State::L1, "new".into())
    );
}

#[tokio::test]
async fn a_subject_is_forgotten_by_those_who_never_heard_of_it() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let (one, other) = (
        Bench::open(config(&redis.url())).await,
        Bench::open(config(&redis.url())).await,
    );
    one.ask(&question(1).about("first"), "a").await;
    // The other one takes the answer over, and only then is it about a second signal, too.
    assert_eq!(other.ask(&question(1), "never").await.state, State::L2);
    one.ask(&question(1).about("second"), "never").await;
    let gone = one.cache.forget("second").await;
    assert_eq!((gone.l1, gone.l2, gone.complete), (1, 1, true));
    until(|| other.cache.stats().cache_size == 0).await;
    let subjects = redis.ask(&["KEYS", "tests:subject:*"]).await.unwrap();
    assert!(
        !subjects.contains("second"),
        "names are not written down: {subjects}"
    );
    assert_eq!(other.ask(&question(1), "new").await.state, State::Miss);
}

/// Another process with a cache, which does as it is told.
struct Peer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    fn start(url: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "a_process_that_does_as_it_is_told",
                "--nocapture",
            ])
            .env(URL, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self {
            child,
            input,
            output: BufReader::new(output),
        }
    }

    fn tell(&mut self, order: &str) -> String {
        writeln!(self.input, "{order}").unwrap();
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended");
            if let Some(answer) = line.trim().strip_prefix("answer ") {
                return answer.into();
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The other side of [`Peer`]; by itself it does nothing.
#[tokio::test]
async fn a_process_that_does_as_it_is_told() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let bench = Bench::open(config(&url)).await;
    loop {
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).map(|_| line)
        });
        let line = read.await.unwrap().unwrap();
        let answer = match line.trim() {
            "" => return,
            "clear" => format!("{:?}", bench.cache.clear(&Scope::All).await.complete),
            "key" => question(1).key.digest_hex(),
            "size" => bench.cache.stats().cache_size.to_string(),
            text => {
                let found = bench.said(&question(1), text).await;
                format!("{} {}", found.0.as_str(), found.1)
            }
        };
        println!("\nanswer {answer}");
    }
}

#[tokio::test]
async fn promise_07_a_clear_reaches_three_processes() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let url = redis.url();
    let told = tokio::task::spawn_blocking(move || {
        let mut peers = [Peer::start(&url), Peer::start(&url), Peer::start(&url)];
        assert_eq!(peers[0].tell("old"), "miss old");
        for peer in &mut peers[1..] {
            assert_eq!(peer.tell("never"), "l2 old", "their keys are the same");
            assert_eq!(peer.tell("never"), "l1 old");
        }
        let keys: Vec<String> = peers.iter_mut().map(|peer| peer.tell("key")).collect();
        assert!(keys.iter().all(|key| *key == question(1).key.digest_hex()));
        assert_eq!(peers[1].tell("clear"), "true");
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        for peer in &mut peers {
            while peer.tell("size") != "0" {
                assert!(
                    tokio::time::Instant::now() < deadline,
                    "it never heard of it"
                );
            }
        }
        assert_eq!(peers[2].tell("new"), "miss new");
        assert_eq!(peers[0].tell("never"), "l2 new");
        assert_eq!(peers[1].tell("never"), "l2 new");
    });
    told.await.unwrap();
}
