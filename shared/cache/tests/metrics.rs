//! What Prometheus sees of the cache is what the documentation says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use cache::{
    CacheConfig, Produced, Request, Scope,
    contract_suite::{Bench, question},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use telemetry::metric::{Metric, OF_LIBRARIES};

/// Labels of a sample.
fn labels(line: &str) -> BTreeSet<String> {
    let inside = line
        .split_once('{')
        .and_then(|(_, rest)| rest.rsplit_once('}'));
    let pairs = inside.map_or("", |(pairs, _)| pairs).split(',');
    pairs
        .filter_map(|pair| pair.split_once('=').map(|(name, _)| name.to_owned()))
        .filter(|name| name != "le" && name != "quantile")
        .collect()
}

async fn use_everything() {
    let small = CacheConfig {
        max_entries: 2,
        ..CacheConfig::default()
    };
    let bench = Bench::open(small).await;
    for number in 0..4 {
        bench.ask(&question(number), "a").await;
    }
    bench.ask(&question(3), "never").await;
    let short = Request {
        ttl: Some(Duration::from_secs(1)),
        ..question(9)
    };
    bench.ask(&short, "a").await;
    bench.clock.advance(Duration::from_secs(5));
    bench.ask(&short, "a").await;
    bench.cache.clear(&Scope::All).await;
    let refuse = || async { Ok(Produced::unstorable("no", None, "refusal")) };
    bench
        .cache
        .get_or_produce(&question(7), refuse)
        .await
        .unwrap();
    let slow = || async {
        tokio::task::yield_now().await;
        Ok(cache::contract_suite::valid("a"))
    };
    let request = question(8);
    let (one, other) = tokio::join!(
        bench.cache.get_or_produce(&request, slow),
        bench.cache.get_or_produce(&request, slow)
    );
    assert_eq!((one.is_ok(), other.is_ok()), (true, true));
    // Nobody listens there.
    let away = cache::RedisConfig::at("redis://127.0.0.1:1");
    let away = CacheConfig {
        redis: Some(away),
        ..CacheConfig::default()
    };
    Bench::open(away).await;
}

#[test]
fn every_metric_is_in_the_table_and_every_row_is_counted() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || runtime.block_on(use_everything()));
    let text = recorder.handle().render();
    let rows: BTreeMap<&str, &Metric> = OF_LIBRARIES
        .iter()
        .filter(|row| row.name.starts_with("cache_"))
        .map(|row| (row.name, row))
        .collect();
    let mut seen = BTreeSet::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let name = line.split(['{', ' ']).next().unwrap();
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| {
                name.strip_suffix(end)
                    .filter(|base| rows.contains_key(base))
            })
            .unwrap_or(name);
        let row = rows
            .get(base)
            .unwrap_or_else(|| panic!("{base} is not in the table"));
        let expected: BTreeSet<String> = row.labels.iter().map(|&label| label.into()).collect();
        assert_eq!(labels(line), expected, "{line}");
        seen.insert(row.name);
    }
    let all: BTreeSet<&str> = rows.keys().copied().collect();
    assert_eq!(seen, all);
}
