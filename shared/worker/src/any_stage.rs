//! A stage without its types, so that stages of different messages fit one table.

use async_trait::async_trait;
use contracts::{
    DecodeError, Envelope, StageName, Upstream, job::Job, manifest::ModelStamp,
    messages::StageInput,
};
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
    /// Why it cannot run here at all, such as missing weights; `None` if it can.
    fn unavailable(&self) -> Option<&str> {
        None
    }
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
    /// Whether an envelope holds the input of this stage, in a version this program knows.
    ///
    /// # Errors
    /// [`DecodeError`] saying what it holds instead.
    fn check(&self, envelope: &Envelope) -> Result<(), DecodeError>;
    /// Runs on the input in an envelope, and returns the output.
    ///
    /// # Errors
    /// As [`Stage::run`]; an envelope of something else is rejected.
    async fn run_sealed(
        &self,
        envelope: &Envelope,
        context: &StageContext,
    ) -> Result<serde_json::Value, StageError>;
}

struct Erased<S>(S);

/// A stage that was asked for and cannot run here.
struct Unavailable {
    name: StageName,
    reason: String,
}

/// Stands in for a stage that was asked for and cannot run here: it leaves a failed manifest with
/// `reason`, without an attempt, so that the job goes on and the result says what is missing.
#[must_use]
pub fn unavailable(name: StageName, reason: impl Into<String>) -> Arc<dyn AnyStage> {
    let reason = reason.into();
    Arc::new(Unavailable { name, reason })
}

#[async_trait]
impl AnyStage for Unavailable {
    fn name(&self) -> StageName {
        self.name
    }

    fn models(&self) -> Vec<ModelStamp> {
        Vec::new()
    }

    fn unavailable(&self) -> Option<&str> {
        Some(&self.reason)
    }

    async fn run(
        &self,
        _: &Job,
        _: &Upstream,
        _: &StageContext,
    ) -> Result<serde_json::Value, StageError> {
        Err(StageError::rejected(self.reason.clone()))
    }

    fn check(&self, _: &Envelope) -> Result<(), DecodeError> {
        Ok(())
    }

    async fn run_sealed(
        &self,
        _: &Envelope,
        _: &StageContext,
    ) -> Result<serde_json::Value, StageError> {
        Err(StageError::rejected(self.reason.clone()))
    }
}

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
        self.run_on(input, context).await
    }

    fn check(&self, envelope: &Envelope) -> Result<(), DecodeError> {
        envelope.open::<S::Input>().map(drop)
    }

    async fn run_sealed(
        &self,
        envelope: &Envelope,
        context: &StageContext,
    ) -> Result<serde_json::Value, StageError> {
        let input = envelope.open().map_err(StageError::rejected)?;
        self.run_on(input, context).await
    }
}

impl<S: Stage> Erased<S> {
    async fn run_on(
        &self,
        input: S::Input,
        context: &StageContext,
    ) -> Result<serde_json::Value, StageError> {
        let output = self.0.run(input, context).await?;
        serde_json::to_value(output).map_err(StageError::rejected)
    }
}
