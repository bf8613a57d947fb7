#![doc = include_str!("../README.md")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "for tests only"
)]

mod agreement;
mod page;
pub mod reference;
pub mod sight;

pub use agreement::{Agreement, Seen, agreement};
pub use page::{Row, page};
