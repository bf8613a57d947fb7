//! Companies: found by their website, else by their name. Nothing about them is guessed.

use super::{Store, StoreError};
use crate::compute::text::normalised;
use sqlx::{AnyConnection, Row};

/// What a signal says of its company.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) website_host: Option<&'a str>,
    pub(super) size_bucket: Option<&'a str>,
    pub(super) sector: Option<&'a str>,
}

impl Store {
    /// The company of that website, else of that name, if it is known.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn find_company(
        &self,
        website_host: Option<&str>,
        name: Option<&str>,
    ) -> Result<Option<i64>, StoreError> {
        let failed = StoreError::doing("look for a company");
        let mut connection = self.pool.acquire().await.map_err(failed)?;
        let told = Told {
            name,
            website_host,
            ..Told::default()
        };
        find(&mut connection, told).await
    }
}

/// The company that a signal is of, made if need be; `None` if the signal names none.
pub(super) async fn settle(
    change: &mut AnyConnection,
    told: Told<'_>,
    now_s: i64,
) -> Result<Option<i64>, StoreError> {
    if told.name.is_none() && told.website_host.is_none() {
        return Ok(None);
    }
    let id = match find(change, told).await? {
        Some(id) => id,
        None => match insert(change, told, now_s).await? {
            Some(id) => id,
            // Somebody else was faster.
            None => match find(change, told).await? {
                Some(id) => id,
                None => {
                    return Err(StoreError::missing(
                        "company",
                        told.name.unwrap_or_default(),
                    ));
                }
            },
        },
    };
    complete(change, id, told, now_s).await?;
    Ok(Some(id))
}

async fn find(change: &mut AnyConnection, told: Told<'_>) -> Result<Option<i64>, StoreError> {
    if let Some(host) = told.website_host {
        let by_host = "SELECT id FROM companies WHERE website_host = $1";
        if let Some(id) = one_id(change, by_host, host).await? {
            return Ok(Some(id));
        }
    }
    let Some(key) = told.name.map(normalised) else {
        return Ok(None);
    };
    // A known name of another website is another company.
    let by_name = match told.website_host {
        Some(_) => "SELECT id FROM companies WHERE name_key = $1 AND website_host IS NULL",
        None => "SELECT id FROM companies WHERE name_key = $1 ORDER BY id LIMIT 1",
    };
    one_id(change, by_name, &key).await
}

async fn one_id(
    change: &mut AnyConnection,
    query: &str,
    key: &str,
) -> Result<Option<i64>, StoreError> {
    let failed = StoreError::doing("look for a company");
    let row = sqlx::query(query).bind(key).fetch_optional(change).await;
    let row = row.map_err(&failed)?;
    row.map(|row| row.try_get("id").map_err(&failed))
        .transpose()
}

async fn insert(
    change: &mut AnyConnection,
    told: Told<'_>,
    now_s: i64,
) -> Result<Option<i64>, StoreError> {
    let failed = StoreError::doing("keep a company");
    let row = sqlx::query(
        "INSERT INTO companies (name, name_key, website_host, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(told.name)
    .bind(told.name.map(normalised))
    .bind(told.website_host)
    .bind(now_s)
    .fetch_optional(change)
    .await
    .map_err(&failed)?;
    row.map(|row| row.try_get("id").map_err(&failed))
        .transpose()
}

/// Adds what was not known; nothing that was is replaced.
async fn complete(
    change: &mut AnyConnection,
    id: i64,
    told: Told<'_>,
    now_s: i64,
) -> Result<(), StoreError> {
    let completed = sqlx::query(
        "UPDATE companies SET name = COALESCE(name, $1), name_key = COALESCE(name_key, $2),
         website_host = COALESCE(website_host, $3), size_bucket = COALESCE(size_bucket, $4),
         sector = COALESCE(sector, $5), updated_at = $6 WHERE id = $7",
    )
    .bind(told.name)
    .bind(told.name.map(normalised))
    .bind(told.website_host)
    .bind(told.size_bucket)
    .bind(told.sector)
    .bind(now_s)
    .bind(id)
    .execute(change)
    .await;
    completed
        .map(drop)
        .map_err(StoreError::doing("complete a company"))
}
