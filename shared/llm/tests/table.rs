//! The table of models while the program runs, and probes that have a model say something.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use llm::{
    Aliases, Client, ClientParts, Options, Target, catalogue::Catalogue, completion::Usage,
    error::Code, health::HealthState, provider::Provider, settings::LlmSettings,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};
use support::{Scripted, TokioClock, Turn, both, client, fail, only, request, settings};
use tokio_util::sync::CancellationToken;

const TABLE: &str = include_str!("../src/catalogue/models.json");
const HAIKU: &str = "claude-haiku-5-5";

/// The table with a change of the row of one model.
fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut table: Value = serde_json::from_str(TABLE).unwrap();
    let models = table["models"].as_array_mut().unwrap();
    let row = models.iter_mut().find(|row| row["id"] == HAIKU);
    change(row.unwrap());
    table.to_string()
}

fn priced(input: f64) -> String {
    changed(|row| {
        for tier in row["prices"][0]["tiers"].as_array_mut().unwrap() {
            tier["input"] = json!(input);
        }
    })
}

/// A client of settings, with a provider in Claude's place.
fn of_settings(settings: LlmSettings, claude: &Arc<Scripted>) -> Client {
    Client::new(ClientParts {
        settings,
        catalogue: Catalogue::built_in().unwrap(),
        providers: vec![Arc::clone(claude) as Arc<dyn Provider>],
        aliases: only(),
        clock: TokioClock::start(),
        random: Arc::new(|| 0.5),
    })
    .unwrap()
}

fn with_prices(path: &Path) -> LlmSettings {
    LlmSettings {
        llm_price_file: Some(path.to_owned()),
        ..settings()
    }
}

async fn cost(client: &Client) -> f64 {
    let cancel = CancellationToken::new();
    let asked = client
        .complete(&request(), &cancel, Options::default())
        .await;
    asked.unwrap().cost_usd.unwrap()
}

/// What a hundred tokens read and ten said cost.
fn at(input: f64) -> f64 {
    (100.0 * input + 10.0 * 0.5) / 1e6
}

#[tokio::test]
async fn promise_13_a_price_that_changes_holds_from_the_next_call_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.json");
    fs::write(&file, TABLE).unwrap();
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let client = of_settings(with_prices(&file), &claude);
    assert!(!client.reload_catalogue().unwrap(), "it is the same");
    assert!((cost(&client).await - at(0.1)).abs() < 1e-15);
    fs::write(&file, priced(7.0)).unwrap();
    assert!(client.reload_catalogue().unwrap());
    assert!((cost(&client).await - at(7.0)).abs() < 1e-15);
    let tier = &client.catalogue().row("claude", HAIKU).prices[0].tiers[0];
    assert!((tier.input - 7.0).abs() < f64::EPSILON);
    assert!(!client.reload_catalogue().unwrap());
}

#[tokio::test]
async fn a_table_that_is_not_right_changes_nothing_and_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.json");
    fs::write(&file, priced(3.0)).unwrap();
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let client = of_settings(with_prices(&file), &claude);
    assert!(client.reload_catalogue().unwrap());
    for broken in [Some("{"), Some("{}"), None] {
        match broken {
            Some(text) => fs::write(&file, text).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        assert!(client.reload_catalogue().is_err(), "{broken:?}");
        assert!(!client.reload_catalogue().unwrap(), "it was told");
        assert!((cost(&client).await - at(3.0)).abs() < 1e-15);
    }
    fs::write(&file, priced(-1.0)).unwrap();
    assert!(client.reload_catalogue().is_err(), "no price is below zero");
    fs::write(&file, priced(4.0)).unwrap();
    assert!(client.reload_catalogue().unwrap());
    assert!((cost(&client).await - at(4.0)).abs() < 1e-15);
}

#[tokio::test]
async fn what_a_model_can_do_changes_without_a_new_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capabilities.json");
    fs::write(&file, TABLE).unwrap();
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let settings = LlmSettings {
        llm_capability_file: Some(file.clone()),
        ..settings()
    };
    let client = of_settings(settings, &claude);
    cost(&client).await;
    fs::write(&file, changed(|row| row["max_output_tokens"] = json!(300))).unwrap();
    assert!(client.reload_catalogue().unwrap());
    cost(&client).await;
    let rooms: Vec<u32> = claude
        .asks()
        .iter()
        .map(|ask| ask.max_output_tokens)
        .collect();
    assert_eq!(rooms, [700, 300]);
}

#[tokio::test(start_paused = true)]
async fn the_files_are_looked_at_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prices.json");
    fs::write(&file, priced(0.1)).unwrap();
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let client = of_settings(with_prices(&file), &claude);
    let cancel = CancellationToken::new();
    let changing = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        fs::write(&file, priced(9.0)).unwrap();
        let price = || client.catalogue().row("claude", HAIKU).prices[0].tiers[0].input;
        let taken = async {
            while price() < 9.0 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(600), taken)
            .await
            .unwrap();
        cancel.cancel();
    };
    tokio::join!(client.watch(&cancel), changing);
    assert!((cost(&client).await - at(9.0)).abs() < 1e-15);
}

/// A day on which another model has ended.
struct December;

impl stage::Clock for December {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(support::TODAY + 11 * 86_400)
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[tokio::test]
async fn promise_17_a_client_with_a_retired_model_does_not_start() {
    let seed = "claude-3-haiku-20240307";
    let start = |model: &str, clock: Arc<dyn stage::Clock>, change: fn(&mut LlmSettings)| {
        let mut settings = LlmSettings {
            claude_api_key: Some("sk-test".into()),
            claude_model_haiku: model.into(),
            ..LlmSettings::default()
        };
        change(&mut settings);
        let client = Client::from_settings(settings, clock, Arc::new(|| 0.5))?;
        let health = client.health().into_iter();
        let models = health.map(|report| report.model);
        Ok::<Vec<String>, llm::ClientError>(models.collect())
    };
    let is_asked = |found: &Vec<String>, model: &str| found.iter().any(|one| one == model);
    // The table names what takes its place.
    let found = start(seed, TokioClock::start(), |_| {}).unwrap();
    assert!(is_asked(&found, HAIKU) && !is_asked(&found, seed));
    // What takes its place has ended too.
    let error = start(seed, TokioClock::start(), |settings| {
        let other = "claude-3-5-sonnet-20241022".to_owned();
        settings.claude_model_replacements = [("haiku".to_owned(), other)].into();
    });
    let told = error.unwrap_err().to_string();
    for word in [seed, "2026-04-20", "allow_retired_models"] {
        assert!(told.contains(word), "{told}");
    }
    let found = start(seed, TokioClock::start(), |settings| {
        settings.allow_retired_models = true;
    });
    assert!(is_asked(&found.unwrap(), seed));
    // The day decides, not the table alone.
    let ending = "claude-sonnet-4-5-20250929";
    assert!(start(ending, TokioClock::start(), |_| {}).is_ok());
    assert!(start(ending, Arc::new(December), |_| {}).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_deep_probe_has_every_model_say_a_token_and_pays_for_it() {
    let one = Usage {
        input: 3,
        output: 1,
        ..Usage::default()
    };
    let claude = Scripted::new("claude", vec![], Turn::Counted("hi", one));
    let ollama = Scripted::new("ollama", vec![], Turn::Say("hi"));
    let embedding = Target::new("ollama", "nomic-embed-text");
    let aliases = both().with(Aliases::EMBEDDING, vec![embedding]);
    let mut settings = settings();
    let cancel = CancellationToken::new();
    client(settings.clone(), &[&claude, &ollama], aliases.clone())
        .probe(&cancel)
        .await;
    assert_eq!((claude.count(), ollama.count()), (0, 0), "not asked for");
    settings.health_deep_probe = true;
    let client = client(settings, &[&claude, &ollama], aliases);
    client.probe(&cancel).await;
    assert_eq!((claude.count(), ollama.count()), (1, 1));
    let ask = &claude.asks()[0];
    assert_eq!((ask.max_output_tokens, ask.messages.len()), (1, 1));
    assert_eq!(ollama.asks()[0].window, Some(2048));
    let spent = (3.0 * 0.1 + 0.5) / 1e6;
    assert!((client.budget().spent_usd() - spent).abs() < 1e-15);
    for report in client.health() {
        assert_eq!(report.success_count, 2, "{}", report.model);
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_lists_itself_and_cannot_speak_is_found_out() {
    // Its list, then its word, three times.
    let turn = |_| [Turn::Say("hi"), fail(Code::ServerError)];
    let claude = Scripted::new("claude", (0..3).flat_map(turn).collect(), Turn::Say("hi"));
    let mut settings = settings();
    settings.health_deep_probe = true;
    settings.health_degraded_success_percent = 60.0;
    let client = client(settings, &[&claude], only());
    for _ in 0..3 {
        client.probe(&CancellationToken::new()).await;
    }
    let report = &client.health()[0];
    assert_eq!((report.success_count, report.error_count), (3, 3));
    assert_eq!(report.state, HealthState::Degraded);
}

/// One that is being asked shows how it is without a probe.
#[tokio::test(start_paused = true)]
async fn nobody_is_held_up_by_a_deep_probe() {
    let minute = Duration::from_secs(60);
    let ollama = Scripted::taking("ollama", vec![], Turn::Say("hi"), minute);
    let aliases = Aliases::default().with("a", vec![Target::new("ollama", "gemma3:1b")]);
    let mut settings = settings();
    settings.health_deep_probe = true;
    let client = client(settings, &[&ollama], aliases);
    let (request, cancel) = (request(), CancellationToken::new());
    let asking = client.complete(&request, &cancel, Options::default());
    let probing = async {
        tokio::time::sleep(minute / 2).await;
        client.probe(&cancel).await;
    };
    let (answered, ()) = tokio::join!(asking, probing);
    assert!(answered.is_ok());
    assert_eq!(ollama.count(), 1);
}
