//! Encryption of what other programs can read.

use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretBox};
use std::sync::Arc;

/// A key for AES-256-GCM; never printed, erased when dropped.
#[derive(Clone)]
pub struct EncryptionKey(Arc<SecretBox<[u8; 32]>>);

/// Text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an encryption key of the cache is 64 hexadecimal digits; make one with openssl rand -hex 32"
)]
pub struct EncryptionKeyError;

impl EncryptionKey {
    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`EncryptionKeyError`], which does not repeat them.
    pub fn from_hex(digits: &str) -> Result<Self, EncryptionKeyError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits.trim(), &mut bytes).map_err(|_| EncryptionKeyError)?;
        Ok(Self(Arc::new(SecretBox::new(Box::new(bytes)))))
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        let key = UnboundKey::new(&AES_256_GCM, self.0.expose_secret()).ok()?;
        Some(LessSafeKey::new(key))
    }

    /// Encrypts `plain`, bound to the name it is stored under.
    pub(crate) fn seal(&self, name: &str, mut plain: Vec<u8>) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let cipher = self.cipher()?;
        let unique = Nonce::assume_unique_for_key(nonce);
        cipher
            .seal_in_place_append_tag(unique, Aad::from(name), &mut plain)
            .ok()?;
        Some([nonce.as_slice(), &plain].concat())
    }

    /// Decrypts what [`EncryptionKey::seal`] made under the same name; `None` for anything else.
    pub(crate) fn open(&self, name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut bytes = rest.to_vec();
        let plain = self
            .cipher()?
            .open_in_place(nonce, Aad::from(name), &mut bytes)
            .ok()?;
        Some(plain.to_vec())
    }
}

impl std::fmt::Debug for EncryptionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("EncryptionKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_under_its_name_alone() {
        let key = EncryptionKey::from_hex(&"7f".repeat(32)).unwrap();
        let sealed = key.seal("here", b"plain text".to_vec()).unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"plain"));
        assert_eq!(key.open("here", &sealed).unwrap(), b"plain text");
        assert_eq!(key.open("there", &sealed), None, "moved to another name");
        let other = EncryptionKey::from_hex(&"70".repeat(32)).unwrap();
        assert_eq!(other.open("here", &sealed), None, "another key");
        let mut changed = sealed.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(key.open("here", &changed), None, "changed");
        assert_eq!(key.open("here", b"short"), None);
        assert_ne!(key.seal("here", b"plain text".to_vec()).unwrap(), sealed);
    }

    #[test]
    fn keys_are_read_and_not_printed() {
        assert!(EncryptionKey::from_hex("12").is_err());
        assert!(EncryptionKey::from_hex(&"zz".repeat(32)).is_err());
        let key = EncryptionKey::from_hex(&"ab".repeat(32)).unwrap();
        assert!(!format!("{key:?}").contains("171"));
    }
}
