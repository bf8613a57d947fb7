//! Descriptions, leads and dossiers over HTTP, through a real listener.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use classify::settings::Settings;
use common::{Script, answer, failure, serve, serve_with, settings, until};
use llm::error::Code;
use serde_json::{Value, json};
use std::{sync::atomic::Ordering::SeqCst, time::Duration};

/// A service with the funding events, overrides and parking.
fn with_tools() -> Settings {
    Settings {
        enable_lead_tools: true,
        enable_scoring_heuristics: true,
        ..settings()
    }
}

#[tokio::test]
async fn descriptions_are_kept_changed_and_removed() {
    let served = serve().await;
    let (status, made) = served
        .post(
            "/api/icp/",
            &json!({"name": " Bakers ", "industries": ["food"]}),
        )
        .await;
    assert_eq!(
        (status, &made["name"], &made["version"]),
        (201, &json!("Bakers"), &json!(1))
    );
    let path = format!("/api/icp/{}", made["id"]);
    let (status, body) = served.post("/api/icp/", &json!({"name": "bakers"})).await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (409, &json!("AlreadyExists"))
    );
    assert_eq!(served.post("/api/icp/", &json!({"name": ""})).await.0, 400);
    let (status, changed) = served
        .put(
            &path,
            &json!({"name": "Bakers", "pain_keywords": ["no leads"]}),
        )
        .await;
    assert_eq!((status, &changed["version"]), (200, &json!(2)));
    for name in ["solo-founder", "small-d2c"] {
        let preset = format!("/api/icp/templates/{name}");
        assert_eq!(served.post(&preset, &json!({})).await.0, 201);
        assert_eq!(served.post(&preset, &json!({})).await.0, 409);
    }
    assert_eq!(
        served.post("/api/icp/templates/nobody", &json!({})).await.0,
        404
    );
    assert_eq!(served.get("/api/icp/").await.1.as_array().unwrap().len(), 3);
    let (_, first) = served.signal("We have no leads").await;
    assert_eq!(first["icp_matches"][0], made["id"]);
    assert_eq!(served.delete(&path).await.0, 204);
    assert_eq!(served.get(&path).await.0, 404);
    assert_eq!(served.get("/api/icp/x").await.0, 400);
    let (_, second) = served.signal("We have no leads").await;
    assert_ne!(
        second["lead_id"], first["lead_id"],
        "other descriptions make another lead"
    );
}

#[tokio::test]
async fn leads_are_listed_changed_and_removed() {
    let served = serve().await;
    served.script.says("hot", Ok(answer(50.0, 40.0, 5.0)));
    let (_, hot) = served.signal("hot").await;
    served.signal("warm").await;
    let (_, list) = served
        .get("/api/leads/?score_min=70&score_bucket=red_hot&limit=1")
        .await;
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["id"]),
        (1, &hot["lead_id"])
    );
    assert_eq!(list[0]["classification"]["region"], "india");
    for query in [
        "limit=0",
        "limit=201",
        "offset=-1",
        "status=asleep",
        "score_min=x",
    ] {
        assert_eq!(
            served.get(&format!("/api/leads/?{query}")).await.0,
            400,
            "{query}"
        );
    }
    let path = format!("/api/leads/{}", hot["lead_id"]);
    let (status, lead) = served
        .patch(&format!("{path}/status"), &json!({"status": "won"}))
        .await;
    assert_eq!((status, &lead["status"]), (200, &json!("won")));
    assert_eq!(
        served
            .patch(&format!("{path}/status"), &json!({"status": "gone"}))
            .await
            .0,
        400
    );
    let (status, lead) = served
        .patch(&format!("{path}/notes"), &json!({"notes": "called"}))
        .await;
    assert_eq!((status, &lead["notes"]), (200, &json!("called")));
    let (_, counts) = served
        .get("/api/leads/score-distribution/bucket-counts")
        .await;
    assert_eq!(
        counts,
        json!({"red_hot": 1, "warm": 1, "nurture": 0, "parked": 0})
    );
    assert_eq!(
        served
            .get("/api/leads/?status=won")
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(served.delete(&path).await.0, 204);
    assert_eq!(served.get(&path).await.0, 404);
    assert_eq!(served.delete(&path).await.0, 404);
}

#[tokio::test]
async fn promise_05_d13_dossiers_are_written_after_the_answer() {
    let served = serve().await;
    served.script.says("hot", Ok(answer(50.0, 20.1, 0.0)));
    served.script.says("edge", Ok(answer(50.0, 20.0, 0.0)));
    let (_, edge) = served.signal("edge").await;
    assert_eq!(
        (&edge["total_score"], &edge["dossier"]["status"]),
        (&json!(70.0), &Value::Null)
    );
    let (_, hot) = served.signal("hot").await;
    assert_eq!(hot["dossier"]["status"], "pending");
    let path = format!("/api/leads/{}/dossier", hot["lead_id"]);
    until("the dossier is there", async || {
        served.get(&path).await.1["status"] == "done"
    })
    .await;
    let (_, body) = served.get(&path).await;
    assert_eq!(body["dossier"]["snapshot"], "A young brand.");
    assert!(
        body["context_dossier"]
            .as_str()
            .unwrap()
            .contains("\n\n- One.")
    );
    assert_eq!(
        served
            .get(&format!("/api/leads/{}/dossier", edge["lead_id"]))
            .await
            .0,
        404
    );
    served
        .script
        .dossiers
        .lock()
        .unwrap()
        .push(Err(failure(Code::Refused)));
    assert_eq!(served.post(&path, &json!({})).await.0, 202);
    until("it fails", async || {
        served.get(&path).await.1["status"] == "failed"
    })
    .await;
    let (_, body) = served.get(&path).await;
    assert_eq!(
        (&body["error"], &body["dossier"]),
        (&json!("Refused"), &dossier_before())
    );
}

/// A dossier that was there stays readable while a newer one could not be written.
fn dossier_before() -> Value {
    common::dossier()
}

#[tokio::test]
async fn dossiers_that_fail_for_now_are_tried_again_and_never_made_up() {
    let served = serve().await;
    served
        .script
        .dossiers
        .lock()
        .unwrap()
        .extend([Ok(json!({"snapshot": ""})), Err(failure(Code::Overloaded))]);
    served.script.says("hot", Ok(answer(50.0, 40.0, 0.0)));
    let (_, hot) = served.signal("hot").await;
    let path = format!("/api/leads/{}/dossier", hot["lead_id"]);
    until("it was tried", async || {
        served.get(&path).await.1["error"] == "Overloaded"
    })
    .await;
    let (_, body) = served.get(&path).await;
    assert_eq!(
        (&body["status"], &body["dossier"]),
        (&json!("pending"), &Value::Null)
    );
    served.clock.advance(Duration::from_secs(7));
    served.signal("hot").await;
    let again = async || served.get(&path).await.1["error"] == "SchemaViolation";
    until("it was tried again", again).await;
    served.clock.advance(Duration::from_secs(30));
    served.signal("hot").await;
    until("it is there", async || {
        served.get(&path).await.1["status"] == "done"
    })
    .await;
    assert_eq!(served.script.dossiers_asked.load(SeqCst), 3);
}

#[tokio::test]
async fn dossiers_are_given_up_after_three_attempts() {
    let served = serve().await;
    let fail = || Err(failure(Code::Overloaded));
    let scripted = [fail(), fail(), fail(), fail()];
    served.script.dossiers.lock().unwrap().extend(scripted);
    served.script.says("hot", Ok(answer(50.0, 40.0, 0.0)));
    let (_, hot) = served.signal("hot").await;
    let path = format!("/api/leads/{}/dossier", hot["lead_id"]);
    for attempt in 1..=3 {
        let tried = async || {
            let (_, body) = served.get(&path).await;
            (&body["attempts"], &body["status"] != "running") == (&json!(attempt), true)
        };
        until("it was tried", tried).await;
        served.clock.advance(Duration::from_secs(7));
        served.signal("hot").await;
    }
    let (_, body) = served.get(&path).await;
    assert_eq!(
        (&body["status"], &body["attempts"]),
        (&json!("failed"), &json!(3))
    );
    assert_eq!(served.script.dossiers_asked.load(SeqCst), 3);
}

#[tokio::test]
async fn promise_05_d15_money_that_another_company_raised_counts_nothing() {
    let served = serve_with(with_tools(), Script::default()).await;
    let text =
        "The search is on for a person with a good hand for words and numbers, who likes to plan.";
    let text = format!("{text} And to see campaigns through to their end, week after week.");
    let signal = |company: &str| json!({"signal_text": text, "company_name": company, "post_date": "2023-11-14"});
    let (status, event) = served
        .post(
            "/api/classify/funding-events",
            &json!({"company_name": "SkinLab", "announced_at": "2023-10-01T00:00:00Z"}),
        )
        .await;
    assert_eq!((status, &event["amount_usd"]), (201, &Value::Null));
    let (_, raised) = served
        .post("/api/classify/signal", &signal("SkinLab"))
        .await;
    assert_eq!(raised["heuristic_adjustments"][0]["category"], "funding");
    assert_eq!(
        (&raised["total_score"], &raised["score_bucket"]),
        (&json!(75.0), &json!("warm"))
    );
    let (_, other) = served.post("/api/classify/signal", &signal("Brew")).await;
    assert_eq!(
        (&other["total_score"], &other["heuristic_adjustments"]),
        (&json!(65.0), &json!([]))
    );
    assert_eq!(
        served
            .get("/api/classify/funding-events")
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        served
            .post(
                "/api/classify/funding-events",
                &json!({"announced_at": "2023-10-01"})
            )
            .await
            .0,
        400
    );
    let (_, seed) = served.signal("Looking for marketing manager").await;
    assert_eq!(seed["total_score"], 50.0, "fifteen less");
}

#[tokio::test]
async fn totals_are_overridden_and_leads_parked_where_that_is_wanted() {
    let served = serve_with(with_tools(), Script::default()).await;
    let (_, lead) = served.signal("x").await;
    let path = format!("/api/classify/leads/{}", lead["lead_id"]);
    let change = json!({"score": 90, "reason": "met", "user": "ada"});
    let (status, body) = served
        .post(&format!("{path}/override-score"), &change)
        .await;
    assert_eq!(
        (status, &body["total_score"], &body["override"]["user"]),
        (200, &json!(90.0), &json!("ada"))
    );
    for bad in [
        json!({"score": 101, "reason": "x", "user": "y"}),
        json!({"score": 1, "reason": "", "user": "y"}),
    ] {
        assert_eq!(
            served.post(&format!("{path}/override-score"), &bad).await.0,
            400
        );
    }
    assert_eq!(
        served
            .get(&format!("{path}/score-history"))
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (_, parked) = served
        .post("/api/classify/leads/auto-park?dry_run=true", &json!({}))
        .await;
    assert_eq!(parked["count"], 0);
    served.clock.advance(Duration::from_secs(31 * 86_400));
    let (_, parked) = served
        .post("/api/classify/leads/auto-park", &json!({}))
        .await;
    assert_eq!(parked["lead_ids"], json!([lead["lead_id"]]));
    let plain = serve().await;
    assert_eq!(
        plain
            .post("/api/classify/leads/auto-park", &json!({}))
            .await
            .0,
        404
    );
}
