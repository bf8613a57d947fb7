//! Streams as they should be and as they should not.

use super::{Got, NEW, ask, chat, claude, ollama, post, quick, request, with};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::fake_llm::{FakeLlm, Fault, HangPoint, Latency, StreamFault};
use tokio::time::timeout;

/// How long nothing must come to be called silence.
const SILENCE: Duration = Duration::from_millis(300);
/// Longest wait for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

fn streamed() -> Value {
    with("stream", json!(true))
}

fn lines() -> Value {
    let mut body = chat();
    body["stream"] = json!(true);
    body
}

fn names(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

fn text(events: &[Value]) -> String {
    let deltas = events
        .iter()
        .filter(|event| event["type"] == "content_block_delta");
    deltas
        .map(|event| event["delta"]["text"].as_str().unwrap_or_default())
        .collect()
}

async fn faulty(how: StreamFault) -> Got {
    let fake = FakeLlm::start().await;
    fake.script(Fault::stream(how));
    claude(&fake, &streamed()).await
}

async fn faulty_lines(how: StreamFault) -> Got {
    let fake = quick().await;
    fake.script(Fault::stream(how));
    ollama(&fake, "/api/chat", &lines()).await
}

#[tokio::test]
async fn a_stream_says_what_the_answer_in_one_piece_says() {
    let fake = FakeLlm::start().await;
    let whole = claude(&fake, &request()).await;
    let got = claude(&fake, &streamed()).await;
    assert!(got.header("content-type").starts_with("text/event-stream"));
    let events = got.events();
    let names = names(&events);
    assert_eq!(names[..3], ["message_start", "ping", "content_block_start"]);
    let end = names.len() - 3;
    assert_eq!(
        names[end..],
        ["content_block_stop", "message_delta", "message_stop"]
    );
    assert!(
        names[3..end]
            .iter()
            .all(|name| *name == "content_block_delta")
            && end > 5
    );
    assert_eq!(text(&events), whole.said());
    let start = &events[0]["message"];
    assert_eq!(
        (&start["content"], &start["stop_reason"]),
        (&json!([]), &Value::Null)
    );
    let usage = &whole.json()["usage"];
    assert_eq!(start["usage"]["input_tokens"], usage["input_tokens"]);
    let stop = &events[events.len() - 2];
    assert_eq!(stop["delta"]["stop_reason"], "end_turn");
    assert_eq!(
        stop["usage"],
        json!({"output_tokens": usage["output_tokens"]})
    );
}

#[tokio::test]
async fn ollama_streams_lines_and_counts_at_the_end() {
    let fake = quick().await;
    let whole = ollama(&fake, "/api/chat", &chat()).await.json();
    let got = ollama(&fake, "/api/chat", &lines()).await;
    assert_eq!(got.header("content-type"), "application/x-ndjson");
    let lines = got.lines();
    let (last, rest) = lines.split_last().unwrap();
    assert!(
        rest.iter()
            .all(|line| line["done"] == false && line.get("eval_count").is_none())
    );
    let text: String = rest
        .iter()
        .map(|line| line["message"]["content"].as_str().unwrap())
        .collect();
    assert_eq!(text, whole["message"]["content"]);
    assert_eq!(
        (&last["done"], &last["done_reason"]),
        (&json!(true), &json!("stop"))
    );
    assert_eq!(last["eval_count"], rest.len());
}

#[tokio::test]
async fn bytes_are_the_same_however_they_are_cut() {
    let whole = faulty(StreamFault::OneChunk).await;
    for how in [StreamFault::SplitEveryByte, StreamFault::PingFlood(0)] {
        let got = faulty(how).await;
        // Ids follow the order of requests, which is the same on each server.
        assert_eq!(got.text, whole.text);
    }
    let fake = FakeLlm::start().await;
    fake.script(Fault::stream(StreamFault::SplitEveryByte));
    let mut response = ask(&fake, "/v1/messages", NEW, &streamed()).await.unwrap();
    let mut chunks = 0;
    while let Some(chunk) = response.chunk().await.unwrap() {
        chunks += 1;
        assert_eq!(chunk.len(), 1);
    }
    assert_eq!(chunks, whole.text.len());
}

#[tokio::test]
async fn lines_end_otherwise_and_data_has_several() {
    let crlf = faulty(StreamFault::Crlf).await;
    assert_eq!(
        crlf.text.matches("\r\n").count(),
        crlf.text.matches('\n').count()
    );
    let plain = faulty(StreamFault::OneChunk).await;
    assert_eq!(crlf.text.replace("\r\n", "\n"), plain.text);
    let many = faulty(StreamFault::MultiLineData).await;
    assert!(many.text.contains("data: {\ndata:   \"type\""));
    assert_eq!(many.events(), plain.events());
    let mark = faulty(StreamFault::ByteOrderMark).await;
    assert_eq!(mark.text.trim_start_matches('\u{feff}'), plain.text);
    let comments = faulty(StreamFault::Comments).await;
    assert!(comments.text.starts_with(": nothing"));
    let lines = faulty_lines(StreamFault::BlankLines).await;
    assert!(lines.text.starts_with("\n\r\n{"));
    assert_eq!(lines.lines().last().unwrap()["done"], true);
}

#[tokio::test]
async fn unknown_events_and_pings_come_between() {
    let plain = faulty(StreamFault::OneChunk).await.events();
    let strange = faulty(StreamFault::UnknownEvents).await.events();
    assert_eq!(strange.len(), 2 * plain.len());
    assert_eq!(text(&strange), text(&plain));
    assert_eq!(strange[0]["type"], "event_of_tomorrow");
    let flood = faulty(StreamFault::PingFlood(5000)).await.events();
    assert_eq!(flood.len(), plain.len() + 5000);
    assert_eq!(text(&flood), text(&plain));
    let lines = faulty_lines(StreamFault::UnknownEvents).await.lines();
    assert!(
        lines
            .iter()
            .all(|line| line.get("field_of_tomorrow").is_some())
    );
}

#[tokio::test]
async fn an_error_comes_in_the_middle() {
    let fault = StreamFault::ErrorAt {
        event: 4,
        error: "overloaded_error".into(),
    };
    let events = faulty(fault.clone()).await.events();
    assert_eq!(events.len(), 5);
    assert_eq!(events[4]["type"], "error");
    assert_eq!(events[4]["error"]["type"], "overloaded_error");
    let got = faulty_lines(fault).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.lines()[4], json!({"error": "overloaded_error"}));
}

#[tokio::test]
async fn a_stream_ends_too_early() {
    let before = faulty(StreamFault::EofBeforeStop).await.events();
    assert_eq!(names(&before).last(), Some(&"content_block_stop"));
    let after = faulty(StreamFault::EofAfterStop).await.events();
    assert_eq!(names(&after).last(), Some(&"message_delta"));
    let within = faulty(StreamFault::EofMidFrame).await;
    assert!(!within.text.ends_with("\n\n") && !within.text.contains("message_delta"));
    let lines = faulty_lines(StreamFault::EofBeforeStop).await.lines();
    assert!(lines.len() > 1 && lines.iter().all(|line| line["done"] == false));
    let within = faulty_lines(StreamFault::EofMidFrame).await;
    assert!(!within.text.ends_with('\n'));
}

#[tokio::test]
async fn the_end_comes_twice() {
    let events = faulty(StreamFault::DuplicateStop).await.events();
    assert_eq!(
        names(&events)[events.len() - 2..],
        ["message_stop", "message_stop"]
    );
    let lines = faulty_lines(StreamFault::DuplicateStop).await.lines();
    assert_eq!(lines.iter().filter(|line| line["done"] == true).count(), 2);
}

#[tokio::test]
async fn a_frame_is_too_long() {
    for got in [
        faulty(StreamFault::OversizedFrame(2 << 20)).await,
        faulty_lines(StreamFault::OversizedFrame(2 << 20)).await,
    ] {
        let longest = got.text.lines().map(str::len).max();
        assert!(longest > Some(2 << 20));
    }
}

#[tokio::test]
async fn a_text_is_not_utf_8() {
    let fake = quick().await;
    for _ in 0..2 {
        fake.script(Fault::stream(StreamFault::InvalidUtf8));
    }
    let claude = ask(&fake, "/v1/messages", NEW, &streamed()).await.unwrap();
    let ollama = post(&fake, "/api/chat", &lines()).await.unwrap();
    for response in [claude, ollama] {
        let bytes = response.bytes().await.unwrap();
        let bad = std::str::from_utf8(&bytes).unwrap_err();
        assert_eq!(bytes[bad.valid_up_to()..][..2], [0xC3, 0x28]);
    }
}

/// What comes until it is `enough` and nothing more does, or `pings` have come after it.
async fn until_quiet(fake: &FakeLlm, enough: &str, pings: usize) -> String {
    let mut response = ask(fake, "/v1/messages", NEW, &streamed()).await.unwrap();
    let mut all = String::new();
    loop {
        let patience = if all.contains(enough) && pings == 0 {
            SILENCE
        } else {
            PATIENCE
        };
        match timeout(patience, response.chunk()).await {
            Ok(chunk) => all += std::str::from_utf8(&chunk.unwrap().unwrap()).unwrap(),
            Err(_) => return all,
        }
        if pings > 0 && all.matches("event: ping").count() > pings {
            return all;
        }
    }
}

#[tokio::test]
async fn a_stream_falls_silent() {
    let fake = FakeLlm::start().await;
    let hang = |at, pings| Fault::Hang { at, pings };
    fake.script(hang(HangPoint::BeforeFirstToken, false));
    let all = until_quiet(&fake, "message_start", 0).await;
    assert!(!all.contains("content_block_delta"), "{all}");
    let half = |all: &str| {
        let (begun, ended) = ("content_block_delta", "content_block_stop");
        all.contains(begun) && !all.contains(ended)
    };
    fake.script(hang(HangPoint::BetweenEvents, false));
    assert!(half(&until_quiet(&fake, "content_block_delta", 0).await));
    fake.script(hang(HangPoint::BetweenEvents, true));
    assert!(half(&until_quiet(&fake, "content_block_delta", 5).await));
}

#[tokio::test]
async fn text_comes_as_fast_as_the_model_writes() {
    let fake = FakeLlm::start().await;
    fake.latency(Latency::Rates {
        first_ms: 100,
        read_per_s: 1e6,
        written_per_s: 200.0,
    });
    let mut body = streamed();
    body["max_tokens"] = json!(40);
    let began = tokio::time::Instant::now();
    let mut response = ask(&fake, "/v1/messages", NEW, &body).await.unwrap();
    let first = began.elapsed();
    while response.chunk().await.unwrap().is_some() {}
    let all = began.elapsed();
    // Never faster than it says.
    assert!(first.as_millis() >= 100, "{first:?}");
    assert!((all - first).as_millis() >= 150, "{all:?}");
}
