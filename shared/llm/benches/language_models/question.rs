//! What is asked: a signal to be classified, and the dossier of one.

use llm::request::Request;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// As long as the built-in template.
const SYSTEM: &str = include_str!("system.txt");
/// Room for a classification, in tokens.
const ROOM: u32 = 700;
/// Room for a dossier, in tokens.
const DOSSIER_ROOM: u32 = 900;

/// Of a classification.
static SCHEMA: LazyLock<Value> = LazyLock::new(schema);

/// The descriptions of customers that stand in every question.
pub const CUSTOMERS: &str = "Founders and small brands in India that sell to consumers, two to \
    twenty people, without anybody for marketing yet. They hire a first marketing manager, look \
    for leads, want to replace an agency, or say that growth has stopped.";

/// Asks a model to classify a signal.
pub fn classification(alias: &str, signal: &str) -> Request {
    let text = format!("Customers we look for:\n{CUSTOMERS}\n\nThe signal:\n{signal}");
    let mut request = Request::new(uuid::Uuid::nil(), "signal.classify", alias, text, ROOM);
    request.system = Some(SYSTEM.into());
    request.output_schema = Some(SCHEMA.clone());
    request
}

/// Asks a model for the dossier of a signal.
pub fn dossier(alias: &str, signal: &str, classification: &Value) -> Request {
    let text = format!("The signal:\n{signal}\n\nIts classification:\n{classification}");
    let mut request = Request::new(uuid::Uuid::nil(), "lead.dossier", alias, text, DOSSIER_ROOM);
    request.system = Some(SYSTEM.into());
    let sentences = |count: u64| json!({"type": "array", "items": {"type": "string"}, "minItems": count, "maxItems": count});
    request.output_schema = Some(object(&[
        ("snapshot", json!({"type": "string"})),
        ("why_pain_bullets", sentences(3)),
        ("uncomfortable_truth", json!({"type": "string"})),
        ("reframe_suggestion", json!({"type": "string"})),
        ("best_angle_bullets", sentences(3)),
        ("challenger_insight", json!({"type": "string"})),
    ]));
    request
}

fn schema() -> Value {
    let text = || json!({"type": "string"});
    let texts = || json!({"type": "array", "items": {"type": "string"}, "maxItems": 10});
    let points = |most: u64| json!({"type": "number", "minimum": 0, "maximum": most});
    object(&[
        ("icp_match", json!({"type": "boolean"})),
        (
            "size_bucket",
            json!({"type": "string", "enum": ["1", "2-5", "6-10", "11-20", "unknown"]}),
        ),
        (
            "region",
            json!({"type": "string", "enum": ["india", "other", "unknown"]}),
        ),
        (
            "role_type",
            json!({"type": "string", "enum": ["first_marketer", "agency_replacement", "extra_headcount", "unclear"]}),
        ),
        ("pain_tags", texts()),
        ("score_fit", points(50)),
        ("score_pain", points(40)),
        ("score_data_quality", points(10)),
        ("reason_short", text()),
        ("situation", text()),
        ("problem", text()),
        ("implication", text()),
        ("need_payoff", text()),
        (
            "economic_buyer_guess",
            json!({"type": "string", "enum": ["founder", "ceo", "gm", "other", "unknown"]}),
        ),
        ("key_pain", text()),
        ("chaos_flags", texts()),
        ("silver_bullet_phrases", texts()),
    ])
}

fn object(fields: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> = fields
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), kind.clone()))
        .collect();
    json!({
        "type": "object", "properties": properties, "required": names,
        "additionalProperties": false,
    })
}

/// The total of a classification, as the service adds it up.
pub fn total(classification: &Value) -> f64 {
    ["score_fit", "score_pain", "score_data_quality"]
        .iter()
        .filter_map(|name| classification[*name].as_f64())
        .sum()
}
