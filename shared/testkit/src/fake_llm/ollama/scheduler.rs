//! Which models are loaded, and who waits for them.

use super::OllamaServer;
use crate::fake_llm::State;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};
use tokio::sync::{self, Notify};

/// A model that is loaded.
#[derive(Debug, Clone)]
pub(super) struct Loaded {
    pub(super) context: u64,
    pub(super) until: SystemTime,
    active: usize,
}

#[derive(Default)]
struct Inner {
    server: OllamaServer,
    loaded: BTreeMap<String, Loaded>,
    loads: Vec<(String, u64)>,
}

/// Lets requests to models one after the other, as many at a time as the models take.
#[derive(Default)]
pub(in crate::fake_llm) struct Scheduler {
    inner: Mutex<Inner>,
    waiting: AtomicUsize,
    /// The first in it is the only one who looks for a place.
    line: sync::Mutex<()>,
    freed: Notify,
}

/// The place of a request at its model. Dropping it frees the place.
pub(super) struct Place {
    state: Arc<State>,
    model: String,
    keep_alive: Duration,
    /// Whether the model has to be loaded first, and how long that takes.
    pub(super) load: Option<Duration>,
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Scheduler {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(in crate::fake_llm) fn change(&self, change: impl FnOnce(&mut OllamaServer)) {
        change(&mut self.lock().server);
        self.freed.notify_waiters();
    }
    pub(in crate::fake_llm) fn server(&self) -> OllamaServer {
        self.lock().server.clone()
    }
    pub(in crate::fake_llm) fn loads(&self) -> Vec<(String, u64)> {
        self.lock().loads.clone()
    }
    pub(in crate::fake_llm) fn reset(&self) {
        *self.lock() = Inner::default();
    }
    /// The models that are loaded.
    pub(super) fn loaded(&self, now: SystemTime) -> Vec<(String, Loaded)> {
        let mut inner = self.lock();
        inner.forget(now);
        let loaded = inner.loaded.iter();
        loaded
            .map(|(name, loaded)| (name.clone(), loaded.clone()))
            .collect()
    }
    pub(super) fn install(&self, model: &str) {
        let installed = &mut self.lock().server.installed;
        if !installed.iter().any(|one| one == model) {
            installed.push(model.to_owned());
        }
    }
    /// Unloads a model as soon as nobody uses it.
    pub(super) fn unload(&self, model: &str) {
        let mut inner = self.lock();
        if inner
            .loaded
            .get(model)
            .is_some_and(|loaded| loaded.active == 0)
        {
            inner.loaded.remove(model);
        }
    }
}

impl Inner {
    fn forget(&mut self, now: SystemTime) {
        self.loaded
            .retain(|_, loaded| loaded.active > 0 || loaded.until > now);
    }

    /// Takes a place if there is one; says whether the model has to be loaded.
    fn take(&mut self, model: &str, context: u64, now: SystemTime) -> Option<bool> {
        self.forget(now);
        let parallel = self.server.parallel.max(1);
        if let Some(loaded) = self.loaded.get_mut(model) {
            if loaded.context == context {
                if loaded.active >= parallel {
                    return None;
                }
                loaded.active += 1;
                return Some(false);
            }
            if loaded.active > 0 {
                return None;
            }
        } else if self.loaded.len() >= self.server.max_loaded.max(1) {
            let idle = self.loaded.iter().filter(|(_, loaded)| loaded.active == 0);
            let oldest = idle.min_by_key(|(_, loaded)| loaded.until)?.0.clone();
            self.loaded.remove(&oldest);
        }
        let loaded = Loaded {
            context,
            until: now,
            active: 1,
        };
        self.loaded.insert(model.to_owned(), loaded);
        self.loads.push((model.to_owned(), context));
        Some(true)
    }
}

/// Waits for a place at a model that is loaded with this context; `None` where too many wait.
pub(super) async fn place(
    state: &Arc<State>,
    model: &str,
    context: u64,
    keep_alive: Duration,
) -> Option<Place> {
    let scheduler = &state.ollama;
    let before = scheduler.waiting.fetch_add(1, Ordering::SeqCst);
    let _waiting = Waiting(&scheduler.waiting);
    let take = || {
        let now = state.now();
        let mut inner = scheduler.lock();
        let fresh = inner.take(model, context, now)?;
        Some(Place {
            state: state.clone(),
            model: model.to_owned(),
            keep_alive,
            load: fresh.then(|| Duration::from_millis(inner.server.load_ms)),
        })
    };
    if before >= scheduler.server().max_queue {
        // Nobody waits any more, but who need not wait is let through.
        return scheduler.line.try_lock().ok().and_then(|_line| take());
    }
    let _line = scheduler.line.lock().await;
    loop {
        let freed = scheduler.freed.notified();
        let mut freed = std::pin::pin!(freed);
        freed.as_mut().enable();
        if let Some(place) = take() {
            return Some(place);
        }
        freed.await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = self.state.now();
        let scheduler = &self.state.ollama;
        {
            let mut inner = scheduler.lock();
            if let Some(loaded) = inner.loaded.get_mut(&self.model) {
                loaded.active = loaded.active.saturating_sub(1);
                loaded.until = now + self.keep_alive;
            }
            inner.forget(now);
        }
        scheduler.freed.notify_waiters();
    }
}
