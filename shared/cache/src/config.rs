//! Settings.

use crate::{
    key::{Task, TaskError, check_name},
    seal::EncryptionKey,
};
use secrecy::SecretString;
use std::{collections::BTreeMap, time::Duration};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How much is kept, how long, and where.
#[derive(Debug, Clone)]
pub struct CacheConfig {
    /// First part of every name in the shared tier; caches with the same one share their entries.
    pub namespace: String,
    /// Whether anything is looked up or stored; if not, every request is a bypass.
    pub enabled: bool,
    /// Most entries in this process.
    pub max_entries: usize,
    /// Most bytes of entries in this process.
    pub max_bytes: usize,
    /// Largest value that is stored, in bytes; never over [`CacheConfig::VALUE_LIMIT_BYTES`].
    pub max_value_bytes: usize,
    /// How long an entry holds; zero stores nothing.
    pub ttl: Duration,
    /// The same for some tasks.
    pub task_ttls: BTreeMap<Task, Duration>,
    /// Who makes the entries, as a program's version; told of them, never decided by.
    pub producer: String,
    /// Encrypts what is in the shared tier.
    pub encryption_key: Option<EncryptionKey>,
    /// The tier that processes share.
    pub redis: Option<RedisConfig>,
}

impl CacheConfig {
    /// Most bytes of an entry as a whole: what is unpacked never takes more.
    pub const VALUE_LIMIT_BYTES: usize = 256 * 1024;

    /// Refuses settings that cannot be meant.
    ///
    /// # Errors
    /// [`ConfigError`], naming the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        check_name(&self.namespace).map_err(ConfigError::Namespace)?;
        if self.max_entries == 0 || self.max_bytes == 0 {
            return Err(ConfigError::NoRoom);
        }
        if self.max_value_bytes > Self::VALUE_LIMIT_BYTES {
            return Err(ConfigError::LargeValues(self.max_value_bytes));
        }
        Ok(())
    }
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            namespace: "llmcache".into(),
            enabled: true,
            max_entries: 1000,
            max_bytes: 64 << 20,
            max_value_bytes: Self::VALUE_LIMIT_BYTES,
            ttl: 30 * DAY,
            task_ttls: BTreeMap::new(),
            producer: String::new(),
            encryption_key: None,
            redis: None,
        }
    }
}

/// How the shared tier is reached, and what happens when it is not.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// `redis://` or `rediss://`, with user and password.
    pub url: SecretString,
    /// Longest wait for the answer to one operation of a request.
    pub op_timeout: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time an entry is believed without asking the shared tier again.
    pub local_ttl: Duration,
    /// Operations that fail one after the other until none is tried any more.
    pub breaker_failures: u32,
    /// How long none is tried then.
    pub breaker_open: Duration,
    /// Longest wait between two tries to connect.
    pub reconnect_max: Duration,
    /// How often what was cleared elsewhere is asked for, besides being told.
    pub sync_every: Duration,
    /// Whether processes wait for each other's productions, too.
    pub lock: bool,
    /// How long such a wait lasts at most.
    pub lock_ttl: Duration,
}

impl RedisConfig {
    /// The defaults, at a URL.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self {
            url: url.into(),
            op_timeout: Duration::from_millis(50),
            connect_timeout: Duration::from_millis(500),
            local_ttl: Duration::from_secs(300),
            breaker_failures: 5,
            breaker_open: Duration::from_secs(5),
            reconnect_max: Duration::from_secs(5),
            sync_every: Duration::from_secs(30),
            lock: false,
            lock_ttl: Duration::from_secs(60),
        }
    }
}

/// Settings that cannot be meant.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The namespace would break the names of entries.
    #[error("namespace of the cache is unusable")]
    Namespace(#[source] TaskError),
    /// Nothing fits.
    #[error("the cache has no room; max_entries and max_bytes must be above zero")]
    NoRoom,
    /// Values that no reader would unpack.
    #[error("max_value_bytes is {0}, limit is {limit}", limit = CacheConfig::VALUE_LIMIT_BYTES)]
    LargeValues(usize),
    /// Not the URL of a Redis; what it holds is not repeated, a password may be in it.
    #[error("the URL of redis cannot be used; write redis://user:password@host:port/number")]
    Url,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_meant_are_refused() {
        let valid = CacheConfig::default();
        assert!(valid.validate().is_ok());
        let colon = CacheConfig {
            namespace: "a:b".into(),
            ..valid.clone()
        };
        assert!(matches!(colon.validate(), Err(ConfigError::Namespace(_))));
        let empty = CacheConfig {
            max_bytes: 0,
            ..valid.clone()
        };
        assert!(matches!(empty.validate(), Err(ConfigError::NoRoom)));
        let large = CacheConfig {
            max_value_bytes: 1 << 20,
            ..valid
        };
        assert!(matches!(large.validate(), Err(ConfigError::LargeValues(_))));
    }

    #[test]
    fn the_password_is_not_in_what_is_printed() {
        let config = RedisConfig::at("redis://:hidden@127.0.0.1:1");
        assert!(!format!("{config:?}").contains("hidden"));
    }
}
