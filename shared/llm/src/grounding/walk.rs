//! Going through an answer, statement by statement.

use super::{Dropped, Evidence, Grounding, check::Check};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Name of the list of ids in a statement.
pub(super) const CITATIONS: &str = "citations";

pub(super) struct Walk<'a> {
    evidence: &'a Evidence,
    statements: usize,
    grounded: usize,
    unchecked: usize,
    dropped: Vec<Dropped>,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(evidence: &'a Evidence) -> Self {
        Self {
            evidence,
            statements: 0,
            grounded: 0,
            unchecked: 0,
            dropped: Vec::new(),
        }
    }

    pub(super) fn done(self) -> Grounding {
        let mut faults = BTreeMap::new();
        for reason in self.dropped.iter().flat_map(|one| &one.reasons) {
            *faults.entry(reason.fault).or_insert(0) += 1;
        }
        let checked = self.grounded + self.dropped.len();
        Grounding {
            statements: self.statements,
            grounded: self.grounded,
            unchecked: self.unchecked,
            grounding_rate: (checked > 0).then(|| self.grounded as f64 / checked as f64),
            dropped: self.dropped,
            faults,
        }
    }

    pub(super) fn blocks(&mut self, blocks: &Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for (name, block) in blocks {
            let path = pointer("", name);
            let block = match block {
                Value::String(text) => Value::String(self.lines(&path, text)),
                other => self.value(&path, name, other),
            };
            kept.insert(name.clone(), block);
        }
        kept
    }

    /// A block that is a text, line by line.
    fn lines(&mut self, path: &str, text: &str) -> String {
        let lines = text.lines().enumerate();
        let kept = lines.filter(|(number, line)| {
            let statement = Value::String((*line).to_owned());
            line.trim().is_empty() || self.holds(&format!("{path}/{number}"), "", &statement)
        });
        let kept: Vec<&str> = kept.map(|(_, line)| line).collect();
        kept.join("\n")
    }

    /// What is kept of a value that is no item of a list, under this name.
    fn value(&mut self, path: &str, name: &str, value: &Value) -> Value {
        match value {
            Value::Object(fields) if fields.contains_key(CITATIONS) => {
                let is_silent = fields.iter().all(|(_, value)| is_empty(value));
                if is_silent || self.holds(path, name, value) {
                    value.clone()
                } else {
                    Value::Object(emptied(fields))
                }
            }
            Value::Object(fields) => {
                let kept = fields.iter().map(|(name, value)| {
                    let kept = self.value(&pointer(path, name), name, value);
                    (name.clone(), kept)
                });
                Value::Object(kept.collect())
            }
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let kept = items.filter(|(place, item)| {
                    is_empty(item) || self.holds(&format!("{path}/{place}"), name, item)
                });
                Value::Array(kept.map(|(_, item)| item.clone()).collect())
            }
            empty if is_empty(empty) => value.clone(),
            leaf => {
                if self.holds(path, name, leaf) {
                    leaf.clone()
                } else {
                    Value::Null
                }
            }
        }
    }

    /// Checks one statement, and counts it.
    fn holds(&mut self, path: &str, name: &str, statement: &Value) -> bool {
        let check = Check::of(self.evidence, name, statement);
        self.statements += 1;
        if !check.reasons.is_empty() {
            self.dropped.push(Dropped {
                path: path.to_owned(),
                statement: statement.clone(),
                reasons: check.reasons,
            });
            return false;
        }
        if check.checked == 0 {
            self.unchecked += 1;
        } else {
            self.grounded += 1;
        }
        true
    }
}

/// A judgement without its value.
fn emptied(fields: &Map<String, Value>) -> Map<String, Value> {
    let emptied = fields.iter().map(|(name, value)| {
        let empty = if value.is_array() {
            json!([])
        } else {
            Value::Null
        };
        (name.clone(), empty)
    });
    emptied.collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}
