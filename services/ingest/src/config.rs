//! Limits of what is taken in, and how platforms are asked.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::path::PathBuf;
use url::{Host, Url};

/// Largest file accepted, in bytes: 500 MiB.
pub const MAX_BYTES: u64 = 500 << 20;
/// Longest video accepted, in seconds.
pub const MAX_VIDEO_DURATION_S: u32 = 300;
/// Shortest video that is fetched from a platform, in seconds.
pub const MIN_VIDEO_DURATION_S: u32 = 3;
/// Longest wait for a connection, in seconds.
pub const CONNECT_TIMEOUT_S: u64 = 10;
/// Longest wait for the next bytes, in seconds.
pub const IDLE_TIMEOUT_S: u64 = 30;
/// Longest download, in seconds.
pub const TOTAL_TIMEOUT_S: u64 = 600;
/// Most redirects followed.
pub const MAX_REDIRECTS: u32 = 3;
/// Apify's interface.
pub const APIFY_BASE_URL: &str = "https://api.apify.com/v2";
/// Apify's TikTok scraper, `clockworks/tiktok-scraper`.
pub const APIFY_ACTOR: &str = "GdWCkxBtKWOsKjdch";

/// Limits of `ingest`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestConfig {
    /// Largest file accepted, in bytes.
    pub max_bytes: u64,
    /// Longest video accepted, in seconds. `ingest` compares what a platform tells; the decoder,
    /// which has no higher limit than this, what it measures.
    pub max_video_duration_s: u32,
    /// Shortest video that is fetched from a platform, in seconds.
    pub min_video_duration_s: u32,
    /// Longest wait for a connection, in seconds.
    pub connect_timeout_s: u64,
    /// Longest wait for the next bytes, in seconds.
    pub idle_timeout_s: u64,
    /// Longest download, in seconds.
    pub total_timeout_s: u64,
    /// Most redirects followed; each is checked like the first address.
    pub max_redirects: u32,
    /// Certificates trusted besides the system's, as a PEM file.
    pub ca_file: Option<PathBuf>,
    /// Whether loopback addresses and ports other than 443 may be fetched. For tests.
    pub allow_loopback: bool,
    /// Whether files are read by their path on this machine. A worker must not: a path in a
    /// message would read its disk.
    pub allow_local_files: bool,
    /// The bucket of `s3://bucket/key`: the one that holds the artifacts.
    pub bucket: Option<String>,
    /// How Apify is asked.
    pub apify: ApifyConfig,
    /// When a platform is left alone.
    pub breaker: BreakerConfig,
}

/// How Apify is asked for a video of TikTok.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApifyConfig {
    /// The token of the account that pays; `APIFY_API_TOKEN`.
    pub token: Option<SecretString>,
    /// Where its interface lies.
    pub base_url: String,
    /// Which scraper runs.
    pub actor: String,
    /// Attempts of one request.
    pub attempts: u32,
    /// Wait before the second attempt, in milliseconds; it doubles with each further one.
    pub backoff_ms: u64,
    /// Longest wait that is waited here if a server asks for it, in seconds; a longer one ends the
    /// attempt.
    pub max_wait_s: u64,
    /// Longest request, in seconds.
    pub request_timeout_s: u64,
    /// Time between two looks at a run, in milliseconds.
    pub poll_interval_ms: u64,
    /// Longest run, in seconds.
    pub run_timeout_s: u64,
    /// Age up to which a run that has ended is used by another attempt, in seconds: the addresses
    /// in its answer expire.
    pub reuse_s: u64,
    /// Longest answer read, in bytes.
    pub max_answer_bytes: u64,
}

/// When a platform is left alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerConfig {
    /// After this many failures in a row that are the platform's.
    pub failures: u32,
    /// For this long, in seconds.
    pub pause_s: u64,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            max_bytes: MAX_BYTES,
            max_video_duration_s: MAX_VIDEO_DURATION_S,
            min_video_duration_s: MIN_VIDEO_DURATION_S,
            connect_timeout_s: CONNECT_TIMEOUT_S,
            idle_timeout_s: IDLE_TIMEOUT_S,
            total_timeout_s: TOTAL_TIMEOUT_S,
            max_redirects: MAX_REDIRECTS,
            ca_file: None,
            allow_loopback: false,
            allow_local_files: true,
            bucket: None,
            apify: ApifyConfig::default(),
            breaker: BreakerConfig::default(),
        }
    }
}

impl Default for ApifyConfig {
    fn default() -> Self {
        Self {
            token: None,
            base_url: APIFY_BASE_URL.into(),
            actor: APIFY_ACTOR.into(),
            attempts: 3,
            backoff_ms: 1000,
            max_wait_s: 30,
            request_timeout_s: 30,
            poll_interval_ms: 3000,
            run_timeout_s: 300,
            reuse_s: 900,
            max_answer_bytes: 8 << 20,
        }
    }
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self {
            failures: 5,
            pause_s: 60,
        }
    }
}

/// A setting that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ingest.{key} {requirement}")]
pub struct ConfigError {
    key: &'static str,
    requirement: &'static str,
}

impl ApifyConfig {
    /// The token, if there is one: a variable that is set to nothing names none.
    #[must_use]
    pub fn token(&self) -> Option<&SecretString> {
        let token = self.token.as_ref()?;
        (!token.expose_secret().trim().is_empty()).then_some(token)
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let wrong = |key, requirement| Err(ConfigError { key, requirement });
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"~_.-".contains(&byte);
        if self.actor.is_empty() || !self.actor.bytes().all(plain) {
            return wrong("apify.actor", "must be an id, or user~name");
        }
        let visible =
            |token: &SecretString| token.expose_secret().bytes().all(|b| b.is_ascii_graphic());
        if !self.token().is_none_or(visible) {
            return wrong("apify.token", "must be visible ASCII characters");
        }
        Ok(())
    }
}

impl IngestConfig {
    /// Refuses limits under which nothing could ever be taken in, and addresses to which the token
    /// would go in the clear.
    ///
    /// # Errors
    /// [`ConfigError`] naming the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let at_least_one = [
            ("max_bytes", self.max_bytes),
            ("max_video_duration_s", self.max_video_duration_s.into()),
            ("connect_timeout_s", self.connect_timeout_s),
            ("idle_timeout_s", self.idle_timeout_s),
            ("total_timeout_s", self.total_timeout_s),
            ("apify.attempts", self.apify.attempts.into()),
            ("apify.backoff_ms", self.apify.backoff_ms),
            ("apify.request_timeout_s", self.apify.request_timeout_s),
            ("apify.poll_interval_ms", self.apify.poll_interval_ms),
            ("apify.run_timeout_s", self.apify.run_timeout_s),
            ("apify.max_answer_bytes", self.apify.max_answer_bytes),
            ("breaker.failures", self.breaker.failures.into()),
            ("breaker.pause_s", self.breaker.pause_s),
        ];
        let wrong = |key, requirement| Err(ConfigError { key, requirement });
        if let Some((key, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
            return wrong(key, "must be at least 1");
        }
        if self.min_video_duration_s > self.max_video_duration_s {
            return wrong(
                "min_video_duration_s",
                "must not be over max_video_duration_s",
            );
        }
        self.apify.validate()?;
        match Url::parse(&self.apify.base_url) {
            Ok(url) if self.is_private(&url) => Ok(()),
            _ => wrong(
                "apify.base_url",
                "must be an https URL without user and query",
            ),
        }
    }

    /// Whether what is sent to this address is read by nobody on the way.
    fn is_private(&self, url: &Url) -> bool {
        let loopback = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => return false,
        };
        let scheme =
            url.scheme() == "https" || (url.scheme() == "http" && loopback && self.allow_loopback);
        scheme && url.username().is_empty() && url.password().is_none() && url.query().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_meant() {
        assert_eq!(IngestConfig::default().validate(), Ok(()));
    }

    #[test]
    fn the_token_goes_nowhere_in_the_clear() {
        let with = |url: &str, allow_loopback| {
            let mut config = IngestConfig {
                allow_loopback,
                ..IngestConfig::default()
            };
            config.apify.base_url = url.into();
            config.validate().is_ok()
        };
        assert!(with("https://relay.example.com/v2", false));
        assert!(with("http://127.0.0.1:8080/v2", true));
        assert!(with("http://[::1]:8080/v2", true));
        for (url, allow_loopback) in [
            ("http://127.0.0.1:8080/v2", false),
            ("http://api.apify.com/v2", true),
            ("https://user:secret@api.apify.com/v2", false),
            ("https://api.apify.com/v2?token=secret", false),
            ("file:///etc/passwd", true),
            ("api.apify.com/v2", true),
        ] {
            assert!(!with(url, allow_loopback), "{url}");
        }
    }

    #[test]
    fn no_output_shows_the_token() {
        let mut config = IngestConfig::default();
        config.apify.token = Some("apify_api_secret".into());
        assert_eq!(config.validate(), Ok(()));
        let shown = format!("{config:?}");
        assert!(!shown.contains("apify_api_secret"), "{shown}");
        config.apify.token = Some("apify_api_secret\n".into());
        let error = config.validate().unwrap_err().to_string();
        assert!(
            error.starts_with("ingest.apify.token") && !error.contains("secret"),
            "{error}"
        );
    }
}
