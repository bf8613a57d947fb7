#![doc = include_str!("../README.md")]

mod advertised;
pub mod compute;
mod config;
mod error;
pub mod json;
mod metrics;
mod run;
mod schemas;

pub use advertised::{Brand, MAX_ENTRIES, MAX_ENTRY_CHARS};
pub use compute::style::{Compatibility, Layout, Style};
pub use config::Limits;
pub use error::Error;
pub use metrics::{Horizon, Metric, Range, explain, metrics, metrics_markdown, suggest};
pub use run::Timeline;
pub use schemas::{SchemaFile, schemas};
