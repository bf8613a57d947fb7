//! Claude itself: whether what is said of its interface here is so. `make llm-live` runs it where
//! there is a key, spends at most a tenth of a dollar, and writes down what was answered, without
//! what names anybody, for the server that stands in for Claude in all other tests. The recording
//! itself is tested against that server, always.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests; whoever runs them says whether Claude is asked, and hears if not"
)]

mod record;
#[path = "../support/mod.rs"]
mod support;

use llm::{
    Client, Options,
    budget::Budget,
    catalogue::{Billing, Catalogue},
    claude::{self, Claude, ClaudeConfig},
    completion::{Stop, Usage},
    provider::{Ask, Provider},
    request::{Message, Request, Sampling},
    settings::LlmSettings,
};
use record::{Recorder, Sent};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use support::TokioClock;
use testkit::fake_llm::FakeLlm;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// All that may be spent, in US dollars.
const MOST_USD: f64 = 0.10;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// Room for an answer, in tokens.
const ROOM: u32 = 300;

/// Claude's settings, if it is to be asked; else a notice.
fn live() -> Option<LlmSettings> {
    let key = std::env::var("CLAUDE_API_KEY").unwrap_or_default();
    if std::env::var("LLM_LIVE").is_err() || key.trim().is_empty() {
        eprintln!("skipped: Claude is asked by `make llm-live` alone, with CLAUDE_API_KEY set");
        return None;
    }
    Some(LlmSettings {
        claude_api_key: Some(key.into()),
        llm_budget_usd_day: MOST_USD,
        ..LlmSettings::default()
    })
}

fn of_fake(fake: &FakeLlm) -> LlmSettings {
    LlmSettings {
        claude_api_key: Some(FakeLlm::api_key().into()),
        claude_base_url: fake.base_url(),
        claude_slow_start: 0,
        ..LlmSettings::default()
    }
}

fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "role_type": {"type": "string", "enum": ["first_marketer", "agency_replacement", "unclear"]},
            "icp_match": {"type": "boolean"},
        },
        "required": ["role_type", "icp_match"],
        "additionalProperties": false,
    })
}

fn question() -> Request {
    let text = "Founders of a small brand in Pune are hiring their first marketing manager.";
    let mut request = Request::new(uuid::Uuid::nil(), "signal.classify", "haiku", text, ROOM);
    request.system = Some("Classify the signal.".into());
    request.output_schema = Some(schema());
    request
}

fn client(settings: LlmSettings) -> Client {
    Client::from_settings(settings, TokioClock::start(), Arc::new(|| 0.5)).unwrap()
}

/// The model that stands for `haiku` now, and what it can.
fn ask(settings: &LlmSettings) -> Ask {
    let catalogue = Catalogue::built_in().unwrap();
    let today = llm::catalogue::day(stage::Clock::now(&*TokioClock::start()));
    let named = &settings.claude_model_haiku;
    let model = llm::client::claude_model(named, settings, &catalogue, &today).unwrap();
    let request = question();
    Ask {
        model: catalogue.row(claude::NAME, &model),
        system: request.system,
        messages: request.messages,
        max_output_tokens: ROOM,
        output_schema: request.output_schema.map(Arc::new),
        sampling: Sampling::default(),
        stop: Vec::new(),
        prompt_cache: None,
        effort: None,
        window: None,
        stream: false,
    }
}

/// Everything that is written down: a name, what is sent, and the status it is answered with.
fn scenes(settings: &LlmSettings) -> Vec<(&'static str, Sent, u16)> {
    let config = ClaudeConfig::from_settings(settings).unwrap();
    let claude = Claude::new(config, TokioClock::start()).unwrap();
    let ask = ask(settings);
    let body = claude.prepare(&ask).body;
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        Sent::post("v1/messages", body)
    };
    let plain = Ask {
        output_schema: None,
        messages: vec![Message::user("Say hello in three words.")],
        ..ask.clone()
    };
    let counted = json!({"model": ask.model.id, "messages": body["messages"]});
    vec![
        (
            "answer",
            Sent::post("v1/messages", claude.prepare(&plain).body),
            200,
        ),
        (
            "answer_by_schema",
            Sent::post("v1/messages", body.clone()),
            200,
        ),
        ("stream", with("stream", json!(true)), 200),
        ("cut_short", with("max_tokens", json!(8)), 200),
        (
            "count",
            Sent::post("v1/messages/count_tokens", counted),
            200,
        ),
        ("models", Sent::get("v1/models?limit=3"), 200),
        (
            "no_such_model",
            with("model", json!("claude-nobody-1")),
            404,
        ),
        ("temperature_refused", with("temperature", json!(0.3)), 400),
        ("nothing_said", with("messages", json!([])), 400),
    ]
}

/// Asks for every scene within the budget and writes it down. Returns what it cost.
async fn record_all(settings: &LlmSettings, folder: &Path) -> f64 {
    let recorder = Recorder::new(settings, folder);
    let (budget, row) = (Budget::of_video(MOST_USD), ask(settings).model);
    let clock = TokioClock::start();
    let now = || stage::Clock::now(&*clock);
    let today = llm::catalogue::day(now());
    let price = |usage: &Usage| row.cost(usage, Billing::default(), &today).unwrap().usd;
    for (name, sent, status) in scenes(settings) {
        let most = Usage {
            input: 2_000,
            output: u64::from(row.max_output_tokens.min(8_000)),
            ..Usage::default()
        };
        let money = budget.reserve(price(&most), now()).unwrap();
        let answered = recorder.record(name, &sent).await;
        money.settle(price(&answered.usage));
        assert_eq!(answered.status, status, "{name}: {}", answered.body);
    }
    budget.spent_usd()
}

/// Asks through the layer, whole and piece by piece.
async fn through_the_layer(settings: LlmSettings) {
    let client = client(settings);
    let (request, cancel) = (question(), CancellationToken::new());
    let asking = client.complete(&request, &cancel, Options::default());
    let whole = tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(whole.stop, Stop::Complete);
    assert!(whole.json.unwrap()["icp_match"].is_boolean());
    assert!(!whole.usage.estimated && whole.usage.total_input() > 0);
    assert!(whole.cost_usd.unwrap() > 0.0);
    let (sender, mut pieces) = mpsc::channel(1024);
    let options = Options {
        deltas: Some(&sender),
        ..Options::default()
    };
    let asking = client.complete(&request, &cancel, options);
    let streamed = tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap()
        .unwrap();
    drop(sender);
    let mut told = String::new();
    while let Some(piece) = pieces.recv().await {
        told += &piece;
    }
    assert_eq!(told, streamed.text);
    assert!(client.budget().spent_usd() <= MOST_USD);
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/fixtures/claude")
}

#[tokio::test]
async fn claude_answers_as_is_said_here() {
    let Some(settings) = live() else {
        return;
    };
    let spent = record_all(&settings, &fixtures()).await;
    eprintln!("recorded for {spent:.4} USD");
    let left = LlmSettings {
        llm_budget_usd_day: MOST_USD - spent,
        ..settings
    };
    through_the_layer(left).await;
}

#[tokio::test]
async fn what_is_written_down_names_nobody() {
    let fake = FakeLlm::start().await;
    let settings = of_fake(&fake);
    let folder = tempfile::tempdir().unwrap();
    let spent = record_all(&settings, folder.path()).await;
    assert!(spent > 0.0 && spent < MOST_USD, "{spent}");
    let written: Vec<String> = scenes(&settings)
        .iter()
        .map(|(name, _, _)| folder.path().join(format!("{name}.json")))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for secret in [
        FakeLlm::api_key(),
        "req_",
        "msg_",
        "organization",
        "127.0.0.1",
    ] {
        let found = written.iter().find(|text| text.contains(secret));
        assert_eq!(found, None, "{secret}");
    }
    assert!(written[0].contains("\"text\"") && written[2].contains("event: message_stop"));
}

#[tokio::test]
async fn the_layer_is_asked_as_claude_is() {
    let fake = FakeLlm::start().await;
    through_the_layer(of_fake(&fake)).await;
}
