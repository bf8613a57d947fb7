//! Names of queues, all of them derived from the flow table.
//!
//! Per stage: the queue itself, one queue per retry tier, whose messages come back to it when
//! their time is over, and one for dead letters.

use crate::flow::{FLOW, StageName};
use std::time::Duration;

/// The exchange through which stages are reached; the routing key is the name of the queue.
pub const EXCHANGE: &str = "flow";
/// The exchange for requests of others: it leads to the first stage alone.
pub const REQUESTS: &str = "requests";
/// The alternate exchange of [`REQUESTS`]: others need not ask for proof that a message arrived.
pub const STRAYS: &str = "strays";
/// Catches what the exchange cannot route; never empty by accident.
pub const UNROUTABLE: &str = "unroutable";

/// A fixed delay before a message comes back. Delays are fixed per queue because a queue only
/// expires messages at its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryTier {
    /// Its part of the queue's name.
    pub name: &'static str,
    /// How long a message waits there.
    pub delay: Duration,
}

/// The tiers, shortest first.
pub const RETRY_TIERS: [RetryTier; 3] = [
    RetryTier {
        name: "5s",
        delay: Duration::from_secs(5),
    },
    RetryTier {
        name: "1m",
        delay: Duration::from_secs(60),
    },
    RetryTier {
        name: "10m",
        delay: Duration::from_secs(600),
    },
];

/// The shortest tier that waits at least `delay`, or the longest there is.
#[must_use]
pub fn tier_for(delay: Duration) -> RetryTier {
    let fitting = RETRY_TIERS.iter().find(|tier| tier.delay >= delay);
    *fitting.unwrap_or(&RETRY_TIERS[RETRY_TIERS.len() - 1])
}

/// The queue from which workers of a stage take.
#[must_use]
pub const fn work(stage: StageName) -> &'static str {
    stage.as_str()
}

/// The queue in which messages of a stage wait before they are tried again.
#[must_use]
pub fn retry(stage: StageName, tier: RetryTier) -> String {
    format!("{stage}.retry.{}", tier.name)
}

/// The queue of a stage's dead letters.
#[must_use]
pub fn dead(stage: StageName) -> String {
    format!("{stage}.dead")
}

/// Every queue there is, in the order of the flow.
#[must_use]
pub fn all() -> Vec<String> {
    let of_stage = |stage: StageName| {
        let mut names = vec![work(stage).to_owned()];
        names.extend(RETRY_TIERS.into_iter().map(|tier| retry(stage, tier)));
        names.push(dead(stage));
        names
    };
    let stages = FLOW.iter().flat_map(|spec| of_stage(spec.name));
    stages.chain([UNROUTABLE.to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_gets_the_shortest_tier_that_is_long_enough() {
        let named = |seconds| tier_for(Duration::from_secs(seconds)).name;
        assert_eq!(
            [0, 5, 6, 60, 61, 600, 86_400].map(named),
            ["5s", "5s", "1m", "1m", "10m", "10m", "10m"]
        );
    }

    #[test]
    fn every_stage_has_its_queues_once() {
        let names = all();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len());
        assert_eq!(names.len(), FLOW.len() * 5 + 1);
        assert!(names.contains(&"detect.retry.1m".to_owned()));
    }
}
