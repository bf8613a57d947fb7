//! What was removed while something else was being produced.

use crate::key::Key;
use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Most removals that are remembered; of a production that began before all of them nothing is known,
/// and nothing of it is stored.
const MAX_REMEMBERED: usize = 4096;

/// What was asked to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Removal {
    Key(Key),
    /// By its digest.
    Subject(String),
}

#[derive(Default)]
struct Known {
    /// How many there were so far.
    count: u64,
    /// The last of them.
    last: VecDeque<Removal>,
}

/// The last removals, so that an answer that was on its way is not stored after them.
#[derive(Default)]
pub(crate) struct Removals(Mutex<Known>);

impl Removals {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there were so far.
    pub fn count(&self) -> u64 {
        self.known().count
    }

    pub fn note(&self, removal: Removal) {
        let mut known = self.known();
        if known.last.len() >= MAX_REMEMBERED {
            known.last.pop_front();
        }
        known.last.push_back(removal);
        known.count += 1;
    }

    /// Whether an answer for `key` about `subjects` is unwanted that was begun after `since` removals.
    pub fn concern(&self, key: &Key, subjects: &[String], since: u64) -> bool {
        let known = self.known();
        let missed = usize::try_from(known.count - since).unwrap_or(usize::MAX);
        let mut recent = known.last.iter().rev().take(missed);
        missed > known.last.len()
            || recent.any(|removal| match removal {
                Removal::Key(removed) => removed == key,
                Removal::Subject(removed) => subjects.contains(removed),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Task;
    use serde_json::json;

    #[test]
    fn removals_concern_what_began_before_them() {
        let removals = Removals::default();
        let key = |number: u32| Key::of(&Task::new("t").unwrap(), &json!(number));
        removals.note(Removal::Key(key(1)));
        removals.note(Removal::Subject("s".into()));
        assert_eq!(removals.count(), 2);
        assert!(removals.concern(&key(1), &[], 0));
        assert!(!removals.concern(&key(1), &[], 1), "begun later");
        assert!(!removals.concern(&key(2), &[], 0));
        assert!(removals.concern(&key(2), &["s".into()], 1));
        assert!(!removals.concern(&key(2), &["s".into()], 2));
    }

    #[test]
    fn the_memory_is_bounded_and_what_is_older_is_not_trusted() {
        let removals = Removals::default();
        for number in 0..=MAX_REMEMBERED {
            removals.note(Removal::Subject(number.to_string()));
        }
        assert_eq!(removals.known().last.len(), MAX_REMEMBERED);
        let key = Key::of(&Task::new("t").unwrap(), &json!(1));
        assert!(removals.concern(&key, &[], 0));
        assert!(!removals.concern(&key, &[], 1));
    }
}
