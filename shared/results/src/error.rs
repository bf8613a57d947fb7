//! Why results cannot be read at all.

use std::path::PathBuf;

/// A folder that is not one of results.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read {path}: check that it exists and is a folder")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// There are no results in it.
    #[error(
        "no results in {path}: name the folder given to `rumiai analyze -o`, or one in its `insights`"
    )]
    NoResults {
        /// Which.
        path: PathBuf,
    },
    /// A schema is not one.
    #[error("schema {name} cannot be used: {problem}")]
    Schema {
        /// Which.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}
