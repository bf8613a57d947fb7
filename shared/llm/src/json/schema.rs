//! The schema of an answer: what fits, and values of enumerations as the schema spells them.

use crate::tokens;
use serde_json::Value;
use std::{fmt, sync::Arc};

/// Most things that are told of an answer that does not fit.
const MAX_TOLD: usize = 10;
/// Longest telling of one of them, in characters.
const MAX_TOLD_CHARACTERS: usize = 200;
/// How deep references are followed to find enumerations.
const MAX_DEPTH: usize = 24;

/// A schema that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("output schema cannot be used: {0}")]
pub struct SchemaError(String);

/// What of an answer does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the answer, and which rule: nothing of the answer itself.
    pub places: Vec<String>,
    /// The same in words for the model, which may quote its answer.
    pub told: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.places.first().map_or("", String::as_str);
        let count = self.places.len();
        write!(
            formatter,
            "answer does not fit its schema in {count} places, first {first}"
        )
    }
}

/// A schema, made ready.
pub struct Schema {
    source: Arc<Value>,
    tokens: u64,
    validator: jsonschema::Validator,
}

impl fmt::Debug for Schema {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Schema").field(&self.source).finish()
    }
}

impl Schema {
    /// Makes a schema ready. Nothing outside of it is ever fetched.
    ///
    /// # Errors
    /// [`SchemaError`] if it is none.
    pub fn new(source: &Value) -> Result<Self, SchemaError> {
        let validator = jsonschema::validator_for(source)
            .map_err(|error| SchemaError(crate::error::one_line(&error.to_string())))?;
        Ok(Self {
            source: Arc::new(source.clone()),
            tokens: tokens::estimate(&source.to_string()),
            validator,
        })
    }

    /// The schema itself.
    #[must_use]
    pub const fn source(&self) -> &Arc<Value> {
        &self.source
    }

    /// Tokens of the schema, estimated.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        self.tokens
    }

    /// The value if it fits, with the texts of enumerations spelled as the schema does: models
    /// keep the words and not always their case.
    ///
    /// # Errors
    /// [`Violation`] with everything that does not fit.
    pub fn fit(&self, mut value: Value) -> Result<Value, Violation> {
        spell(&self.source, &self.source, &mut value, MAX_DEPTH);
        let mut violation = Violation {
            places: Vec::new(),
            told: Vec::new(),
        };
        for error in self.validator.iter_errors(&value).take(MAX_TOLD) {
            let place = error.instance_path().to_string();
            let rule = error.schema_path().to_string();
            let rule = rule.rsplit('/').next().unwrap_or_default();
            let place_named = if place.is_empty() { "/" } else { &place };
            violation.places.push(format!("{place_named} ({rule})"));
            let told = format!("at {place_named}: {error}");
            violation
                .told
                .push(told.chars().take(MAX_TOLD_CHARACTERS).collect());
        }
        if violation.places.is_empty() {
            Ok(value)
        } else {
            Err(violation)
        }
    }
}

/// Spells texts as the enumerations of a schema do, where only the case differs.
fn spell(root: &Value, schema: &Value, value: &mut Value, depth: usize) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    let schema = resolve(root, schema);
    if let (Value::String(said), Some(choices)) = (&*value, schema["enum"].as_array()) {
        let folded = said.to_lowercase();
        let mut texts = choices.iter().filter_map(Value::as_str);
        let fits = texts.clone().any(|choice| choice == said);
        let same = texts.find(|choice| choice.to_lowercase() == folded);
        if let (false, Some(choice)) = (fits, same) {
            *value = choice.into();
        }
        return;
    }
    for alternatives in ["anyOf", "oneOf", "allOf"] {
        for alternative in schema[alternatives].as_array().into_iter().flatten() {
            spell(root, alternative, value, depth);
        }
    }
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if let Some(inner) = schema["properties"].get(name) {
                    spell(root, inner, field, depth);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                spell(root, &schema["items"], item, depth);
            }
        }
        _ => {}
    }
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"]
        .as_str()
        .and_then(|name| name.strip_prefix('#'));
    pointer
        .and_then(|pointer| root.pointer(pointer))
        .unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        Schema::new(&json!({
            "type": "object",
            "properties": {
                "role": {"$ref": "#/$defs/role"},
                "tags": {"type": "array", "items": {"enum": ["lead_gen", "Lead_gen", "brand"]}},
                "score": {"type": "integer", "minimum": 0, "maximum": 50},
            },
            "required": ["role", "score"],
            "additionalProperties": false,
            "$defs": {"role": {"type": "string", "enum": ["first_marketer", "none"]}},
        }))
        .unwrap()
    }

    #[test]
    fn case_is_put_right_and_nothing_else() {
        let fitted = schema()
            .fit(json!({"role": "First_Marketer", "tags": ["BRAND", "Lead_gen"], "score": 50}))
            .unwrap();
        assert_eq!(
            fitted,
            json!({"role": "first_marketer", "tags": ["brand", "Lead_gen"], "score": 50})
        );
        assert!(
            schema()
                .fit(json!({"role": "first-marketer", "score": 1}))
                .is_err()
        );
    }

    #[test]
    fn everything_that_does_not_fit_is_told_and_the_places_quote_nothing() {
        let violation = schema()
            .fit(json!({"role": "secret", "score": 51, "more": 1}))
            .unwrap_err();
        assert_eq!(violation.places.len(), 3, "{violation:?}");
        assert!(violation.places.contains(&"/score (maximum)".into()));
        assert!(!violation.to_string().contains("secret"));
        assert!(violation.told.iter().any(|told| told.contains("secret")));
    }

    #[test]
    fn a_schema_that_is_none_or_lies_elsewhere_is_refused() {
        assert!(Schema::new(&json!({"type": 7})).is_err());
        assert!(Schema::new(&json!({"$ref": "https://example.com/schema.json"})).is_err());
        assert!(Schema::new(&json!({"$ref": "file:///etc/passwd"})).is_err());
    }
}
