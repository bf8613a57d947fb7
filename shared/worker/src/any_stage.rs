//! A stage without its types, so that stages of different messages fit one table.

use async_trait::async_trait;
use contracts::{StageName, Upstream, job::Job, manifest::ModelStamp, messages::StageInput};
use stage::{Stage, StageContext, StageError};
use std::sync::Arc;

/// A stage whose input is gathered from what came before and whose output is kept as JSON in its
/// manifest.
#[async_trait]
pub trait AnyStage: Send + Sync {
    /// Its row of the flow table.
    fn name(&self) -> StageName;
    /// Models that take part in its results.
    fn models(&self) -> Vec<ModelStamp>;
    /// Gathers the input, runs, and returns the output.
    ///
    /// # Errors
    /// As [`Stage::run`]; an input that cannot be gathered is rejected.
    async fn run(
        &self,
        job: &Job,
        upstream: &Upstream,
        context: &StageContext,
    ) -> Result<serde_json::Value, StageError>;
}

struct Erased<S>(S);

/// Takes the types off a stage.
pub fn erase<S: Stage>(stage: S) -> Arc<dyn AnyStage> {
    Arc::new(Erased(stage))
}

#[async_trait]
impl<S: Stage> AnyStage for Erased<S> {
    fn name(&self) -> StageName {
        S::NAME
    }

    fn models(&self) -> Vec<ModelStamp> {
        self.0.models()
    }

    async fn run(
        &self,
        job: &Job,
        upstream: &Upstream,
        context: &StageContext,
    ) -> Result<serde_json::Value, StageError> {
        let input = S::Input::gather(job, upstream).map_err(StageError::rejected)?;
        let output = self.0.run(input, context).await?;
        serde_json::to_value(output).map_err(StageError::rejected)
    }
}
