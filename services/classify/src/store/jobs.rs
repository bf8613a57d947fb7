//! Batches that nobody waits for: asked for now, answered later.

use super::{Moment, Store, StoreError};
use crate::compute::classification::choices;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;

choices! {
    /// How far a job has come.
    JobState {
        /// It waits.
        Queued = "queued",
        /// It is being worked on.
        Running = "running",
        /// It has its result.
        Done = "done",
        /// It has none.
        Failed = "failed",
    }
}

/// A job, and its result once it is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JobRecord {
    /// Its name.
    pub id: String,
    /// How far it has come.
    pub status: JobState,
    /// What came out.
    pub result: Option<Value>,
    /// Why nothing did.
    pub error: Option<String>,
    /// When it was handed in.
    pub created_at: Moment,
    /// When it changed.
    pub updated_at: Moment,
}

/// A job that is to be done now.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimedJob {
    /// Its name.
    pub id: String,
    /// What was asked for.
    pub request: String,
}

impl Store {
    /// Keeps a job, if fewer than `most` wait; says whether it did.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn queue_job(&self, id: &str, request: &str, most: i64) -> Result<bool, StoreError> {
        let now = self.now_s();
        let kept = sqlx::query(
            "INSERT INTO jobs (id, state, request, created_at, updated_at)
             SELECT $1, 'queued', $2, $3, $3
             WHERE (SELECT COUNT(*) FROM jobs WHERE state IN ('queued', 'running')) < $4",
        )
        .bind(id)
        .bind(request)
        .bind(now)
        .bind(most)
        .execute(&self.pool)
        .await
        .map_err(StoreError::doing("keep a job"))?;
        Ok(kept.rows_affected() == 1)
    }

    /// Takes the job that has waited longest; nobody else gets it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn claim_job(&self) -> Result<Option<ClaimedJob>, StoreError> {
        let failed = StoreError::doing("take a job");
        let row = sqlx::query(
            "UPDATE jobs SET state = 'running', updated_at = $1
             WHERE state = 'queued' AND id = (
                 SELECT id FROM jobs WHERE state = 'queued' ORDER BY created_at, id LIMIT 1)
             RETURNING id, request",
        )
        .bind(self.now_s())
        .fetch_optional(&self.pool)
        .await
        .map_err(&failed)?;
        row.map(|row| {
            Ok(ClaimedJob {
                id: row.try_get("id").map_err(&failed)?,
                request: row.try_get("request").map_err(&failed)?,
            })
        })
        .transpose()
    }

    /// Keeps what came out of a job, or why nothing did.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn settle_job(&self, id: &str, end: Result<&Value, &str>) -> Result<(), StoreError> {
        let (state, result, error) = match end {
            Ok(value) => (JobState::Done, Some(value.to_string()), None),
            Err(code) => (JobState::Failed, None, Some(code)),
        };
        // What was asked for is not needed any more, and may hold what should not be kept.
        let settled = sqlx::query(
            "UPDATE jobs SET state = $1, result = $2, error_code = $3, updated_at = $4,
             request = '' WHERE id = $5",
        )
        .bind(state.as_str())
        .bind(result)
        .bind(error)
        .bind(self.now_s())
        .bind(id)
        .execute(&self.pool)
        .await;
        settled.map(drop).map_err(StoreError::doing("settle a job"))
    }

    /// Gives a job back that could not be ended, to be done again from its beginning.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn release_job(&self, id: &str) -> Result<(), StoreError> {
        let released = sqlx::query(
            "UPDATE jobs SET state = 'queued', updated_at = $1 WHERE id = $2 AND state = 'running'",
        )
        .bind(self.now_s())
        .bind(id)
        .execute(&self.pool)
        .await;
        released
            .map(drop)
            .map_err(StoreError::doing("give a job back"))
    }

    /// Gives back what nobody can be working on any more.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn recover_jobs(&self, older_than_s: i64) -> Result<u64, StoreError> {
        let now = self.now_s();
        let recovered = sqlx::query(
            "UPDATE jobs SET state = 'queued', updated_at = $1
             WHERE state = 'running' AND updated_at <= $2",
        )
        .bind(now)
        .bind(now.saturating_sub(older_than_s))
        .execute(&self.pool)
        .await;
        let recovered = recovered.map_err(StoreError::doing("recover jobs"))?;
        Ok(recovered.rows_affected())
    }

    /// One job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn job(&self, id: &str) -> Result<JobRecord, StoreError> {
        let failed = StoreError::doing("read a job");
        let row = sqlx::query(
            "SELECT state, result, error_code, created_at, updated_at FROM jobs WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .map_err(&failed)?
        .ok_or_else(|| StoreError::missing("job", id))?;
        let state: String = row.try_get("state").map_err(&failed)?;
        let result: Option<String> = row.try_get("result").map_err(&failed)?;
        let result = result.map(|text| serde_json::from_str(&text)).transpose();
        Ok(JobRecord {
            id: id.to_owned(),
            status: JobState::parse(&state).unwrap_or(JobState::Failed),
            result: result.map_err(StoreError::unreadable("job"))?,
            error: row.try_get("error_code").map_err(&failed)?,
            created_at: Moment(row.try_get("created_at").map_err(&failed)?),
            updated_at: Moment(row.try_get("updated_at").map_err(&failed)?),
        })
    }
}
