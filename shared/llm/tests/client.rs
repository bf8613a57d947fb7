//! One question through a chain of models, against providers that do as they are told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use llm::{
    Aliases, Client, ClientError, ClientParts, Options, Target,
    catalogue::Catalogue,
    completion::{Completion, Stop},
    error::{Code, Failure, Wait},
    provider::Provider,
    request::{Request, Role},
    settings::LlmSettings,
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use support::{
    Scripted, TokioClock, Turn, both, client, fail, fail_after, only, request, settings,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

async fn ask(client: &Client, request: &Request) -> Result<Completion, llm::Failed> {
    client
        .complete(request, &CancellationToken::new(), Options::default())
        .await
}

fn codes(attempts: &[llm::completion::Attempt]) -> Vec<Option<Code>> {
    attempts.iter().map(|attempt| attempt.code).collect()
}

#[tokio::test(start_paused = true)]
async fn an_answer_says_where_it_comes_from_and_what_it_cost() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let client = client(settings(), &[&claude], only());
    let mut request = request();
    request.sampling.top_k = Some(4);
    let answer = ask(&client, &request).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.stop), ("hi", Stop::Complete));
    assert_eq!(answer.model_requested, "claude-haiku-5-5");
    assert_eq!(answer.dropped_params, ["top_k"]);
    assert_eq!((answer.usage.input, answer.usage.output), (100, 10));
    assert!((answer.cost_usd.unwrap() - (100.0 * 0.1 + 10.0 * 0.5) / 1e6).abs() < 1e-15);
    assert_eq!(answer.attempts.len(), 1);
    assert_eq!(
        answer.attempts[0].provider_request_id.as_deref(),
        Some("req_1")
    );
    assert_eq!(answer.fallback_from, None);
    let written = serde_json::to_value(&answer).unwrap();
    assert_eq!(
        (&written["cache"], &written["stop"]),
        (&"miss".into(), &"complete".into())
    );
}

/// Every reason of the table: how often one model is asked, and whether the next one is.
#[tokio::test(start_paused = true)]
async fn promise_01_every_reason_has_the_attempts_that_were_agreed_on() {
    for code in Code::all() {
        let (attempts, falls_back) = match code {
            Code::RateLimited
            | Code::Overloaded
            | Code::ServerError
            | Code::Network
            | Code::StreamTruncated
            | Code::Protocol
            | Code::Conflict
            | Code::Timeout(_) => (3, true),
            Code::InvalidJson
            | Code::SchemaViolation
            | Code::EmptyOutput
            | Code::DegenerateOutput => (2, true),
            Code::OutputTruncated => (2, false),
            Code::QuotaExhausted | Code::Refused | Code::Auth | Code::ModelNotFound => (1, true),
            // The other model has a smaller context.
            Code::ContextExceeded => (1, false),
            Code::BadRequest | Code::Cancelled | Code::DeadlineExceeded => (1, false),
        };
        let usual = match code {
            Code::Cancelled => Turn::Fail(Failure::new(code, "as told")),
            code => fail(code),
        };
        let claude = Scripted::new("claude", vec![], usual);
        let ollama = Scripted::new("ollama", vec![], Turn::Say("hi"));
        let client = client(settings(), &[&claude, &ollama], both());
        let result = ask(&client, &request()).await;
        assert_eq!(claude.count(), attempts, "{code}");
        assert_eq!(ollama.count(), usize::from(falls_back), "{code}");
        match result {
            Ok(answer) => {
                assert!(falls_back, "{code}");
                assert_eq!(answer.fallback_from.as_deref(), Some("claude-haiku-5-5"));
                assert_eq!(answer.model_served, "gemma3:1b");
                assert_eq!(answer.attempts.len(), attempts + 1);
            }
            Err(failed) => {
                assert!(!falls_back, "{code}");
                assert_eq!(failed.failure.code, code);
                assert_eq!(failed.failure.model, "claude-haiku-5-5");
                assert_eq!(codes(&failed.attempts), vec![Some(code); attempts]);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn promise_01_waits_double_and_never_undercut_the_provider() {
    let claude = Scripted::new("claude", vec![], fail(Code::Overloaded));
    ask(&client(settings(), &[&claude], only()), &request())
        .await
        .unwrap_err();
    assert_eq!(
        claude.waits(),
        [Duration::from_secs(1), Duration::from_secs(2)]
    );
    let asked = fail_after(Code::RateLimited, Duration::from_secs(7));
    let claude = Scripted::new("claude", vec![asked], Turn::Say("hi"));
    let answer = ask(&client(settings(), &[&claude], only()), &request())
        .await
        .unwrap();
    assert_eq!(claude.waits(), [Duration::from_millis(7700)]);
    assert_eq!(codes(&answer.attempts), [Some(Code::RateLimited), None]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_handed_on() {
    let asked = fail_after(Code::RateLimited, Duration::from_secs(11));
    let claude = Scripted::new("claude", vec![], asked);
    let began = Instant::now();
    let failed = ask(&client(settings(), &[&claude], only()), &request())
        .await
        .unwrap_err();
    assert_eq!((claude.count(), began.elapsed()), (1, Duration::ZERO));
    assert_eq!(failed.failure.retry_after, Some(Duration::from_secs(11)));
}

#[tokio::test(start_paused = true)]
async fn the_provider_may_forbid_and_demand_another_attempt() {
    let told = |code, status, again| {
        let mut failure = Failure::new(code, "as told");
        failure.status = Some(status);
        failure.should_retry = Some(again);
        Turn::Fail(failure)
    };
    let claude = Scripted::new("claude", vec![], told(Code::Overloaded, 529, false));
    ask(&client(settings(), &[&claude], only()), &request())
        .await
        .unwrap_err();
    assert_eq!(claude.count(), 1);
    let claude = Scripted::new(
        "claude",
        vec![told(Code::BadRequest, 400, true)],
        Turn::Say("hi"),
    );
    assert!(
        ask(&client(settings(), &[&claude], only()), &request())
            .await
            .is_ok()
    );
}

fn scored() -> Request {
    let mut request = request();
    request.output_schema = Some(json!({
        "type": "object",
        "properties": {"score": {"type": "integer", "minimum": 0, "maximum": 50}, "role": {"enum": ["none"]}},
        "required": ["score"], "additionalProperties": false,
    }));
    request
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_fit_is_sent_back_once() {
    let claude = Scripted::new(
        "claude",
        vec![
            Turn::Say("{\"score\": 51}"),
            Turn::Say("```json\n{\"score\": 50, \"role\": \"None\"}\n```"),
        ],
        Turn::Say("never"),
    );
    let client = client(settings(), &[&claude], only());
    let answer = ask(&client, &scored()).await.unwrap();
    assert_eq!(answer.json, Some(json!({"score": 50, "role": "none"})));
    assert_eq!(codes(&answer.attempts), [Some(Code::SchemaViolation), None]);
    assert_eq!(answer.usage.output, 20, "both are paid for");
    assert!((answer.cost_usd.unwrap() - 2.0 * (100.0 * 0.1 + 10.0 * 0.5) / 1e6).abs() < 1e-15);
    let asks = claude.asks();
    assert_eq!(asks[0].messages.len(), 1);
    let said: Vec<Role> = asks[1].messages.iter().map(|said| said.role).collect();
    assert_eq!(said, [Role::User, Role::Assistant, Role::User]);
    let sent_back = &asks[1].messages[2].content;
    assert!(
        sent_back.contains("/score") && sent_back.contains("50"),
        "{sent_back}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_no_json_is_never_made_up() {
    let claude = Scripted::new("claude", vec![], Turn::Say("I cannot say."));
    let failed = ask(&client(settings(), &[&claude], only()), &scored())
        .await
        .unwrap_err();
    assert_eq!(failed.failure.code, Code::InvalidJson);
    assert_eq!(claude.count(), 2);
    assert!(
        !failed.failure.to_string().contains("cannot say"),
        "answers are not told"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_did_not_fit_gets_twice_the_room_once() {
    let claude = Scripted::new("claude", vec![Turn::End(Stop::Length)], Turn::Say("hi"));
    let answer = ask(&client(settings(), &[&claude], only()), &request())
        .await
        .unwrap();
    let rooms: Vec<u32> = claude
        .asks()
        .iter()
        .map(|ask| ask.max_output_tokens)
        .collect();
    assert_eq!(rooms, [700, 1400]);
    assert_eq!(answer.usage.output, 20);
    let claude = Scripted::new("claude", vec![], Turn::End(Stop::Length));
    let mut large = request();
    large.max_output_tokens = 128_000;
    let failed = ask(&client(settings(), &[&claude], only()), &large)
        .await
        .unwrap_err();
    assert_eq!(
        (failed.failure.code, claude.count()),
        (Code::OutputTruncated, 1),
        "there is no more"
    );
}

#[tokio::test(start_paused = true)]
async fn reasons_to_end_are_no_answers() {
    for (stop, code) in [
        (Stop::Refusal, Code::Refused),
        (Stop::ContextExceeded, Code::ContextExceeded),
        (Stop::Tool, Code::Protocol),
    ] {
        let claude = Scripted::new("claude", vec![], Turn::End(stop));
        let failed = ask(&client(settings(), &[&claude], only()), &request())
            .await
            .unwrap_err();
        assert_eq!(failed.failure.code, code);
        assert!(failed.usage.output > 0, "they are paid for all the same");
    }
    let claude = Scripted::new("claude", vec![Turn::Say(" \n")], Turn::Say("hi"));
    let answer = ask(&client(settings(), &[&claude], only()), &request())
        .await
        .unwrap();
    assert_eq!(codes(&answer.attempts), [Some(Code::EmptyOutput), None]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_holds_for_all_of_it() {
    let claude = Scripted::new("claude", vec![], Turn::Hang);
    let client = client(settings(), &[&claude], only());
    let mut request = request();
    request.deadline_ms = Some(8_000);
    let began = Instant::now();
    let failed = ask(&client, &request).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::DeadlineExceeded);
    assert_eq!(began.elapsed(), Duration::from_secs(8));
    request.deadline_ms = None;
    let failed = ask(&client, &request).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::Timeout(Wait::Total));
    assert_eq!(failed.attempts.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_called_off_ends_at_once_wherever_it_is() {
    for usual in [Turn::Hang, fail(Code::Overloaded)] {
        let claude = Scripted::new("claude", vec![], usual);
        let client = client(settings(), &[&claude], only());
        let cancel = CancellationToken::new();
        let request = request();
        let asking = client.complete(&request, &cancel, Options::default());
        let calling_off = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            cancel.cancel();
        };
        let began = Instant::now();
        let (result, ()) = tokio::join!(asking, calling_off);
        assert!(result.is_err());
        assert_eq!(began.elapsed(), Duration::from_millis(500));
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_first_piece_nothing_is_asked_again() {
    let turns = vec![
        fail(Code::Overloaded),
        Turn::SayThenFail("one two", Code::StreamTruncated),
    ];
    let claude = Scripted::new("claude", turns, Turn::Say("three"));
    let ollama = Scripted::new("ollama", vec![], Turn::Say("four"));
    let client = client(settings(), &[&claude, &ollama], both());
    let (deltas, mut pieces) = mpsc::channel(8);
    let options = Options {
        deltas: Some(&deltas),
        ..Options::default()
    };
    let failed = client
        .complete(&request(), &CancellationToken::new(), options)
        .await
        .unwrap_err();
    assert_eq!(failed.failure.code, Code::StreamTruncated);
    assert_eq!((claude.count(), ollama.count()), (2, 0));
    drop(deltas);
    let mut seen = Vec::new();
    while let Some(piece) = pieces.recv().await {
        seen.push(piece);
    }
    assert_eq!(seen, ["one ", "two"]);
}

#[tokio::test(start_paused = true)]
async fn who_stops_listening_calls_it_off() {
    let long: &'static str = Box::leak("word ".repeat(99).into_boxed_str());
    let claude = Scripted::new("claude", vec![], Turn::Say(long));
    let client = client(settings(), &[&claude], only());
    let (deltas, pieces) = mpsc::channel(1);
    drop(pieces);
    let options = Options {
        deltas: Some(&deltas),
        ..Options::default()
    };
    let result = client
        .complete(&request(), &CancellationToken::new(), options)
        .await;
    assert_eq!(result.unwrap_err().failure.code, Code::Cancelled);
    assert_eq!(claude.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_parameter_can_be_demanded() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let mut settings = settings();
    settings.llm_strict_params = true;
    let client = client(settings, &[&claude], only());
    let mut request = request();
    request.sampling.top_k = Some(1);
    let failed = ask(&client, &request).await.unwrap_err();
    assert_eq!((failed.failure.code, claude.count()), (Code::BadRequest, 0));
}

#[tokio::test]
async fn promise_05_d03_the_fingerprint_is_that_of_what_shapes_the_answer() {
    let print = |aliases: Aliases, request: &Request, normaliser: &str| {
        let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
        let ollama = Scripted::new("ollama", vec![], Turn::Say("hi"));
        let client = client(settings(), &[&claude, &ollama], aliases);
        String::from_utf8(client.fingerprint(request, normaliser).unwrap()).unwrap()
    };
    let usual = print(only(), &scored(), "none");
    assert!(usual.starts_with("{\"api_version\":"), "{usual}");
    let shapeless = ["keep_alive", "\"stream\"", "request_id"];
    assert!(
        shapeless.iter().all(|name| !usual.contains(name)),
        "{usual}"
    );
    let mut same = scored();
    same.request_id = uuid::Uuid::max();
    same.deadline_ms = Some(7);
    same.trace.traceparent = Some("00-1".into());
    let reordered = json!({"additionalProperties": false, "required": ["score"],
        "properties": {"role": {"enum": ["none"]}, "score": {"maximum": 50, "minimum": 0, "type": "integer"}}, "type": "object"});
    same.output_schema = Some(reordered);
    assert_eq!(print(only(), &same, "none"), usual);
    type Change = fn(&mut Request);
    let changes: [Change; 5] = [
        |request| request.system = Some("x".into()),
        |request| request.messages[0].content = "Hello".into(),
        |request| request.sampling.temperature = Some(0.1),
        |request| request.max_output_tokens += 1,
        |request| request.output_schema = Some(json!({"type": "object"})),
    ];
    for change in changes {
        let mut other = scored();
        change(&mut other);
        assert_ne!(print(only(), &other, "none"), usual);
    }
    assert_ne!(print(only(), &scored(), "trim_lower"), usual);
    let chain = vec![Target::new("ollama", "gemma3:1b")];
    assert_ne!(
        print(Aliases::default().with("a", chain), &scored(), "none"),
        usual
    );
}

#[tokio::test]
async fn a_client_that_cannot_work_is_refused() {
    let make = |aliases: Aliases, settings: LlmSettings| {
        let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
        Client::new(ClientParts {
            settings,
            catalogue: Catalogue::built_in().unwrap(),
            providers: vec![claude as Arc<dyn Provider>],
            aliases,
            clock: TokioClock::start(),
            random: Arc::new(|| 0.5),
        })
        .err()
    };
    let retired =
        Aliases::default().with("a", vec![Target::new("claude", "claude-3-haiku-20240307")]);
    assert!(matches!(
        make(retired.clone(), settings()),
        Some(ClientError::Retired(_))
    ));
    let allowed = LlmSettings {
        allow_retired_models: true,
        ..settings()
    };
    assert!(make(retired, allowed).is_none());
    assert!(matches!(
        make(both(), settings()),
        Some(ClientError::NoProvider { .. })
    ));
    let empty = Aliases::default().with("a", vec![]);
    assert!(matches!(
        make(empty, settings()),
        Some(ClientError::NoModel(_))
    ));
    let bad = LlmSettings {
        llm_max_attempts: 0,
        ..settings()
    };
    assert!(matches!(make(only(), bad), Some(ClientError::Settings(_))));
}

#[tokio::test]
async fn a_client_of_settings_knows_its_aliases() {
    let random: llm::Random = Arc::new(|| 0.5);
    let plain =
        Client::from_settings(LlmSettings::default(), TokioClock::start(), random.clone()).unwrap();
    assert!(plain.is_ready("fast") && plain.is_ready("deep") && !plain.is_ready("haiku"));
    let keyed = LlmSettings {
        claude_api_key: Some("sk-test".into()),
        ..LlmSettings::default()
    };
    let keyed = Client::from_settings(keyed, TokioClock::start(), random).unwrap();
    let models: Vec<String> = keyed
        .health()
        .into_iter()
        .map(|report| report.model)
        .collect();
    assert!(
        models.contains(&"claude-haiku-5-5".to_owned()),
        "{models:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_provider_cannot_call_a_question_off() {
    let mut failure = Failure::new(Code::Cancelled, "as told");
    failure.status = Some(499);
    let claude = Scripted::new("claude", vec![Turn::Fail(failure)], Turn::Say("hi"));
    let answer = ask(&client(settings(), &[&claude], only()), &request())
        .await
        .unwrap();
    assert_eq!(codes(&answer.attempts), [Some(Code::ServerError), None]);
}

#[tokio::test(start_paused = true)]
async fn promise_12_long_answers_are_streamed_and_may_take_long() {
    let long = Duration::from_secs(1000);
    let claude = Scripted::taking("claude", vec![], Turn::Say("hi"), long);
    let client = client(settings(), &[&claude], only());
    let mut request = request();
    assert!(ask(&client, &request).await.is_err(), "a short one may not");
    request.max_output_tokens = 60_000;
    assert!(ask(&client, &request).await.is_ok());
    let streamed: Vec<bool> = claude.asks().iter().map(|ask| ask.stream).collect();
    assert_eq!(streamed, [false, false, false, true]);
}
