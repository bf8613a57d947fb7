//! What a stage is given besides its input.

use crate::{
    error::StageError,
    ports::{Artifacts, Clock, Progress, ProgressEvent},
};
use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef, JobId, StageName, codec::decode_exact_unbounded};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// The job, the ports and the way to stop.
pub struct StageContext {
    /// The job.
    pub job: JobId,
    /// The stage that runs.
    pub stage: StageName,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Fires when the worker stops or the deadline passes.
    pub cancel: CancellationToken,
    /// Storage.
    pub artifacts: Arc<dyn Artifacts>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Listener.
    pub progress: Arc<dyn Progress>,
    /// An empty directory for this attempt, removed afterwards.
    pub scratch: PathBuf,
    stored: Mutex<Vec<ArtifactRef>>,
    computations: Computations,
}

/// Computations of one attempt that run off the runtime's threads. They cannot be interrupted:
/// one that never ends keeps its thread.
#[derive(Debug, Clone, Default)]
pub struct Computations(Arc<()>);

impl Computations {
    /// How many have not ended.
    #[must_use]
    pub fn running(&self) -> usize {
        // One count is this handle; the context's is gone by then.
        Arc::strong_count(&self.0).saturating_sub(1)
    }
}

/// What a [`StageContext`] is made of.
pub struct ContextParts {
    /// See [`StageContext::job`].
    pub job: JobId,
    /// See [`StageContext::stage`].
    pub stage: StageName,
    /// See [`StageContext::attempt`].
    pub attempt: u32,
    /// See [`StageContext::cancel`].
    pub cancel: CancellationToken,
    /// See [`StageContext::artifacts`].
    pub artifacts: Arc<dyn Artifacts>,
    /// See [`StageContext::clock`].
    pub clock: Arc<dyn Clock>,
    /// See [`StageContext::progress`].
    pub progress: Arc<dyn Progress>,
    /// See [`StageContext::scratch`].
    pub scratch: PathBuf,
}

impl StageContext {
    /// A context in which nothing is stored yet.
    #[must_use]
    pub fn new(parts: ContextParts) -> Self {
        let ContextParts {
            job,
            stage,
            attempt,
            cancel,
            artifacts,
            clock,
            progress,
            scratch,
        } = parts;
        Self {
            job,
            stage,
            attempt,
            cancel,
            artifacts,
            clock,
            progress,
            scratch,
            stored: Mutex::default(),
            computations: Computations::default(),
        }
    }

    /// The computations it started, to be watched after it is gone.
    #[must_use]
    pub fn computations(&self) -> Computations {
        self.computations.clone()
    }

    /// Stores bytes as `jobs/<job>/<stage>/<name>`.
    ///
    /// # Errors
    /// As [`Artifacts::put`], by class.
    pub async fn store(&self, name: &str, bytes: Bytes) -> Result<ArtifactRef, StageError> {
        let key = ArtifactKey::of_job(&self.job, self.stage.as_str(), name)
            .map_err(StageError::rejected)?;
        let reference = self.artifacts.put(&key, bytes).await?;
        self.record(reference.clone());
        Ok(reference)
    }

    /// Stores a value as JSON (two-space indent) under `jobs/<job>/<stage>/<name>`.
    ///
    /// # Errors
    /// As [`Artifacts::put`], by class; a value JSON cannot hold is rejected.
    pub async fn store_json<T: Serialize + Sync>(
        &self,
        name: &str,
        value: &T,
    ) -> Result<ArtifactRef, StageError> {
        let bytes = serde_json::to_vec_pretty(value).map_err(StageError::rejected)?;
        self.store(name, bytes.into()).await
    }

    /// Reads a JSON artifact.
    ///
    /// # Errors
    /// As [`Artifacts::get`], by class; bytes of another shape are rejected.
    pub async fn load_json<T: DeserializeOwned>(
        &self,
        reference: &ArtifactRef,
    ) -> Result<T, StageError> {
        let bytes = self.artifacts.get(reference).await?;
        serde_json::from_slice(&bytes).map_err(StageError::rejected)
    }

    /// Reads a MessagePack artifact.
    ///
    /// # Errors
    /// As [`Artifacts::get`], by class; bytes of another shape are rejected.
    pub async fn load_packed<T: DeserializeOwned>(
        &self,
        reference: &ArtifactRef,
    ) -> Result<T, StageError> {
        let bytes = self.artifacts.get(reference).await?;
        decode_exact_unbounded(&bytes).map_err(StageError::rejected)
    }

    /// Notes an artifact that was stored outside [`StageContext::store`], for the manifest.
    pub fn record(&self, reference: ArtifactRef) {
        self.stored
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(reference);
    }

    /// Everything stored so far, by key.
    #[must_use]
    pub fn stored(&self) -> Vec<ArtifactRef> {
        let mut stored = self
            .stored
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        stored.sort_by(|a, b| a.key.cmp(&b.key));
        stored.dedup();
        stored
    }

    /// Tells the listener how much of the stage's work is done.
    pub fn advance(&self, done: u64, total: u64) {
        self.progress.notify(
            &self.job,
            ProgressEvent::Advanced {
                stage: self.stage,
                done,
                total,
            },
        );
    }

    /// Runs a long computation off the runtime's threads and waits for it. It goes on in the
    /// current span.
    ///
    /// # Errors
    /// What the computation returns; [`StageError::Cancelled`] if the job stops first, in which
    /// case the computation is not waited for; a panic in it is passed on.
    pub async fn blocking<T, F>(&self, work: F) -> Result<T, StageError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, StageError> + Send + 'static,
    {
        let (counted, span) = (self.computations.clone(), tracing::Span::current());
        let task = tokio::task::spawn_blocking(move || {
            let _counted = counted;
            span.in_scope(work)
        });
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(StageError::Cancelled),
            ended = task => match ended {
                Ok(result) => result,
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => Err(StageError::Cancelled),
                },
            },
        }
    }
}
