//! Where a bucket lies, who asks, and for how long an answer is waited for.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;

/// Region used where the server does not care.
pub const REGION: &str = "us-east-1";
/// Longest wait for a connection, in seconds.
pub const CONNECT_TIMEOUT_S: u64 = 5;
/// Longest time one attempt of a request may take until it is answered, in seconds.
pub const ATTEMPT_TIMEOUT_S: u64 = 60;
/// Longest time a request may take with all its attempts, in seconds.
pub const OPERATION_TIMEOUT_S: u64 = 180;
/// Longest wait for the next bytes of an answer, in seconds.
pub const IDLE_TIMEOUT_S: u64 = 20;
/// Longest time the bytes of one answer may take, in seconds.
pub const BODY_TIMEOUT_S: u64 = 900;
/// How often a request is sent before the store counts as failing.
pub const ATTEMPTS: u32 = 4;
/// Delay before the second attempt, in milliseconds; it doubles with each further one.
pub const BASE_DELAY_MS: u64 = 200;
/// Longest delay between two attempts, in milliseconds.
pub const MAX_DELAY_MS: u64 = 5_000;
/// Files larger than this are sent in parts of this size, in bytes: 16 MiB.
pub const PART_BYTES: u64 = 16 << 20;
/// Smallest part that servers accept, in bytes: 5 MiB.
pub const MIN_PART_BYTES: u64 = 5 << 20;
/// Largest part that is held in memory, in bytes: 1 GiB.
pub const MAX_PART_BYTES: u64 = 1 << 30;

/// A bucket, and how it is reached. Addresses are of the path style, which every server knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct S3Config {
    /// Address of the server, as `https://s3.example.org`; that of AWS for the region if not set.
    pub endpoint: Option<String>,
    /// Region that requests are signed for.
    pub region: String,
    /// Bucket in which artifacts are kept.
    pub bucket: String,
    /// Folder of the bucket in which artifacts are kept; the whole bucket if empty.
    pub prefix: String,
    /// Name of the access key.
    pub access_key: String,
    /// The access key's secret.
    pub secret_key: SecretString,
    /// Token of a temporary access key.
    pub session_token: Option<SecretString>,
    /// How long and how often.
    pub limits: S3Limits,
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: REGION.into(),
            bucket: String::new(),
            prefix: String::new(),
            access_key: String::new(),
            secret_key: SecretString::default(),
            session_token: None,
            limits: S3Limits::default(),
        }
    }
}

/// How long an answer is waited for, how often is asked, and how large a part is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct S3Limits {
    /// Longest wait for a connection, in seconds.
    pub connect_timeout_s: u64,
    /// Longest time one attempt of a request may take until it is answered, in seconds.
    pub attempt_timeout_s: u64,
    /// Longest time a request may take with all its attempts, in seconds.
    pub operation_timeout_s: u64,
    /// Longest wait for the next bytes of an answer, in seconds.
    pub idle_timeout_s: u64,
    /// Longest time the bytes of one answer may take, in seconds.
    pub body_timeout_s: u64,
    /// How often a request is sent before the store counts as failing.
    pub attempts: u32,
    /// Delay before the second attempt, in milliseconds; it doubles with each further one.
    pub base_delay_ms: u64,
    /// Longest delay between two attempts, in milliseconds.
    pub max_delay_ms: u64,
    /// Files larger than this are sent in parts of this size, in bytes; one is in memory at a
    /// time.
    pub part_bytes: u64,
}

impl Default for S3Limits {
    fn default() -> Self {
        Self {
            connect_timeout_s: CONNECT_TIMEOUT_S,
            attempt_timeout_s: ATTEMPT_TIMEOUT_S,
            operation_timeout_s: OPERATION_TIMEOUT_S,
            idle_timeout_s: IDLE_TIMEOUT_S,
            body_timeout_s: BODY_TIMEOUT_S,
            attempts: ATTEMPTS,
            base_delay_ms: BASE_DELAY_MS,
            max_delay_ms: MAX_DELAY_MS,
            part_bytes: PART_BYTES,
        }
    }
}

impl S3Limits {
    /// Delay after `failures` failed attempts.
    pub(super) fn delay(&self, failures: u32) -> Duration {
        let doubled = 2_u64.saturating_pow(failures.saturating_sub(1));
        let delay_ms = self.base_delay_ms.saturating_mul(doubled);
        Duration::from_millis(delay_ms.min(self.max_delay_ms))
    }
}

/// A setting that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("store.s3.{key} {problem}")]
pub struct S3ConfigError {
    key: &'static str,
    problem: &'static str,
}

impl S3Config {
    /// Refuses what can never work: no bucket, half an access key, limits of zero.
    ///
    /// # Errors
    /// [`S3ConfigError`] naming the setting.
    pub fn validate(&self) -> Result<(), S3ConfigError> {
        let refusal = |key, problem| Err(S3ConfigError { key, problem });
        let web = |text: &String| text.starts_with("https://") || text.starts_with("http://");
        if !self.endpoint.as_ref().is_none_or(web) {
            return refusal("endpoint", "must begin with https:// or http://");
        }
        if self.region.is_empty() {
            return refusal("region", "is missing; most servers accept us-east-1");
        }
        if !is_bucket_name(&self.bucket) {
            return refusal(
                "bucket",
                "must be 3 to 63 lower-case letters, digits, dots and hyphens",
            );
        }
        let segment = |text: &str| contracts::ArtifactKey::new(text).is_ok();
        if !self.prefix.is_empty() && !segment(self.prefix.trim_end_matches('/')) {
            return refusal("prefix", "must be a path of plain segments, as rumiai/jobs");
        }
        if self.access_key.is_empty() {
            return refusal("access_key", "is missing");
        }
        if self.secret_key.expose_secret().is_empty() {
            return refusal("secret_key", "is missing");
        }
        self.limits.validate()
    }
}

impl S3Limits {
    fn validate(&self) -> Result<(), S3ConfigError> {
        let at_least_one = [
            ("limits.connect_timeout_s", self.connect_timeout_s),
            ("limits.attempt_timeout_s", self.attempt_timeout_s),
            ("limits.operation_timeout_s", self.operation_timeout_s),
            ("limits.idle_timeout_s", self.idle_timeout_s),
            ("limits.body_timeout_s", self.body_timeout_s),
            ("limits.attempts", u64::from(self.attempts)),
        ];
        if let Some((key, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
            let problem = "must be at least 1";
            return Err(S3ConfigError { key, problem });
        }
        if !(MIN_PART_BYTES..=MAX_PART_BYTES).contains(&self.part_bytes) {
            return Err(S3ConfigError {
                key: "limits.part_bytes",
                problem: "must be between 5 MiB and 1 GiB, in bytes",
            });
        }
        Ok(())
    }
}

fn is_bucket_name(text: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    (3..=63).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn usable() -> S3Config {
        S3Config {
            endpoint: Some("http://127.0.0.1:1".into()),
            bucket: "artifacts".into(),
            access_key: "key".into(),
            secret_key: "hidden-from-view".into(),
            ..S3Config::default()
        }
    }

    #[test]
    fn what_can_never_work_is_refused_by_name() {
        usable().validate().unwrap();
        type Spoil = fn(&mut S3Config);
        let change: [(&str, Spoil); 9] = [
            ("endpoint", |config| config.endpoint = Some("s3".into())),
            ("region", |config| config.region.clear()),
            ("bucket", |config| config.bucket.clear()),
            ("bucket", |config| config.bucket = "Upper".into()),
            ("prefix", |config| config.prefix = "../up".into()),
            ("access_key", |config| config.access_key.clear()),
            ("secret_key", |config| config.secret_key = "".into()),
            ("limits.attempts", |config| config.limits.attempts = 0),
            ("limits.part_bytes", |config| config.limits.part_bytes = 1),
        ];
        for (key, spoil) in change {
            let mut config = usable();
            spoil(&mut config);
            let refusal = config.validate().unwrap_err().to_string();
            assert!(
                refusal.starts_with(&format!("store.s3.{key} ")),
                "{refusal}"
            );
        }
    }

    #[test]
    fn secrets_are_not_shown_and_unknown_keys_are_refused() {
        let shown = format!("{:?}", usable());
        assert!(!shown.contains("hidden-from-view"), "{shown}");
        let read = serde_json::from_str::<S3Config>(r#"{"bukket":"a"}"#);
        assert!(read.unwrap_err().to_string().contains("bukket"));
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        let limits = S3Limits {
            base_delay_ms: 100,
            max_delay_ms: 350,
            ..S3Limits::default()
        };
        let delays: Vec<u128> = [1, 2, 3, 99]
            .map(|failures| limits.delay(failures).as_millis())
            .to_vec();
        assert_eq!(delays, [100, 200, 350, 350]);
    }
}
