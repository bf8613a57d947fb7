//! The schemas that Claude's structured outputs take.

use serde_json::{Map, Value};

/// Most fields that are not required.
const MAX_OPTIONAL: usize = 24;
/// Most fields that may be of several types.
const MAX_UNIONS: usize = 16;
/// Everything a schema may say.
const KNOWN: [&str; 18] = [
    "$defs",
    "$id",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "definitions",
    "description",
    "enum",
    "examples",
    "format",
    "items",
    "pattern",
    "properties",
    "title",
];
/// And those that are looked at more closely.
const CHECKED: [&str; 3] = ["minItems", "required", "type"];
const FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
];
const TYPES: [&str; 7] = [
    "object", "array", "string", "integer", "number", "boolean", "null",
];

/// Says why a schema is not taken.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    let mut seen = Seen {
        root: schema,
        optional: 0,
        unions: 0,
        open: Vec::new(),
    };
    if !schema.is_object() {
        return Err("schema must be an object".into());
    }
    seen.schema(schema)?;
    if seen.optional > MAX_OPTIONAL {
        return Err(format!(
            "schema has more than {MAX_OPTIONAL} optional parameters"
        ));
    }
    if seen.unions > MAX_UNIONS {
        return Err(format!(
            "schema has more than {MAX_UNIONS} parameters with union types"
        ));
    }
    Ok(())
}

struct Seen<'a> {
    root: &'a Value,
    optional: usize,
    unions: usize,
    /// References that are being followed.
    open: Vec<&'a str>,
}

impl<'a> Seen<'a> {
    fn schema(&mut self, schema: &'a Value) -> Result<(), String> {
        let Value::Object(fields) = schema else {
            return Err("every schema must be an object".into());
        };
        for (name, value) in fields {
            if !KNOWN.contains(&name.as_str()) && !CHECKED.contains(&name.as_str()) {
                return Err(format!("property '{name}' is not supported"));
            }
            self.keyword(name, value)?;
        }
        if fields.contains_key("anyOf") || matches!(fields.get("type"), Some(Value::Array(_))) {
            self.unions += 1;
        }
        let is_object = fields.get("type") == Some(&Value::from("object"));
        if is_object || fields.contains_key("properties") {
            self.object(fields)?;
        }
        self.parts(fields)?;
        self.reference(fields)
    }

    fn keyword(&self, name: &str, value: &Value) -> Result<(), String> {
        let known = match (name, value) {
            ("minItems", value) => matches!(value.as_u64(), Some(0 | 1)),
            ("format", value) => {
                let uuid = value == "uuid";
                uuid || value.as_str().is_some_and(|text| FORMATS.contains(&text))
            }
            ("pattern", Value::String(text)) => !["(?=", "(?!", "(?<=", "(?<!"]
                .iter()
                .any(|part| text.contains(part)),
            ("type", Value::String(text)) => TYPES.contains(&text.as_str()),
            ("type", Value::Array(all)) => all
                .iter()
                .all(|one| one.as_str().is_some_and(|one| TYPES.contains(&one))),
            ("enum", Value::Array(all)) => {
                !all.is_empty() && !all.iter().any(|one| one.is_object() || one.is_array())
            }
            ("type" | "enum" | "pattern", _) => false,
            _ => true,
        };
        if known {
            Ok(())
        } else {
            Err(format!("for property '{name}', {value} is not supported"))
        }
    }

    fn object(&mut self, fields: &Map<String, Value>) -> Result<(), String> {
        if fields.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err("for 'object' type, 'additionalProperties' must be set to false".into());
        }
        let properties = fields.get("properties").and_then(Value::as_object);
        let required = fields.get("required").and_then(Value::as_array);
        let is_required =
            |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
        if let Some(properties) = properties {
            let optional = properties.keys().filter(|name| !is_required(name));
            self.optional += optional.count();
        }
        let unknown = required.into_iter().flatten().find(|name| {
            let name = name.as_str().unwrap_or_default();
            !properties.is_some_and(|all| all.contains_key(name))
        });
        unknown.map_or(Ok(()), |name| {
            Err(format!("required property {name} is not defined"))
        })
    }

    fn parts(&mut self, fields: &'a Map<String, Value>) -> Result<(), String> {
        if let Some(items) = fields.get("items") {
            self.schema(items)?;
        }
        for name in ["anyOf", "allOf"] {
            for part in fields
                .get(name)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                self.schema(part)?;
            }
        }
        let Some(properties) = fields.get("properties").and_then(Value::as_object) else {
            return Ok(());
        };
        properties.values().try_for_each(|part| self.schema(part))
    }

    fn reference(&mut self, fields: &'a Map<String, Value>) -> Result<(), String> {
        let Some(name) = fields.get("$ref") else {
            return Ok(());
        };
        let name = name.as_str().unwrap_or_default();
        let Some(pointer) = name.strip_prefix('#') else {
            return Err(format!("external $ref '{name}' is not supported"));
        };
        if self.open.contains(&name) {
            return Err(format!("recursive $ref '{name}' is not supported"));
        }
        let Some(target) = self.root.pointer(pointer) else {
            return Err(format!("$ref '{name}' leads nowhere"));
        };
        self.open.push(name);
        let checked = self.schema(target);
        self.open.pop();
        checked
    }
}
