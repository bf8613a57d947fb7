//! Which text a prompt was made of: name, version, digest.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// Hexadecimal digits of the digest in an identity.
const SHOWN_DIGITS: usize = 12;

/// `name@version#digest` of one template: told in results, logs and metrics.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The template.
    pub name: String,
    /// Its version.
    pub version: String,
    /// First twelve hexadecimal digits of the SHA-256 of all that shapes its prompts.
    pub digest: String,
}

impl Identity {
    pub(crate) fn new(name: &str, version: &str, digest: Digest) -> Self {
        let mut digest = hex::encode(digest.bytes());
        digest.truncate(SHOWN_DIGITS);
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            digest,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}#{}", self.name, self.version, self.digest)
    }
}

/// A SHA-256 over parts, each with its length before it: parts that are cut otherwise never have
/// the same digest.
#[derive(Clone)]
pub(crate) struct Digest(Sha256);

impl Digest {
    pub(crate) fn new(domain: &str) -> Self {
        let mut digest = Self(Sha256::new());
        digest.part(domain.as_bytes());
        digest
    }

    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    pub(crate) fn bytes(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
