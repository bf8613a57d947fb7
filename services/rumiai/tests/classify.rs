//! `rumiai classify` as a process, in front of a server that speaks as Ollama does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod running;

use nix::sys::signal::Signal;
use running::{PATIENCE, Running, classification, program, read, start};
use serde_json::{Value, json};
use std::{fs, time::Duration};
use testkit::{
    PrivateRedis,
    fake_llm::{Answer, FakeLlm, Fault, HangPoint, Rule},
};

fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "{key} is not in {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_four_requests_of_the_guide_are_answered_with_their_keys() {
    let running = start(&[], |_| ()).await;
    let (status, health) = running.get("/health").await;
    assert_eq!(status, 200, "{health}");
    let keys = ["api", "database", "ollama", "cache", "prompts", "features"];
    has_keys(&health, &keys);
    has_keys(
        &health["ollama"],
        &["status", "models", "health_monitoring", "health_stats"],
    );
    assert_eq!(health["ollama"]["models"]["1b"], "gemma3:1b");
    assert_eq!(
        health["cache"],
        json!({"status": "ok", "backend": "memory", "enabled": true})
    );
    assert_eq!(health["prompts"]["template_count"], 11);
    has_keys(
        &health["features"],
        &["embeddings", "streaming", "batch_parallel"],
    );

    let (status, first) = running.signal("Looking for marketing manager").await;
    assert_eq!(status, 200, "{first}");
    let keys = [
        "icp_match",
        "total_score",
        "score_bucket",
        "classification",
        "company_id",
        "lead_id",
        "signal_id",
    ];
    has_keys(&first, &keys);
    assert_eq!(
        (&first["total_score"], &first["llm"]["cache"]),
        (&json!(78.0), &json!("miss"))
    );
    let (_, again) = running.signal("Looking for marketing manager").await;
    assert_eq!(
        (&again["llm"]["cache"], &again["llm"]["attempts"]),
        (&json!("l1"), &json!(0))
    );
    assert_eq!(
        (&again["lead_id"], &again["classification"]),
        (&first["lead_id"], &first["classification"])
    );

    let (_, metrics) = running.get("/api/classify/metrics").await;
    assert_eq!(metrics["ollama"]["classification_count"], 1);
    assert_eq!(metrics["cache"]["hits"], 1);
    has_keys(
        &metrics["cache"],
        &["hit_rate_percent", "cache_size", "max_size", "ttl_seconds"],
    );
    has_keys(
        &metrics["ollama"]["health"],
        &["is_healthy", "last_check", "last_latency_ms"],
    );

    let batch = json!([
        {"signal_text": "Hiring first marketing hire", "source_type": "job_board"},
        {"signal_text": "Need growth marketer", "source_type": "job_board"},
        {"signal_text": "Looking for agency replacement", "source_type": "manual"}
    ]);
    let (status, report) = running.post("/api/classify/signal/batch", &batch).await;
    assert_eq!(status, 200, "{report}");
    assert_eq!(
        (&report["count"], &report["created_leads"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(
        (&report["filtered"], &report["errors"]),
        (&json!(0), &json!(0))
    );
    for result in report["results"].as_array().unwrap() {
        has_keys(
            result,
            &[
                "signal",
                "status",
                "total_score",
                "lead_id",
                "classification",
            ],
        );
    }
    let said = "Processing 3 signals in parallel (concurrency=5)".to_lowercase();
    assert!(
        running.log().to_lowercase().contains(&said),
        "{}",
        running.log()
    );
    let text = running
        .client
        .get(format!("{}/metrics", running.url))
        .send()
        .await
        .unwrap();
    let text = text.text().await.unwrap();
    let rendered =
        "template_renders_total{name=\"classification\",version=\"1.0.0\",result=\"ok\"}";
    assert!(text.contains(rendered), "{text}");
    let lead = format!("/api/leads/{}/dossier", first["lead_id"]);
    running
        .until(&lead, |_, body| body["status"] == "done")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_model_it_says_why_and_keeps_no_lead() {
    let running = start(&[("LLM_BREAKER_MIN", "1000")], |_| ()).await;
    let faults: [(Fault, u16); 3] = [
        (Fault::status(503).into(), 503),
        (Fault::status(500).into(), 502),
        (
            Fault::Hang {
                at: HangPoint::BeforeHeaders,
                pings: false,
            },
            504,
        ),
    ];
    for (fault, expected) in faults {
        running
            .fake
            .script(Rule::new(fault).path("/api/chat").times(3));
        let (status, body) = running.signal("Hiring").await;
        assert_eq!(status, expected, "{body}");
        has_keys(
            &body["error"],
            &["code", "message", "request_id", "details"],
        );
        // Whatever of the fault nobody met.
        running.fake.reset();
        running.fake.ollama(|server| server.load_ms = 0);
    }
    running.fake.refuse();
    assert_eq!(running.signal("Hiring").await.0, 502);
    running
        .until("/health/ready", |status, _| status == 503)
        .await;
    let health = running.until("/health", |status, _| status == 503).await;
    assert_eq!(health["ollama"]["status"], "unhealthy");
    let (_, leads) = running.get("/api/leads/").await;
    assert_eq!(
        leads,
        json!([]),
        "nothing is kept of what was not classified"
    );
    running.fake.listen_again();
    running
        .fake
        .answer_with(|_| Some(Answer::text(classification().to_string())));
    running
        .until("/health/ready", |status, _| status == 200)
        .await;
    assert_eq!(running.signal("Hiring").await.0, 200);
}

fn template(greeting: &str) -> String {
    format!(
        "classification:
  versions:
    - {{version: \"1.0.0\", user: \"{greeting} {{icp_context}} {{signal_text}}\"}}
  variables: {{icp_context: {{type: string}}, signal_text: {{type: string}}}}
"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn templates_take_effect_when_they_are_written_and_broken_ones_do_not() {
    let custom = [
        ("ENABLE_CUSTOM_PROMPTS", "true"),
        ("PROMPT_TEMPLATE_PATH", "own"),
    ];
    let running = start(&custom, |folder| {
        fs::create_dir(folder.join("own")).unwrap();
        fs::write(folder.join("own/own.yaml"), template("FIRST")).unwrap();
    })
    .await;
    let file = running.folder.path().join("own/own.yaml");
    let told = |running: &Running| {
        let calls = running.fake.journal();
        let last = calls.iter().rfind(|call| call.path == "/api/chat").unwrap();
        last.body["messages"].to_string()
    };
    assert_eq!(running.signal("Hiring").await.0, 200);
    assert!(told(&running).contains("FIRST <data"));
    fs::write(&file, template("SECOND")).unwrap();
    let templates = "/api/classify/templates";
    running
        .until(templates, |_, body| body["generation"].as_u64() >= Some(2))
        .await;
    // The same signal: another template is another question.
    let (_, second) = running.signal("Hiring").await;
    assert_eq!(second["llm"]["cache"], "miss");
    assert!(told(&running).contains("SECOND <data"));
    fs::write(&file, "classification: {versions: [{version: \"2\"}]}").unwrap();
    let broken = running
        .until(templates, |_, body| body["errors"] != json!([]))
        .await;
    assert_eq!(broken["errors"][0]["file"], "own.yaml");
    let (status, third) = running.signal("Hiring now").await;
    assert_eq!(status, 200, "{third}");
    assert!(
        told(&running).contains("SECOND <data"),
        "the one before stays"
    );
    let (status, reloaded) = running
        .post("/api/classify/templates/reload", &json!({}))
        .await;
    assert_eq!((status, &reloaded["status"]), (200, &json!("partial")));
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_find_each_others_answers_and_one_clears_for_all() {
    let Some(redis) = PrivateRedis::start().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    fs::write(&file, redis.url()).unwrap();
    let shared = [
        ("CACHE_BACKEND", "redis"),
        ("REDIS_URL_FILE", file.to_str().unwrap()),
        ("CACHE_REDIS_OP_TIMEOUT_MS", "5000"),
        ("CACHE_REDIS_CONNECT_TIMEOUT_MS", "5000"),
    ];
    let (one, other) = tokio::join!(start(&shared, |_| ()), start(&shared, |_| ()));
    let (_, first) = one.signal("Hiring our first marketer").await;
    assert_eq!(first["llm"]["cache"], "miss");
    let (_, second) = other.signal("hiring our FIRST marketer").await;
    assert_eq!(second["llm"]["cache"], "l2", "{second}");
    assert_eq!(second["classification"], first["classification"]);
    let asked = |running: &Running| {
        let calls = running.fake.journal().into_iter();
        calls
            .filter(|call| call.path == "/api/chat" && call.model == "gemma3:1b")
            .count()
    };
    assert_eq!((asked(&one), asked(&other)), (1, 0));
    let (status, cleared) = one.post("/api/classify/cache/clear", &json!({})).await;
    assert_eq!((status, &cleared["status"]), (200, &json!("ok")));
    let (_, health) = other.get("/health").await;
    assert_eq!(health["cache"]["backend"], "redis");
    let forgotten = async {
        while other.signal("hiring our FIRST marketer").await.1["llm"]["cache"] != "miss" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, forgotten).await.unwrap();
    assert_eq!(asked(&other), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_what_was_asked_and_a_second_one_ends_at_once() {
    let mut running = start(&[], |_| ()).await;
    running.fake.hold();
    let url = format!("{}/api/classify/signal", running.url);
    let asking = running
        .client
        .post(&url)
        .header("Content-Type", "application/json")
        .body(json!({"signal_text": "Hiring"}).to_string());
    let answered = tokio::task::JoinSet::from_iter([read(asking)]);
    let begun =
        |calls: &[testkit::fake_llm::LlmCall]| calls.iter().any(|call| call.path == "/api/chat");
    running.fake.journal_when(begun).await;
    running.send(Signal::SIGTERM);
    running.fake.release();
    let (status, body) = answered.join_all().await.remove(0);
    assert_eq!(status, 200, "{body}");
    assert_eq!(running.ended().await, Some(0), "{}", running.log());

    let mut running = start(&[], |_| ()).await;
    running.fake.hold();
    let request = running
        .client
        .post(format!("{}/api/classify/signal", running.url))
        .header("Content-Type", "application/json")
        .body(json!({"signal_text": "Hiring"}).to_string());
    let mut asking = tokio::task::JoinSet::new();
    asking.spawn(async move { drop(request.send().await) });
    running.fake.journal_when(begun).await;
    running.send(Signal::SIGTERM);
    let again = async {
        // The first one has to have been heard.
        loop {
            running.send(Signal::SIGTERM);
            if running.child.try_wait().unwrap().is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let begun = tokio::time::Instant::now();
    tokio::time::timeout(PATIENCE, again).await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "it did not wait for the grace"
    );
    assert_eq!(running.ended().await, Some(1), "{}", running.log());
}

#[tokio::test]
async fn settings_that_cannot_be_meant_stop_the_start_and_odd_ones_are_told() {
    let fake = FakeLlm::start().await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), "x").unwrap();
    let refused: [(&str, &str, &str); 6] = [
        ("LLM_MAX_ATTEMPTS", "many", "llm_max_attempts"),
        ("CACHE_BACKEND", "disk", "cache_backend"),
        ("CACHE_ENCRYPT_KEY_FILE", "key", "cache_encrypt_key"),
        ("CLAUDE_API_KEY_FILE", "nowhere", "CLAUDE_API_KEY_FILE"),
        ("PROMPT_SHADOW_RATE", "2", "prompt_shadow_rate"),
        ("AUTO_PARK_DAYS", "soon", "AUTO_PARK_DAYS"),
    ];
    for (name, value, told) in refused {
        let ended = program(folder.path(), &fake)
            .env(name, value)
            .output()
            .unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(64), "{name}: {said}");
        assert!(said.contains(told), "{name}: {said}");
    }
    let open = program(folder.path(), &fake)
        .args(["--host", "0.0.0.0"])
        .output()
        .unwrap();
    assert_eq!(open.status.code(), Some(64));

    let running = start(&[("LLM_TYPO", "1"), ("CACHE_MAX_SIZE", "7")], |folder| {
        let file = "[response_cache]\ncache_max_size = 5\ncache_ttl_seconds = 60\n\
                    [classify]\nprefilter_score_threshold = 79\n";
        fs::write(folder.join("rumiai.toml"), file).unwrap();
    })
    .await;
    assert!(running.log().contains("LLM_TYPO"), "{}", running.log());
    let (_, metrics) = running.get("/api/classify/metrics").await;
    assert_eq!(metrics["cache"]["max_size"], 7, "variables outweigh files");
    assert_eq!(
        metrics["cache"]["ttl_seconds"], 60,
        "files outweigh defaults"
    );
    let (_, config) = running.get("/api/llm/config").await;
    assert_eq!(config["response_cache"]["cache_max_size"], 7);
    assert_eq!(config["response_cache"]["redis_url"], "***");
    assert_eq!(config["prompts"]["prompt_hot_reload"], true);
    let batch = json!([{"signal_text": "Hiring"}]);
    let (_, report) = running.post("/api/classify/signal/batch", &batch).await;
    assert_eq!(report["filtered"], 1, "{report}");
}
