//! The controls over HTTP, and the server on another clock.

use super::{chat, claude, look, ollama, quick, request, with};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use testkit::{
    ManualClock,
    fake_llm::{Ending, FakeLlm},
};

async fn tell(fake: &FakeLlm, what: &str, body: Value) -> Value {
    let got = ollama(fake, &format!("/__ctl/{what}"), &body).await;
    assert_eq!(got.status, 200, "{body}: {got:?}");
    got.json()
}

#[tokio::test]
async fn rules_are_written_as_json() {
    let fake = FakeLlm::start().await;
    tell(
        &fake,
        "script",
        json!([
            {"fault": {"kind": "status", "status": 429, "retry_after": {"text": "1.5"}}},
            {"fault": {"kind": "status", "status": 502, "html": true}, "path": "/v1/*", "times": 1},
            {"fault": {"kind": "content", "how": "fenced"}, "model": "claude-haiku-5-5"},
            {"fault": {"kind": "content", "how": {"text": "Hm."}}},
            {"fault": {"kind": "stream", "how": {"error_at": {"event": 1, "error": "api_error"}}}},
            {"fault": {"kind": "stop", "reason": "refusal"}},
        ]),
    )
    .await;
    tell(
        &fake,
        "script",
        json!({"fault": {"kind": "reset", "at": "mid_body"}, "chance": 0.0}),
    )
    .await;
    let limited = claude(&fake, &request()).await;
    assert_eq!(
        (limited.status, limited.header("retry-after")),
        (429, "1.5")
    );
    assert!(claude(&fake, &request()).await.text.starts_with("<html>"));
    assert!(
        claude(&fake, &request())
            .await
            .said()
            .starts_with("```json")
    );
    assert_eq!(claude(&fake, &request()).await.said(), "Hm.");
    let events = claude(&fake, &with("stream", json!(true))).await.events();
    assert_eq!(events[1]["error"]["type"], "api_error");
    assert_eq!(
        claude(&fake, &request()).await.json()["stop_reason"],
        "refusal"
    );
    assert_eq!(
        claude(&fake, &request()).await.json()["stop_reason"],
        "end_turn"
    );
}

#[tokio::test]
async fn every_kind_of_fault_can_be_written() {
    let fake = FakeLlm::start().await;
    for fault in [
        json!({"kind": "refused", "for_ms": 5}),
        json!({"kind": "hang", "at": "between_events", "pings": true}),
        json!({"kind": "served", "model": "x"}),
        json!({"kind": "thinking"}),
        json!({"kind": "unknown_block"}),
        json!({"kind": "error_body"}),
        json!({"kind": "content_type", "value": "text/html"}),
        json!({"kind": "slow_body", "piece_bytes": 1, "every_ms": 1}),
        json!({"kind": "lying_usage", "factor": 2.5}),
        json!({"kind": "missing_usage"}),
        json!({"kind": "batch", "shuffled": true, "expired": 2}),
        json!({"kind": "stream", "how": {"ping_flood": 5}}),
        json!({"kind": "status", "status": 429, "retry_after": {"date_in_s": 5}}),
        json!({"kind": "status", "status": 429, "retry_after": {"ms": 5}, "should_retry": false}),
    ] {
        tell(&fake, "script", json!({"fault": fault})).await;
    }
    let wrong = json!({"fault": {"kind": "nothing"}});
    let got = ollama(&fake, "/__ctl/script", &wrong).await;
    assert_eq!(got.status, 400);
    assert_eq!(
        ollama(&fake, "/__ctl/nothing", &json!({})).await.status,
        404
    );
}

#[tokio::test]
async fn the_journal_tells_all_but_its_own_readers() {
    let fake = quick().await;
    claude(&fake, &request()).await;
    ollama(&fake, "/api/chat", &chat()).await;
    fake.journal_when(|calls| {
        calls.len() == 2 && calls.iter().all(|call| call.ending == Ending::Answered)
    })
    .await;
    let calls = look(&fake, "/__ctl/journal").await.json()["calls"].clone();
    assert_eq!(calls.as_array().unwrap().len(), 2);
    let first = &calls[0];
    assert_eq!(
        (&first["path"], &first["status"]),
        (&json!("/v1/messages"), &json!(200))
    );
    assert_eq!(
        (&first["model"], &first["ending"]),
        (&json!("claude-haiku-5-5"), &json!("answered"))
    );
    assert_eq!(first["body"], request());
    assert_eq!(first["at_unix_ms"], 1_795_132_800_000_u64);
    assert_eq!(
        fake.journal()[0].header("anthropic-version"),
        Some(super::NEW)
    );
    assert_eq!(fake.count("/api/chat"), 1);
}

#[tokio::test]
async fn the_clock_is_moved_and_all_is_forgotten() {
    let fake = quick().await;
    let now = tell(&fake, "clock", json!({"advance_ms": 90_000})).await;
    assert_eq!(now, json!({"now": "2026-11-20T00:01:30Z"}));
    assert_eq!(look(&fake, "/__ctl/clock").await.json(), now);
    tell(
        &fake,
        "answers",
        json!({"contains": "marketer", "json": {"score": 78}}),
    )
    .await;
    tell(&fake, "latency", json!({"fixed_ms": 1})).await;
    tell(&fake, "seed", json!({"seed": 7})).await;
    tell(&fake, "ollama", json!({"max_queue": 1, "load_ms": 0})).await;
    assert_eq!(claude(&fake, &request()).await.said(), r#"{"score":78}"#);
    tell(&fake, "reset", json!({})).await;
    assert_eq!(
        look(&fake, "/__ctl/clock").await.json(),
        json!({"now": "2026-11-20T00:00:00Z"})
    );
    assert!(fake.journal().is_empty());
    assert_ne!(claude(&fake, &request()).await.said(), r#"{"score":78}"#);
}

#[tokio::test]
async fn answers_are_held_until_all_have_asked() {
    let fake = quick().await;
    tell(&fake, "hold", json!({"held": true})).await;
    let body = request();
    let both = async { tokio::join!(claude(&fake, &body), claude(&fake, &body)) };
    let release = async {
        let calls = fake.journal_when(|calls| calls.len() == 2).await;
        assert!(calls.iter().all(|call| call.status.is_none()));
        fake.release();
    };
    let ((one, two), ()) = tokio::join!(both, release);
    assert_eq!((one.status, two.status), (200, 200));
    assert_eq!(fake.most_at_once(), 2);
    assert_eq!(claude(&fake, &body).await.status, 200);
    assert_eq!(fake.most_at_once(), 2);
}

#[tokio::test]
async fn connections_are_refused_for_a_while() {
    let fake = FakeLlm::start().await;
    tell(&fake, "refuse", json!({"for_ms": 100})).await;
    let again = async {
        while super::ask(&fake, "/v1/messages", super::NEW, &request())
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), again)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_time_is_that_of_what_is_tested() {
    let clock = Arc::new(ManualClock::default());
    let fake = FakeLlm::start_on(0, clock.clone()).await;
    clock.advance(Duration::from_secs(60));
    let got = look(&fake, "/__ctl/clock").await.json();
    assert_eq!(got["now"], "2023-11-14T22:14:20Z");
    // What is retired stays so in every year.
    let body = with("model", json!("claude-3-haiku-20240307"));
    assert_eq!(claude(&fake, &body).await.status, 404);
}

#[tokio::test]
async fn limits_that_are_told_are_kept() {
    let fake = FakeLlm::start().await;
    tell(&fake, "limits", json!({"requests": 2})).await;
    for expected in [200, 200, 429] {
        assert_eq!(claude(&fake, &request()).await.status, expected);
    }
    tell(&fake, "limits", json!({"requests": 1_000_000})).await;
    let answered = claude(&fake, &request()).await;
    assert_eq!(answered.status, 200);
    let left = answered.header("anthropic-ratelimit-requests-limit");
    assert_eq!(left, "1000000");
}
