//! An opened model: its sessions, and the run.

use crate::{
    cache::CacheDir,
    engine::{EngineConfig, PassedOver, Provider},
    error::{Error, ErrorClass, Result},
    pool::Pool,
    registry::{ModelEntry, Registry},
    run::{self, Asked},
    tensor::{Input, Kept, NamedTensor, Tensor},
};
use contracts::{ids::Sha256, manifest::ModelStamp};
use ort::{
    environment::Environment,
    ep::{self, ExecutionProvider as _, ExecutionProviderDispatch},
    session::{Session, builder::GraphOptimizationLevel},
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use telemetry::{messaging::fail, work::infer_span};

/// A model that answered its golden sample. Clones share the sessions.
#[derive(Clone)]
pub struct Model(Arc<Inner>);

struct Inner {
    entry: ModelEntry,
    cache: CacheDir,
    metadata: BTreeMap<String, String>,
    digest: Sha256,
    provider: Provider,
    passed_over: Vec<PassedOver>,
    sessions: Pool,
}

impl Model {
    pub(crate) fn open(
        entry: &ModelEntry,
        cache: &CacheDir,
        config: &EngineConfig,
        environment: &Environment,
    ) -> Result<Self> {
        let what = format!("model '{}'", entry.name);
        let expected = entry.expected_digest(cache)?;
        let weights = read_pinned(entry, what, entry.path(cache), expected)?;
        Self::from_bytes(entry, &weights, cache, config, environment)
    }

    /// Opens weights whose origin the caller answers for.
    pub(crate) fn from_bytes(
        entry: &ModelEntry,
        weights: &[u8],
        cache: &CacheDir,
        config: &EngineConfig,
        environment: &Environment,
    ) -> Result<Self> {
        let digest = Sha256::of(weights);
        let mut passed_over = Vec::new();
        for provider in config.order() {
            let opener = Opener {
                entry,
                weights,
                cache,
                config,
                environment,
                provider,
            };
            match opener.open() {
                Ok((sessions, metadata)) => {
                    tracing::info!(model = entry.name, %provider, %digest, "model opened");
                    return Ok(Self(Arc::new(Inner {
                        entry: entry.clone(),
                        cache: cache.clone(),
                        metadata,
                        digest,
                        provider,
                        passed_over,
                        sessions: Pool::new(sessions),
                    })));
                }
                Err(error) if provider == Provider::Cpu => return Err(error),
                Err(error) => {
                    let reason = error.to_string();
                    tracing::info!(model = entry.name, %provider, reason, "provider passed over");
                    passed_over.push(PassedOver { provider, reason });
                }
            }
        }
        Err(session_error(entry, "no provider is configured"))
    }

    /// Name, origin and digest of the weights in use, for results.
    #[must_use]
    pub fn stamp(&self) -> ModelStamp {
        let source = &self.0.entry.source;
        ModelStamp {
            name: self.0.entry.name.clone(),
            version: format!("{} {}", source.package, source.version),
            digest: self.0.digest,
        }
    }
    /// What the manifest says about the model: licence, tensors, origin.
    #[must_use]
    pub fn entry(&self) -> &ModelEntry {
        &self.0.entry
    }
    /// What it runs on.
    #[must_use]
    pub fn provider(&self) -> Provider {
        self.0.provider
    }
    /// The providers before it in the configured order, and why they do not serve.
    #[must_use]
    pub fn passed_over(&self) -> &[PassedOver] {
        &self.0.passed_over
    }

    /// A value the graph carries under `key` in its metadata, such as the alphabet of a text
    /// recogniser (`character`, one per line).
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.0.metadata.get(key).map(String::as_str)
    }

    /// The content of the file called `name` that the manifest puts beside the weights: a
    /// vocabulary, a list of labels. Read anew at every call, and only given out when its digest
    /// is the pinned one.
    ///
    /// # Errors
    /// [`Error::UnknownCompanion`], [`Error::Missing`], [`Error::WrongDigest`], [`Error::File`].
    pub fn companion(&self, name: &str) -> Result<Vec<u8>> {
        let entry = &self.0.entry;
        let found = entry.companion(&self.0.cache, name);
        let (path, file) = found.ok_or_else(|| Error::UnknownCompanion {
            model: entry.name.clone(),
            name: name.into(),
        })?;
        let what = format!("'{name}' of model '{}'", entry.name);
        read_pinned(entry, what, path, Some(file.sha256))
    }

    /// Runs the model once. Every declared input must be given, by its declared name; every
    /// declared output comes back, in the declared order. Axes declared as -1 take any extent,
    /// another at every call if need be. Blocks while all sessions are busy; call it from a
    /// thread that may block. The same inputs give the same bytes on the same CPU.
    ///
    /// # Errors
    /// [`Error::Input`] if the tensors do not fit, [`Error::Run`] if ONNX Runtime fails,
    /// [`Error::NotFinite`] if the answer holds NaN or infinity.
    pub fn run(&self, inputs: Vec<(&str, Tensor)>) -> Result<Vec<NamedTensor>> {
        let inputs = inputs
            .into_iter()
            .map(|(name, tensor)| (name, Input::from(tensor)))
            .collect();
        let outputs = self.0.entry.outputs.iter();
        let read: Vec<_> = outputs.map(|spec| spec.name.as_str()).collect();
        self.run_keeping(inputs, &read, &[]).map(|(read, _)| read)
    }

    /// Runs the model once, reads the outputs named in `read` and leaves those named in `keep`
    /// where they were computed, as inputs of a later run: the state of a network that is run
    /// step by step need not be copied back and forth. Other outputs are not asked for. Both
    /// lists come back in their own order. Any session of the model takes a kept value.
    ///
    /// # Errors
    /// As [`Model::run`]; [`Error::Run`] too if a name is not among the declared outputs. Kept
    /// values are not looked at: one that holds NaN shows in what is computed from it.
    pub fn run_keeping(
        &self,
        inputs: Vec<(&str, Input<'_>)>,
        read: &[&str],
        keep: &[&str],
    ) -> Result<(Vec<NamedTensor>, Vec<Kept>)> {
        let entry = &self.0.entry;
        run::check_inputs(entry, &inputs)?;
        let provider = self.0.provider;
        let lease = self.0.sessions.take();
        let span = infer_span(&entry.name, provider.as_str(), run::batch_size(&inputs));
        let asked = Asked { read, keep };
        let run = || run::run(entry, provider, &mut lease.session(), inputs, asked);
        let outcome = span.in_scope(run);
        if let Err(error) = &outcome {
            fail(&span, error_type(error));
        }
        outcome
    }
}

struct Opener<'a> {
    entry: &'a ModelEntry,
    weights: &'a [u8],
    /// TensorRT keeps in it what it compiled.
    cache: &'a CacheDir,
    config: &'a EngineConfig,
    environment: &'a Environment,
    provider: Provider,
}

impl Opener<'_> {
    fn open(&self) -> Result<(Vec<Session>, BTreeMap<String, String>)> {
        self.check_available()?;
        let mut sessions = (0..self.config.sessions_per_model.get())
            .map(|_| {
                self.session()
                    .map_err(|error| session_error(self.entry, error))
            })
            .collect::<Result<Vec<_>>>()?;
        for session in &mut sessions {
            run::check_tensors(self.entry, session)?;
            self.check_golden(session)?;
        }
        let metadata = sessions.first().map(metadata).transpose();
        let metadata = metadata.map_err(|error| session_error(self.entry, error))?;
        Ok((sessions, metadata.unwrap_or_default()))
    }

    /// Asks before trying, because the answer is plainer than the error of a failed attempt.
    fn check_available(&self) -> Result<()> {
        let available = match self.provider {
            Provider::TensorRt => ep::TensorRT::is_available(),
            Provider::Cuda => ep::CUDA::is_available(),
            Provider::Cpu => Ok(true),
        };
        match available {
            Ok(true) => Ok(()),
            Ok(false) => Err(session_error(
                self.entry,
                format!("this build of ONNX Runtime has no {}", self.provider),
            )),
            Err(error) => Err(session_error(self.entry, error)),
        }
    }

    fn session(&self) -> ort::Result<Session> {
        Session::builder(self.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(self.config.threads_per_session.get())?
            .with_inter_threads(1)?
            .with_parallel_execution(false)?
            // Threads that wait by spinning would take the cores from decoding.
            .with_intra_op_spinning(false)?
            .with_deterministic_compute(true)?
            .with_execution_providers(self.providers())?
            .commit_from_memory(self.weights)
    }

    fn providers(&self) -> Vec<ExecutionProviderDispatch> {
        let device = self.config.device_id;
        // Full single precision: the default truncates products to ten bits.
        let cuda = || {
            ep::CUDA::default()
                .with_device_id(device)
                .with_tf32(false)
                .build()
        };
        match self.provider {
            Provider::Cpu => Vec::new(),
            Provider::Cuda => vec![cuda().error_on_failure()],
            Provider::TensorRt => {
                let tensorrt = ep::TensorRT::default()
                    .with_device_id(device)
                    .with_engine_cache(true)
                    .with_engine_cache_path(self.cache.root().join("tensorrt").display())
                    .build();
                vec![tensorrt.error_on_failure(), cuda()]
            }
        }
    }

    fn check_golden(&self, session: &mut Session) -> Result<()> {
        let golden = &self.entry.golden;
        // No answer of a model of the user's own is known.
        if self.entry.source.registry == Registry::Own {
            return Ok(());
        }
        let fails = |message: String| Error::Golden {
            model: self.entry.name.clone(),
            provider: self.provider.to_string(),
            message,
        };
        let inputs = golden.inputs(self.entry).map_err(fails)?;
        run::check_inputs(self.entry, &inputs)?;
        let read: Vec<_> = golden.outputs.iter().map(|o| o.name.as_str()).collect();
        let asked = Asked {
            read: &read,
            keep: &[],
        };
        let (answer, _) = run::run(self.entry, self.provider, session, inputs, asked)?;
        let tolerance = match self.provider {
            Provider::Cpu => golden.tolerance_cpu,
            Provider::Cuda | Provider::TensorRt => golden.tolerance_accelerated,
        };
        golden.compare(&answer, tolerance).map_err(fails)
    }
}

fn error_type(error: &Error) -> &'static str {
    match error.class() {
        ErrorClass::Input => "input:model",
        ErrorClass::Environment => "environment:model",
    }
}

fn session_error(entry: &ModelEntry, message: impl ToString) -> Error {
    Error::Session {
        model: entry.name.clone(),
        message: message.to_string(),
    }
}

/// Reads a file whose bytes are used only if their digest is the expected one; what was digested
/// is what is given back, because the file is not read twice. `expected` is `None` where nobody
/// vouches for what lies there, which counts as missing.
fn read_pinned(
    entry: &ModelEntry,
    what: String,
    path: PathBuf,
    expected: Option<Sha256>,
) -> Result<Vec<u8>> {
    let content = match (std::fs::read(&path), expected) {
        (Ok(content), Some(expected)) => {
            let found = Sha256::of(&content);
            if found == expected {
                return Ok(content);
            }
            return Err(Error::WrongDigest {
                path,
                expected,
                found,
            });
        }
        (content, _) => content,
    };
    match content {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("read", &path)(error))
        }
        _ => Err(Error::Missing {
            what,
            path,
            group: entry.group.clone(),
        }),
    }
}

fn metadata(session: &Session) -> ort::Result<BTreeMap<String, String>> {
    let metadata = session.metadata()?;
    let keys = metadata.custom_keys()?;
    Ok(keys
        .into_iter()
        .filter_map(|key| metadata.custom(&key).map(|value| (key, value)))
        .collect())
}
