//! Putting stages, store and clock together.

use super::outcome::Failure;
use crate::{cli::AnalyzeArguments, exit::Exit, settings::Settings, stages::Opener};
use artifacts::Directory;
use contracts::job::Job;
use stage::{Clock, Progress};
use std::{path::PathBuf, sync::Arc};
use tempfile::TempDir;
use worker::{AnyStage, Embedded, EmbeddedParts, Policy, SystemClock};

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
pub fn assemble(arguments: &AnalyzeArguments, settings: &Settings) -> Result<Assembly, Failure> {
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
        stages: Opener::new(settings).all(|stage| !without.contains(&stage))?,
        store: Arc::new(store),
        clock: Arc::new(SystemClock::start()),
        policy: settings.worker.policy(),
        scratch,
    })
}
