//! Answers with an error.

use super::{Got, chat, claude, ollama, quick, request};
use testkit::fake_llm::{FakeLlm, Fault, RetryAfter, Rule, StatusFault};

async fn failing(fault: StatusFault) -> Got {
    let fake = FakeLlm::start().await;
    fake.script(fault);
    let got = claude(&fake, &request()).await;
    assert_eq!(fake.journal()[0].fault, Some("status"));
    assert_eq!(
        claude(&fake, &request()).await.status,
        200,
        "it happens once"
    );
    got
}

#[tokio::test]
async fn the_time_to_wait_is_told_in_every_way() {
    let told = async |wait| failing(Fault::status(429).retry_after(wait)).await;
    for text in ["3", "1.5", "-1", "soon"] {
        let got = told(RetryAfter::Text(text.into())).await;
        assert_eq!((got.status, got.header("retry-after")), (429, text));
        assert_eq!(got.error(), "rate_limit_error");
    }
    let date = told(RetryAfter::DateInS(90)).await;
    assert_eq!(date.header("retry-after"), "Fri, 20 Nov 2026 00:01:30 GMT");
    let past = told(RetryAfter::DateInS(-60)).await;
    assert_eq!(past.header("retry-after"), "Thu, 19 Nov 2026 23:59:00 GMT");
    let ms = told(RetryAfter::Ms(250)).await;
    assert_eq!(
        (ms.header("retry-after-ms"), ms.header("retry-after")),
        ("250", "")
    );
    let nothing = failing(Fault::status(429)).await;
    assert_eq!(
        (
            nothing.header("retry-after-ms"),
            nothing.header("retry-after")
        ),
        ("", "")
    );
}

#[tokio::test]
async fn a_spending_limit_has_its_code() {
    let got = failing(Fault::status(429).code("enforced_spend_limit_reached")).await;
    let details = &got.json()["error"]["details"];
    assert_eq!(details["error_code"], "enforced_spend_limit_reached");
}

#[tokio::test]
async fn every_status_has_the_type_of_its_error() {
    for (status, error) in [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (409, "conflict_error"),
        (413, "request_too_large"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ] {
        let got = failing(Fault::status(status)).await;
        assert_eq!((got.status, got.error().as_str()), (status, error));
        assert_eq!(got.json()["request_id"], got.header("request-id"));
    }
    let own = failing(Fault::status(400).error("invalid_request_error", "You have reached")).await;
    assert_eq!(own.message(), "You have reached");
}

#[tokio::test]
async fn a_proxy_answers_with_a_page() {
    for status in [413, 500, 502, 504] {
        let got = failing(Fault::status(status).html()).await;
        assert_eq!(got.status, status);
        assert!(got.header("content-type").starts_with("text/html"));
        assert!(got.text.starts_with("<html>"));
    }
}

#[tokio::test]
async fn the_server_says_whether_to_try_again() {
    for should in [true, false] {
        let got = failing(Fault::status(500).should_retry(should)).await;
        assert_eq!(got.header("x-should-retry"), should.to_string());
    }
}

#[tokio::test]
async fn ollama_writes_its_errors_as_text() {
    let fake = quick().await;
    fake.script(Fault::status(503).error("", "server busy"));
    let got = ollama(&fake, "/api/chat", &chat()).await;
    assert_eq!(
        (got.status, got.text.as_str()),
        (503, r#"{"error":"server busy"}"#)
    );
}

#[tokio::test]
async fn rules_are_for_paths_models_and_numbers() {
    let fake = quick().await;
    fake.script(Rule::new(Fault::status(500)).path("/api/*").nth(2).times(2));
    fake.script(
        Rule::new(Fault::status(529))
            .path("/v1/messages")
            .model("claude-opus-5"),
    );
    let chats = async || ollama(&fake, "/api/chat", &chat()).await.status;
    assert_eq!(claude(&fake, &request()).await.status, 200);
    let seen = [chats().await, chats().await, chats().await, chats().await];
    assert_eq!(seen, [200, 500, 500, 200]);
    let mut opus = request();
    opus["model"] = "claude-opus-5".into();
    assert_eq!(claude(&fake, &opus).await.status, 529);
    assert_eq!(claude(&fake, &opus).await.status, 200);
}

#[tokio::test]
async fn rules_come_one_after_the_other() {
    let fake = FakeLlm::start().await;
    for status in [429, 529, 500] {
        fake.script(Fault::status(status));
    }
    for status in [429, 529, 500, 200] {
        assert_eq!(claude(&fake, &request()).await.status, status);
    }
}

#[tokio::test]
async fn chances_are_drawn_and_always_the_same() {
    let drawn = async |seed| {
        let fake = FakeLlm::start().await;
        fake.seed(seed);
        fake.script(Rule::new(Fault::status(529)).chance(0.3));
        let mut statuses = Vec::new();
        for _ in 0..100 {
            statuses.push(claude(&fake, &request()).await.status);
        }
        statuses
    };
    let first = drawn(1).await;
    let failed = first.iter().filter(|status| **status == 529).count();
    assert!((15..45).contains(&failed), "{failed} of 100");
    assert_eq!(first, drawn(1).await);
    assert_ne!(first, drawn(2).await);
}
