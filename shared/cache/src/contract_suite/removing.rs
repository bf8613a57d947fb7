//! Clearing and forgetting.

use super::{Bench, question, task, valid};
use crate::{CacheConfig, Key, Request, Scope, State};

async fn state(bench: &Bench, request: &Request) -> State {
    bench.ask(request, "again").await.state
}

pub(super) async fn everything_a_task_or_a_key_goes(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let dossier = Request::new(Key::of(&task("lead.dossier"), &1.into()));
    for request in [&question(1), &question(2), &dossier] {
        bench.ask(request, "a").await;
    }
    let cleared = bench.cache.clear(&Scope::Key(question(1).key)).await;
    assert_eq!(
        (cleared.l1, cleared.generation, cleared.complete),
        (1, None, true)
    );
    assert_eq!(state(&bench, &question(1)).await, State::Miss);
    assert_eq!(state(&bench, &question(2)).await, State::L1);

    let cleared = bench
        .cache
        .clear(&Scope::Task(task("signal.classify")))
        .await;
    assert_eq!(
        (cleared.l1, cleared.generation, cleared.complete),
        (2, Some(1), true)
    );
    assert_eq!(state(&bench, &question(2)).await, State::Miss);
    assert_eq!(state(&bench, &dossier).await, State::L1);

    let cleared = bench.cache.clear(&Scope::All).await;
    assert_eq!(
        (cleared.l1, cleared.generation, cleared.complete),
        (2, Some(1), true)
    );
    assert_eq!(bench.cache.stats().cache_size, 0);
    assert_eq!(state(&bench, &dossier).await, State::Miss);
    assert_eq!(state(&bench, &question(2)).await, State::Miss);
    assert_eq!(state(&bench, &question(2)).await, State::L1);
}

pub(super) async fn clearing_twice_is_clearing(config: CacheConfig) {
    let bench = Bench::open(config).await;
    bench.ask(&question(1), "a").await;
    for scope in [Scope::All, Scope::All, Scope::Key(question(1).key)] {
        bench.cache.clear(&scope).await;
    }
    let nothing = bench.cache.clear(&Scope::Key(question(1).key)).await;
    assert_eq!((nothing.l1, nothing.l2, nothing.complete), (0, 0, true));
    assert_eq!(state(&bench, &question(1)).await, State::Miss);
}

pub(super) async fn a_subject_is_forgotten(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let about = |number, who: &str| question(number).about(who);
    bench.ask(&about(1, "signal-7"), "a").await;
    bench
        .ask(&about(2, "signal-7").about("signal-8"), "a")
        .await;
    bench.ask(&about(3, "signal-8"), "a").await;
    // The same question about somebody else, who is found in an answer that was there.
    assert_eq!(state(&bench, &about(3, "signal-9")).await, State::L1);
    let gone = bench.cache.forget("signal-7").await;
    assert_eq!((gone.l1, gone.complete), (2, true));
    assert_eq!(state(&bench, &question(3)).await, State::L1);
    assert_eq!(bench.cache.forget("signal-9").await.l1, 1);
    for number in 1..=3 {
        assert_eq!(
            state(&bench, &question(number)).await,
            State::Miss,
            "{number}"
        );
    }
    assert_eq!(bench.cache.forget("nobody").await.l1, 0);
}

pub(super) async fn what_was_on_its_way_is_not_stored(config: CacheConfig) {
    let bench = Bench::open(config).await;
    let cache = &bench.cache;
    let removals: [(u32, Option<Scope>); 4] = [
        (1, Some(Scope::All)),
        (2, Some(Scope::Task(task("signal.classify")))),
        (3, Some(Scope::Key(question(3).key))),
        (4, None),
    ];
    for (number, scope) in removals {
        let request = question(number).about("signal-7");
        let produce = || async {
            match &scope {
                Some(scope) => cache.clear(scope).await,
                None => cache.forget("signal-7").await,
            };
            Ok(valid("late"))
        };
        let found = cache.get_or_produce(&request, produce).await.unwrap();
        assert_eq!(found.state, State::Miss);
        assert_eq!(cache.lookup(&request).await, None, "{scope:?}");
    }
    assert_eq!(cache.stats().store_rejected["cleared"], 4);
}
