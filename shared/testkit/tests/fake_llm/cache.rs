//! What Claude's prompt cache makes of a prompt's tokens.

use super::{claude, request, shape};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::fake_llm::{FakeLlm, Latency};

/// A prompt whose system part of 2000 tokens ends at a breakpoint.
fn prompt(ttl: Option<&str>) -> Value {
    let mut body = request();
    let mut control = json!({"type": "ephemeral"});
    if let Some(ttl) = ttl {
        control["ttl"] = json!(ttl);
    }
    body["system"] =
        json!([{"type": "text", "text": "abc".repeat(2000), "cache_control": control}]);
    body
}

/// Plain, written for five minutes, written for an hour, read.
async fn usage(fake: &FakeLlm, body: &Value) -> [u64; 4] {
    let usage = claude(fake, body).await.json()["usage"].clone();
    let written = &usage["cache_creation"];
    let all = [
        &usage["input_tokens"],
        &written["ephemeral_5m_input_tokens"],
        &written["ephemeral_1h_input_tokens"],
        &usage["cache_read_input_tokens"],
    ];
    let all = all.map(|count| count.as_u64().unwrap());
    assert_eq!(usage["cache_creation_input_tokens"], all[1] + all[2]);
    all
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_beginning_is_written_once_and_read_until_it_expires() {
    let fake = FakeLlm::start().await;
    let body = prompt(None);
    let [plain, written, _, _] = usage(&fake, &body).await;
    assert!(written >= 2000 && plain < 50);
    assert_eq!(usage(&fake, &body).await, [plain, 0, 0, written]);
    // Reading it makes it last.
    fake.advance_clock(4 * MINUTE);
    assert_eq!(usage(&fake, &body).await, [plain, 0, 0, written]);
    fake.advance_clock(4 * MINUTE);
    assert_eq!(usage(&fake, &body).await, [plain, 0, 0, written]);
    fake.advance_clock(5 * MINUTE);
    assert_eq!(usage(&fake, &body).await, [plain, written, 0, 0]);
}

#[tokio::test]
async fn an_hour_is_written_and_lasts_an_hour() {
    let fake = FakeLlm::start().await;
    let body = prompt(Some("1h"));
    let [plain, _, written, _] = usage(&fake, &body).await;
    fake.advance_clock(59 * MINUTE);
    assert_eq!(usage(&fake, &body).await, [plain, 0, 0, written]);
    fake.advance_clock(61 * MINUTE);
    assert_eq!(usage(&fake, &body).await, [plain, 0, written, 0]);
}

#[tokio::test]
async fn what_is_too_short_is_not_cached() {
    let fake = FakeLlm::start().await;
    let mut body = prompt(None);
    body["system"][0]["text"] = json!("abc".repeat(400));
    let first = usage(&fake, &body).await;
    assert_eq!(first[1..], [0, 0, 0]);
    assert_eq!(usage(&fake, &body).await, first);
    // The least is the model's own.
    let mut body = prompt(None);
    body["model"] = json!("claude-haiku-4-5");
    assert_eq!(usage(&fake, &body).await[1], 0);
}

#[tokio::test]
async fn another_format_or_model_or_letter_is_another_beginning() {
    let fake = FakeLlm::start().await;
    usage(&fake, &prompt(None)).await;
    let mut format = prompt(None);
    format["output_config"] = json!({"format": {"type": "json_schema", "schema": shape()}});
    assert_eq!(usage(&fake, &format).await[3], 0);
    let mut model = prompt(None);
    model["model"] = json!("claude-sonnet-5-5");
    assert_eq!(usage(&fake, &model).await[3], 0);
    let mut letter = prompt(None);
    letter["system"][0]["text"] = json!(format!("b{}", "abc".repeat(2000)));
    assert_eq!(usage(&fake, &letter).await[3], 0);
    // What comes after the breakpoint does not matter.
    let mut message = prompt(None);
    message["messages"][0]["content"] = json!("Something else.");
    assert!(usage(&fake, &message).await[3] > 0);
}

#[tokio::test]
async fn a_longer_conversation_reads_what_it_has_in_common() {
    let fake = FakeLlm::start().await;
    let turn = |text: &str, control: bool| {
        let mut block = json!({"type": "text", "text": text.repeat(600)});
        if control {
            block["cache_control"] = json!({"type": "ephemeral"});
        }
        json!({"role": "user", "content": [block]})
    };
    let mut body = request();
    body["messages"] = json!([turn("abc", true)]);
    let first = usage(&fake, &body).await[1];
    body["messages"] = json!([turn("abc", false), turn("def", true)]);
    let [plain, written, _, read] = usage(&fake, &body).await;
    assert_eq!((plain, read), (0, first));
    assert!(written >= 600);
    // A beginning more than twenty blocks away is not looked for.
    let far = (0..21).map(|_| turn("ghi", false));
    let mut messages = vec![turn("abc", false)];
    messages.extend(far);
    messages.push(turn("jkl", true));
    body["messages"] = json!(messages);
    assert_eq!(usage(&fake, &body).await[3], 0);
}

#[tokio::test]
async fn a_beginning_can_be_read_when_the_first_answer_has_begun() {
    let fake = FakeLlm::start().await;
    // Longer than the test.
    fake.latency(Latency::FixedMs(600_000));
    let body = prompt(None);
    let mut first = std::pin::pin!(claude(&fake, &body));
    let asked = fake.journal_when(|calls| calls.iter().any(|call| call.status.is_some()));
    tokio::select! {
        _ = &mut first => panic!("it was answered at once"),
        _ = asked => {}
    }
    fake.latency(Latency::None);
    assert_eq!(usage(&fake, &body).await[3], 0, "the first has not begun");
    assert!(usage(&fake, &body).await[3] > 0);
}

#[tokio::test]
async fn there_are_at_most_four_breakpoints_and_the_long_ones_come_first() {
    let fake = FakeLlm::start().await;
    let block = |ttl: &str| json!({"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": ttl}});
    let mut body = request();
    body["system"] = json!(vec![block("5m"); 4]);
    assert_eq!(claude(&fake, &body).await.status, 200);
    body["system"] = json!(vec![block("5m"); 5]);
    assert!(
        claude(&fake, &body)
            .await
            .message()
            .contains("maximum of 4")
    );
    body["system"] = json!([block("1h"), block("5m")]);
    assert_eq!(claude(&fake, &body).await.status, 200);
    body["system"] = json!([block("5m"), block("1h")]);
    assert_eq!(claude(&fake, &body).await.status, 400);
    body["system"] = json!([block("2h")]);
    assert_eq!(claude(&fake, &body).await.status, 400);
}
