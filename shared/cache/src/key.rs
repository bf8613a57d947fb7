//! Names of entries.

use contracts::canonical_json;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{fmt, sync::Arc};

/// Version of how keys are made; another version finds nothing of this one.
const KEY_VERSION: u32 = 1;
/// Longest name of a task.
const MAX_NAME_BYTES: usize = 64;

/// A name that cannot be part of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be part of a key; use 1 to {MAX_NAME_BYTES} characters of a-z, 0-9, dot, dash and underscore"
)]
pub struct TaskError(pub String);

/// Refuses what would mean something else in a key or in a pattern of keys.
pub(crate) fn check_name(name: &str) -> Result<(), TaskError> {
    let fits = (1..=MAX_NAME_BYTES).contains(&name.len());
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9') || b"._-".contains(&byte);
    if fits && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(TaskError(name.into()))
    }
}

/// What kind of work an answer is of, as `signal.classify`; entries can be cleared by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Task(Arc<str>);

impl Task {
    /// Takes a name.
    ///
    /// # Errors
    /// [`TaskError`] if it cannot be part of a key.
    pub fn new(name: &str) -> Result<Self, TaskError> {
        check_name(name)?;
        Ok(Self(name.into()))
    }
    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of one entry: its task, and a digest of everything that shapes the answer. As long for
/// one task whatever was asked, and nothing of that can be read from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    task: Task,
    digest: [u8; 32],
}

impl Key {
    /// The key of what `document` asks: provider, model and its digest, version of the interface, the
    /// whole request after templating, the schema, the normaliser. Whatever is left out of the document
    /// cannot change the answer, or the cache would give the wrong one.
    #[must_use]
    pub fn of(task: &Task, document: &Value) -> Self {
        let whole = json!({ "kv": KEY_VERSION, "task": task.as_str(), "of": document });
        Self {
            task: task.clone(),
            digest: Sha256::digest(canonical_json(&whole)).into(),
        }
    }

    /// Its task.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// The digest in hexadecimal digits, for logs and for finding the entry again.
    #[must_use]
    pub fn digest_hex(&self) -> String {
        hex::encode(self.digest)
    }

    /// The key that [`Key::digest_hex`] was written of.
    #[must_use]
    pub fn from_hex(task: &Task, digest: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(digest, &mut bytes).ok()?;
        Some(Self {
            task: task.clone(),
            digest: bytes,
        })
    }
}

/// A key as of a number of clears: what was stored before the last one is never found again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Slot {
    pub generation: u64,
    pub key: Key,
}

impl Slot {
    /// Its name in the shared tier.
    pub fn name(&self, namespace: &str) -> String {
        format!("{namespace}:{self}")
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { generation, key } = self;
        let (task, digest) = (key.task.as_str(), key.digest_hex());
        write!(formatter, "g{generation}:{task}:{digest}")
    }
}

/// Generation and task of a name in the shared tier, if it is one of an entry.
pub(crate) fn generation_and_task<'a>(namespace: &str, name: &'a str) -> Option<(u64, &'a str)> {
    let rest = name.strip_prefix(namespace)?.strip_prefix(":g")?;
    let mut parts = rest.split(':');
    let found = (parts.next()?.parse().ok()?, parts.next()?);
    (parts.next().is_some() && parts.next().is_none()).then_some(found)
}

/// What stands for whom an answer is about, so that their names are stored nowhere.
pub(crate) fn subject_digest(subject: &str) -> String {
    hex::encode(Sha256::digest(subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task::new("signal.classify").unwrap()
    }

    #[test]
    fn names_that_mean_something_in_patterns_are_refused() {
        for name in ["", "a:b", "a*", "A", "a b", "[a]", "ä", &"x".repeat(65)] {
            assert_eq!(Task::new(name), Err(TaskError(name.into())));
        }
        assert!(Task::new("video.creative_density-2").is_ok());
    }

    #[test]
    fn every_name_of_a_task_is_as_long() {
        let short = Key::of(&task(), &json!(""));
        let long = Key::of(&task(), &json!("x".repeat(10_000)));
        let name = |key: &Key| {
            let key = key.clone();
            Slot { generation: 8, key }.name("llmcache")
        };
        assert_eq!(name(&short).len(), name(&long).len());
        assert!(name(&short).starts_with("llmcache:g8:signal.classify:"));
    }

    #[test]
    fn a_key_is_read_back_from_its_digits() {
        let key = Key::of(&task(), &json!({"a": 1}));
        assert_eq!(Key::from_hex(&task(), &key.digest_hex()), Some(key));
        assert_eq!(Key::from_hex(&task(), "12"), None);
    }

    #[test]
    fn names_are_read_back_and_others_are_not() {
        let key = Key::of(&task(), &json!(1));
        let name = Slot {
            generation: 12,
            key,
        }
        .name("n");
        assert_eq!(
            generation_and_task("n", &name),
            Some((12, "signal.classify"))
        );
        for other in [
            "n:generations",
            "m:g1:a:b",
            "n:gx:a:b",
            "n:g1:a",
            "n:g1:a:b:c",
        ] {
            assert_eq!(generation_and_task("n", other), None, "{other}");
        }
    }

    #[test]
    fn the_task_is_part_of_the_digest() {
        let other = Task::new("lead.dossier").unwrap();
        let document = json!({"body": "x"});
        assert_ne!(
            Key::of(&task(), &document).digest_hex(),
            Key::of(&other, &document).digest_hex()
        );
    }
}
