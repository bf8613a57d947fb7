#![doc = include_str!("../README.md")]

#[cfg(feature = "contract-suite")]
pub mod contract_suite;
mod directory;
pub mod job;
mod memory;
#[cfg(feature = "s3")]
mod s3;
mod tidy;
mod traced;

pub use directory::Directory;
pub use job::Jobs;
pub use memory::Memory;
#[cfg(feature = "s3")]
pub use s3::{ConditionalWrites, S3, S3Config, S3ConfigError, S3Limits};
pub use tidy::{Tidied, TidyError};
pub use traced::Traced;
