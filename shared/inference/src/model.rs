//! An opened model: its sessions, and the run.

use crate::{
    cache::CacheDir,
    engine::{EngineConfig, PassedOver, Provider},
    error::{Error, Result},
    pool::Pool,
    registry::{ElementType, ModelEntry, TensorSpec},
    tensor::{NamedTensor, Tensor},
};
use contracts::{ids::Sha256, manifest::ModelStamp};
use ndarray::ArrayD;
use ort::{
    environment::Environment,
    ep::{self, ExecutionProvider as _, ExecutionProviderDispatch},
    session::{Session, SessionInputValue, SessionOutputs, builder::GraphOptimizationLevel},
    value::{Outlet, PrimitiveTensorElementType, TensorElementType, ValueType},
};
use std::{collections::BTreeSet, fmt::Debug, path::Path, sync::Arc};

/// A model that answered its golden sample. Clones share the sessions.
#[derive(Clone)]
pub struct Model(Arc<Inner>);

struct Inner {
    entry: ModelEntry,
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
        let path = entry.path(cache);
        let missing = || Error::Missing {
            what: format!("model '{}'", entry.name),
            path: path.clone(),
        };
        let weights = match std::fs::read(&path) {
            Ok(weights) => weights,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
            Err(error) => return Err(Error::file("read", &path)(error)),
        };
        let expected = entry.expected_digest(cache)?.ok_or_else(missing)?;
        // The bytes that were digested are the bytes that are loaded: the file is not read twice.
        let found = Sha256::of(&weights);
        if found != expected {
            return Err(Error::WrongDigest {
                path,
                expected,
                found,
            });
        }
        Self::from_bytes(entry, &weights, cache.root(), config, environment)
    }

    /// Opens weights whose origin the caller answers for.
    pub(crate) fn from_bytes(
        entry: &ModelEntry,
        weights: &[u8],
        engines: &Path,
        config: &EngineConfig,
        environment: &Environment,
    ) -> Result<Self> {
        let digest = Sha256::of(weights);
        let mut passed_over = Vec::new();
        for provider in config.order() {
            let opener = Opener {
                entry,
                weights,
                engines,
                config,
                environment,
                provider,
            };
            match opener.open() {
                Ok(sessions) => {
                    tracing::info!(model = entry.name, %provider, %digest, "model opened");
                    return Ok(Self(Arc::new(Inner {
                        entry: entry.clone(),
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

    /// Name and digest of the weights in use, for results.
    #[must_use]
    pub fn stamp(&self) -> ModelStamp {
        ModelStamp {
            name: self.0.entry.name.clone(),
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

    /// Runs the model once. Every declared input must be given, by its declared name. Blocks
    /// while all sessions are busy; call it from a thread that may block. The same inputs give
    /// the same bytes on the same CPU.
    ///
    /// # Errors
    /// [`Error::Input`] if the tensors do not fit, [`Error::Run`] if ONNX Runtime fails,
    /// [`Error::NotFinite`] if the answer holds NaN or infinity.
    pub fn run(&self, inputs: Vec<(&str, Tensor)>) -> Result<Vec<NamedTensor>> {
        check_inputs(&self.0.entry, &inputs)?;
        let lease = self.0.sessions.take();
        run(&self.0.entry, self.0.provider, &mut lease.session(), inputs)
    }
}

struct Opener<'a> {
    entry: &'a ModelEntry,
    weights: &'a [u8],
    /// Folder below which TensorRT keeps what it compiled.
    engines: &'a Path,
    config: &'a EngineConfig,
    environment: &'a Environment,
    provider: Provider,
}

impl Opener<'_> {
    fn open(&self) -> Result<Vec<Session>> {
        self.check_available()?;
        let mut sessions = (0..self.config.sessions_per_model.get())
            .map(|_| {
                self.session()
                    .map_err(|error| session_error(self.entry, error))
            })
            .collect::<Result<Vec<_>>>()?;
        for session in &mut sessions {
            check_tensors(self.entry, session)?;
            self.check_golden(session)?;
        }
        Ok(sessions)
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
                    .with_engine_cache_path(self.engines.join("tensorrt").display())
                    .build();
                vec![tensorrt.error_on_failure(), cuda()]
            }
        }
    }

    fn check_golden(&self, session: &mut Session) -> Result<()> {
        let golden = &self.entry.golden;
        let fails = |message: String| Error::Golden {
            model: self.entry.name.clone(),
            provider: self.provider.to_string(),
            message,
        };
        let input = self
            .entry
            .inputs
            .first()
            .ok_or_else(|| fails("no input is declared".into()))?;
        let tensor = golden.input(input.element == ElementType::U8)?;
        let inputs = vec![(input.name.as_str(), tensor)];
        check_inputs(self.entry, &inputs)?;
        let answer = run(self.entry, self.provider, session, inputs)?;
        let tolerance = match self.provider {
            Provider::Cpu => golden.tolerance_cpu,
            Provider::Cuda | Provider::TensorRt => golden.tolerance_accelerated,
        };
        golden.compare(&answer, tolerance).map_err(fails)
    }
}

fn session_error(entry: &ModelEntry, message: impl ToString) -> Error {
    Error::Session {
        model: entry.name.clone(),
        message: message.to_string(),
    }
}

/// The graph must have exactly the declared tensors, or its manifest entry is not about it.
fn check_tensors(entry: &ModelEntry, session: &Session) -> Result<()> {
    let differs = |message: String| Error::Tensors {
        model: entry.name.clone(),
        message,
    };
    let same = |declared: &[TensorSpec], found: &[Outlet]| {
        let declared: BTreeSet<_> = declared
            .iter()
            .map(|spec| (spec.name.clone(), Some(spec.element)))
            .collect();
        let found: BTreeSet<_> = found
            .iter()
            .map(|outlet| (outlet.name().to_owned(), element_of(outlet)))
            .collect();
        if declared == found {
            Ok(())
        } else {
            Err(differs(format!("declared {declared:?}, found {found:?}")))
        }
    };
    same(&entry.inputs, session.inputs())?;
    same(&entry.outputs, session.outputs())
}

fn element_of(outlet: &Outlet) -> Option<ElementType> {
    match outlet.dtype() {
        ValueType::Tensor {
            ty: TensorElementType::Uint8,
            ..
        } => Some(ElementType::U8),
        ValueType::Tensor {
            ty: TensorElementType::Float32,
            ..
        } => Some(ElementType::F32),
        ValueType::Tensor {
            ty: TensorElementType::Int32,
            ..
        } => Some(ElementType::I32),
        ValueType::Tensor {
            ty: TensorElementType::Int64,
            ..
        } => Some(ElementType::I64),
        _ => None,
    }
}

fn check_inputs(entry: &ModelEntry, inputs: &[(&str, Tensor)]) -> Result<()> {
    let refuse = |input: &str, message: String| Error::Input {
        model: entry.name.clone(),
        input: input.into(),
        message,
    };
    for spec in &entry.inputs {
        let given: Vec<_> = inputs
            .iter()
            .filter(|(name, _)| *name == spec.name)
            .collect();
        let [(_, tensor)] = given.as_slice() else {
            return Err(refuse(
                &spec.name,
                format!("must be given once, was given {} times", given.len()),
            ));
        };
        if tensor.element() != spec.element {
            return Err(Error::element(
                &entry.name,
                &spec.name,
                spec.element,
                tensor.element(),
            ));
        }
        let fits = |(&declared, &found): (&i64, &usize)| {
            declared < 0 || i64::try_from(found) == Ok(declared)
        };
        let shape = tensor.shape();
        if shape.len() != spec.shape.len()
            || shape.contains(&0)
            || !spec.shape.iter().zip(shape).all(fits)
        {
            return Err(refuse(
                &spec.name,
                format!("takes shape {:?}, got {shape:?}", spec.shape),
            ));
        }
    }
    match inputs
        .iter()
        .find(|(name, _)| entry.inputs.iter().all(|spec| spec.name != *name))
    {
        Some((name, _)) => Err(refuse(name, "is not declared".into())),
        None => Ok(()),
    }
}

fn run(
    entry: &ModelEntry,
    provider: Provider,
    session: &mut Session,
    inputs: Vec<(&str, Tensor)>,
) -> Result<Vec<NamedTensor>> {
    let fails = |message: String| Error::Run {
        model: entry.name.clone(),
        provider: provider.to_string(),
        message,
    };
    let values = inputs
        .into_iter()
        .map(|(name, tensor)| Ok((name, value_of(tensor)?)))
        .collect::<ort::Result<Vec<_>>>()
        .map_err(|error| fails(error.to_string()))?;
    let outputs = session
        .run(values)
        .map_err(|error| fails(error.to_string()))?;
    entry
        .outputs
        .iter()
        .map(|spec| output(entry, spec, &outputs, fails))
        .collect()
}

fn output(
    entry: &ModelEntry,
    spec: &TensorSpec,
    outputs: &SessionOutputs<'_>,
    fails: impl Fn(String) -> Error,
) -> Result<NamedTensor> {
    let value = outputs
        .get(&spec.name)
        .ok_or_else(|| fails(format!("no output '{}'", spec.name)))?;
    let tensor = value
        .try_extract_array::<f32>()
        .map_err(|error| fails(error.to_string()))?;
    if tensor.iter().any(|value| !value.is_finite()) {
        return Err(Error::NotFinite {
            model: entry.name.clone(),
            output: spec.name.clone(),
        });
    }
    Ok(NamedTensor {
        name: spec.name.clone(),
        tensor: tensor.into_owned(),
    })
}

fn value_of(tensor: Tensor) -> ort::Result<SessionInputValue<'static>> {
    match tensor {
        Tensor::U8(array) => owned(array),
        Tensor::F32(array) => owned(array),
        Tensor::I32(array) => owned(array),
        Tensor::I64(array) => owned(array),
    }
}

/// Moves the array; copies it first only if its elements do not lie in C order.
fn owned<T>(array: ArrayD<T>) -> ort::Result<SessionInputValue<'static>>
where
    T: PrimitiveTensorElementType + Clone + Debug + 'static,
{
    let shape: Vec<usize> = array.shape().to_vec();
    let (data, offset) = if array.is_standard_layout() {
        array.into_raw_vec_and_offset()
    } else {
        (array.iter().cloned().collect(), None)
    };
    let data = match offset {
        None | Some(0) => data,
        Some(offset) => data.into_iter().skip(offset).collect(),
    };
    Ok(ort::value::Tensor::from_array((shape, data))?.into())
}
