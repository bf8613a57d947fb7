//! How a job lies in the store: what was asked, how every stage ended, whether it was called off.
//!
//! ```text
//! jobs/<job>/job.json                what was asked
//! jobs/<job>/<stage>/manifest.json   how a stage ended, written last
//! jobs/<job>/<stage>/attempts/…      an attempt began
//! jobs/<job>/cancelled.json          it was called off
//! batches/<batch>/<job>              it belongs to a batch
//! ```

use bytes::Bytes;
use contracts::{
    ArtifactKey, BatchName, JobId, Manifest, StageName, Upstream, flow::FLOW, job::Job,
};
use serde::{Serialize, de::DeserializeOwned};
use stage::{ArtifactError, Artifacts};
use std::{collections::BTreeMap, io, sync::Arc};

/// Largest document of a job that is read, in bytes.
const MAX_DOCUMENT_BYTES: u64 = 4 << 20;

/// The jobs of a store.
#[derive(Clone)]
pub struct Jobs(Arc<dyn Artifacts>);

impl Jobs {
    /// The jobs in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Artifacts>) -> Self {
        Self(store)
    }

    /// Writes down what was asked, and that the job belongs to its batch. The first writer wins.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn accept(&self, job: &Job) -> Result<Job, ArtifactError> {
        let accepted: Job = self
            .write_once(&place(&job.job_id, "job.json")?, job)
            .await?;
        if let Some(batch) = &accepted.batch {
            let key = ArtifactKey::new(format!("batches/{batch}/{}", accepted.job_id))
                .map_err(|error| unreadable("write", "batches", error))?;
            self.0.put(&key, Bytes::new()).await?;
        }
        Ok(accepted)
    }

    /// What was asked; `None` if no such job was accepted.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn find(&self, job: &JobId) -> Result<Option<Job>, ArtifactError> {
        self.read(&place(job, "job.json")?).await
    }

    /// How a stage ended; `None` while it has not.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn manifest(
        &self,
        job: &JobId,
        stage: StageName,
    ) -> Result<Option<Manifest>, ArtifactError> {
        self.read(&manifest_key(job, stage)?).await
    }

    /// Writes how a stage ended, where nobody else could.
    ///
    /// # Errors
    /// [`ArtifactError::Conflict`] if somebody did; others if the store fails.
    pub async fn record(&self, manifest: &Manifest) -> Result<(), ArtifactError> {
        let key = manifest_key(&manifest.job_id, manifest.stage)?;
        let bytes = serde_json::to_vec_pretty(manifest)
            .map_err(|error| unreadable("write", key.as_str(), error))?;
        self.0.put(&key, bytes.into()).await?;
        Ok(())
    }

    /// Writes how a stage ended, once: if somebody was faster, theirs counts and is returned.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn finish(&self, manifest: &Manifest) -> Result<Manifest, ArtifactError> {
        let key = manifest_key(&manifest.job_id, manifest.stage)?;
        self.write_once(&key, manifest).await
    }

    /// How every stage ended that has.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn manifests(
        &self,
        job: &JobId,
    ) -> Result<BTreeMap<StageName, Manifest>, ArtifactError> {
        let keys = self.0.list(&format!("jobs/{job}/")).await?;
        let mut found = BTreeMap::new();
        for spec in FLOW {
            let key = manifest_key(job, spec.name)?;
            if keys.contains(&key)
                && let Some(manifest) = self.read(&key).await?
            {
                found.insert(spec.name, manifest);
            }
        }
        Ok(found)
    }

    /// Writes down that an attempt of a stage begins, on the message published then.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn begin(
        &self,
        job: &JobId,
        stage: StageName,
        attempt: u32,
        published_unix_ms: Option<u64>,
    ) -> Result<(), ArtifactError> {
        let key = attempt_key(job, stage, attempt, published_unix_ms)?;
        self.0.put(&key, Bytes::from_static(b"{}\n")).await?;
        Ok(())
    }

    /// Whether an attempt of a stage began, on the message published then.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn has_begun(
        &self,
        job: &JobId,
        stage: StageName,
        attempt: u32,
        published_unix_ms: Option<u64>,
    ) -> Result<bool, ArtifactError> {
        let key = attempt_key(job, stage, attempt, published_unix_ms)?;
        Ok(self.0.find(&key).await?.is_some())
    }

    /// Calls a job off: workers leave it alone from now on.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn cancel(&self, job: &JobId) -> Result<(), ArtifactError> {
        let key = place(job, "cancelled.json")?;
        self.0.put(&key, Bytes::from_static(b"{}\n")).await?;
        Ok(())
    }

    /// Whether a job was called off.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn is_cancelled(&self, job: &JobId) -> Result<bool, ArtifactError> {
        let found = self.0.find(&place(job, "cancelled.json")?).await?;
        Ok(found.is_some())
    }

    /// The jobs of a batch, sorted by id.
    ///
    /// # Errors
    /// [`ArtifactError`] if the store fails.
    pub async fn of_batch(&self, batch: &BatchName) -> Result<Vec<JobId>, ArtifactError> {
        let keys = self.0.list(&format!("batches/{batch}/")).await?;
        Ok(keys
            .iter()
            .filter_map(|key| JobId::new(key.file_name()).ok())
            .collect())
    }

    async fn read<T: DeserializeOwned>(
        &self,
        key: &ArtifactKey,
    ) -> Result<Option<T>, ArtifactError> {
        let Some(found) = self.0.find(key).await? else {
            return Ok(None);
        };
        if found.size_bytes > MAX_DOCUMENT_BYTES {
            return Err(unreadable("read", key.as_str(), "it is too large"));
        }
        let bytes = self.0.get(&found).await?;
        let document = serde_json::from_slice(&bytes);
        document
            .map(Some)
            .map_err(|error| unreadable("read", key.as_str(), error))
    }

    /// Stores a document unless one lies there already; returns the one that counts.
    async fn write_once<T: Serialize + DeserializeOwned>(
        &self,
        key: &ArtifactKey,
        document: &T,
    ) -> Result<T, ArtifactError> {
        let bytes = serde_json::to_vec_pretty(document)
            .map_err(|error| unreadable("write", key.as_str(), error))?;
        match self.0.put(key, bytes.into()).await {
            Ok(_) | Err(ArtifactError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        let counting = self.read(key).await?;
        counting.ok_or_else(|| ArtifactError::NotFound(key.clone()))
    }
}

/// The outcomes that manifests state, from which any stage's input can be gathered.
#[must_use]
pub fn upstream_of(manifests: &BTreeMap<StageName, Manifest>) -> Upstream {
    let mut upstream = Upstream::default();
    for (stage, manifest) in manifests {
        upstream.record(*stage, manifest.outcome.clone());
    }
    upstream
}

fn place(job: &JobId, name: &str) -> Result<ArtifactKey, ArtifactError> {
    ArtifactKey::new(format!("jobs/{job}/{name}"))
        .map_err(|error| unreadable("name", job.as_str(), error))
}

fn manifest_key(job: &JobId, stage: StageName) -> Result<ArtifactKey, ArtifactError> {
    ArtifactKey::of_job(job, stage.as_str(), "manifest.json")
        .map_err(|error| unreadable("name", job.as_str(), error))
}

/// The same attempt of two messages, say of a copy and of what it was copied from, has two keys.
fn attempt_key(
    job: &JobId,
    stage: StageName,
    attempt: u32,
    published_unix_ms: Option<u64>,
) -> Result<ArtifactKey, ArtifactError> {
    let published = published_unix_ms.unwrap_or_default();
    place(job, &format!("{stage}/attempts/{attempt}-{published}.json"))
}

fn unreadable(
    action: &'static str,
    key: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> ArtifactError {
    ArtifactError::Io {
        action,
        key: key.into(),
        source: io::Error::other(source),
    }
}
