//! Rows 20 and 27, and what users may not do.

use super::{connect, id, link, message, next, ready, vhost};
use broker::{Link, Outgoing, PublishError, Settled, Transport};
use contracts::codec::MAX_MESSAGE_BYTES;
use serde_json::{Value, json};
use testkit::RabbitAccess;

#[tokio::test(flavor = "multi_thread")]
async fn row_20_a_binding_that_goes_missing_is_loud_and_the_stray_is_kept() {
    let Some(access) = vhost("row_20").await else {
        return;
    };
    let worker = connect(&access, "worker-decode").await;
    worker.publish("detect", &message("1")).await.unwrap();
    access.unbind("detect").await;
    let told = worker.publish("detect", &message("2")).await;
    assert!(
        matches!(&told, Err(PublishError::Unroutable { reason, .. }) if reason.contains("NO_ROUTE")),
        "{told:?}"
    );
    let operator = connect(&access, "operator").await;
    let strays = operator.browse("unroutable", 10).await.unwrap();
    assert_eq!(strays.iter().map(id).collect::<Vec<_>>(), ["2"]);
    ready(&operator, "detect", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_20_without_the_exchange_nothing_is_published_and_nothing_else_is_lost() {
    let Some(access) = vhost("row_20_exchange").await else {
        return;
    };
    let transport = connect(&access, "operator").await;
    transport.publish("detect", &message("1")).await.unwrap();
    let mut consumer = transport.consume("detect", 1).await.unwrap();
    let held = next(&mut *consumer).await;
    let path = format!("exchanges/{}/flow", access.vhost());
    assert_eq!(access.api("DELETE", &path, None).await.0, 204);
    let told = transport.publish("detect", &message("2")).await;
    assert!(
        matches!(&told, Err(PublishError::Unroutable { reason, .. }) if reason.contains("NOT_FOUND")),
        "{told:?}"
    );
    access.another("row_20_exchange").await;
    transport.publish("detect", &message("3")).await.unwrap();
    assert_eq!(
        held.accept().await,
        Settled::Done,
        "the link was never lost"
    );
    assert_eq!(id(&next(&mut *consumer).await), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn row_27_an_oversize_message_is_refused_before_it_is_sent() {
    let Some(access) = vhost("row_27").await else {
        return;
    };
    let worker = connect(&access, "worker-decode").await;
    let mut changes = worker.link();
    changes.mark_unchanged();
    let large = Outgoing {
        body: vec![0; MAX_MESSAGE_BYTES + 1].into(),
        ..message("large")
    };
    let told = worker.publish("detect", &large).await;
    assert!(
        matches!(told, Err(PublishError::TooLarge { .. })),
        "{told:?}"
    );
    worker.publish("detect", &message("small")).await.unwrap();
    assert!(!changes.has_changed().unwrap(), "the channel stayed open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_for_now() {
    let Some(access) = vhost("full").await else {
        return;
    };
    let changes = json!({ "max-length-bytes": 10 });
    access.change_policy("detect", "detect", &changes).await;
    let worker = connect(&access, "worker-decode").await;
    let mut refused = 0;
    for number in 0..20 {
        match worker
            .publish("detect", &message(&number.to_string()))
            .await
        {
            Ok(()) => {}
            Err(PublishError::Refused { queue }) => {
                assert_eq!(queue, "detect");
                refused += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(refused > 10, "{refused} of 20");
    worker.publish("ocr", &message("elsewhere")).await.unwrap();
    link(&worker, |link| *link == Link::Up).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_may_do_what_their_role_needs_and_no_more() {
    let Some(access) = vhost("roles").await else {
        return;
    };
    let worker = connect(&access, "worker-detect").await;
    worker.publish("ocr", &message("1")).await.unwrap();
    worker.publish("detect.dead", &message("2")).await.unwrap();
    assert!(worker.consume("detect", 1).await.is_ok());
    assert!(worker.depth("detect").await.is_ok());
    for foreign in ["ocr", "detect.dead", "detect.retry.5s", "unroutable"] {
        denied(worker.consume(foreign, 1).await.err());
        denied(worker.browse(foreign, 1).await.err());
    }
    let operator = connect(&access, "operator").await;
    assert_eq!(operator.browse("detect.dead", 1).await.unwrap().len(), 1);
    operator.publish("detect", &message("again")).await.unwrap();
    let monitor = connect(&access, "monitor").await;
    denied(monitor.consume("ingest", 1).await.err());
    let told = monitor.publish("ingest", &message("4")).await;
    refused(&told);
}

fn refused(told: &Result<(), PublishError>) {
    assert!(
        matches!(told, Err(PublishError::Unroutable { reason, .. }) if reason.contains("ACCESS_REFUSED")),
        "{told:?}"
    );
}

/// Whoever hands in requests reaches the first stage and nothing else; what is sent elsewhere is
/// kept, even if nobody asked for proof.
#[tokio::test(flavor = "multi_thread")]
async fn row_20_requests_of_others_reach_the_first_stage_and_their_strays_are_kept() {
    let Some(access) = vhost("requests").await else {
        return;
    };
    let submit = connect(&access, "submit").await;
    refused(&submit.publish("detect", &message("1")).await);
    denied(submit.consume("ingest", 1).await.err());
    let url = access.amqp_url("submit");
    let connected = lapin::Connection::connect(&url, lapin::ConnectionProperties::default());
    let channel = connected.await.unwrap().create_channel().await.unwrap();
    for key in ["ingest", "detect"] {
        channel
            .basic_publish(
                contracts::queue::REQUESTS.into(),
                key.into(),
                lapin::options::BasicPublishOptions::default(),
                key.as_bytes(),
                lapin::BasicProperties::default(),
            )
            .await
            .unwrap();
    }
    let operator = connect(&access, "operator").await;
    ready(&operator, "ingest", 1).await;
    ready(&operator, "unroutable", 1).await;
    let strays = operator.browse("unroutable", 1).await.unwrap();
    assert_eq!(strays[0].message.body, "detect");
}

fn denied(error: Option<broker::BrokerError>) {
    let error = error.expect("allowed").to_string();
    assert!(error.contains("ACCESS_REFUSED"), "{error}");
}

/// Nobody may declare, not even what is there already, unless it only asks.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_declares_anything() {
    let Some(access) = vhost("declares").await else {
        return;
    };
    for user in ["worker-detect", "submit", "operator", "monitor"] {
        let url = access.amqp_url(user);
        let connected = lapin::Connection::connect(&url, lapin::ConnectionProperties::default());
        let connection = connected.await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = lapin::options::QueueDeclareOptions::durable();
        let declared = channel
            .queue_declare("mine".into(), options, lapin::types::FieldTable::default())
            .await;
        let error = declared.expect_err("declared").to_string();
        assert!(error.contains("ACCESS_REFUSED"), "{user}: {error}");
    }
}

/// `monitor:test-password` and `submit:test-password`, as basic authentication writes them.
const MONITOR: &str = "bW9uaXRvcjp0ZXN0LXBhc3N3b3Jk";
const SUBMIT: &str = "c3VibWl0OnRlc3QtcGFzc3dvcmQ=";

#[tokio::test(flavor = "multi_thread")]
async fn the_monitor_reads_depths_through_the_management_interface() {
    let Some(access) = vhost("monitored").await else {
        return;
    };
    let path = format!("queues/{}/detect", access.vhost());
    let ask = async |access: &RabbitAccess, who: &str| access.api_as(who, "GET", &path, None).await;
    let (status, found) = ask(&access, MONITOR).await;
    assert_eq!((status, &found["name"]), (200, &Value::from("detect")));
    assert_eq!(ask(&access, SUBMIT).await.0, 401);
    let deleted = access.api_as(MONITOR, "DELETE", &path, None).await.0;
    assert!(matches!(deleted, 400..500), "{deleted}");
}
