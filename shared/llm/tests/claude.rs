//! Claude's interface, against a server that says what it is told to say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use llm::{
    catalogue::Catalogue,
    claude::{BatchItem, BatchOutcome, BatchState, Claude, ClaudeConfig},
    completion::Stop,
    error::{Code, Failure, Wait},
    provider::{Ask, Call, Provider, Reply},
    request::{Message, Sampling},
    settings::AuthStyle,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use support::{
    TokioClock,
    server::{Answer, Server},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const STREAM: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\r\n\r\n",
    ": keep going\r\n\r\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\ndata: \"delta\":{\"type\":\"text_delta\",\"text\":\"Grüß\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" dich\"}}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

fn config(server: &Server) -> ClaudeConfig {
    ClaudeConfig::new(&server.url(), "sk-test".into())
}

async fn claude(answers: Vec<Answer>) -> (Server, Claude) {
    let server = Server::start(answers).await;
    let claude = Claude::new(config(&server), TokioClock::start()).unwrap();
    (server, claude)
}

fn question() -> Ask {
    Ask {
        model: Catalogue::built_in()
            .unwrap()
            .row("claude", "claude-haiku-5-5"),
        system: Some("be brief".into()),
        messages: vec![Message::user("hello")],
        max_output_tokens: 700,
        output_schema: None,
        sampling: Sampling::default(),
        stop: Vec::new(),
        prompt_cache: None,
        effort: None,
        window: None,
        stream: false,
    }
}

fn streamed() -> Ask {
    Ask {
        stream: true,
        ..question()
    }
}

fn call() -> Call {
    Call::within(Duration::from_secs(30), CancellationToken::new())
}

fn whole(status: u16, body: Value) -> Answer {
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("request-id", "req_h".to_owned()),
        ("anthropic-ratelimit-requests-remaining", "41".to_owned()),
    ];
    Answer::Whole(status, headers, body.to_string().into_bytes())
}

fn message() -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
        "content": [{"type": "thinking", "thinking": "", "signature": "s"}, {"type": "text", "text": "hi"}],
        "stop_reason": "end_turn", "usage": {"input_tokens": 3, "cache_read_input_tokens": 1800, "output_tokens": 31}})
}

fn events(text: &str) -> Answer {
    Answer::Stream("text/event-stream", vec![text.as_bytes().to_vec()], true)
}

async fn failed(answer: Answer, ask: Ask) -> Failure {
    let (_server, claude) = claude(vec![answer]).await;
    claude.complete(&ask, &call()).await.unwrap_err()
}

#[tokio::test]
async fn an_answer_in_one_piece_is_read_and_the_question_is_as_agreed_on() {
    let (server, claude) = claude(vec![whole(200, message())]).await;
    let reply = claude.complete(&question(), &call()).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.stop), ("hi", Stop::Complete));
    assert_eq!(
        (
            reply.usage.input,
            reply.usage.cache_read,
            reply.usage.output
        ),
        (3, 1800, 31)
    );
    assert_eq!(reply.provider_request_id.as_deref(), Some("req_h"));
    assert_eq!(reply.limits.unwrap().requests.unwrap().remaining, Some(41));
    let seen = &server.seen()[0];
    assert!(
        seen.head.starts_with("POST /v1/messages HTTP/1.1"),
        "{}",
        seen.head
    );
    assert_eq!(seen.header("authorization"), Some("Bearer sk-test"));
    assert_eq!(seen.header("x-api-key"), None);
    assert_eq!(seen.header("anthropic-version"), Some("2026-10-21"));
    assert_eq!(seen.body, claude.prepare(&question()).body);
}

#[tokio::test]
async fn the_first_version_and_the_other_header_are_spoken_too() {
    let server = Server::start(vec![whole(200, message())]).await;
    let config = ClaudeConfig {
        api_version: "2023-06-01".into(),
        auth_style: AuthStyle::ApiKey,
        ..config(&server)
    };
    let claude = Claude::new(config, TokioClock::start()).unwrap();
    claude.complete(&question(), &call()).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.header("x-api-key"), Some("sk-test"));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(seen.header("anthropic-version"), Some("2023-06-01"));
}

async fn stream(answer: Answer) -> (Result<Reply, Failure>, Vec<String>) {
    let (_server, claude) = claude(vec![answer]).await;
    let (deltas, mut pieces) = mpsc::channel(64);
    let result = claude.stream(&question(), &call(), &deltas).await;
    drop(deltas);
    let mut seen = Vec::new();
    while let Some(piece) = pieces.recv().await {
        seen.push(piece);
    }
    (result, seen)
}

#[tokio::test]
async fn a_stream_is_read_wherever_it_is_cut() {
    let bytes = STREAM.as_bytes();
    for size in [1, 2, 3, 7, 64, bytes.len()] {
        let pieces = bytes.chunks(size).map(<[u8]>::to_vec).collect();
        let (result, seen) = stream(Answer::Stream("text/event-stream", pieces, true)).await;
        let reply = result.unwrap();
        assert_eq!(seen, ["Grüß", " dich"], "pieces of {size}");
        assert_eq!((reply.text.as_str(), reply.usage.output), ("Grüß dich", 15));
        assert_eq!(reply.model_served, "claude-x");
        assert!(reply.ttft.is_some());
    }
}

#[tokio::test]
async fn a_stream_counts_once_its_reason_to_end_was_said() {
    let (before, _) = STREAM.split_once("event: message_delta").unwrap();
    let (with_reason, _) = STREAM.split_once("event: message_stop").unwrap();
    for ends in [true, false] {
        let part =
            |text: &str| Answer::Stream("text/event-stream", vec![text.as_bytes().to_vec()], ends);
        assert_eq!(
            failed(part(before), streamed()).await.code,
            Code::StreamTruncated
        );
        let (_server, claude) = claude(vec![part(with_reason)]).await;
        assert!(claude.complete(&streamed(), &call()).await.is_ok());
    }
}

#[tokio::test]
async fn failures_within_a_stream_are_failures() {
    let (head, _) = STREAM.split_once("event: content_block_start").unwrap();
    let error = |kind| {
        format!(
            "{head}event: error\ndata: {{\"type\":\"error\",\"error\":{{\"type\":\"{kind}\",\"message\":\"m\"}}}}\n\n"
        )
    };
    for (kind, code) in [
        ("overloaded_error", Code::Overloaded),
        ("api_error", Code::ServerError),
    ] {
        let failure = failed(events(&error(kind)), streamed()).await;
        assert_eq!(failure.code, code);
        assert_eq!(failure.provider_request_id.as_deref(), Some("req_s"));
    }
    let long = format!("data: {}\n\n", "x".repeat((1 << 20) + 1));
    assert_eq!(failed(events(&long), streamed()).await.code, Code::Protocol);
}

#[tokio::test]
async fn what_is_no_answer_is_a_failure_whatever_its_status() {
    let error = |kind: &str| json!({"type": "error", "error": {"type": kind, "message": "m"}, "request_id": "req_b"});
    for (answer, ask, code) in [
        (
            whole(529, error("overloaded_error")),
            question(),
            Code::Overloaded,
        ),
        (
            whole(401, error("authentication_error")),
            question(),
            Code::Auth,
        ),
        (
            whole(404, error("not_found_error")),
            question(),
            Code::ModelNotFound,
        ),
        (
            whole(200, error("overloaded_error")),
            question(),
            Code::Overloaded,
        ),
        (
            whole(200, error("overloaded_error")),
            streamed(),
            Code::Overloaded,
        ),
        (
            whole(200, json!({"type": "message"})),
            question(),
            Code::Protocol,
        ),
        (
            whole(200, json!({"type": "other", "model": "m"})),
            question(),
            Code::Protocol,
        ),
        (events(STREAM), question(), Code::Protocol),
        (
            Answer::Whole(
                413,
                vec![("content-type", "text/html".into())],
                b"<html>".to_vec(),
            ),
            question(),
            Code::BadRequest,
        ),
        (
            Answer::Whole(
                502,
                vec![("content-type", "text/html".into())],
                b"<html>".to_vec(),
            ),
            question(),
            Code::ServerError,
        ),
        (Answer::Close, question(), Code::Network),
    ] {
        let told = format!("{answer:?}");
        assert_eq!(failed(answer, ask).await.code, code, "{told}");
    }
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_key_elsewhere() {
    let other = Server::start(vec![whole(200, message())]).await;
    let location = vec![("location", format!("{}/v1/messages", other.url()))];
    let failure = failed(Answer::Whole(307, location, Vec::new()), question()).await;
    assert_eq!(failure.code, Code::Protocol);
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn every_wait_has_an_end() {
    let short = Duration::from_millis(150);
    let (head, _) = STREAM.split_once("event: content_block_delta").unwrap();
    type Shorten = fn(&mut Call, Duration);
    let cases: [(Answer, Ask, Shorten, Code); 5] = [
        (
            Answer::Silence,
            question(),
            |call, time| call.total = time,
            Code::Timeout(Wait::Total),
        ),
        (
            Answer::Silence,
            streamed(),
            |call, time| call.ttft = time,
            Code::Timeout(Wait::Ttft),
        ),
        (
            Answer::Stall("text/event-stream", b": hello\n\n".to_vec()),
            streamed(),
            |call, time| call.ttft = time,
            Code::Timeout(Wait::Ttft),
        ),
        (
            Answer::Stall("text/event-stream", head.as_bytes().to_vec()),
            streamed(),
            |call, time| call.idle = time,
            Code::Timeout(Wait::Idle),
        ),
        (
            Answer::Silence,
            question(),
            |call, time| call.deadline = tokio::time::Instant::now() + time,
            Code::DeadlineExceeded,
        ),
    ];
    for (answer, ask, shorten, code) in cases {
        let (_server, claude) = claude(vec![answer]).await;
        let mut call = call();
        shorten(&mut call, short);
        assert_eq!(claude.complete(&ask, &call).await.unwrap_err().code, code);
    }
}

#[tokio::test]
async fn calling_off_closes_the_connection() {
    let (server, claude) = claude(vec![Answer::Silence]).await;
    let call = call();
    let calling_off = async {
        while server.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        call.cancel.cancel();
    };
    let question = question();
    let (result, ()) = tokio::join!(claude.complete(&question, &call), calling_off);
    assert_eq!(result.unwrap_err().code, Code::Cancelled);
}

#[tokio::test]
async fn nobody_at_the_address_is_a_failure_of_the_network() {
    let server = Server::start(vec![]).await;
    let config = ClaudeConfig::new("http://127.0.0.1:1", "sk-test".into());
    drop(server);
    let claude = Claude::new(config, TokioClock::start()).unwrap();
    let failure = claude.complete(&question(), &call()).await.unwrap_err();
    assert_eq!(failure.code, Code::Network);
    assert!(!failure.message.contains("sk-test"));
}

#[tokio::test]
async fn tokens_are_counted_and_models_listed_page_by_page() {
    let page = |id: &str, more| json!({"data": [{"id": id, "type": "model", "lifecycle": "active"}], "has_more": more, "last_id": id});
    let answers = vec![
        whole(200, json!({"input_tokens": 12})),
        whole(200, page("a b", true)),
        whole(200, page("c", false)),
        whole(200, page("c", false)),
    ];
    let (server, claude) = claude(answers).await;
    assert_eq!(
        claude.count_tokens(&question(), &call()).await,
        Ok(Some(12))
    );
    let models = claude.models(&call()).await.unwrap();
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["a b", "c"]);
    assert!(claude.probe(&call()).await.unwrap().models.is_none());
    let seen = server.seen();
    assert_eq!(seen[0].body.get("max_tokens"), None);
    assert!(
        seen[2]
            .head
            .starts_with("GET /v1/models?limit=100&after_id=a+b "),
        "{}",
        seen[2].head
    );
    assert!(seen[3].head.starts_with("GET /v1/models?limit=1 "));
}

#[tokio::test]
async fn a_batch_goes_its_way() {
    let batch = |state: &str, url: Option<String>| {
        json!({"id": "msgbatch_1", "type": "message_batch", "processing_status": state,
        "request_counts": {"processing": 0, "succeeded": 1, "errored": 0, "canceled": 0, "expired": 1}, "results_url": url})
    };
    let results = format!(
        "{}\n{}\n",
        json!({"custom_id": "two", "result": {"type": "expired"}}),
        json!({"custom_id": "one", "result": {"type": "succeeded", "message": message()}})
    );
    let (head, tail) = results.as_bytes().split_at(77);
    let server = Server::start(vec![
        whole(200, batch("in_progress", None)),
        whole(
            200,
            batch(
                "ended",
                Some("/v1/messages/batches/msgbatch_1/results".into()),
            ),
        ),
        Answer::Stream(
            "application/x-jsonl",
            vec![head.to_vec(), tail.to_vec()],
            true,
        ),
        whole(200, batch("canceling", None)),
    ])
    .await;
    let claude = Claude::new(config(&server), TokioClock::start()).unwrap();
    let item = |custom_id: &str| BatchItem {
        custom_id: custom_id.into(),
        ask: streamed(),
    };
    let items = [item("one"), item("two")];
    let begun = claude.submit(&items, &call()).await.unwrap();
    assert_eq!(begun.state, BatchState::InProgress);
    let early = claude.batch_results(&begun, &items, &call(), |_| ()).await;
    assert_eq!(early.unwrap_err().code, Code::Conflict);
    let ended = claude.batch_status(&begun.id, &call()).await.unwrap();
    let mut found = Vec::new();
    claude
        .batch_results(&ended, &items, &call(), |result| found.push(result))
        .await
        .unwrap();
    assert_eq!(
        (found[0].custom_id.as_str(), &found[0].outcome),
        ("two", &BatchOutcome::Expired)
    );
    assert!(matches!(&found[1].outcome, BatchOutcome::Answered { text, .. } if text == "hi"));
    let off = claude.cancel_batch(&begun.id, &call()).await.unwrap();
    assert_eq!(off.state, BatchState::Canceling);
    let params = &server.seen()[0].body["requests"][0]["params"];
    assert_eq!(params.get("stream"), None, "a batch is no stream");
}

#[tokio::test]
async fn a_batch_that_cannot_be_one_is_not_sent() {
    let (server, claude) = claude(vec![]).await;
    let item = |custom_id: &str| BatchItem {
        custom_id: custom_id.into(),
        ask: question(),
    };
    let long = "x".repeat(65);
    for items in [
        vec![],
        vec![item("a b")],
        vec![item(&long)],
        vec![item("a"), item("a")],
    ] {
        let failure = claude.submit(&items, &call()).await.unwrap_err();
        assert_eq!(failure.code, Code::BadRequest);
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn results_are_not_fetched_from_elsewhere() {
    let other = Server::start(vec![]).await;
    let (_server, claude) = claude(vec![]).await;
    let batch = serde_json::from_value(json!({"id": "b", "processing_status": "ended",
        "results_url": format!("{}/results", other.url())}))
    .unwrap();
    let failure = claude
        .batch_results(&batch, &[], &call(), |_| ())
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::Protocol);
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_schema_is_sent_as_it_can_be() {
    let (server, claude) = claude(vec![whole(200, message())]).await;
    let mut ask = question();
    ask.output_schema = Some(Arc::new(
        json!({"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}),
    ));
    claude.complete(&ask, &call()).await.unwrap();
    let sent = &server.seen()[0].body["output_config"]["format"]["schema"];
    assert_eq!(sent["additionalProperties"], false);
    assert_eq!(sent["properties"]["a"].get("minimum"), None);
}

#[tokio::test]
async fn a_count_that_nobody_told_is_none() {
    let mut uncounted = message();
    uncounted.as_object_mut().unwrap().remove("usage");
    let (_server, claude) = claude(vec![whole(200, uncounted), whole(200, message())]).await;
    let reply = claude.complete(&question(), &call()).await.unwrap();
    assert!(reply.usage.estimated);
    let reply = claude.complete(&question(), &call()).await.unwrap();
    assert!(!reply.usage.estimated);
}
