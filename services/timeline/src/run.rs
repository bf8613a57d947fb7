//! The stage: loads, computes, stores.

use crate::{
    Error, Limits,
    compute::{self, Input},
};
use bytes::Bytes;
use contracts::{
    ArtifactRef, StageName,
    manifest::FailureClass,
    messages::{Analysed, AnalysisFiles, StageFailure, TimelineInput},
};
use stage::{Stage, StageContext, StageError};

/// Joins everything into the analyses.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    limits: Limits,
}

impl Timeline {
    /// A stage with these limits.
    ///
    /// # Errors
    /// [`Error::ZeroLimit`] if one of them lets nothing through.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        limits.validate()?;
        Ok(Self { limits })
    }

    /// The bytes of a result; `None`, and a failure noted, if they are too many.
    async fn load(
        &self,
        context: &StageContext,
        (stage, reference): (StageName, Option<&ArtifactRef>),
        failures: &mut Vec<StageFailure>,
    ) -> Result<Option<Bytes>, StageError> {
        let Some(reference) = reference else {
            return Ok(None);
        };
        let limit = self.limits.max_result_bytes;
        if reference.size_bytes > limit {
            failures.push(StageFailure {
                stage,
                class: FailureClass::Rejected,
                reason: format!("result is {} bytes, limit is {limit}", reference.size_bytes),
            });
            return Ok(None);
        }
        Ok(Some(context.artifacts.get(reference).await?))
    }
}

impl Stage for Timeline {
    type Input = TimelineInput;
    type Output = Analysed;
    const NAME: StageName = StageName::Timeline;

    async fn run(
        &self,
        input: TimelineInput,
        context: &StageContext,
    ) -> Result<Analysed, StageError> {
        let mut failures = input.failures;
        let shots = input.shots.as_ref().map(|found| &found.shots);
        let objects = input.objects.as_ref().map(|found| &found.objects);
        let sound = input.sound.as_ref().map(|found| &found.sound);
        let video_id = input.ingested.metadata.id.clone();
        let input = Input {
            shots: self
                .load(context, (StageName::Shots, shots), &mut failures)
                .await?,
            objects: self
                .load(context, (StageName::Detect, objects), &mut failures)
                .await?,
            sound: self
                .load(context, (StageName::Sound, sound), &mut failures)
                .await?,
            metadata: input.ingested.metadata,
            probe: input.decoded.probe,
            completeness: input.decoded.completeness,
            failures,
        };
        let limits = self.limits;
        let output = context
            .blocking(move || compute::analyse(&input, &limits).map_err(StageError::rejected))
            .await?;
        let mut analyses = Vec::with_capacity(output.analyses.len());
        for files in output.analyses {
            let name = |kind: &str| format!("{}_{kind}.json", files.name);
            analyses.push(AnalysisFiles {
                name: files.name.into(),
                result: context.store(&name("result"), files.result.into()).await?,
                ml: context.store(&name("ml"), files.ml.into()).await?,
                complete: context
                    .store(&name("complete"), files.complete.into())
                    .await?,
            });
        }
        Ok(Analysed {
            video_id,
            unified: context
                .store("unified_analysis.json", output.unified.into())
                .await?,
            analyses,
            degraded: output.degraded,
        })
    }
}
