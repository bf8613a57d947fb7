#![doc = include_str!("../README.md")]

pub mod attribute;
pub mod catalogue;
mod config;
pub mod context;
pub mod events;
mod export;
mod format;
mod job;
pub mod messaging;
pub mod metric;
mod setup;
pub mod signals;
pub mod work;

pub use config::{
    BATCH_DELAY, BATCH_SIZE, EXPORT_TIMEOUT, Error, LogFormat, QUEUE_SIZE, TelemetryConfig,
};
pub use setup::{Telemetry, init};

#[cfg(test)]
mod tests;
