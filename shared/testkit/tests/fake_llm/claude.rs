//! What Claude's side takes and what it does not.

use super::{Got, NEW, OLD, ask, claude, client, look, request, shape, with};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::fake_llm::{ClaudeLimits, FakeLlm};

async fn headers(fake: &FakeLlm, headers: &[(&str, &str)]) -> Got {
    let mut built = client().post(format!("{}/v1/messages", fake.base_url()));
    for (name, value) in headers {
        built = built.header(*name, *value);
    }
    Got::of(built.body(request().to_string()).send().await.unwrap()).await
}

const JSON: (&str, &str) = ("content-type", "application/json");
const VERSION: (&str, &str) = ("anthropic-version", NEW);

async fn refused(fake: &FakeLlm, body: &Value, word: &str) {
    let got = claude(fake, body).await;
    assert_eq!(got.status, 400, "{body} was taken: {got:?}");
    assert_eq!(got.error(), "invalid_request_error");
    assert!(got.message().contains(word), "{word}: {got:?}");
}

#[tokio::test]
async fn a_request_as_it_should_be_is_answered() {
    let fake = FakeLlm::start().await;
    let got = claude(&fake, &request()).await;
    let body = got.json();
    assert_eq!(
        (got.status, got.header("content-type")),
        (200, "application/json")
    );
    assert_eq!(
        (&body["type"], &body["role"]),
        (&json!("message"), &json!("assistant"))
    );
    assert_eq!(body["model"], "claude-haiku-5-5");
    assert_eq!(body["stop_reason"], "end_turn");
    assert!(!got.said().is_empty());
    assert!(got.header("request-id").starts_with("req_"));
    assert_eq!(got.header("anthropic-organization-id"), "org-fake");
}

#[tokio::test]
async fn the_version_is_required_and_known() {
    let fake = FakeLlm::start().await;
    let key = ("x-api-key", FakeLlm::api_key());
    let got = headers(&fake, &[JSON, key]).await;
    assert_eq!(got.status, 400);
    assert!(got.message().contains("anthropic-version"));
    assert_eq!(
        headers(&fake, &[JSON, key, ("anthropic-version", "2024-01-01")])
            .await
            .status,
        400
    );
    assert_eq!(headers(&fake, &[JSON, key, VERSION]).await.status, 200);
    assert_eq!(
        headers(&fake, &[JSON, key, ("anthropic-version", OLD)])
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_key_is_required_and_x_api_key_goes_before_bearer() {
    let fake = FakeLlm::start().await;
    let good = format!("Bearer {}", FakeLlm::api_key());
    let nothing = headers(&fake, &[JSON, VERSION]).await;
    assert_eq!(
        (nothing.status, nothing.error().as_str()),
        (401, "authentication_error")
    );
    let body = nothing.json();
    assert_eq!(body["type"], "error");
    assert_eq!(body["request_id"], nothing.header("request-id"));
    let bearer = ("authorization", good.as_str());
    assert_eq!(headers(&fake, &[JSON, VERSION, bearer]).await.status, 200);
    assert_eq!(
        headers(&fake, &[JSON, VERSION, ("authorization", "Bearer no")])
            .await
            .status,
        401
    );
    let both = [JSON, VERSION, bearer, ("x-api-key", "no")];
    assert_eq!(headers(&fake, &both).await.status, 401);
}

#[tokio::test]
async fn the_body_is_json_and_says_so_and_nothing_unknown() {
    let fake = FakeLlm::start().await;
    let key = ("x-api-key", FakeLlm::api_key());
    let text = headers(&fake, &[VERSION, key, ("content-type", "text/plain")]).await;
    assert_eq!(text.status, 400);
    let broken = client()
        .post(format!("{}/v1/messages", fake.base_url()))
        .header(VERSION.0, VERSION.1)
        .header(key.0, key.1)
        .header(JSON.0, JSON.1)
        .body("{");
    assert_eq!(broken.send().await.unwrap().status(), 400);
    refused(&fake, &with("max_token", json!(5)), "Extra inputs").await;
    refused(
        &fake,
        &with("output_config", json!({"formt": {}})),
        "Extra inputs",
    )
    .await;
    refused(&fake, &with("metadata", json!({"name": "x"})), "metadata").await;
    refused(&fake, &with("service_tier", json!("fast")), "service_tier").await;
}

#[tokio::test]
async fn retired_and_unknown_models_are_not_found() {
    let fake = FakeLlm::start().await;
    for name in [
        "claude-3-haiku-20240307",
        "claude-3-5-sonnet-20241022",
        "gpt-5",
    ] {
        let got = claude(&fake, &with("model", json!(name))).await;
        assert_eq!(
            (got.status, got.error().as_str()),
            (404, "not_found_error"),
            "{name}"
        );
    }
    let ending = with("model", json!("claude-sonnet-4-5-20250929"));
    assert_eq!(claude(&fake, &ending).await.status, 200);
    fake.advance_clock(Duration::from_secs(10 * 24 * 3600));
    assert_eq!(claude(&fake, &ending).await.status, 404);
}

#[tokio::test]
async fn an_alias_is_answered_by_the_model_behind_it() {
    let fake = FakeLlm::start().await;
    let got = claude(&fake, &with("model", json!("claude-haiku-4-5"))).await;
    assert_eq!(got.json()["model"], "claude-haiku-4-5-20251001");
}

#[tokio::test]
async fn the_second_version_takes_no_sampling_not_even_the_default() {
    let fake = FakeLlm::start().await;
    for (name, value) in [("temperature", 1), ("top_p", 1), ("top_k", 40)] {
        let mut body = with(name, json!(value));
        body["model"] = json!("claude-haiku-4-5");
        refused(&fake, &body, name).await;
        let counted = ask(&fake, "/v1/messages/count_tokens", NEW, &body)
            .await
            .unwrap();
        assert_eq!(counted.status(), 400);
        let batch = json!({"requests": [{"custom_id": "a", "params": body}]});
        let batch = ask(&fake, "/v1/messages/batches", NEW, &batch)
            .await
            .unwrap();
        assert_eq!(batch.status(), 400);
    }
}

#[tokio::test]
async fn the_first_version_takes_sampling_where_the_model_does() {
    let fake = FakeLlm::start().await;
    let status = async |model: &str, name: &str, value: f64| {
        let mut body = with(name, json!(value));
        body["model"] = json!(model);
        let got = ask(&fake, "/v1/messages", OLD, &body).await.unwrap();
        got.status().as_u16()
    };
    assert_eq!(status("claude-haiku-4-5", "temperature", 0.3).await, 200);
    assert_eq!(status("claude-haiku-4-5", "top_k", 40.0).await, 200);
    assert_eq!(status("claude-haiku-4-5", "temperature", 1.7).await, 400);
    assert_eq!(status("claude-opus-4-7", "temperature", 1.0).await, 200);
    assert_eq!(status("claude-opus-4-7", "temperature", 0.3).await, 400);
    assert_eq!(status("claude-haiku-5-5", "top_k", 40.0).await, 400);
}

#[tokio::test]
async fn the_newest_models_cannot_be_forced_to_use_a_tool() {
    let fake = FakeLlm::start().await;
    let mut body = with(
        "tools",
        json!([{"name": "answer", "input_schema": shape()}]),
    );
    body["tool_choice"] = json!({"type": "tool", "name": "answer"});
    for model in [
        "claude-haiku-5-5",
        "claude-sonnet-5-5",
        "claude-opus-5-5",
        "claude-fable-5-1",
    ] {
        body["model"] = json!(model);
        refused(&fake, &body, "forced tool use").await;
    }
    body["model"] = json!("claude-haiku-4-5");
    let got = claude(&fake, &body).await.json();
    assert_eq!(got["stop_reason"], "tool_use");
    assert_eq!(got["content"][0]["type"], "tool_use");
    assert!(got["content"][0]["input"]["score"].is_number());
    body["tool_choice"] = json!({"type": "tool", "name": "another"});
    refused(&fake, &body, "no such tool").await;
    refused(
        &fake,
        &with("tool_choice", json!({"type": "auto"})),
        "providing tools",
    )
    .await;
}

#[tokio::test]
async fn messages_have_the_form_they_must_have() {
    let fake = FakeLlm::start().await;
    refused(&fake, &with("messages", json!([])), "at least one").await;
    refused(
        &fake,
        &with("messages", json!([{"role": "system", "content": "x"}])),
        "role",
    )
    .await;
    refused(
        &fake,
        &with("messages", json!([{"role": "assistant", "content": "x"}])),
        "first",
    )
    .await;
    refused(
        &fake,
        &with("messages", json!([{"role": "user", "content": ""}])),
        "non-empty",
    )
    .await;
    let empty = json!([{"role": "user", "content": [{"type": "text", "text": ""}]}]);
    refused(&fake, &with("messages", empty), "non-empty").await;
    let begun = json!([{"role": "user", "content": "x"}, {"role": "assistant", "content": "{"}]);
    let mut body = with("messages", begun);
    refused(&fake, &body, "end with a user message").await;
    body["model"] = json!("claude-haiku-4-5");
    assert_eq!(claude(&fake, &body).await.status, 200);
    body["output_config"] = json!({"format": {"type": "json_schema", "schema": shape()}});
    refused(&fake, &body, "end with a user message").await;
}

#[tokio::test]
async fn max_tokens_is_required_bounded_and_honoured() {
    let fake = FakeLlm::start().await;
    let mut body = request();
    body.as_object_mut().unwrap().remove("max_tokens");
    refused(&fake, &body, "max_tokens").await;
    refused(&fake, &with("max_tokens", json!(128_001)), "128000").await;
    refused(&fake, &with("max_tokens", json!("9")), "integer").await;
    let got = claude(&fake, &with("max_tokens", json!(7))).await;
    assert_eq!(got.json()["stop_reason"], "max_tokens");
    assert_eq!(got.json()["usage"]["output_tokens"], 7);
    let whole = claude(&fake, &request()).await.said();
    assert!(whole.starts_with(&got.said()) && whole.len() > got.said().len());
}

#[tokio::test]
async fn what_is_thought_counts_too() {
    let fake = FakeLlm::start().await;
    let mut body = with("thinking", json!({"type": "adaptive"}));
    let got = claude(&fake, &body).await.json();
    assert_eq!(got["content"][0]["type"], "thinking");
    assert_eq!(got["content"][1]["type"], "text");
    body["max_tokens"] = json!(5);
    let got = claude(&fake, &body).await;
    assert_eq!(got.json()["stop_reason"], "max_tokens");
    assert_eq!(got.json()["usage"]["output_tokens"], 5);
    assert_eq!(got.said(), "");
}

#[tokio::test]
async fn a_body_above_the_limit_meets_the_edge() {
    let fake = FakeLlm::start().await;
    let body = with("metadata", json!({"user_id": "x".repeat(32_000_000)}));
    let got = claude(&fake, &body).await;
    assert_eq!(got.status, 413);
    assert!(got.header("content-type").starts_with("text/html"));
    assert!(serde_json::from_str::<Value>(&got.text).is_err());
    assert_eq!(fake.journal()[0].body_bytes, body.to_string().len() as u64);
}

#[tokio::test]
async fn a_prompt_beyond_the_context_is_refused_and_one_near_its_end_is_cut() {
    let fake = FakeLlm::start().await;
    let mut body = request();
    body["model"] = json!("claude-haiku-4-5");
    body["messages"][0]["content"] = json!("word".repeat(200_000));
    refused(&fake, &body, "prompt is too long").await;
    body["messages"][0]["content"] = json!("word".repeat(199_990));
    let got = claude(&fake, &body).await.json();
    assert_eq!(got["stop_reason"], "model_context_window_exceeded");
    let usage = &got["usage"];
    let all = usage["input_tokens"].as_u64().unwrap() + usage["output_tokens"].as_u64().unwrap();
    assert_eq!(all, 200_000);
}

#[tokio::test]
async fn a_stop_sequence_ends_the_text() {
    let fake = FakeLlm::start().await;
    let got = claude(&fake, &with("stop_sequences", json!(["about"]))).await;
    assert_eq!(got.said(), "It is ");
    assert_eq!(got.json()["stop_reason"], "stop_sequence");
    assert_eq!(got.json()["stop_sequence"], "about");
}

#[tokio::test]
async fn a_count_is_what_the_message_costs() {
    let fake = FakeLlm::start().await;
    let mut body = with("system", json!([{"type": "text", "text": "Be brief."}]));
    let used = claude(&fake, &body).await.json()["usage"]["input_tokens"].clone();
    body.as_object_mut().unwrap().remove("max_tokens");
    let got = ask(&fake, "/v1/messages/count_tokens", NEW, &body)
        .await
        .unwrap();
    let counted = Got::of(got).await.json();
    assert_eq!(counted, json!({"input_tokens": used}));
    body["model"] = json!("claude-haiku-4-5");
    let got = ask(&fake, "/v1/messages/count_tokens", NEW, &body)
        .await
        .unwrap();
    let older = Got::of(got).await.json()["input_tokens"].as_u64().unwrap();
    assert!(older < used.as_u64().unwrap(), "newer models cut finer");
}

#[tokio::test]
async fn models_are_listed_in_pages_with_how_long_they_live() {
    let fake = FakeLlm::start().await;
    let mut seen = Vec::new();
    let mut after = String::new();
    loop {
        let page = look(&fake, &format!("/v1/models?limit=4{after}"))
            .await
            .json();
        assert!(page["data"].as_array().unwrap().len() <= 4);
        seen.extend(page["data"].as_array().unwrap().clone());
        after = format!("&after_id={}", page["last_id"].as_str().unwrap());
        if page["has_more"] == false {
            break;
        }
    }
    let life = |name: &str| {
        let row = seen.iter().find(|row| row["id"] == name).unwrap();
        row["lifecycle"].as_str().unwrap().to_owned()
    };
    assert_eq!(life("claude-haiku-5-5"), "active");
    assert_eq!(life("claude-sonnet-4-5-20250929"), "deprecated");
    assert_eq!(life("claude-3-haiku-20240307"), "retired");
    let one = look(&fake, "/v1/models/claude-haiku-5-5").await.json();
    assert_eq!(
        (&one["max_input_tokens"], &one["max_tokens"]),
        (&json!(1_000_000), &json!(128_000))
    );
    assert_eq!(look(&fake, "/v1/models/nobody").await.status, 404);
    assert_eq!(look(&fake, "/v1/complete").await.status, 404);
}

#[tokio::test]
async fn limits_are_announced_and_enforced_by_the_clock() {
    let fake = FakeLlm::start().await;
    let got = claude(&fake, &request()).await;
    assert_eq!(got.header("anthropic-ratelimit-requests-limit"), "1000");
    assert_eq!(
        got.header("anthropic-ratelimit-input-tokens-remaining"),
        "2000000"
    );
    assert_eq!(
        got.header("anthropic-ratelimit-requests-reset"),
        "2026-11-20T00:00:00Z"
    );
    fake.limits(ClaudeLimits {
        requests: 2,
        ..ClaudeLimits::default()
    });
    assert_eq!(claude(&fake, &request()).await.status, 200);
    let last = claude(&fake, &request()).await;
    assert_eq!(last.header("anthropic-ratelimit-requests-remaining"), "0");
    let over = claude(&fake, &request()).await;
    assert_eq!(
        (over.status, over.error().as_str()),
        (429, "rate_limit_error")
    );
    assert_eq!(over.header("retry-after"), "30");
    fake.advance_clock(Duration::from_secs(30));
    assert_eq!(claude(&fake, &request()).await.status, 200);
}
