//! The words that the rules of thumb look for: one versioned file, read once.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The file that is compiled in.
const BUILTIN: &str = include_str!("../../lexicon/lexicon.yaml");

/// Words and phrases, by what they speak for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// Its version, as results name it.
    pub version: String,
    /// Names that are no company.
    pub company_placeholders: Vec<String>,
    /// What is left of a form that nobody filled in; looked for as written, in any case.
    pub template_placeholders: Vec<String>,
    /// Families of phrases that say that nobody does marketing yet.
    pub first_marketer: BTreeMap<String, Vec<String>>,
    /// Words of people who write for themselves.
    pub founder_words: Vec<String>,
    /// Words of departments.
    pub corporate_words: Vec<String>,
    /// Phrases that expect one person to solve everything.
    pub silver_bullets: Vec<String>,
    /// Phrases of advertisements that are no jobs.
    pub spam: Vec<String>,
    /// What each industry suffers from, and the words it is known by.
    pub industries: BTreeMap<String, Industry>,
}

/// One industry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Industry {
    /// Words by which a text is known to be of it.
    pub signs: Vec<String>,
    /// What it suffers from.
    pub pains: Vec<String>,
}

/// Why a lexicon cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the lexicon cannot be read: {0}; mend the file")]
pub struct LexiconError(String);

impl Lexicon {
    /// The one that is compiled in.
    ///
    /// # Errors
    /// [`LexiconError`] if it is no lexicon, which the tests would have said.
    pub fn builtin() -> Result<Self, LexiconError> {
        Self::parse(BUILTIN)
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`LexiconError`] if it is no lexicon.
    pub fn parse(yaml: &str) -> Result<Self, LexiconError> {
        serde_saphyr::from_str(yaml).map_err(|error| LexiconError(error.to_string()))
    }
}
