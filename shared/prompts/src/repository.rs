//! The templates in use, and how they are replaced while they are.

use crate::{
    builtin,
    error::{LoadProblem, ReloadError},
    file::drafts,
    load::{self, Content, Limits},
    set::{Rules, Set},
    template::{Origin, Template},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

/// How templates are found and chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Folder of the files; `None` uses the built-in templates alone.
    pub folder: Option<PathBuf>,
    /// The version that is used of a template, whatever the weights.
    pub pins: BTreeMap<String, String>,
    /// What distinguishes this experiment from another; another one shares the units out anew.
    pub salt: String,
    /// Share of the units (0–1) that also run the shadow versions.
    pub shadow_rate: f64,
    /// How long it must be quiet in the folder before it is read.
    pub debounce: Duration,
    /// How often the files are looked at besides.
    pub poll: Duration,
    /// How much the folder may hold.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folder: None,
            pins: BTreeMap::new(),
            salt: String::new(),
            shadow_rate: 0.0,
            debounce: Duration::from_millis(250),
            poll: Duration::from_secs(30),
            limits: Limits::default(),
        }
    }
}

/// Something that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The file, below the folder of templates; `None` for what is wrong with a setting.
    pub file: Option<PathBuf>,
    /// Where and what.
    pub message: String,
    /// Whether templates of this file from before stay in use.
    pub keeps_previous: bool,
}

/// What loading came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many times templates were loaded.
    pub generation: u64,
    /// Hash of the set that is in use now.
    pub hash: String,
    /// Number of versions of templates in it.
    pub templates: usize,
    /// Whether it is another set than before.
    pub is_changed: bool,
    /// What was not taken, by file.
    pub failures: Vec<Failure>,
}

/// The templates in use.
#[derive(Debug)]
pub struct Repository {
    settings: Settings,
    builtin: Vec<Arc<Template>>,
    current: RwLock<Arc<Set>>,
    loaded: Mutex<Loaded>,
}

/// What was loaded last.
#[derive(Debug, Default)]
struct Loaded {
    /// The templates of every file, as of its last version that was right.
    good: BTreeMap<PathBuf, Vec<Arc<Template>>>,
    content: [u8; 32],
    failures: Vec<Failure>,
}

impl Repository {
    /// Loads the built-in templates and those of the folder.
    ///
    /// # Errors
    /// [`ReloadError`] if the folder cannot be read. Files that are not right are told of in the
    /// report, and the built-in templates stand in for theirs.
    pub fn open(settings: Settings) -> Result<(Self, Report), ReloadError> {
        let builtin = builtin::templates(settings.limits.max_prompt_bytes)?;
        let rules = rules(&settings);
        let set = Set::new(0, builtin.clone(), Vec::new(), rules);
        let repository = Self {
            settings,
            builtin,
            current: RwLock::new(Arc::new(set)),
            loaded: Mutex::default(),
        };
        let report = match repository.reload() {
            Err(ReloadError::Disabled) => {
                let set = repository.set();
                let failures = broken_pins(&set).collect();
                repository.report(&set, true, failures)
            }
            other => other?,
        };
        Ok((repository, report))
    }

    /// The settings it was opened with.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The templates in use now. Whoever holds the set goes on with it, whatever is loaded.
    #[must_use]
    pub fn set(&self) -> Arc<Set> {
        let current = self.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// What was not taken when files were read last.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.failures.clone()
    }

    /// Reads and checks all files, then replaces the set in one step. A file that is not right
    /// leaves its templates from before in use.
    ///
    /// # Errors
    /// [`ReloadError`] if there is no folder or it cannot be read; the set stays as it was.
    pub fn reload(&self) -> Result<Report, ReloadError> {
        let folder = self
            .settings
            .folder
            .as_deref()
            .ok_or(ReloadError::Disabled)?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let content = load::read(folder, &self.settings.limits)?;
        Ok(self.take(&mut loaded, &content))
    }

    /// The same if a file is another than when they were read last; `None` if not.
    ///
    /// # Errors
    /// As [`Repository::reload`].
    pub fn reload_if_changed(&self) -> Result<Option<Report>, ReloadError> {
        let folder = self
            .settings
            .folder
            .as_deref()
            .ok_or(ReloadError::Disabled)?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let content = load::read(folder, &self.settings.limits)?;
        let is_changed = content.digest() != loaded.content;
        Ok(is_changed.then(|| self.take(&mut loaded, &content)))
    }

    /// The folder of templates and those below it; `None` if there is none that can be read.
    pub(crate) fn folders(&self) -> Option<Vec<PathBuf>> {
        let folder = self.settings.folder.as_deref()?;
        let content = load::read(folder, &self.settings.limits).ok()?;
        Some(content.folders)
    }

    fn take(&self, loaded: &mut Loaded, content: &Content) -> Report {
        let (good, mut failures) = self.read_files(content, &loaded.good);
        loaded.content = content.digest();
        let before = self.set();
        let files = good.values().flatten().cloned().collect();
        let rules = rules(&self.settings);
        let set = Set::new(before.generation + 1, self.builtin.clone(), files, rules);
        let set = Arc::new(set);
        failures.extend(broken_pins(&set));
        loaded.good = good;
        loaded.failures.clone_from(&failures);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::clone(&set);
        drop(current);
        let is_changed = set.hash != before.hash;
        let report = self.report(&set, is_changed, failures);
        tell(&report);
        report
    }

    fn report(&self, set: &Set, is_changed: bool, failures: Vec<Failure>) -> Report {
        Report {
            generation: set.generation,
            hash: set.hash.clone(),
            templates: set.len(),
            is_changed,
            failures,
        }
    }

    /// The templates of every file; of one that is not right, those from before.
    fn read_files(
        &self,
        content: &Content,
        before: &BTreeMap<PathBuf, Vec<Arc<Template>>>,
    ) -> (BTreeMap<PathBuf, Vec<Arc<Template>>>, Vec<Failure>) {
        let mut good = BTreeMap::new();
        let mut failures = Vec::new();
        let mut taken = BTreeSet::new();
        for (path, bytes) in &content.files {
            let read = bytes
                .as_ref()
                .map_err(|message| LoadProblem::new("file", message));
            let read = read.and_then(|bytes| self.read_file(path, bytes));
            let outcome = read.and_then(|templates| only_once(templates, &taken));
            let templates = outcome.or_else(|problem| {
                let previous = before.get(path).cloned();
                let previous = previous.and_then(|previous| only_once(previous, &taken).ok());
                failures.push(Failure {
                    file: Some(path.clone()),
                    message: problem.to_string(),
                    keeps_previous: previous.is_some(),
                });
                previous.ok_or(())
            });
            let Ok(templates) = templates else { continue };
            taken.extend(templates.iter().map(|one| versioned(one)));
            good.insert(path.clone(), templates);
        }
        (good, failures)
    }

    fn read_file(&self, path: &Path, bytes: &[u8]) -> Result<Vec<Arc<Template>>, LoadProblem> {
        let limit = self.settings.limits.max_prompt_bytes;
        let made = drafts(path, bytes)?
            .into_iter()
            .map(|draft| Template::new(draft, Origin::File(path.to_owned()), limit).map(Arc::new));
        made.collect()
    }
}

fn rules(settings: &Settings) -> Rules {
    Rules {
        pins: settings.pins.clone(),
        salt: settings.salt.clone(),
        shadow_rate: settings.shadow_rate,
    }
}

fn versioned(template: &Template) -> (String, String) {
    let identity = &template.identity;
    (identity.name.clone(), identity.version.clone())
}

/// The templates, unless one of them is there twice or in a file before.
fn only_once(
    templates: Vec<Arc<Template>>,
    taken: &BTreeSet<(String, String)>,
) -> Result<Vec<Arc<Template>>, LoadProblem> {
    let mut here = BTreeSet::new();
    for template in &templates {
        let one = versioned(template);
        if taken.contains(&one) || !here.insert(one.clone()) {
            let (name, version) = one;
            let what = "this version is there already; give it another or remove one";
            return Err(LoadProblem::new(format!("{name}@{version}"), what));
        }
    }
    Ok(templates)
}

fn broken_pins(set: &Set) -> impl Iterator<Item = Failure> {
    set.broken_pins().map(|error| Failure {
        file: None,
        message: error.to_string(),
        keeps_previous: false,
    })
}

fn tell(report: &Report) {
    for failure in &report.failures {
        tracing::warn!(
            file = failure.file.as_deref().map(tracing::field::debug),
            keeps_previous = failure.keeps_previous,
            problem = failure.message,
            "prompt templates are not taken"
        );
    }
    tracing::info!(
        generation = report.generation,
        hash = report.hash,
        templates = report.templates,
        failures = report.failures.len(),
        "prompt templates loaded"
    );
}
