#![doc = include_str!("../README.md")]

pub mod bench;
pub mod explanations;
pub mod facts;
mod page;
pub mod parity;
pub mod record;
pub mod replay;
pub mod times;

pub use page::{about, page};
