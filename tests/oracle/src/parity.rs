//! Field by field: what the original gave, what this program gives, and why the two differ.

use crate::{
    explanations::{self, Explanation},
    facts::Facts,
    record::{ANALYSES, Case},
    replay,
};
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How far two numbers may be apart.
const TOLERANCE: f64 = 1e-9;
/// Names of objects whose keys depend on the video: compared as a whole.
const MAPS: &[&str] = &["elementCooccurrence"];
/// Fields that say something of the run, not of the video.
const OF_THE_RUN: &[&str] = &["temporal_markers.metadata.generated_at"];

/// One field of one case.
#[derive(Debug, Clone)]
pub struct Compared {
    /// `analysis.block.field`, with `[]` after a list.
    pub field: String,
    /// Name of the case.
    pub case: String,
    /// Whether both are the same.
    pub equal: bool,
    /// What the original gave, every item of its lists.
    pub theirs: Vec<Value>,
    /// What this program gives.
    pub ours: Vec<Value>,
    /// Positions among [`explanations::all`] of those that hold here; empty where both are equal.
    pub explained_by: Vec<usize>,
    /// Whether an explanation holds here, so that both may differ.
    pub may_differ: bool,
}

/// Compares everything that was recorded of these cases.
///
/// # Errors
/// If a case cannot be analysed.
pub fn compare(cases: &[Case]) -> Result<Vec<Compared>> {
    let fields = fields(cases);
    let explanations = explanations::all();
    let mut all = Vec::new();
    for case in cases {
        let ours = ours(case)?;
        let facts = Facts::of(&case.input);
        for (analysis, theirs) in &case.results {
            let ours = ours.get(analysis).unwrap_or(&Value::Null);
            for path in fields.get(analysis).into_iter().flatten() {
                let field = format!("{analysis}.{path}");
                if !OF_THE_RUN.contains(&field.as_str()) {
                    all.push(compare_field(
                        case,
                        &facts,
                        field,
                        (theirs, ours),
                        &explanations,
                    ));
                }
            }
        }
    }
    Ok(all)
}

fn compare_field(
    case: &Case,
    facts: &Facts,
    field: String,
    (theirs, ours): (&Value, &Value),
    explanations: &[Explanation],
) -> Compared {
    let path: Vec<&str> = field.split('.').skip(1).collect();
    let (theirs, mut ours) = (values(theirs, &path), values(ours, &path));
    if theirs.len() == ours.len() {
        for (index, (theirs, ours)) in theirs.iter().zip(&mut ours).enumerate() {
            let place = field.replacen("[]", &format!("[{index}]"), 1);
            if case.undetermined.contains(&place) {
                ours.clone_from(theirs);
            }
        }
    }
    let digits = explanations::digits(&field);
    let equal = same_lists(&theirs, &ours, digits);
    let holds = |one: &Explanation| one.covers(&field) && one.when.holds(facts);
    let holding = explanations
        .iter()
        .enumerate()
        .filter(|(_, one)| holds(one));
    let holding: Vec<usize> = holding.map(|(index, _)| index).collect();
    Compared {
        may_differ: !holding.is_empty(),
        explained_by: if equal { Vec::new() } else { holding },
        case: case.name.clone(),
        field,
        equal,
        theirs,
        ours,
    }
}

/// What this program gives, by analysis.
///
/// # Errors
/// If the case cannot be analysed.
pub fn ours(case: &Case) -> Result<BTreeMap<String, Value>> {
    let output = replay::replayed(&case.input)
        .with_context(|| format!("{} cannot be analysed", case.name))?;
    let mut results = BTreeMap::new();
    for files in &output.analyses {
        results.insert(
            files.name.to_owned(),
            serde_json::from_slice(&files.result)?,
        );
    }
    Ok(results)
}

/// Every field that was recorded in at least one case, by analysis.
#[must_use]
pub fn fields(cases: &[Case]) -> BTreeMap<String, BTreeSet<String>> {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for analysis in ANALYSES {
        let all = cases.iter().filter_map(|case| case.results.get(analysis));
        let paths = fields.entry(analysis.into()).or_default();
        all.for_each(|result| collect(result, "", paths));
    }
    fields
}

fn collect(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    let name = path.rsplit('.').next().unwrap_or(path);
    match value {
        Value::Object(fields) if !MAPS.contains(&name) => {
            let dot = if path.is_empty() { "" } else { "." };
            for (key, value) in fields {
                collect(value, &format!("{path}{dot}{key}"), paths);
            }
        }
        Value::Array(items) => {
            let path = format!("{path}[]");
            paths.insert(path.clone());
            for item in items.iter().filter(|item| item.is_object()) {
                collect(item, &path, paths);
            }
        }
        _ => {
            paths.insert(path.to_owned());
        }
    }
}

/// What stands at a path: one value, or one for every item of its lists.
///
/// At a path that ends with a list of objects stands an empty object for each; a list that is null
/// is one null.
#[must_use]
pub fn values(value: &Value, path: &[&str]) -> Vec<Value> {
    let Some((name, rest)) = path.split_first() else {
        let value = match value {
            Value::Object(fields) if !fields.keys().any(|key| key.contains('_')) => {
                Value::Object(serde_json::Map::new())
            }
            other => other.clone(),
        };
        return vec![value];
    };
    let field = name.trim_end_matches("[]");
    let inner = value.get(field).unwrap_or(&Value::Null);
    if field.len() == name.len() {
        return values(inner, rest);
    }
    match inner {
        Value::Array(items) => items.iter().flat_map(|item| values(item, rest)).collect(),
        _ if rest.is_empty() => vec![Value::Null],
        _ => Vec::new(),
    }
}

fn same_lists(theirs: &[Value], ours: &[Value], digits: Option<u32>) -> bool {
    let pairs = || theirs.iter().zip(ours);
    theirs.len() == ours.len() && pairs().all(|(theirs, ours)| same(theirs, ours, digits))
}

/// Whether two values are the same: numbers within the tolerance, or within the last digit the
/// original published; the order of keys does not matter.
#[must_use]
pub fn same(theirs: &Value, ours: &Value, digits: Option<u32>) -> bool {
    match (theirs, ours) {
        (Value::Array(a), Value::Array(b)) => same_lists(a, b, digits),
        (Value::Object(a), Value::Object(b)) => {
            let equal =
                |(key, a): (&String, &Value)| b.get(key).is_some_and(|b| same(a, b, digits));
            a.len() == b.len() && a.iter().all(equal)
        }
        (Value::Number(a), Value::Number(b)) => {
            let half = digits.map_or(0.0, |digits| 0.5 / 10_f64.powi(digits as i32));
            let numbers = a.as_f64().zip(b.as_f64());
            numbers.is_some_and(|(a, b)| (a - b).abs() <= half + TOLERANCE)
        }
        (a, b) => a == b,
    }
}
