//! The part of the contract that is about time, money and many at once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::{DAY, common, lead};
use classify::{
    compute::dossier,
    ledger::{CostKey, Taken},
    store::{BatchState, CostsBy, DossierState, JobState, NewFunding, Store, StoreError},
};
use serde_json::json;
use std::time::Duration;
use testkit::ManualClock;

pub async fn dossiers(store: &Store, clock: &ManualClock) {
    while let Some(claimed) = store.claim_dossier().await.unwrap() {
        store.fail_dossier(&claimed, "Refused").await.unwrap();
    }
    let id = store
        .persist(&lead("d1", None, 50.0))
        .await
        .unwrap()
        .lead_id;
    let asked_again = store.persist(&lead("d1", None, 50.0)).await.unwrap();
    assert_eq!(asked_again.dossier, Some(DossierState::Pending));
    let claimed = store.claim_dossier().await.unwrap().unwrap();
    assert_eq!((claimed.lead_id, claimed.attempt), (id, 1));
    assert_eq!(
        store.claim_dossier().await.unwrap(),
        None,
        "nobody else gets it"
    );
    store
        .release_dossier(&claimed, "Overloaded", 60)
        .await
        .unwrap();
    assert_eq!(store.claim_dossier().await.unwrap(), None, "it waits");
    clock.advance(Duration::from_secs(60));
    let claimed = store.claim_dossier().await.unwrap().unwrap();
    assert_eq!(claimed.attempt, 2);
    assert_eq!(store.recover_dossiers(600).await.unwrap(), 0);
    clock.advance(Duration::from_secs(600));
    assert_eq!(store.recover_dossiers(600).await.unwrap(), 1);
    let claimed = store.claim_dossier().await.unwrap().unwrap();
    let written = dossier::check(&common::dossier()).unwrap().0;
    store.finish_dossier(&claimed, &written).await.unwrap();
    let record = store.dossier(id).await.unwrap().unwrap();
    assert_eq!(
        (record.status, record.dossier),
        (DossierState::Done, Some(written))
    );
    store.renew_dossier(id).await.unwrap();
    let record = store.dossier(id).await.unwrap().unwrap();
    assert_eq!((record.status, record.attempts), (DossierState::Pending, 0));
    let claimed = store.claim_dossier().await.unwrap().unwrap();
    store.renew_dossier(id).await.unwrap();
    let record = store.dossier(id).await.unwrap().unwrap();
    assert_eq!(
        record.status,
        DossierState::Running,
        "one that is written is new enough"
    );
    store.fail_dossier(&claimed, "Refused").await.unwrap();
    let record = store.dossier(id).await.unwrap().unwrap();
    assert_eq!(
        (record.status, record.error.as_deref()),
        (DossierState::Failed, Some("Refused"))
    );
    store.delete_lead(id).await.unwrap();
    assert_eq!(store.claim_dossier().await.unwrap(), None);
}

pub async fn funding(store: &Store) {
    let event = NewFunding {
        company_name: Some("Fundable".into()),
        announced_at_s: 1_700_000_000,
        amount_usd: Some(1.5e6),
        ..NewFunding::default()
    };
    let made = store.add_funding(&event).await.unwrap();
    let raised = |at: i64| store.raised_before(made.company_id, at, 60);
    assert!(raised(1_700_000_000).await.unwrap());
    assert!(raised(1_700_000_000 + 60 * 86_400).await.unwrap());
    assert!(!raised(1_700_000_001 + 60 * 86_400).await.unwrap());
    assert!(!raised(1_699_999_999).await.unwrap());
    assert!(
        !store
            .raised_before(made.company_id + 1, 1_700_000_000, 60)
            .await
            .unwrap()
    );
    assert_eq!(store.funding(10, 0).await.unwrap(), [made]);
    let unsaid = NewFunding {
        amount_usd: None,
        announced_at_s: 1,
        ..event
    };
    let unsaid = store.add_funding(&unsaid).await.unwrap();
    assert_eq!(unsaid.amount_usd, None, "missing is not zero");
    assert!(store.add_funding(&NewFunding::default()).await.is_err());
}

pub async fn jobs(store: &Store, clock: &ManualClock) {
    assert!(store.queue_job("a", "[1]", 2).await.unwrap());
    clock.advance(Duration::from_secs(1));
    assert!(store.queue_job("b", "[2]", 2).await.unwrap());
    assert!(
        !store.queue_job("c", "[3]", 2).await.unwrap(),
        "the queue is bounded"
    );
    let first = store.claim_job().await.unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.request.as_str()), ("a", "[1]"));
    store.release_job("a").await.unwrap();
    assert_eq!(store.claim_job().await.unwrap().unwrap().id, "a");
    assert_eq!(store.claim_job().await.unwrap().unwrap().id, "b");
    assert_eq!(store.claim_job().await.unwrap(), None);
    store
        .settle_job("a", Ok(&json!({"count": 1})))
        .await
        .unwrap();
    store
        .settle_job("b", Err("StoreUnavailable"))
        .await
        .unwrap();
    let done = store.job("a").await.unwrap();
    assert_eq!(
        (done.status, done.result),
        (JobState::Done, Some(json!({"count": 1})))
    );
    let failed = store.job("b").await.unwrap();
    assert_eq!(
        (failed.status, failed.error.as_deref()),
        (JobState::Failed, Some("StoreUnavailable"))
    );
    assert!(matches!(
        store.job("c").await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(store.queue_job("c", "[3]", 2).await.unwrap());
    assert!(store.claim_job().await.unwrap().is_some());
    clock.advance(DAY);
    assert_eq!(store.recover_jobs(3600).await.unwrap(), 1);
}

/// Many at once: one lead, one company, and nothing claimed twice.
pub async fn concurrency(store: &Store) {
    let mut persisted = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let store = store.clone();
        persisted.spawn(async move {
            store
                .persist(&lead("same", Some("Rush"), 50.0))
                .await
                .unwrap()
                .lead_id
        });
    }
    let mut ids = persisted.join_all().await;
    ids.dedup();
    assert_eq!(ids.len(), 1);
    while store.claim_dossier().await.unwrap().is_some() {}
    for number in 0..8 {
        store
            .persist(&lead(&format!("claim {number}"), None, 50.0))
            .await
            .unwrap();
    }
    let mut claims = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let store = store.clone();
        claims.spawn(async move {
            let mut mine = Vec::new();
            while let Some(claimed) = store.claim_dossier().await.unwrap() {
                mine.push(claimed.lead_id);
            }
            mine
        });
    }
    let mut claimed: Vec<i64> = claims.join_all().await.into_iter().flatten().collect();
    while let Some(left) = store.claim_dossier().await.unwrap() {
        claimed.push(left.lead_id);
    }
    let count = claimed.len();
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!((count, claimed.len()), (8, 8));
}

pub async fn costs(store: &Store) {
    let key = |day: &str, task: &str, model: &str| CostKey {
        day: day.into(),
        task: task.into(),
        model: model.into(),
        provider: "ollama".into(),
    };
    let taken = |calls: u64, cost_usd: f64| Taken {
        calls,
        input_tokens: 10 * calls,
        output_tokens: calls,
        cost_usd,
        ..Taken::default()
    };
    let first = [
        (key("2026-11-19", "classify", "small"), taken(1, 0.5)),
        (key("2026-11-20", "classify", "small"), taken(2, 0.25)),
        (key("2026-11-20", "dossier", "large"), taken(1, 1.0)),
    ];
    store.add_costs(&first).await.unwrap();
    let more = [(key("2026-11-20", "classify", "large"), taken(3, 0.125))];
    store.add_costs(&more).await.unwrap();
    store.add_costs(&more).await.unwrap();
    let read = async |from: &str, to: &str, by| {
        let sums = store.costs(from, to, by).await.unwrap().into_iter();
        let short = sums.map(|sum| (sum.day, sum.name, sum.taken.calls, sum.taken.cost_usd));
        short.collect::<Vec<_>>()
    };
    let row = |day: &str, name: &str, calls, usd| (day.to_owned(), name.to_owned(), calls, usd);
    assert_eq!(
        read("2026-11-20", "2026-11-20", CostsBy::Task).await,
        [
            row("2026-11-20", "classify", 8, 0.5),
            row("2026-11-20", "dossier", 1, 1.0)
        ]
    );
    assert_eq!(
        read("2026-01-01", "2026-12-31", CostsBy::Model).await,
        [
            row("2026-11-19", "small", 1, 0.5),
            row("2026-11-20", "large", 7, 1.25),
            row("2026-11-20", "small", 2, 0.25)
        ]
    );
    assert_eq!(read("2026-11-21", "2026-11-30", CostsBy::Task).await, []);
}

pub async fn batches(store: &Store, clock: &ManualClock) {
    store.keep_batch("b1", "msgbatch_1", "[]").await.unwrap();
    let kept = store.batch("b1").await.unwrap();
    assert_eq!((kept.status, kept.result), (BatchState::HandedIn, None));
    assert_eq!(store.open_batches().await.unwrap(), ["b1"]);
    assert!(store.claim_batch("b1", 600).await.unwrap());
    assert!(!store.claim_batch("b1", 600).await.unwrap(), "nobody else");
    clock.advance(Duration::from_secs(600));
    assert!(store.claim_batch("b1", 600).await.unwrap(), "it was left");
    store.settle_batch("b1", None).await.unwrap();
    assert!(store.claim_batch("b1", 600).await.unwrap(), "given back");
    let report = json!({"count": 2});
    store.settle_batch("b1", Some(&report)).await.unwrap();
    let done = store.batch("b1").await.unwrap();
    assert_eq!((done.status, done.result), (BatchState::Done, Some(report)));
    assert!(store.open_batches().await.unwrap().is_empty());
    assert_eq!(done.request, "", "what was asked for is forgotten");
    assert!(!store.claim_batch("b1", 0).await.unwrap(), "it is over");
    let missing = store.batch("b2").await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })));
}
