//! What this process did so far, as `/api/classify/metrics` tells it.

use crate::{failure::Failure, ports::LlmFacts};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    classifications: AtomicU64,
    dossiers: AtomicU64,
    embeddings: AtomicU64,
    filtered: AtomicU64,
    in_flight: AtomicU64,
    errors: Mutex<BTreeMap<&'static str, u64>>,
}

/// The counts at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) classifications: u64,
    pub(crate) dossiers: u64,
    pub(crate) embeddings: u64,
    pub(crate) filtered: u64,
    pub(crate) in_flight: u64,
    pub(crate) errors: BTreeMap<&'static str, u64>,
}

impl Counters {
    pub(crate) fn count_failure(&self, failure: Failure) -> Failure {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        *errors.entry(failure.code.as_str()).or_insert(0) += 1;
        failure
    }

    pub(crate) fn note_failure<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        result.map_err(|failure| self.count_failure(failure))
    }

    /// Counts only what a model was asked for.
    pub(crate) fn note_classified(&self, llm: &LlmFacts) {
        if llm.attempts > 0 {
            self.classifications.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn note_dossier(&self) {
        self.dossiers.fetch_add(1, Relaxed);
    }

    pub(crate) fn note_embedding(&self) {
        self.embeddings.fetch_add(1, Relaxed);
    }

    pub(crate) fn note_filtered(&self) {
        self.filtered.fetch_add(1, Relaxed);
    }

    /// Notes that a batch is being worked on, until the guard is dropped.
    pub(crate) fn batch_begins(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        InFlight(self)
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            classifications: self.classifications.load(Relaxed),
            dossiers: self.dossiers.load(Relaxed),
            embeddings: self.embeddings.load(Relaxed),
            filtered: self.filtered.load(Relaxed),
            in_flight: self.in_flight.load(Relaxed),
            errors: self
                .errors
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }
}

/// A batch that is being worked on.
pub(crate) struct InFlight<'a>(&'a Counters);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Relaxed);
    }
}
