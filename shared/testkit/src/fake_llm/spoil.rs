//! Texts that are not what was asked for.

use super::{answers::Ask, faults::ContentFault, obey, schema::resolve};
use serde_json::{Map, Value, json};

/// How far an endless text is written out before the limit cuts it.
const ENDLESS_BYTES: usize = 600_000;
/// Stands for a number until the text is written.
const NOT_A_NUMBER: &str = "@not-a-number@";

/// The text, gone wrong. What changes fields changes nothing where there are none.
pub(super) fn text(text: &str, how: &ContentFault, ask: &Ask) -> String {
    match how {
        ContentFault::Fenced => format!("```json\n{text}\n```"),
        ContentFault::ProseAround => {
            format!("Here is what you asked for:\n\n{text}\n\nAnything else?")
        }
        ContentFault::TwoObjects => format!("{text}\n{text}"),
        ContentFault::Truncated => half(text).to_owned(),
        ContentFault::DeepNesting(depth) => {
            format!("{}1{}", "{\"a\":".repeat(*depth), "}".repeat(*depth))
        }
        ContentFault::WhitespaceLoop => half(text).to_owned() + &" \n".repeat(ENDLESS_BYTES / 2),
        ContentFault::RepeatLoop => {
            let loops = "and so we grow the team with a plan ";
            half(text).to_owned() + &loops.repeat(ENDLESS_BYTES / loops.len())
        }
        ContentFault::Obey => obey::text(text, ask),
        ContentFault::Empty => String::new(),
        ContentFault::Text(text) => text.clone(),
        ContentFault::DuplicateKey => duplicate_key(text),
        how => fields(text, how, ask),
    }
}

fn half(text: &str) -> &str {
    let mut middle = text.len() / 2;
    while !text.is_char_boundary(middle) {
        middle -= 1;
    }
    &text[..middle]
}

fn duplicate_key(text: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else {
        return text.to_owned();
    };
    let first = fields.iter().next();
    first.map_or_else(
        || r#"{"again":1,"again":2}"#.to_owned(),
        |(name, value)| {
            let again = Map::from_iter([(name.clone(), value.clone())]);
            let again = Value::Object(again).to_string();
            format!("{},{}", again.trim_end_matches('}'), &text[1..])
        },
    )
}

fn fields(text: &str, how: &ContentFault, ask: &Ask) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        return text.to_owned();
    };
    let anything = json!({});
    let schema = ask.schema.as_ref().unwrap_or(&anything);
    match how {
        ContentFault::EnumCase => enum_case(schema, schema, &mut value),
        ContentFault::OutOfRange => numbers(&mut value, &mut |number| *number = json!(100_000)),
        ContentFault::NotANumber => {
            numbers(&mut value, &mut |number| *number = json!(NOT_A_NUMBER));
        }
        ContentFault::ExtraField => {
            if let Value::Object(fields) = &mut value {
                fields.insert("nobody_asked_for_this".into(), json!("surprise"));
            }
        }
        ContentFault::MissingField => {
            let required = schema.get("required").and_then(Value::as_array);
            let name = required.and_then(|names| names.first()?.as_str());
            if let (Value::Object(fields), Some(name)) = (&mut value, name) {
                fields.shift_remove(name);
            }
        }
        ContentFault::WrongType => {
            if let Some(first) = value
                .as_object_mut()
                .and_then(|all| all.values_mut().next())
            {
                *first = if first.is_string() {
                    json!({})
                } else {
                    json!("a text")
                };
            }
        }
        _ => {}
    }
    value
        .to_string()
        .replace(&format!("\"{NOT_A_NUMBER}\""), "NaN")
}

fn numbers(value: &mut Value, change: &mut impl FnMut(&mut Value)) {
    match value {
        Value::Number(_) => change(value),
        Value::Array(all) => all.iter_mut().for_each(|one| numbers(one, change)),
        Value::Object(all) => all.values_mut().for_each(|one| numbers(one, change)),
        _ => {}
    }
}

fn enum_case(root: &Value, schema: &Value, value: &mut Value) {
    let schema = resolve(root, schema);
    match value {
        Value::String(text) if schema.get("enum").is_some() => *text = text.to_uppercase(),
        Value::Array(all) => {
            if let Some(items) = schema.get("items") {
                all.iter_mut().for_each(|one| enum_case(root, items, one));
            }
        }
        Value::Object(all) => {
            for (name, one) in all {
                if let Some(property) = schema.get("properties").and_then(|all| all.get(name)) {
                    enum_case(root, property, one);
                }
            }
        }
        _ => {}
    }
}
