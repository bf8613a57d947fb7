//! A schema as Claude takes it: without the rules it does not know, which stand in words instead.

use serde_json::{Map, Value, json};

/// Rules that are refused.
const REFUSED: [&str; 8] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
];
/// Rules that say nothing to a model.
const SILENT: [&str; 2] = ["$schema", "$id"];
/// Where definitions lie.
const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];
/// Where a schema holds another under each name.
const NAMED: [&str; 3] = ["properties", "$defs", "definitions"];
/// Where a schema holds a list of others.
const LISTED: [&str; 2] = ["anyOf", "allOf"];
/// Most properties of which one type is a union.
const MAX_UNIONS: usize = 16;
/// Deepest nesting that is sent.
const MAX_DEPTH: usize = 24;

/// The schema as it is sent; `None` if it cannot be, because it refers to itself or elsewhere, or
/// because there is too much of it. The same schema gives the same bytes.
pub fn sendable(schema: &Value) -> Option<Value> {
    for name in DEFINITIONS {
        for (key, _) in schema[name].as_object().into_iter().flatten() {
            let mut path = vec![format!("#/{name}/{key}")];
            if refers_to_itself(schema, &mut path) {
                return None;
            }
        }
    }
    let mut unions = 0;
    let sent = node(schema, &mut unions, MAX_DEPTH)?;
    (unions <= MAX_UNIONS).then_some(sent)
}

/// Whether following references from the last of `path` leads back onto it.
fn refers_to_itself(root: &Value, path: &mut Vec<String>) -> bool {
    let here = path
        .last()
        .and_then(|last| root.pointer(last.trim_start_matches('#')));
    let mut found = Vec::new();
    if let Some(here) = here {
        references(here, &mut found);
    }
    found.into_iter().any(|reference| {
        if path.contains(&reference) || path.len() > MAX_DEPTH {
            return true;
        }
        path.push(reference);
        let leads_back = refers_to_itself(root, path);
        path.pop();
        leads_back
    })
}

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_str() {
                    Some(reference) if name == "$ref" => found.push(reference.to_owned()),
                    _ => references(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn node(schema: &Value, unions: &mut usize, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let Some(fields) = schema.as_object() else {
        return Some(schema.clone());
    };
    let mut sent = Map::new();
    let mut words = Vec::new();
    for (name, value) in fields {
        let name = name.as_str();
        let is_union = LISTED.contains(&name) || (name == "type" && value.is_array());
        *unions += usize::from(is_union && name != "allOf");
        match name {
            "$ref" if !is_definition(value.as_str()?) => return None,
            _ if SILENT.contains(&name) => {}
            _ if REFUSED.contains(&name) => words.push(format!("{name} {value}")),
            "minItems" if value.as_u64().is_none_or(|least| least > 1) => {
                words.push(format!("{name} {value}"));
            }
            "pattern" if value.as_str().is_none_or(|text| text.contains("(?")) => {
                words.push(format!("{name} {value}"));
            }
            _ if NAMED.contains(&name) => {
                let mut inner = Map::new();
                for (key, value) in value.as_object()? {
                    inner.insert(key.clone(), node(value, unions, depth)?);
                }
                sent.insert(name.into(), inner.into());
            }
            _ if LISTED.contains(&name) => {
                let listed = value.as_array()?.iter();
                let inner: Option<Vec<Value>> =
                    listed.map(|one| node(one, unions, depth)).collect();
                sent.insert(name.into(), inner?.into());
            }
            "oneOf" | "not" | "if" | "patternProperties" => return None,
            "items" => drop(sent.insert(name.into(), node(value, unions, depth)?)),
            "required" | "additionalProperties" => {}
            _ => drop(sent.insert(name.into(), value.clone())),
        }
    }
    close(&mut sent);
    describe(&mut sent, &words);
    Some(sent.into())
}

/// An object has exactly the properties it names.
fn close(sent: &mut Map<String, Value>) {
    let is_object = sent.get("type").and_then(Value::as_str) == Some("object");
    if !is_object && !sent.contains_key("properties") {
        return;
    }
    let properties = sent.get("properties").and_then(Value::as_object);
    let names: Vec<&String> = properties.into_iter().flat_map(Map::keys).collect();
    let names = json!(names);
    sent.insert("required".into(), names);
    sent.insert("additionalProperties".into(), false.into());
}

/// Says in words what cannot be said as a rule.
fn describe(sent: &mut Map<String, Value>, words: &[String]) {
    if words.is_empty() {
        return;
    }
    let said = sent
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let described = format!("{said} ({})", words.join(", "));
    sent.insert("description".into(), described.trim_start().into());
}

fn is_definition(reference: &str) -> bool {
    let own = |name: &&str| reference.starts_with(&format!("#/{name}/"));
    DEFINITIONS.iter().any(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_become_words_and_objects_are_closed() {
        let sent = sendable(&json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "score": {"type": "integer", "minimum": 0, "maximum": 50, "description": "fit"},
                "tags": {"type": "array", "minItems": 3, "maxItems": 3, "items": {"type": "string", "maxLength": 9}},
                "some": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/one"}},
                "code": {"type": "string", "pattern": "^[a-z]+$"},
                "odd": {"type": "string", "pattern": "^(?=a)"},
            },
            "required": ["score"],
            "$defs": {"one": {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}},
        }))
        .unwrap();
        assert_eq!(
            sent,
            json!({
                "type": "object",
                "properties": {
                    "score": {"type": "integer", "description": "fit (minimum 0, maximum 50)"},
                    "tags": {"type": "array", "items": {"type": "string", "description": "(maxLength 9)"}, "description": "(minItems 3, maxItems 3)"},
                    "some": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/one"}},
                    "code": {"type": "string", "pattern": "^[a-z]+$"},
                    "odd": {"type": "string", "description": "(pattern \"^(?=a)\")"},
                },
                "$defs": {"one": {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"], "additionalProperties": false}},
                "required": ["score", "tags", "some", "code", "odd"],
                "additionalProperties": false,
            })
        );
    }

    #[test]
    fn what_refers_to_itself_or_elsewhere_is_not_sent() {
        let twice = json!({"$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/b"}}}, "b": {"items": {"$ref": "#/$defs/a"}}}});
        for schema in [
            twice,
            json!({"properties": {"a": {"$ref": "#"}}}),
            json!({"$ref": "https://example.com/x"}),
            json!({"oneOf": [{"type": "string"}]}),
            json!({"type": "object", "properties": {"a": {"not": {}}}}),
        ] {
            assert_eq!(sendable(&schema), None, "{schema}");
        }
        let unions: Map<String, Value> = (0..17)
            .map(|n| (format!("p{n}"), json!({"type": ["string", "null"]})))
            .collect();
        assert_eq!(
            sendable(&json!({"type": "object", "properties": unions})),
            None
        );
    }

    #[test]
    fn a_property_may_be_called_like_a_rule() {
        let schema = json!({"type": "object", "properties": {"minimum": {"type": "number"}, "required": {"type": "string"}}});
        let sent = sendable(&schema).unwrap();
        assert_eq!(sent["required"], json!(["minimum", "required"]));
        assert!(sent["properties"]["required"].is_object());
    }
}
