//! Single signals over HTTP, through a real listener.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use classify::{
    failure::Code,
    ports::{HealthState, ProviderHealth},
};
use common::{Script, answer, failure, read, serve, serve_with, settings, until};
use serde_json::{Value, json};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn the_first_command_asks_how_everything_is() {
    let served = serve().await;
    *served.script.health.lock().unwrap() = ProviderHealth {
        is_configured: true,
        state: HealthState::Healthy,
        models: [("1b".to_owned(), "gemma3:1b".to_owned())].into(),
        last_check_s: Some(1_763_607_600),
        last_latency_ms: Some(4.1),
        success_count: 12,
        ..ProviderHealth::default()
    };
    let (status, body) = served.get("/health").await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        keys(&body),
        [
            "api", "database", "ollama", "claude", "cache", "prompts", "features", "status",
            "version", "uptime_s"
        ]
    );
    assert_eq!(body["status"], "ok");
    assert_eq!(body["ollama"]["models"]["1b"], "gemma3:1b");
    assert_eq!(
        body["ollama"]["health_stats"]["success_rate_percent"],
        100.0
    );
    assert_eq!(
        body["ollama"]["health_stats"]["last_check"],
        "2025-11-20T03:00:00Z"
    );
    assert_eq!(body["prompts"]["template_count"], 2);
    assert_eq!(body["features"]["embeddings"], false);
}

#[tokio::test]
async fn the_second_command_classifies_one_signal() {
    let served = serve().await;
    let request = r#"{"signal_text": "Looking for marketing manager"}"#;
    let sent = served.client.post(served.url("/api/classify/signal"));
    let sent = sent
        .header("Content-Type", "application/json")
        .body(request);
    let response = sent.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-cache"], "MISS");
    assert!(response.headers()["x-request-id"].len() > 30);
    let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(
        keys(&body)[..6],
        [
            "icp_match",
            "total_score",
            "score_bucket",
            "classification",
            "company_id",
            "lead_id"
        ]
    );
    assert_eq!(body["total_score"], 65.0);
    assert_eq!(body["score_bucket"], "warm");
    assert_eq!(
        body["score_explanation"]["final_score"],
        body["total_score"]
    );
    assert_eq!(body["company_id"], Value::Null);
    assert_eq!(body["heuristic_adjustments"], json!([]));
    assert_eq!(body["llm"]["template"], "classification@1.0.0#abc");
    let (_, again) = read(
        served
            .client
            .post(served.url("/api/classify/signal"))
            .header("Content-Type", "application/json")
            .body(request),
    )
    .await;
    assert_eq!(again["lead_id"], body["lead_id"]);
    assert_eq!(served.leads().await.len(), 1);
}

#[tokio::test]
async fn the_third_command_tells_what_was_done() {
    let served = serve().await;
    served.signal("one").await;
    served
        .script
        .says("two", Err(failure(llm::error::Code::Overloaded)));
    served.signal("two").await;
    let (status, body) = served.get("/api/classify/metrics").await;
    assert_eq!(status, 200);
    assert_eq!(
        keys(&body),
        ["ollama", "claude", "cache", "templates", "batch", "errors"]
    );
    assert_eq!(body["cache"]["hit_rate_percent"], 81.82);
    assert_eq!(body["cache"]["total_requests"], 550);
    assert_eq!(body["ollama"]["classification_count"], 1);
    assert_eq!(
        body["ollama"]["health"]["is_healthy"],
        Value::Null,
        "nobody asked yet"
    );
    assert_eq!(body["errors"], json!({"Overloaded": 1}));
    assert_eq!(body["templates"]["generation"], 4);
}

#[tokio::test]
async fn the_fourth_command_classifies_many() {
    let served = serve().await;
    served
        .script
        .says("Need growth marketer", Ok(answer(10.0, 5.0, 1.0)));
    let (status, body) = served
        .post(
            "/api/classify/signal/batch",
            &json!([
                {"signal_text": "Hiring first marketing hire", "source_type": "job_board"},
                {"signal_text": "Need growth marketer", "source_type": "job_board"},
                {"signal_text": "Looking for agency replacement", "source_type": "manual"},
            ]),
        )
        .await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        keys(&body)[..5],
        ["count", "created_leads", "filtered", "errors", "results"]
    );
    assert_eq!(
        (body["count"].clone(), body["created_leads"].clone()),
        (json!(3), json!(2))
    );
    assert_eq!(body["results"][1]["status"], "filtered");
    assert_eq!(body["results"][1]["filtered_by"], "score");
    assert_eq!(body["results"][1]["total_score"], 16.0);
    assert_eq!(body["results"][0]["signal"], "Hiring first marketing hire");
    assert!(body["results"][2]["lead_id"].is_i64());
}

#[tokio::test]
async fn promise_05_d02_errors_are_errors_and_leave_no_lead() {
    let served = serve().await;
    for code in Code::all() {
        let text = format!("fails with {code:?}");
        served.script.says(&text, Err(failure(code)));
        let sent = served.client.post(served.url("/api/classify/signal"));
        let sent = sent.header("content-type", "application/json");
        let response = sent
            .body(json!({"signal_text": text}).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status().as_u16(), code.http_status(), "{code:?}");
        let waits = matches!(response.status().as_u16(), 429 | 503) && code.is_retryable();
        let wait = response
            .headers()
            .get("retry-after")
            .map(|wait| wait.to_str().unwrap().to_owned());
        assert_eq!(wait.as_deref(), waits.then_some("7"), "{code:?}");
        let id = response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(
            keys(&body["error"]),
            ["code", "message", "request_id", "details"]
        );
        assert_eq!(body["error"]["code"], code.as_str());
        assert_eq!(body["error"]["request_id"], id.as_str());
    }
    assert_eq!(served.leads().await, Vec::<Value>::new());
}

#[tokio::test]
async fn promise_05_d01_answers_that_do_not_fit_leave_no_lead() {
    let served = serve().await;
    let mut broken = answer(40.0, 20.0, 5.0);
    broken["score_fit"] = json!(99);
    for raw in [json!({}), json!("prose"), broken] {
        served.script.says("text", Ok(raw));
        let (status, body) = served.signal("text").await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (502, &json!("SchemaViolation"))
        );
    }
    assert_eq!(served.leads().await.len(), 0);
}

#[tokio::test]
async fn what_is_not_a_request_is_told_so_before_a_model_is_asked() {
    let served = serve().await;
    let path = "/api/classify/signal";
    for body in [
        json!({}),
        json!({"signal_text": " "}),
        json!({"signal_text": 3}),
        json!({"signal_text": "x", "source_type": "fax"}),
        json!({"signal_text": "x", "surprise": 1}),
        json!({"signal_text": "a\u{0}b"}),
        json!({"signal_text": "x".repeat(20_001)}),
        json!({"signal_text": "x", "company_website": "ftp://x"}),
        json!([]),
    ] {
        let (status, answer) = served.post(path, &body).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert_eq!(answer["error"]["code"], "Invalid");
    }
    let raw = |kind: &'static str, body: String| {
        read(
            served
                .client
                .post(served.url(path))
                .header("content-type", kind)
                .body(body),
        )
    };
    assert_eq!(raw("application/json", "{".into()).await.0, 400);
    assert_eq!(raw("application/json", String::new()).await.0, 400);
    assert_eq!(raw("text/plain", "{}".into()).await.0, 415);
    let large = json!({"signal_text": "x".repeat(1_100_000)}).to_string();
    let (status, body) = raw("application/json", large).await;
    assert_eq!((status, &body["error"]["code"]), (413, &json!("TooLarge")));
    let (status, body) = served.get(path).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (405, &json!("MethodNotAllowed"))
    );
    let (status, body) = served.get("/api/nothing").await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("NotFound")));
    assert_eq!(served.script.questions(), 0);
}

#[tokio::test]
async fn rehearsals_store_nothing_and_caches_are_asked_as_wanted() {
    let served = serve().await;
    let (status, body) = served
        .post(
            "/api/classify/signal",
            &json!({"signal_text": "x", "dry_run": true, "cache": "off"}),
        )
        .await;
    assert_eq!((status, &body["lead_id"]), (200, &Value::Null));
    assert_eq!(served.leads().await.len(), 0);
    let sent = served.client.post(served.url("/api/classify/signal"));
    let sent = sent
        .header("content-type", "application/json")
        .header("x-cache-mode", "refresh");
    assert_eq!(read(sent.body(r#"{"signal_text":"y"}"#)).await.0, 200);
    let asked = served.script.asked.lock().unwrap().clone();
    let modes: Vec<_> = asked.iter().map(|question| question.cache).collect();
    assert_eq!(modes, [cache::Mode::Off, cache::Mode::Refresh]);
    assert!(asked[0].icp_context.starts_with("sizes: 1, 2-5"));
}

#[tokio::test]
async fn promise_05_d10_a_stream_tells_fields_and_then_the_result() {
    let served = serve().await;
    let sent = |body: Value| {
        let sent = served
            .client
            .post(served.url("/api/classify/signal/stream"));
        sent.header("content-type", "application/json")
            .body(body.to_string())
            .send()
    };
    let response = sent(json!({"signal_text": "x"})).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let events: Vec<(&str, Value)> = text
        .split("\n\n")
        .filter_map(|event| event.split_once('\n'))
        .map(|(name, data)| {
            let data = data.strip_prefix("data: ").unwrap();
            (
                name.strip_prefix("event: ").unwrap(),
                serde_json::from_str(data).unwrap(),
            )
        })
        .collect();
    let names: Vec<_> = events.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["start", "field", "result", "done"]);
    assert_eq!(events[0].1["model"], "small:1b");
    assert_eq!(events[1].1, json!({"name": "icp_match", "value": true}));
    assert_eq!(events[2].1["lead_id"], served.leads().await[0]["id"]);
    served
        .script
        .says("bad", Err(failure(llm::error::Code::Refused)));
    let text = sent(json!({"signal_text": "bad"}))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        text.contains("event: error\ndata: {\"code\":\"Refused\""),
        "{text}"
    );
    assert!(text.trim_end().ends_with("event: done\ndata: {}"), "{text}");
    assert_eq!(served.leads().await.len(), 1);
    assert_eq!(
        sent(json!({"signal_text": ""})).await.unwrap().status(),
        400
    );
}

#[tokio::test]
async fn who_hangs_up_stops_the_model() {
    let script = Script {
        hold: Some(std::sync::Arc::new(tokio::sync::Semaphore::new(0))),
        ..Script::default()
    };
    let served = serve_with(settings(), script).await;
    for path in ["/api/classify/signal", "/api/classify/signal/stream"] {
        let before = served.script.cancelled.load(SeqCst);
        let sent = served
            .client
            .post(served.url(path))
            .header("content-type", "application/json");
        let sent = sent
            .body(r#"{"signal_text":"x"}"#)
            .timeout(Duration::from_millis(300));
        let response = sent.send().await;
        if let Ok(response) = response {
            assert!(response.text().await.is_err());
        }
        let script = &served.script;
        until("the call is cancelled", async || {
            script.cancelled.load(SeqCst) > before
        })
        .await;
    }
    assert_eq!(served.leads().await.len(), 0);
}
