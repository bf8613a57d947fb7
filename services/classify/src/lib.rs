#![doc = include_str!("../README.md")]

pub mod adapters;
mod background;
pub mod batch;
pub mod compute;
mod counters;
mod day_batch;
pub mod failure;
mod http;
pub mod ledger;
mod pipeline;
pub mod ports;
mod service;
pub mod settings;
pub mod store;

pub use service::{Ports, Service, Shared, StartError};
