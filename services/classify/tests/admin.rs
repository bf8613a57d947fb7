//! Who may do what, and what is told of the service, through a real listener.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use classify::{
    failure::Failure,
    ports::{AdminError, ClearScope, HealthState, ProviderHealth, TemplateProblem, TemplateSet},
    settings::{Settings, SettingsError},
};
use common::{Script, read, serve, serve_with};
use llm::error::Code;
use serde_json::{Value, json};

#[tokio::test]
async fn caches_are_cleared_and_templates_read_anew() {
    let served = serve().await;
    let clear = "/api/classify/cache/clear";
    let (status, body) = read(served.client.post(served.url(clear))).await;
    assert_eq!(status, 200);
    assert_eq!(
        body,
        json!({"status": "ok", "message": "Cache cleared", "cleared": {"l1": 120, "l2_generation": 8}})
    );
    served
        .post(clear, &json!({"scope": "task", "task": "signal.classify"}))
        .await;
    assert_eq!(served.post(clear, &json!({"scope": "task"})).await.0, 400);
    let cleared = served.script.cleared.lock().unwrap().clone();
    assert_eq!(
        cleared,
        [ClearScope::All, ClearScope::Task("signal.classify".into())]
    );
    let reload = "/api/classify/templates/reload";
    let (status, body) = read(served.client.post(served.url(reload))).await;
    assert_eq!(
        (status, &body["status"], &body["generation"]),
        (200, &json!("ok"), &json!(5))
    );
    assert_eq!(body["message"], "Templates reloaded");
    let problem = TemplateProblem {
        file: "bad.yaml".into(),
        message: "no text".into(),
    };
    for (scripted, status, word) in [
        (
            Ok(TemplateSet {
                errors: vec![problem.clone()],
                ..TemplateSet::default()
            }),
            200,
            "partial",
        ),
        (
            Err(AdminError::NoneUsable(vec![problem.clone()])),
            422,
            "NoUsableTemplates",
        ),
        (Err(AdminError::CustomOff), 409, "CustomPromptsOff"),
    ] {
        *served.script.reload.lock().unwrap() = Some(scripted);
        let (got, body) = served.post(reload, &json!({})).await;
        let said = body.get("status").unwrap_or(&body["error"]["code"]);
        assert_eq!((got, said), (status, &json!(word)));
    }
    let (_, one) = served.get("/api/classify/templates/classification").await;
    assert_eq!(one["versions"][0]["system"], "sort");
    assert_eq!(served.get("/api/classify/templates/none").await.0, 404);
    let render = "/api/classify/templates/classification/render";
    let (status, body) = served
        .post(render, &json!({"variables": {"signal_text": "x"}}))
        .await;
    assert_eq!((status, &body["user"]), (200, &json!("x")));
    let (status, body) = served.post(render, &json!({"variables": {}})).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (400, &json!("TemplateError"))
    );
    assert_eq!(
        served.get("/api/classify/templates").await.1["generation"],
        4
    );
    assert_eq!(
        served.get("/api/llm/models").await.1[0]["model"],
        "small:1b"
    );
}

#[tokio::test]
async fn promise_05_d14_tokens_open_what_their_scope_allows() {
    let values = [
        ("DATABASE_URL", "sqlite::memory:"),
        ("API_TOKENS", "read:r1, write:w1,admin:a1"),
    ];
    let mut settings = Settings::from_values(values).unwrap();
    settings.host = "0.0.0.0".parse().unwrap();
    let served = serve_with(settings, Script::default()).await;
    let asked = |method: reqwest::Method, path: &'static str, token: Option<&'static str>| {
        let mut sent = served.client.request(method, served.url(path));
        if let Some(token) = token {
            sent = sent.header("authorization", format!("Bearer {token}"));
        }
        async move {
            read(
                sent.header("content-type", "application/json")
                    .body("{\"name\":\"x\"}"),
            )
            .await
            .0
        }
    };
    let (get, post) = (reqwest::Method::GET, reqwest::Method::POST);
    assert_eq!(asked(get.clone(), "/api/leads/", None).await, 401);
    assert_eq!(asked(get.clone(), "/api/leads/", Some("wrong")).await, 401);
    assert_eq!(asked(get.clone(), "/api/leads/", Some("r1")).await, 200);
    assert_eq!(asked(post.clone(), "/api/icp/", Some("r1")).await, 403);
    assert_eq!(asked(post.clone(), "/api/icp/", Some("w1")).await, 201);
    for path in [
        "/api/classify/cache/clear",
        "/api/classify/templates/reload",
        "/api/classify/templates/x/render",
    ] {
        assert_eq!(asked(post.clone(), path, Some("w1")).await, 403, "{path}");
        assert_eq!(asked(post.clone(), path, None).await, 401, "{path}");
    }
    assert_eq!(
        asked(post.clone(), "/api/classify/templates/reload", Some("a1")).await,
        200
    );
    assert_eq!(asked(get.clone(), "/api/llm/config", Some("w1")).await, 403);
    for path in ["/", "/health", "/health/live", "/health/ready", "/metrics"] {
        assert_eq!(asked(get.clone(), path, None).await, 200, "{path}");
    }
    let sent = served
        .client
        .get(served.url("/api/llm/config"))
        .header("authorization", "bearer a1");
    let (_, config) = read(sent).await;
    assert_eq!(config["database_url"], "***");
    assert!(!config.to_string().contains("a1"), "{config}");
    let sent = served
        .client
        .get(served.url("/api/classify/templates/classification"));
    let (_, template) = read(sent.header("authorization", "Bearer r1")).await;
    assert_eq!(template["versions"][0].get("system"), None);
}

#[tokio::test]
async fn pages_that_somebody_looks_at_cannot_use_the_open_service() {
    let served = serve().await;
    let with = |name: &'static str, value: &'static str| {
        read(
            served
                .client
                .get(served.url("/api/leads/"))
                .header(name, value),
        )
    };
    assert_eq!(with("origin", "http://localhost:3000").await.0, 200);
    assert_eq!(with("origin", "https://evil.example").await.0, 401);
    assert_eq!(with("origin", "null").await.0, 401);
    assert_eq!(with("host", "evil.example").await.0, 401);
    assert_eq!(with("host", "localhost:8000").await.0, 200);
    assert_eq!(with("authorization", "Basic eDp5").await.0, 401);
}

#[tokio::test]
async fn requests_have_names() {
    let served = serve().await;
    let named = async |name: &'static str| {
        let sent = served
            .client
            .get(served.url("/nothing"))
            .header("x-request-id", name);
        let response = sent.send().await.unwrap();
        let id = response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(body["error"]["request_id"], id.as_str());
        id
    };
    assert_eq!(named("job-17.a_b").await, "job-17.a_b");
    assert_ne!(named("a b").await, "a b");
    assert_ne!(named("<script>").await, "<script>");
}

#[tokio::test]
async fn promise_05_d14_a_database_that_is_away_is_not_claimed_to_be_well() {
    let served = serve().await;
    assert_eq!(served.get("/health/ready").await.0, 200);
    served.service.store().close().await;
    let (status, body) = served.get("/health").await;
    assert_eq!(
        (status, &body["database"], &body["status"]),
        (503, &json!("unreachable"), &json!("unhealthy"))
    );
    assert_eq!(served.get("/health/ready").await.0, 503);
    assert_eq!(served.get("/health/live").await.0, 200);
    let (status, body) = served.signal("x").await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (503, &json!("StoreUnavailable"))
    );
    assert_eq!(served.script.questions(), 0);
}

#[tokio::test]
async fn a_sick_provider_degrades_or_ends_health() {
    let served = serve().await;
    for (state, status, word) in [
        (HealthState::Degraded, 200, "degraded"),
        (HealthState::Unhealthy, 503, "unhealthy"),
        (HealthState::Unknown, 200, "degraded"),
    ] {
        *served.script.health.lock().unwrap() = ProviderHealth {
            is_configured: true,
            state,
            ..ProviderHealth::default()
        };
        let (got, body) = served.get("/health").await;
        assert_eq!((got, &body["status"]), (status, &json!(word)));
    }
    let (_, body) = served.get("/").await;
    assert_eq!(body["service"], "rumiai-classify");
    let (_, text) = served.get("/metrics").await;
    assert_eq!(text, "# nothing\n");
}

#[test]
fn settings_are_read_whole_or_refused() {
    let read = |name: &'static str, value: &'static str| Settings::from_values([(name, value)]);
    assert_eq!(
        read("BATCH_CONCURRENCY_LIMIT", "9").unwrap().batch_width(),
        9
    );
    assert_eq!(read("BATCH_ENABLE_PARALLEL", "0").unwrap().batch_width(), 1);
    assert!(!read("ENABLE_STREAMING", "FALSE").unwrap().enable_streaming);
    assert_eq!(read("SOMETHING_ELSE", "x").unwrap().port, 8000);
    for (name, value) in [
        ("PORT", "70000"),
        ("BATCH_CONCURRENCY_LIMIT", "0"),
        ("ENABLE_EMBEDDINGS", "yes"),
        ("CLASSIFIER_SCORE_THRESHOLD", "NaN"),
        ("API_TOKENS", "secret-without-scope"),
        ("API_TOKENS", "root:secret"),
        ("EMBEDDING_SIMILARITY_THRESHOLD", "1.5"),
    ] {
        let error = read(name, value).unwrap_err().to_string();
        assert!(
            error.starts_with(name) && !error.contains("secret"),
            "{error}"
        );
    }
    assert!(matches!(
        read("HOST", "0.0.0.0"),
        Err(SettingsError::Open(_))
    ));
    let both = [("HOST", "0.0.0.0"), ("API_TOKENS", "admin:x")];
    assert!(Settings::from_values(both).is_ok());
    let own = read("EMBEDDING_SIMILARITY_THRESHOLD_NOMIC_EMBED_TEXT", "0.61").unwrap();
    assert_eq!(
        own.similarity_threshold("nomic-embed-text:latest@abc"),
        0.61
    );
    assert_eq!(own.similarity_threshold("all-minilm-l6-v2"), 0.4);
    assert_eq!(own.similarity_threshold("other"), 0.7);
}

#[test]
fn failures_say_their_code_first() {
    let failure = Failure::new(Code::Auth, "no key");
    assert_eq!(failure.to_string(), "Auth: no key");
}
