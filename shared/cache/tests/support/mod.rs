//! What tests with a real Redis share.
#![allow(clippy::expect_used, reason = "tests")]
#![allow(dead_code, reason = "each test file takes what it needs")]

use cache::{CacheConfig, RedisConfig};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Settings for the namespace `tests` at a URL, patient with a machine that has other things to do.
pub fn config(url: &str) -> CacheConfig {
    CacheConfig {
        namespace: "tests".into(),
        redis: Some(RedisConfig {
            reconnect_max: Duration::from_millis(200),
            op_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            ..RedisConfig::at(url)
        }),
        ..CacheConfig::default()
    }
}

/// The same with the limits of the default.
pub fn impatient(url: &str) -> CacheConfig {
    let patient = config(url);
    CacheConfig {
        redis: patient.redis.map(|redis| RedisConfig {
            reconnect_max: redis.reconnect_max,
            ..RedisConfig::at(url)
        }),
        ..patient
    }
}

/// Waits until something is so.
pub async fn until(so: impl Fn() -> bool) {
    let seen = async {
        while !so() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(30), seen)
        .await
        .expect("it never was so");
}
