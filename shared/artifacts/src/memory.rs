//! Artifacts in memory, for tests and for what need not outlive the process.

use async_trait::async_trait;
use bytes::Bytes;
use contracts::{ArtifactKey, ArtifactRef, Sha256};
use stage::{ArtifactError, Artifacts};
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Artifacts in memory.
#[derive(Debug, Default)]
pub struct Memory {
    objects: Mutex<BTreeMap<ArtifactKey, Bytes>>,
}

impl Memory {
    fn objects(&self) -> MutexGuard<'_, BTreeMap<ArtifactKey, Bytes>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Replaces stored bytes behind the port's back, to test that readers notice.
    pub fn damage(&self, key: &ArtifactKey, bytes: Bytes) {
        self.objects().insert(key.clone(), bytes);
    }
    fn bytes(&self, key: &ArtifactKey) -> Result<Bytes, ArtifactError> {
        self.objects()
            .get(key)
            .cloned()
            .ok_or_else(|| ArtifactError::NotFound(key.clone()))
    }
}

fn reference(key: &ArtifactKey, bytes: &[u8]) -> ArtifactRef {
    ArtifactRef {
        key: key.clone(),
        digest: Sha256::of(bytes),
        size_bytes: bytes.len() as u64,
    }
}

#[async_trait]
impl Artifacts for Memory {
    async fn put(&self, key: &ArtifactKey, bytes: Bytes) -> Result<ArtifactRef, ArtifactError> {
        let mut objects = self.objects();
        let stored = objects.entry(key.clone()).or_insert_with(|| bytes.clone());
        if *stored != bytes {
            return Err(ArtifactError::Conflict { key: key.clone() });
        }
        Ok(reference(key, &bytes))
    }

    async fn put_file(&self, key: &ArtifactKey, path: &Path) -> Result<ArtifactRef, ArtifactError> {
        let bytes = tokio::fs::read(path)
            .await
            .map_err(|source| ArtifactError::Io {
                action: "read the file for",
                key: key.to_string(),
                source,
            })?;
        self.put(key, bytes.into()).await
    }

    async fn get(&self, wanted: &ArtifactRef) -> Result<Bytes, ArtifactError> {
        let bytes = self.bytes(&wanted.key)?;
        if reference(&wanted.key, &bytes) != *wanted {
            return Err(ArtifactError::Corrupt {
                key: wanted.key.clone(),
            });
        }
        Ok(bytes)
    }

    async fn get_range(
        &self,
        wanted: &ArtifactRef,
        range: Range<u64>,
    ) -> Result<Bytes, ArtifactError> {
        let bytes = self.bytes(&wanted.key)?;
        let out_of_range = || ArtifactError::OutOfRange {
            key: wanted.key.clone(),
            start: range.start,
            end: range.end,
        };
        let start = usize::try_from(range.start).map_err(|_| out_of_range())?;
        let end = usize::try_from(range.end).map_err(|_| out_of_range())?;
        if start > end || end > bytes.len() {
            return Err(out_of_range());
        }
        Ok(bytes.slice(start..end))
    }

    async fn local_file(
        &self,
        wanted: &ArtifactRef,
        scratch: &Path,
    ) -> Result<PathBuf, ArtifactError> {
        let bytes = self.get(wanted).await?;
        let path = scratch.join(format!("{}-{}", wanted.digest, wanted.key.file_name()));
        tokio::fs::write(&path, &bytes)
            .await
            .map_err(|source| ArtifactError::Io {
                action: "write a local copy of",
                key: wanted.key.to_string(),
                source,
            })?;
        Ok(path)
    }

    async fn find(&self, key: &ArtifactKey) -> Result<Option<ArtifactRef>, ArtifactError> {
        Ok(self.objects().get(key).map(|bytes| reference(key, bytes)))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ArtifactKey>, ArtifactError> {
        Ok(self
            .objects()
            .keys()
            .filter(|key| key.as_str().starts_with(prefix))
            .cloned()
            .collect())
    }
}
