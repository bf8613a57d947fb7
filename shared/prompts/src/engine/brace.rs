//! `{name}` is a place, `{{` and `}}` are braces, everything else is text.

use super::{Inserted, Refused};
use crate::variable::is_name;
use std::collections::{BTreeMap, BTreeSet};

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Variable(String),
}

/// Takes a text apart.
pub(super) fn parse(source: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        if let Some(after) = from.strip_prefix("{{") {
            text.push('{');
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            text.push('}');
            rest = after;
        } else {
            let place = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let Some((name, after)) = place.filter(|(name, _)| is_name(name)) else {
                return Err(lone(source, source.len() - from.len()));
            };
            parts.push(Part::Text(std::mem::take(&mut text)));
            parts.push(Part::Variable(name.to_owned()));
            rest = after;
        }
    }
    text.push_str(rest);
    parts.push(Part::Text(text));
    Ok(parts)
}

fn lone(source: &str, at: usize) -> String {
    let before = source.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("line {line}: a brace that opens or closes no place; write {{{{ or }}}} for a brace")
}

pub(super) fn variables(parts: &[Part]) -> BTreeSet<String> {
    let names = parts.iter().filter_map(|part| match part {
        Part::Variable(name) => Some(name.clone()),
        Part::Text(_) => None,
    });
    names.collect()
}

pub(super) fn fill(
    parts: &[Part],
    values: &BTreeMap<String, Inserted>,
    limit: usize,
) -> Result<String, Refused> {
    let mut filled = String::new();
    for part in parts {
        let piece = match part {
            Part::Text(text) => text,
            Part::Variable(name) => values
                .get(name)
                .map(Inserted::text)
                .ok_or_else(|| Refused::Engine(format!("variable '{name}' has no value")))?,
        };
        if filled.len() + piece.len() > limit {
            return Err(Refused::TooLarge);
        }
        filled.push_str(piece);
    }
    Ok(filled)
}
