//! The JSON Schema of an answer, as it is sent to a model.
//!
//! Types and words only: no examples, which models give back as findings, and none of the ranges
//! and lengths that providers refuse. Every object names all its fields and allows no other.

use super::{BLOCKS, FIELDS, Shape, judgements};
use contracts::analysis::AnalysisName;
use serde_json::{Map, Value, json};

/// Which ids may be cited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Citable<'a> {
    /// Any text: one schema for all videos, which providers keep compiled.
    Any,
    /// These: a model that is held to its schema cannot name another.
    Among(&'a [&'a str]),
}

/// The schema of the answer to the prompt of an analysis; `None` for one that models are not asked
/// for.
#[must_use]
pub fn schema(analysis: AnalysisName, citable: Citable<'_>) -> Option<Value> {
    if judgements(analysis).is_empty() {
        return None;
    }
    let id = match citable {
        Citable::Any => json!({"type": "string"}),
        Citable::Among(_) => json!({"$ref": "#/$defs/event_id"}),
    };
    let blocks = BLOCKS.map(|block| (block.to_owned(), block_schema(analysis, block, &id)));
    let mut schema = object(blocks.into_iter().collect());
    if let (Citable::Among(ids), Value::Object(schema)) = (citable, &mut schema) {
        let id = json!({"type": "string", "enum": ids});
        schema.insert("$defs".into(), json!({"event_id": id}));
    }
    Some(schema)
}

fn block_schema(analysis: AnalysisName, block: &str, id: &Value) -> Value {
    let fields = FIELDS.iter().filter(|field| field.block == block);
    let fields = fields.map(|field| (field.name.to_owned(), list(field_schema(field.shape, id))));
    let judged = judgements(analysis).iter().filter(|one| one.block == block);
    let judged = judged.map(|one| {
        let mut values: Vec<Value> = one.values.iter().map(|value| json!(value)).collect();
        values.push(Value::Null);
        let properties = [
            ("value", json!({"enum": values})),
            ("citations", list(id.clone())),
        ];
        (one.name.to_owned(), object(named(properties)))
    });
    object(fields.chain(judged).collect())
}

fn field_schema(shape: Shape, id: &Value) -> Value {
    let text = json!({"type": "string"});
    let citations = ("citations", list(id.clone()));
    match shape {
        Shape::Claims => object(named([("statement", text), citations])),
        Shape::Metrics => {
            let value = json!({"type": ["number", "string", "boolean", "null"]});
            object(named([("name", text), ("value", value), citations]))
        }
        Shape::Moments => object(named([
            ("event", id.clone()),
            ("statement", text),
            citations,
        ])),
        Shape::Events => id.clone(),
    }
}

fn named<const N: usize>(properties: [(&str, Value); N]) -> Map<String, Value> {
    let properties = properties.into_iter();
    properties
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn object(properties: Map<String, Value>) -> Value {
    let required: Vec<&String> = properties.keys().collect();
    let required = json!(required);
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
