//! How the broker is reached, and how long anything may take.

use super::ConnectError;
use lapin::uri::AMQPUri;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use std::{fmt, time::Duration};

/// Where the broker is looked for if nothing is said.
pub const DEFAULT_URL: &str = "amqp://127.0.0.1:5672/rumiai";
/// What the connections are called at the broker.
pub const DEFAULT_CONNECTION_NAME: &str = "rumiai";
/// Silence after which a connection is given up is twice this, in seconds.
pub const DEFAULT_HEARTBEAT_S: u16 = 10;
/// Longest wait for one connection, in seconds.
pub const DEFAULT_CONNECT_TIMEOUT_S: u64 = 10;
/// Longest wait for the very first connection, in seconds.
pub const DEFAULT_FIRST_CONNECT_PATIENCE_S: u64 = 30;
/// Longest wait for the proof that a message is out, in seconds.
pub const DEFAULT_PUBLISH_TIMEOUT_S: u64 = 30;
/// Shortest wait before connecting again, in milliseconds.
pub const DEFAULT_BACKOFF_MIN_MS: u64 = 200;
/// Longest wait before connecting again, in milliseconds.
pub const DEFAULT_BACKOFF_MAX_MS: u64 = 30_000;
/// A longer wait than this before connecting again is not accepted, in milliseconds.
pub const MAX_BACKOFF_MS: u64 = 30_000;
/// Longest heartbeat accepted, in seconds: a dead connection must be noticed within minutes.
pub const MAX_HEARTBEAT_S: u16 = 120;

/// How the broker is reached.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RabbitConfig {
    /// `amqp://user:password@host:port/vhost`, or `amqps://` for TLS. Never shown.
    #[serde(serialize_with = "redacted")]
    pub url: SecretString,
    /// What the connections are called at the broker.
    pub connection_name: String,
    /// Interval of heartbeats, in seconds; after twice as long a silent connection is given up.
    pub heartbeat_s: u16,
    /// Longest wait for one connection, in seconds.
    pub connect_timeout_s: u64,
    /// Longest wait for the very first connection, in seconds.
    pub first_connect_patience_s: u64,
    /// Longest wait for the proof that a message is out, in seconds.
    pub publish_timeout_s: u64,
    /// Shortest wait before connecting again, in milliseconds.
    pub backoff_min_ms: u64,
    /// Longest wait before connecting again, in milliseconds.
    pub backoff_max_ms: u64,
}

impl Default for RabbitConfig {
    fn default() -> Self {
        Self {
            url: DEFAULT_URL.into(),
            connection_name: DEFAULT_CONNECTION_NAME.into(),
            heartbeat_s: DEFAULT_HEARTBEAT_S,
            connect_timeout_s: DEFAULT_CONNECT_TIMEOUT_S,
            first_connect_patience_s: DEFAULT_FIRST_CONNECT_PATIENCE_S,
            publish_timeout_s: DEFAULT_PUBLISH_TIMEOUT_S,
            backoff_min_ms: DEFAULT_BACKOFF_MIN_MS,
            backoff_max_ms: DEFAULT_BACKOFF_MAX_MS,
        }
    }
}

fn redacted<S: Serializer>(_: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("<secret>")
}

impl fmt::Debug for RabbitConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RabbitConfig")
            .field("url", &self.address())
            .field("connection_name", &self.connection_name)
            .field("heartbeat_s", &self.heartbeat_s)
            .field("connect_timeout_s", &self.connect_timeout_s)
            .field("first_connect_patience_s", &self.first_connect_patience_s)
            .field("publish_timeout_s", &self.publish_timeout_s)
            .field("backoff_min_ms", &self.backoff_min_ms)
            .field("backoff_max_ms", &self.backoff_max_ms)
            .finish()
    }
}

impl RabbitConfig {
    /// The defaults, for the broker at `url`.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// Refuses settings with which nothing could work.
    ///
    /// # Errors
    /// [`ConnectError::Setting`] naming the setting.
    pub fn validate(&self) -> Result<(), ConnectError> {
        self.uri()?;
        let sound = [
            (
                "heartbeat_s",
                (1..=MAX_HEARTBEAT_S).contains(&self.heartbeat_s),
            ),
            ("connect_timeout_s", self.connect_timeout_s > 0),
            ("publish_timeout_s", self.publish_timeout_s > 0),
            ("backoff_min_ms", self.backoff_min_ms > 0),
            (
                "backoff_max_ms",
                (self.backoff_min_ms..=MAX_BACKOFF_MS).contains(&self.backoff_max_ms),
            ),
        ];
        match sound.into_iter().find(|(_, sound)| !sound) {
            Some((key, _)) => Err(ConnectError::Setting { key }),
            None => Ok(()),
        }
    }

    /// Where the broker is, without the password.
    #[must_use]
    pub fn address(&self) -> String {
        let Ok(uri) = self.uri() else {
            return "<not an AMQP address>".into();
        };
        let authority = &uri.authority;
        let (user, host) = (&authority.userinfo.username, &authority.host);
        let scheme = uri.scheme.to_string();
        format!("{scheme}://{user}@{host}:{}/{}", authority.port, uri.vhost)
    }

    /// The address with heartbeat and timeout said explicitly.
    pub(super) fn uri(&self) -> Result<AMQPUri, ConnectError> {
        let parsed = self.url.expose_secret().parse::<AMQPUri>();
        let mut uri = parsed.map_err(|_| ConnectError::Setting { key: "url" })?;
        uri.query.heartbeat = Some(self.heartbeat_s);
        uri.query.connection_timeout = Some(self.connect_timeout_s.saturating_mul(1000));
        Ok(uri)
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        Duration::from_secs(self.connect_timeout_s)
    }
    pub(super) fn first_connect_patience(&self) -> Duration {
        Duration::from_secs(self.first_connect_patience_s)
    }
    pub(super) fn publish_timeout(&self) -> Duration {
        Duration::from_secs(self.publish_timeout_s)
    }
    pub(super) fn backoff_min(&self) -> Duration {
        Duration::from_millis(self.backoff_min_ms)
    }

    /// The wait before the attempt after `failures` failed ones: it doubles each time, up to the
    /// longest, and half of it is chance, so that workers do not come back all at once.
    pub(super) fn backoff(&self, failures: u32) -> Duration {
        let doubled = 2_u64
            .saturating_pow(failures)
            .saturating_mul(self.backoff_min_ms);
        let whole = doubled.min(self.backoff_max_ms);
        let half = whole / 2;
        Duration::from_millis(whole - half + fastrand::u64(0..=half))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_the_password() {
        let config = RabbitConfig::at("amqp://worker:hunter2@broker:5672/rumiai");
        let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(
            shown.contains("amqp://worker@broker:5672/rumiai"),
            "{shown}"
        );
    }

    #[test]
    fn an_address_that_is_none_is_named_without_being_shown() {
        let error = RabbitConfig::at("http://me:hunter2@broker")
            .validate()
            .unwrap_err();
        assert!(error.to_string().contains("broker.url"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let broken = |change: fn(&mut RabbitConfig)| {
            let mut config = RabbitConfig::default();
            change(&mut config);
            config.validate().unwrap_err().to_string()
        };
        assert!(broken(|config| config.heartbeat_s = 0).contains("broker.heartbeat_s"));
        assert!(broken(|config| config.publish_timeout_s = 0).contains("broker.publish_timeout_s"));
        assert!(broken(|config| config.backoff_max_ms = 30_001).contains("broker.backoff_max_ms"));
        assert!(broken(|config| config.backoff_max_ms = 1).contains("broker.backoff_max_ms"));
        RabbitConfig::default().validate().unwrap();
    }

    #[test]
    fn unknown_settings_are_refused() {
        let read = serde_json::from_str::<RabbitConfig>(r#"{"heartbeat": 5}"#);
        assert!(read.unwrap_err().to_string().contains("heartbeat"));
        let config: RabbitConfig = serde_json::from_str(r#"{"heartbeat_s": 5}"#).unwrap();
        assert_eq!(config.heartbeat_s, 5);
    }

    #[test]
    fn waits_double_up_to_the_longest_and_vary() {
        let config = RabbitConfig::default();
        for failures in 0..40 {
            let whole = (200_u64 << failures.min(20)).min(30_000);
            let wait = config.backoff(failures);
            assert!(wait <= Duration::from_millis(whole), "{failures}: {wait:?}");
            assert!(
                wait >= Duration::from_millis(whole / 2),
                "{failures}: {wait:?}"
            );
        }
        let waits: std::collections::BTreeSet<_> = (0..50).map(|_| config.backoff(10)).collect();
        assert!(waits.len() > 10, "{waits:?}");
    }

    #[test]
    fn heartbeats_are_explicit_whatever_the_address_says() {
        let mut config = RabbitConfig::at("amqp://broker/rumiai?heartbeat=0");
        config.heartbeat_s = 7;
        assert_eq!(config.uri().unwrap().query.heartbeat, Some(7));
    }
}
