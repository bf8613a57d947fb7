//! Dossiers and their states: pending, running, done or failed. A dossier belongs to what a lead
//! was classified as; another classification is another dossier.

use super::{Moment, Store, StoreError};
use crate::compute::{classification::choices, dossier::Dossier};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, Row, any::AnyRow};

choices! {
    /// How far a dossier has come.
    DossierState {
        /// It waits.
        Pending = "pending",
        /// It is being written.
        Running = "running",
        /// It is there.
        Done = "done",
        /// It could not be written.
        Failed = "failed",
    }
}

/// A dossier, or what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DossierRecord {
    /// How far it has come.
    pub status: DossierState,
    /// How often it was begun.
    pub attempts: i64,
    /// It, if it is there. There is never a text in its place.
    pub dossier: Option<Dossier>,
    /// The same as plain text, for older readers.
    pub context_dossier: Option<String>,
    /// Why it could not be written.
    pub error: Option<String>,
    /// When it changed.
    pub updated_at: Moment,
}

/// A dossier that is to be written now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDossier {
    /// Of which lead.
    pub lead_id: i64,
    /// Of which classification.
    pub classification_hash: String,
    /// Which attempt it is, from 1.
    pub attempt: i64,
}

/// Asks for a dossier; one that was asked for already stays as it is.
pub(super) async fn request(
    change: &mut AnyConnection,
    lead_id: i64,
    hash: &str,
    now_s: i64,
) -> Result<(), StoreError> {
    let asked = sqlx::query(
        "INSERT INTO dossiers (lead_id, classification_hash, state, attempts, not_before,
         created_at, updated_at) VALUES ($1, $2, 'pending', 0, 0, $3, $3)
         ON CONFLICT (lead_id, classification_hash) DO NOTHING",
    )
    .bind(lead_id)
    .bind(hash)
    .bind(now_s)
    .execute(change)
    .await;
    asked
        .map(drop)
        .map_err(StoreError::doing("ask for a dossier"))
}

/// How far the dossier of a classification has come, if one was asked for.
pub(super) async fn state(
    change: &mut AnyConnection,
    lead_id: i64,
    hash: &str,
) -> Result<Option<DossierState>, StoreError> {
    let failed = StoreError::doing("read a dossier");
    let row =
        sqlx::query("SELECT state FROM dossiers WHERE lead_id = $1 AND classification_hash = $2")
            .bind(lead_id)
            .bind(hash)
            .fetch_optional(change)
            .await
            .map_err(&failed)?;
    row.map(|row| parsed(&row, &failed)).transpose()
}

fn parsed(
    row: &AnyRow,
    failed: &impl Fn(sqlx::Error) -> StoreError,
) -> Result<DossierState, StoreError> {
    let state: String = row.try_get("state").map_err(failed)?;
    DossierState::parse(&state).ok_or_else(|| StoreError::Unreadable {
        what: "dossier",
        reason: "its state is none".into(),
    })
}

impl Store {
    /// The dossier of a lead as it is classified now; `None` if nobody asked for one.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such lead.
    pub async fn dossier(&self, lead_id: i64) -> Result<Option<DossierRecord>, StoreError> {
        let failed = StoreError::doing("read a dossier");
        let lead = self.lead(lead_id).await?;
        let row = sqlx::query(
            "SELECT state, attempts, content, error_code, updated_at FROM dossiers
             WHERE lead_id = $1 AND classification_hash = $2",
        )
        .bind(lead_id)
        .bind(&lead.classification_hash)
        .fetch_optional(&self.pool)
        .await
        .map_err(&failed)?;
        row.map(|row| read(&row)).transpose()
    }

    /// Asks for the dossier of a lead anew, whatever became of it before.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if there is no such lead.
    pub async fn renew_dossier(&self, lead_id: i64) -> Result<(), StoreError> {
        let lead = self.lead(lead_id).await?;
        // One that is just being written is new enough.
        let asked = sqlx::query(
            "INSERT INTO dossiers (lead_id, classification_hash, state, attempts, not_before,
             created_at, updated_at) VALUES ($1, $2, 'pending', 0, 0, $3, $3)
             ON CONFLICT (lead_id, classification_hash) DO UPDATE SET state = 'pending',
             attempts = 0, not_before = 0, error_code = NULL, updated_at = excluded.updated_at
             WHERE dossiers.state <> 'running'",
        )
        .bind(lead_id)
        .bind(&lead.classification_hash)
        .bind(self.now_s())
        .execute(&self.pool)
        .await;
        asked
            .map(drop)
            .map_err(StoreError::doing("ask for a dossier"))
    }

    /// Takes the dossier that has waited longest; nobody else gets it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn claim_dossier(&self) -> Result<Option<ClaimedDossier>, StoreError> {
        let failed = StoreError::doing("take a dossier");
        let row = sqlx::query(
            "UPDATE dossiers SET state = 'running', attempts = attempts + 1, updated_at = $1
             WHERE state = 'pending' AND (lead_id, classification_hash) = (
                 SELECT lead_id, classification_hash FROM dossiers
                 WHERE state = 'pending' AND not_before <= $1
                 ORDER BY created_at, lead_id LIMIT 1)
             RETURNING lead_id, classification_hash, attempts",
        )
        .bind(self.now_s())
        .fetch_optional(&self.pool)
        .await
        .map_err(&failed)?;
        row.map(|row| {
            Ok(ClaimedDossier {
                lead_id: row.try_get("lead_id").map_err(&failed)?,
                classification_hash: row.try_get("classification_hash").map_err(&failed)?,
                attempt: row.try_get("attempts").map_err(&failed)?,
            })
        })
        .transpose()
    }

    /// Keeps a dossier that was written.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn finish_dossier(
        &self,
        claimed: &ClaimedDossier,
        dossier: &Dossier,
    ) -> Result<(), StoreError> {
        let text = serde_json::to_string(dossier).map_err(StoreError::unreadable("dossier"))?;
        let change = "UPDATE dossiers SET state = 'done', content = $1, error_code = NULL,
             updated_at = $2 WHERE lead_id = $3 AND classification_hash = $4 AND state = 'running'";
        self.settle_dossier(claimed, change, &text).await
    }

    /// Notes that a dossier could not be written; the lead goes on without one.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn fail_dossier(
        &self,
        claimed: &ClaimedDossier,
        code: &str,
    ) -> Result<(), StoreError> {
        let change = "UPDATE dossiers SET state = 'failed', error_code = $1, updated_at = $2
             WHERE lead_id = $3 AND classification_hash = $4 AND state = 'running'";
        self.settle_dossier(claimed, change, code).await
    }

    async fn settle_dossier(
        &self,
        claimed: &ClaimedDossier,
        change: &str,
        value: &str,
    ) -> Result<(), StoreError> {
        let settled = sqlx::query(change)
            .bind(value)
            .bind(self.now_s())
            .bind(claimed.lead_id)
            .bind(&claimed.classification_hash)
            .execute(&self.pool)
            .await;
        settled
            .map(drop)
            .map_err(StoreError::doing("settle a dossier"))
    }

    /// Gives a dossier back, to be tried again after `wait_s` seconds.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn release_dossier(
        &self,
        claimed: &ClaimedDossier,
        code: &str,
        wait_s: i64,
    ) -> Result<(), StoreError> {
        let now = self.now_s();
        let released = sqlx::query(
            "UPDATE dossiers SET state = 'pending', error_code = $1, not_before = $2,
             updated_at = $3
             WHERE lead_id = $4 AND classification_hash = $5 AND state = 'running'",
        )
        .bind(code)
        .bind(now.saturating_add(wait_s))
        .bind(now)
        .bind(claimed.lead_id)
        .bind(&claimed.classification_hash)
        .execute(&self.pool)
        .await;
        released
            .map(drop)
            .map_err(StoreError::doing("give a dossier back"))
    }

    /// Gives back what nobody can be writing any more, because it was begun `older_than_s` seconds
    /// ago.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn recover_dossiers(&self, older_than_s: i64) -> Result<u64, StoreError> {
        let now = self.now_s();
        let recovered = sqlx::query(
            "UPDATE dossiers SET state = 'pending', updated_at = $1
             WHERE state = 'running' AND updated_at <= $2",
        )
        .bind(now)
        .bind(now.saturating_sub(older_than_s))
        .execute(&self.pool)
        .await;
        let recovered = recovered.map_err(StoreError::doing("recover dossiers"))?;
        Ok(recovered.rows_affected())
    }
}

fn read(row: &AnyRow) -> Result<DossierRecord, StoreError> {
    let failed = StoreError::doing("read a dossier");
    let content: Option<String> = row.try_get("content").map_err(&failed)?;
    let dossier: Option<Dossier> = content
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(StoreError::unreadable("dossier"))?;
    Ok(DossierRecord {
        status: parsed(row, &failed)?,
        attempts: row.try_get("attempts").map_err(&failed)?,
        context_dossier: dossier.as_ref().map(Dossier::as_text),
        dossier,
        error: row.try_get("error_code").map_err(&failed)?,
        updated_at: Moment(row.try_get("updated_at").map_err(&failed)?),
    })
}
