//! What is committed in `deploy/rabbitmq`, as an operator loads it.

use super::{config, message};
use broker::{Rabbit, Transport};
use serde_json::Value;
use std::{fs, path::PathBuf, process::Command};
use testkit::PrivateRabbit;

const PASSWORD: &str = "a password of the operator's choosing";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/rabbitmq")
}

fn committed(file: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(folder().join(file)).unwrap()).unwrap()
}

/// `users.json` with one password, as `with-passwords.sh` prints it.
fn with_password(user: &str) -> Value {
    let secrets = tempfile::tempdir().unwrap();
    fs::write(secrets.path().join(user), format!("{PASSWORD}\n")).unwrap();
    let script = folder().join("with-passwords.sh");
    let done = Command::new(script).arg(secrets.path()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    serde_json::from_slice(&done.stdout).unwrap()
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
    let users = with_password("worker-ingest");
    assert_eq!(rabbit.api("POST", "definitions", Some(users)).await.0, 204);
    let worker = enter(&PASSWORD.replace(' ', "%20")).await.unwrap();
    worker.publish("decode", &message("1")).await.unwrap();
    assert!(worker.consume("ingest", 1).await.is_ok());
    // Importing what the broker loads at every start takes nobody's password.
    let again = committed("definitions.json");
    assert_eq!(rabbit.api("POST", "definitions", Some(again)).await.0, 204);
    assert!(enter(&PASSWORD.replace(' ', "%20")).await.is_ok());
}
