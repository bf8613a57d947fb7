#![doc = include_str!("../README.md")]

mod ask;
pub mod compute;
mod config;
mod outcome;

pub use config::{Commentator, Config, InvalidConfig};

use ask::Asker;
use contracts::{
    ArtifactRef, Sha256, StageName,
    analysis::{AnalysisName, TEMPORAL_MARKERS},
    messages::{AnalysisFiles, Comment, Commented, InsightInput},
};
use futures::{StreamExt, TryStreamExt, stream};
use llm::{Cached, answer::Record, budget::Budget, error::Failure};
use prompts::{Repository, framing::Marks};
use serde::Serialize;
use serde_json::Value;
use stage::{Stage, StageContext, StageError};
use std::{sync::Arc, time::Duration};

/// What the name of the artifact that sums up begins with.
const REPORT: &str = "report";
/// Digits of the digest in names of artifacts.
const DIGITS: usize = 16;

/// What the stage is made of.
pub struct Parts {
    /// Asks models, the cache first.
    pub models: Cached,
    /// What they are told.
    pub templates: Arc<Repository>,
    /// Marks text from outside.
    pub marks: Marks,
}

/// The `insight` stage.
pub struct Insight {
    config: Config,
    parts: Parts,
}

/// Why nobody can be asked.
#[derive(Debug, thiserror::Error)]
#[error(
    "no language model can be asked: set CLAUDE_API_KEY, or insight.commentator = \"ollama\" where Ollama runs"
)]
pub struct Off;

impl Insight {
    /// A stage of these parts.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming a setting that cannot be meant.
    pub fn new(config: Config, parts: Parts) -> Result<Self, InvalidConfig> {
        config.validate()?;
        Ok(Self { config, parts })
    }
}

/// An answer, or why there is none, and whether asking again may help.
pub(crate) struct Said {
    record: Record,
    cache: Option<cache::State>,
    failure: Option<Failure>,
}

impl Said {
    /// A record that no model had a part in.
    const fn alone(record: Record) -> Self {
        Self {
            record,
            cache: None,
            failure: None,
        }
    }
}

/// What is put to a model: every analysis but the wrapped copy of the others.
fn wanted(files: &AnalysisFiles) -> Option<(ArtifactRef, AnalysisName)> {
    let analysis = AnalysisName::find(&files.name)?;
    (analysis != TEMPORAL_MARKERS).then(|| (files.ml.clone(), analysis))
}

impl Stage for Insight {
    type Input = InsightInput;
    type Output = Commented;
    const NAME: StageName = StageName::Insight;

    async fn run(
        &self,
        input: InsightInput,
        context: &StageContext,
    ) -> Result<Commented, StageError> {
        let unified: Value = context.load_json(&input.analysed.unified).await?;
        let asker = Asker {
            config: &self.config,
            parts: &self.parts,
            budget: Budget::of_video(self.config.budget_usd_per_video),
            unified: &unified,
            video: &input.analysed.video_id,
            duration_s: input.duration.seconds(),
            context,
        };
        let analyses = input.analysed.analyses.iter().filter_map(wanted);
        let said = self.ask_all(&asker, analyses.collect()).await?;
        outcome::check(&said)?;
        self.store(said, context).await
    }
}

impl Insight {
    async fn ask_all(
        &self,
        asker: &Asker<'_>,
        analyses: Vec<(ArtifactRef, AnalysisName)>,
    ) -> Result<Vec<Said>, StageError> {
        let total = analyses.len() as u64;
        let asking = analyses
            .clone()
            .into_iter()
            .map(|(metrics, analysis)| asker.ask(analysis, metrics));
        let delay = self.config.prompt_delay();
        let at_once = if delay.is_zero() {
            self.config.at_once
        } else {
            1
        };
        let mut answers = stream::iter(asking).buffered(at_once);
        let mut said = Vec::new();
        while let Some(one) = answers.try_next().await? {
            said.push(one);
            asker.context.advance(said.len() as u64, total);
            if said.len() < analyses.len() {
                pause(delay, asker.context).await?;
            }
        }
        drop(answers);
        // What several set aside at once is more than what they cost in the end.
        for (one, (metrics, analysis)) in said.iter_mut().zip(analyses) {
            if one.failure.as_ref().is_some_and(outcome::is_out_of_money) {
                *one = asker.ask(analysis, metrics).await?;
            }
        }
        Ok(said)
    }

    async fn store(
        &self,
        said: Vec<Said>,
        context: &StageContext,
    ) -> Result<Commented, StageError> {
        let mut comments = Vec::with_capacity(said.len());
        for Said { record, .. } in &said {
            let name = &record.prompt_type;
            comments.push(Comment {
                name: name.clone(),
                record: keep(name, record, context).await?,
                missing: record.error.clone(),
            });
        }
        let records: Vec<_> = said
            .into_iter()
            .map(|one| (one.record, one.cache))
            .collect();
        let report = compute::report(&self.config, &records);
        Ok(Commented {
            report: keep(REPORT, &report, context).await?,
            analyses: comments,
        })
    }
}

async fn pause(delay: Duration, context: &StageContext) -> Result<(), StageError> {
    let pause = context
        .cancel
        .run_until_cancelled(tokio::time::sleep(delay));
    pause.await.ok_or(StageError::Cancelled)
}

/// Stores what a model said under a name that only these bytes have: a model asked again says
/// something else, and what an earlier attempt stored stays what it was.
async fn keep<T: Serialize + Sync>(
    name: &str,
    value: &T,
    context: &StageContext,
) -> Result<ArtifactRef, StageError> {
    let bytes = serde_json::to_vec_pretty(value).map_err(StageError::rejected)?;
    let digest = Sha256::of(&bytes).to_string();
    let digits: String = digest.chars().take(DIGITS).collect();
    let file = format!("{name}_{digits}.json");
    context.store(&file, bytes.into()).await
}
