//! What can be set, by the names under which it is set. Nothing here reads the environment: values
//! are handed in.

mod asking;
mod read;

pub use asking::{Asking, EmbeddingProvider};

use crate::compute::score::Weights;
use read::{
    host, interval, list, number, positive, real, seconds, share, tokens, truth, unreadable,
};
use secrecy::SecretString;
use serde::{Serialize, Serializer};
use std::{collections::BTreeMap, net::IpAddr, time::Duration};

/// How much somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look.
    Read,
    /// Look, and hand in.
    Write,
    /// Everything.
    Admin,
}

impl Scope {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// A token, and what its bearer may do.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// What its bearer may do.
    pub scope: Scope,
    /// The token.
    pub token: SecretString,
}

/// Only the scope is told.
impl Serialize for ApiToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.scope.serialize(serializer)
    }
}

fn masked<S: Serializer>(_: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("***")
}

fn milliseconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

/// Everything that concerns this service.
#[derive(Debug, Clone, Serialize)]
pub struct Settings {
    /// `HOST`: where it listens. Without tokens this must be the machine itself.
    pub host: IpAddr,
    /// `PORT`.
    pub port: u16,
    /// `DATABASE_URL`: see [`crate::store::Store::open`].
    #[serde(serialize_with = "masked")]
    pub database_url: SecretString,
    /// `API_TOKENS`: `scope:token`, separated by commas.
    pub api_tokens: Vec<ApiToken>,
    /// `CORS_ALLOW_ORIGINS`: pages that may ask from a browser, separated by commas; `*` is any.
    pub cors_allow_origins: Vec<String>,
    /// `SHUTDOWN_GRACE_SECONDS`: how long requests may take to end once the service stops.
    #[serde(rename = "shutdown_grace_ms", serialize_with = "milliseconds")]
    pub shutdown_grace: Duration,
    /// `CLASSIFIER_SCORE_THRESHOLD`: above it a lead gets a dossier.
    pub classifier_score_threshold: f64,
    /// `PREFILTER_SCORE_THRESHOLD`: below it a signal of a batch is filtered.
    pub prefilter_score_threshold: f64,
    /// `SIGNAL_MAX_CHARS`.
    pub signal_max_chars: usize,
    /// `SIGNAL_TRIM`: `off` refuses a signal that is too long; `head_tail` keeps its two ends.
    pub signal_trim: SignalTrim,
    /// `BATCH_CONCURRENCY_LIMIT`: signals of one batch that are worked on at once.
    pub batch_concurrency_limit: usize,
    /// `BATCH_ENABLE_PARALLEL`: if not, one at once.
    pub batch_enable_parallel: bool,
    /// `BATCH_MAX_ITEMS`.
    pub batch_max_items: usize,
    /// `BATCH_TIMEOUT_SECONDS`.
    #[serde(rename = "batch_timeout_ms", serialize_with = "milliseconds")]
    pub batch_timeout: Duration,
    /// `LLM_MAX_CONCURRENCY`: questions of all requests together that are asked at once.
    pub llm_max_concurrency: usize,
    /// `JOBS_MAX_WAITING`: jobs that wait or are being worked on; more are refused.
    pub jobs_max_waiting: u32,
    /// `ENABLE_STREAMING`.
    pub enable_streaming: bool,
    /// `ENABLE_HEALTH_MONITORING`.
    pub enable_health_monitoring: bool,
    /// `ENABLE_EMBEDDINGS`.
    pub enable_embeddings: bool,
    /// `EMBEDDING_SIMILARITY_THRESHOLD`: for models without a threshold of their own.
    pub embedding_similarity_threshold: f64,
    /// `EMBEDDING_SIMILARITY_THRESHOLD_<MODEL>`, by the model's name in capitals.
    pub embedding_thresholds: BTreeMap<String, f64>,
    /// `ENABLE_SCORING_HEURISTICS`.
    pub enable_scoring_heuristics: bool,
    /// `ENABLE_RULES_FILTER`: whether hopeless signals of a batch are filtered unseen.
    pub enable_rules_filter: bool,
    /// `SCORING_WEIGHT_ICP_FIT`, `SCORING_WEIGHT_MARKETING_PAIN`, `SCORING_WEIGHT_DATA_QUALITY`.
    pub scoring_weights: Weights,
    /// `ENABLE_LEAD_TOOLS`: funding events, overrides, parking.
    pub enable_lead_tools: bool,
    /// `ENABLE_AUTO_PARK`: whether leads nobody contacted are parked by themselves.
    pub enable_auto_park: bool,
    /// `AUTO_PARK_DAYS`: after how many days.
    pub auto_park_days: u32,
    /// `AUTO_PARK_INTERVAL_SECONDS`: how often they are looked for.
    #[serde(rename = "auto_park_interval_ms", serialize_with = "milliseconds")]
    pub auto_park_interval: Duration,
    /// `FUNDING_BOOST_DAYS`.
    pub funding_boost_days: u32,
    /// `FUNDING_BOOST_SCORE`.
    pub funding_boost_score: f64,
    /// How models are asked.
    #[serde(flatten)]
    pub asking: Asking,
}

/// What happens to a signal that is too long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalTrim {
    /// It is refused.
    #[default]
    Off,
    /// Its middle is left out.
    HeadTail,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 8000,
            database_url: "sqlite:///./raptorflow_leads.db".into(),
            api_tokens: Vec::new(),
            cors_allow_origins: Vec::new(),
            shutdown_grace: Duration::from_secs(30),
            classifier_score_threshold: 70.0,
            prefilter_score_threshold: 20.0,
            signal_max_chars: 20_000,
            signal_trim: SignalTrim::Off,
            batch_concurrency_limit: 5,
            batch_enable_parallel: true,
            batch_max_items: 1000,
            batch_timeout: Duration::from_secs(600),
            llm_max_concurrency: 32,
            jobs_max_waiting: 64,
            enable_streaming: true,
            enable_health_monitoring: true,
            enable_embeddings: false,
            embedding_similarity_threshold: 0.7,
            embedding_thresholds: BTreeMap::from([("ALL_MINILM_L6_V2".into(), 0.4)]),
            enable_scoring_heuristics: false,
            enable_rules_filter: true,
            scoring_weights: Weights::default(),
            enable_lead_tools: false,
            enable_auto_park: false,
            auto_park_days: 30,
            auto_park_interval: Duration::from_secs(3600),
            funding_boost_days: 60,
            funding_boost_score: 10.0,
            asking: Asking::default(),
        }
    }
}

/// Why the settings cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A value that cannot be read. It may be a secret, so it is not repeated.
    #[error("{name} is not {wanted}; correct it or leave it out")]
    Unreadable {
        /// Which.
        name: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// Anybody could use it.
    #[error(
        "HOST {0} is not this machine alone, and API_TOKENS is empty; name tokens, or listen on 127.0.0.1"
    )]
    Open(IpAddr),
}

/// Name of every setting, as variables have it; thresholds of single models besides.
pub const NAMES: &[&str] = &[
    "HOST",
    "PORT",
    "DATABASE_URL",
    "API_TOKENS",
    "SHUTDOWN_GRACE_SECONDS",
    "SIGNAL_MAX_CHARS",
    "BATCH_CONCURRENCY_LIMIT",
    "BATCH_ENABLE_PARALLEL",
    "BATCH_MAX_ITEMS",
    "BATCH_TIMEOUT_SECONDS",
    "LLM_MAX_CONCURRENCY",
    "JOBS_MAX_WAITING",
    "ENABLE_STREAMING",
    "ENABLE_HEALTH_MONITORING",
    "ENABLE_EMBEDDINGS",
    "EMBEDDING_SIMILARITY_THRESHOLD",
    "ENABLE_LEAD_TOOLS",
    "AUTO_PARK_DAYS",
    "CLASSIFIER_SCORE_THRESHOLD",
    "PREFILTER_SCORE_THRESHOLD",
    "ENABLE_SCORING_HEURISTICS",
    "ENABLE_RULES_FILTER",
    "SCORING_WEIGHT_ICP_FIT",
    "SCORING_WEIGHT_MARKETING_PAIN",
    "SCORING_WEIGHT_DATA_QUALITY",
    "FUNDING_BOOST_DAYS",
    "FUNDING_BOOST_SCORE",
    "CORS_ALLOW_ORIGINS",
    "SIGNAL_TRIM",
    "ENABLE_AUTO_PARK",
    "AUTO_PARK_INTERVAL_SECONDS",
    "TEMPERATURE_1B",
    "TEMPERATURE_4B",
    "TOP_P",
    "TOP_K",
    "MAX_OUTPUT_TOKENS_CLASSIFY",
    "MAX_OUTPUT_TOKENS_DOSSIER",
    "EMBEDDING_PROVIDER",
    "EMBEDDING_CACHE_TTL",
    "EMBEDDING_TIMEOUT_SECONDS",
    "CLAUDE_BATCH_MODE",
    "CLAUDE_BATCH_LOOK_SECONDS",
];

/// Settings that may also stand in a file.
pub const SECRETS: &[&str] = &["DATABASE_URL", "API_TOKENS"];

/// The prefix of thresholds of single models.
pub const THRESHOLD_OF: &str = "EMBEDDING_SIMILARITY_THRESHOLD_";

impl Settings {
    /// Reads settings from names and values; names that are not known are left to others.
    ///
    /// # Errors
    /// [`SettingsError`] for a value that cannot be read, and for a service open to anybody.
    pub fn from_values<'a>(
        values: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, SettingsError> {
        let mut settings = Self::default();
        for (name, value) in values {
            settings.set(name, value.trim())?;
        }
        settings.check()?;
        Ok(settings)
    }

    /// Whether it may be served.
    ///
    /// # Errors
    /// [`SettingsError::Open`] if anybody could use it.
    pub fn check(&self) -> Result<(), SettingsError> {
        if !self.host.is_loopback() && self.api_tokens.is_empty() {
            return Err(SettingsError::Open(self.host));
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), SettingsError> {
        if let Some(model) = name.strip_prefix(THRESHOLD_OF) {
            let threshold = share(name, value)?;
            self.embedding_thresholds
                .insert(model.to_uppercase(), threshold);
            return Ok(());
        }
        match name {
            "HOST" => self.host = host(name, value)?,
            "PORT" => self.port = number(name, value)?,
            "DATABASE_URL" => self.database_url = value.into(),
            "API_TOKENS" => self.api_tokens = tokens(name, value)?,
            "SHUTDOWN_GRACE_SECONDS" => self.shutdown_grace = seconds(name, value)?,
            "CORS_ALLOW_ORIGINS" => self.cors_allow_origins = list(value),
            "SIGNAL_TRIM" => self.signal_trim = trim(name, value)?,
            "SIGNAL_MAX_CHARS" => self.signal_max_chars = positive(name, value)?,
            "BATCH_CONCURRENCY_LIMIT" => self.batch_concurrency_limit = positive(name, value)?,
            "BATCH_ENABLE_PARALLEL" => self.batch_enable_parallel = truth(name, value)?,
            "BATCH_MAX_ITEMS" => self.batch_max_items = positive(name, value)?,
            "BATCH_TIMEOUT_SECONDS" => self.batch_timeout = seconds(name, value)?,
            "LLM_MAX_CONCURRENCY" => self.llm_max_concurrency = positive(name, value)?,
            "JOBS_MAX_WAITING" => self.jobs_max_waiting = number(name, value)?,
            "ENABLE_STREAMING" => self.enable_streaming = truth(name, value)?,
            "ENABLE_HEALTH_MONITORING" => self.enable_health_monitoring = truth(name, value)?,
            "ENABLE_EMBEDDINGS" => self.enable_embeddings = truth(name, value)?,
            "EMBEDDING_SIMILARITY_THRESHOLD" => {
                self.embedding_similarity_threshold = share(name, value)?;
            }
            "ENABLE_LEAD_TOOLS" => self.enable_lead_tools = truth(name, value)?,
            "ENABLE_AUTO_PARK" => self.enable_auto_park = truth(name, value)?,
            "AUTO_PARK_DAYS" => self.auto_park_days = number(name, value)?,
            "AUTO_PARK_INTERVAL_SECONDS" => self.auto_park_interval = interval(name, value)?,
            _ => self.set_scoring(name, value)?,
        }
        Ok(())
    }

    fn set_scoring(&mut self, name: &str, value: &str) -> Result<(), SettingsError> {
        let weights = &mut self.scoring_weights;
        match name {
            "CLASSIFIER_SCORE_THRESHOLD" => self.classifier_score_threshold = real(name, value)?,
            "PREFILTER_SCORE_THRESHOLD" => self.prefilter_score_threshold = real(name, value)?,
            "ENABLE_SCORING_HEURISTICS" => self.enable_scoring_heuristics = truth(name, value)?,
            "ENABLE_RULES_FILTER" => self.enable_rules_filter = truth(name, value)?,
            "SCORING_WEIGHT_ICP_FIT" => weights.icp_fit = real(name, value)?,
            "SCORING_WEIGHT_MARKETING_PAIN" => weights.marketing_pain = real(name, value)?,
            "SCORING_WEIGHT_DATA_QUALITY" => weights.data_quality = real(name, value)?,
            "FUNDING_BOOST_DAYS" => self.funding_boost_days = number(name, value)?,
            "FUNDING_BOOST_SCORE" => self.funding_boost_score = real(name, value)?,
            _ => self.asking.set(name, value)?,
        }
        Ok(())
    }

    /// Signals of one batch that are worked on at once.
    #[must_use]
    pub fn batch_width(&self) -> usize {
        if self.batch_enable_parallel {
            self.batch_concurrency_limit.max(1)
        } else {
            1
        }
    }

    /// From which similarity on two texts are about the same, for a model.
    #[must_use]
    pub fn similarity_threshold(&self, model: &str) -> f64 {
        // The digest of the weights follows an `@`, the tag a colon.
        let name = model.split(['@', ':']).next().unwrap_or_default();
        let name: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        let own = self.embedding_thresholds.get(&name).copied();
        own.unwrap_or(self.embedding_similarity_threshold)
    }
}

fn trim(name: &str, value: &str) -> Result<SignalTrim, SettingsError> {
    match value {
        "off" => Ok(SignalTrim::Off),
        "head_tail" => Ok(SignalTrim::HeadTail),
        _ => Err(unreadable(name, "off or head_tail")),
    }
}
