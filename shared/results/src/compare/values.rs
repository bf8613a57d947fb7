//! Field by field.

use super::{Fields, OPEN_MAPS};
use serde::Serialize;
use serde_json::{Map, Value};

/// Share by which a number may differ unless its field says otherwise.
const USUAL_TOLERANCE: f64 = 0.10;
/// The same for what depends on many detections.
const LOOSE_TOLERANCE: f64 = 0.15;
const LOOSE: [&str; 6] = [
    "totalElements",
    "avgDensity",
    "overlayDensity",
    "emotionalIntensity",
    "confidence",
    "engagement_score",
];
/// What arithmetic on binary fractions may add to a difference.
const ROUNDING: f64 = 1e-9;
/// What is simply counted.
const EXACT: [&str; 5] = [
    "uniqueEmotions",
    "totalWords",
    "duration",
    "sceneChangeCount",
    "hashtagCount",
];

/// A field whose values disagree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// Its path, with positions in lists.
    pub path: String,
    /// On the first side; null also where there is none.
    pub a: Value,
    /// On the second side; null also where there is none.
    pub b: Value,
    /// |b − a| / |a| of numbers, where a is not zero.
    pub relative: Option<f64>,
}

/// Share by which the numbers of a field may differ.
#[must_use]
pub fn tolerance(field: &str) -> f64 {
    if EXACT.contains(&field) {
        0.0
    } else if LOOSE.contains(&field) {
        LOOSE_TOLERANCE
    } else {
        USUAL_TOLERANCE
    }
}

/// Compares all fields of two documents.
pub(super) fn fields(a: &Value, b: &Value, strictness: Strictness) -> Fields {
    let mut walk = Walk {
        strictness,
        fields: Fields::default(),
    };
    walk.values("", "", a, b);
    walk.fields
}

/// How strictly to compare values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Strictness {
    /// Numbers within the [`tolerance`] of their field, text without case, lists as sets.
    #[default]
    PerField,
    /// The same with one tolerance for all numbers.
    Within(f64),
    /// Everything equal.
    Exact,
}

struct Walk {
    strictness: Strictness,
    fields: Fields,
}

impl Walk {
    fn values(&mut self, path: &str, field: &str, a: &Value, b: &Value) {
        match (a, b) {
            (Value::Object(first), Value::Object(second)) => self.objects(path, first, second),
            (Value::Array(first), Value::Array(second)) if has_objects(first, second) => {
                self.items(path, field, first, second);
            }
            _ => self.leaf(path, field, a, b),
        }
    }

    fn objects(&mut self, path: &str, a: &Map<String, Value>, b: &Map<String, Value>) {
        let names = a
            .keys()
            .chain(b.keys().filter(|name| !a.contains_key(*name)));
        for name in names.filter(|name| !name.starts_with('_')) {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let (first, second) = (a.get(name), b.get(name));
            let (first, second) = (
                first.unwrap_or(&Value::Null),
                second.unwrap_or(&Value::Null),
            );
            // Reasons follow from the values they explain.
            if name != OPEN_MAPS[0] {
                self.values(&path, name, first, second);
            }
        }
    }

    fn items(&mut self, path: &str, field: &str, a: &[Value], b: &[Value]) {
        for index in 0..a.len().max(b.len()) {
            let path = format!("{path}[{index}]");
            match (a.get(index), b.get(index)) {
                (Some(first), Some(second)) => self.values(&path, field, first, second),
                (first, second) => {
                    let (first, second) = (
                        first.unwrap_or(&Value::Null),
                        second.unwrap_or(&Value::Null),
                    );
                    self.leaf(&path, field, first, second);
                }
            }
        }
    }

    fn leaf(&mut self, path: &str, field: &str, a: &Value, b: &Value) {
        self.fields.compared += 1;
        let agree = match self.strictness {
            Strictness::PerField => agree(a, b, tolerance(field)),
            Strictness::Within(share) => agree(a, b, share),
            Strictness::Exact => same(a, b),
        };
        if agree {
            self.fields.equal += 1;
            return;
        }
        self.fields.differences.push(Difference {
            path: path.to_owned(),
            a: a.clone(),
            b: b.clone(),
            relative: relative(a, b),
        });
    }
}

fn has_objects(a: &[Value], b: &[Value]) -> bool {
    a.iter().chain(b).any(Value::is_object)
}

fn relative(a: &Value, b: &Value) -> Option<f64> {
    let (a, b) = (a.as_f64()?, b.as_f64()?);
    (a != 0.0).then(|| ((b - a) / a).abs())
}

/// Equal, whether a whole number is written with a point or without.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        _ => a == b,
    }
}

fn agree(a: &Value, b: &Value, tolerance: f64) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => match relative(a, b) {
            Some(difference) => difference <= tolerance + ROUNDING,
            None => a.as_f64() == b.as_f64(),
        },
        (Value::String(a), Value::String(b)) => a.to_lowercase() == b.to_lowercase(),
        // The second side may have found more.
        (Value::Array(a), Value::Array(b)) => a
            .iter()
            .all(|item| b.iter().any(|other| agree(item, other, tolerance))),
        _ => a == b,
    }
}
