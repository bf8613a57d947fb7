//! The schemas that Claude's side takes.

use super::{claude, formatted, shape};
use serde_json::{Map, Value, json};
use testkit::fake_llm::FakeLlm;

fn field(schema: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {"a": schema},
        "required": ["a"],
        "additionalProperties": false,
    })
}

async fn refused(fake: &FakeLlm, schema: &Value) {
    let got = claude(fake, &formatted(schema)).await;
    assert_eq!(got.status, 400, "{schema} was taken");
    assert!(got.message().contains("schema"), "{got:?}");
}

#[tokio::test]
async fn bounds_are_not_supported() {
    let fake = FakeLlm::start().await;
    for (name, value) in [
        ("minimum", json!(0)),
        ("maximum", json!(50)),
        ("exclusiveMinimum", json!(0)),
        ("exclusiveMaximum", json!(0)),
        ("multipleOf", json!(2)),
        ("minLength", json!(1)),
        ("maxLength", json!(9)),
        ("maxItems", json!(9)),
        ("minItems", json!(2)),
        ("uniqueItems", json!(true)),
        ("pattern", json!("(?=a)b")),
    ] {
        let mut schema = json!({"type": ["string", "null"]});
        schema[name] = value;
        refused(&fake, &field(&schema)).await;
    }
    let fine =
        json!({"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^a$"}});
    assert_eq!(claude(&fake, &formatted(&field(&fine))).await.status, 200);
}

#[tokio::test]
async fn every_object_is_closed_however_deep() {
    let fake = FakeLlm::start().await;
    let mut open = shape();
    open.as_object_mut().unwrap().remove("additionalProperties");
    refused(&fake, &open).await;
    refused(&fake, &field(&open)).await;
    refused(&fake, &field(&json!({"type": "array", "items": open}))).await;
    refused(&fake, &field(&json!({"anyOf": [{"type": "null"}, open]}))).await;
    open["additionalProperties"] = json!(true);
    refused(&fake, &open).await;
}

#[tokio::test]
async fn references_are_local_and_end() {
    let fake = FakeLlm::start().await;
    let mut schema = field(&json!({"$ref": "#/$defs/b"}));
    schema["$defs"] = json!({"b": {"type": "string"}});
    assert_eq!(claude(&fake, &formatted(&schema)).await.status, 200);
    schema["$defs"] = json!({"b": field(&json!({"$ref": "#/$defs/b"}))});
    refused(&fake, &schema).await;
    refused(&fake, &field(&json!({"$ref": "https://example.com/b"}))).await;
    refused(&fake, &field(&json!({"$ref": "#/$defs/nowhere"}))).await;
}

#[tokio::test]
async fn there_are_not_too_many_choices() {
    let fake = FakeLlm::start().await;
    let many = |count: usize, schema: &Value, required: bool| {
        let names: Vec<String> = (0..count).map(|at| format!("f{at}")).collect();
        let properties: Map<String, Value> = names
            .iter()
            .map(|name| (name.clone(), schema.clone()))
            .collect();
        json!({
            "type": "object",
            "properties": properties,
            "required": if required { names } else { Vec::new() },
            "additionalProperties": false,
        })
    };
    let text = json!({"type": "string"});
    let union = json!({"type": ["string", "null"]});
    assert_eq!(
        claude(&fake, &formatted(&many(24, &text, false)))
            .await
            .status,
        200
    );
    refused(&fake, &many(25, &text, false)).await;
    assert_eq!(
        claude(&fake, &formatted(&many(16, &union, true)))
            .await
            .status,
        200
    );
    refused(&fake, &many(17, &union, true)).await;
}

#[tokio::test]
async fn words_that_nobody_knows_are_not_supported() {
    let fake = FakeLlm::start().await;
    refused(&fake, &field(&json!({"type": "string", "oneOf": []}))).await;
    refused(&fake, &field(&json!({"type": "text"}))).await;
    refused(&fake, &field(&json!({"enum": []}))).await;
    refused(&fake, &json!("object")).await;
}
