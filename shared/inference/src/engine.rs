//! The engine: the loaded library and the configuration under which models are opened.

use crate::{
    cache::CacheDir,
    error::{Error, Result},
    model::Model,
    own::OwnModel,
    registry::{Manifest, ModelSet},
    runtime,
};
use ort::environment::Environment;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// Threads of one session. One session with two threads answers a single frame soonest on the
/// smallest machines we serve.
pub const DEFAULT_THREADS_PER_SESSION: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
/// Sessions of one model, that is, how many runs go on at once.
pub const DEFAULT_SESSIONS_PER_MODEL: NonZeroUsize = NonZeroUsize::MIN;

/// What a model runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// NVIDIA TensorRT, with CUDA for what it does not take.
    TensorRt,
    /// NVIDIA CUDA.
    Cuda,
    /// The processor; always there.
    Cpu,
}
impl Provider {
    /// Its name, for people and traces.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TensorRt => "TensorRT",
            Self::Cuda => "CUDA",
            Self::Cpu => "CPU",
        }
    }
}
impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Settings of the engine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineConfig {
    /// Which licences are accepted for weights.
    pub set: ModelSet,
    /// Providers by preference. The CPU takes every model: what stands behind it is not tried, and
    /// where it is not named it comes last.
    pub providers: Vec<Provider>,
    /// ONNX Runtime to load instead of the pinned one, as the variable `ORT_DYLIB_PATH` names it;
    /// a build for GPUs, for instance. Its digest is not checked.
    pub library: Option<PathBuf>,
    /// Threads of one session on the CPU.
    pub threads_per_session: NonZeroUsize,
    /// Sessions of one model. Each holds its own copy of the weights.
    pub sessions_per_model: NonZeroUsize,
    /// Which GPU, counted from 0.
    pub device_id: i32,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            set: ModelSet::default(),
            providers: vec![Provider::TensorRt, Provider::Cuda, Provider::Cpu],
            library: None,
            threads_per_session: DEFAULT_THREADS_PER_SESSION,
            sessions_per_model: DEFAULT_SESSIONS_PER_MODEL,
            device_id: 0,
        }
    }
}

impl EngineConfig {
    /// Providers in the order they are tried: each once, ending with the CPU.
    pub(crate) fn order(&self) -> Vec<Provider> {
        let mut order: Vec<Provider> = Vec::new();
        for provider in self
            .providers
            .iter()
            .copied()
            .take_while(|provider| *provider != Provider::Cpu)
        {
            if !order.contains(&provider) {
                order.push(provider);
            }
        }
        order.push(Provider::Cpu);
        order
    }
}

/// A provider that was tried before the one that serves, and why it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The provider.
    pub provider: Provider,
    /// Why.
    pub reason: String,
}

/// What a model that was opened runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Name of the model.
    pub model: String,
    /// What it runs on.
    pub provider: Provider,
    /// The providers before it in the configured order, and why they do not serve.
    pub passed_over: Vec<PassedOver>,
}

/// Opens models. Cheap to keep, one per process.
pub struct Engine {
    cache: CacheDir,
    config: EngineConfig,
    manifest: Manifest,
    environment: Environment,
    served: Mutex<Vec<Served>>,
}

impl Engine {
    /// Loads ONNX Runtime and the manifest built into the program.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::WrongDigest`] or [`Error::Library`] when the library cannot
    /// be used; never a panic, whatever the file holds.
    pub fn start(cache: CacheDir, config: EngineConfig) -> Result<Self> {
        Self::with_manifest(cache, config, Manifest::models()?)
    }

    /// The same with another manifest.
    ///
    /// # Errors
    /// As [`Engine::start`].
    pub fn with_manifest(
        cache: CacheDir,
        config: EngineConfig,
        manifest: Manifest,
    ) -> Result<Self> {
        let environment = runtime::load(&cache, &manifest, config.library.as_deref())?;
        Ok(Self {
            cache,
            config,
            manifest,
            environment,
            served: Mutex::default(),
        })
    }

    /// Opens the model called `name`: compares its digest, opens its sessions on the first
    /// provider that takes it and answers the golden sample.
    ///
    /// # Errors
    /// [`Error::UnknownModel`], [`Error::NotInSet`], [`Error::Missing`], [`Error::WrongDigest`],
    /// [`Error::Session`], [`Error::Tensors`], [`Error::Golden`].
    pub fn load(&self, name: &str) -> Result<Model> {
        let entry = self.manifest.model(name)?;
        if !self.config.set.includes(entry.set) {
            return Err(Error::NotInSet {
                name: name.into(),
                set: entry.set,
                licence: entry.licence.clone(),
            });
        }
        let model = Model::open(entry, &self.cache, &self.config, &self.environment)?;
        Ok(self.note(model))
    }

    /// Opens a model of the user's own, which no manifest names: without a pinned digest and
    /// without a golden sample.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Session`], [`Error::Tensors`].
    pub fn load_own(&self, own: &OwnModel) -> Result<Model> {
        let weights = std::fs::read(own.path()).map_err(Error::file("read", own.path()))?;
        let entry = own.entry();
        let model = Model::from_bytes(
            &entry,
            &weights,
            &self.cache,
            &self.config,
            &self.environment,
        )?;
        Ok(self.note(model))
    }

    /// The models opened so far, in that order, and what each runs on.
    #[must_use]
    pub fn served(&self) -> Vec<Served> {
        self.served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, model: Model) -> Model {
        self.served
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Served {
                model: model.entry().name.clone(),
                provider: model.provider(),
                passed_over: model.passed_over().to_vec(),
            });
        model
    }

    /// The manifest in use.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}
