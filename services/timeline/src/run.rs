//! The stage: loads, computes, stores.

use crate::{
    Brand, Error, Limits, Style,
    compute::{self, Input, measure::Reason},
};
use bytes::Bytes;
use contracts::{
    ArtifactRef, StageName,
    manifest::FailureClass,
    messages::{Analysed, AnalysisFailure, AnalysisFiles, StageFailure, TimelineInput},
};
use stage::{Stage, StageContext, StageError};

/// Joining, then analysing.
const STEPS: u64 = 2;

/// Joins everything into the analyses.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    limits: Limits,
    style: Style,
    brand: Brand,
}

impl Timeline {
    /// A stage with these limits, for videos that advertise this.
    ///
    /// # Errors
    /// [`Error::ZeroLimit`] if a limit lets nothing through, [`Error::Brand`] if a name cannot be
    /// looked for.
    pub fn new(limits: Limits, brand: Brand) -> Result<Self, Error> {
        limits.validate()?;
        brand.validate()?;
        Ok(Self {
            limits,
            brand,
            style: Style::default(),
        })
    }

    /// The same, writing files in another style.
    #[must_use]
    pub const fn with_style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// Everything that was stored.
    async fn load_all(
        &self,
        message: TimelineInput,
        context: &StageContext,
    ) -> Result<Input, StageError> {
        let mut failures = message.failures;
        let mut load = async |stage: StageName, reference: Option<ArtifactRef>| {
            self.load(context, stage, reference, &mut failures).await
        };
        Ok(Input {
            shots: load(StageName::Shots, message.shots.map(|one| one.shots)).await?,
            objects: load(StageName::Detect, message.objects.map(|one| one.objects)).await?,
            sound: load(StageName::Sound, message.sound.map(|one| one.sound)).await?,
            speech: load(
                StageName::Transcribe,
                message.transcript.map(|one| one.transcript),
            )
            .await?,
            text: load(StageName::Ocr, message.text.map(|one| one.text)).await?,
            people: load(StageName::People, message.people.map(|one| one.people)).await?,
            emotions: load(StageName::Emotion, message.emotions.map(|one| one.emotions)).await?,
            labels: load(StageName::Label, message.labels.map(|one| one.labels)).await?,
            moderation: load(
                StageName::Moderate,
                message.moderation.map(|one| one.moderation),
            )
            .await?,
            metadata: message.ingested.metadata,
            probe: message.decoded.probe,
            completeness: message.decoded.completeness,
            failures,
            style: self.style,
            brand: self.brand.clone(),
        })
    }

    /// The bytes of a result; `None`, and a failure noted, if they are too many.
    async fn load(
        &self,
        context: &StageContext,
        stage: StageName,
        reference: Option<ArtifactRef>,
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
        Ok(Some(context.artifacts.get(&reference).await?))
    }
}

fn failure(name: &str, reason: &Reason) -> AnalysisFailure {
    AnalysisFailure {
        name: name.to_owned(),
        reason: reason.to_string(),
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
        let video_id = input.ingested.metadata.id.clone();
        let input = self.load_all(input, context).await?;
        let limits = self.limits;
        let joined = context
            .blocking(move || compute::join(input, &limits).map_err(StageError::rejected))
            .await?;
        context.advance(1, STEPS);
        let output = context
            .blocking(move || joined.output().map_err(StageError::rejected))
            .await?;
        let mut analyses = Vec::with_capacity(output.analyses.len());
        let failed = output.failed.into_iter();
        let mut failed: Vec<_> = failed.map(|(name, why)| failure(name, &why)).collect();
        for files in output.analyses {
            if let Err(reason) = &files.measured {
                failed.push(failure(files.name, reason));
                continue;
            }
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
        let creative = match output.creative {
            Some(file) => Some(context.store("creative_measures.json", file.into()).await?),
            None => None,
        };
        Ok(Analysed {
            video_id,
            unified: context
                .store("unified_analysis.json", output.unified.into())
                .await?,
            analyses,
            failed,
            creative,
            degraded: output.degraded,
        })
    }
}
