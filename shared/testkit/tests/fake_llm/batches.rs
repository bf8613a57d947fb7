//! Claude's batches.

use super::{Got, NEW, OLD, ask, look, request};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::fake_llm::{BatchFault, FakeLlm, Fault};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn batch(ids: &[&str]) -> Value {
    let requests = ids
        .iter()
        .map(|id| json!({"custom_id": id, "params": request()}));
    json!({"requests": requests.collect::<Vec<_>>()})
}

async fn send(fake: &FakeLlm, path: &str, body: &Value) -> Got {
    let path = format!("/v1/messages/batches{path}");
    Got::of(ask(fake, &path, NEW, body).await.unwrap()).await
}

async fn begin(fake: &FakeLlm, body: &Value) -> String {
    let begun = send(fake, "", body).await;
    assert_eq!(begun.status, 200, "{begun:?}");
    begun.json()["id"].as_str().unwrap().to_owned()
}

async fn see(fake: &FakeLlm, id: &str) -> Value {
    look(fake, &format!("/v1/messages/batches/{id}"))
        .await
        .json()
}

/// The results of a batch, once it has ended.
async fn results(fake: &FakeLlm, id: &str) -> Vec<Value> {
    while see(fake, id).await["processing_status"] != "ended" {}
    look(fake, &format!("/v1/messages/batches/{id}/results"))
        .await
        .lines()
}

fn kinds(results: &[Value]) -> Vec<&str> {
    let kind = |line: &'_ Value| line["result"]["type"].as_str().unwrap().to_owned();
    results
        .iter()
        .map(|line| match kind(line).as_str() {
            "succeeded" => "succeeded",
            "errored" => "errored",
            "expired" => "expired",
            "canceled" => "canceled",
            other => panic!("{other}"),
        })
        .collect()
}

#[tokio::test]
async fn a_batch_ends_and_has_a_result_for_every_request() {
    let fake = FakeLlm::start().await;
    let id = begin(&fake, &batch(&["a", "b", "c"])).await;
    let first = see(&fake, &id).await;
    assert_eq!(first["processing_status"], "in_progress");
    assert_eq!(first["request_counts"]["processing"], 3);
    assert_eq!(
        (&first["results_url"], &first["ended_at"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        look(&fake, &format!("/v1/messages/batches/{id}/results"))
            .await
            .status,
        404
    );
    let ended = see(&fake, &id).await;
    assert_eq!(ended["processing_status"], "ended");
    assert_eq!(ended["request_counts"]["succeeded"], 3);
    let url = ended["results_url"].as_str().unwrap();
    let path = url.strip_prefix(&fake.base_url()).unwrap();
    let lines = look(&fake, path).await.lines();
    let ids: Vec<&str> = lines
        .iter()
        .map(|line| line["custom_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
    let message = &lines[0]["result"]["message"];
    assert_eq!(message["usage"]["service_tier"], "batch");
    assert_eq!(message["stop_reason"], "end_turn");
}

#[tokio::test]
async fn ids_are_checked_when_the_batch_is_created() {
    let fake = FakeLlm::start().await;
    for ids in [
        &[""][..],
        &["a b"],
        &["a", "a"],
        &["é"],
        &[&"x".repeat(65)],
        &[],
    ] {
        assert_eq!(send(&fake, "", &batch(ids)).await.status, 400, "{ids:?}");
    }
    begin(&fake, &batch(&["A-z_0", &"x".repeat(64)])).await;
}

#[tokio::test]
async fn what_is_asked_is_checked_when_it_is_worked_on() {
    let fake = FakeLlm::start().await;
    let mut body = batch(&["fine", "stream", "speed", "none", "model"]);
    let all = body["requests"].as_array_mut().unwrap();
    all[1]["params"]["stream"] = json!(true);
    all[2]["params"]["speed"] = json!("fast");
    all[3]["params"]["max_tokens"] = json!(0);
    all[4]["params"]["model"] = json!("claude-3-haiku-20240307");
    let id = begin(&fake, &body).await;
    let results = results(&fake, &id).await;
    assert_eq!(
        kinds(&results),
        ["succeeded", "errored", "errored", "errored", "errored"]
    );
    assert_eq!(
        results[1]["result"]["error"]["error"]["type"],
        "invalid_request_error"
    );
    assert_eq!(
        results[4]["result"]["error"]["error"]["type"],
        "not_found_error"
    );
}

#[tokio::test]
async fn the_version_of_its_creation_stays_with_a_batch() {
    let fake = FakeLlm::start().await;
    let mut body = batch(&["a"]);
    body["requests"][0]["params"]["model"] = json!("claude-haiku-4-5");
    body["requests"][0]["params"]["temperature"] = json!(0.3);
    let begun = ask(&fake, "/v1/messages/batches", OLD, &body)
        .await
        .unwrap();
    let id = Got::of(begun).await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(kinds(&results(&fake, &id).await), ["succeeded"]);
}

#[tokio::test]
async fn results_come_shuffled_in_part_and_late() {
    let fake = FakeLlm::start().await;
    fake.script(Fault::Batch(BatchFault {
        shuffled: true,
        errored: 1,
        expired: 2,
        results_missing: 1,
    }));
    let id = begin(&fake, &batch(&["a", "b", "c", "d"])).await;
    see(&fake, &id).await;
    let counts = see(&fake, &id).await["request_counts"].clone();
    assert_eq!(
        (&counts["errored"], &counts["expired"]),
        (&json!(1), &json!(2))
    );
    let path = format!("/v1/messages/batches/{id}/results");
    assert_eq!(look(&fake, &path).await.status, 404);
    let lines = look(&fake, &path).await.lines();
    let of = |wanted: &str| {
        let line = lines
            .iter()
            .find(|line| line["custom_id"] == wanted)
            .unwrap();
        line["result"]["type"].as_str().unwrap()
    };
    assert_eq!(
        ["a", "b", "c", "d"].map(of),
        ["errored", "expired", "expired", "succeeded"]
    );
    let order: Vec<&str> = lines
        .iter()
        .map(|line| line["custom_id"].as_str().unwrap())
        .collect();
    assert_ne!(order, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn a_batch_is_cancelled_and_then_has_ended() {
    let fake = FakeLlm::start().await;
    let id = begin(&fake, &batch(&["a", "b"])).await;
    let cancelled = send(&fake, &format!("/{id}/cancel"), &json!({}))
        .await
        .json();
    assert_eq!(cancelled["processing_status"], "canceling");
    assert_eq!(kinds(&results(&fake, &id).await), ["canceled", "canceled"]);
    assert_eq!(
        send(&fake, &format!("/{id}/cancel"), &json!({}))
            .await
            .status,
        400
    );
    assert_eq!(send(&fake, "/nobody/cancel", &json!({})).await.status, 404);
}

#[tokio::test]
async fn a_batch_expires_and_its_results_go_after_a_month() {
    let fake = FakeLlm::start().await;
    let id = begin(&fake, &batch(&["a"])).await;
    fake.advance_clock(DAY);
    let seen = see(&fake, &id).await;
    assert_eq!(seen["processing_status"], "ended");
    assert_eq!(seen["request_counts"]["expired"], 1);
    assert_eq!(kinds(&results(&fake, &id).await), ["expired"]);
    fake.advance_clock(28 * DAY);
    assert_eq!(
        look(&fake, &format!("/v1/messages/batches/{id}/results"))
            .await
            .status,
        404
    );
}
