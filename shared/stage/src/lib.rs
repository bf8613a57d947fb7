#![doc = include_str!("../README.md")]

mod context;
mod error;
mod ports;

pub use context::{Computations, ContextParts, StageContext};
pub use error::{BoxError, StageError, chain};
pub use ports::{ArtifactError, Artifacts, Clock, Progress, ProgressEvent};

use contracts::{Message, StageName, messages::StageInput};
use std::future::Future;

/// One step of the pipeline: a typed message in, a typed message out.
///
/// Implementations know nothing of queues. They must be idempotent: running twice with one input
/// leaves the same artifacts and returns the same output.
pub trait Stage: Send + Sync + 'static {
    /// What it takes.
    type Input: StageInput;
    /// What it gives.
    type Output: Message;
    /// Its row of the flow table.
    const NAME: StageName;

    /// Does the work. Long computations run through [`StageContext::blocking`], so that the
    /// runtime stays free.
    fn run(
        &self,
        input: Self::Input,
        context: &StageContext,
    ) -> impl Future<Output = Result<Self::Output, StageError>> + Send;

    /// Models that take part in its results, for the manifest.
    fn models(&self) -> Vec<contracts::manifest::ModelStamp> {
        Vec::new()
    }
}
