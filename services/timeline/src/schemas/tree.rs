//! From paths of metrics to the schema of the object that holds them.

use crate::Metric;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What stands at one place of a document.
#[derive(Debug, Default)]
pub(super) struct Tree {
    metric: Option<Metric>,
    fields: IndexMap<String, Self>,
    /// Whether it is a list of what `fields` describe.
    list: bool,
}

impl Tree {
    /// Puts a metric at its path.
    pub(super) fn insert(&mut self, path: &str, metric: &Metric) {
        let mut place = self;
        for part in path.split('.') {
            let name = part.trim_end_matches("[]");
            place = place.fields.entry(name.to_owned()).or_default();
            place.list |= name.len() < part.len();
        }
        place.metric = Some(*metric);
    }

    /// What stands at a path.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('.')
            .try_fold(self, |place, name| place.fields.get(name))
    }

    /// The schema of a whole document.
    pub(super) fn root_schema(&self, title: &str) -> Value {
        let mut schema = Map::from_iter([
            ("$schema".to_owned(), json!(DRAFT)),
            ("title".to_owned(), json!(title)),
        ]);
        schema.extend(self.object());
        // A block is there, whatever could be measured.
        if let Some(Value::Object(blocks)) = schema.get_mut("properties") {
            for block in blocks.values_mut() {
                if block["type"] == json!(["object", "null"]) {
                    block["type"] = json!("object");
                }
            }
        }
        schema.into()
    }

    fn schema(&self) -> Value {
        if let Some(metric) = &self.metric {
            return leaf(metric);
        }
        let mut object = self.object();
        if self.list {
            return json!({"type": ["array", "null"], "items": object});
        }
        let never_null = |field: &Self| field.metric.is_some_and(|metric| never_null(&metric));
        if !self.fields.get("*").is_some_and(never_null) {
            object.insert("type".into(), json!(["object", "null"]));
        }
        object.into()
    }

    fn object(&self) -> Map<String, Value> {
        let named = || self.fields.iter().filter(|(name, _)| *name != "*");
        let properties: Map<String, Value> = named()
            .map(|(name, field)| (name.clone(), field.schema()))
            .collect();
        let required: Vec<&String> = named().map(|(name, _)| name).collect();
        let others = self.fields.get("*").map_or(json!(false), Self::schema);
        Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("properties".to_owned(), properties.into()),
            ("required".to_owned(), json!(required)),
            ("additionalProperties".to_owned(), others),
        ])
    }
}

/// The schema of a flat object: each field is what stands at a place, or always null.
pub(super) fn flat_schema<'a>(
    title: &str,
    fields: impl Iterator<Item = (&'a str, Option<&'a Tree>)>,
) -> Value {
    let properties: Map<String, Value> = fields
        .map(|(name, place)| {
            let mut schema = place.map_or_else(|| json!({"type": "null"}), Tree::schema);
            if schema["type"].is_string() {
                allow_null(&mut schema);
            }
            (name.to_owned(), schema)
        })
        .collect();
    json!({
        "$schema": DRAFT,
        "title": title,
        "type": "object",
        "required": properties.keys().collect::<Vec<_>>(),
        "properties": properties,
        "additionalProperties": false,
    })
}

fn never_null(metric: &Metric) -> bool {
    metric.null_rule.starts_with("never")
}

fn leaf(metric: &Metric) -> Value {
    let mut schema = metric.range.schema();
    if !never_null(metric) {
        allow_null(&mut schema);
    }
    schema["description"] = json!(format!("{}; unit: {}", metric.formula, metric.unit));
    schema
}

fn allow_null(schema: &mut Value) {
    if schema["type"] == "null" {
        return;
    }
    schema["type"] = json!([schema["type"], "null"]);
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
    }
}
