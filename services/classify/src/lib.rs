#![doc = include_str!("../README.md")]

mod background;
pub mod batch;
pub mod compute;
mod counters;
pub mod failure;
mod http;
mod pipeline;
pub mod ports;
mod service;
pub mod settings;
pub mod store;

pub use service::{Ports, Service, Shared, StartError};
