//! Many signals at once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use classify::settings::Settings;
use common::{PATIENCE, Script, answer, failure, serve, serve_with, settings, until};
use llm::error::Code;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};
use tokio::{sync::Semaphore, task::JoinSet};

const BATCH: &str = "/api/classify/signal/batch";

fn signals(texts: &[&str]) -> Value {
    texts
        .iter()
        .map(|text| json!({"signal_text": text}))
        .collect()
}

fn numbered(count: usize) -> Value {
    (0..count)
        .map(|number| json!({"signal_text": format!("signal {number}")}))
        .collect()
}

fn held() -> (Script, Arc<Semaphore>) {
    let hold = Arc::new(Semaphore::new(0));
    let script = Script {
        hold: Some(hold.clone()),
        ..Script::default()
    };
    (script, hold)
}

fn stage<'a>(report: &'a Value, name: &str) -> &'a Value {
    let stages = report["stages"].as_array().unwrap();
    stages.iter().find(|stage| stage["name"] == name).unwrap()
}

#[tokio::test]
async fn promise_05_d09_every_stage_sorts_out_what_it_must() {
    let served = serve().await;
    served.script.says("low", Ok(answer(10.0, 9.9, 0.0)));
    served.script.says("edge", Ok(answer(10.0, 10.0, 0.0)));
    served.script.says("hot", Ok(answer(50.0, 40.0, 0.0)));
    served.script.says("bad", Err(failure(Code::Overloaded)));
    served.script.knows("known", answer(30.0, 30.0, 0.0));
    let spam = "Easy money and passive income for everybody";
    let texts = ["low", "edge", "hot", "bad", "known", spam, "", "EDGE "];
    let (status, report) = served.post(BATCH, &signals(&texts)).await;
    assert_eq!(status, 200, "{report}");
    let told: Vec<_> = report["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["signal"].as_str().unwrap(),
                one["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("low", "filtered"),
            ("edge", "ok"),
            ("hot", "ok"),
            ("bad", "error"),
            ("known", "ok"),
            (spam, "filtered"),
            ("", "error"),
            ("EDGE ", "ok"),
        ]
    );
    let result = |place: usize| &report["results"][place];
    assert_eq!(
        (&result(0)["filtered_by"], &result(0)["total_score"]),
        (&json!("score"), &json!(19.9))
    );
    assert_eq!(
        (&result(5)["filtered_by"], result(5).get("total_score")),
        (&json!("rules"), None)
    );
    assert_eq!(
        (&result(3)["error"], &result(3)["retryable"]),
        (&json!("Overloaded"), &json!(true))
    );
    assert_eq!(
        (&result(6)["error"], &result(6)["retryable"]),
        (&json!("Invalid"), &json!(false))
    );
    assert_eq!(
        (&result(7)["duplicate_of"], &result(7)["lead_id"]),
        (&json!(1), &result(1)["lead_id"])
    );
    assert_eq!(
        (
            &report["created_leads"],
            &report["filtered"],
            &report["errors"]
        ),
        (&json!(3), &json!(2), &json!(2))
    );
    assert_eq!(
        served.script.questions(),
        4,
        "neither spam, nor what is known, nor repetitions"
    );
    assert_eq!(
        (&report["model_calls"], &report["model_calls_saved"]),
        (&json!(4), &json!(3))
    );
    for (name, entered, out) in [
        ("validate", 8, 7),
        ("dedupe", 7, 6),
        ("rules", 6, 5),
        ("cache", 5, 4),
        ("embedding", 0, 0),
        ("model", 4, 3),
        ("score", 4, 3),
        ("persist", 3, 3),
        ("dossier", 3, 1),
    ] {
        let stage = stage(&report, name);
        assert_eq!(
            (&stage["in"], &stage["out"]),
            (&json!(entered), &json!(out)),
            "{name}"
        );
    }
    assert_eq!(served.leads().await.len(), 3);
    let hot = format!("/api/leads/{}/dossier", result(2)["lead_id"]);
    until("the dossier of a batch is written", async || {
        served.get(&hot).await.1["status"] == "done"
    })
    .await;
}

#[tokio::test]
async fn promise_05_d08_repetitions_ask_once() {
    let served = serve().await;
    let texts = vec!["Hiring now"; 100];
    let (_, report) = served.post(BATCH, &signals(&texts)).await;
    assert_eq!(served.script.questions(), 1);
    assert_eq!(
        (&report["created_leads"], &report["model_calls_saved"]),
        (&json!(1), &json!(99))
    );
    let companies = json!([
        {"signal_text": "Hiring now", "company_name": "A"},
        {"signal_text": "Hiring now", "company_name": "B"},
    ]);
    let (_, report) = served.post(BATCH, &companies).await;
    assert_eq!(
        report["created_leads"], 2,
        "another company is another lead"
    );
}

#[tokio::test]
async fn batches_are_bounded_each_and_together() {
    let (script, hold) = held();
    let settings = Settings {
        batch_concurrency_limit: 3,
        llm_max_concurrency: 4,
        ..settings()
    };
    let served = Arc::new(serve_with(settings, script).await);
    let mut batches = JoinSet::new();
    let one = served.clone();
    batches.spawn(async move { one.post(BATCH, &numbered(10)).await });
    until("the first batch is at its limit", async || {
        served.script.running.load(SeqCst) == 3
    })
    .await;
    let two = served.clone();
    batches.spawn(async move { two.post(BATCH, &signals(&["a", "b", "c"])).await });
    until("both are at their limit", async || {
        served.script.running.load(SeqCst) == 4
    })
    .await;
    hold.add_permits(100);
    for (status, report) in batches.join_all().await {
        assert_eq!((status, &report["errors"]), (200, &json!(0)));
    }
    assert_eq!(served.script.most_running.load(SeqCst), 4);
}

#[tokio::test]
async fn a_large_batch_does_not_starve_a_small_one() {
    let (script, hold) = held();
    let settings = Settings {
        batch_concurrency_limit: 2,
        llm_max_concurrency: 2,
        ..settings()
    };
    let served = Arc::new(serve_with(settings, script).await);
    let mut large = JoinSet::new();
    let one = served.clone();
    large.spawn(async move { one.post(BATCH, &numbered(20)).await });
    until("the large one runs", async || {
        served.script.running.load(SeqCst) == 2
    })
    .await;
    let mut small = JoinSet::new();
    let two = served.clone();
    small.spawn(async move { two.post(BATCH, &signals(&["small"])).await });
    let asked_for_small = || {
        let asked = served.script.asked.lock().unwrap();
        asked
            .iter()
            .position(|question| question.signal_text == "small")
    };
    until("the small one has its turn", async || {
        hold.add_permits(1);
        asked_for_small().is_some()
    })
    .await;
    assert!(
        served.script.questions() < 20,
        "before the large one has ended"
    );
    hold.add_permits(100);
    small.join_all().await;
    large.join_all().await;
}

#[tokio::test]
async fn what_does_not_end_in_time_is_an_error_of_its_own() {
    let (script, hold) = held();
    hold.add_permits(2);
    let settings = Settings {
        batch_timeout: Duration::from_millis(1500),
        batch_concurrency_limit: 2,
        ..settings()
    };
    let served = serve_with(settings, script).await;
    let (status, report) = served.post(BATCH, &numbered(5)).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&report["created_leads"], &report["errors"]),
        (&json!(2), &json!(3))
    );
    let late = &report["results"][4];
    assert_eq!(
        (&late["error"], &late["retryable"]),
        (&json!("DeadlineExceeded"), &json!(true))
    );
    assert_eq!(served.leads().await.len(), 2);
    assert_eq!(
        served.script.running.load(SeqCst),
        0,
        "nothing goes on unseen"
    );
}

#[tokio::test]
async fn who_hangs_up_stops_what_has_not_begun() {
    let (script, hold) = held();
    let served = serve_with(settings(), script).await;
    let sent = served
        .client
        .post(served.url(BATCH))
        .header("content-type", "application/json");
    let sent = sent
        .body(numbered(50).to_string())
        .timeout(Duration::from_millis(500));
    assert!(sent.send().await.is_err());
    until("all calls are dropped", async || {
        served.script.running.load(SeqCst) == 0
    })
    .await;
    hold.add_permits(100);
    assert_eq!(served.script.questions(), 5, "only those that had begun");
    assert_eq!(served.leads().await.len(), 0);
    let (_, metrics) = served.get("/api/classify/metrics").await;
    assert_eq!(
        (&metrics["batch"]["in_flight"], &metrics["batch"]["asking"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn limits_and_shapes_of_batches() {
    let settings = Settings {
        batch_max_items: 3,
        ..settings()
    };
    let served = serve_with(settings, Script::default()).await;
    assert_eq!(served.post(BATCH, &numbered(4)).await.0, 413);
    assert_eq!(served.post(BATCH, &json!({"signals": "x"})).await.0, 400);
    let (status, report) = served.post(BATCH, &json!([])).await;
    assert_eq!((status, &report["count"]), (200, &json!(0)));
    let wrapped = json!({"signals": numbered(2), "options": {"dry_run": true, "cache": "off"}});
    let (_, report) = served.post(BATCH, &wrapped).await;
    assert_eq!(
        (&report["created_leads"], &report["results"][0]["lead_id"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(served.leads().await.len(), 0);
    assert_eq!(served.script.questions(), 2);
}

#[tokio::test]
async fn promise_05_d10_what_is_far_from_every_description_is_filtered_unseen() {
    let settings = Settings {
        enable_embeddings: true,
        ..settings()
    };
    let served = serve_with(settings, Script::default()).await;
    let (_, near) = served.post("/api/icp/", &json!({"name": "near"})).await;
    served.post("/api/icp/", &json!({"name": "other"})).await;
    let vector = |text: &str, vector: [f32; 2]| {
        served
            .script
            .vectors
            .lock()
            .unwrap()
            .insert(text.into(), vector.to_vec());
    };
    vector("near", [1.0, 0.0]);
    vector("other", [-1.0, 0.0]);
    vector("fits", [1.0, 0.5]);
    vector("far", [0.0, 1.0]);
    vector("broken", [0.0, 0.0]);
    let (_, report) = served
        .post(BATCH, &signals(&["it fits", "it is far", "broken"]))
        .await;
    assert_eq!(report["results"][0]["status"], "ok");
    assert_eq!(report["results"][1]["filtered_by"], "embedding");
    assert_eq!(report["results"][2]["error"], "Protocol");
    assert_eq!(served.script.questions(), 1);
    let lead = &served.leads().await[0];
    assert_eq!(lead["icp_matches"], json!([near["id"]]));
    let (_, single) = served.signal("it is far").await;
    assert_eq!(
        single["icp_matches"],
        json!([]),
        "single signals are always classified"
    );
}

#[tokio::test]
async fn batches_for_later_wait_in_the_store() {
    let served = serve().await;
    let (status, queued) = served
        .post(&format!("{BATCH}?async=true"), &numbered(3))
        .await;
    assert_eq!((status, &queued["count"]), (202, &json!(3)));
    let path = format!("/api/jobs/{}", queued["job_id"].as_str().unwrap());
    until("the job is done", async || {
        served.get(&path).await.1["status"] == "done"
    })
    .await;
    let (_, job) = served.get(&path).await;
    assert_eq!(job["result"]["created_leads"], 3);
    assert_eq!(served.leads().await.len(), 3);
    assert_eq!(served.get("/api/jobs/none").await.0, 404);
}

#[tokio::test]
async fn too_many_batches_for_later_are_refused() {
    let (script, hold) = held();
    let settings = Settings {
        jobs_max_waiting: 2,
        ..settings()
    };
    let served = serve_with(settings, script).await;
    let later = format!("{BATCH}?async=true");
    assert_eq!(served.post(&later, &numbered(1)).await.0, 202);
    assert_eq!(served.post(&later, &numbered(1)).await.0, 202);
    let (status, body) = served.post(&later, &numbered(1)).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (503, &json!("Overloaded"))
    );
    hold.add_permits(10);
    until("there is room again", async || {
        served.post(&later, &numbered(1)).await.0 == 202
    })
    .await;
}

#[tokio::test]
async fn promise_15_fifty_requests_end_although_the_service_is_asked_to_stop() {
    let (script, hold) = held();
    let settings = Settings {
        llm_max_concurrency: 50,
        ..settings()
    };
    let served = Arc::new(serve_with(settings, script).await);
    let mut requests = JoinSet::new();
    for number in 0..50 {
        let served = served.clone();
        requests.spawn(async move { served.signal(&format!("signal {number}")).await });
    }
    until("all have begun", async || {
        served.script.running.load(SeqCst) == 50
    })
    .await;
    served.stop.cancel();
    until("nobody else is let in", async || {
        tokio::net::TcpStream::connect(served.address)
            .await
            .is_err()
    })
    .await;
    hold.add_permits(50);
    let mut leads = std::collections::HashSet::new();
    for (status, body) in requests.join_all().await {
        assert_eq!(status, 200, "{body}");
        leads.insert(body["lead_id"].as_i64().unwrap());
    }
    assert_eq!(leads.len(), 50);
    let served = Arc::into_inner(served).unwrap();
    tokio::time::timeout(PATIENCE, served.ended)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn promise_15_what_does_not_end_in_its_grace_is_dropped_and_jobs_are_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = || Settings {
        database_url: format!("sqlite:///{}/leads.db", folder.path().display()).into(),
        shutdown_grace: Duration::from_millis(300),
        ..Settings::default()
    };
    let (script, _hold) = held();
    let served = Arc::new(serve_with(file(), script).await);
    let (_, queued) = served
        .post(&format!("{BATCH}?async=true"), &numbered(3))
        .await;
    let mut requests = JoinSet::new();
    let one = served.clone();
    requests.spawn(async move { one.signal("x").await });
    until("all have begun", async || {
        served.script.running.load(SeqCst) == 4
    })
    .await;
    served.stop.cancel();
    for (status, body) in requests.join_all().await {
        let code = &body["error"]["code"];
        assert_eq!((status, code), (503, &json!("Cancelled")));
    }
    assert_eq!(served.script.running.load(SeqCst), 0);
    let served = Arc::into_inner(served).unwrap();
    let ended = tokio::time::timeout(PATIENCE, served.ended).await;
    ended.unwrap().unwrap().unwrap();
    let next = serve_with(file(), Script::default()).await;
    let path = format!("/api/jobs/{}", queued["job_id"].as_str().unwrap());
    until("the next process does the job", async || {
        next.get(&path).await.1["status"] == "done"
    })
    .await;
    assert_eq!(next.leads().await.len(), 3, "and only the job");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// Whatever is handed in: one result each, in order, and the sums are right.
    #[test]
    fn reports_add_up(picks in proptest::collection::vec(0usize..6, 0..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let served = serve().await;
            served.script.says("bad", Err(failure(Code::ServerError)));
            served.script.says("low", Ok(answer(1.0, 1.0, 1.0)));
            served.script.knows("known", answer(40.0, 40.0, 1.0));
            let texts = ["bad", "low", "known", "", "fine", "Fine "];
            let picked: Vec<&str> = picks.iter().map(|pick| texts[*pick]).collect();
            let (status, report) = served.post(BATCH, &signals(&picked)).await;
            assert_eq!(status, 200);
            let results = report["results"].as_array().unwrap();
            let told: Vec<&str> = results.iter().map(|one| one["signal"].as_str().unwrap()).collect();
            assert_eq!(told, picked);
            let ok = results.iter().filter(|one| one["status"] == "ok").count();
            let sum = report["filtered"].as_u64().unwrap() + report["errors"].as_u64().unwrap();
            assert_eq!(sum as usize + ok, picked.len());
            assert_eq!(served.leads().await.len() as u64, report["created_leads"].as_u64().unwrap());
            assert_eq!(served.script.questions() as u64, report["model_calls"].as_u64().unwrap());
        });
    }
}
