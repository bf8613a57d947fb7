//! Breakers, budgets, limits and health around questions, against providers that do as they are
//! told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use llm::{
    Aliases, Client, Options, Target,
    budget::Budget,
    completion::{Completion, Usage},
    error::Code,
    health::HealthState,
    request::Request,
};
use std::time::Duration;
use support::{Scripted, Turn, both, client, fail, only, request, settings};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

async fn ask(client: &Client, request: &Request) -> Result<Completion, llm::Failed> {
    client
        .complete(request, &CancellationToken::new(), Options::default())
        .await
}

#[tokio::test(start_paused = true)]
async fn a_model_that_mostly_fails_is_left_alone_and_the_next_one_asked() {
    let claude = Scripted::new("claude", vec![], fail(Code::ServerError));
    let ollama = Scripted::new("ollama", vec![], Turn::Say("hi"));
    let mut settings = settings();
    settings.llm_max_attempts = 1;
    let client = client(settings, &[&claude, &ollama], both());
    for _ in 0..30 {
        assert!(ask(&client, &request()).await.is_ok());
    }
    assert_eq!(claude.count(), 20);
    let reports = client.health();
    let report = reports
        .iter()
        .find(|report| report.provider == "claude")
        .unwrap();
    assert_eq!(report.state, HealthState::Unhealthy);
    assert!(client.is_ready("a"), "the other one is well");
    tokio::time::sleep(Duration::from_secs(31)).await;
    ask(&client, &request()).await.unwrap();
    assert_eq!(claude.count(), 21, "one to see how it goes");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_is_not_tried_again_and_again() {
    let claude = Scripted::new("claude", vec![], fail(Code::Auth));
    let client = client(settings(), &[&claude], only());
    for _ in 0..5 {
        let failed = ask(&client, &request()).await.unwrap_err();
        assert_eq!(failed.failure.code, Code::Auth, "and it says why");
    }
    assert_eq!(claude.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn further_attempts_stay_few_when_everything_fails() {
    let claude = Scripted::new("claude", vec![], fail(Code::Conflict));
    let mut settings = settings();
    settings.llm_retry_base_ms = 1;
    let client = client(settings, &[&claude], only());
    for _ in 0..100 {
        ask(&client, &request()).await.unwrap_err();
    }
    let further = claude.count() - 100;
    assert!((15..=21).contains(&further), "{further}");
}

#[tokio::test(start_paused = true)]
async fn money_is_set_aside_before_and_counted_after() {
    let usage = Usage {
        input: 1_000_000,
        ..Usage::default()
    };
    let claude = Scripted::new("claude", vec![], Turn::Counted("hi", usage));
    let mut settings = settings();
    settings.llm_budget_usd_day = 0.9;
    let client = client(settings, &[&claude], only());
    ask(&client, &request()).await.unwrap();
    assert!((client.budget().spent_usd() - 0.5).abs() < 1e-9);
    ask(&client, &request()).await.unwrap();
    let failed = ask(&client, &request()).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::QuotaExhausted);
    assert!(failed.failure.retry_after.is_some());
    assert_eq!(claude.count(), 2);
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    ask(&client, &request()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_video_has_money_of_its_own() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let client = client(settings(), &[&claude], only());
    let budget = Budget::of_video(0.000_001);
    let options = Options {
        budget: Some(&budget),
        ..Options::default()
    };
    let failed = client
        .complete(&request(), &CancellationToken::new(), options)
        .await
        .unwrap_err();
    assert_eq!(failed.failure.code, Code::QuotaExhausted);
    assert!(ask(&client, &request()).await.is_ok(), "others go on");
}

#[tokio::test(start_paused = true)]
async fn a_local_model_is_asked_one_at_a_time() {
    let second = Duration::from_secs(1);
    let ollama = Scripted::taking("ollama", vec![], Turn::Say("hi"), second);
    let aliases = Aliases::default().with("a", vec![Target::new("ollama", "gemma3:1b")]);
    let client = client(settings(), &[&ollama], aliases);
    let (one, two, three) = (request(), request(), request());
    let began = Instant::now();
    let (one, two, three) =
        tokio::join!(ask(&client, &one), ask(&client, &two), ask(&client, &three));
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(began.elapsed(), 3 * second);
    assert_eq!(three.unwrap().latency.queue_ms, 2000);
    let ask = &ollama.asks()[0];
    assert_eq!((ask.window, ask.stream), (Some(2048), true));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_fits_no_context_is_not_asked() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let ollama = Scripted::new("ollama", vec![], Turn::Say("hi"));
    let chain = vec![
        Target::new("ollama", "gemma3:1b"),
        Target::new("claude", "claude-haiku-5-5"),
    ];
    let aliases = Aliases::default().with("a", chain);
    let client = client(settings(), &[&claude, &ollama], aliases);
    let mut request = request();
    request.messages[0].content = "word ".repeat(30_000);
    let answer = ask(&client, &request).await.unwrap();
    assert_eq!(
        (ollama.count(), answer.model_served.as_str()),
        (0, "claude-haiku-5-5")
    );
    request.messages[0].content = "word ".repeat(3_000_000);
    let failed = ask(&client, &request).await.unwrap_err();
    assert_eq!(
        (failed.failure.code, failed.attempts.len()),
        (Code::ContextExceeded, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn promise_11_a_question_that_was_cut_is_noticed() {
    let cut = Usage {
        input: 2048,
        output: 9,
        ..Usage::default()
    };
    let ollama = Scripted::new("ollama", vec![], Turn::Counted("hi", cut));
    let aliases = Aliases::default().with("a", vec![Target::new("ollama", "gemma3:1b")]);
    let client = client(settings(), &[&ollama], aliases);
    let mut request = request();
    request.messages[0].content = "word ".repeat(2720);
    request.max_output_tokens = 50;
    let failed = ask(&client, &request).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::ContextExceeded);
}

#[tokio::test(start_paused = true)]
async fn vectors_are_asked_for_with_the_same_care() {
    let ollama = Scripted::new("ollama", vec![fail(Code::Overloaded)], Turn::Say(""));
    let aliases =
        Aliases::default().with("embedding", vec![Target::new("ollama", "nomic-embed-text")]);
    let client = client(settings(), &[&ollama], aliases);
    let texts = ["a".to_owned(), "b".to_owned()];
    let minute = Duration::from_secs(60);
    let cancel = CancellationToken::new();
    let found = client
        .embed("embedding", &texts, minute, &cancel)
        .await
        .unwrap();
    assert_eq!(found.vectors.len(), 2);
    let failure = client
        .embed("nobody", &texts, minute, &cancel)
        .await
        .unwrap_err();
    assert_eq!(failure.code, Code::ModelNotFound);
}

#[tokio::test(start_paused = true)]
async fn probes_tell_who_is_well() {
    let claude = Scripted::new("claude", vec![], Turn::Say("hi"));
    let ollama = Scripted::new("ollama", vec![], fail(Code::Network));
    let client = client(settings(), &[&claude, &ollama], both());
    let cancel = CancellationToken::new();
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(40)).await;
        cancel.cancel();
    };
    tokio::join!(client.watch(&cancel), stopping);
    let states: Vec<_> = client
        .health()
        .iter()
        .map(|report| (report.state, report.error_count))
        .collect();
    assert_eq!(
        states,
        [(HealthState::Healthy, 0), (HealthState::Unhealthy, 3)]
    );
}

#[tokio::test(start_paused = true)]
async fn promise_03_a_storm_of_ten_thousand_loses_nothing() {
    const QUESTIONS: usize = 10_000;
    let codes: Vec<Code> = Code::all()
        .filter(|code| !matches!(code, Code::Auth | Code::QuotaExhausted))
        .collect();
    let mut kinds = codes.iter().cycle();
    let turns = (0..QUESTIONS * 2).map(|n| match n % 10 {
        3 => fail(*kinds.next().unwrap()),
        _ => Turn::Say("hi"),
    });
    let took = Duration::from_millis(20);
    let claude = Scripted::taking("claude", turns.collect(), Turn::Say("hi"), took);
    let ollama = Scripted::taking("ollama", vec![], Turn::Say("hi"), took);
    let mut settings = settings();
    // Half of the failures count, so that the breaker would open now and then.
    settings.llm_breaker_ratio = 0.5;
    settings.llm_retry_base_ms = 10;
    let client = client(settings, &[&claude, &ollama], both());
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..QUESTIONS {
        let client = client.clone();
        asking.spawn(async move { ask(&client, &request()).await });
    }
    let (mut answered, mut failed, mut asked) = (0, 0, 0);
    while let Some(result) = asking.join_next().await {
        match result.unwrap() {
            Ok(answer) => {
                answered += 1;
                asked += answer.attempts.len();
                assert_eq!(answer.attempts.last().unwrap().code, None);
            }
            Err(error) => {
                failed += 1;
                asked += error.attempts.len();
                assert!(error.failure.code.rule().fallback != llm::error::Fallback::Any);
            }
        }
    }
    assert_eq!(answered + failed, QUESTIONS);
    assert_eq!(
        asked,
        claude.count() + ollama.count(),
        "every attempt belongs to one question"
    );
    assert!(
        answered > QUESTIONS * 9 / 10 && failed > 0,
        "{answered} answered, {failed} failed"
    );
    for report in client.health() {
        assert_eq!(
            (report.in_flight, report.queue_depth),
            (0, 0),
            "{}",
            report.model
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_leaves_nothing_behind() {
    let claude = Scripted::new("claude", vec![Turn::Hang], Turn::Say("hi"));
    let mut settings = settings();
    settings.llm_max_concurrency = 1;
    settings.llm_budget_usd_day = 0.003;
    let client = client(settings, &[&claude], only());
    let hanging = tokio::time::timeout(Duration::from_secs(1), async {
        ask(&client, &request()).await
    });
    assert!(hanging.await.is_err());
    assert_eq!(client.health()[0].in_flight, 0);
    assert!(
        ask(&client, &request()).await.is_ok(),
        "neither room nor money is missing"
    );
}

#[tokio::test(start_paused = true)]
async fn what_nobody_counted_is_estimated_and_said_to_be() {
    let uncounted = Usage {
        estimated: true,
        ..Usage::default()
    };
    let claude = Scripted::new("claude", vec![], Turn::Counted("a few words", uncounted));
    let answer = ask(&client(settings(), &[&claude], only()), &request())
        .await
        .unwrap();
    assert!(answer.usage.estimated && answer.usage.input > 0 && answer.usage.output > 0);
    assert!(answer.cost_usd.unwrap() > 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_hangs_has_failed() {
    let claude = Scripted::new("claude", vec![], Turn::Hang);
    let client = client(settings(), &[&claude], only());
    for _ in 0..3 {
        client.probe(&CancellationToken::new()).await;
    }
    let report = &client.health()[0];
    assert_eq!(
        (report.state, report.error_count),
        (HealthState::Unhealthy, 3)
    );
    assert!(!client.is_ready("a"));
}
