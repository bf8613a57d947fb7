#![doc = include_str!("../README.md")]

mod any_stage;
mod attempt;
mod clock;
mod distributed;
mod embedded;
mod policy;
mod record;

pub use any_stage::{AnyStage, erase, unavailable};
pub use clock::SystemClock;
pub use distributed::{
    BreakerLimits, FailPoint, FailPoints, Health, MemoryLimits, MemoryProbe, MemorySample,
    NewJobId, NoFailPoints, Stopped, Worker, WorkerLimits, WorkerParts, serve_health,
};
pub use embedded::{Embedded, EmbeddedParts, JobReport, RunError};
pub use policy::{Next, Policy};
