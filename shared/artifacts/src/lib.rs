#![doc = include_str!("../README.md")]

#[cfg(feature = "contract-suite")]
pub mod contract_suite;
mod directory;
pub mod job;
mod memory;
mod tidy;
mod traced;

pub use directory::Directory;
pub use job::Jobs;
pub use memory::Memory;
pub use tidy::{Tidied, TidyError};
pub use traced::Traced;
