//! Keys: what is the same question, and what is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use cache::{Key, Task};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn task() -> Task {
    Task::new("signal.classify").unwrap()
}

fn document() -> Value {
    json!({
        "provider": "ollama",
        "model_id": "gemma3:1b",
        "model_digest": "8648f39daa8f",
        "api_version": "2026-10-21",
        "schema_sha256": "12ab",
        "normaliser": "trim_lower",
        "body": {
            "template": "classification@1.0.0#3fa9",
            "messages": [{"role": "user", "content": "a|b"}, {"role": "user", "content": "c"}],
            "options": {"temperature": 0.3, "top_p": 0.9, "num_ctx": 4096},
        },
    })
}

#[test]
fn promise_06_a_key_is_what_it_was_in_every_process_and_version() {
    // A constant, not what another run says: a change here empties every cache that there is.
    let key = Key::of(&task(), &document()).digest_hex();
    assert_eq!(
        key,
        "b4f5b1c529337db988cd255aa3c019128744083e936338e7fc1570c1c6f327fe"
    );
}

#[test]
fn promise_06_every_part_that_shapes_the_answer_changes_the_key() {
    let same = Key::of(&task(), &document());
    for (pointer, value) in [
        ("/provider", json!("claude")),
        ("/model_id", json!("gemma3:4b")),
        ("/model_digest", json!("8648f39daa90")),
        ("/model_digest", Value::Null),
        ("/api_version", json!("2023-06-01")),
        ("/schema_sha256", json!("12ac")),
        ("/normaliser", json!("none")),
        ("/body/template", json!("classification@1.0.1#3fa9")),
        ("/body/messages/0/content", json!("a|b ")),
        ("/body/messages/0/role", json!("system")),
        ("/body/options/temperature", json!(0.5)),
        ("/body/options/top_p", json!(0.8)),
        ("/body/options/num_ctx", json!(8192)),
    ] {
        let mut changed = document();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_ne!(Key::of(&task(), &changed), same, "{pointer}");
    }
    let other = Task::new("lead.dossier").unwrap();
    assert_ne!(Key::of(&other, &document()), same);
}

#[test]
fn promise_05_d04_parts_do_not_run_into_each_other() {
    let of = |first: &str, second: &str| Key::of(&task(), &json!([first, second]));
    assert_ne!(of("a|b", "c"), of("a", "b|c"));
    assert_ne!(of("a\",\"b", "c"), of("a", "b\",\"c"));
    assert_ne!(of("ab", ""), of("a", "b"));
    assert_ne!(of("", "ab"), of("ab", ""));
}

/// Documents with everything JSON has.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Eighths: what JSON's reader makes of more digits is its own affair.
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,4}", inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The same with the fields of every object the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(fields) => {
            let turned: Map<String, Value> = fields
                .iter()
                .rev()
                .map(|(name, value)| (name.clone(), reversed(value)))
                .collect();
            Value::Object(turned)
        }
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn promise_06_the_order_of_fields_is_nothing(document in documents()) {
        prop_assert_eq!(Key::of(&task(), &document), Key::of(&task(), &reversed(&document)));
    }

    #[test]
    fn the_canonical_text_means_the_same(document in documents()) {
        let text = cache::canonical_json(&document);
        let read: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(cache::canonical_json(&read), text);
    }
}
