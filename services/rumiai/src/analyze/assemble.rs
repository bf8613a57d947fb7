//! Putting stages, store and clock together.

use super::{export::Folders, outcome::Failure, published::FeatureFlags, resources::Gpu};
use crate::{
    cli::AnalyzeArguments,
    exit::Exit,
    settings::{OutputSettings, Settings},
    stages::Opener,
};
use artifacts::{Directory, Traced};
use contracts::{StageName, job::Job};
use stage::{Clock, Progress};
use std::sync::Arc;
use tempfile::TempDir;
use worker::{AnyStage, Embedded, EmbeddedParts, Policy, SystemClock};

/// Everything that lives as long as the command.
pub struct Assembly {
    /// Where results go.
    pub folders: Folders,
    /// The store.
    pub store: Arc<Directory>,
    /// The clock.
    pub clock: Arc<SystemClock>,
    /// What the models run on.
    pub gpu: Gpu,
    /// How the run is set up.
    pub feature_flags: FeatureFlags,
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
            artifacts: Arc::new(Traced::new(self.store.clone(), self.clock.clone())),
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

/// Where results go: below the folder the command line names, else where the settings say.
fn folders(arguments: &AnalyzeArguments, settings: &OutputSettings) -> Folders {
    if let Some(root) = &arguments.output {
        return Folders::below(root.clone());
    }
    let below = Folders::below(settings.directory.clone());
    Folders {
        unified: settings.unified_directory.clone().unwrap_or(below.unified),
        insights: settings
            .insights_directory
            .clone()
            .unwrap_or(below.insights),
        root: below.root,
    }
}

/// Adds what the command line names to what the settings name.
fn name_brand(settings: &mut Settings, arguments: &AnalyzeArguments) -> Result<(), Failure> {
    let (brand, named) = (&mut settings.brand, &arguments.brand);
    brand.names.extend_from_slice(&named.names);
    brand.products.extend_from_slice(&named.products);
    brand
        .product_classes
        .extend_from_slice(&named.product_classes);
    settings
        .check_brand()
        .map_err(|error| Failure::new(Exit::Settings, "SettingsError", &error))
}

/// Checks settings against each other and opens everything.
///
/// # Errors
/// [`Failure`] naming what is missing and what mends it.
pub async fn assemble(
    arguments: &AnalyzeArguments,
    settings: &Settings,
) -> Result<Assembly, Failure> {
    let mut settings = settings.clone();
    name_brand(&mut settings, arguments)?;
    let settings = &settings;
    let mut without = settings.stages.without.clone();
    for stage in &arguments.without {
        settings
            .check_optional(*stage)
            .map_err(|error| Failure::new(Exit::Settings, "SettingsError", &error))?;
        without.push(*stage);
    }
    let insight = arguments.insight || settings.insight.enabled;
    if !insight {
        without.push(StageName::Insight);
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
    let opener = Opener::new(settings);
    let stages = opener.all(|stage| !without.contains(&stage)).await?;
    Ok(Assembly {
        folders: folders(arguments, &settings.output),
        stages,
        gpu: Gpu::of(&opener.served()),
        feature_flags: FeatureFlags {
            ml_precompute: true,
            language_model: insight,
            output_format: settings.output.format_version.as_str(),
        },
        store: Arc::new(store),
        clock: Arc::new(SystemClock::start()),
        policy: settings.worker.policy(),
        scratch,
    })
}
