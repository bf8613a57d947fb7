//! Names of stored artifacts, and references that prove what they name.

use crate::ids::{InvalidId, JobId, Sha256};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest key accepted, in bytes.
pub const MAX_KEY_BYTES: usize = 512;

/// Where an artifact lies: a relative path of plain segments, as `jobs/<job>/shots/shots.json`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ArtifactKey(String);

/// Why a text is not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an artifact key: use segments of letters, digits and '._@-' joined by '/'")]
pub struct InvalidKey(String);

impl ArtifactKey {
    /// Accepts segments of `[A-Za-z0-9._@-]`, none of them empty or made of dots alone.
    ///
    /// # Errors
    /// [`InvalidKey`] naming the refused text.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidKey> {
        let text = text.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._@-".contains(&byte);
        let plain = |segment: &str| {
            segment.bytes().all(allowed) && segment.bytes().any(|byte| byte != b'.')
        };
        if text.len() > MAX_KEY_BYTES || !text.split('/').all(plain) {
            return Err(InvalidKey(text.chars().take(MAX_KEY_BYTES).collect()));
        }
        Ok(Self(text))
    }
    /// `jobs/<job>/<stage>/<name>`: fresh for every job.
    ///
    /// # Errors
    /// [`InvalidKey`] if `name` is not made of plain segments.
    pub fn of_job(job: &JobId, stage: &str, name: &str) -> Result<Self, InvalidKey> {
        Self::new(format!("jobs/{job}/{stage}/{name}"))
    }
    /// `media/<sha256>/<name>`: stored once, however often the same bytes are submitted.
    ///
    /// # Errors
    /// [`InvalidKey`] if `name` is not made of plain segments.
    pub fn of_media(media: Sha256, name: &str) -> Result<Self, InvalidKey> {
        Self::new(format!("media/{media}/{name}"))
    }
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// The last segment.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}
impl TryFrom<String> for ArtifactKey {
    type Error = InvalidKey;
    fn try_from(text: String) -> Result<Self, InvalidKey> {
        Self::new(text)
    }
}
impl From<ArtifactKey> for String {
    fn from(key: ArtifactKey) -> Self {
        key.0
    }
}
impl fmt::Display for ArtifactKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
impl From<InvalidId> for InvalidKey {
    fn from(error: InvalidId) -> Self {
        Self(error.to_string())
    }
}

/// Names stored bytes and proves them: a reader checks size and digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactRef {
    /// Where the bytes lie.
    pub key: ArtifactKey,
    /// SHA-256 of all bytes.
    pub digest: Sha256,
    /// How many there are.
    pub size_bytes: u64,
}
