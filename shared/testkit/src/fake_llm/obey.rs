//! A model that does what the text it is shown tells it to, whoever wrote that.

use super::{answers::Ask, schema::resolve};
use serde_json::{Value, json};

/// What an order begins with.
const ORDERS: [&str; 3] = ["ignore ", "disregard ", "forget "];
/// Where material from outside begins in a prompt.
const MATERIAL: &str = "<data name=";

/// What a model says that obeys: the very object that it is told to say; else its own answer, with
/// the order in every text, its first number in every number, and the words it names where some are
/// to choose from. Without an order it is its own answer.
pub(super) fn text(text: &str, ask: &Ask) -> String {
    let said: Vec<&str> = ask.messages.iter().map(|(_, text)| text.as_str()).collect();
    let Some(order) = order(&said.join("\n")) else {
        return text.to_owned();
    };
    if let Some(demanded) = demanded(&order) {
        return demanded.to_string();
    }
    let Ok(mut value) = serde_json::from_str::<Value>(text) else {
        return order;
    };
    let anything = json!({});
    let schema = ask.schema.as_ref().unwrap_or(&anything);
    let number = first_number(&order);
    fill(schema, schema, &mut value, &order, &number);
    value.to_string()
}

/// The first order in the material; in the whole prompt if nothing is set apart as material. Within
/// a text in JSON it ends with that text, else with its line.
fn order(prompt: &str) -> Option<String> {
    let from = prompt.find(MATERIAL).unwrap_or(0);
    let material = &prompt[from..];
    let lower = material.to_ascii_lowercase();
    let at = ORDERS.iter().filter_map(|begin| lower.find(begin)).min()?;
    let line = material[at..].lines().next()?;
    let Some(quote) = line.find('"') else {
        return Some(line.to_owned());
    };
    let is_escaped = line[..quote].ends_with('\\');
    if !is_escaped && line[..quote].contains('{') {
        return Some(line.to_owned());
    }
    let mut end = line.len();
    for (at, _) in line.match_indices('"') {
        if !line[..at].ends_with('\\') {
            end = at;
            break;
        }
    }
    let written = format!("\"{}\"", &line[..end]);
    let read = serde_json::from_str::<String>(&written);
    Some(read.unwrap_or_else(|_| line[..end].to_owned()))
}

/// The object that an order tells the model to say.
fn demanded(order: &str) -> Option<Value> {
    let object = &order[order.find('{')?..];
    let mut values = serde_json::Deserializer::from_str(object).into_iter::<Value>();
    values.next()?.ok().filter(Value::is_object)
}

fn first_number(order: &str) -> Value {
    let digits = order.split(|c: char| !c.is_ascii_digit() && c != '.');
    let number = digits.filter_map(|word| word.trim_matches('.').parse::<f64>().ok());
    number
        .map(|number| json!(number))
        .next()
        .unwrap_or_default()
}

fn fill(root: &Value, schema: &Value, value: &mut Value, order: &str, number: &Value) {
    let schema = resolve(root, schema);
    match value {
        Value::String(text) => match schema.get("enum").and_then(Value::as_array) {
            None => order.clone_into(text),
            Some(words) => {
                let named = |word: &&str| order.contains(*word);
                if let Some(word) = words.iter().filter_map(Value::as_str).find(named) {
                    word.clone_into(text);
                }
            }
        },
        Value::Number(_) if number.is_number() => *value = number.clone(),
        Value::Array(all) => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            all.iter_mut()
                .for_each(|one| fill(root, items, one, order, number));
        }
        Value::Object(all) => {
            for (name, one) in all {
                let property = schema.get("properties").and_then(|all| all.get(name));
                fill(root, property.unwrap_or(&Value::Null), one, order, number);
            }
        }
        _ => {}
    }
}
