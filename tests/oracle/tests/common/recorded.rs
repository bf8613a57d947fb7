//! Recorded results of the original Python system.
#![allow(dead_code, clippy::unwrap_used, reason = "shared by several tests")]

use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

const TOLERANCE: f64 = 1e-9;
/// Fewer recordings than this need not hold everything.
pub const FEW: usize = 30;

pub fn load(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Folders of the recorded videos, by name.
pub fn cases() -> Vec<PathBuf> {
    let Some(root) = testkit::oracle_dir() else {
        return Vec::new();
    };
    let mut cases: Vec<PathBuf> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("unified_analysis.json").is_file())
        .collect();
    cases.sort();
    cases
}

/// Equal by value, numbers within the tolerance; ours may have further fields.
pub fn same(case: &str, field: &str, ours: &Value, theirs: &Value) {
    let equal = match (ours, theirs) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                same(case, &format!("{field}[{index}]"), a, b);
            }
            true
        }
        (Value::Object(a), Value::Object(b)) => {
            for (key, b) in b {
                let a = a.get(key).unwrap_or(&Value::Null);
                same(case, &format!("{field}.{key}"), a, b);
            }
            true
        }
        (Value::Number(a), Value::Number(b)) => {
            (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() <= TOLERANCE
        }
        (a, b) => a == b,
    };
    assert!(equal, "{case}: {field} is {ours}, recorded was {theirs}");
}
