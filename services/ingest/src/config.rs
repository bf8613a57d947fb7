//! Limits of what is taken in.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Largest file accepted, in bytes: 500 MiB.
pub const MAX_BYTES: u64 = 500 << 20;
/// Longest wait for a connection, in seconds.
pub const CONNECT_TIMEOUT_S: u64 = 10;
/// Longest wait for the next bytes, in seconds.
pub const IDLE_TIMEOUT_S: u64 = 30;
/// Longest download, in seconds.
pub const TOTAL_TIMEOUT_S: u64 = 600;
/// Most redirects followed.
pub const MAX_REDIRECTS: u32 = 3;

/// Limits of `ingest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IngestConfig {
    /// Largest file accepted, in bytes.
    pub max_bytes: u64,
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
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            max_bytes: MAX_BYTES,
            connect_timeout_s: CONNECT_TIMEOUT_S,
            idle_timeout_s: IDLE_TIMEOUT_S,
            total_timeout_s: TOTAL_TIMEOUT_S,
            max_redirects: MAX_REDIRECTS,
            ca_file: None,
            allow_loopback: false,
        }
    }
}

/// A setting that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ingest.{key} must be at least 1")]
pub struct ConfigError {
    key: &'static str,
}

impl IngestConfig {
    /// Refuses limits of zero, under which nothing could ever be taken in.
    ///
    /// # Errors
    /// [`ConfigError`] naming the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let at_least_one = [
            ("max_bytes", self.max_bytes),
            ("connect_timeout_s", self.connect_timeout_s),
            ("idle_timeout_s", self.idle_timeout_s),
            ("total_timeout_s", self.total_timeout_s),
        ];
        match at_least_one.into_iter().find(|(_, value)| *value == 0) {
            Some((key, _)) => Err(ConfigError { key }),
            None => Ok(()),
        }
    }
}
