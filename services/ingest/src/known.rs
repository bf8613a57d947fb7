//! Which bytes a video of a platform has, so that they are fetched once.
//!
//! An id of a platform never changes its video, so `sources/tiktok/<id>/<sha256>.json` names bytes
//! that were fetched for it. An entry is a hint: it counts as long as the bytes it names lie in the
//! store. There may be several, because the same video may be encoded anew, and none is ever
//! changed.

use contracts::{ArtifactKey, ArtifactRef, VideoId};
use stage::{ArtifactError, StageContext, StageError};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Entries of one video that are looked at.
const MAX_ENTRIES: usize = 16;
/// Largest entry read, in bytes.
const MAX_ENTRY_BYTES: u64 = 4096;

fn prefix(id: &VideoId) -> String {
    format!("sources/tiktok/{id}/")
}

/// The stored bytes of a video, if they are still there.
///
/// # Errors
/// If the store cannot be asked.
pub(crate) async fn find(
    id: &VideoId,
    context: &StageContext,
) -> Result<Option<ArtifactRef>, StageError> {
    let keys = context.artifacts.list(&prefix(id)).await?;
    for key in keys.iter().take(MAX_ENTRIES) {
        let Some(source) = read(key, context).await? else {
            continue;
        };
        if context.artifacts.find(&source.key).await?.as_ref() == Some(&source) {
            return Ok(Some(source));
        }
    }
    Ok(None)
}

/// What an entry names; `None` for one that is gone or was not written by us.
async fn read(
    key: &ArtifactKey,
    context: &StageContext,
) -> Result<Option<ArtifactRef>, StageError> {
    let Some(entry) = context.artifacts.find(key).await? else {
        return Ok(None);
    };
    if entry.size_bytes > MAX_ENTRY_BYTES {
        return Ok(None);
    }
    match context.artifacts.get(&entry).await {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
        Err(ArtifactError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Notes which bytes a video has.
///
/// # Errors
/// If the store fails.
pub(crate) async fn remember(
    id: &VideoId,
    source: &ArtifactRef,
    context: &StageContext,
) -> Result<(), StageError> {
    let key = ArtifactKey::new(format!("{}{}.json", prefix(id), source.digest));
    let key = key.map_err(StageError::rejected)?;
    let bytes = serde_json::to_vec(source).map_err(StageError::rejected)?;
    match context.artifacts.put(&key, bytes.into()).await {
        // The same bytes under another name: whoever was first has told what is needed.
        Ok(_) | Err(ArtifactError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// One at a time for each video, in this process.
#[derive(Default)]
pub(crate) struct Flights(Mutex<HashMap<VideoId, Weak<AsyncMutex<()>>>>);

impl Flights {
    /// Waits until nobody else fetches this video.
    pub(crate) async fn enter(&self, id: &VideoId) -> OwnedMutexGuard<()> {
        self.lane(id).lock_owned().await
    }

    fn lane(&self, id: &VideoId) -> Arc<AsyncMutex<()>> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(id).and_then(Weak::upgrade) {
            return lane;
        }
        // Those that nobody holds are forgotten, so that there are never more than jobs.
        lanes.retain(|_, lane| lane.strong_count() > 0);
        let lane = Arc::new(AsyncMutex::new(()));
        lanes.insert(id.clone(), Arc::downgrade(&lane));
        lane
    }
}
