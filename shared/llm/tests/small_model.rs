//! A small model that really is one, behind Ollama's interface: whether asking it works, and never
//! how good its answers are. `make llm-real` starts it and says where it is; without that there is
//! nothing to ask.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests; the script that starts the model says where, and who runs them hears if none did"
)]

mod support;

use llm::{
    Client, Options,
    completion::{Completion, Stop},
    error::Code,
    request::Request,
    settings::LlmSettings,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use support::TokioClock;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const MODEL: &str = "smollm2:135m";
/// What it is asked about.
const SIGNAL: &str = "Founders of a small brand in Pune are hiring their first marketing manager.";
/// Longest wait for an answer of a few dozen tokens on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(240);

/// A client of the model, if there is one; else a notice.
fn client(change: impl FnOnce(&mut LlmSettings)) -> Option<Client> {
    let Ok(url) = std::env::var("SMALL_MODEL_URL") else {
        eprintln!("skipped: there is no small model; `make llm-real` starts one");
        return None;
    };
    let mut settings = LlmSettings {
        ollama_base_url: url,
        ollama_model_1b: MODEL.into(),
        context_window_max: 4096,
        ..LlmSettings::default()
    };
    change(&mut settings);
    let random = Arc::new(|| 0.5);
    Some(Client::from_settings(settings, TokioClock::start(), random).unwrap())
}

fn question(text: &str, room: u32) -> Request {
    let mut request = Request::new(uuid::Uuid::nil(), "signal.classify", "fast", text, room);
    request.sampling.temperature = Some(0.0);
    request
}

fn classification() -> Request {
    let mut request = question(SIGNAL, 200);
    request.system = Some("Classify the signal.".into());
    request.output_schema = Some(json!({
        "type": "object",
        "properties": {
            "icp_match": {"type": "boolean"},
            "role_type": {"type": "string", "enum": ["first_marketer", "agency_replacement", "unclear"]},
            "pain_tags": {"type": "array", "items": {"type": "string", "enum": ["leads", "brand", "growth"]}, "maxItems": 2},
            "reason_short": {"type": "string", "maxLength": 60},
        },
        "required": ["icp_match", "role_type", "pain_tags", "reason_short"],
        "additionalProperties": false,
    }));
    request
}

async fn ask(client: &Client, request: &Request) -> Result<Completion, llm::Failed> {
    let cancel = CancellationToken::new();
    let asking = client.complete(request, &cancel, Options::default());
    tokio::time::timeout(PATIENCE, asking).await.unwrap()
}

#[tokio::test]
async fn an_answer_fits_its_schema_and_its_tokens_are_counted() {
    let Some(client) = client(|_| {}) else {
        return;
    };
    let completion = ask(&client, &classification()).await.unwrap();
    let answer = completion.json.unwrap();
    assert!(answer["icp_match"].is_boolean(), "{answer}");
    assert!(answer["role_type"].is_string(), "{answer}");
    assert!(answer["pain_tags"].as_array().unwrap().len() <= 2);
    assert_eq!(completion.stop, Stop::Complete);
    assert_eq!(completion.model_served, MODEL);
    let usage = completion.usage;
    assert!(!usage.estimated, "{usage:?}");
    // The schema stands in the prompt, too.
    assert!(usage.input > 100 && usage.output > 20, "{usage:?}");
    let latency = completion.latency;
    let ttft = latency.ttft_ms.unwrap();
    assert!(0 < ttft && ttft <= latency.total_ms, "{latency:?}");
    assert_eq!(completion.cost_usd, Some(0.0));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_its_room_is_found() {
    let Some(client) = client(|_| {}) else {
        return;
    };
    let request = question("Count from one to one thousand, in words.", 8);
    let failed = ask(&client, &request).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::OutputTruncated);
    let outputs: Vec<_> = failed.attempts.iter().map(|one| one.code).collect();
    // Once more with twice the room.
    assert_eq!(outputs, [Some(Code::OutputTruncated); 2]);
    assert_eq!(failed.usage.output, 8 + 16);
}

#[tokio::test]
async fn a_question_that_does_not_fit_is_found_before_and_by_the_server() {
    let Some(client) = client(|_| {}) else {
        return;
    };
    let long = question(&"word ".repeat(20_000), 20);
    let failed = ask(&client, &long).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::ContextExceeded);
    assert!(
        failed.attempts.is_empty(),
        "it is known before anybody is asked"
    );
    // Signs that are a token each are more than their length lets one think.
    let dense = question(&"\u{2603}\u{fe0f}".repeat(1_600), 20);
    let failed = ask(&client, &dense).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::ContextExceeded, "{failed:?}");
    assert_eq!(failed.attempts.len(), 1, "the server says so");
    assert_eq!(failed.attempts[0].status, Some(400));
}

#[tokio::test]
async fn pieces_of_a_stream_add_up() {
    let Some(client) = client(|_| {}) else {
        return;
    };
    let (sender, mut pieces) = mpsc::channel(256);
    let cancel = CancellationToken::new();
    let options = Options {
        deltas: Some(&sender),
        ..Options::default()
    };
    let request = classification();
    let asking = client.complete(&request, &cancel, options);
    let completion = tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap()
        .unwrap();
    drop(sender);
    let mut told = Vec::new();
    while let Some(piece) = pieces.recv().await {
        told.push(piece);
    }
    assert!(told.len() > 5, "{told:?}");
    assert_eq!(told.concat(), completion.text);
}

#[tokio::test]
async fn the_probe_finds_the_model_in_memory() {
    let Some(client) = client(|settings| settings.ollama_embedding_model = MODEL.into()) else {
        return;
    };
    ask(&client, &question("Say hello.", 40)).await.ok();
    client.probe(&CancellationToken::new()).await;
    let reports = client.health();
    let fast = reports.iter().find(|report| report.model == MODEL).unwrap();
    assert!(fast.is_healthy, "{fast:?}");
    assert_eq!(fast.models_loaded, [MODEL]);
}
