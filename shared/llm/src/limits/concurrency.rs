//! How many calls at once: one more while it goes well, half as many when it does not.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Successes after which one more is allowed.
const SUCCESSES_PER_STEP: u32 = 20;

#[derive(Debug)]
struct Allowed {
    /// How many may be out.
    limit: usize,
    /// How many more are out than may be; they are taken away as they come back.
    owed: usize,
    successes: u32,
}

#[derive(Debug)]
struct Shared {
    semaphore: Arc<Semaphore>,
    allowed: Mutex<Allowed>,
    waiting: AtomicUsize,
    most: usize,
}

/// How many calls at once; its copies share it.
#[derive(Debug, Clone)]
pub struct Concurrency(Arc<Shared>);

/// Room for one call.
#[derive(Debug)]
pub struct Slot {
    permit: Option<OwnedSemaphorePermit>,
    shared: Arc<Shared>,
}

/// Counts one that waits, for as long as it does.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Concurrency {
    /// Room for `first` calls at first and for `most` at most, both at least 1.
    #[must_use]
    pub fn new(first: usize, most: usize) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        let first = first.clamp(1, most);
        Self(Arc::new(Shared {
            semaphore: Arc::new(Semaphore::new(first)),
            allowed: Mutex::new(Allowed {
                limit: first,
                owed: 0,
                successes: 0,
            }),
            waiting: AtomicUsize::new(0),
            most,
        }))
    }

    /// Waits for room, first come, first served.
    pub async fn slot(&self) -> Slot {
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.0.waiting);
        // The semaphore is never closed; without a permit a slot would only not count.
        let permit = self.0.semaphore.clone().acquire_owned().await.ok();
        Slot {
            permit,
            shared: self.0.clone(),
        }
    }

    /// Notes that a call went well.
    pub fn worked(&self) {
        let mut allowed = self.0.allowed();
        allowed.successes += 1;
        if allowed.successes < SUCCESSES_PER_STEP || allowed.limit >= self.0.most {
            return;
        }
        allowed.successes = 0;
        allowed.limit += 1;
        if allowed.owed > 0 {
            allowed.owed -= 1;
        } else {
            self.0.semaphore.add_permits(1);
        }
    }

    /// Notes that there were too many: half as many from now on.
    pub fn refused(&self) {
        let mut allowed = self.0.allowed();
        allowed.successes = 0;
        let half = (allowed.limit / 2).max(1);
        let excess = allowed.limit - half;
        allowed.limit = half;
        let taken = self.0.semaphore.forget_permits(excess);
        allowed.owed += excess - taken;
    }

    /// Calls that are out, and how many may be.
    #[must_use]
    pub fn in_use(&self) -> (usize, usize) {
        let allowed = self.0.allowed();
        let free = self.0.semaphore.available_permits();
        (
            (allowed.limit + allowed.owed).saturating_sub(free),
            allowed.limit,
        )
    }

    /// Calls that wait for room.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn allowed(&self) -> MutexGuard<'_, Allowed> {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut allowed = self.shared.allowed();
        if allowed.owed > 0
            && let Some(permit) = self.permit.take()
        {
            allowed.owed -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn worked(concurrency: &Concurrency, times: u32) {
        for _ in 0..times {
            concurrency.worked();
        }
    }

    #[tokio::test]
    async fn twenty_that_go_well_make_room_for_one_more() {
        let concurrency = Concurrency::new(2, 4);
        worked(&concurrency, 19);
        assert_eq!(concurrency.in_use(), (0, 2));
        worked(&concurrency, 1);
        assert_eq!(concurrency.in_use(), (0, 3));
        worked(&concurrency, 999);
        assert_eq!(concurrency.in_use(), (0, 4), "never more than the most");
    }

    #[tokio::test]
    async fn being_refused_halves_it_and_those_that_are_out_count() {
        let concurrency = Concurrency::new(8, 8);
        let mut out = Vec::new();
        for _ in 0..8 {
            out.push(concurrency.slot().await);
        }
        concurrency.refused();
        assert_eq!(concurrency.in_use(), (8, 4));
        out.truncate(4);
        assert_eq!(concurrency.in_use(), (4, 4));
        let waiting =
            tokio::time::timeout(std::time::Duration::from_millis(20), concurrency.slot());
        assert!(waiting.await.is_err(), "there is no room for a fifth");
        out.clear();
        assert_eq!(concurrency.in_use(), (0, 4));
        for _ in 0..9 {
            concurrency.refused();
        }
        assert_eq!(concurrency.in_use(), (0, 1), "never none");
    }

    proptest! {
        #[test]
        fn the_count_is_right_whatever_happens(steps in prop::collection::vec(0u8..4, 0..120)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let concurrency = Concurrency::new(3, 6);
                let mut out = Vec::new();
                for step in steps {
                    let (used, limit) = concurrency.in_use();
                    match step {
                        0 if used < limit => out.push(concurrency.slot().await),
                        1 => drop(out.pop()),
                        2 => worked(&concurrency, 20),
                        _ => concurrency.refused(),
                    }
                    let (used, limit) = concurrency.in_use();
                    assert_eq!(used, out.len());
                    assert!((1..=6).contains(&limit));
                }
            });
        }
    }
}
