//! The ports through which a stage reaches the world.

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef, JobId, StageName};
use std::{
    ops::Range,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Write-once storage of bytes.
///
/// The contract, which `artifacts::contract_suite` checks on every implementation: bytes appear
/// whole or not at all; a key never changes its bytes; storing the same bytes again succeeds and
/// storing others is a [`ArtifactError::Conflict`]; reads prove size and digest.
#[async_trait]
pub trait Artifacts: Send + Sync {
    /// Stores `bytes` under `key`, once.
    ///
    /// # Errors
    /// [`ArtifactError::Conflict`] if other bytes lie there already.
    async fn put(&self, key: &ArtifactKey, bytes: Bytes) -> Result<ArtifactRef, ArtifactError>;

    /// Stores the content of a local file under `key`, once, without holding it in memory.
    ///
    /// # Errors
    /// As [`Artifacts::put`].
    async fn put_file(&self, key: &ArtifactKey, path: &Path) -> Result<ArtifactRef, ArtifactError>;

    /// All bytes of an artifact, size and digest checked.
    ///
    /// # Errors
    /// [`ArtifactError::NotFound`], or [`ArtifactError::Corrupt`] if they are not the bytes named.
    async fn get(&self, reference: &ArtifactRef) -> Result<Bytes, ArtifactError>;

    /// Some bytes of an artifact; the caller checks them by a checksum of its own index.
    ///
    /// # Errors
    /// [`ArtifactError::OutOfRange`] if the range reaches past the end.
    async fn get_range(
        &self,
        reference: &ArtifactRef,
        range: Range<u64>,
    ) -> Result<Bytes, ArtifactError>;

    /// A local file with the bytes of an artifact, size and digest checked: the stored file itself
    /// where that is local, else a copy in `scratch`.
    ///
    /// # Errors
    /// As [`Artifacts::get`].
    async fn local_file(
        &self,
        reference: &ArtifactRef,
        scratch: &Path,
    ) -> Result<PathBuf, ArtifactError>;

    /// What lies under `key`; `None` if nothing does.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] if the store cannot be asked.
    async fn find(&self, key: &ArtifactKey) -> Result<Option<ArtifactRef>, ArtifactError>;

    /// Keys that begin with `prefix`, sorted.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] if the store cannot be asked.
    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, ArtifactError>;
}

/// Why an artifact could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    /// Nothing lies there.
    #[error("no artifact at {0}")]
    NotFound(ArtifactKey),
    /// Other bytes lie there; a key never changes its bytes.
    #[error("artifact {key} exists with other bytes; results of one job are written once")]
    Conflict {
        /// Where.
        key: ArtifactKey,
    },
    /// The bytes are not those the reference names.
    #[error("artifact {key} is damaged: size or digest differ from the reference")]
    Corrupt {
        /// Where.
        key: ArtifactKey,
    },
    /// A range past the end.
    #[error("artifact {key} has no bytes {start} to {end}")]
    OutOfRange {
        /// Where.
        key: ArtifactKey,
        /// First byte asked for.
        start: u64,
        /// First byte not asked for.
        end: u64,
    },
    /// The store failed.
    #[error("cannot {action} artifact {key}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// Where.
        key: String,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
}

/// What time it is. Logic asks this port, never the system.
pub trait Clock: Send + Sync {
    /// Wall-clock time, for people and deadlines.
    fn now(&self) -> SystemTime;
    /// Time since an arbitrary fixed instant, for durations.
    fn monotonic(&self) -> Duration;
}

/// Something that happened on the way to a result.
#[derive(Debug, Clone, PartialEq)]
pub enum ProgressEvent {
    /// A stage began.
    Started {
        /// Which.
        stage: StageName,
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// A stage has done `done` of `total` units of its work.
    Advanced {
        /// Which.
        stage: StageName,
        /// Units done.
        done: u64,
        /// Units in all.
        total: u64,
    },
    /// A stage will be tried again.
    Retrying {
        /// Which.
        stage: StageName,
        /// When.
        after: Duration,
        /// Why.
        reason: String,
    },
    /// A stage ended; `failure` says why if it has no output.
    Ended {
        /// Which.
        stage: StageName,
        /// How long the last attempt took.
        took: Duration,
        /// Why there is no output.
        failure: Option<String>,
    },
}

/// Who listens to how far a job has come.
pub trait Progress: Send + Sync {
    /// Called in order; must return at once.
    fn notify(&self, job: &JobId, event: ProgressEvent);
}
