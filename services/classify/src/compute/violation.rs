//! What is wrong with an answer, and reading fields of one.

use serde_json::{Map, Value};

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the answer breaks {schema} at `{field}`: {reason}; nothing was stored")]
pub struct Violation {
    /// Which schema.
    pub schema: &'static str,
    /// Which field.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Something that was put right in an answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// Which field.
    pub field: &'static str,
    /// What was done.
    pub what: &'static str,
}

/// The fields of one answer.
pub(crate) struct Fields<'a> {
    schema: &'static str,
    values: &'a Map<String, Value>,
    /// What was put right so far.
    pub(crate) notes: Vec<Note>,
}

impl<'a> Fields<'a> {
    /// Opens an answer; all of `required` must be there, and nothing else.
    pub(crate) fn open(
        schema: &'static str,
        raw: &'a Value,
        required: &[&str],
    ) -> Result<Self, Violation> {
        let violation = |field: &str, reason: &str| Violation {
            schema,
            field: super::text::first_chars(field, 64),
            reason: reason.into(),
        };
        let values = raw
            .as_object()
            .ok_or_else(|| violation("", "it is no object"))?;
        if let Some(missing) = required.iter().find(|name| !values.contains_key(**name)) {
            return Err(violation(missing, "it is missing"));
        }
        if let Some(extra) = values
            .keys()
            .find(|name| !required.contains(&name.as_str()))
        {
            return Err(violation(extra, "nobody asked for it"));
        }
        Ok(Self {
            schema,
            values,
            notes: Vec::new(),
        })
    }

    pub(crate) fn violation(&self, field: &str, reason: impl Into<String>) -> Violation {
        Violation {
            schema: self.schema,
            field: field.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn note(&mut self, field: &'static str, what: &'static str) {
        self.notes.push(Note { field, what });
    }

    fn value(&self, field: &str) -> &Value {
        self.values.get(field).unwrap_or(&Value::Null)
    }

    pub(crate) fn truth(&self, field: &str) -> Result<bool, Violation> {
        let value = self.value(field).as_bool();
        value.ok_or_else(|| self.violation(field, "it is neither true nor false"))
    }

    pub(crate) fn text(&self, field: &str) -> Result<&'a str, Violation> {
        let value = self.values.get(field).and_then(Value::as_str);
        value.ok_or_else(|| self.violation(field, "it is no text"))
    }

    /// A text of at most `words`; more are cut, and noted.
    pub(crate) fn words(&mut self, field: &'static str, words: usize) -> Result<String, Violation> {
        let (text, cut) = super::text::first_words(self.text(field)?, words);
        if cut {
            self.note(field, "cut to its limit of words");
        }
        Ok(text)
    }

    /// The member of `allowed` that the text names, in whatever case.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        field: &'static str,
        allowed: &[(&'static str, T)],
    ) -> Result<T, Violation> {
        let said = self.text(field)?.trim();
        let folded = super::text::normalised(said);
        let found = allowed.iter().find(|(name, _)| *name == folded);
        let (name, value) = found.ok_or_else(|| {
            self.violation(field, "it is none of the values that the schema lists")
        })?;
        if *name != said {
            self.note(field, "case folded");
        }
        Ok(*value)
    }

    /// A number from 0 to `most`; up to a tenth outside is moved to the bound, and noted.
    pub(crate) fn score(&mut self, field: &'static str, most: f64) -> Result<f64, Violation> {
        let said = self
            .value(field)
            .as_f64()
            .filter(|number| number.is_finite());
        let said = said.ok_or_else(|| self.violation(field, "it is no number"))?;
        let slack = most / 10.0;
        if said < -slack || said > most + slack {
            return Err(self.violation(field, format!("it is not within 0 to {most}")));
        }
        let kept = said.clamp(0.0, most);
        if (kept - said).abs() > 0.0 {
            self.note(field, "moved to the bound");
        }
        // A negative zero would be written as one.
        Ok(kept + 0.0)
    }

    /// Texts of a list, trimmed, without empty and repeated ones.
    pub(crate) fn texts(&self, field: &str) -> Result<Vec<String>, Violation> {
        let list = self.value(field).as_array();
        let list = list.ok_or_else(|| self.violation(field, "it is no list"))?;
        let mut texts: Vec<String> = Vec::new();
        for item in list {
            let text = item
                .as_str()
                .ok_or_else(|| self.violation(field, "it holds something that is no text"))?
                .trim()
                .to_owned();
            if !text.is_empty() && !texts.contains(&text) {
                texts.push(text);
            }
        }
        Ok(texts)
    }

    /// Keeps the first `most` of a list, and notes it.
    pub(crate) fn keep_first(&mut self, field: &'static str, most: usize, texts: &mut Vec<String>) {
        if texts.len() > most {
            texts.truncate(most);
            self.note(field, "cut to its limit of entries");
        }
    }
}
