//! Identifiers: what may be one, and how derived ones are derived.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Longest identifier accepted, in bytes.
pub const MAX_ID_BYTES: usize = 64;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an id: use 1 to {MAX_ID_BYTES} letters, digits, '-' or '_'")]
pub struct InvalidId(String);

fn check(text: &str) -> Result<(), InvalidId> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if text.is_empty() || text.len() > MAX_ID_BYTES || !text.bytes().all(allowed) {
        return Err(InvalidId(text.chars().take(MAX_ID_BYTES).collect()));
    }
    Ok(())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Accepts `^[A-Za-z0-9_-]{1,64}$` and nothing else.
            ///
            /// # Errors
            /// [`InvalidId`] naming the refused text.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                check(&text)?;
                Ok(Self(text))
            }
            /// The identifier as text, safe in keys and file names.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// One request to analyse one video. Fresh for every request, even of the same video.
    JobId
}
text_id! {
    /// Jobs that were submitted together.
    BatchName
}
text_id! {
    /// What consumers call the video: the platform's id, or the stem of the file's name.
    VideoId
}

impl JobId {
    /// The job of a request that names itself: the same name is the same job, however often the
    /// request is delivered (RFC 9562, version 5).
    #[must_use]
    pub fn of_request(name: &str) -> Self {
        let name = format!("rumiai/request/{name}");
        Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string())
    }
}

impl VideoId {
    /// Makes an id of any name: every character that may not stand in an id becomes `_`,
    /// and an over-long name is cut. A name with nothing usable in it gives `video`.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let safe: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' {
                    c
                } else {
                    '_'
                }
            })
            .take(MAX_ID_BYTES)
            .collect();
        if safe.bytes().all(|byte| byte == b'_') {
            Self("video".into())
        } else {
            Self(safe)
        }
    }
}

/// A SHA-256 digest (FIPS 180-4), written as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }
    /// A digest computed elsewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<sha2::Sha256> for Sha256 {
    fn from(hasher: sha2::Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}
impl TryFrom<String> for Sha256 {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}
impl FromStr for Sha256 {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| InvalidId(text.chars().take(MAX_ID_BYTES).collect()))?;
        Ok(Self(bytes))
    }
}
impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}
impl fmt::Display for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(self.0))
    }
}
impl fmt::Debug for Sha256 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Identifies a message. Derived from job, stage and stage version, so that a replay carries
/// the same id and is recognised everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(Uuid);

impl MessageId {
    /// Name-based UUID (RFC 9562, version 5) over job, stage and message version.
    #[must_use]
    pub fn derive(job: &JobId, stage: &str, version: u16) -> Self {
        let name = format!("rumiai/{job}/{stage}/{version}");
        Self(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()))
    }
}
impl fmt::Display for MessageId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}
