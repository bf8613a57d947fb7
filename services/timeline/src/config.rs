//! Limits of the stage. Formulas have no settings: a metric has one definition.

use crate::Error;
use serde::{Deserialize, Serialize};

const MAX_DURATION_SECONDS: u64 = 6 * 60 * 60;
const MAX_RESULT_BYTES: u64 = 64 * 1024 * 1024;
const MAX_LIST_ITEMS: usize = 200_000;

/// How much the stage accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Longest video, in seconds; a longer one is rejected.
    pub max_duration_seconds: u64,
    /// Largest stored result of another stage, in bytes; a larger one counts as not measured.
    pub max_result_bytes: u64,
    /// Longest list in such a result; a result with a longer one counts as not measured.
    pub max_list_items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_duration_seconds: MAX_DURATION_SECONDS,
            max_result_bytes: MAX_RESULT_BYTES,
            max_list_items: MAX_LIST_ITEMS,
        }
    }
}

impl Limits {
    /// Checks that every limit lets something through.
    ///
    /// # Errors
    /// [`Error::ZeroLimit`] naming the first limit that does not.
    pub fn validate(&self) -> Result<(), Error> {
        let limits = [
            ("max_duration_seconds", self.max_duration_seconds),
            ("max_result_bytes", self.max_result_bytes),
            ("max_list_items", self.max_list_items as u64),
        ];
        match limits.iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(Error::ZeroLimit { name }),
            None => Ok(()),
        }
    }
}
