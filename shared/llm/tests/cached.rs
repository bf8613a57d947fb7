//! Many questions before a cache at the same time: who asks, who waits, and what they share.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use cache::State;
use llm::{
    Cached, Failed, Options, Question, budget::Budget, completion::Completion, error::Code,
    request::Request,
};
use std::{sync::Arc, time::Duration};
use support::{
    Scripted, Turn,
    behind::{Answered, ask, cached, state},
    fail, request,
};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;

const SECOND: Duration = Duration::from_secs(1);

/// Questions that are asked at the same time.
struct Crowd {
    cached: Cached,
    asking: JoinSet<Answered>,
}

impl Crowd {
    async fn before(scripted: &Arc<Scripted>) -> Self {
        Self {
            cached: cached(scripted).await,
            asking: JoinSet::new(),
        }
    }

    fn ask(&mut self, request: Request) -> AbortHandle {
        let cached = self.cached.clone();
        self.asking
            .spawn(async move { ask(&cached, &request).await })
    }

    /// On one thread whoever was let go on has come to where it waits.
    async fn settle() {
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
    }

    async fn answers(mut self) -> Vec<Answered> {
        let mut answers = Vec::new();
        while let Some(ended) = self.asking.join_next().await {
            answers.extend(ended.ok());
        }
        answers
    }
}

fn count(answers: &[Answered], state: State) -> usize {
    let answered = answers.iter().flatten();
    answered.filter(|answer| answer.cache == state).count()
}

#[tokio::test(start_paused = true)]
async fn promise_09_a_hundred_identical_questions_are_one_call() {
    let claude = Scripted::taking("claude", vec![], Turn::Say("hi"), SECOND);
    let mut crowd = Crowd::before(&claude).await;
    for _ in 0..100 {
        crowd.ask(request());
    }
    let answers = crowd.answers().await;
    assert_eq!(claude.count(), 1);
    assert_eq!(count(&answers, State::Miss), 1);
    assert_eq!(count(&answers, State::Coalesced), 99);
    let paid = |answer: &&Completion| answer.cost_usd.unwrap() > 0.0;
    assert_eq!(answers.iter().flatten().filter(paid).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn promise_09_a_leader_that_is_cancelled_costs_exactly_one_call_more() {
    let claude = Scripted::taking("claude", vec![], Turn::Say("hi"), SECOND);
    let mut crowd = Crowd::before(&claude).await;
    let leader = crowd.ask(request());
    Crowd::settle().await;
    assert_eq!(claude.count(), 1);
    for _ in 0..99 {
        crowd.ask(request());
    }
    Crowd::settle().await;
    leader.abort();
    let answers = crowd.answers().await;
    assert_eq!(claude.count(), 2, "exactly one more");
    assert_eq!(answers.iter().flatten().count(), 99);
    assert_eq!(count(&answers, State::Coalesced), 98);
}

/// The token, not the task: the same must come of it.
#[tokio::test(start_paused = true)]
async fn promise_09_a_leader_that_is_called_off_hands_over() {
    let claude = Scripted::taking("claude", vec![], Turn::Say("hi"), SECOND);
    let cached = cached(&claude).await;
    let (request, off) = (request(), CancellationToken::new());
    let question = Question::new(&request);
    let on = CancellationToken::new();
    let calling_off = async {
        tokio::time::sleep(SECOND / 2).await;
        off.cancel();
    };
    let asking = (
        cached.complete(&question, &off),
        cached.complete(&question, &on),
    );
    let (leader, other, ()) = tokio::join!(asking.0, asking.1, calling_off);
    assert_eq!(leader.unwrap_err().failure.code, Code::Cancelled);
    assert_eq!(other.unwrap().cache, State::Miss);
    assert_eq!(claude.count(), 2);
}

/// A leader whose listener hangs up, whose time is over or whose money is spent fails for reasons
/// of its own.
#[tokio::test(start_paused = true)]
async fn what_concerns_the_leader_alone_is_not_shared() {
    let long: &'static str = Box::leak("word ".repeat(99).into_boxed_str());
    let claude = Scripted::taking("claude", vec![], Turn::Say(long), SECOND);
    let cached = cached(&claude).await;
    let (plain, cancel) = (request(), CancellationToken::new());
    let (deltas, pieces) = mpsc::channel(1);
    drop(pieces);
    let nobody_listens = Question {
        options: Options {
            deltas: Some(&deltas),
            ..Options::default()
        },
        ..Question::new(&plain)
    };
    let mut hurried = request();
    hurried.deadline_ms = Some(500);
    let spent = Budget::of_video(0.000_001);
    let without_money = Question {
        options: Options {
            budget: Some(&spent),
            ..Options::default()
        },
        ..Question::new(&plain)
    };
    for (leader, code) in [
        (nobody_listens, Code::Cancelled),
        (Question::new(&hurried), Code::DeadlineExceeded),
        (without_money, Code::QuotaExhausted),
    ] {
        cached.cache().clear(&cache::Scope::All).await;
        let other = Question::new(&plain);
        let (failed, answered) = tokio::join!(
            cached.complete(&leader, &cancel),
            cached.complete(&other, &cancel)
        );
        assert_eq!(failed.unwrap_err().failure.code, code);
        assert_eq!(answered.unwrap().cache, State::Miss, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_another_waits_no_longer_than_its_own_deadline() {
    let claude = Scripted::taking("claude", vec![], Turn::Say("hi"), 60 * SECOND);
    let mut crowd = Crowd::before(&claude).await;
    crowd.ask(request());
    Crowd::settle().await;
    let mut hurried = request();
    hurried.deadline_ms = Some(2000);
    let began = tokio::time::Instant::now();
    let failed = ask(&crowd.cached, &hurried).await.unwrap_err();
    assert_eq!(failed.failure.code, Code::DeadlineExceeded);
    assert_eq!(began.elapsed(), 2 * SECOND);
    let answers = crowd.answers().await;
    assert_eq!(count(&answers, State::Miss), 1, "the other one goes on");
}

/// Who has waited a while for one who was called off has less time to ask.
#[tokio::test(start_paused = true)]
async fn who_takes_over_has_what_is_left_of_its_time() {
    let claude = Scripted::new("claude", vec![], Turn::Hang);
    let mut crowd = Crowd::before(&claude).await;
    let leader = crowd.ask(request());
    Crowd::settle().await;
    let mut hurried = request();
    hurried.deadline_ms = Some(8000);
    let began = tokio::time::Instant::now();
    let other = crowd.ask(hurried);
    tokio::time::sleep(5 * SECOND).await;
    leader.abort();
    let answers = crowd.answers().await;
    assert!(!other.is_finished() || answers.len() == 1);
    let failed = answers[0].as_ref().unwrap_err();
    assert_eq!(failed.failure.code, Code::DeadlineExceeded);
    assert_eq!((failed.attempts.len(), claude.count()), (1, 2));
    assert_eq!(began.elapsed().as_secs(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_with_those_who_wait_and_not_kept() {
    let turns = vec![fail(Code::ServerError)];
    let claude = Scripted::taking("claude", turns, Turn::Say("hi"), SECOND);
    let mut crowd = Crowd::before(&claude).await;
    for _ in 0..10 {
        crowd.ask(request());
    }
    let cached = crowd.cached.clone();
    let answers = crowd.answers().await;
    let failures: Vec<_> = answers
        .iter()
        .filter_map(|one| one.as_ref().err())
        .collect();
    assert_eq!((failures.len(), claude.count()), (10, 1));
    let alike = |failed: &&&Arc<Failed>| failed.failure.code == Code::ServerError;
    assert_eq!(failures.iter().filter(alike).count(), 10);
    let attempts: usize = failures.iter().map(|failed| failed.attempts.len()).sum();
    assert_eq!(attempts, 1, "it is counted once, of the one who asked");
    assert_eq!(state(&cached, &request()).await, State::Miss);
    assert_eq!(state(&cached, &request()).await, State::L1);
}
