//! Why the store could not do something.

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database failed. Addresses and what is stored are never part of the text.
    #[error("cannot {action}: {reason}; check the database and DATABASE_URL")]
    Database {
        /// What was tried.
        action: &'static str,
        /// What the driver said, in short.
        reason: String,
        /// All of it.
        #[source]
        source: sqlx::Error,
    },
    /// No address of a database.
    #[error("DATABASE_URL is neither sqlite:… nor postgres://…; name one of them")]
    Address,
    /// The tables are of a newer program.
    #[error("the database has version {found}, this program knows {known}; use a newer program")]
    Newer {
        /// The version of the tables.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// There is one already.
    #[error("there is a {what} named `{name}` already; choose another name")]
    Taken {
        /// What kind of thing.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// What was stored cannot be read.
    #[error("cannot read the stored {what}: {reason}; it was written by something else")]
    Unreadable {
        /// What kind of thing.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl StoreError {
    /// For `map_err`: names what was tried.
    pub(crate) fn doing(action: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Database {
            action,
            reason: kind(&source).into(),
            source,
        }
    }

    pub(crate) fn missing(what: &'static str, id: impl ToString) -> Self {
        Self::NotFound {
            what,
            id: id.to_string(),
        }
    }

    pub(crate) fn unreadable(what: &'static str) -> impl Fn(serde_json::Error) -> Self {
        move |error| Self::Unreadable {
            what,
            reason: error.to_string(),
        }
    }
}

/// Of few words, so that nothing that was stored gets into a log line.
fn kind(error: &sqlx::Error) -> &'static str {
    match error {
        sqlx::Error::Io(_) => "the connection broke",
        sqlx::Error::Tls(_) => "no encrypted connection",
        sqlx::Error::PoolTimedOut => "no connection became free in time",
        sqlx::Error::PoolClosed => "the store is closed",
        sqlx::Error::Database(error) if error.is_unique_violation() => "it is there already",
        sqlx::Error::Database(_) => "the database refused",
        sqlx::Error::Configuration(_) => "the address cannot be read",
        _ => "the driver failed",
    }
}
