//! What Ollama's side takes and what it does not.

use super::{chat, look, ollama, quick, shape};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::fake_llm::FakeLlm;

#[tokio::test]
async fn a_chat_is_answered_with_counts_and_times() {
    let fake = quick().await;
    let got = ollama(&fake, "/api/chat", &chat()).await;
    let body = got.json();
    assert_eq!(
        (got.status, &body["done"], &body["done_reason"]),
        (200, &json!(true), &json!("stop"))
    );
    assert_eq!(body["message"]["role"], "assistant");
    for name in [
        "total_duration",
        "load_duration",
        "prompt_eval_count",
        "prompt_eval_duration",
        "eval_count",
        "eval_duration",
    ] {
        assert!(body[name].as_u64() > Some(0), "{name}: {body}");
    }
}

#[tokio::test]
async fn generate_says_the_same_in_another_field() {
    let fake = quick().await;
    let body = json!({"model": "gemma3:1b", "prompt": "Hello", "stream": false, "format": shape()});
    let got = ollama(&fake, "/api/generate", &body).await.json();
    let text = got["response"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(text).unwrap()["score"].is_number());
    assert!(got.get("message").is_none());
}

#[tokio::test]
async fn answers_are_streamed_where_nobody_says_otherwise() {
    let fake = quick().await;
    let mut body = chat();
    body.as_object_mut().unwrap().remove("stream");
    assert!(ollama(&fake, "/api/chat", &body).await.lines().len() > 1);
}

#[tokio::test]
async fn a_model_must_be_there() {
    let fake = quick().await;
    let mut body = chat();
    body["model"] = json!("mistral:7b");
    let got = ollama(&fake, "/api/chat", &body).await;
    assert_eq!(
        (got.status, got.message().as_str()),
        (404, "model 'mistral:7b' not found")
    );
    body["model"] = json!("");
    assert_eq!(ollama(&fake, "/api/chat", &body).await.status, 400);
    body["model"] = json!("nomic-embed-text");
    let got = ollama(&fake, "/api/chat", &body).await;
    assert_eq!(got.status, 400);
    assert!(got.message().contains("does not support chat"));
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let fake = quick().await;
    for (name, value) in [
        ("format", json!("xml")),
        ("format", json!(7)),
        ("think", json!(true)),
        ("think", json!("high")),
        ("options", json!([])),
        ("stream", json!("no")),
        ("truncate", json!("no")),
        ("keep_alive", json!("soon")),
        ("messages", json!([{"role": "nobody", "content": "x"}])),
    ] {
        let mut body = chat();
        body[name] = value;
        let got = ollama(&fake, "/api/chat", &body).await;
        assert_eq!(got.status, 400, "{name}: {got:?}");
        assert!(!got.message().is_empty());
    }
    let mut body = chat();
    body["format"] = json!("json");
    let got = ollama(&fake, "/api/chat", &body).await.json();
    let text = got["message"]["content"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(text).unwrap().is_object());
}

#[tokio::test]
async fn a_limit_of_tokens_is_honoured() {
    let fake = quick().await;
    let mut body = chat();
    body["options"]["num_predict"] = json!(5);
    let got = ollama(&fake, "/api/chat", &body).await.json();
    assert_eq!(
        (&got["done_reason"], &got["eval_count"]),
        (&json!("length"), &json!(5))
    );
    body["options"] = json!({"stop": ["about"]});
    let got = ollama(&fake, "/api/chat", &body).await.json();
    assert_eq!(
        (&got["done_reason"], &got["message"]["content"]),
        (&json!("stop"), &json!("It is "))
    );
}

#[tokio::test]
async fn a_prompt_beyond_the_context_is_refused_where_it_may_not_be_cut() {
    let fake = quick().await;
    let mut body = chat();
    body["messages"][0]["content"] = json!("word".repeat(5000));
    let got = ollama(&fake, "/api/chat", &body).await;
    assert_eq!(got.status, 400);
    assert!(got.message().contains("context length"));
    body["options"]["num_ctx"] = json!(8192);
    assert_eq!(ollama(&fake, "/api/chat", &body).await.status, 200);
}

#[tokio::test]
async fn a_prompt_beyond_the_context_silently_loses_half_a_window() {
    let fake = quick().await;
    fake.answer_with(|ask| {
        Some(testkit::fake_llm::Answer::text(format!(
            "{}|{}",
            ask.system,
            ask.prompt()
        )))
    });
    let mut body = chat();
    body.as_object_mut().unwrap().remove("truncate");
    body["options"] = json!({"num_ctx": 64});
    let long = format!("{}{}", "word".repeat(100), "last".repeat(10));
    body["messages"] =
        json!([{"role": "system", "content": "Judge."}, {"role": "user", "content": long}]);
    let got = ollama(&fake, "/api/chat", &body).await.json();
    assert_eq!(got["prompt_eval_count"], 32);
    // The other half of the window holds as much of the answer.
    let text = got["message"]["content"].as_str().unwrap();
    assert_eq!(
        text,
        format!("|{}{}las", "word".repeat(22), "last".repeat(9))
    );
    assert_eq!(got["done_reason"], "length");
}

#[tokio::test]
async fn models_are_listed_pulled_and_named() {
    let fake = FakeLlm::start().await;
    assert_eq!(
        look(&fake, "/api/version").await.json(),
        json!({"version": "0.33.0"})
    );
    assert_eq!(look(&fake, "/").await.text, "Ollama is running");
    assert_eq!(look(&fake, "/api/nothing").await.status, 404);
    assert_eq!(look(&fake, "/api/chat").await.status, 405);
    let names = async || {
        let tags = look(&fake, "/api/tags").await.json();
        let rows = tags["models"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names().await,
        ["gemma3:1b", "gemma3:4b", "nomic-embed-text:latest"]
    );
    let pulled = ollama(&fake, "/api/pull", &json!({"model": "all-minilm"}))
        .await
        .lines();
    assert_eq!(pulled[0]["status"], "pulling manifest");
    assert_eq!(pulled[3]["completed"], pulled[3]["total"]);
    assert_eq!(pulled.last().unwrap()["status"], "success");
    assert_eq!(names().await.len(), 4);
    assert!(names().await.contains(&"all-minilm:latest".to_owned()));
    let missing = ollama(&fake, "/api/pull", &json!({"model": "nobody"})).await;
    assert_eq!(missing.status, 200);
    assert!(missing.lines().last().unwrap()["error"].is_string());
    let whole = json!({"model": "nobody", "stream": false});
    assert_eq!(ollama(&fake, "/api/pull", &whole).await.status, 500);
    let digest = look(&fake, "/api/tags").await.json()["models"][0]["digest"].clone();
    assert_eq!(digest.as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn a_model_stays_loaded_as_long_as_it_was_said() {
    let fake = quick().await;
    let loaded = async || {
        let rows = look(&fake, "/api/ps").await.json()["models"].clone();
        rows.as_array().unwrap().clone()
    };
    let mut body = chat();
    body["keep_alive"] = json!("30m");
    ollama(&fake, "/api/chat", &body).await;
    assert_eq!(loaded().await[0]["expires_at"], "2026-11-20T00:30:00Z");
    assert_eq!(loaded().await[0]["context_length"], 4096);
    fake.advance_clock(Duration::from_secs(29 * 60));
    assert_eq!(loaded().await.len(), 1);
    fake.advance_clock(Duration::from_secs(60));
    assert_eq!(loaded().await.len(), 0);
    let only = json!({"model": "gemma3:1b", "stream": false, "keep_alive": -1});
    assert_eq!(
        ollama(&fake, "/api/generate", &only).await.json()["done_reason"],
        "load"
    );
    fake.advance_clock(Duration::from_secs(365 * 24 * 3600));
    assert_eq!(loaded().await.len(), 1);
    let off = json!({"model": "gemma3:1b", "stream": false, "keep_alive": 0});
    assert_eq!(
        ollama(&fake, "/api/generate", &off).await.json()["done_reason"],
        "unload"
    );
    assert_eq!(loaded().await.len(), 0);
}
