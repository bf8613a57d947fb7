//! How stages are tried, and how a worker behaves.

use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, time::Duration};
use worker::{MemoryLimits, Policy, WorkerLimits};

/// How stages are tried, and how a worker behaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkerSettings {
    /// Attempts in all.
    pub max_attempts: u32,
    /// Longest time one attempt may take, in seconds.
    pub attempt_timeout_s: u64,
    /// Delay before the second attempt, in seconds; it doubles with each further one.
    pub base_delay_s: u64,
    /// Longest delay between two attempts, in seconds.
    pub max_delay_s: u64,
    /// What tells this worker from others; host name and process number if not set.
    pub name: Option<String>,
    /// Messages of each stage worked on at once. More than one only where a stage cannot bring
    /// the process down.
    pub slots: u16,
    /// How long work in hand may go on after SIGTERM, in seconds. Must be less than what the
    /// orchestrator grants.
    pub grace_s: u64,
    /// Address on which health and metrics are served; nowhere if not set.
    pub health_address: Option<SocketAddr>,
    /// Resident memory over which a warning is logged, in bytes.
    pub memory_warn_bytes: u64,
    /// Resident memory over which the worker drains and ends, to be started anew, in bytes; never
    /// if not set.
    pub memory_end_bytes: Option<u64>,
    /// Share of the machine's memory in use over which a warning is logged, 0–1.
    pub memory_system_share: f64,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        let (policy, limits) = (Policy::default(), WorkerLimits::default());
        Self {
            max_attempts: policy.max_attempts,
            attempt_timeout_s: policy.attempt_timeout.as_secs(),
            base_delay_s: policy.base_delay.as_secs(),
            max_delay_s: policy.max_delay.as_secs(),
            name: None,
            slots: limits.slots,
            grace_s: limits.grace.as_secs(),
            health_address: None,
            memory_warn_bytes: limits.memory.warn_bytes,
            memory_end_bytes: limits.memory.end_bytes,
            memory_system_share: limits.memory.system_share,
        }
    }
}

impl WorkerSettings {
    /// The policy these settings describe.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            max_attempts: self.max_attempts,
            attempt_timeout: Duration::from_secs(self.attempt_timeout_s),
            base_delay: Duration::from_secs(self.base_delay_s),
            max_delay: Duration::from_secs(self.max_delay_s),
        }
    }

    /// The limits these settings describe.
    #[must_use]
    pub fn limits(&self) -> WorkerLimits {
        let limits = WorkerLimits::default();
        WorkerLimits {
            slots: self.slots,
            grace: Duration::from_secs(self.grace_s),
            memory: MemoryLimits {
                warn_bytes: self.memory_warn_bytes,
                end_bytes: self.memory_end_bytes,
                system_share: self.memory_system_share,
                ..limits.memory
            },
            ..limits
        }
    }

    /// Refuses values that cannot be meant.
    pub(super) fn validate(&self) -> Result<(), String> {
        let at_least_one = [
            ("max_attempts", u64::from(self.max_attempts)),
            ("attempt_timeout_s", self.attempt_timeout_s),
            ("slots", u64::from(self.slots)),
            ("grace_s", self.grace_s),
        ];
        if let Some((key, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return Err(format!("worker.{key} must be at least 1"));
        }
        if !(0.0..=1.0).contains(&self.memory_system_share) {
            return Err("worker.memory_system_share must be from 0 to 1".into());
        }
        Ok(())
    }
}
