//! What asking models took, by day, task, model and provider.

use super::{Store, StoreError};
use crate::ledger::{CostKey, Taken};
use serde::Serialize;
use sqlx::{Row, any::AnyRow};

/// What sums are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CostsBy {
    /// By what was asked for.
    Task,
    /// By the model that was asked.
    Model,
}

impl CostsBy {
    /// The one of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "task" => Some(Self::Task),
            "model" => Some(Self::Model),
            _ => None,
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Model => "model",
        }
    }
}

/// A sum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostSum {
    /// The day, as `2026-11-20`, in UTC.
    pub day: String,
    /// The task or the model.
    pub name: String,
    /// What it took.
    #[serde(flatten)]
    pub taken: Taken,
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Store {
    /// Adds what asking took: all of it, or nothing.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn add_costs(&self, costs: &[(CostKey, Taken)]) -> Result<(), StoreError> {
        let failed = StoreError::doing("keep costs");
        let mut change = self.pool.begin().await.map_err(&failed)?;
        for (key, taken) in costs {
            sqlx::query(
                "INSERT INTO llm_costs (day, task, model, provider, calls, input_tokens,
                 output_tokens, cache_read_tokens, cache_write_tokens, cost_usd, unpriced_calls)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                 ON CONFLICT (day, task, model, provider) DO UPDATE SET
                 calls = llm_costs.calls + excluded.calls,
                 input_tokens = llm_costs.input_tokens + excluded.input_tokens,
                 output_tokens = llm_costs.output_tokens + excluded.output_tokens,
                 cache_read_tokens = llm_costs.cache_read_tokens + excluded.cache_read_tokens,
                 cache_write_tokens = llm_costs.cache_write_tokens + excluded.cache_write_tokens,
                 cost_usd = llm_costs.cost_usd + excluded.cost_usd,
                 unpriced_calls = llm_costs.unpriced_calls + excluded.unpriced_calls",
            )
            .bind(&key.day)
            .bind(&key.task)
            .bind(&key.model)
            .bind(&key.provider)
            .bind(whole(taken.calls))
            .bind(whole(taken.input_tokens))
            .bind(whole(taken.output_tokens))
            .bind(whole(taken.cache_read_tokens))
            .bind(whole(taken.cache_write_tokens))
            .bind(taken.cost_usd)
            .bind(whole(taken.unpriced_calls))
            .execute(&mut *change)
            .await
            .map_err(&failed)?;
        }
        change.commit().await.map_err(&failed)
    }

    /// What asking took on the days from `from` to `to`, both included and written as
    /// `2026-11-20`; the oldest day first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn costs(
        &self,
        from: &str,
        to: &str,
        by: CostsBy,
    ) -> Result<Vec<CostSum>, StoreError> {
        let column = by.column();
        // Sums of whole numbers are of another type on one of the databases.
        let sum = |name: &str| format!("CAST(SUM({name}) AS BIGINT) AS {name}");
        let sums: Vec<String> = COUNTS.iter().map(|name| sum(name)).collect();
        let sums = sums.join(", ");
        let rows = sqlx::query(&format!(
            "SELECT day, {column} AS name, {sums}, SUM(cost_usd) AS cost_usd FROM llm_costs
             WHERE day >= $1 AND day <= $2 GROUP BY day, {column} ORDER BY day, {column}"
        ))
        .bind(from)
        .bind(to)
        .fetch_all(&self.pool)
        .await
        .map_err(StoreError::doing("read costs"))?;
        rows.iter().map(read).collect()
    }
}

const COUNTS: [&str; 6] = [
    "calls",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "unpriced_calls",
];

fn read(row: &AnyRow) -> Result<CostSum, StoreError> {
    let failed = StoreError::doing("read costs");
    let count = |name: &str| -> Result<u64, StoreError> {
        let number: i64 = row.try_get(name).map_err(&failed)?;
        Ok(u64::try_from(number).unwrap_or_default())
    };
    Ok(CostSum {
        day: row.try_get("day").map_err(&failed)?,
        name: row.try_get("name").map_err(&failed)?,
        taken: Taken {
            calls: count("calls")?,
            input_tokens: count("input_tokens")?,
            output_tokens: count("output_tokens")?,
            cache_read_tokens: count("cache_read_tokens")?,
            cache_write_tokens: count("cache_write_tokens")?,
            unpriced_calls: count("unpriced_calls")?,
            cost_usd: row.try_get("cost_usd").map_err(&failed)?,
        },
    })
}
