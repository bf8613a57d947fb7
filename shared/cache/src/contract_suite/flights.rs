//! One production for what many ask at once.

use super::{Bench, question, valid};
use crate::{CacheConfig, Found, Mode, Request, State};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    task::{AbortHandle, JoinSet, yield_now},
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(30);

type Answer = Result<Found, Arc<&'static str>>;

/// Productions that end when they are told to, and callers that were counted.
struct Airport {
    bench: Bench,
    called: AtomicU32,
    begun: AtomicU32,
    go: Semaphore,
    result: Result<&'static str, &'static str>,
}

impl Airport {
    async fn open(config: CacheConfig, result: Result<&'static str, &'static str>) -> Arc<Self> {
        Arc::new(Self {
            bench: Bench::open(config).await,
            called: AtomicU32::new(0),
            begun: AtomicU32::new(0),
            go: Semaphore::new(0),
            result,
        })
    }

    fn call(self: &Arc<Self>, tasks: &mut JoinSet<Answer>, request: Request) -> AbortHandle {
        let this = self.clone();
        tasks.spawn(async move {
            this.called.fetch_add(1, SeqCst);
            let produce = || async {
                this.begun.fetch_add(1, SeqCst);
                this.go.acquire().await.unwrap().forget();
                this.result.map(valid)
            };
            this.bench.cache.get_or_produce(&request, produce).await
        })
    }

    /// On one thread a caller that was counted has gone on to where it waits.
    async fn until(count: &AtomicU32, wanted: u32) {
        let reached = async {
            while count.load(SeqCst) < wanted {
                yield_now().await;
            }
        };
        timeout(PATIENCE, reached).await.unwrap();
    }
}

async fn all(mut tasks: JoinSet<Answer>) -> Vec<Answer> {
    let mut answers = Vec::new();
    while let Some(ended) = timeout(PATIENCE, tasks.join_next()).await.unwrap() {
        answers.extend(ended.ok());
    }
    answers
}

fn count(answers: &[Answer], state: State) -> usize {
    let states = answers.iter().flatten().map(|found| found.state);
    states.filter(|found| *found == state).count()
}

pub(super) async fn many_at_once_are_one_production(config: CacheConfig) {
    let airport = Airport::open(config, Ok("a")).await;
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        airport.call(&mut tasks, question(1));
    }
    Airport::until(&airport.called, 100).await;
    airport.go.add_permits(100);
    let answers = all(tasks).await;
    assert_eq!(airport.begun.load(SeqCst), 1);
    assert_eq!(count(&answers, State::Miss), 1);
    assert_eq!(count(&answers, State::Coalesced), 99);
    let stats = airport.bench.cache.stats();
    assert_eq!((stats.misses, stats.coalesced, stats.stores), (100, 99, 1));
}

pub(super) async fn a_cancelled_leader_hands_over_exactly_once(config: CacheConfig) {
    let airport = Airport::open(config, Ok("a")).await;
    let mut tasks = JoinSet::new();
    let leader = airport.call(&mut tasks, question(1));
    Airport::until(&airport.begun, 1).await;
    for _ in 0..99 {
        airport.call(&mut tasks, question(1));
    }
    Airport::until(&airport.called, 100).await;
    leader.abort();
    Airport::until(&airport.begun, 2).await;
    airport.go.add_permits(100);
    let answers = all(tasks).await;
    assert_eq!(airport.begun.load(SeqCst), 2, "exactly one more");
    assert_eq!(answers.len(), 99);
    assert_eq!(count(&answers, State::Miss), 1);
    assert_eq!(count(&answers, State::Coalesced), 98);
}

pub(super) async fn a_failure_is_shared_with_those_who_wait_alone(config: CacheConfig) {
    let airport = Airport::open(config, Err("overloaded")).await;
    let mut tasks = JoinSet::new();
    for _ in 0..10 {
        airport.call(&mut tasks, question(1));
    }
    Airport::until(&airport.called, 10).await;
    airport.go.add_permits(1);
    let answers = all(tasks).await;
    let failed = answers.iter().filter(|answer| {
        let error = answer.as_ref().err();
        error.is_some_and(|error| **error == "overloaded")
    });
    assert_eq!(failed.count(), 10);
    assert_eq!(airport.begun.load(SeqCst), 1);
    let found = airport.bench.ask(&question(1), "b").await;
    assert_eq!(found.state, State::Miss, "whoever comes later begins anew");
}

pub(super) async fn who_wants_another_thing_flies_apart(config: CacheConfig) {
    let airport = Airport::open(config, Ok("a")).await;
    let mut tasks = JoinSet::new();
    let with = |mode| Request {
        mode,
        ..question(1)
    };
    for mode in [
        Mode::On,
        Mode::ReadOnly,
        Mode::Refresh,
        Mode::WriteOnly,
        Mode::WriteOnly,
    ] {
        airport.call(&mut tasks, with(mode));
    }
    airport.call(&mut tasks, question(2));
    Airport::until(&airport.begun, 6).await;
    airport.go.add_permits(100);
    let answers = all(tasks).await;
    assert_eq!(count(&answers, State::Miss), 6);
}
