//! The tier in this process: the entries used last, by count and by bytes.

use crate::{
    entry::Entry,
    key::{Key, Slot, Task},
};
use lru::LruCache;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What an entry takes besides its texts and its value, in bytes, roughly.
const OVERHEAD_BYTES: usize = 256;
/// Most that an entry is about.
const MAX_SUBJECTS: usize = 1000;

struct Held {
    entry: Arc<Entry>,
    /// Digests of whom it is about; more may be known here than in the entry.
    subjects: Vec<String>,
    until: Duration,
    bytes: usize,
}

struct Shelf {
    entries: LruCache<Slot, Held>,
    bytes: usize,
}

/// What a look found.
pub(crate) enum Look {
    Hit(Arc<Entry>),
    Expired,
    Miss,
}

/// What had to go for something new.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evicted {
    pub count: u64,
    pub bytes: u64,
}

/// True LRU: a look makes an entry the last to go.
pub(crate) struct Local {
    shelf: Mutex<Shelf>,
    max_entries: usize,
    max_bytes: usize,
}

impl Local {
    pub fn new(max_entries: usize, max_bytes: usize) -> Self {
        let shelf = Shelf {
            // Its own bound knows no bytes, so ours does both.
            entries: LruCache::unbounded(),
            bytes: 0,
        };
        Self {
            shelf: Mutex::new(shelf),
            max_entries,
            max_bytes,
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn look(&self, slot: &Slot, now: Duration) -> Look {
        let mut shelf = self.shelf();
        match shelf.entries.get(slot) {
            Some(held) if now < held.until => Look::Hit(held.entry.clone()),
            Some(_) => {
                shelf.take(slot);
                Look::Expired
            }
            None => Look::Miss,
        }
    }

    /// Keeps an entry, unless it alone would be too much.
    pub fn put(&self, slot: Slot, entry: Arc<Entry>, until: Duration) -> Evicted {
        let bytes = weight(&slot, &entry);
        let mut shelf = self.shelf();
        shelf.take(&slot);
        let mut evicted = Evicted::default();
        if bytes > self.max_bytes {
            return evicted;
        }
        while shelf.entries.len() >= self.max_entries || shelf.bytes + bytes > self.max_bytes {
            let Some((_, gone)) = shelf.entries.pop_lru() else {
                break;
            };
            shelf.bytes -= gone.bytes;
            evicted.count += 1;
            evicted.bytes += gone.bytes as u64;
        }
        shelf.bytes += bytes;
        let held = Held {
            subjects: entry.subjects.clone(),
            entry,
            until,
            bytes,
        };
        shelf.entries.put(slot, held);
        evicted
    }

    /// Notes that an entry is about others, too. One that is about too many goes, because what is not
    /// noted could not be forgotten.
    pub fn tag(&self, slot: &Slot, subjects: &[String]) {
        let mut shelf = self.shelf();
        let Some(held) = shelf.entries.peek_mut(slot) else {
            return;
        };
        let mut more = 0;
        for subject in subjects {
            if !held.subjects.contains(subject) {
                held.subjects.push(subject.clone());
                more += subject.len();
            }
        }
        held.bytes += more;
        let too_many = held.subjects.len() > MAX_SUBJECTS;
        shelf.bytes += more;
        if too_many {
            shelf.take(slot);
        }
    }

    pub fn remove(&self, slot: &Slot) -> bool {
        self.shelf().take(slot)
    }

    /// Removes what `goes` says; how many there were.
    fn remove_where(&self, goes: impl Fn(&Slot, &Held) -> bool) -> u64 {
        let mut shelf = self.shelf();
        let going: Vec<Slot> = shelf
            .entries
            .iter()
            .filter(|(slot, held)| goes(slot, held))
            .map(|(slot, _)| slot.clone())
            .collect();
        going.iter().filter(|slot| shelf.take(slot)).count() as u64
    }

    pub fn remove_all(&self) -> u64 {
        self.remove_where(|_, _| true)
    }
    pub fn remove_task(&self, task: &Task) -> u64 {
        self.remove_where(|slot, _| slot.key.task() == task)
    }
    pub fn remove_key(&self, key: &Key) -> u64 {
        self.remove_where(|slot, _| slot.key == *key)
    }
    pub fn remove_subject(&self, digest: &str) -> u64 {
        self.remove_where(|_, held| held.subjects.iter().any(|subject| subject == digest))
    }
    pub fn remove_expired(&self, now: Duration) -> u64 {
        self.remove_where(|_, held| held.until <= now)
    }

    pub fn count(&self) -> usize {
        self.shelf().entries.len()
    }
    pub fn bytes(&self) -> usize {
        self.shelf().bytes
    }
}

impl Shelf {
    fn take(&mut self, slot: &Slot) -> bool {
        let taken = self.entries.pop(slot);
        self.bytes -= taken.as_ref().map_or(0, |held| held.bytes);
        taken.is_some()
    }
}

fn weight(slot: &Slot, entry: &Entry) -> usize {
    let texts = entry.task.len() + entry.producer.len() + slot.key.task().as_str().len();
    let schema = entry.schema.as_ref().map_or(0, String::len);
    let subjects: usize = entry.subjects.iter().map(String::len).sum();
    OVERHEAD_BYTES + texts + schema + subjects + entry.value.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SECOND: Duration = Duration::from_secs(1);

    fn slot(number: u32) -> Slot {
        let key = Key::of(&Task::new("t").unwrap(), &json!(number));
        Slot { generation: 0, key }
    }
    fn entry(bytes: usize) -> Arc<Entry> {
        Arc::new(Entry {
            v: 1,
            created_ms: 0,
            expires_ms: 0,
            task: String::new(),
            schema: None,
            cost_usd: None,
            took_ms: 0,
            producer: String::new(),
            subjects: Vec::new(),
            value: vec![0; bytes].into(),
        })
    }
    fn holds(local: &Local, number: u32) -> bool {
        matches!(local.look(&slot(number), SECOND), Look::Hit(_))
    }

    #[test]
    fn promise_05_d06_what_was_looked_at_last_goes_last() {
        let local = Local::new(3, 1 << 20);
        for number in 0..3 {
            local.put(slot(number), entry(1), 9 * SECOND);
        }
        assert!(holds(&local, 0), "a look, which first-in-first-out ignores");
        let evicted = local.put(slot(3), entry(1), 9 * SECOND);
        assert_eq!(evicted.count, 1);
        assert!(holds(&local, 0) && !holds(&local, 1) && holds(&local, 2) && holds(&local, 3));
    }

    #[test]
    fn promise_07_bytes_are_a_limit_and_are_given_back() {
        let one = weight(&slot(0), &entry(1000));
        let local = Local::new(100, 3 * one);
        for number in 0..10 {
            local.put(slot(number), entry(1000), 9 * SECOND);
            assert!(local.bytes() <= 3 * one);
        }
        assert_eq!(local.count(), 3);
        let evicted = local.put(slot(10), entry(2500), 9 * SECOND);
        assert!(evicted.count >= 2 && evicted.bytes >= 2 * one as u64);
        local.put(slot(11), entry(1 << 20), 9 * SECOND);
        assert!(!holds(&local, 11), "it alone is over the limit");
        assert!(holds(&local, 10), "and drives out nothing");
        local.remove_all();
        assert_eq!((local.count(), local.bytes()), (0, 0));
    }

    #[test]
    fn the_same_slot_again_is_one_entry() {
        let local = Local::new(10, 1 << 20);
        local.put(slot(1), entry(10), 9 * SECOND);
        local.put(slot(1), entry(20), 9 * SECOND);
        assert_eq!(local.count(), 1);
        assert_eq!(local.bytes(), weight(&slot(1), &entry(20)));
    }

    #[test]
    fn promise_07_time_ends_entries_when_they_are_looked_at_and_when_nobody_looks() {
        let local = Local::new(10, 1 << 20);
        local.put(slot(1), entry(1), 2 * SECOND);
        local.put(slot(2), entry(1), 2 * SECOND);
        local.put(slot(3), entry(1), 9 * SECOND);
        assert!(matches!(local.look(&slot(1), SECOND), Look::Hit(_)));
        assert!(matches!(local.look(&slot(1), 2 * SECOND), Look::Expired));
        assert!(matches!(local.look(&slot(1), 2 * SECOND), Look::Miss));
        assert_eq!(local.remove_expired(2 * SECOND), 1);
        assert_eq!(local.count(), 1);
    }

    #[test]
    fn an_entry_about_everybody_does_not_grow_for_ever() {
        let local = Local::new(10, 1 << 20);
        local.put(slot(1), entry(1), SECOND);
        let empty = local.bytes();
        for number in 0..MAX_SUBJECTS {
            let subject = format!("{number:04}");
            local.tag(&slot(1), &[subject.clone(), subject]);
        }
        assert_eq!(local.bytes(), empty + 4 * MAX_SUBJECTS);
        local.tag(&slot(1), &["one more".into()]);
        assert_eq!((local.count(), local.bytes()), (0, 0));
    }

    #[test]
    fn entries_go_by_task_key_and_subject() {
        let local = Local::new(10, 1 << 20);
        let other = Task::new("u").unwrap();
        let elsewhere = Slot {
            generation: 4,
            key: Key::of(&other, &json!(1)),
        };
        local.put(slot(1), entry(1), SECOND);
        local.put(slot(2), entry(1), SECOND);
        local.put(elsewhere, entry(1), SECOND);
        local.tag(&slot(1), &["s".into()]);
        assert_eq!(local.remove_subject("s"), 1);
        assert_eq!(local.remove_subject("s"), 0);
        assert_eq!(local.remove_task(&other), 1);
        assert_eq!(local.remove_key(&slot(2).key), 1);
        assert_eq!(local.count(), 0);
    }
}
