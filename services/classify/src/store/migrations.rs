//! The tables, as a list of steps. A step never changes once it was shipped.

use super::{Engine, StoreError};
use sqlx::{AnyPool, Row};

/// Two processes that begin at once bring the tables up to date one after the other.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7301144)";

/// Steps, each a list of statements. `{id}` is the type of a number that counts up.
const STEPS: &[&[&str]] = &[FIRST, COSTS_AND_BATCHES];

const FIRST: &[&str] = &[
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
    "INSERT INTO counters (name, value) VALUES ('icp_set_version', 1)",
    "CREATE TABLE icps (
        id {id}, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, profile TEXT NOT NULL,
        version BIGINT NOT NULL, embedding TEXT, embedding_of TEXT,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
    "CREATE TABLE companies (
        id {id}, name TEXT, name_key TEXT, website_host TEXT UNIQUE, description TEXT,
        size_bucket TEXT, city TEXT, state TEXT, country TEXT, sector TEXT,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
    "CREATE UNIQUE INDEX companies_by_name ON companies (name_key) WHERE website_host IS NULL",
    "CREATE INDEX companies_named ON companies (name_key)",
    "CREATE TABLE signals (
        id {id}, source_type TEXT NOT NULL, source_url TEXT, raw_text TEXT NOT NULL,
        text_sha256 TEXT NOT NULL, posted_at BIGINT, company_id BIGINT REFERENCES companies (id),
        company_key BIGINT NOT NULL, created_at BIGINT NOT NULL,
        UNIQUE (text_sha256, company_key))",
    "CREATE TABLE leads (
        id {id}, company_id BIGINT REFERENCES companies (id),
        signal_id BIGINT NOT NULL REFERENCES signals (id),
        text_sha256 TEXT NOT NULL, company_key BIGINT NOT NULL, icp_set_version BIGINT NOT NULL,
        computed_total DOUBLE PRECISION NOT NULL, total DOUBLE PRECISION NOT NULL,
        bucket TEXT NOT NULL, icp_matches TEXT NOT NULL, classification TEXT NOT NULL,
        classification_hash TEXT NOT NULL, adjustments TEXT NOT NULL, explanation TEXT NOT NULL,
        override_score DOUBLE PRECISION, override_reason TEXT, override_by TEXT,
        status TEXT NOT NULL, owner TEXT, notes TEXT, template TEXT NOT NULL, model TEXT NOT NULL,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
        UNIQUE (text_sha256, company_key, icp_set_version))",
    "CREATE INDEX leads_by_total ON leads (total DESC, id)",
    "CREATE TABLE score_history (
        id {id}, lead_id BIGINT NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
        total DOUBLE PRECISION NOT NULL, bucket TEXT NOT NULL, kind TEXT NOT NULL,
        reason TEXT, changed_by TEXT, at BIGINT NOT NULL)",
    "CREATE INDEX score_history_by_lead ON score_history (lead_id, id)",
    "CREATE TABLE funding_events (
        id {id}, company_id BIGINT NOT NULL REFERENCES companies (id),
        announced_at BIGINT NOT NULL, round TEXT, amount_usd DOUBLE PRECISION, source_url TEXT,
        created_at BIGINT NOT NULL)",
    "CREATE INDEX funding_by_company ON funding_events (company_id, announced_at)",
    "CREATE TABLE dossiers (
        lead_id BIGINT NOT NULL REFERENCES leads (id) ON DELETE CASCADE,
        classification_hash TEXT NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL,
        content TEXT, error_code TEXT, not_before BIGINT NOT NULL,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
        PRIMARY KEY (lead_id, classification_hash))",
    "CREATE INDEX dossiers_by_state ON dossiers (state, not_before)",
    "CREATE TABLE jobs (
        id TEXT PRIMARY KEY, state TEXT NOT NULL, request TEXT NOT NULL, result TEXT,
        error_code TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
    "CREATE INDEX jobs_by_state ON jobs (state, created_at)",
];

const COSTS_AND_BATCHES: &[&str] = &[
    "CREATE TABLE llm_costs (
        day TEXT NOT NULL, task TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
        calls BIGINT NOT NULL, input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,
        cache_read_tokens BIGINT NOT NULL, cache_write_tokens BIGINT NOT NULL,
        cost_usd DOUBLE PRECISION NOT NULL, unpriced_calls BIGINT NOT NULL,
        PRIMARY KEY (day, task, model, provider))",
    "CREATE TABLE llm_batches (
        id TEXT PRIMARY KEY, provider_id TEXT NOT NULL, state TEXT NOT NULL,
        request TEXT NOT NULL, result TEXT,
        created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
];

/// Brings the tables up to date: all missing steps, or none.
pub(super) async fn run(pool: &AnyPool, engine: Engine, now_s: i64) -> Result<(), StoreError> {
    let failed = StoreError::doing("bring the tables up to date");
    let mut change = pool.begin().await.map_err(&failed)?;
    if engine == Engine::Postgres {
        sqlx::query(LOCK)
            .execute(&mut *change)
            .await
            .map_err(&failed)?;
    }
    let versions = "CREATE TABLE IF NOT EXISTS schema_versions \
        (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)";
    sqlx::query(versions)
        .execute(&mut *change)
        .await
        .map_err(&failed)?;
    let newest = sqlx::query("SELECT COALESCE(MAX(version), 0) AS version FROM schema_versions");
    let row = newest.fetch_one(&mut *change).await.map_err(&failed)?;
    let found: i64 = row.try_get("version").map_err(&failed)?;
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    let id = match engine {
        Engine::Sqlite => "INTEGER PRIMARY KEY AUTOINCREMENT",
        Engine::Postgres => "BIGSERIAL PRIMARY KEY",
    };
    for (version, step) in (1..).zip(STEPS).filter(|(version, _)| *version > found) {
        for statement in *step {
            let statement = statement.replace("{id}", id);
            sqlx::query(&statement)
                .execute(&mut *change)
                .await
                .map_err(&failed)?;
        }
        sqlx::query("INSERT INTO schema_versions (version, applied_at) VALUES ($1, $2)")
            .bind(version)
            .bind(now_s)
            .execute(&mut *change)
            .await
            .map_err(&failed)?;
    }
    change.commit().await.map_err(&failed)
}
