//! What a stub worker is told.

use crate::fail_at::FailAt;
use artifacts::{Directory, S3, S3Config};
use broker::RabbitConfig;
use contracts::StageName;
use serde::{Deserialize, Serialize};
use stage::Artifacts;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use worker::{BreakerLimits, Policy, WorkerLimits};

/// The variable of the environment in which a stub worker finds its settings, as JSON.
pub const SETTINGS: &str = "STUB_WORKER";

/// Where artifacts lie.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StoreSettings {
    /// In a folder.
    Directory(PathBuf),
    /// In a bucket.
    Bucket {
        /// Address of the server.
        endpoint: String,
        /// The bucket.
        bucket: String,
        /// Name of the access key.
        access_key: String,
        /// The access key's secret.
        secret_key: String,
        /// Whether it is waited for as briefly as a server that fails on purpose deserves.
        brief: bool,
    },
}

impl StoreSettings {
    /// Opens it.
    ///
    /// # Errors
    /// If the settings cannot be meant, or the folder cannot be made.
    pub fn open(&self) -> anyhow::Result<Arc<dyn Artifacts>> {
        let (endpoint, bucket, access_key, secret_key, brief) = match self {
            Self::Directory(path) => return Ok(Arc::new(Directory::open(path)?)),
            Self::Bucket {
                endpoint,
                bucket,
                access_key,
                secret_key,
                brief,
            } => (endpoint, bucket, access_key, secret_key, *brief),
        };
        let mut config = S3Config {
            endpoint: Some(endpoint.clone()),
            bucket: bucket.clone(),
            access_key: access_key.clone(),
            secret_key: secret_key.as_str().into(),
            ..S3Config::default()
        };
        if brief {
            config.limits.connect_timeout_s = 2;
            config.limits.attempt_timeout_s = 5;
            config.limits.operation_timeout_s = 20;
            config.limits.idle_timeout_s = 5;
            config.limits.base_delay_ms = 1;
            config.limits.max_delay_ms = 10;
        }
        Ok(Arc::new(S3::open(&config)?))
    }
}

/// Everything a stub worker is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSettings {
    /// What tells it from others.
    pub name: String,
    /// The stages it works for.
    pub stages: Vec<StageName>,
    /// Address of the broker.
    pub broker_url: String,
    /// Interval of heartbeats, in seconds.
    pub heartbeat_s: u16,
    /// Where artifacts lie.
    pub store: StoreSettings,
    /// Directory for scratch.
    pub scratch: PathBuf,
    /// File in which every run of a stage is noted, if any.
    pub runs: Option<PathBuf>,
    /// Where health is served.
    pub health_address: SocketAddr,
    /// Messages of each stage worked on at once.
    pub slots: u16,
    /// Attempts in all.
    pub max_attempts: u32,
    /// Longest time one attempt may take.
    pub attempt_timeout_ms: u64,
    /// How long work in hand may go on once it has been asked to stop.
    pub grace_ms: u64,
    /// How long a computation may go on after its attempt has ended.
    pub leak_grace_ms: u64,
    /// How many of the latest attempts the breaker looks at.
    pub breaker_window: usize,
    /// Its first pause.
    pub breaker_pause_ms: u64,
    /// How long the work on jobs named `slow-` takes.
    pub slow_ms: u64,
    /// How far its wall clock jumps to and fro, in seconds.
    pub clock_jump_s: i64,
    /// Where spans go, if anywhere.
    pub otlp_endpoint: Option<String>,
    /// Where it dies, if anywhere.
    pub fail_at: Option<FailAt>,
}

impl WorkerSettings {
    /// How the broker is reached: quick to come back, and patient with a publish.
    #[must_use]
    pub fn broker(&self) -> RabbitConfig {
        RabbitConfig {
            connection_name: self.name.clone(),
            heartbeat_s: self.heartbeat_s,
            backoff_min_ms: 50,
            backoff_max_ms: 500,
            first_connect_patience_s: 60,
            ..RabbitConfig::at(&self.broker_url)
        }
    }

    /// What follows an outcome.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            max_attempts: self.max_attempts,
            attempt_timeout: Duration::from_millis(self.attempt_timeout_ms),
            ..Policy::default()
        }
    }

    /// How it behaves.
    #[must_use]
    pub fn limits(&self) -> WorkerLimits {
        WorkerLimits {
            slots: self.slots,
            grace: Duration::from_millis(self.grace_ms),
            handback: Duration::from_millis(self.grace_ms / 2),
            leak_grace: Duration::from_millis(self.leak_grace_ms),
            breaker: BreakerLimits {
                window: self.breaker_window,
                first_pause: Duration::from_millis(self.breaker_pause_ms),
                ..BreakerLimits::default()
            },
            ..WorkerLimits::default()
        }
    }
}
