//! Sessions, lent one at a time to whoever runs a model.

use ort::session::Session;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The sessions, and which of them are free. A run needs one for itself.
pub(crate) struct Pool {
    sessions: Vec<Mutex<Session>>,
    free: Mutex<Vec<usize>>,
    returned: Condvar,
}

impl Pool {
    pub(crate) fn new(sessions: Vec<Session>) -> Self {
        Self {
            free: Mutex::new((0..sessions.len()).collect()),
            sessions: sessions.into_iter().map(Mutex::new).collect(),
            returned: Condvar::new(),
        }
    }

    pub(crate) fn take(&self) -> Lease<'_> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(index) = free.pop() {
                return Lease { pool: self, index };
            }
            free = self
                .returned
                .wait(free)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One session out of the pool; given back on drop, also by a panic.
pub(crate) struct Lease<'a> {
    pool: &'a Pool,
    index: usize,
}
impl Lease<'_> {
    pub(crate) fn session(&self) -> MutexGuard<'_, Session> {
        self.pool.sessions[self.index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut free = self
            .pool
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        free.push(self.index);
        self.pool.returned.notify_one();
    }
}
