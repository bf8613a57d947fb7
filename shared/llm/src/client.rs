//! Asking models: which one, how often, for how long, at what price.

mod aliases;
mod embed;
mod fingerprint;
mod judge;
mod lane;
mod plan;
mod run;
mod table;
mod watch;

pub use aliases::{Aliases, Target, claude_model};
pub use run::Failed;

use crate::{
    budget::Budget,
    catalogue::{Catalogue, CatalogueError, Retired},
    claude::{Claude, ClaudeConfig},
    completion::Completion,
    error::{Code, Failure},
    health::HealthReport,
    http::SetupError,
    json::Schema,
    ollama::{self, Ollama, OllamaConfig},
    provider::{Deltas, Provider},
    request::Request,
    settings::{LlmSettings, SettingsError},
};
use lane::Lane;
use serde_json::Value;
use stage::Clock;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use table::Table;
use telemetry::events::llm::LlmModelEnds;
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::sync::CancellationToken;

/// Most schemas that are kept ready.
const MAX_SCHEMAS: usize = 256;

/// Where randomness comes from: each call gives a number from 0 to 1.
pub type Random = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Why a client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A setting cannot be meant.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The table of models cannot be used.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A provider cannot be set up.
    #[error(transparent)]
    Provider(#[from] SetupError),
    /// A model has ended.
    #[error(transparent)]
    Retired(#[from] Retired),
    /// A chain names a provider that is not there.
    #[error("alias {alias} names provider {provider}, which is not set up")]
    NoProvider {
        /// The chain.
        alias: String,
        /// The provider.
        provider: String,
    },
    /// A chain is empty.
    #[error("alias {0} names no model")]
    NoModel(String),
}

/// What a client is made of.
pub struct ClientParts {
    /// Limits and waits.
    pub settings: LlmSettings,
    /// What models can do and cost.
    pub catalogue: Catalogue,
    /// Who can be asked.
    pub providers: Vec<Arc<dyn Provider>>,
    /// Who answers which alias.
    pub aliases: Aliases,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Random,
}

/// Asks models. Its copies share everything.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

pub(crate) struct Inner {
    settings: LlmSettings,
    table: Table,
    aliases: Aliases,
    lanes: BTreeMap<Target, Arc<Lane>>,
    providers: BTreeMap<&'static str, Arc<dyn Provider>>,
    clock: Arc<dyn Clock>,
    random: Random,
    /// Durations are counted from here, on the clock of the waits.
    origin: Instant,
    /// Calls at once, of all models together.
    room: Arc<Semaphore>,
    budget: Budget,
    schemas: Mutex<HashMap<Value, Arc<Schema>>>,
}

/// Whether an answer that fits its schema is one: everything that is wrong with it, in words for the
/// model.
pub type Check<'a> = dyn Fn(&Value) -> Result<(), Vec<String>> + Send + Sync + 'a;

/// What a call may besides.
#[derive(Clone, Copy, Default)]
pub struct Options<'a> {
    /// Money of the video it is for, besides that of the day.
    pub budget: Option<&'a Budget>,
    /// Where the pieces of the answer go as they come. After the first nothing is asked again.
    pub deltas: Option<&'a Deltas>,
    /// What a schema cannot say. An answer that is refused here is sent back once like one that
    /// does not fit its schema.
    pub check: Option<&'a Check<'a>>,
}

impl Client {
    /// A client of parts.
    ///
    /// # Errors
    /// [`ClientError`] if a chain cannot be followed, or names a model that has ended.
    pub fn new(parts: ClientParts) -> Result<Self, ClientError> {
        parts.settings.validate()?;
        let mut inner = Inner {
            room: Arc::new(Semaphore::new(room(&parts.settings))),
            budget: Budget::per_day(parts.settings.llm_budget_usd_day),
            settings: parts.settings,
            table: Table::new(parts.catalogue),
            aliases: parts.aliases,
            lanes: BTreeMap::new(),
            providers: parts
                .providers
                .into_iter()
                .map(|one| (one.name(), one))
                .collect(),
            clock: parts.clock,
            random: parts.random,
            origin: Instant::now(),
            schemas: Mutex::default(),
        };
        inner.lanes = inner.make_lanes()?;
        Ok(Self(Arc::new(inner)))
    }

    /// A client as the settings say: Ollama, and Claude if there is a key.
    ///
    /// # Errors
    /// [`ClientError`], as for parts.
    pub fn from_settings(
        settings: LlmSettings,
        clock: Arc<dyn Clock>,
        random: Random,
    ) -> Result<Self, ClientError> {
        settings.validate()?;
        let catalogue = table::read(&settings)?;
        let today = crate::catalogue::day(clock.now());
        let ollama = Ollama::new(OllamaConfig::from(&settings), clock.clone())?;
        let mut providers: Vec<Arc<dyn Provider>> = vec![Arc::new(ollama)];
        let mut aliases = Aliases::of_ollama(&settings);
        if settings.claude_key().is_some() {
            let config = ClaudeConfig::from_settings(&settings)?;
            providers.push(Arc::new(Claude::new(config, clock.clone())?));
            aliases.add_claude(&settings, &catalogue, &today)?;
        }
        Self::new(ClientParts {
            settings,
            catalogue,
            providers,
            aliases,
            clock,
            random,
        })
    }

    /// Asks the models of a request's alias, one after the other, until one has given an answer
    /// that fits. No cache is asked.
    ///
    /// # Errors
    /// [`Failed`] with why there is none, everything that was tried and what it cost.
    pub async fn complete(
        &self,
        request: &Request,
        cancel: &CancellationToken,
        options: Options<'_>,
    ) -> Result<Completion, Failed> {
        run::Run::new(&self.0, request, cancel, options).ask().await
    }

    /// The bytes whose digest names an answer to this request: everything that shapes it, and
    /// nothing else. `normaliser` names what was done to the text for the key only.
    ///
    /// # Errors
    /// [`Failure`] if nobody answers the alias.
    pub fn fingerprint(&self, request: &Request, normaliser: &str) -> Result<Vec<u8>, Failure> {
        self.0.fingerprint(request, normaliser)
    }

    /// How well every model answers.
    #[must_use]
    pub fn health(&self) -> Vec<HealthReport> {
        self.0.lanes.values().map(|lane| lane.report()).collect()
    }

    /// Whether at least one model of an alias can be asked.
    #[must_use]
    pub fn is_ready(&self, alias: &str) -> bool {
        let chain = self.0.aliases.chain(alias);
        let lanes = chain.iter().filter_map(|target| self.0.lanes.get(target));
        lanes.into_iter().any(|lane| lane.can_be_asked())
    }

    /// Money of the day.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.0.budget
    }

    /// What models can do and cost, as is known at present.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.0.table.current()
    }
}

fn room(settings: &LlmSettings) -> usize {
    usize::try_from(settings.llm_max_concurrency).unwrap_or(1)
}

impl Inner {
    fn make_lanes(&self) -> Result<BTreeMap<Target, Arc<Lane>>, ClientError> {
        let (today, catalogue) = (self.today(), self.table.current());
        let mut lanes = BTreeMap::new();
        for (alias, chain) in self.aliases.iter() {
            if chain.is_empty() {
                return Err(ClientError::NoModel(alias.into()));
            }
            for target in chain {
                let provider = self.providers.get(target.provider.as_str());
                let provider = provider.ok_or_else(|| ClientError::NoProvider {
                    alias: alias.into(),
                    provider: target.provider.clone(),
                })?;
                let row = catalogue.row(&target.provider, &target.model);
                if row.is_retired(&today) && !self.settings.allow_retired_models {
                    return Err(ClientError::Retired(Retired {
                        model: row.id,
                        ended: row.retires_at.unwrap_or_default(),
                    }));
                }
                if let Some(days) = row.retires_in_days(&today) {
                    LlmModelEnds {
                        model: &row.id,
                        days,
                    }
                    .emit();
                }
                let lane = Lane::new(provider.clone(), row, &self.settings, &today);
                lanes
                    .entry(target.clone())
                    .or_insert_with(|| Arc::new(lane));
            }
        }
        Ok(lanes)
    }

    /// Time since the client was made.
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn today(&self) -> String {
        crate::catalogue::day(self.clock.now())
    }

    fn chain(&self, alias: &str) -> Result<Vec<Arc<Lane>>, Failure> {
        let targets = self.aliases.chain(alias).iter();
        let lanes: Vec<_> = targets
            .filter_map(|target| self.lanes.get(target).cloned())
            .collect();
        if lanes.is_empty() {
            return Err(Failure::new(
                Code::ModelNotFound,
                "no model answers this alias",
            ));
        }
        Ok(lanes)
    }

    /// A schema made ready; the same one is made ready once.
    fn schema(&self, source: &Value) -> Result<Arc<Schema>, Failure> {
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(schema) = schemas.get(source) {
            return Ok(schema.clone());
        }
        let made = Schema::new(source);
        let made = made.map_err(|error| Failure::new(Code::BadRequest, error.to_string()))?;
        let made = Arc::new(made);
        if schemas.len() >= MAX_SCHEMAS {
            schemas.clear();
        }
        schemas.insert(source.clone(), made.clone());
        Ok(made)
    }
}

/// How many calls to one model may be out at once.
fn concurrency(provider: &str, settings: &LlmSettings) -> usize {
    let most = if provider == ollama::NAME {
        settings
            .batch_concurrency_limit
            .min(settings.ollama_num_parallel_hint)
    } else {
        settings.llm_max_concurrency
    };
    usize::try_from(most).unwrap_or(1)
}
