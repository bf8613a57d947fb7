//! Both providers against a server that speaks their interfaces, written by others from their
//! documentation, and that fails as it is told to.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use llm::{
    Client, Options, completion::Completion, context::Policy, request::Request,
    settings::LlmSettings,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use support::TokioClock;
use testkit::fake_llm::{
    ContentFault, FakeLlm, Fault, HangPoint, ResetPoint, RetryAfter, Rule, StreamFault,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The chain of Claude and that of Ollama.
const BOTH: [&str; 2] = ["haiku", "fast"];

fn client(fake: &FakeLlm) -> Client {
    Client::from_settings(settings(fake), TokioClock::start(), Arc::new(|| 0.5)).unwrap()
}

fn settings(fake: &FakeLlm) -> LlmSettings {
    LlmSettings {
        claude_base_url: fake.base_url(),
        ollama_base_url: fake.base_url(),
        claude_api_key: Some(FakeLlm::api_key().into()),
        llm_retry_base_ms: 1,
        llm_ttft_timeout: 1,
        llm_idle_timeout: 1,
        claude_slow_start: 0,
        claude_rpm: 600_000,
        batch_concurrency_limit: 64,
        ollama_num_parallel_hint: 64,
        llm_max_concurrency: 64,
        ..LlmSettings::default()
    }
}

fn question(alias: &str) -> Request {
    let mut request = Request::new(
        uuid::Uuid::nil(),
        "signal.classify",
        alias,
        "Hiring our first marketing hire",
        700,
    );
    request.output_schema = Some(json!({
        "type": "object",
        "properties": {
            "score": {"type": "integer", "minimum": 0, "maximum": 50},
            "role": {"type": "string", "enum": ["first_marketer", "none"]},
        },
        "required": ["score", "role"],
        "additionalProperties": false,
    }));
    request
}

async fn ask(client: &Client, request: &Request) -> Result<Completion, llm::Failed> {
    let cancel = CancellationToken::new();
    let asking = client.complete(request, &cancel, Options::default());
    let asked = tokio::time::timeout(Duration::from_secs(60), asking).await;
    asked.unwrap()
}

/// What is to come of one question of which the first request goes wrong.
enum Expected {
    /// An answer at once.
    Answer,
    /// An answer at the second request, the first of which failed for this reason.
    Again(&'static str),
    /// No answer, for this reason, after one request.
    Failure(&'static str),
}
use Expected::{Again, Answer, Failure};

async fn check(what: &str, fault: impl Into<Fault>, aliases: &[&str], expected: &Expected) {
    let fault = fault.into();
    for alias in aliases {
        let fake = FakeLlm::start().await;
        fake.script(Rule::new(fault.clone()));
        let answered = ask(&client(&fake), &question(alias)).await;
        let attempts = match &answered {
            Ok(completion) => &completion.attempts,
            Err(failed) => &failed.attempts,
        };
        let codes: Vec<_> = attempts
            .iter()
            .map(|attempt| attempt.code.map(|code| code.to_string()))
            .collect();
        let reasons: Vec<_> = codes.iter().map(Option::as_deref).collect();
        let wanted = match expected {
            Answer => vec![None],
            Again(code) => vec![Some(*code), None],
            Failure(code) => vec![Some(*code)],
        };
        assert_eq!(reasons, wanted, "{what}, {alias}: {answered:?}");
        match (&answered, expected) {
            (Ok(completion), Answer | Again(_)) => fits(completion.json.as_ref().unwrap()),
            (Err(failed), Failure(code)) => assert_eq!(failed.failure.code.to_string(), *code),
            _ => panic!("{what}, {alias}: {answered:?}"),
        }
    }
}

fn fits(answer: &Value) {
    let score = answer["score"].as_u64().unwrap();
    assert!(score <= 50, "{answer}");
    let role = answer["role"].as_str().unwrap();
    assert!(["first_marketer", "none"].contains(&role), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn promise_01_statuses_have_the_reasons_of_the_table() {
    for (status, expected) in [
        (408, Again("Conflict")),
        (409, Again("Conflict")),
        (429, Again("RateLimited")),
        (500, Again("ServerError")),
        (502, Again("ServerError")),
        (503, Again("Overloaded")),
        (504, Again("ServerError")),
        (400, Failure("BadRequest")),
        (401, Failure("Auth")),
        (403, Failure("Auth")),
        (404, Failure("ModelNotFound")),
        (413, Failure("BadRequest")),
    ] {
        let named = format!("status {status}");
        check(&named, Fault::status(status), &BOTH, &expected).await;
        let page = Fault::status(status).html();
        check(&format!("{named} as a page"), page, &BOTH, &expected).await;
    }
    let overloaded = Again("Overloaded");
    check("status 529", Fault::status(529), &["haiku"], &overloaded).await;
    let unpaid = Failure("QuotaExhausted");
    check("status 402", Fault::status(402), &["haiku"], &unpaid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promise_02_a_spent_cap_is_not_asked_again() {
    let spent = Fault::status(429).code("enforced_spend_limit_reached");
    check("a spent cap", spent, &["haiku"], &Failure("QuotaExhausted")).await;
    let no = Fault::status(500).should_retry(false);
    check("not again", no, &["haiku"], &Failure("ServerError")).await;
    let yes = Fault::status(400).should_retry(true);
    check("again", yes, &["haiku"], &Again("BadRequest")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promise_02_a_wait_that_is_asked_for_is_kept() {
    for wait in [
        RetryAfter::Text("0.3".into()),
        RetryAfter::Ms(300),
        RetryAfter::Text("-1".into()),
        RetryAfter::Text("soon".into()),
    ] {
        let fake = FakeLlm::start().await;
        fake.script(Fault::status(429).retry_after(wait.clone()));
        let began = tokio::time::Instant::now();
        ask(&client(&fake), &question("haiku")).await.unwrap();
        let is_floor = matches!(&wait, RetryAfter::Ms(_)) || wait == RetryAfter::Text("0.3".into());
        if is_floor {
            assert!(began.elapsed() >= Duration::from_millis(300), "{wait:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_connections_are_made_again() {
    let before = ResetPoint::BeforeHeaders;
    check(
        "before headers",
        Fault::Reset { at: before },
        &BOTH,
        &Again("Network"),
    )
    .await;
    for at in [
        ResetPoint::AfterHeaders,
        ResetPoint::MidBody,
        ResetPoint::MidBodyClosed,
    ] {
        let (named, fault) = (format!("{at:?}"), Fault::Reset { at });
        check(&named, fault.clone(), &["haiku"], &Again("Network")).await;
        // Ollama's answers are streams, which end too early.
        check(&named, fault, &["fast"], &Again("StreamTruncated")).await;
    }
    let fake = FakeLlm::start().await;
    fake.refuse();
    let failed = ask(&client(&fake), &question("haiku")).await.unwrap_err();
    assert_eq!(failed.failure.code.to_string(), "Network");
    assert_eq!(failed.attempts.len(), 3);
    fake.listen_again();
    ask(&client(&fake), &question("haiku")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_model_should_not_have_said_is_asked_for_again() {
    for (how, expected) in [
        (ContentFault::Fenced, Answer),
        (ContentFault::ProseAround, Answer),
        (ContentFault::EnumCase, Answer),
        (ContentFault::Truncated, Again("InvalidJson")),
        (ContentFault::NotANumber, Again("InvalidJson")),
        (ContentFault::DuplicateKey, Again("InvalidJson")),
        (ContentFault::OutOfRange, Again("SchemaViolation")),
        (ContentFault::MissingField, Again("SchemaViolation")),
        (ContentFault::ExtraField, Again("SchemaViolation")),
        (ContentFault::Empty, Again("EmptyOutput")),
    ] {
        let named = format!("{how:?}");
        check(&named, Fault::content(how), &BOTH, &expected).await;
    }
    check("thinking", Fault::Thinking, &["haiku"], &Answer).await;
    check(
        "a block nobody knows",
        Fault::UnknownBlock,
        &["haiku"],
        &Answer,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_ended_badly_is_no_answer() {
    for (reason, aliases, expected) in [
        ("refusal", &["haiku"][..], Failure("Refused")),
        (
            "model_context_window_exceeded",
            &["haiku"],
            Failure("ContextExceeded"),
        ),
        ("max_tokens", &["haiku"], Again("OutputTruncated")),
        ("length", &["fast"], Again("OutputTruncated")),
    ] {
        let reason = reason.to_owned();
        check(&reason.clone(), Fault::Stop { reason }, aliases, &expected).await;
    }
}

/// Writes streams otherwise: what is allowed is read, what broke off is no answer.
#[tokio::test(flavor = "multi_thread")]
async fn promise_04_streams_are_read_however_they_are_written() {
    use StreamFault::{
        BlankLines, ByteOrderMark, Comments, Crlf, DuplicateStop, EofAfterStop, EofBeforeStop,
        EofMidFrame, ErrorAt, InvalidUtf8, MultiLineData, OneChunk, OversizedFrame, PingFlood,
        SplitEveryByte, UnknownEvents,
    };
    let overloaded = || ErrorAt {
        event: 3,
        error: "overloaded_error".into(),
    };
    for (how, expected) in [
        (SplitEveryByte, None),
        (OneChunk, None),
        (Crlf, None),
        (MultiLineData, None),
        (UnknownEvents, None),
        (Comments, None),
        (ByteOrderMark, None),
        (PingFlood(50), None),
        (BlankLines, None),
        (DuplicateStop, None),
        (EofAfterStop, None),
        (overloaded(), Some("Overloaded")),
        (EofBeforeStop, Some("StreamTruncated")),
        (EofMidFrame, Some("StreamTruncated")),
        (InvalidUtf8, Some("Protocol")),
        // It comes after the reason to end, with which the answer is whole.
        (OversizedFrame(2_000_000), None),
    ] {
        let fake = FakeLlm::start().await;
        fake.script(Fault::stream(how.clone()));
        let mut request = question("haiku");
        // So long an answer is streamed though nobody watches.
        request.max_output_tokens = 30_000;
        let answered = ask(&client(&fake), &request).await;
        let completion = answered.unwrap_or_else(|failed| panic!("{how:?}: {failed:?}"));
        let first = completion.attempts[0].code.map(|code| code.to_string());
        assert_eq!(first.as_deref(), expected, "{how:?}");
        fits(completion.json.as_ref().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn promise_12_silence_ends() {
    let fake = FakeLlm::start().await;
    for (at, code) in [
        (HangPoint::BeforeHeaders, "Timeout"),
        (HangPoint::BeforeFirstToken, "Timeout"),
        (HangPoint::BetweenEvents, "Timeout"),
    ] {
        fake.script(Fault::Hang { at, pings: false });
        let mut request = question("haiku");
        request.max_output_tokens = 30_000;
        let completion = ask(&client(&fake), &request).await.unwrap();
        let first = completion.attempts[0].code.map(|code| code.to_string());
        assert!(first.unwrap().starts_with(code), "{at:?}: {completion:?}");
    }
}

/// Short and long signals in turn, of a server that loads a model anew for another context.
#[tokio::test(flavor = "multi_thread")]
async fn promise_11_mixed_sizes_load_a_local_model_at_most_three_times() {
    let mut loads = Vec::new();
    for policy in [Policy::Sticky, Policy::Seed] {
        let fake = FakeLlm::start().await;
        fake.ollama(|server| server.load_ms = 0);
        let settings = LlmSettings {
            context_window_policy: policy,
            ..settings(&fake)
        };
        let client =
            Client::from_settings(settings, TokioClock::start(), Arc::new(|| 0.5)).unwrap();
        for number in 0..40_usize {
            let mut request = question("fast");
            let words = number % 2 * 3000 + number;
            request.messages[0].content = format!("signal {number} {}", "word ".repeat(words));
            ask(&client, &request).await.unwrap();
        }
        loads.push(fake.loads().len());
    }
    assert!(loads[0] <= 3 && loads[1] > 10, "{loads:?}");
}

/// A tenth of all requests goes wrong in one way or another; every question has one answer.
#[tokio::test(flavor = "multi_thread")]
async fn promise_03_a_storm_over_the_wire_leaves_exactly_one_answer_each() {
    const QUESTIONS: usize = 1_000;
    const AT_ONCE: usize = 32;
    let fake = FakeLlm::start().await;
    fake.seed(7);
    let faults: [Fault; 5] = [
        Fault::status(529).into(),
        Fault::status(500).html().into(),
        Fault::status(429).retry_after(RetryAfter::Ms(5)).into(),
        Fault::Reset {
            at: ResetPoint::MidBody,
        },
        Fault::content(ContentFault::Truncated),
    ];
    for fault in faults {
        fake.script(Rule::new(fault).path("/v1/messages").chance(0.02));
    }
    let client = client(&fake);
    let (mut asking, mut asked) = (JoinSet::new(), 0);
    let (mut answers, mut failures) = (BTreeSet::new(), Vec::new());
    while asked < QUESTIONS || !asking.is_empty() {
        while asked < QUESTIONS && asking.len() < AT_ONCE {
            let (client, number) = (client.clone(), asked);
            asking.spawn(async move {
                let mut request = question("haiku");
                request.messages[0].content = format!("signal {number}");
                (number, ask(&client, &request).await)
            });
            asked += 1;
        }
        let (number, answered) = asking.join_next().await.unwrap().unwrap();
        match answered {
            Ok(completion) => {
                fits(completion.json.as_ref().unwrap());
                assert!(answers.insert(number), "answered twice: {number}");
            }
            Err(failed) => failures.push((number, failed.failure.to_string())),
        }
    }
    assert_eq!(answers.len() + failures.len(), QUESTIONS);
    // Three attempts fail together once in a thousand; the breaker and the budget of further
    // attempts may end a few more.
    assert!(failures.len() <= QUESTIONS / 20, "{failures:?}");
    assert!(fake.count("/v1/messages") > QUESTIONS, "nothing went wrong");
}
