//! What is kept, how long, and what is not.

use super::{Bench, question, task, valid};
use crate::{CacheConfig, Mode, Produced, Request, Scope, State, Validated};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn said(state: State, text: &str) -> (State, String) {
    (state, text.into())
}

pub(super) async fn an_answer_is_kept_with_its_age(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let first = bench.ask(&question(1), "one").await;
    assert_eq!((first.state, first.age), (State::Miss, Duration::ZERO));
    bench.clock.advance(7 * SECOND);
    let again = bench.ask(&question(1), "never").await;
    assert_eq!((again.state, again.age), (State::L1, 7 * SECOND));
    assert_eq!(&again.value[..], b"one");
    assert_eq!(again.produced_cost_usd, Some(0.01));
    assert_eq!(
        bench.said(&question(2), "two").await,
        said(State::Miss, "two")
    );
}

pub(super) async fn modes_read_and_write_as_they_say(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let with = |number, mode| Request {
        mode,
        ..question(number)
    };
    for (mode, number) in [(Mode::Off, 1), (Mode::ReadOnly, 2)] {
        let state = bench.ask(&with(number, mode), "a").await.state;
        let expected = if mode == Mode::Off {
            State::Bypass
        } else {
            State::Miss
        };
        assert_eq!(state, expected);
        let next = bench.said(&question(number), "b").await;
        assert_eq!(next, said(State::Miss, "b"), "{mode:?} stored something");
    }
    bench.ask(&question(3), "kept").await;
    let read = bench.said(&with(3, Mode::ReadOnly), "never").await;
    assert_eq!(read, said(State::L1, "kept"));
    let past = bench.said(&with(3, Mode::Off), "past").await;
    assert_eq!(past, said(State::Bypass, "past"));
    let written = bench.said(&with(3, Mode::WriteOnly), "newer").await;
    assert_eq!(written, said(State::Miss, "newer"));
    assert_eq!(
        bench.said(&question(3), "never").await,
        said(State::L1, "newer")
    );
}

pub(super) async fn refresh_replaces(config: CacheConfig) {
    let bench = Bench::open(config).await;
    bench.ask(&question(1), "old").await;
    let refresh = Request {
        mode: Mode::Refresh,
        ..question(1)
    };
    assert_eq!(bench.said(&refresh, "new").await, said(State::Miss, "new"));
    assert_eq!(
        bench.said(&question(1), "never").await,
        said(State::L1, "new")
    );
}

pub(super) async fn an_answer_may_be_too_old(config: CacheConfig) {
    let bench = Bench::open(config).await;
    bench.ask(&question(1), "old").await;
    bench.clock.advance(10 * SECOND);
    let within = |seconds: u32| Request {
        max_age: Some(seconds * SECOND),
        ..question(1)
    };
    assert_eq!(
        bench.said(&within(10), "never").await,
        said(State::L1, "old")
    );
    assert_eq!(
        bench.said(&within(9), "new").await,
        said(State::Miss, "new")
    );
    assert_eq!(
        bench.said(&question(1), "never").await,
        said(State::L1, "new")
    );
}

pub(super) async fn time_ends_entries_and_is_spread(mut config: CacheConfig) {
    config.ttl = 100 * SECOND;
    config.task_ttls.insert(task("embedding"), 1000 * SECOND);
    let bench = Bench::open(config).await;
    for number in 0..100 {
        bench.ask(&question(number), "a").await;
    }
    bench.clock.advance(Duration::from_millis(89_900));
    for number in 0..100 {
        assert!(
            bench.cache.lookup(&question(number)).await.is_some(),
            "a tenth earlier at most"
        );
    }
    bench.clock.advance(Duration::from_millis(10_100));
    let mut left = 0;
    for number in 0..100 {
        left += usize::from(bench.cache.lookup(&question(number)).await.is_some());
    }
    assert!((20..=80).contains(&left), "not all at once: {left}");
    bench.clock.advance(Duration::from_millis(10_100));
    for number in 0..100 {
        assert!(
            bench.cache.lookup(&question(number)).await.is_none(),
            "a tenth later at most"
        );
    }
    let other = Request::new(crate::Key::of(&task("embedding"), &1.into()));
    bench.ask(&other, "long").await;
    bench.clock.advance(200 * SECOND);
    assert!(
        bench.cache.lookup(&other).await.is_some(),
        "the task has its own"
    );
}

pub(super) async fn a_life_of_nothing_stores_nothing(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let never = Request {
        ttl: Some(Duration::ZERO),
        ..question(1)
    };
    bench.ask(&never, "a").await;
    assert_eq!(bench.said(&never, "b").await, said(State::Miss, "b"));
    assert_eq!(bench.cache.stats().store_rejected["ttl_zero"], 2);
    let short = Request {
        ttl: Some(SECOND),
        ..question(2)
    };
    bench.ask(&short, "a").await;
    assert_eq!(bench.said(&short, "never").await, said(State::L1, "a"));
    bench.clock.advance(2 * SECOND);
    assert_eq!(bench.said(&short, "b").await, said(State::Miss, "b"));
}

pub(super) async fn what_was_not_checked_is_never_kept(config: CacheConfig) {
    let bench = Bench::open(config).await;
    for _ in 0..2 {
        let refuse = || async { Ok(Produced::unstorable("no", Some(0.01), "refusal")) };
        let found = bench
            .cache
            .get_or_produce(&question(1), refuse)
            .await
            .unwrap();
        assert_eq!((found.state, &found.value[..]), (State::Miss, &b"no"[..]));
    }
    assert_eq!(bench.cache.stats().store_rejected["refusal"], 2);
    assert_eq!(bench.cache.stats().stores, 0);
}

pub(super) async fn errors_are_never_kept(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let failed = bench
        .cache
        .get_or_produce(&question(1), || async { Err("overloaded") })
        .await;
    assert_eq!(*failed.unwrap_err(), "overloaded");
    assert_eq!(bench.said(&question(1), "a").await, said(State::Miss, "a"));
}

pub(super) async fn another_schema_is_a_miss(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let of = |schema: &str| Request {
        schema: Some(schema.into()),
        ..question(1)
    };
    bench.ask(&of("v1"), "a").await;
    assert_eq!(bench.said(&of("v2"), "b").await, said(State::Miss, "b"));
    assert_eq!(bench.said(&of("v2"), "never").await, said(State::L1, "b"));
}

pub(super) async fn what_is_too_large_is_given_and_not_kept(mut config: CacheConfig) {
    config.max_value_bytes = 1000;
    let bench = Bench::open(config).await;
    let large = "x".repeat(1001);
    assert_eq!(
        bench.said(&question(1), &large).await,
        said(State::Miss, &large)
    );
    assert_eq!(bench.said(&question(1), "b").await, said(State::Miss, "b"));
    assert_eq!(bench.cache.stats().store_rejected["too_large"], 1);
}

pub(super) async fn large_values_come_back_whole(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let large: String = (0..20_000_u32)
        .map(|n| char::from(b'a' + (n * n % 25) as u8))
        .collect();
    bench.ask(&question(1), &large).await;
    assert_eq!(
        bench.said(&question(1), "never").await,
        said(State::L1, &large)
    );
}

pub(super) async fn switched_off_it_does_nothing(mut config: CacheConfig) {
    config.enabled = false;
    let bench = Bench::open(config).await;
    for text in ["a", "b"] {
        assert_eq!(
            bench.said(&question(1), text).await,
            said(State::Bypass, text)
        );
    }
    let stats = bench.cache.stats();
    assert_eq!(
        (stats.bypassed, stats.total_requests, stats.stores),
        (2, 0, 0)
    );
}

pub(super) async fn looking_and_storing_apart(config: CacheConfig) {
    let bench = Bench::open(config).await;
    assert_eq!(bench.cache.lookup(&question(1)).await, None);
    let value = Validated::new("streamed", |_| Ok::<(), ()>(())).unwrap();
    let begun = bench.cache.begin(&question(1));
    assert!(
        bench
            .cache
            .store(&question(1), &begun, value.clone(), None)
            .await
    );
    let found = bench.cache.lookup(&question(1)).await.unwrap();
    assert_eq!(
        (found.state, &found.value[..]),
        (State::L1, &b"streamed"[..])
    );
    let only = Request {
        mode: Mode::ReadOnly,
        ..question(2)
    };
    let begun = bench.cache.begin(&only);
    assert!(!bench.cache.store(&only, &begun, value.clone(), None).await);
    let begun = bench.cache.begin(&question(3));
    bench.cache.clear(&Scope::All).await;
    assert!(
        !bench.cache.store(&question(3), &begun, value, None).await,
        "cleared meanwhile"
    );
    assert_eq!(bench.cache.stats().misses, 0, "looking alone is no miss");
}

pub(super) async fn counters_add_up(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let slow = || async {
        bench.clock.advance(2 * SECOND);
        Ok(valid("a"))
    };
    bench
        .cache
        .get_or_produce(&question(1), slow)
        .await
        .unwrap();
    for _ in 0..3 {
        bench.ask(&question(1), "never").await;
    }
    bench.ask(&question(2), "b").await;
    let stats = bench.cache.stats();
    assert_eq!((stats.hits, stats.misses, stats.total_requests), (3, 2, 5));
    assert!((stats.hit_rate_percent - 60.0).abs() < 1e-9);
    assert_eq!((stats.l1_hits, stats.l2_hits, stats.stores), (3, 0, 2));
    assert_eq!((stats.cache_size, stats.max_size), (2, 1000));
    assert_eq!((stats.ttl_seconds, stats.saved_ms), (2_592_000, 6000));
    assert!((stats.saved_usd - 0.03).abs() < 1e-9);
    assert!(stats.bytes > 0 && stats.bytes <= stats.max_bytes);
}
