//! Batches that a provider answers within a day.

use super::{Moment, Store, StoreError};
use crate::compute::classification::choices;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::Row;

/// Most batches that are looked at in one round.
const MOST_OPEN: i64 = 100;

choices! {
    /// How far a batch has come.
    BatchState {
        /// The provider has it.
        HandedIn = "handed_in",
        /// Its answers are being read.
        Reading = "reading",
        /// It has its report.
        Done = "done",
    }
}

/// A batch that was handed in, and its report once it is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BatchRecord {
    /// Its name here.
    pub id: String,
    /// The provider's name for it.
    pub provider_id: String,
    /// How far it has come.
    pub status: BatchState,
    /// What was asked for; empty once there is a report.
    #[serde(skip)]
    pub request: String,
    /// What came out.
    pub result: Option<Value>,
    /// When it was handed in.
    pub created_at: Moment,
    /// When it changed.
    pub updated_at: Moment,
}

impl Store {
    /// Keeps a batch that was handed in.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn keep_batch(
        &self,
        id: &str,
        provider_id: &str,
        request: &str,
    ) -> Result<(), StoreError> {
        let kept = sqlx::query(
            "INSERT INTO llm_batches (id, provider_id, state, request, created_at, updated_at)
             VALUES ($1, $2, 'handed_in', $3, $4, $4)",
        )
        .bind(id)
        .bind(provider_id)
        .bind(request)
        .bind(self.now_s())
        .execute(&self.pool)
        .await;
        kept.map(drop).map_err(StoreError::doing("keep a batch"))
    }

    /// One batch.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn batch(&self, id: &str) -> Result<BatchRecord, StoreError> {
        let failed = StoreError::doing("read a batch");
        let row = sqlx::query(
            "SELECT provider_id, state, request, result, created_at, updated_at
             FROM llm_batches WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .map_err(&failed)?
        .ok_or_else(|| StoreError::missing("batch", id))?;
        let state: String = row.try_get("state").map_err(&failed)?;
        let result: Option<String> = row.try_get("result").map_err(&failed)?;
        let result = result.map(|text| serde_json::from_str(&text)).transpose();
        Ok(BatchRecord {
            id: id.to_owned(),
            provider_id: row.try_get("provider_id").map_err(&failed)?,
            status: BatchState::parse(&state).unwrap_or(BatchState::HandedIn),
            request: row.try_get("request").map_err(&failed)?,
            result: result.map_err(StoreError::unreadable("batch"))?,
            created_at: Moment(row.try_get("created_at").map_err(&failed)?),
            updated_at: Moment(row.try_get("updated_at").map_err(&failed)?),
        })
    }

    /// Names of batches without a report, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn open_batches(&self) -> Result<Vec<String>, StoreError> {
        let failed = StoreError::doing("read batches");
        let rows = sqlx::query(
            "SELECT id FROM llm_batches WHERE state <> 'done' ORDER BY created_at, id LIMIT $1",
        )
        .bind(MOST_OPEN)
        .fetch_all(&self.pool)
        .await
        .map_err(&failed)?;
        rows.iter()
            .map(|row| row.try_get("id").map_err(&failed))
            .collect()
    }

    /// Takes a batch whose answers are to be read; nobody else gets it, unless whoever took it did
    /// not end within `abandoned_after_s`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn claim_batch(&self, id: &str, abandoned_after_s: i64) -> Result<bool, StoreError> {
        let now = self.now_s();
        let claimed = sqlx::query(
            "UPDATE llm_batches SET state = 'reading', updated_at = $1 WHERE id = $2
             AND (state = 'handed_in' OR (state = 'reading' AND updated_at <= $3))",
        )
        .bind(now)
        .bind(id)
        .bind(now.saturating_sub(abandoned_after_s))
        .execute(&self.pool)
        .await
        .map_err(StoreError::doing("take a batch"))?;
        Ok(claimed.rows_affected() == 1)
    }

    /// Keeps what came out of a batch, or gives it back to be read again.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn settle_batch(&self, id: &str, result: Option<&Value>) -> Result<(), StoreError> {
        // What was asked for is not needed any more once there is a report.
        let settled = match result {
            Some(result) => sqlx::query(
                "UPDATE llm_batches SET state = 'done', result = $1, request = '',
                 updated_at = $2 WHERE id = $3",
            )
            .bind(result.to_string())
            .bind(self.now_s())
            .bind(id),
            None => sqlx::query(
                "UPDATE llm_batches SET state = 'handed_in', updated_at = $1 WHERE id = $2",
            )
            .bind(self.now_s())
            .bind(id),
        };
        let settled = settled.execute(&self.pool).await;
        settled
            .map(drop)
            .map_err(StoreError::doing("settle a batch"))
    }
}
