//! The contract, on RabbitMQ.
#![allow(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use broker::{
    Rabbit, RabbitConfig, Transport,
    contract_suite::{self, Subject},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use testkit::{PrivateRabbit, RabbitAccess};

const SHORT: Duration = Duration::from_millis(700);

struct OnRabbit(RabbitAccess);

#[async_trait]
impl Subject for OnRabbit {
    async fn connect(&self) -> Arc<dyn Transport> {
        let config = RabbitConfig::at(&self.0.amqp_url("operator"));
        Arc::new(Rabbit::connect(config).await.unwrap())
    }
    fn shortest_delay(&self) -> Duration {
        SHORT
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rabbit_keeps_the_contract() {
    let Some(shared) = PrivateRabbit::shared().await else {
        return;
    };
    let access = shared.another("contract").await;
    let changes = json!({ "message-ttl": SHORT.as_millis() as u64 });
    let tier = "moderate.retry.5s";
    access.change_policy(tier, tier, &changes).await;
    contract_suite::run(&OnRabbit(access)).await;
}
