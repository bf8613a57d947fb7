//! Which runs a job has begun, so that an attempt that follows a crash does not pay for another.
//!
//! They lie in the job's folder beside those of its stages, as `jobs/<job>/ingest-runs/<n>.json`:
//! they go with the job, and no manifest names them, since their ids differ from run to run. A run
//! whose results were of no use has `<n>-spent.json` beside it and is not used again.

use crate::problem::Problem;
use bytes::Bytes;
use contracts::ArtifactKey;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stage::{ArtifactError, StageContext, StageError};
use std::time::Duration;

/// What the name of the note ends with that a run is of no use.
const SPENT: &str = "-spent";
/// The folder in that of the job.
const FOLDER: &str = "ingest-runs";

/// A run of the scraper.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Run {
    /// Its id at Apify.
    pub(super) id: String,
    /// Whether it was asked for the bytes.
    pub(super) with_video: bool,
}

/// The runs of one job.
pub(super) struct Runs {
    last: Option<Run>,
    next: u32,
}

fn key(context: &StageContext, name: &str) -> Result<ArtifactKey, StageError> {
    let name = format!("{name}.json");
    ArtifactKey::of_job(&context.job, FOLDER, &name).map_err(StageError::rejected)
}

/// The names of all notes, without what they end with.
async fn names(context: &StageContext) -> Result<Vec<String>, StageError> {
    let prefix = format!("jobs/{}/{FOLDER}/", context.job);
    let keys = context.artifacts.list(&prefix).await?;
    let names = keys
        .iter()
        .filter_map(|key| key.file_name().strip_suffix(".json"));
    Ok(names.map(str::to_owned).collect())
}

fn newest(names: &[String]) -> Option<u32> {
    names.iter().filter_map(|name| name.parse().ok()).max()
}

/// Notes that what the newest run has left is of no use.
pub(crate) async fn spend(context: &StageContext) -> Result<(), StageError> {
    if let Some(newest) = newest(&names(context).await?) {
        let key = key(context, &format!("{newest}{SPENT}"))?;
        context
            .artifacts
            .put(&key, Bytes::from_static(b"{}"))
            .await?;
    }
    Ok(())
}

async fn load(context: &StageContext, number: u32) -> Result<Option<Run>, StageError> {
    let Some(found) = context
        .artifacts
        .find(&key(context, &number.to_string())?)
        .await?
    else {
        return Ok(None);
    };
    let run: Run = context.load_json(&found).await?;
    // It becomes a part of a path.
    let plain = !run.id.is_empty() && run.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    Ok(plain.then_some(run))
}

impl Runs {
    pub(super) async fn of(context: &StageContext) -> Result<Self, StageError> {
        let names = names(context).await?;
        let Some(newest) = newest(&names) else {
            return Ok(Self {
                last: None,
                next: 1,
            });
        };
        let is_spent = names.contains(&format!("{newest}{SPENT}"));
        Ok(Self {
            last: if is_spent {
                None
            } else {
                load(context, newest).await?
            },
            next: newest.saturating_add(1),
        })
    }

    pub(super) const fn last(&self) -> Option<&Run> {
        self.last.as_ref()
    }

    /// Stores which run was begun. If another worker had the same job and was quicker, its run is
    /// the one to await: both would tell the same.
    pub(super) async fn remember(
        &mut self,
        run: Run,
        context: &StageContext,
    ) -> Result<Run, Problem> {
        let bytes = serde_json::to_vec(&run).map_err(StageError::rejected)?;
        let key = key(context, &self.next.to_string())?;
        match context.artifacts.put(&key, bytes.into()).await {
            Ok(_) => Ok(run),
            Err(ArtifactError::Conflict { .. }) => {
                Ok(load(context, self.next).await?.unwrap_or(run))
            }
            Err(error) => Err(StageError::from(error).into()),
        }
    }
}

/// How long ago a run ended; `None` if it does not say.
pub(super) fn age(data: &Value, context: &StageContext) -> Option<Duration> {
    let ended: Timestamp = data["finishedAt"].as_str()?.parse().ok()?;
    let now = Timestamp::try_from(context.clock.now()).ok()?;
    // A clock behind theirs makes it end in the future, which is now.
    Some(Duration::try_from(now.duration_since(ended)).unwrap_or_default())
}
