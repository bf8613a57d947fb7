//! What the service does besides answering: pages of other places, long signals, parking.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use classify::settings::{NAMES, SECRETS, Settings, SignalTrim};
use common::{Script, answer, failure, serve, serve_with, settings, until};
use llm::error::Code;
use serde_json::json;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn every_name_is_read() {
    for name in NAMES {
        let nonsense = [(*name, "\u{1f}?")];
        let takes_any_text = ["DATABASE_URL", "CORS_ALLOW_ORIGINS"].contains(name);
        assert_eq!(
            Settings::from_values(nonsense).is_ok(),
            takes_any_text,
            "{name}"
        );
    }
    assert!(SECRETS.iter().all(|secret| NAMES.contains(secret)));
    let read = |name: &'static str, value: &'static str| Settings::from_values([(name, value)]);
    assert!(
        read("CLAUDE_BATCH_MODE", "on")
            .unwrap()
            .asking
            .claude_batch_mode
    );
    assert_eq!(
        read("TEMPERATURE_4B", "0.7").unwrap().asking.temperature_4b,
        0.7
    );
    for (name, value) in [
        ("TEMPERATURE_1B", "2.1"),
        ("TOP_P", "1.1"),
        ("MAX_OUTPUT_TOKENS_DOSSIER", "0"),
        ("AUTO_PARK_INTERVAL_SECONDS", "0"),
        ("EMBEDDING_PROVIDER", "claude"),
    ] {
        assert!(read(name, value).is_err(), "{name}");
    }
}

#[tokio::test]
async fn pages_that_are_named_may_ask_with_a_token() {
    let named = Settings {
        cors_allow_origins: vec!["https://leads.example".into()],
        api_tokens: Settings::from_values([("API_TOKENS", "read:r1")])
            .unwrap()
            .api_tokens,
        ..settings()
    };
    let served = serve_with(named, Script::default()).await;
    let ask = async |method: reqwest::Method, origin: &str, token: Option<&str>| {
        let mut asked = served.client.request(method, served.url("/api/leads/"));
        asked = asked.header("origin", origin);
        asked = asked.header("access-control-request-method", "GET");
        if let Some(token) = token {
            asked = asked.header("authorization", format!("Bearer {token}"));
        }
        let response = asked.send().await.unwrap();
        let allowed = response.headers().get("access-control-allow-origin");
        let allowed = allowed.map(|origin| origin.to_str().unwrap().to_owned());
        (response.status().as_u16(), allowed)
    };
    let (get, options) = (reqwest::Method::GET, reqwest::Method::OPTIONS);
    let ours = "https://leads.example";
    let told = Some(ours.to_owned());
    assert_eq!(ask(options.clone(), ours, None).await, (204, told.clone()));
    assert_eq!(
        ask(get.clone(), ours, Some("r1")).await,
        (200, told.clone())
    );
    assert_eq!(ask(get.clone(), ours, None).await, (401, told));
    let other = "https://other.example";
    assert_eq!(ask(options, other, None).await.1, None);
    assert_eq!(ask(get, other, Some("r1")).await, (200, None));
    let open = serve().await;
    let asked = open
        .client
        .get(open.url("/api/leads/"))
        .header("origin", ours);
    let response = asked.send().await.unwrap();
    assert_eq!(response.headers().get("access-control-allow-origin"), None);
}

#[tokio::test]
async fn long_signals_are_refused_or_lose_their_middle_and_that_is_told() {
    let text = format!("first {} last", "x".repeat(1000));
    let script = Script::default();
    let served = serve_with(
        Settings {
            signal_max_chars: 500,
            ..settings()
        },
        script,
    )
    .await;
    assert_eq!(served.signal(&text).await.0, 400);
    let trimming = Settings {
        signal_max_chars: 500,
        signal_trim: SignalTrim::HeadTail,
        ..settings()
    };
    let served = serve_with(trimming, Script::default()).await;
    let (status, body) = served.signal(&text).await;
    assert_eq!(
        (status, &body["trimmed_chars"]),
        (200, &json!(516)),
        "{body}"
    );
    let asked = served.script.asked.lock().unwrap().remove(0).signal_text;
    assert_eq!(asked.chars().count(), 500);
    assert!(asked.starts_with("first ") && asked.ends_with(" last"));
    let (_, short) = served.signal("short").await;
    assert_eq!(short.get("trimmed_chars"), None, "nothing was left out");
}

#[tokio::test]
async fn a_signal_that_fits_no_context_is_asked_about_without_its_middle() {
    let text = "word ".repeat(200);
    let trimming = Settings {
        signal_trim: SignalTrim::HeadTail,
        ..settings()
    };
    let served = serve_with(trimming, Script::default()).await;
    served
        .script
        .says(&text, Err(failure(Code::ContextExceeded)));
    let (status, body) = served.signal(&text).await;
    assert_eq!(
        (status, &body["trimmed_chars"]),
        (200, &json!(505)),
        "{body}"
    );
    let asked = served.script.asked.lock().unwrap().clone();
    let lengths: Vec<usize> = asked
        .iter()
        .map(|one| one.signal_text.chars().count())
        .collect();
    assert_eq!(lengths, [1000, 500]);
    let served = serve().await;
    served
        .script
        .says(&text, Err(failure(Code::ContextExceeded)));
    assert_eq!(served.signal(&text).await.0, 413, "only if that is wanted");
    served.script.says("small", Ok(answer(42.0, 30.0, 6.0)));
    assert_eq!(served.leads().await.len(), 0);
}

#[tokio::test]
async fn leads_nobody_contacted_are_parked_by_themselves() {
    let parking = Settings {
        enable_auto_park: true,
        auto_park_days: 30,
        auto_park_interval: Duration::from_millis(5),
        ..settings()
    };
    let served = serve_with(parking, Script::default()).await;
    assert_eq!(served.signal("Hiring").await.0, 200);
    served.clock.advance(29 * 24 * HOUR);
    assert_eq!(served.signal("Hiring more").await.0, 200);
    let statuses = async || {
        let leads = served.leads().await;
        let statuses = leads
            .iter()
            .map(|lead| lead["status"].as_str().unwrap().to_owned());
        let mut statuses: Vec<String> = statuses.collect();
        statuses.sort();
        statuses
    };
    assert_eq!(statuses().await, ["new", "new"]);
    served.clock.advance(2 * 24 * HOUR);
    until("the parking", async || {
        statuses().await == ["new", "parked"]
    })
    .await;
    served.stop.cancel();
    tokio::time::timeout(common::PATIENCE, served.ended)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}
