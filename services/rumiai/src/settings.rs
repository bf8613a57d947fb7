//! Settings in layers: defaults, files, environment. The only place that reads the environment.

mod classify;
mod language_models;
mod telemetry;
mod worker;

pub use self::{
    classify::Said,
    language_models::{Normalisation, PromptSettings, ResponseCacheSettings},
    worker::WorkerSettings,
};
pub use telemetry::TelemetrySettings;

use artifacts::S3Config;
use broker::RabbitConfig;
use config::{Config, Environment, File, FileFormat};
use contracts::StageName;
use inference::{CacheDir, EngineConfig};
use ingest::IngestConfig;
use llm::settings::LlmSettings;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// Cached media kept in the store, in bytes: 10 GiB.
pub const STORE_BUDGET_BYTES: u64 = 10 << 30;

/// Variables that other programs set, and the keys they stand for. Settings files outweigh them.
const ALIASES: [(&str, &str); 12] = [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "telemetry.otlp_endpoint"),
    ("ORT_DYLIB_PATH", "models.library"),
    ("RUMIAI_OUTPUT_DIR", "output.directory"),
    ("RUMIAI_UNIFIED_DIR", "output.unified_directory"),
    ("RUMIAI_INSIGHTS_DIR", "output.insights_directory"),
    ("OUTPUT_FORMAT_VERSION", "output.format_version"),
    ("OUTPUT_COMPAT", "output.compat"),
    ("APIFY_API_TOKEN", "ingest.apify.token"),
    ("MAX_VIDEO_DURATION", "ingest.max_video_duration_s"),
    ("RUMIAI_MAX_VIDEO_DURATION", "ingest.max_video_duration_s"),
    ("USE_CLAUDE_SONNET", "insight.use_strong_model"),
    ("PROMPT_DELAY", "insight.prompt_delay_s"),
];

/// Everything that can be set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Logging.
    pub log: LogSettings,
    /// Traces and metrics.
    pub telemetry: TelemetrySettings,
    /// Where results go.
    pub output: OutputSettings,
    /// Where artifacts are kept between runs.
    pub store: StoreSettings,
    /// Where fetched files are kept.
    pub cache: CacheSettings,
    /// Which stages run.
    pub stages: StageSettings,
    /// How stages are tried, and how a worker behaves.
    pub worker: WorkerSettings,
    /// Where messages come from and go to, for workers and those who submit.
    pub broker: RabbitConfig,
    /// Model weights and what they run on.
    pub models: EngineConfig,
    /// What is taken in.
    pub ingest: IngestConfig,
    /// What is decoded, by which program, within which limits.
    pub decode: decode::DecodeConfig,
    /// Shot detection.
    pub shots: shots::Config,
    /// Object detection.
    pub detect: detect::Config,
    /// Faces, bodies and hands.
    pub people: people::Config,
    /// Emotions that faces show.
    pub emotion: emotion::Config,
    /// Reading of text on screen.
    pub ocr: ocr::Config,
    /// Sound measurement.
    pub sound: sound::Config,
    /// Recognition of speech.
    pub transcribe: transcribe::Config,
    /// Search for explicit content.
    pub moderate: moderate::Config,
    /// Naming of scenes.
    pub label: label::Config,
    /// Limits of the analyses.
    pub timeline: timeline::Limits,
    /// What a language model says of the analyses.
    pub insight: insight::Config,
    /// What is advertised, for the creative measures.
    pub brand: timeline::Brand,
    /// Language models.
    pub llm: LlmSettings,
    /// What is kept of their answers.
    pub response_cache: ResponseCacheSettings,
    /// What they are told.
    pub prompts: PromptSettings,
    /// The service that classifies signals, by the names of its variables in lower case.
    pub classify: Said,
    /// What variables say of that service; it is read when the service starts.
    #[serde(skip)]
    pub classify_variables: Said,
    /// Variables that look as if they were meant for language models and mean nothing.
    #[serde(skip)]
    pub unknown_variables: Vec<String>,
}

/// Logging.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSettings {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter as `tracing-subscriber` reads it.
    pub level: String,
    /// Whether lines are JSON objects.
    pub json: bool,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: "warn".into(),
            json: false,
        }
    }
}

/// Where results go.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutputSettings {
    /// Folder for results.
    pub directory: PathBuf,
    /// Folder for unified analyses; `unified_analysis` among the results if not set.
    pub unified_directory: Option<PathBuf>,
    /// Folder for analyses; `insights` among the results if not set.
    pub insights_directory: Option<PathBuf>,
    /// Layout of the analyses: `v2`, or `v1` for one flat object each.
    pub format_version: timeline::Layout,
    /// `original` for files that name the same origin as those of the original Python system.
    pub compat: timeline::Compatibility,
}

impl OutputSettings {
    /// How result files are written.
    #[must_use]
    pub const fn style(&self) -> timeline::Style {
        timeline::Style {
            layout: self.format_version,
            compatibility: self.compat,
        }
    }
}

impl Default for OutputSettings {
    fn default() -> Self {
        Self {
            directory: ".".into(),
            unified_directory: None,
            insights_directory: None,
            format_version: timeline::Layout::default(),
            compat: timeline::Compatibility::default(),
        }
    }
}

/// Where artifacts are kept between runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// Folder; `store` in the cache if not set.
    pub directory: Option<PathBuf>,
    /// Bytes of cached media kept; those used longest ago go first.
    pub max_bytes: u64,
    /// Object store of workers and those who submit; the folder if no bucket is named.
    pub s3: S3Config,
    /// Whether a worker refuses an object store that does not write once by condition.
    pub require_conditional_writes: bool,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            directory: None,
            max_bytes: STORE_BUDGET_BYTES,
            s3: S3Config::default(),
            require_conditional_writes: true,
        }
    }
}

impl StoreSettings {
    /// The object store, if one is named.
    #[must_use]
    pub fn object_store(&self) -> Option<&S3Config> {
        (!self.s3.bucket.is_empty()).then_some(&self.s3)
    }

    fn validate(&self) -> Result<(), String> {
        match self.object_store() {
            Some(s3) => s3.validate().map_err(|error| format!("store.s3: {error}")),
            None => Ok(()),
        }
    }
}

/// Where fetched files are kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CacheSettings {
    /// Folder; `RUMIAI_CACHE_DIR`, else `rumiai` in the user's cache directory if not set.
    pub directory: Option<PathBuf>,
}

/// Which stages run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StageSettings {
    /// Stages left out; only optional ones may be.
    pub without: Vec<StageName>,
}

/// A setting that is wrong, with its key.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Unknown key, wrong type or unreadable file.
    #[error("settings: {0}")]
    Unreadable(#[from] config::ConfigError),
    /// A value that cannot be meant.
    #[error("settings: {0}")]
    Unusable(String),
    /// There is no folder to keep things in.
    #[error(
        "settings: set RUMIAI_CACHE_DIR: neither it nor XDG_CACHE_HOME nor HOME names a folder"
    )]
    NoCache,
}

#[allow(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Every variable that is text.
fn variables() -> BTreeMap<String, String> {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Reads all layers.
///
/// # Errors
/// [`SettingsError`] naming the key that is unknown or unusable.
pub fn load(file: Option<&Path>) -> Result<Settings, SettingsError> {
    let mut builder = Config::builder();
    for (name, key) in ALIASES {
        if let Some(value) = variable(name).and_then(|value| value.into_string().ok()) {
            builder = builder.set_default(key, value)?;
        }
    }
    if let Some(level) = variable("LOG_LEVEL").and_then(|level| level.into_string().ok()) {
        builder = builder.set_default("log.level", level.to_lowercase())?;
    }
    for (path, required) in files(file) {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml).required(required));
    }
    let environment = Environment::with_prefix("RUMIAI")
        .prefix_separator("__")
        .separator("__")
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("stages.without")
        .with_list_parse_key("models.providers")
        .with_list_parse_key("brand.names")
        .with_list_parse_key("brand.products")
        .with_list_parse_key("brand.product_classes");
    let variables = variables();
    for (key, value) in language_models::overrides(&variables)? {
        builder = builder.set_override(key, value)?;
    }
    let mut settings: Settings = builder.add_source(environment).build()?.try_deserialize()?;
    settings.classify_variables = classify::said(&variables)?;
    settings.unknown_variables = language_models::unknown(&variables);
    settings.validate()?;
    settings.limit_duration();
    Ok(settings)
}

/// Settings files, weakest first, and whether each must exist.
fn files(named: Option<&Path>) -> Vec<(PathBuf, bool)> {
    if let Some(path) = named {
        return vec![(path.to_owned(), true)];
    }
    let home = || variable("HOME").map(|home| PathBuf::from(home).join(".config"));
    let user = variable("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
    let mut files: Vec<_> = user
        .map(|folder| (folder.join("rumiai/config.toml"), false))
        .into_iter()
        .collect();
    files.push(("rumiai.toml".into(), false));
    files
}

impl Settings {
    /// Makes the longest duration of a video one setting: what `ingest` compares with what a
    /// platform tells, the decoder compares with what it measures. Its own limit may be lower.
    fn limit_duration(&mut self) {
        let limit = &mut self.decode.limits.duration_s;
        *limit = self.ingest.max_video_duration_s.min(*limit);
    }

    /// Refuses values that cannot be meant.
    fn validate(&self) -> Result<(), SettingsError> {
        let unusable = |text: String| SettingsError::Unusable(text);
        for stage in &self.stages.without {
            self.check_optional(*stage)?;
        }
        let checks: [(&str, Result<(), String>); 7] = [
            ("", self.telemetry.validate()),
            ("", self.check_models()),
            ("", self.worker.validate()),
            ("", self.store.validate()),
            (
                "broker.",
                self.broker.validate().map_err(|error| error.to_string()),
            ),
            (
                "",
                self.ingest.validate().map_err(|error| error.to_string()),
            ),
            (
                "decode: ",
                self.decode.validate().map_err(|error| error.to_string()),
            ),
        ];
        for (prefix, outcome) in checks {
            outcome.map_err(|text| unusable(format!("{prefix}{text}")))?;
        }
        self.check_stages().map_err(unusable)?;
        self.check_brand()
    }

    /// Refuses what stages that were opened would refuse, before anything is opened.
    fn check_stages(&self) -> Result<(), String> {
        fn told<E: std::fmt::Display>(checked: Result<(), E>) -> Result<(), String> {
            checked.map_err(|error| error.to_string())
        }
        told(self.shots.validate())?;
        told(self.detect.validate())?;
        told(self.people.validate())?;
        told(self.emotion.validate())?;
        told(self.ocr.validate())?;
        told(self.sound.validate())?;
        told(self.transcribe.validate())?;
        told(self.moderate.validate())?;
        told(self.label.validate())?;
        told(self.timeline.validate())?;
        told(self.insight.validate())
    }

    /// Refuses what cannot be meant of language models, and of who asks them.
    fn check_models(&self) -> Result<(), String> {
        language_models::validate(&self.llm, &self.response_cache, &self.prompts)?;
        classify::validate(&self.classify)
    }

    /// Refuses names that cannot be looked for, and classes of objects that are not detected.
    ///
    /// # Errors
    /// [`SettingsError::Unusable`] naming the list and what is wrong with it.
    pub fn check_brand(&self) -> Result<(), SettingsError> {
        let checked = self.brand.validate();
        checked.map_err(|error| SettingsError::Unusable(error.to_string()))?;
        let known = &detect::compute::classes::NAMES;
        let unknown = |class: &&String| !known.contains(&class.as_str());
        match self.brand.product_classes.iter().find(unknown) {
            None => Ok(()),
            Some(class) => Err(SettingsError::Unusable(format!(
                "brand.product_classes has {class:?}, which is no class of COCO; it may hold {}",
                known.join(", ")
            ))),
        }
    }

    /// Refuses to leave out a stage without which there is no result.
    ///
    /// # Errors
    /// [`SettingsError::Unusable`] naming the stages that may be left out.
    pub fn check_optional(&self, stage: StageName) -> Result<(), SettingsError> {
        if stage.spec().is_some_and(|spec| spec.optional) {
            return Ok(());
        }
        let optional: Vec<_> = contracts::flow::FLOW
            .iter()
            .filter(|spec| spec.optional)
            .collect();
        let names: Vec<_> = optional.iter().map(|spec| spec.name.as_str()).collect();
        Err(SettingsError::Unusable(format!(
            "stages.without: there is no result without {stage}; it may hold {}",
            names.join(", ")
        )))
    }

    /// Where fetched files are kept.
    ///
    /// # Errors
    /// [`SettingsError::NoCache`] if nothing names a folder.
    pub fn cache(&self) -> Result<CacheDir, SettingsError> {
        let configured = self.cache.directory.clone().map(CacheDir::new);
        configured
            .or_else(|| CacheDir::resolve(variable))
            .ok_or(SettingsError::NoCache)
    }

    /// Where artifacts are kept between runs.
    ///
    /// # Errors
    /// [`SettingsError::NoCache`] if nothing names a folder.
    pub fn store_directory(&self) -> Result<PathBuf, SettingsError> {
        match &self.store.directory {
            Some(directory) => Ok(directory.clone()),
            None => Ok(self.cache()?.root().join("store")),
        }
    }
}
