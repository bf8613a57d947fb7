//! Values that follow from a JSON schema and a number.

use super::random::{Random, words};
use serde_json::{Map, Number, Value, json};

/// Where optional parts and references end.
const MAX_DEPTH: usize = 8;
/// Bounds of a number whose schema has none.
const USUAL_NUMBER: (f64, f64) = (0.0, 10.0);
/// Most elements of a list whose schema has no bound.
const USUAL_ITEMS: u64 = 3;

/// A value that the schema allows.
pub(super) fn instance(schema: &Value, random: &mut Random) -> Value {
    value(schema, schema, random, 0)
}

/// What a local reference leads to.
pub(super) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema.get("$ref").and_then(Value::as_str);
    let pointer = reference.and_then(|text| text.strip_prefix('#'));
    pointer
        .and_then(|pointer| root.pointer(pointer))
        .unwrap_or(schema)
}

fn value(root: &Value, schema: &Value, random: &mut Random, depth: usize) -> Value {
    let schema = resolve(root, schema);
    if let Some(fixed) = schema.get("const") {
        return fixed.clone();
    }
    if let Some(Value::Array(all)) = schema.get("enum") {
        let all: Vec<&Value> = all.iter().collect();
        return random.pick(&all).clone();
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(Value::Array(all)) = schema.get(choice) {
            // The last one ends recursion, where it is `null`.
            let deep = depth >= MAX_DEPTH;
            let index = if deep {
                all.len() as u64 - 1
            } else {
                random.below(all.len() as u64)
            };
            return value(root, &all[index as usize], random, depth + 1);
        }
    }
    if let Some(Value::Array(all)) = schema.get("allOf") {
        return merged(root, all, random, depth);
    }
    match kind(schema, random) {
        "object" => object(root, schema, random, depth),
        "array" => array(root, schema, random, depth),
        "integer" => json!(number(schema, random).floor() as i64),
        "number" => float(number(schema, random)),
        "boolean" => json!(random.below(2) == 1),
        "null" => Value::Null,
        _ => Value::String(text(schema, random)),
    }
}

/// The type; of several, the first that is not `null`.
fn kind<'a>(schema: &'a Value, _: &mut Random) -> &'a str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(all)) => {
            let mut all = all.iter().filter_map(Value::as_str);
            all.find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

fn merged(root: &Value, all: &[Value], random: &mut Random, depth: usize) -> Value {
    let mut result = Map::new();
    for part in all {
        match value(root, part, random, depth + 1) {
            Value::Object(fields) => result.extend(fields),
            other => return other,
        }
    }
    Value::Object(result)
}

fn object(root: &Value, schema: &Value, random: &mut Random, depth: usize) -> Value {
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|one| one == name))
    };
    let mut result = Map::new();
    if let Some(Value::Object(properties)) = schema.get("properties") {
        for (name, property) in properties {
            let wanted = depth < MAX_DEPTH && random.below(2) == 1;
            if required(name) || wanted {
                result.insert(name.clone(), value(root, property, random, depth + 1));
            }
        }
    }
    Value::Object(result)
}

fn array(root: &Value, schema: &Value, random: &mut Random, depth: usize) -> Value {
    let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
    let least = bound("minItems").unwrap_or(u64::from(depth < MAX_DEPTH));
    let most = bound("maxItems").unwrap_or(USUAL_ITEMS).max(least);
    let count = least + random.below(most.min(least + USUAL_ITEMS) - least + 1);
    let nothing = json!({});
    let items = schema.get("items").unwrap_or(&nothing);
    let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
    let mut result: Vec<Value> = Vec::new();
    for _ in 0..count {
        let item = value(root, items, random, depth + 1);
        if !unique || !result.contains(&item) {
            result.push(item);
        }
    }
    Value::Array(result)
}

fn number(schema: &Value, random: &mut Random) -> f64 {
    let bound = |names: [&str; 2], step: f64| {
        let exclusive = schema.get(names[1]).and_then(Value::as_f64);
        let open = exclusive.map(|bound| bound + step);
        schema.get(names[0]).and_then(Value::as_f64).or(open)
    };
    let least = bound(["minimum", "exclusiveMinimum"], 1.0);
    let most = bound(["maximum", "exclusiveMaximum"], -1.0);
    let (least, most) = match (least, most) {
        (Some(least), Some(most)) => (least, most.max(least)),
        (Some(least), None) => (least, least + USUAL_NUMBER.1),
        (None, Some(most)) => (most.min(USUAL_NUMBER.0), most),
        (None, None) => USUAL_NUMBER,
    };
    let steps = ((most - least) * 2.0).floor();
    least + random.below(steps as u64 + 1) as f64 / 2.0
}

/// Whole numbers without a point, as models write them.
fn float(number: f64) -> Value {
    if number.fract() == 0.0 {
        return json!(number as i64);
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

fn text(schema: &Value, random: &mut Random) -> String {
    let fixed = match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => Some("2026-11-20T00:00:00Z"),
        Some("date") => Some("2026-11-20"),
        Some("time") => Some("12:00:00Z"),
        Some("email") => Some("someone@example.com"),
        Some("uri") => Some("https://example.com/"),
        Some("uuid") => Some("01936f5e-0000-7000-8000-000000000000"),
        _ => None,
    };
    if let Some(fixed) = fixed {
        return fixed.to_owned();
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
    let most = bound("maxLength").unwrap_or(u64::MAX) as usize;
    let least = bound("minLength").unwrap_or(0) as usize;
    let mut text = if schema.get("pattern").is_some() {
        // Most patterns of names allow one plain word.
        words(random, 1, 1)
    } else {
        words(random, 3, 8)
    };
    while text.len() < least {
        text.push_str(&words(random, 1, 1));
    }
    text.truncate(most.max(least));
    text.trim_end().to_owned()
}
