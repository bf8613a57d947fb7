//! Documents against JSON Schemas.

use jsonschema::Validator;
use serde_json::Value;
use std::collections::BTreeMap;

/// Problems of one document that are shown.
const SHOWN: usize = 5;

/// Schemas by name.
pub struct Schemas(BTreeMap<String, Validator>);

impl Schemas {
    /// These schemas.
    ///
    /// # Panics
    /// If one of them is none.
    pub fn new(all: impl IntoIterator<Item = (String, Value)>) -> Self {
        let validator = |(name, schema): (String, Value)| match jsonschema::validator_for(&schema) {
            Ok(validator) => (name, validator),
            Err(error) => panic!("{name} is no schema: {error}"),
        };
        Self(all.into_iter().map(validator).collect())
    }

    /// Whether there is a schema of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether a document obeys a schema.
    #[must_use]
    pub fn accepts(&self, name: &str, document: &Value) -> bool {
        self.0[name].is_valid(document)
    }

    /// Demands that a document obeys a schema; `what` names the document.
    ///
    /// # Panics
    /// If it does not.
    pub fn check(&self, what: &str, name: &str, document: &Value) {
        let problems: Vec<String> = self.0[name]
            .iter_errors(document)
            .take(SHOWN)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(
            problems.is_empty(),
            "{what} does not obey {name}: {problems:#?}"
        );
    }
}
