//! How often was cleared: part of every name, so that what was cleared is never found again.

use crate::key::Task;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What a clear is of: everything, or one task.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Field {
    All,
    Task(Task),
}

const ALL: &str = "all";
const TASK: &str = "task:";

impl Field {
    /// Its name in the shared tier.
    pub fn name(&self) -> String {
        match self {
            Self::All => ALL.into(),
            Self::Task(task) => format!("{TASK}{}", task.as_str()),
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        if name == ALL {
            return Some(Self::All);
        }
        let task = name.strip_prefix(TASK)?;
        Task::new(task).ok().map(Self::Task)
    }
}

#[derive(Default)]
struct Counts {
    of: BTreeMap<Field, u64>,
    /// Clears that the shared tier has not heard of.
    pending: BTreeSet<Field>,
}

/// The counts that this process knows. They only grow, each in its own way everywhere, and so does
/// the sum of two: a number that has passed never comes back.
#[derive(Default)]
pub(crate) struct Generations(Mutex<Counts>);

impl Generations {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The generation of entries of a task.
    pub fn current(&self, task: &Task) -> u64 {
        self.count(&Field::All) + self.count(&Field::Task(task.clone()))
    }

    /// How often this was cleared.
    pub fn count(&self, field: &Field) -> u64 {
        self.counts().of.get(field).copied().unwrap_or_default()
    }

    /// Counts a clear here; the count.
    pub fn bump(&self, field: &Field) -> u64 {
        let mut counts = self.counts();
        let count = counts.of.entry(field.clone()).or_default();
        *count += 1;
        *count
    }

    /// Takes over a count of the shared tier, if it is higher; whether it was.
    pub fn raise(&self, field: &Field, to: u64) -> bool {
        let mut counts = self.counts();
        let count = counts.of.entry(field.clone()).or_default();
        let higher = to > *count;
        *count = to.max(*count);
        higher
    }

    /// Remembers to tell the shared tier of a clear.
    pub fn owe(&self, field: Field) {
        self.counts().pending.insert(field);
    }
    /// Takes what the shared tier is to be told.
    pub fn take_owed(&self) -> BTreeSet<Field> {
        std::mem::take(&mut self.counts().pending)
    }
    /// All counts.
    pub fn all(&self) -> BTreeMap<Field, u64> {
        self.counts().of.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_clear_makes_a_number_that_never_was() {
        let generations = Generations::default();
        let (one, other) = (Task::new("one").unwrap(), Task::new("other").unwrap());
        let mut seen = BTreeSet::from([generations.current(&one)]);
        for field in [Field::All, Field::Task(one.clone()), Field::All] {
            generations.bump(&field);
            assert!(seen.insert(generations.current(&one)), "{field:?}");
        }
        assert_eq!(generations.current(&other), 2, "clears of all alone");
        assert!(!generations.raise(&Field::All, 1), "never back");
        assert!(generations.raise(&Field::All, 5));
        assert_eq!(generations.current(&one), 6);
    }

    #[test]
    fn names_are_read_back() {
        for field in [Field::All, Field::Task(Task::new("a.b").unwrap())] {
            assert_eq!(Field::parse(&field.name()), Some(field));
        }
        assert_eq!(Field::parse("task:A*"), None);
        assert_eq!(Field::parse("other"), None);
    }
}
