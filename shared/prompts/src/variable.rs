//! What a template is given: declared, typed, limited.

use crate::error::TemplateError;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Values handed to a template, by name.
pub type Variables = BTreeMap<String, Value>;

/// Most characters of a variable that declares no limit of its own.
pub const DEFAULT_MAX_CHARS: usize = 1_000_000;

/// The type of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Any JSON value, inserted as indented JSON.
    Json,
}

impl Kind {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Json => "json",
        }
    }

    fn holds(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::Json => true,
        }
    }

    /// Whether its values can hold text that somebody outside wrote.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self, Self::String | Self::Json)
    }
}

/// What a template says of one variable.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Its type.
    #[serde(rename = "type", default)]
    pub kind: Kind,
    /// Whether it must be handed in; one that need not be is inserted as empty text.
    #[serde(default = "yes")]
    pub required: bool,
    /// Most characters of it, as inserted and before framing.
    #[serde(default = "default_max_chars")]
    pub max_chars: usize,
    /// Whether its text was written by us. Text that was not is framed as data, and never stands
    /// in the system part.
    #[serde(default)]
    pub trusted: bool,
}

const fn yes() -> bool {
    true
}

const fn default_max_chars() -> usize {
    DEFAULT_MAX_CHARS
}

impl Declaration {
    /// A required, untrusted text.
    #[must_use]
    pub const fn text() -> Self {
        Self {
            kind: Kind::String,
            required: true,
            max_chars: DEFAULT_MAX_CHARS,
            trusted: false,
        }
    }

    /// Whether its text goes through the framing filter.
    #[must_use]
    pub const fn is_framed(&self) -> bool {
        self.kind.is_text() && !self.trusted
    }

    /// The value as text, checked for type and length; empty for one that need not be there and
    /// is not.
    ///
    /// # Errors
    /// [`TemplateError`] naming the variable.
    pub fn written(
        &self,
        identity: &str,
        name: &str,
        value: Option<&Value>,
    ) -> Result<Option<String>, TemplateError> {
        let (identity, variable) = (|| identity.to_owned(), || name.to_owned());
        let Some(value) = value else {
            return if self.required {
                Err(TemplateError::Missing {
                    identity: identity(),
                    variable: variable(),
                })
            } else {
                Ok(None)
            };
        };
        if !self.kind.holds(value) {
            return Err(TemplateError::Type {
                identity: identity(),
                variable: variable(),
                expected: self.kind.name(),
            });
        }
        let text = text_of(value);
        let actual = text.chars().count();
        if actual > self.max_chars {
            return Err(TemplateError::TooLong {
                identity: identity(),
                variable: variable(),
                actual,
                limit: self.max_chars,
            });
        }
        Ok(Some(text))
    }
}

/// Text as it is, everything else as indented JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    }
}

/// Whether a name can be one of a template or a variable: a small letter, then small letters,
/// digits and underscores.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && name.len() <= MAX_NAME_BYTES
}

/// Longest name of a template or a variable.
pub const MAX_NAME_BYTES: usize = 64;
