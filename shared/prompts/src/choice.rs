//! Who gets which version: by digest, so that the same unit always gets the same.

use sha2::{Digest as _, Sha256};

/// Where a unit falls: the first eight bytes of SHA-256 of `name|salt|unit`, big-endian, modulo
/// the total weight; `None` if that is zero.
#[must_use]
pub fn bucket(name: &str, salt: &str, unit: &str, total: u64) -> Option<u64> {
    hashed(&format!("{name}|{salt}|{unit}")).checked_rem(total)
}

/// Whether a unit is among the share of units (0–1) that also runs the shadow versions.
#[must_use]
pub fn is_sampled(name: &str, salt: &str, unit: &str, share: f64) -> bool {
    // 53 bits are all that a double holds exactly.
    let position = hashed(&format!("{name}|shadow|{salt}|{unit}")) >> 11;
    (position as f64) < share * (1u64 << 53) as f64
}

fn hashed(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    let first = digest.iter().take(8);
    first.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
