//! The cache in one process alone.

use cache::{CacheConfig, contract_suite};

#[tokio::test]
async fn promise_07_memory_passes_the_contract() {
    contract_suite::passes(CacheConfig::default).await;
}
