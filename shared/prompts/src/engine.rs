//! The two languages templates are written in.

mod brace;
mod jinja;

use crate::error::LoadProblem;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The language a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// `{name}`; `{{` and `}}` are braces.
    #[default]
    Brace,
    /// Jinja: strict about what is undefined, without filters, functions and other files, and
    /// with limited fuel.
    Jinja,
}

impl Engine {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brace => "brace",
            Self::Jinja => "jinja",
        }
    }
}

/// A variable as it is inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// As it is.
    Plain(String),
    /// Framed as data; never taken apart.
    Framed(String),
}

impl Inserted {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Framed(text) => text,
        }
    }
}

/// A text with its places, ready to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Compiled {
    Brace(Vec<brace::Part>),
    Jinja(String),
}

/// Why a text was not filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It would be longer than the limit.
    TooLarge,
    /// The engine says why.
    Engine(String),
}

impl Compiled {
    /// Reads a text.
    pub(crate) fn new(engine: Engine, source: &str, place: &str) -> Result<Self, LoadProblem> {
        let problem = |what| LoadProblem::new(place, what);
        match engine {
            Engine::Brace => brace::parse(source).map(Self::Brace).map_err(problem),
            Engine::Jinja => {
                jinja::check(source).map_err(problem)?;
                Ok(Self::Jinja(source.to_owned()))
            }
        }
    }

    /// A text without places.
    pub(crate) fn literal(source: &str) -> Self {
        Self::Brace(vec![brace::Part::Text(source.to_owned())])
    }

    /// Appends a text and a place.
    pub(crate) fn append(&mut self, text: String, variable: &str) {
        if let Self::Brace(parts) = self {
            parts.push(brace::Part::Text(text));
            parts.push(brace::Part::Variable(variable.to_owned()));
        }
    }

    /// The variables it has places for.
    pub(crate) fn variables(&self) -> BTreeSet<String> {
        match self {
            Self::Brace(parts) => brace::variables(parts),
            Self::Jinja(source) => jinja::variables(source),
        }
    }

    /// The text with every place filled, once.
    pub(crate) fn fill(
        &self,
        values: &BTreeMap<String, Inserted>,
        limit: usize,
    ) -> Result<String, Refused> {
        match self {
            Self::Brace(parts) => brace::fill(parts, values, limit),
            Self::Jinja(source) => jinja::fill(source, values, limit),
        }
    }
}
