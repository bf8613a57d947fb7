//! What can be wrong with a template, with what it is given, and with a reload.

use std::path::PathBuf;

/// Why a file of templates, or one template of it, is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct LoadProblem {
    /// Template, version and part, as far as known.
    pub place: String,
    /// What is wrong there, and what to do.
    pub what: String,
}

impl LoadProblem {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            what: what.into(),
        }
    }
}

/// Why there is no prompt. Nothing half-rendered is ever given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// No template is called so.
    #[error(
        "there is no template '{0}'; the names are those of the built-in ones and of the files"
    )]
    Unknown(String),
    /// Somebody pinned a version that is not there.
    #[error("template '{name}' is pinned to version '{version}', which is not loaded or disabled")]
    Pinned {
        /// The template.
        name: String,
        /// The version asked for.
        version: String,
    },
    /// No version has a weight.
    #[error("no active version of template '{0}' has a weight above 0")]
    NoWeight(String),
    /// A variable is missing.
    #[error("{identity}: variable '{variable}' is missing")]
    Missing {
        /// The template.
        identity: String,
        /// The variable.
        variable: String,
    },
    /// A variable nobody declared.
    #[error("{identity}: variable '{variable}' is not declared")]
    Extra {
        /// The template.
        identity: String,
        /// The variable.
        variable: String,
    },
    /// A variable is too long.
    #[error("{identity}: variable '{variable}' has {actual} characters, limit is {limit}")]
    TooLong {
        /// The template.
        identity: String,
        /// The variable.
        variable: String,
        /// Its characters.
        actual: usize,
        /// The most it may have.
        limit: usize,
    },
    /// A variable is of another type.
    #[error("{identity}: variable '{variable}' is no {expected}")]
    Type {
        /// The template.
        identity: String,
        /// The variable.
        variable: String,
        /// What was declared.
        expected: &'static str,
    },
    /// The prompt is too large.
    #[error("{identity}: the prompt exceeds {limit} bytes; leave parts of the context out")]
    TooLarge {
        /// The template.
        identity: String,
        /// The most a prompt may have.
        limit: usize,
    },
    /// The engine refused.
    #[error("{identity}: {message}")]
    Engine {
        /// The template.
        identity: String,
        /// What the engine says.
        message: String,
    },
}

/// Why templates were not loaded anew; the set that was there before goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// Templates of files are switched off.
    #[error("templates of files are switched off; only the built-in ones are used")]
    Disabled,
    /// The folder cannot be read.
    #[error("folder {folder} cannot be read: {message}")]
    Unreadable {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        message: String,
    },
    /// There are more files than anybody writes, or they are larger.
    #[error("folder {folder} holds more than {what}; is it the right one?")]
    TooMuch {
        /// The folder.
        folder: PathBuf,
        /// The limit.
        what: String,
    },
    /// The files were replaced again and again while they were read.
    #[error("folder {folder} is replaced faster than it is read; try again")]
    Unsettled {
        /// The folder.
        folder: PathBuf,
    },
    /// The templates compiled into the program are not right.
    #[error("built-in templates: {0}")]
    Builtin(LoadProblem),
}
