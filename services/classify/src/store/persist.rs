//! A classified signal becomes a signal, a company and a lead: all three, or nothing.

use super::{
    DossierState, Store, StoreError,
    companies::{self, Told},
    dossiers, history,
};
use crate::compute::{
    classification::{Classification, SizeBucket},
    filter::Signal,
    score::{Adjustment, Bucket, Explanation},
    text,
};
use sqlx::{AnyConnection, Row};

/// A lead as it was just classified.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLead {
    /// What was handed in.
    pub signal: Signal,
    /// What the model said of it.
    pub classification: Classification,
    /// What the rules of thumb added.
    pub adjustments: Vec<Adjustment>,
    /// How the total came about.
    pub explanation: Explanation,
    /// Which descriptions it fits.
    pub icp_matches: Vec<i64>,
    /// The version of the descriptions that it was compared with.
    pub icp_set_version: i64,
    /// The template, as results name it.
    pub template: String,
    /// The model that answered.
    pub model: String,
    /// Whether it deserves a dossier.
    pub wants_dossier: bool,
}

/// Where it was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Persisted {
    /// The company, if the signal names one.
    pub company_id: Option<i64>,
    /// The signal.
    pub signal_id: i64,
    /// The lead.
    pub lead_id: i64,
    /// The state of its dossier, if it has one.
    pub dossier: Option<DossierState>,
}

/// The texts of a lead as they are written down.
struct Written {
    classification: String,
    hash: String,
    adjustments: String,
    explanation: String,
    matches: String,
}

impl Written {
    fn of(new: &NewLead) -> Result<Self, StoreError> {
        let failed = StoreError::unreadable("lead");
        let classification = serde_json::to_string(&new.classification).map_err(&failed)?;
        Ok(Self {
            hash: text::digest_of_parts([classification.as_str()]),
            classification,
            adjustments: serde_json::to_string(&new.adjustments).map_err(&failed)?,
            explanation: serde_json::to_string(&new.explanation).map_err(&failed)?,
            matches: serde_json::to_string(&new.icp_matches).map_err(&failed)?,
        })
    }
}

/// Which lead it is: the same text of the same company, compared with the same descriptions.
struct Identity<'a> {
    digest: &'a str,
    company_id: Option<i64>,
}

impl Identity<'_> {
    /// No company is a value of its own, so that it can be part of a key.
    fn company_key(&self) -> i64 {
        self.company_id.unwrap_or(0)
    }
}

impl Store {
    /// Stores a lead. The same signal again changes the lead that is there; what people wrote to
    /// it stays.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails; nothing of it is stored then.
    pub async fn persist(&self, new: &NewLead) -> Result<Persisted, StoreError> {
        let failed = StoreError::doing("store a lead");
        let now = self.now_s();
        let written = Written::of(new)?;
        let digest = text::digest(&new.signal.text);
        let mut change = self.pool.begin().await.map_err(&failed)?;
        let company_id = companies::settle(&mut change, told(new), now).await?;
        let identity = Identity {
            digest: &digest,
            company_id,
        };
        let signal_id = upsert_signal(&mut change, &identity, &new.signal, now).await?;
        let lead_id = upsert_lead(&mut change, &identity, new, &written, (signal_id, now)).await?;
        let total = new.explanation.final_score;
        history::classified(
            &mut change,
            lead_id,
            total,
            new.explanation.score_bucket,
            now,
        )
        .await?;
        if new.wants_dossier {
            dossiers::request(&mut change, lead_id, &written.hash, now).await?;
        }
        let dossier = dossiers::state(&mut change, lead_id, &written.hash).await?;
        change.commit().await.map_err(&failed)?;
        Ok(Persisted {
            company_id,
            signal_id,
            lead_id,
            dossier,
        })
    }
}

fn told(new: &NewLead) -> Told<'_> {
    let size = new.classification.size_bucket;
    Told {
        name: new.signal.company_name.as_deref(),
        website_host: new.signal.website_host.as_deref(),
        size_bucket: (size != SizeBucket::Unknown).then(|| size.as_str()),
        sector: new.signal.industry.as_deref(),
    }
}

async fn upsert_signal(
    change: &mut AnyConnection,
    identity: &Identity<'_>,
    signal: &Signal,
    now_s: i64,
) -> Result<i64, StoreError> {
    let failed = StoreError::doing("store a signal");
    let row = sqlx::query(
        "INSERT INTO signals (source_type, source_url, raw_text, text_sha256, posted_at,
         company_id, company_key, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (text_sha256, company_key) DO UPDATE SET
         source_url = COALESCE(signals.source_url, excluded.source_url),
         posted_at = COALESCE(excluded.posted_at, signals.posted_at) RETURNING id",
    )
    .bind(signal.source_type.as_str())
    .bind(signal.source_url.as_deref())
    .bind(&signal.text)
    .bind(identity.digest)
    .bind(signal.posted_at_s)
    .bind(identity.company_id)
    .bind(identity.company_key())
    .bind(now_s)
    .fetch_one(change)
    .await
    .map_err(&failed)?;
    row.try_get("id").map_err(&failed)
}

const UPSERT_LEAD: &str = "INSERT INTO leads (company_id, signal_id, text_sha256, company_key,
     icp_set_version, computed_total, total, bucket, icp_matches, classification,
     classification_hash, adjustments, explanation, status, template, model, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12, 'new', $13, $14, $15, $15)
     ON CONFLICT (text_sha256, company_key, icp_set_version) DO UPDATE SET
     signal_id = excluded.signal_id, computed_total = excluded.computed_total,
     total = COALESCE(leads.override_score, excluded.computed_total),
     bucket = CASE WHEN leads.override_score IS NULL THEN excluded.bucket ELSE leads.bucket END,
     icp_matches = excluded.icp_matches, classification = excluded.classification,
     classification_hash = excluded.classification_hash, adjustments = excluded.adjustments,
     explanation = excluded.explanation, template = excluded.template, model = excluded.model,
     updated_at = excluded.updated_at RETURNING id";

async fn upsert_lead(
    change: &mut AnyConnection,
    identity: &Identity<'_>,
    new: &NewLead,
    written: &Written,
    (signal_id, now_s): (i64, i64),
) -> Result<i64, StoreError> {
    let failed = StoreError::doing("store a lead");
    let row = sqlx::query(UPSERT_LEAD)
        .bind(identity.company_id)
        .bind(signal_id)
        .bind(identity.digest)
        .bind(identity.company_key())
        .bind(new.icp_set_version)
        .bind(new.explanation.final_score)
        .bind(new.explanation.score_bucket.as_str())
        .bind(&written.matches)
        .bind(&written.classification)
        .bind(&written.hash)
        .bind(&written.adjustments)
        .bind(&written.explanation)
        .bind(&new.template)
        .bind(&new.model)
        .bind(now_s)
        .fetch_one(change)
        .await
        .map_err(&failed)?;
    row.try_get("id").map_err(&failed)
}

/// For history and override: the bucket of a total.
pub(super) fn bucket_name(total: f64) -> &'static str {
    Bucket::of(total).as_str()
}
