//! One contract for every database.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;
mod contract;

use classify::{
    compute::{
        classification::{self, Classification},
        filter::{self, Signal, SignalInput},
        presets,
        score::{self, Bucket, Weights},
    },
    ports::Embedding,
    store::{
        BucketCounts, CostsBy, DossierState, LeadFilter, LeadStatus, NewLead, Store, StoreError,
    },
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use testkit::{ManualClock, PrivatePostgres};

const DAY: Duration = Duration::from_secs(86_400);

fn signal(text: &str, company: Option<&str>, website: Option<&str>) -> Signal {
    let input = SignalInput {
        signal_text: text.into(),
        company_name: company.map(str::to_owned),
        company_website: website.map(str::to_owned),
        ..SignalInput::default()
    };
    filter::check(&input, 20_000).unwrap()
}

fn classified(fit: f64) -> Classification {
    classification::check(&common::answer(fit, 30.0, 6.0), "")
        .unwrap()
        .0
}

fn lead(text: &str, company: Option<&str>, fit: f64) -> NewLead {
    let classification = classified(fit);
    let explanation = score::explain(&classification, Weights::default(), &[]);
    NewLead {
        signal: signal(text, company, None),
        wants_dossier: explanation.final_score > 70.0,
        classification,
        adjustments: Vec::new(),
        explanation,
        icp_matches: vec![1, 2],
        icp_set_version: 1,
        template: "classification@1.0.0#abc".into(),
        model: "small:1b".into(),
    }
}

fn all() -> LeadFilter {
    LeadFilter {
        limit: 200,
        ..LeadFilter::default()
    }
}

/// A database of the version before this one, with something in it.
#[tokio::test]
async fn what_an_older_version_kept_is_still_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.db").display().to_string();
    let url = format!("sqlite:///{file}");
    let clock = Arc::new(ManualClock::default());
    let open = || async {
        Store::open(&url.as_str().into(), clock.clone())
            .await
            .unwrap()
    };
    let store = open().await;
    let made = store
        .create_icp(&presets::preset("small-d2c").unwrap())
        .await
        .unwrap();
    let kept = store.persist(&lead("Hiring", None, 42.0)).await.unwrap();
    store.close().await;
    let pool = sqlx::AnyPool::connect(&format!("sqlite://{file}"))
        .await
        .unwrap();
    for statement in [
        "DROP TABLE llm_costs",
        "DROP TABLE llm_batches",
        "DELETE FROM schema_versions WHERE version > 1",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
    let store = open().await;
    assert_eq!(store.icp_set().await.unwrap().records[0].id, made.id);
    assert_eq!(store.lead(kept.lead_id).await.unwrap().id, kept.lead_id);
    let costs = store.costs("2000-01-01", "2999-12-31", CostsBy::Task);
    assert!(costs.await.unwrap().is_empty());
}

async fn descriptions(store: &Store) {
    let before = store.icp_set().await.unwrap();
    let made = store
        .create_icp(&presets::preset("small-d2c").unwrap())
        .await
        .unwrap();
    assert_eq!(made.version, 1);
    let mut again = made.profile.clone();
    again.name = "SMALL d2c brand".into();
    let refused = store.create_icp(&again).await.unwrap_err();
    assert!(matches!(refused, StoreError::Taken { .. }), "{refused}");
    let other = store
        .create_icp(&presets::preset("solo-founder").unwrap())
        .await
        .unwrap();
    let refused = store.update_icp(other.id, &made.profile).await.unwrap_err();
    assert!(matches!(refused, StoreError::Taken { .. }), "{refused}");
    let mut changed = made.profile.clone();
    changed.locations.push("nepal".into());
    let changed = store.update_icp(made.id, &changed).await.unwrap();
    assert_eq!((changed.version, changed.profile.locations.len()), (2, 2));
    let direction = Embedding {
        model: "m@1".into(),
        vector: vec![0.5, -0.25],
    };
    store
        .keep_embedding(made.id, &direction, "digest")
        .await
        .unwrap();
    let kept = store.icp(made.id).await.unwrap();
    assert_eq!(kept.embedding, Some((direction, "digest".into())));
    store.delete_icp(other.id).await.unwrap();
    assert!(matches!(
        store.delete_icp(other.id).await,
        Err(StoreError::NotFound { .. })
    ));
    let set = store.icp_set().await.unwrap();
    assert_eq!(set.version, before.version + 4);
    assert_eq!(set.records.len(), before.records.len() + 1);
}

async fn leads(store: &Store) {
    let first = store
        .persist(&lead("Hiring A", Some("SkinLab"), 44.0))
        .await
        .unwrap();
    assert_eq!(first.dossier, Some(DossierState::Pending));
    store
        .set_status(first.lead_id, LeadStatus::Contacted)
        .await
        .unwrap();
    store
        .set_notes(first.lead_id, "called — ünïcode 😀")
        .await
        .unwrap();
    let again = store
        .persist(&lead("hiring  a", Some("skinlab"), 10.0))
        .await
        .unwrap();
    assert_eq!(
        (again.lead_id, again.signal_id),
        (first.lead_id, first.signal_id)
    );
    assert_eq!(again.company_id, first.company_id);
    assert_eq!(
        again.dossier, None,
        "another classification has another dossier"
    );
    let kept = store.lead(first.lead_id).await.unwrap();
    assert_eq!(
        (kept.total_score, kept.score_bucket.as_str()),
        (46.0, "nurture")
    );
    assert_eq!(
        (kept.status.as_str(), kept.notes.as_deref()),
        ("contacted", Some("called — ünïcode 😀"))
    );
    assert_eq!(kept.company_name.as_deref(), Some("SkinLab"));
    assert_eq!(kept.icp_matches, json!([1, 2]));
    let mut dated = lead("hiring a", Some("skinlab"), 10.0);
    dated.signal.posted_at_s = Some(1_700_000_000);
    dated.signal.source_url = Some("https://jobs.example/1".into());
    store.persist(&dated).await.unwrap();
    let kept = store.lead(first.lead_id).await.unwrap();
    assert_eq!(kept.source_url.as_deref(), Some("https://jobs.example/1"));
    let other = store.persist(&lead("Hiring A", None, 44.0)).await.unwrap();
    assert_ne!(
        other.lead_id, first.lead_id,
        "no company is another company"
    );
    assert_eq!(other.company_id, None);
    let mut later = lead("Hiring A", None, 44.0);
    later.icp_set_version = 2;
    let later = store.persist(&later).await.unwrap();
    assert_ne!(
        later.lead_id, other.lead_id,
        "other descriptions make another lead"
    );
    assert_eq!(later.signal_id, other.signal_id);
    store.delete_lead(later.lead_id).await.unwrap();
    assert!(
        store.lead(other.lead_id).await.is_ok(),
        "the signal they share is kept"
    );
    assert!(matches!(
        store.lead(later.lead_id).await,
        Err(StoreError::NotFound { .. })
    ));
    assert!(matches!(
        store.delete_lead(later.lead_id).await,
        Err(StoreError::NotFound { .. })
    ));
}

async fn lists(store: &Store) {
    for (text, fit) in [("l1", 44.0), ("l2", 50.0), ("l3", 50.0), ("l4", 0.0)] {
        store.persist(&lead(text, None, fit)).await.unwrap();
    }
    let totals = |filter: LeadFilter| async move {
        let leads = store.leads(filter).await.unwrap();
        leads
            .iter()
            .map(|lead| (lead.total_score, lead.id))
            .collect::<Vec<_>>()
    };
    let found = totals(all()).await;
    let mut sorted = found.clone();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    assert_eq!(found, sorted);
    let part = totals(LeadFilter {
        limit: 2,
        offset: 1,
        ..all()
    })
    .await;
    assert_eq!(part, found[1..3]);
    let high = totals(LeadFilter {
        score_min: Some(80.0),
        ..all()
    })
    .await;
    assert!(!high.is_empty() && high.iter().all(|(total, _)| *total >= 80.0));
    let low = totals(LeadFilter {
        score_max: Some(36.0),
        ..all()
    })
    .await;
    assert!(!low.is_empty() && low.iter().all(|(total, _)| *total <= 36.0));
    let warm = totals(LeadFilter {
        bucket: Some(Bucket::RedHot),
        ..all()
    })
    .await;
    assert_eq!(warm, high);
    let contacted = totals(LeadFilter {
        status: Some(LeadStatus::Contacted),
        ..all()
    })
    .await;
    assert_eq!(contacted.len(), 1);
    let BucketCounts {
        red_hot,
        warm,
        nurture,
        parked,
    } = store.bucket_counts().await.unwrap();
    assert_eq!(
        usize::try_from(red_hot + warm + nurture + parked).unwrap(),
        found.len()
    );
    assert_eq!(usize::try_from(red_hot).unwrap(), high.len());
}

async fn companies(store: &Store) {
    let with = |text: &str, name: Option<&str>, website: Option<&str>| {
        let mut new = lead(text, None, 40.0);
        new.signal = signal(text, name, website);
        new
    };
    let company =
        |new: NewLead| async move { store.persist(&new).await.unwrap().company_id.unwrap() };
    let named = company(with("c1", Some("Brew"), None)).await;
    assert_eq!(company(with("c2", Some("BREW "), None)).await, named);
    let adopted = company(with("c3", Some("Brew"), Some("https://www.brew.example"))).await;
    assert_eq!(adopted, named, "a name alone is completed by its website");
    let other = company(with("c4", Some("Brew"), Some("https://brew.other.example"))).await;
    assert_ne!(
        other, named,
        "the same name at another website is another company"
    );
    assert_eq!(
        company(with("c5", None, Some("http://BREW.example/jobs"))).await,
        named
    );
    let found = store
        .find_company(Some("brew.example"), None)
        .await
        .unwrap();
    assert_eq!(found, Some(named));
    assert_eq!(
        store.find_company(None, Some("nobody")).await.unwrap(),
        None
    );
}

async fn overrides(store: &Store, clock: &ManualClock) {
    let id = store
        .persist(&lead("o1", None, 10.0))
        .await
        .unwrap()
        .lead_id;
    clock.advance(DAY);
    store
        .override_score(id, 81.04, "we met them", "ada")
        .await
        .unwrap();
    store.persist(&lead("o1", None, 20.0)).await.unwrap();
    let kept = store.lead(id).await.unwrap();
    assert_eq!((kept.total_score, kept.computed_score), (81.0, 56.0));
    assert_eq!(kept.score_bucket, "red_hot");
    assert_eq!(kept.overridden.unwrap().user.as_deref(), Some("ada"));
    store.persist(&lead("o1", None, 20.0)).await.unwrap();
    let history = store.score_history(id).await.unwrap();
    let told: Vec<_> = history
        .iter()
        .map(|one| (one.kind.as_str(), one.total_score))
        .collect();
    assert_eq!(
        told,
        [
            ("classified", 46.0),
            ("override", 81.0),
            ("classified", 56.0)
        ]
    );
    assert!(history[1].at > history[0].at);
    let nobody = store.override_score(-1, 1.0, "x", "y").await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
    let old: Vec<i64> = store.auto_park(0, true).await.unwrap();
    assert!(!old.is_empty());
    assert_eq!(store.auto_park(30, true).await.unwrap(), Vec::<i64>::new());
    clock.advance(DAY * 31);
    let parked = store.auto_park(30, false).await.unwrap();
    assert!(parked.contains(&id));
    assert_eq!(store.lead(id).await.unwrap().status, "parked");
    assert!(store.auto_park(30, false).await.unwrap().is_empty());
}

async fn keeps(url: &str) {
    let clock = Arc::new(ManualClock::default());
    let store = Store::open(&url.into(), clock.clone()).await.unwrap();
    descriptions(&store).await;
    leads(&store).await;
    lists(&store).await;
    companies(&store).await;
    contract::dossiers(&store, &clock).await;
    overrides(&store, &clock).await;
    contract::funding(&store).await;
    contract::jobs(&store, &clock).await;
    contract::concurrency(&store).await;
    contract::costs(&store).await;
    contract::batches(&store, &clock).await;
    let before = store.leads(all()).await.unwrap();
    store.close().await;
    assert!(store.ping().await.is_err());
    let reopened = Store::open(&url.into(), clock).await.unwrap();
    assert_eq!(
        reopened.leads(all()).await.unwrap(),
        before,
        "it is all still there"
    );
    reopened.close().await;
}

#[tokio::test]
async fn a_file_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    keeps(&format!("sqlite:///{}/leads.db", folder.path().display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_keeps_the_contract() {
    let Some(postgres) = PrivatePostgres::start().await else {
        return;
    };
    keeps(&postgres.database().await).await;
    let url = postgres.database().await;
    let clock = Arc::new(ManualClock::default());
    let open = || async { Store::open(&url.as_str().into(), clock.clone()).await };
    let (one, two) = tokio::join!(open(), open());
    assert_eq!(
        one.unwrap().icp_set().await.unwrap(),
        two.unwrap().icp_set().await.unwrap()
    );
}

#[tokio::test]
async fn what_cannot_be_opened_says_why_without_secrets() {
    let clock = Arc::new(ManualClock::default());
    for url in [
        "mysql://u:secret@127.0.0.1/x",
        "sqlite:////nowhere/secret/x.db",
    ] {
        let Err(error) = Store::open(&url.into(), clock.clone()).await else {
            panic!("{url} was opened");
        };
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
