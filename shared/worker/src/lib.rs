#![doc = include_str!("../README.md")]

mod any_stage;
mod attempt;
mod clock;
mod embedded;
mod policy;

pub use any_stage::{AnyStage, erase, unavailable};
pub use clock::SystemClock;
pub use embedded::{Embedded, EmbeddedParts, JobReport, RunError};
pub use policy::{Next, Policy};
