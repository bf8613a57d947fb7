//! Money that companies raised.

use super::{Moment, Store, StoreError, companies, companies::Told};
use serde::Serialize;
use sqlx::{Row, any::AnyRow};

/// Money that was raised, as it is handed in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewFunding {
    /// Who raised it.
    pub company_name: Option<String>,
    /// The host of their website.
    pub website_host: Option<String>,
    /// When it was said, in seconds since 1970.
    pub announced_at_s: i64,
    /// In which round.
    pub round: Option<String>,
    /// How much, in dollars, where it was said.
    pub amount_usd: Option<f64>,
    /// Where it was said.
    pub source_url: Option<String>,
}

/// Money that was raised.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FundingEvent {
    /// Its number.
    pub id: i64,
    /// Who raised it.
    pub company_id: i64,
    /// When it was said.
    pub announced_at: Moment,
    /// In which round.
    pub round: Option<String>,
    /// How much, in dollars, where it was said.
    pub amount_usd: Option<f64>,
    /// Where it was said.
    pub source_url: Option<String>,
}

const COLUMNS: &str = "id, company_id, announced_at, round, amount_usd, source_url";

impl Store {
    /// Keeps that a company raised money; makes the company if need be.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] if no company is named.
    pub async fn add_funding(&self, new: &NewFunding) -> Result<FundingEvent, StoreError> {
        let failed = StoreError::doing("keep a funding event");
        let now = self.now_s();
        let mut change = self.pool.begin().await.map_err(&failed)?;
        let told = Told {
            name: new.company_name.as_deref(),
            website_host: new.website_host.as_deref(),
            ..Told::default()
        };
        let company_id = companies::settle(&mut change, told, now).await?;
        let company_id =
            company_id.ok_or_else(|| StoreError::missing("company", "without a name"))?;
        let row = sqlx::query(&format!(
            "INSERT INTO funding_events (company_id, announced_at, round, amount_usd, source_url,
             created_at) VALUES ($1, $2, $3, $4, $5, $6) RETURNING {COLUMNS}"
        ))
        .bind(company_id)
        .bind(new.announced_at_s)
        .bind(new.round.as_deref())
        .bind(new.amount_usd)
        .bind(new.source_url.as_deref())
        .bind(now)
        .fetch_one(&mut *change)
        .await
        .map_err(&failed)?;
        let event = read(&row)?;
        change.commit().await.map_err(&failed)?;
        Ok(event)
    }

    /// Money that was raised, the newest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn funding(&self, limit: i64, offset: i64) -> Result<Vec<FundingEvent>, StoreError> {
        let rows = sqlx::query(&format!(
            "SELECT {COLUMNS} FROM funding_events ORDER BY announced_at DESC, id LIMIT $1 OFFSET $2"
        ))
        .bind(limit)
        .bind(offset)
        .fetch_all(&self.pool)
        .await;
        let rows = rows.map_err(StoreError::doing("read funding events"))?;
        rows.iter().map(read).collect()
    }

    /// Whether this very company raised money within `days` before `at_s`.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn raised_before(
        &self,
        company_id: i64,
        at_s: i64,
        days: i64,
    ) -> Result<bool, StoreError> {
        let found = sqlx::query(
            "SELECT id FROM funding_events
             WHERE company_id = $1 AND announced_at <= $2 AND announced_at >= $3 LIMIT 1",
        )
        .bind(company_id)
        .bind(at_s)
        .bind(at_s.saturating_sub(days.saturating_mul(86_400)))
        .fetch_optional(&self.pool)
        .await;
        let found = found.map_err(StoreError::doing("look for funding events"))?;
        Ok(found.is_some())
    }
}

fn read(row: &AnyRow) -> Result<FundingEvent, StoreError> {
    let failed = StoreError::doing("read a funding event");
    Ok(FundingEvent {
        id: row.try_get("id").map_err(&failed)?,
        company_id: row.try_get("company_id").map_err(&failed)?,
        announced_at: Moment(row.try_get("announced_at").map_err(&failed)?),
        round: row.try_get("round").map_err(&failed)?,
        amount_usd: row.try_get("amount_usd").map_err(&failed)?,
        source_url: row.try_get("source_url").map_err(&failed)?,
    })
}
