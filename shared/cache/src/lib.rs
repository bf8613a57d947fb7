#![doc = include_str!("../README.md")]

mod breaker;
mod cache;
mod collapse;
mod config;
#[cfg(feature = "contract-suite")]
pub mod contract_suite;
mod counters;
mod entry;
mod flight;
mod frame;
mod generations;
mod key;
mod local;
mod ports;
mod removals;
mod request;
mod seal;
mod tier;

pub use cache::{Begun, Cache, Cleared, Scope};
pub use collapse::collapse_lower;
pub use config::{CacheConfig, ConfigError, RedisConfig};
pub use contracts::canonical_json;
pub use counters::Stats;
pub use key::{Key, Task, TaskError};
pub use ports::{Clock, Ports};
pub use request::{Found, Mode, Produced, Request, State, Subjects, Validated};
pub use seal::{EncryptionKey, EncryptionKeyError};
