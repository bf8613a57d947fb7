//! How the total of a lead changed, and who changed it.

use super::{Moment, Store, StoreError, persist::bucket_name};
use crate::compute::score::{Bucket, one_decimal};
use serde::Serialize;
use sqlx::{AnyConnection, Row, any::AnyRow};

/// One total that a lead had.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryEntry {
    /// The total.
    pub total_score: f64,
    /// Its bucket.
    pub score_bucket: String,
    /// `classified` or `override`.
    pub kind: String,
    /// Why, if a person changed it.
    pub reason: Option<String>,
    /// Who, if a person changed it.
    pub user: Option<String>,
    /// When.
    pub at: Moment,
}

/// Notes a computed total, if it is not the one that was computed last.
pub(super) async fn classified(
    change: &mut AnyConnection,
    lead_id: i64,
    total: f64,
    bucket: Bucket,
    now_s: i64,
) -> Result<(), StoreError> {
    let failed = StoreError::doing("note a total");
    let last = sqlx::query(
        "SELECT total FROM score_history WHERE lead_id = $1 AND kind = 'classified'
         ORDER BY id DESC LIMIT 1",
    );
    let last = last.bind(lead_id).fetch_optional(&mut *change).await;
    let last: Option<f64> = match last.map_err(&failed)? {
        Some(row) => Some(row.try_get("total").map_err(&failed)?),
        None => None,
    };
    // Both were rounded to a tenth.
    if last.is_some_and(|last| (last - total).abs() < 0.05) {
        return Ok(());
    }
    let noted = sqlx::query(
        "INSERT INTO score_history (lead_id, total, bucket, kind, at)
         VALUES ($1, $2, $3, 'classified', $4)",
    )
    .bind(lead_id)
    .bind(total)
    .bind(bucket.as_str())
    .bind(now_s)
    .execute(change)
    .await;
    noted.map(drop).map_err(failed)
}

impl Store {
    /// Gives a lead the total that a person wants it to have, until it is given another.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn override_score(
        &self,
        lead_id: i64,
        score: f64,
        reason: &str,
        user: &str,
    ) -> Result<(), StoreError> {
        let failed = StoreError::doing("override a total");
        let (score, now) = (one_decimal(score), self.now_s());
        let mut change = self.pool.begin().await.map_err(&failed)?;
        let changed = sqlx::query(
            "UPDATE leads SET override_score = $1, override_reason = $2, override_by = $3,
             total = $1, bucket = $4, updated_at = $5 WHERE id = $6",
        )
        .bind(score)
        .bind(reason)
        .bind(user)
        .bind(bucket_name(score))
        .bind(now)
        .bind(lead_id)
        .execute(&mut *change)
        .await
        .map_err(&failed)?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::missing("lead", lead_id));
        }
        sqlx::query(
            "INSERT INTO score_history (lead_id, total, bucket, kind, reason, changed_by, at)
             VALUES ($1, $2, $3, 'override', $4, $5, $6)",
        )
        .bind(lead_id)
        .bind(score)
        .bind(bucket_name(score))
        .bind(reason)
        .bind(user)
        .bind(now)
        .execute(&mut *change)
        .await
        .map_err(&failed)?;
        change.commit().await.map_err(&failed)
    }

    /// The totals a lead had, oldest first.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn score_history(&self, lead_id: i64) -> Result<Vec<HistoryEntry>, StoreError> {
        self.lead(lead_id).await?;
        let rows = sqlx::query(
            "SELECT total, bucket, kind, reason, changed_by, at FROM score_history
             WHERE lead_id = $1 ORDER BY id",
        )
        .bind(lead_id)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::doing("read totals"))?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<HistoryEntry, StoreError> {
    let failed = StoreError::doing("read totals");
    Ok(HistoryEntry {
        total_score: row.try_get("total").map_err(&failed)?,
        score_bucket: row.try_get("bucket").map_err(&failed)?,
        kind: row.try_get("kind").map_err(&failed)?,
        reason: row.try_get("reason").map_err(&failed)?,
        user: row.try_get("changed_by").map_err(&failed)?,
        at: Moment(row.try_get("at").map_err(&failed)?),
    })
}
