//! Putting stages, store and clock together.

use super::outcome::Failure;
use crate::{
    cli::AnalyzeArguments,
    exit::{Exit, chain},
    settings::Settings,
};
use artifacts::Directory;
use contracts::{StageName, job::Job};
use decode::Decode;
use detect::Detect;
use emotion::Emotion;
use inference::Engine;
use ingest::Ingest;
use label::LabelScenes;
use moderate::Moderate;
use ocr::Ocr;
use people::People;
use shots::Shots;
use sound::{Classifier, Sound};
use stage::{Clock, Progress, Stage};
use std::{path::PathBuf, sync::Arc};
use tempfile::TempDir;
use timeline::Timeline;
use transcribe::Transcribe;
use worker::{AnyStage, Embedded, EmbeddedParts, Policy, SystemClock, erase, unavailable};

/// Everything that lives as long as the command.
pub struct Assembly {
    /// Folder for results.
    pub output: PathBuf,
    /// The store.
    pub store: Arc<Directory>,
    /// The clock.
    pub clock: Arc<SystemClock>,
    stages: Vec<Arc<dyn AnyStage>>,
    policy: Policy,
    scratch: TempDir,
}

impl Assembly {
    /// A runner that tells `progress` how far it is.
    ///
    /// # Errors
    /// None so far; runs share the stages.
    pub fn runner(&self, progress: Arc<dyn Progress>) -> Result<Embedded, Failure> {
        Ok(Embedded::new(EmbeddedParts {
            stages: self.stages.clone(),
            artifacts: self.store.clone(),
            clock: self.clock.clone() as Arc<dyn Clock>,
            progress,
            policy: self.policy,
            scratch: self.scratch.path().to_owned(),
        }))
    }

    /// Removes the artifacts of a job whose results are written.
    pub fn forget(&self, job: &Job) {
        let folder = self.store.root().join("jobs").join(job.job_id.as_str());
        if let Err(error) = std::fs::remove_dir_all(&folder) {
            tracing::warn!(folder = %folder.display(), %error, "cannot remove the artifacts of a finished job");
        }
    }
}

/// Checks settings against each other and opens everything.
///
/// # Errors
/// [`Failure`] naming what is missing and what mends it.
pub fn assemble(arguments: &AnalyzeArguments, settings: &Settings) -> Result<Assembly, Failure> {
    let mut without = settings.stages.without.clone();
    for stage in &arguments.without {
        settings
            .check_optional(*stage)
            .map_err(|error| Failure::new(Exit::Settings, "SettingsError", &error))?;
        without.push(*stage);
    }
    let root = settings
        .store_directory()
        .map_err(|error| Failure::new(Exit::Settings, "SettingsError", &error))?;
    let store = Directory::open(&root)
        .map_err(|error| Failure::at_path("open the store at", &root, &error))?;
    if let Err(error) = store.tidy(settings.store.max_bytes) {
        tracing::warn!(%error, "store not tidied");
    }
    // Beside the store, so that large files are not written to a memory file system.
    let scratch = tempfile::Builder::new()
        .prefix("run-")
        .tempdir_in(store.partial())
        .map_err(|error| Failure::at_path("make a scratch folder in", &root, &error))?;
    Ok(Assembly {
        output: arguments
            .output
            .clone()
            .unwrap_or_else(|| settings.output.directory.clone()),
        stages: stages(settings, &without)?,
        store: Arc::new(store),
        clock: Arc::new(SystemClock::start()),
        policy: settings.worker.policy(),
        scratch,
    })
}

fn stages(settings: &Settings, without: &[StageName]) -> Result<Vec<Arc<dyn AnyStage>>, Failure> {
    let wrong =
        |error: &dyn std::error::Error| Failure::new(Exit::Settings, "SettingsError", error);
    let decode = Decode::new(settings.decode.clone())
        .map_err(|error| Failure::new(Exit::Failure, "DecoderError", &error))?;
    let engine = start_engine(settings);
    let classifier = match &engine {
        Ok(engine) => Classifier::open(engine),
        Err(failure) => Classifier::without(failure.message.clone()),
    };
    let sound = Sound::new(settings.sound.clone()).map_err(|error| wrong(&error))?;
    let mut stages = vec![
        erase(Ingest::new(settings.ingest.clone()).map_err(|error| wrong(&error))?),
        erase(decode),
        erase(Shots::new(settings.shots.clone()).map_err(|error| wrong(&error))?),
        erase(sound.with_classifier(classifier)),
        erase(Timeline::new(settings.timeline).map_err(|error| wrong(&error))?),
    ];
    stages.retain(|stage| !without.contains(&stage.name()));
    stages.extend(optional_stages(settings, without, &engine));
    stages.extend(stages_with_models(settings, without, engine)?);
    Ok(stages)
}

/// Stages that leave a gap where they cannot be opened: the result says what is missing and why.
fn optional_stages(
    settings: &Settings,
    without: &[StageName],
    engine: &Result<Engine, Failure>,
) -> Vec<Arc<dyn AnyStage>> {
    let open = |stage: StageName| {
        let engine = match engine {
            Ok(engine) => engine,
            Err(failure) => return unavailable(stage, failure.message.clone()),
        };
        match stage {
            StageName::Transcribe => opened(Transcribe::open(engine, settings.transcribe.clone())),
            StageName::Moderate => opened(Moderate::open(engine, settings.moderate.clone())),
            _ => opened(LabelScenes::open(engine, settings.label.clone())),
        }
    };
    [StageName::Transcribe, StageName::Moderate, StageName::Label]
        .into_iter()
        .filter(|stage| !without.contains(stage))
        .map(open)
        .collect()
}

fn opened<S: Stage, E: std::error::Error>(stage: Result<S, E>) -> Arc<dyn AnyStage> {
    match stage {
        Ok(stage) => erase(stage),
        Err(error) => unavailable(S::NAME, chain(&error)),
    }
}

/// Stages that look or listen through a network; the library behind them is only loaded if one of
/// them is wanted.
fn stages_with_models(
    settings: &Settings,
    without: &[StageName],
    engine: Result<Engine, Failure>,
) -> Result<Vec<Arc<dyn AnyStage>>, Failure> {
    let wanted = |stage: StageName| !without.contains(&stage);
    let with_models = [
        StageName::Detect,
        StageName::People,
        StageName::Emotion,
        StageName::Ocr,
    ];
    if !with_models.into_iter().any(wanted) {
        return Ok(Vec::new());
    }
    let models = |error: &dyn std::error::Error| Failure::new(Exit::Models, "MLError", error);
    let engine = engine?;
    let mut stages = Vec::new();
    if wanted(StageName::Detect) {
        let stage = Detect::open(&engine, settings.detect.clone());
        stages.push(erase(stage.map_err(|error| models(&error))?));
    }
    if wanted(StageName::People) {
        let stage = People::open(&engine, settings.people.clone());
        stages.push(erase(stage.map_err(|error| models(&error))?));
    }
    if wanted(StageName::Emotion) {
        let stage = Emotion::open(&engine, settings.emotion.clone());
        stages.push(erase(stage.map_err(|error| models(&error))?));
    }
    if wanted(StageName::Ocr) {
        let stage = Ocr::open(&engine, settings.ocr.clone());
        stages.push(erase(stage.map_err(|error| models(&error))?));
    }
    Ok(stages)
}

fn start_engine(settings: &Settings) -> Result<Engine, Failure> {
    let cache = settings
        .cache()
        .map_err(|error| Failure::new(Exit::Settings, "SettingsError", &error))?;
    Engine::start(cache, settings.models.clone())
        .map_err(|error| Failure::new(Exit::Models, "MLError", &error))
}
