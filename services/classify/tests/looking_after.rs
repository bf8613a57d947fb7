//! Caches, templates, models, directions and batches, with the adapters as the program has them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod models;

use classify::{
    Ports, Service,
    adapters::{CLASSIFY, CachedEmbedder, EMBED, OnnxDirections, Upkeep, Wanted},
    compute::icp::cosine,
    ports::{Admin, AdminError, ClearScope, Embedder, HealthState, Scorer},
    settings::Settings,
};
use common::{Served, until};
use inference::ModelSet;
use models::{Models, Today, Wish, models, models_with, request, says};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};
use testkit::fake_llm::{Answer, FakeLlm, Fault, Rule};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn answers_are_forgotten_by_task_and_all_at_once() {
    let models = models().await;
    let embedder = models.embedder();
    let known = async || {
        let hits = models.admin.snapshot().cache.l1_hits;
        models.scorer.score(&request("Hiring")).await.unwrap();
        embedder.embed("Hiring").await.unwrap();
        models.admin.snapshot().cache.l1_hits - hits
    };
    assert_eq!(known().await, 0);
    assert_eq!(known().await, 2);
    let cleared = models
        .admin
        .clear_cache(ClearScope::Task(EMBED.into()))
        .await;
    assert_eq!(cleared.unwrap().l1, 1);
    assert_eq!(known().await, 1);
    let cleared = models.admin.clear_cache(ClearScope::All).await.unwrap();
    assert_eq!((cleared.l1, cleared.l2_generation), (2, 1));
    assert_eq!(known().await, 0);
    for odd in ["video.x", "Odd Task"] {
        let cleared = models.admin.clear_cache(ClearScope::Task(odd.into())).await;
        assert!(matches!(cleared, Err(AdminError::Unknown(_))), "{odd}");
    }
    for odd in ["", "x", "signal.classify:xyz"] {
        let cleared = models.admin.clear_cache(ClearScope::Key(odd.into())).await;
        assert!(matches!(cleared, Err(AdminError::Unknown(_))), "{odd}");
    }
    let nobodys = format!("{CLASSIFY}:{}", "ab".repeat(32));
    let cleared = models.admin.clear_cache(ClearScope::Key(nobodys)).await;
    assert_eq!(cleared.unwrap().l1, 0);
}

#[tokio::test]
async fn answers_about_a_signal_go_with_its_lead() {
    let models = models().await;
    let served = served(&models, false).await;
    let (_, first) = served.signal("Hiring our first marketer").await;
    served.signal("Hiring another one").await;
    let (status, _) = served
        .delete(&format!("/api/leads/{}", first["lead_id"]))
        .await;
    assert_eq!(status, 204);
    let (_, again) = served.signal("hiring our FIRST marketer").await;
    assert_eq!(again["llm"]["cache"], "miss", "it was forgotten");
    let (_, other) = served.signal("Hiring another one").await;
    assert_eq!(other["llm"]["cache"], "l1");
}

#[tokio::test]
async fn settings_of_models_are_told_without_their_secrets() {
    let models = models().await;
    let served = served(&models, false).await;
    let (status, config) = served.get("/api/llm/config").await;
    assert_eq!((status, &config["port"]), (200, &json!(8000)));
    assert_eq!(config["llm"]["ollama_model_1b"], "gemma3:1b");
    assert_eq!(config["llm"]["claude_api_key"], "***");
    assert!(!config.to_string().contains(FakeLlm::api_key()));
}

const OWN: &str = "classification:
  versions:
    - {version: \"9\", system: \"Sort.\", user: \"NEW {icp_context} {signal_text}\"}
  variables: {icp_context: {type: string}, signal_text: {type: string}}
";

#[tokio::test]
async fn templates_are_shown_tried_and_read_anew() {
    let folder = tempfile::tempdir().unwrap();
    let models = models_with(&Wish {
        folder: Some(folder.path()),
        ..Wish::default()
    })
    .await;
    let file = folder.path().join("own.yaml");
    fs::write(&file, OWN).unwrap();
    let set = models.admin.reload_templates().await.unwrap();
    assert_eq!((set.generation, set.errors.len()), (2, 0));
    let shown = models.admin.template("classification", true).await.unwrap();
    assert_eq!(shown.variables, ["icp_context", "signal_text"]);
    assert_eq!(shown.versions[0].version, "9");
    assert_eq!(shown.versions[0].status, "active");
    assert_eq!(shown.versions[0].system.as_deref(), Some("Sort."));
    let hidden = models
        .admin
        .template("classification", false)
        .await
        .unwrap();
    assert_eq!(hidden.versions[0].user, None);
    let variables = |names: &[&str]| -> BTreeMap<String, String> {
        let pairs = names.iter().map(|name| ((*name).into(), "x".into()));
        pairs.collect()
    };
    let both = variables(&["icp_context", "signal_text"]);
    let preview = models
        .admin
        .render("classification", both.clone())
        .await
        .unwrap();
    assert!(preview.user.starts_with("NEW <data"));
    let lacking = models
        .admin
        .render("classification", variables(&["icp_context"]))
        .await;
    assert!(matches!(lacking, Err(AdminError::Render(_))));
    let nobody = models.admin.render("nobody", both).await;
    assert!(matches!(nobody, Err(AdminError::Unknown(_))));

    fs::write(&file, "classification: {versions: [{version: \"9\"}]}").unwrap();
    let set = models.admin.reload_templates().await.unwrap();
    assert_eq!(set.errors[0].file, "own.yaml");
    assert!(set.errors[0].message.contains("stay"), "{:?}", set.errors);
    assert_eq!(models.admin.snapshot().templates.errors, set.errors);
    let answer = models.scorer.score(&request("Hiring")).await.unwrap();
    assert!(
        answer.llm.template.starts_with("classification@9#"),
        "the old one stays"
    );

    let fresh = models_with(&Wish {
        folder: Some(folder.path()),
        ..Wish::default()
    })
    .await;
    let unusable = fresh.admin.reload_templates().await;
    assert!(
        matches!(unusable, Err(AdminError::NoneUsable(_))),
        "{unusable:?}"
    );
    let off = models::models().await.admin.reload_templates().await;
    assert_eq!(off, Err(AdminError::CustomOff));
}

#[tokio::test]
async fn models_and_prices_are_told_as_they_are_known() {
    let models = models().await;
    let told = models.admin.models();
    let rows = told["models"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|row| row["model"] == name).unwrap();
    let haiku = row("claude-haiku-5-5");
    assert_eq!(
        (&haiku["in_use"], &haiku["is_retired"]),
        (&json!(true), &json!(false))
    );
    let tiers = &haiku["usd_per_million_tokens"]["tiers"];
    assert_eq!(
        (&tiers[0]["input"], &tiers[1]["output"]),
        (&json!(0.1), &json!(2.5))
    );
    let old = row("claude-3-haiku-20240307");
    assert_eq!(
        (&old["is_retired"], &old["in_use"]),
        (&json!(true), &json!(false))
    );
    let local = row("gemma3:1b");
    assert_eq!(local["usd_per_million_tokens"]["tiers"][0]["input"], 0.0);
    assert_eq!(told["today"], "2026-11-20");
}

fn upkeep(models: &Models, admin: Arc<classify::adapters::ModelAdmin>, names: &[&str]) -> Upkeep {
    let settings = models::llm_settings(&models.fake);
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Upkeep::new(
        models.asker.clone(),
        admin,
        &settings,
        names,
        Arc::new(Today),
    )
    .unwrap()
}

#[tokio::test]
async fn missing_models_are_fetched_and_readiness_waits_for_the_first_look() {
    let models = models().await;
    models
        .fake
        .ollama(|server| server.installed = vec!["gemma3:4b".into()]);
    let settings = models::llm_settings(&models.fake);
    let admin =
        classify::adapters::ModelAdmin::new(models.asker.clone(), settings, Arc::new(Today), true);
    let admin = Arc::new(admin);
    assert!(!admin.is_ready(), "nobody has looked yet");
    assert_eq!(admin.snapshot().ollama.state, HealthState::Unknown);
    let upkeep = upkeep(&models, admin.clone(), &["gemma3:1b", "gemma3:4b"]);
    let stop = CancellationToken::new();
    let mut background = JoinSet::new();
    let until_stopped = stop.clone();
    let wanted = Wanted {
        health: true,
        templates: true,
    };
    background.spawn(async move { upkeep.run(wanted, &until_stopped).await });
    until("the fetching", async || models.fake.count("/api/pull") == 1).await;
    until("readiness", async || admin.is_ready()).await;
    until("health", async || {
        admin.snapshot().ollama.state == HealthState::Healthy
            || admin.snapshot().ollama.reason.as_deref() != Some("model gemma3:1b is missing")
    })
    .await;
    let health = admin.snapshot().ollama;
    assert_eq!(health.models["1b"], "gemma3:1b");
    assert!(health.success_count > 0 && health.last_latency_ms.is_some());
    assert!(health.last_check_s.is_some());
    stop.cancel();
    let ended = tokio::time::timeout(common::PATIENCE, background.join_next());
    ended.await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn directions_are_of_length_one_and_kept() {
    let models = models().await;
    let embedder = models.embedder();
    let made = embedder.embed("Hiring a marketer").await.unwrap();
    let length: f32 = made.vector.iter().map(|x| x * x).sum();
    assert!((length - 1.0).abs() < 1e-4, "{length}");
    assert_eq!(made.model, "nomic-embed-text");
    assert_eq!(embedder.embed("Hiring a marketer").await.unwrap(), made);
    assert_eq!(models.fake.count("/api/embed"), 1);
    let other = embedder.embed("Hiring a baker").await.unwrap();
    assert_ne!(other.vector, made.vector);
    // Once the weights are known by their digest, the name says so, and others are asked for.
    models
        .asker
        .parts()
        .cached
        .client()
        .probe(&CancellationToken::new())
        .await;
    assert!(Embedder::model(&embedder).starts_with("nomic-embed-text@"));
    models.fake.refuse();
    let failure = embedder.embed("something else").await.unwrap_err();
    assert_eq!(failure.code.http_status(), 502);
}

#[tokio::test]
async fn the_network_in_this_process_tells_texts_apart() {
    let models = models().await;
    let source = OnnxDirections::open(&testkit::engine(ModelSet::Permissive)).unwrap();
    let cached = models.asker.parts().cached.clone();
    let embedder =
        CachedEmbedder::new(source, cached, Duration::from_secs(60), Arc::new(Today)).unwrap();
    assert!(Embedder::model(&embedder).starts_with("all-minilm-l6-v2@"));
    let of = async |text: &str| embedder.embed(text).await.unwrap().vector;
    let wanted = of("Solo founder of a small D2C brand who hires a first marketing manager").await;
    assert_eq!(wanted.len(), 384);
    let near = of("We are looking for our first marketing manager for our skincare brand").await;
    let far = of("Senior Java engineer for a bank's payment platform").await;
    let (near, far) = (
        cosine(&wanted, &near).unwrap(),
        cosine(&wanted, &far).unwrap(),
    );
    assert!(near > 0.4 && far < 0.4, "{near} {far}");
    let long = of(&"word ".repeat(2000)).await;
    assert_eq!(long.len(), 384);
    let hits = models.admin.snapshot().cache.l1_hits;
    of("Senior Java engineer for a bank's payment platform").await;
    assert_eq!(models.admin.snapshot().cache.l1_hits, hits + 1);
}

async fn served(models: &Models, with_batches: bool) -> Served {
    served_with(models, with_batches, Settings::default()).await
}

#[allow(
    clippy::disallowed_methods,
    reason = "the task is waited for, or ends with the test"
)]
async fn served_with(models: &Models, with_batches: bool, settings: Settings) -> Served {
    let clock = Arc::new(testkit::ManualClock::default());
    let settings = Settings {
        database_url: "sqlite::memory:".into(),
        ..settings
    };
    let script = Arc::new(common::Script::default());
    let asker = models.asker.clone();
    let llm = models::llm_settings(&models.fake);
    let admin = classify::adapters::ModelAdmin::new(asker.clone(), llm, Arc::new(Today), true);
    let ports = Ports {
        scorer: Arc::new(classify::adapters::ModelScorer::new(
            asker.clone(),
            "gemma3:1b".into(),
        )),
        dossiers: Arc::new(classify::adapters::ModelDossiers::new(asker)),
        embedder: None,
        admin: Arc::new(admin),
        batches: with_batches.then(|| Arc::new(models.batches()) as _),
        ledger: models.ledger.clone(),
        clock: Arc::new(Today),
        metrics: Arc::new(String::new),
    };
    let service = Service::open(settings, ports).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let (running, until_stopped) = (service.clone(), stop.clone());
    let ended = tokio::spawn(async move { running.serve(listener, until_stopped).await });
    Served {
        script,
        clock,
        service,
        address,
        stop,
        ended,
        client: common::client(),
    }
}

#[tokio::test]
async fn a_batch_for_a_day_becomes_leads_once_and_costs_half() {
    let models = models().await;
    let served = served(&models, true).await;
    models.fake.answer_with(|ask| {
        let odd = ask.prompt().contains("odd");
        let text = if odd {
            "no json".into()
        } else {
            common::answer(42.0, 30.0, 6.0).to_string()
        };
        Some(Answer::text(text))
    });
    let signals = json!({"signals": [
        {"signal_text": "Hiring our first marketer", "company_name": "SkinLab"},
        {"signal_text": "odd"},
    ]});
    let (status, handed_in) = served.post("/api/llm/batches", &signals).await;
    assert_eq!(
        (status, &handed_in["status"]),
        (202, &json!("handed_in")),
        "{handed_in}"
    );
    let url = handed_in["url"].as_str().unwrap();
    let (status, early) = served.get(url).await;
    assert_eq!((status, &early["result"]), (200, &Value::Null), "{early}");
    assert_eq!(early["counts"]["processing"], 2);
    let mut done = Value::Null;
    until("the report", async || {
        done = served.get(url).await.1;
        done["status"] == "done"
    })
    .await;
    let result = &done["result"];
    assert_eq!(result["model"], "claude-haiku-5-5");
    assert_eq!(
        (&result["created_leads"], &result["errors"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(result["results"][0]["total_score"], 78.0);
    assert_eq!(result["results"][1]["error"], "InvalidJson");
    assert_eq!(served.leads().await.len(), 1);
    let results = "/v1/messages/batches/";
    let read = |fake: &FakeLlm| {
        let calls = fake.journal().into_iter();
        calls
            .filter(|call| call.path.starts_with(results) && call.path.ends_with("/results"))
            .count()
    };
    assert_eq!(read(&models.fake), 1);
    assert_eq!(served.get(url).await.1["result"], *result, "it is kept");
    assert_eq!(read(&models.fake), 1, "answers are read once");
    let (_, costs) = served.get("/api/llm/costs?group_by=model").await;
    let day = &costs["days"][0];
    assert_eq!(
        (&day["day"], &day["calls"]),
        (&json!("2026-11-20"), &json!(2))
    );
    let (read, said) = (&day["input_tokens"], &day["output_tokens"]);
    let tokens = read.as_f64().unwrap() * 0.1 + said.as_f64().unwrap() * 0.5;
    let expected = tokens / 1e6 / 2.0;
    let usd = day["cost_usd"].as_f64().unwrap();
    assert!(
        (usd - expected).abs() < 1e-12,
        "{usd} is not half of the price, {expected}"
    );
    let (status, _) = served.get("/api/llm/batches/none").await;
    assert_eq!(status, 404);
    let (status, _) = served
        .post("/api/llm/batches", &json!({"signals": []}))
        .await;
    assert_eq!(status, 400);
    let empty = json!({"signals": [{"signal_text": " "}]});
    assert_eq!(served.post("/api/llm/batches", &empty).await.0, 400);
}

#[tokio::test]
async fn a_batch_nobody_looks_at_becomes_leads_too() {
    let models = models().await;
    let mut settings = Settings::default();
    settings.asking.claude_batch_look = Duration::from_millis(5);
    let served = served_with(&models, true, settings).await;
    let signals = json!({"signals": [{"signal_text": "Hiring our first marketer"}]});
    assert_eq!(served.post("/api/llm/batches", &signals).await.0, 202);
    until("the lead", async || served.leads().await.len() == 1).await;
    served.stop.cancel();
    let ended = tokio::time::timeout(common::PATIENCE, served.ended).await;
    ended.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_batch_that_would_fail_as_a_whole_is_not_handed_in() {
    let models = models().await;
    let served = served(&models, true).await;
    let count = "/v1/messages/count_tokens";
    models
        .fake
        .script(Rule::new(Fault::status(400)).path(count));
    let signals = json!({"signals": [{"signal_text": "Hiring our first marketer"}]});
    let (status, told) = served.post("/api/llm/batches", &signals).await;
    assert_eq!(
        (status, &told["error"]["code"]),
        (500, &json!("BadRequest"))
    );
    assert_eq!(models.fake.count("/v1/messages/batches"), 0);
}

#[tokio::test]
async fn costs_are_told_by_task_and_by_model_and_batches_say_how_to_switch_them_on() {
    let models = models().await;
    let served = served(&models, false).await;
    let (status, off) = served
        .post("/api/llm/batches", &json!({"signals": []}))
        .await;
    assert_eq!(
        (status, &off["error"]["code"]),
        (409, &json!("BatchModeOff"))
    );
    let said = off["error"]["message"].as_str().unwrap();
    assert!(said.contains("CLAUDE_BATCH_MODE=on"), "{said}");
    assert_eq!(served.signal("Hiring our first marketer").await.0, 200);
    says(&models.fake, common::dossier());
    let mut costs = Value::Null;
    until("the dossier", async || {
        costs = served.get("/api/llm/costs").await.1;
        costs["total"]["calls"] == 2
    })
    .await;
    let tasks: Vec<&Value> = costs["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|day| &day["name"])
        .collect();
    assert_eq!(tasks, ["lead.dossier", "signal.classify"]);
    assert_eq!(costs["from"], "2026-10-22");
    let (_, by_model) = served
        .get("/api/llm/costs?group_by=model&from=2026-11-20")
        .await;
    assert_eq!(by_model["days"][0]["name"], "gemma3:1b");
    let (_, before) = served.get("/api/llm/costs?to=2026-11-19").await;
    assert_eq!(before["days"], json!([]));
    for odd in ["group_by=user", "from=x", "from=2026-11-21&to=2026-11-20"] {
        assert_eq!(
            served.get(&format!("/api/llm/costs?{odd}")).await.0,
            400,
            "{odd}"
        );
    }
    let (_, metrics) = served.get("/api/classify/metrics").await;
    let report = metrics["templates"]["report"].as_object().unwrap();
    let (name, variant) = report
        .iter()
        .find(|(name, _)| name.starts_with("classification@"))
        .unwrap();
    assert_eq!(
        (&variant["calls"], &variant["mean_score"]),
        (&json!(1), &json!(78.0)),
        "{name}"
    );
    assert_eq!(variant["buckets"], json!({"warm": 1}));
    assert_eq!(
        metrics["templates"]["variants"]["classification"]["1.0.0"],
        1
    );
    assert!(variant["mean_latency_ms"].is_number() && variant["parse_failures"] == 0);
}
