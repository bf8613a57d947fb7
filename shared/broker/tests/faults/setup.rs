//! What is committed in `deploy/rabbitmq`, as an operator loads it.

use super::{config, message};
use broker::{Rabbit, Transport};
use serde_json::Value;
use std::{fs, path::PathBuf};
use testkit::PrivateRabbit;

const PASSWORD: &str = "a password of the operator's choosing";

fn committed(file: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/rabbitmq");
    serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_definitions_make_a_broker_that_only_named_users_enter() {
    let Some(rabbit) = PrivateRabbit::start().await else {
        return;
    };
    for file in ["definitions.json", "users.json"] {
        let (status, told) = rabbit
            .api("POST", "definitions", Some(committed(file)))
            .await;
        assert_eq!(status, 204, "{file}: {told}");
    }
    let enter = async |password: &str| {
        let url = rabbit.amqp_url("worker-ingest");
        let url = url.replace(testkit::PASSWORD, password);
        let mut config = config(&url);
        config.first_connect_patience_s = 0;
        Rabbit::connect(config).await
    };
    for wrong in ["", testkit::PASSWORD, "guest"] {
        assert!(enter(wrong).await.is_err(), "entered with '{wrong}'");
    }
    rabbit
        .control(&["change_password", "worker-ingest", PASSWORD])
        .await;
    let worker = enter(&PASSWORD.replace(' ', "%20")).await.unwrap();
    worker.publish("decode", &message("1")).await.unwrap();
    assert!(worker.consume("ingest", 1).await.is_ok());
    // Importing what the broker loads at every start takes nobody's password.
    let again = committed("definitions.json");
    assert_eq!(rabbit.api("POST", "definitions", Some(again)).await.0, 204);
    assert!(enter(&PASSWORD.replace(' ', "%20")).await.is_ok());
}
