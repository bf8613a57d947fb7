//! The cache before a client: what is kept, under which name, and how long.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use cache::{Mode, State, Validated};
use contracts::Sha256;
use llm::{Aliases, Options, Question, Target, completion::Stop, error::Code, request::Request};
use serde_json::{Value, json};
use std::{convert::Infallible, time::Duration};
use support::{
    Scripted, Turn,
    behind::{ask, behind_a_cache, cached, impatient, state},
    both, client, fail, only, request, settings,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_answer_that_was_there_cost_nothing_and_took_no_attempt() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let cached = cached(&claude).await;
    assert!(cached.lookup(&Question::new(&request())).await.is_none());
    let first = ask(&cached, &request()).await.unwrap();
    assert_eq!((first.cache, first.attempts.len()), (State::Miss, 1));
    assert!(first.cost_usd.unwrap() > 0.0);
    let again = ask(&cached, &request()).await.unwrap();
    assert_eq!((again.cache, again.attempts.len()), (State::L1, 0));
    assert_eq!((again.cost_usd, again.usage.total_input()), (Some(0.0), 0));
    assert_eq!((&again.text, again.stop), (&first.text, Stop::Complete));
    assert_eq!(again.model_served, first.model_served);
    let looked = cached.lookup(&Question::new(&request())).await.unwrap();
    assert_eq!((looked.text.as_str(), looked.cache), ("hi", State::L1));
    assert_eq!(claude.count(), 1);
    let saved = cached.cache().stats().saved_usd;
    assert!((saved - 2.0 * first.cost_usd.unwrap()).abs() < 1e-12);
}

/// Prose instead of JSON, an object that does not fit, one that was cut short, a refusal: each is
/// a failure, and the question is asked anew.
#[tokio::test(start_paused = true)]
async fn promise_05_d01_what_does_not_fit_is_never_kept() {
    for bad in [
        Turn::Say("I cannot say."),
        Turn::Say("{\"score\": 51}"),
        Turn::End(Stop::Length),
        Turn::End(Stop::Refusal),
    ] {
        let claude = Scripted::new("claude", vec![], bad);
        let cached = cached(&claude).await;
        let mut request = request();
        request.output_schema = Some(json!({
            "type": "object", "properties": {"score": {"type": "integer", "maximum": 50}},
            "required": ["score"],
        }));
        let first = ask(&cached, &request).await.unwrap_err().attempts.len();
        let again = ask(&cached, &request).await.unwrap_err().attempts.len();
        assert_eq!((first, again), (claude.count() / 2, claude.count() / 2));
        let stats = cached.cache().stats();
        assert_eq!((stats.stores, stats.cache_size), (0, 0));
    }
}

/// What a schema cannot say is sent back like what does not fit it.
#[tokio::test(start_paused = true)]
async fn what_a_check_refuses_is_sent_back_once_and_never_kept() {
    let within = |answer: &Value| -> Result<(), Vec<String>> {
        let is_within = answer["score"].as_u64().is_some_and(|score| score <= 50);
        is_within
            .then_some(())
            .ok_or_else(|| vec!["score is over 50".into()])
    };
    let mut request = request();
    request.output_schema = Some(json!({"type": "object", "required": ["score"]}));
    let question = Question {
        options: Options {
            check: Some(&within),
            ..Options::default()
        },
        ..Question::new(&request)
    };
    let cancel = CancellationToken::new();
    let high = Turn::Say("{\"score\": 51}");
    let claude = Scripted::new("claude", vec![high.clone()], Turn::Say("{\"score\": 50}"));
    let cached = cached(&claude).await;
    let answer = cached.complete(&question, &cancel).await.unwrap();
    assert_eq!(
        (answer.text.as_str(), claude.count()),
        ("{\"score\": 50}", 2)
    );
    let told = &claude.asks()[1].messages;
    assert!(
        told.iter()
            .any(|one| one.content.contains("score is over 50"))
    );
    assert_eq!(cached.cache().stats().stores, 1);

    let claude = Scripted::new("claude", vec![], high);
    let cached = behind_a_cache(client(impatient(), &[&claude], only())).await;
    let failed = cached.complete(&question, &cancel).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::SchemaViolation);
    assert_eq!((claude.count(), cached.cache().stats().stores), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn what_another_model_said_is_not_kept_under_the_name_of_the_first() {
    let claude = Scripted::new("claude", vec![fail(Code::Refused)], Turn::Say("claude"));
    let ollama = Scripted::new("ollama", vec![], Turn::Say("gemma"));
    let cached = behind_a_cache(client(impatient(), &[&claude, &ollama], both())).await;
    let answer = ask(&cached, &request()).await.unwrap();
    assert_eq!(answer.fallback_from.as_deref(), Some("claude-haiku-5-5"));
    let next = ask(&cached, &request()).await.unwrap();
    assert_eq!((next.text.as_str(), next.cache), ("claude", State::Miss));
    assert_eq!(state(&cached, &request()).await, State::L1);
}

#[tokio::test(start_paused = true)]
async fn two_texts_that_mean_the_same_are_one_entry() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let cached = cached(&claude).await;
    let cancel = CancellationToken::new();
    let mut name = request();
    name.messages[0].content = "hiring a marketer".into();
    let mut states = Vec::new();
    for text in ["Hiring a  marketer ", "HIRING A MARKETER"] {
        let mut written = request();
        written.messages[0].content = text.into();
        let question = Question {
            named_by: Some((&name, "trim_lower")),
            ..Question::new(&written)
        };
        let answer = cached.complete(&question, &cancel).await.unwrap();
        states.push(answer.cache);
    }
    assert_eq!(states, [State::Miss, State::L1]);
    let asked = &claude.asks()[0].messages[0].content;
    assert_eq!(
        asked, "Hiring a  marketer ",
        "the model reads what was written"
    );
    // The same words without the normaliser are another question.
    assert_eq!(state(&cached, &name).await, State::Miss);
}

#[tokio::test(start_paused = true)]
async fn who_listens_is_told_an_answer_that_was_there_in_one_piece() {
    let claude = Scripted::new("claude", vec![], Turn::Say("one two three"));
    let cached = cached(&claude).await;
    let request = request();
    let mut told = Vec::new();
    for _ in 0..2 {
        let (deltas, mut pieces) = mpsc::channel(8);
        let question = Question {
            options: Options {
                deltas: Some(&deltas),
                ..Options::default()
            },
            ..Question::new(&request)
        };
        let cancel = CancellationToken::new();
        cached.complete(&question, &cancel).await.unwrap();
        drop(deltas);
        let mut seen = Vec::new();
        while let Some(piece) = pieces.recv().await {
            seen.push(piece);
        }
        told.push(seen);
    }
    assert_eq!(told[0], ["one ", "two ", "three"]);
    assert_eq!(told[1], ["one two three"]);
}

#[tokio::test(start_paused = true)]
async fn age_life_and_mode_are_as_the_request_says() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let cached = cached(&claude).await;
    let with = |mode, max_age_s, ttl_s| {
        let mut request = request();
        request.cache.mode = mode;
        request.cache.max_age_s = max_age_s;
        request.cache.ttl_s = ttl_s;
        request
    };
    let (on, day) = (Mode::On, 86_400);
    assert_eq!(state(&cached, &with(on, None, Some(0))).await, State::Miss);
    assert_eq!(
        state(&cached, &with(Mode::ReadOnly, None, None)).await,
        State::Miss
    );
    assert_eq!(
        state(&cached, &with(Mode::Off, None, None)).await,
        State::Bypass
    );
    assert_eq!(
        state(&cached, &with(on, None, Some(100))).await,
        State::Miss
    );
    assert_eq!(
        state(&cached, &with(Mode::ReadOnly, None, None)).await,
        State::L1
    );
    assert_eq!(
        state(&cached, &with(Mode::Off, None, None)).await,
        State::Bypass
    );
    tokio::time::sleep(50 * SECOND).await;
    assert_eq!(
        state(&cached, &with(on, Some(60), Some(100))).await,
        State::L1
    );
    assert_eq!(
        state(&cached, &with(on, Some(40), Some(100))).await,
        State::Miss
    );
    tokio::time::sleep(111 * SECOND).await;
    assert_eq!(
        state(&cached, &with(on, None, Some(day))).await,
        State::Miss,
        "its life was over"
    );
    assert_eq!(
        state(&cached, &with(Mode::Refresh, None, None)).await,
        State::Miss
    );
    assert_eq!(
        state(&cached, &with(Mode::WriteOnly, None, None)).await,
        State::Miss
    );
    assert_eq!(state(&cached, &with(on, None, None)).await, State::L1);
}

#[tokio::test(start_paused = true)]
async fn promise_06_another_model_template_schema_or_temperature_is_another_entry() {
    let claude = Scripted::new("claude", vec![], Turn::Say("{}"));
    let ollama = Scripted::new("ollama", vec![], Turn::Say("{}"));
    let aliases = both()
        .with("b", vec![Target::new("claude", "claude-sonnet-5-5")])
        .with("c", vec![Target::new("ollama", "gemma3:1b")]);
    let cached = behind_a_cache(client(impatient(), &[&claude, &ollama], aliases)).await;
    type Change = fn(&mut Request);
    let changes: [Change; 9] = [
        |_| {},
        |request| request.alias = "b".into(),
        |request| request.alias = "c".into(),
        |request| request.task = "lead.dossier".into(),
        |request| request.system = Some("Another template.".into()),
        |request| request.messages[0].content.push('!'),
        |request| request.output_schema = Some(json!({"type": "object"})),
        |request| request.sampling.temperature = Some(0.3),
        |request| request.max_output_tokens = 701,
    ];
    for expected in [State::Miss, State::L1] {
        for (number, change) in changes.iter().enumerate() {
            let mut request = request();
            change(&mut request);
            assert_eq!(state(&cached, &request).await, expected, "change {number}");
        }
    }
    // What shapes no answer is none.
    let mut same = request();
    same.request_id = uuid::Uuid::max();
    same.deadline_ms = Some(60_000);
    same.trace.traceparent = Some("00-1".into());
    assert_eq!(state(&cached, &same).await, State::L1);
}

/// Something else under the name of an answer is no answer, and no reason to fail.
#[tokio::test(start_paused = true)]
async fn an_entry_that_is_none_is_produced_anew() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let cached = cached(&claude).await;
    let print = cached.client().fingerprint(&request(), "none").unwrap();
    let task = cache::Task::new("signal.classify").unwrap();
    let key = cache::Key::of(&task, &json!(Sha256::of(&print).to_string()));
    let poison = cache::Request {
        schema: Some("completion.v1".into()),
        ..cache::Request::new(key)
    };
    let Ok(value) = Validated::new("no answer", |_| Ok::<(), Infallible>(()));
    let begun = cached.cache().begin(&poison);
    assert!(cached.cache().store(&poison, &begun, value, None).await);
    let mut reader = request();
    reader.cache.mode = Mode::ReadOnly;
    assert_eq!(state(&cached, &reader).await, State::Bypass);
    let answer = ask(&cached, &request()).await.unwrap();
    assert_eq!((answer.text.as_str(), answer.cache), ("hi", State::Miss));
    assert_eq!(state(&cached, &request()).await, State::L1);
}

#[tokio::test(start_paused = true)]
async fn a_question_about_somebody_can_be_forgotten() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let cached = cached(&claude).await;
    let request = request();
    let about = Question {
        subject: Some("signal-7"),
        ..Question::new(&request)
    };
    let cancel = CancellationToken::new();
    cached.complete(&about, &cancel).await.unwrap();
    cached.cache().forget("signal-7").await;
    assert_eq!(state(&cached, &request).await, State::Miss);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_is_refused_before() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let nobody = behind_a_cache(client(settings(), &[&claude], Aliases::default())).await;
    let failed = ask(&nobody, &request()).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::ModelNotFound);
    let mut odd = request();
    odd.task = "no task: *".into();
    let cached = cached(&claude).await;
    let failed = ask(&cached, &odd).await.unwrap_err();
    assert_eq!((failed.failure.code, claude.count()), (Code::BadRequest, 0));
}
