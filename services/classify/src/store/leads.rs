//! Leads: what was found, and what people did with it. Nothing is kept about single persons.

use super::{Moment, Store, StoreError};
use crate::compute::{classification::choices, score::Bucket};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Row, any::AnyRow};

choices! {
    /// What people did with a lead.
    LeadStatus {
        /// Nothing yet.
        New = "new",
        /// They wrote.
        Contacted = "contacted",
        /// They think it fits.
        Qualified = "qualified",
        /// They made an offer.
        Pitched = "pitched",
        /// It is being tried.
        Trial = "trial",
        /// It became a customer.
        Won = "won",
        /// It did not.
        Lost = "lost",
        /// It waits.
        Parked = "parked",
    }
}

/// A total that a person gave.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Override {
    /// The total.
    pub score: f64,
    /// Why.
    pub reason: Option<String>,
    /// Who.
    pub user: Option<String>,
}

/// A lead that is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lead {
    /// Its number.
    pub id: i64,
    /// Its company, if the signal names one.
    pub company_id: Option<i64>,
    /// The company's name, where it is known.
    pub company_name: Option<String>,
    /// The company's website, where it is known.
    pub company_website: Option<String>,
    /// Its signal.
    pub signal_id: i64,
    /// Where the signal comes from.
    pub source_type: String,
    /// The signal's address.
    pub source_url: Option<String>,
    /// What the signal says.
    pub signal_text: String,
    /// The total that counts: a person's, else the computed one.
    pub total_score: f64,
    /// The computed total.
    pub computed_score: f64,
    /// The bucket of the total that counts.
    pub score_bucket: String,
    /// Which descriptions it fits.
    pub icp_matches: Value,
    /// The version of the descriptions that it was compared with.
    pub icp_set_version: i64,
    /// What the model said of it.
    pub classification: Value,
    /// The digest of that.
    #[serde(skip)]
    pub classification_hash: String,
    /// What the rules of thumb added.
    pub heuristic_adjustments: Value,
    /// How the computed total came about.
    pub score_explanation: Value,
    /// A person's total, if there is one.
    #[serde(rename = "override")]
    pub overridden: Option<Override>,
    /// What people did with it.
    pub status: String,
    /// Who looks after it.
    pub owner: Option<String>,
    /// What people wrote to it.
    pub notes: Option<String>,
    /// The template.
    pub template: String,
    /// The model.
    pub model: String,
    /// When it was found.
    pub created_at: Moment,
    /// When it was changed.
    pub updated_at: Moment,
}

/// Which leads are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LeadFilter {
    /// From this total on.
    pub score_min: Option<f64>,
    /// Up to this total.
    pub score_max: Option<f64>,
    /// Only of this status.
    pub status: Option<LeadStatus>,
    /// Only of this bucket.
    pub bucket: Option<Bucket>,
    /// At most as many.
    pub limit: i64,
    /// After as many.
    pub offset: i64,
}

/// How many leads there are of each bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BucketCounts {
    /// From 80 on.
    pub red_hot: i64,
    /// From 60 on.
    pub warm: i64,
    /// From 40 on.
    pub nurture: i64,
    /// The others.
    pub parked: i64,
}

const LEADS: &str = "SELECT leads.id, leads.company_id, companies.name AS company_name,
     companies.website_host, leads.signal_id, signals.source_type, signals.source_url,
     signals.raw_text, leads.total, leads.computed_total, leads.bucket, leads.icp_matches,
     leads.icp_set_version, leads.classification, leads.classification_hash, leads.adjustments,
     leads.explanation, leads.override_score, leads.override_reason, leads.override_by,
     leads.status, leads.owner, leads.notes, leads.template, leads.model, leads.created_at,
     leads.updated_at FROM leads JOIN signals ON signals.id = leads.signal_id
     LEFT JOIN companies ON companies.id = leads.company_id";

impl Store {
    /// Leads, the best first; of equal ones, the oldest.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn leads(&self, filter: LeadFilter) -> Result<Vec<Lead>, StoreError> {
        let wanted = format!(
            "{LEADS} WHERE leads.total >= $1 AND leads.total <= $2
             AND ($3 = '' OR leads.status = $3) AND ($4 = '' OR leads.bucket = $4)
             ORDER BY leads.total DESC, leads.id LIMIT $5 OFFSET $6"
        );
        let rows = sqlx::query(&wanted)
            .bind(filter.score_min.unwrap_or(f64::MIN))
            .bind(filter.score_max.unwrap_or(f64::MAX))
            .bind(filter.status.map_or("", LeadStatus::as_str))
            .bind(filter.bucket.map_or("", Bucket::as_str))
            .bind(filter.limit)
            .bind(filter.offset)
            .fetch_all(&self.pool)
            .await;
        rows.map_err(StoreError::doing("read leads"))?
            .iter()
            .map(read)
            .collect()
    }

    /// One lead.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lead(&self, id: i64) -> Result<Lead, StoreError> {
        let row = sqlx::query(&format!("{LEADS} WHERE leads.id = $1"))
            .bind(id)
            .fetch_optional(&self.pool)
            .await
            .map_err(StoreError::doing("read a lead"))?;
        read(&row.ok_or_else(|| StoreError::missing("lead", id))?)
    }

    /// Removes a lead with its totals and dossiers, and its signal if nothing else is of it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_lead(&self, id: i64) -> Result<(), StoreError> {
        let failed = StoreError::doing("remove a lead");
        let mut change = self.pool.begin().await.map_err(&failed)?;
        let removed = sqlx::query("DELETE FROM leads WHERE id = $1 RETURNING signal_id");
        let removed = removed.bind(id).fetch_optional(&mut *change).await;
        let row = removed.map_err(&failed)?;
        let row = row.ok_or_else(|| StoreError::missing("lead", id))?;
        let signal_id: i64 = row.try_get("signal_id").map_err(&failed)?;
        sqlx::query(
            "DELETE FROM signals WHERE id = $1
             AND NOT EXISTS (SELECT 1 FROM leads WHERE signal_id = $1)",
        )
        .bind(signal_id)
        .execute(&mut *change)
        .await
        .map_err(&failed)?;
        change.commit().await.map_err(&failed)
    }

    /// Notes what people did with a lead.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_status(&self, id: i64, status: LeadStatus) -> Result<Lead, StoreError> {
        let change = "UPDATE leads SET status = $1, updated_at = $2 WHERE id = $3";
        self.change_lead(id, change, status.as_str()).await
    }

    /// Notes what people wrote to a lead.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_notes(&self, id: i64, notes: &str) -> Result<Lead, StoreError> {
        let change = "UPDATE leads SET notes = $1, updated_at = $2 WHERE id = $3";
        self.change_lead(id, change, notes).await
    }

    async fn change_lead(&self, id: i64, change: &str, value: &str) -> Result<Lead, StoreError> {
        let changed = sqlx::query(change)
            .bind(value)
            .bind(self.now_s())
            .bind(id)
            .execute(&self.pool)
            .await
            .map_err(StoreError::doing("change a lead"))?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::missing("lead", id));
        }
        self.lead(id).await
    }

    /// How many leads there are of each bucket.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn bucket_counts(&self) -> Result<BucketCounts, StoreError> {
        let failed = StoreError::doing("count leads");
        let rows = sqlx::query("SELECT bucket, COUNT(*) AS leads FROM leads GROUP BY bucket");
        let rows = rows.fetch_all(&self.pool).await.map_err(&failed)?;
        let mut counts = BucketCounts::default();
        for row in rows {
            let bucket: String = row.try_get("bucket").map_err(&failed)?;
            let leads: i64 = row.try_get("leads").map_err(&failed)?;
            match Bucket::parse(&bucket) {
                Some(Bucket::RedHot) => counts.red_hot = leads,
                Some(Bucket::Warm) => counts.warm = leads,
                Some(Bucket::Nurture) => counts.nurture = leads,
                Some(Bucket::Parked) | None => counts.parked += leads,
            }
        }
        Ok(counts)
    }

    /// Parks leads that nobody touched for `days`; with `dry_run` only says which.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub async fn auto_park(&self, days: i64, dry_run: bool) -> Result<Vec<i64>, StoreError> {
        let failed = StoreError::doing("park leads");
        let now = self.now_s();
        let before = now.saturating_sub(days.saturating_mul(86_400));
        let rows = if dry_run {
            sqlx::query("SELECT id FROM leads WHERE status = 'new' AND created_at < $1 ORDER BY id")
                .bind(before)
                .fetch_all(&self.pool)
                .await
        } else {
            sqlx::query(
                "UPDATE leads SET status = 'parked', updated_at = $2
                 WHERE status = 'new' AND created_at < $1 RETURNING id",
            )
            .bind(before)
            .bind(now)
            .fetch_all(&self.pool)
            .await
        };
        let rows = rows.map_err(&failed)?;
        let ids = rows.iter().map(|row| row.try_get("id").map_err(&failed));
        let mut ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
        ids.sort_unstable();
        Ok(ids)
    }
}

fn read(row: &AnyRow) -> Result<Lead, StoreError> {
    let failed = StoreError::doing("read a lead");
    let json = |column: &str| -> Result<Value, StoreError> {
        let text: String = row.try_get(column).map_err(&failed)?;
        serde_json::from_str(&text).map_err(StoreError::unreadable("lead"))
    };
    let optional = |column: &str| -> Result<Option<String>, StoreError> {
        row.try_get(column).map_err(&failed)
    };
    let text =
        |column: &str| -> Result<String, StoreError> { row.try_get(column).map_err(&failed) };
    let score: Option<f64> = row.try_get("override_score").map_err(&failed)?;
    let (reason, user) = (optional("override_reason")?, optional("override_by")?);
    Ok(Lead {
        id: row.try_get("id").map_err(&failed)?,
        company_id: row.try_get("company_id").map_err(&failed)?,
        company_name: optional("company_name")?,
        company_website: optional("website_host")?,
        signal_id: row.try_get("signal_id").map_err(&failed)?,
        source_type: text("source_type")?,
        source_url: optional("source_url")?,
        signal_text: text("raw_text")?,
        total_score: row.try_get("total").map_err(&failed)?,
        computed_score: row.try_get("computed_total").map_err(&failed)?,
        score_bucket: text("bucket")?,
        icp_matches: json("icp_matches")?,
        icp_set_version: row.try_get("icp_set_version").map_err(&failed)?,
        classification: json("classification")?,
        classification_hash: text("classification_hash")?,
        heuristic_adjustments: json("adjustments")?,
        score_explanation: json("explanation")?,
        overridden: score.map(|score| Override {
            score,
            reason,
            user,
        }),
        status: text("status")?,
        owner: optional("owner")?,
        notes: optional("notes")?,
        template: text("template")?,
        model: text("model")?,
        created_at: Moment(row.try_get("created_at").map_err(&failed)?),
        updated_at: Moment(row.try_get("updated_at").map_err(&failed)?),
    })
}
