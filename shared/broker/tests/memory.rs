//! The contract, on a broker in memory.
#![allow(clippy::unwrap_used, reason = "tests")]

use async_trait::async_trait;
use broker::{
    Memory, Transport,
    contract_suite::{self, Subject},
};
use std::{sync::Arc, time::Duration};

struct InMemory(Memory);

#[async_trait]
impl Subject for InMemory {
    async fn connect(&self) -> Arc<dyn Transport> {
        Arc::new(self.0.another())
    }
    fn shortest_delay(&self) -> Duration {
        Duration::from_secs(5)
    }
}

#[tokio::test(start_paused = true)]
async fn memory_keeps_the_contract() {
    contract_suite::run(&InMemory(Memory::default())).await;
}
