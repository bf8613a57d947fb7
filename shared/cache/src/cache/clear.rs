//! Removing, here and in all processes.

use super::{Cache, shared::Shared};
use crate::{
    generations::Field,
    key::{Key, Task, generation_and_task, subject_digest},
    removals::Removal,
    tier::{Tier, Told},
};
use std::sync::Arc;

/// What is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Everything of a task.
    Task(Task),
    /// One entry.
    Key(Key),
}

/// What became of a removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cleared {
    /// Entries that went from this process.
    pub l1: u64,
    /// Entries that went from the shared tier at once; what a clear of everything or of a task makes
    /// unreachable goes in the background.
    pub l2: u64,
    /// The generation of what was cleared, from now on; `None` for single entries.
    pub generation: Option<u64>,
    /// Whether the shared tier has heard of it, or there is none. A clear of everything or of a task
    /// that it has not heard of is told when it is back; of single entries it must be asked again.
    pub complete: bool,
}

impl<E> Cache<E> {
    /// Removes entries, in all processes. What is produced meanwhile is not stored.
    pub async fn clear(&self, scope: &Scope) -> Cleared {
        match scope {
            Scope::All => self.shared.clear(Field::All).await,
            Scope::Task(task) => self.shared.clear(Field::Task(task.clone())).await,
            Scope::Key(key) => self.shared.remove_key(key).await,
        }
    }

    /// Removes all entries about `subject`, as [`Request::about`](crate::Request::about) named it,
    /// in all processes.
    pub async fn forget(&self, subject: &str) -> Cleared {
        self.shared.forget(&subject_digest(subject)).await
    }
}

impl Shared {
    /// By a generation: what is stored under an older one is never found again.
    async fn clear(self: &Arc<Self>, field: Field) -> Cleared {
        let counted = match &self.tier {
            Some(tier) => tier.bump(&field).await.ok(),
            None => Some(self.generations.bump(&field)),
        };
        let generation = match counted {
            Some(count) => {
                self.generations.raise(&field, count);
                count
            }
            None => {
                self.generations.owe(field.clone());
                self.generations.bump(&field)
            }
        };
        let l1 = self.drop_field(&field);
        if counted.is_some() {
            self.announce(&field).await;
        }
        Cleared {
            l1,
            l2: 0,
            generation: Some(generation),
            complete: counted.is_some(),
        }
    }

    fn drop_field(&self, field: &Field) -> u64 {
        let gone = match field {
            Field::All => self.local.remove_all(),
            Field::Task(task) => self.local.remove_task(task),
        };
        self.noted(gone)
    }

    /// Tells the other processes, and begins to remove what nobody finds any more.
    async fn announce(self: &Arc<Self>, field: &Field) {
        let Some(tier) = self.tier.clone() else {
            return;
        };
        let text = format!("{} clear {}", self.instance, field.name());
        tier.publish(&text).await.ok();
        let (shared, stop) = (self.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            stop.run_until_cancelled(shared.sweep(&tier)).await;
        });
    }

    async fn sweep(&self, tier: &Tier) {
        let old = |name: &str| {
            let Some((generation, task)) = generation_and_task(&self.config.namespace, name) else {
                return false;
            };
            Task::new(task).is_ok_and(|task| generation < self.generations.current(&task))
        };
        match tier.sweep(old).await {
            Ok(count) => tracing::info!(count, "removed cleared entries from redis"),
            // They end by themselves when their time is over.
            Err(_) => tracing::warn!("cannot remove all cleared entries from redis"),
        }
    }

    async fn remove_key(&self, key: &Key) -> Cleared {
        self.removals.note(Removal::Key(key.clone()));
        let l1 = self.noted(self.local.remove_key(key));
        let Some(tier) = &self.tier else {
            return Cleared {
                l1,
                complete: true,
                ..Cleared::default()
            };
        };
        let name = self.slot(key).name(&self.config.namespace);
        let gone = tier.unlink(&[name]).await;
        let told = tier.publish(&self.told_key(key)).await;
        Cleared {
            l1,
            l2: gone.unwrap_or_default(),
            generation: None,
            complete: gone.is_ok() && told.is_ok(),
        }
    }

    async fn forget(&self, digest: &str) -> Cleared {
        self.removals.note(Removal::Subject(digest.into()));
        let l1 = self.noted(self.local.remove_subject(digest));
        let Some(tier) = &self.tier else {
            return Cleared {
                l1,
                complete: true,
                ..Cleared::default()
            };
        };
        let gone = self.forget_there(tier, digest).await;
        Cleared {
            l1,
            l2: gone.unwrap_or_default(),
            generation: None,
            complete: gone.is_some(),
        }
    }

    /// Removes entries before the list of them, so that a second try finds what the first one left.
    async fn forget_there(&self, tier: &Tier, digest: &str) -> Option<u64> {
        let mut names = tier.about(digest).await.ok()?;
        names.retain(|name| generation_and_task(&self.config.namespace, name).is_some());
        let gone = tier.unlink(&names).await.ok()?;
        let text = format!("{} subject {digest}", self.instance);
        tier.publish(&text).await.ok()?;
        for name in &names {
            // Others may hold it without knowing whom it is about.
            if let Some(key) = key_of(name) {
                tier.publish(&self.told_key(&key)).await.ok()?;
            }
        }
        tier.unlist(digest).await.ok()?;
        Some(gone)
    }

    pub(super) fn told_key(&self, key: &Key) -> String {
        let (task, digest) = (key.task().as_str(), key.digest_hex());
        format!("{} key {task} {digest}", self.instance)
    }

    fn noted(&self, gone: u64) -> u64 {
        self.counters.removed(gone);
        self.tell_size();
        gone
    }

    /// Hears of the shared tier; `false` if its connection is of no use.
    pub(super) async fn hear(this: Arc<Self>, told: Told) -> bool {
        match told {
            Told::Compare => this.compare().await,
            Told::Removed(text) => match this.hear_of(&text) {
                Heard::Done => true,
                Heard::Cleared => this.compare().await,
            },
        }
    }

    /// Another process's word. Texts that mean nothing are nothing.
    fn hear_of(&self, text: &str) -> Heard {
        let words: Vec<&str> = text.split(' ').collect();
        let gone = match words[..] {
            [from, ..] if from == self.instance => 0,
            [_, "clear", _] => return Heard::Cleared,
            [_, "subject", digest] => {
                self.removals.note(Removal::Subject(digest.into()));
                self.local.remove_subject(digest)
            }
            [_, "key", task, digest] => Task::new(task)
                .ok()
                .and_then(|task| Key::from_hex(&task, digest))
                .map_or(0, |key| self.local.remove_key(&key)),
            _ => 0,
        };
        self.noted(gone);
        Heard::Done
    }

    /// Learns of clears elsewhere, and tells of those that could not be told.
    async fn compare(self: &Arc<Self>) -> bool {
        let Some(tier) = &self.tier else {
            return true;
        };
        let Ok(mut counts) = tier.generations().await else {
            return false;
        };
        let mut told = Vec::new();
        let mut owed = self.generations.take_owed().into_iter();
        while let Some(field) = owed.next() {
            let Ok(count) = tier.bump_first(&field).await else {
                self.generations.owe(field);
                owed.for_each(|field| self.generations.owe(field));
                return false;
            };
            counts.insert(field.clone(), count);
            told.push(field);
        }
        for (field, count) in &counts {
            if self.generations.raise(field, *count) {
                self.drop_field(field);
            }
        }
        for (field, count) in self.generations.all() {
            let known = counts.get(&field).copied();
            if known.unwrap_or_default() < count
                && tier.restore(&field, known, count).await.is_err()
            {
                return false;
            }
        }
        tier.use_connection();
        for field in &told {
            self.announce(field).await;
        }
        true
    }
}

enum Heard {
    Done,
    /// By a generation, which is to be read.
    Cleared,
}

/// The key in the name of an entry.
fn key_of(name: &str) -> Option<Key> {
    let mut parts = name.rsplit(':');
    let (digest, task) = (parts.next()?, parts.next()?);
    Key::from_hex(&Task::new(task).ok()?, digest)
}
