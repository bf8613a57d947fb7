//! What is kept: in one file by default, in PostgreSQL by address. The same statements run on both,
//! and one contract suite checks both.

mod batches;
mod companies;
mod costs;
mod dossiers;
mod error;
mod funding;
mod history;
mod icps;
mod jobs;
mod leads;
mod migrations;
mod moment;
mod persist;

pub use batches::{BatchRecord, BatchState};
pub use costs::{CostSum, CostsBy};
pub use dossiers::{ClaimedDossier, DossierRecord, DossierState};
pub use error::StoreError;
pub use funding::{FundingEvent, NewFunding};
pub use history::HistoryEntry;
pub use icps::{IcpRecord, IcpSet};
pub use jobs::{ClaimedJob, JobRecord, JobState};
pub use leads::{BucketCounts, Lead, LeadFilter, LeadStatus, Override};
pub use moment::Moment;
pub use persist::{NewLead, Persisted};

use secrecy::{ExposeSecret, SecretString};
use sqlx::{AnyPool, Executor, any::AnyPoolOptions};
use stage::Clock;
use std::{
    sync::{Arc, Once},
    time::{Duration, UNIX_EPOCH},
};

/// Connections to a server.
const CONNECTIONS: u32 = 8;
/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// Which kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    Sqlite,
    Postgres,
}

/// Everything that is kept.
#[derive(Clone)]
pub struct Store {
    pool: AnyPool,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Opens the database at `url`, and brings its tables up to date.
    ///
    /// `sqlite:///./leads.db` is a file beside the process, `sqlite:////var/leads.db` one by its
    /// whole path, `sqlite::memory:` is gone with the process; `postgres://…` is a server.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be reached, or is of a newer version of this program.
    pub async fn open(url: &SecretString, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        static DRIVERS: Once = Once::new();
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        let (engine, address) = address(url.expose_secret())?;
        let pool = options(engine)
            .connect(&address)
            .await
            .map_err(StoreError::doing("open the database"))?;
        let store = Self { pool, clock };
        migrations::run(&store.pool, engine, store.now_s()).await?;
        Ok(store)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`] if it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let asked = sqlx::query("SELECT 1").execute(&self.pool).await;
        asked
            .map(drop)
            .map_err(StoreError::doing("reach the database"))
    }

    /// Ends all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Seconds since 1970.
    pub(crate) fn now_s(&self) -> i64 {
        let since = self.clock.now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
    }
}

/// What this program calls `sqlite:///./x` the driver calls `sqlite://./x`.
fn address(url: &str) -> Result<(Engine, String), StoreError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok((Engine::Postgres, url.to_owned()));
    }
    let Some(path) = url.strip_prefix("sqlite:") else {
        return Err(StoreError::Address);
    };
    if path == ":memory:" || path == "//" || path == "///:memory:" {
        return Ok((Engine::Sqlite, "sqlite::memory:".into()));
    }
    let path = path
        .strip_prefix("///")
        .or(path.strip_prefix("//"))
        .unwrap_or(path);
    if path.is_empty() {
        return Err(StoreError::Address);
    }
    let mode = if path.contains('?') { "" } else { "?mode=rwc" };
    Ok((Engine::Sqlite, format!("sqlite://{path}{mode}")))
}

fn options(engine: Engine) -> AnyPoolOptions {
    let options = AnyPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
    match engine {
        // One writer at a time is all a file can have; one connection makes the others wait
        // instead of failing, and keeps a database in memory alive.
        Engine::Sqlite => options
            .max_connections(1)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA foreign_keys = ON"] {
                        connection.execute(pragma).await?;
                    }
                    Ok(())
                })
            }),
        Engine::Postgres => options.max_connections(CONNECTIONS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files_are_read_as_written_elsewhere() {
        let file = |url: &str| address(url).unwrap().1;
        assert_eq!(file("sqlite:///./leads.db"), "sqlite://./leads.db?mode=rwc");
        assert_eq!(
            file("sqlite:////var/leads.db"),
            "sqlite:///var/leads.db?mode=rwc"
        );
        assert_eq!(file("sqlite::memory:"), "sqlite::memory:");
        assert!(address("mysql://x").is_err());
        assert!(address("sqlite:///").is_err());
    }
}
