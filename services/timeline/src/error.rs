//! Why the analyses could not be made.

/// An input beyond the limits, or a result that JSON cannot hold.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The video is longer than the limit.
    #[error("video lasts {actual_seconds} s, limit is {limit_seconds} s; cut it into parts")]
    TooLong {
        /// Its length in whole seconds, rounded up.
        actual_seconds: u64,
        /// [`Limits::max_duration_seconds`](crate::Limits::max_duration_seconds).
        limit_seconds: u64,
    },
    /// A limit is not usable.
    #[error("timeline limit {name} must be above zero")]
    ZeroLimit {
        /// Name of the field.
        name: &'static str,
    },
    /// Something that was named cannot be looked for.
    #[error("{key} {problem}")]
    Brand {
        /// Key of the setting.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A result cannot be written.
    #[error("{what} cannot be written as JSON")]
    Unwritable {
        /// Which result.
        what: &'static str,
        /// What is wrong with it.
        #[source]
        source: crate::json::Error,
    },
}
