#![doc = include_str!("../README.md")]

#[cfg(feature = "contract-suite")]
pub mod contract_suite;
mod directory;
mod memory;
mod tidy;

pub use directory::Directory;
pub use memory::Memory;
pub use tidy::{Tidied, TidyError};
