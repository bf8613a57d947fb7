//! What this service needs of models, caches and templates, and knows nothing more about.

use crate::{compute::dossier::DossierFacts, failure::Failure};
use async_trait::async_trait;
use cache::Mode;
pub use llm::health::HealthState;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio::sync::mpsc;

/// One text to be classified.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreRequest {
    /// What the signal says. It is hostile: whoever builds the prompt delimits it.
    pub signal_text: String,
    /// Who is looked for.
    pub icp_context: String,
    /// What is wanted of the cache.
    pub cache: Mode,
}

/// What an answer took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LlmFacts {
    /// The model that answered.
    pub model: String,
    /// Who runs it.
    pub provider: String,
    /// Where the answer comes from: `miss`, `l1`, `l2`, `coalesced` or `bypass`.
    pub cache: String,
    /// The template, as `name@version#digest`.
    pub template: String,
    /// How long it took, in milliseconds.
    pub latency_ms: u64,
    /// What it cost, if prices are known.
    pub cost_usd: Option<f64>,
    /// How often the model was asked; 0 if the answer was known.
    pub attempts: u32,
    /// Characters of the signal that were left out because no context held them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trimmed_chars: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// An answer, not yet checked by this service.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What the model said, as JSON.
    pub raw: Value,
    /// What it took.
    pub llm: LlmFacts,
}

/// A field of an answer that is being written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value; provisional until the answer is complete and checked.
    pub value: Value,
}

/// Classifies one text with the fast model.
///
/// An implementation stores only answers in a cache that
/// [`classification::check`](crate::compute::classification::check) takes, and answers the same
/// question asked at the same time once.
#[async_trait]
pub trait Scorer: Send + Sync {
    /// Asks, the cache first.
    ///
    /// # Errors
    /// [`Failure`] if there is no usable answer. There is no answer by default.
    async fn score(&self, request: &ScoreRequest) -> Result<Answer, Failure>;

    /// What the cache knows; no model is asked.
    async fn lookup(&self, request: &ScoreRequest) -> Option<Answer>;

    /// Asks, and sends every field to `fields` as soon as it is complete.
    ///
    /// # Errors
    /// As [`Scorer::score`].
    async fn stream(
        &self,
        request: &ScoreRequest,
        fields: mpsc::Sender<Field>,
    ) -> Result<Answer, Failure> {
        drop(fields);
        self.score(request).await
    }

    /// The model that will be asked.
    fn model(&self) -> String;
}

/// What a dossier is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct DossierRequest {
    /// The digest of the text of the signal, by which answers about it are forgotten.
    pub signal_digest: String,
    /// What is known of the lead.
    pub facts: DossierFacts,
    /// The whole classification.
    pub classification: Value,
}

/// Writes dossiers with the deep model.
#[async_trait]
pub trait Dossiers: Send + Sync {
    /// Asks, the cache first.
    ///
    /// # Errors
    /// [`Failure`] if there is no usable answer.
    async fn write(&self, request: &DossierRequest) -> Result<Answer, Failure>;
}

/// A batch that was handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    /// The provider's name for it.
    pub id: String,
    /// The model that will be asked.
    pub model: String,
    /// The template of each question, as `name@version#digest`.
    pub templates: Vec<String>,
}

/// How many questions of a batch ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BatchCounts {
    /// Not yet.
    pub processing: u64,
    /// With an answer.
    pub succeeded: u64,
    /// With a failure.
    pub errored: u64,
    /// Called off.
    pub canceled: u64,
    /// Not in time.
    pub expired: u64,
}

/// Where a batch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLook {
    /// Whether its answers can be read.
    pub is_over: bool,
    /// How many questions ended how.
    pub counts: BatchCounts,
}

/// What came of one question of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchAnswer {
    /// Its place, from 0.
    pub place: usize,
    /// The answer, not yet checked by this service, or why there is none.
    pub answer: Result<Answer, Failure>,
}

/// Classifies many texts within a day, for less money.
#[async_trait]
pub trait Batches: Send + Sync {
    /// Hands questions in.
    ///
    /// # Errors
    /// [`Failure`] if they were not taken.
    async fn hand_in(&self, requests: &[ScoreRequest]) -> Result<HandedIn, Failure>;

    /// Looks where a batch stands, by the provider's name for it.
    ///
    /// # Errors
    /// [`Failure`] if nobody says.
    async fn look(&self, id: &str) -> Result<BatchLook, Failure>;

    /// The answers of a batch that is over, in any order; `templates` are those of
    /// [`HandedIn::templates`].
    ///
    /// # Errors
    /// [`Failure`] if they cannot be read.
    async fn answers(&self, id: &str, templates: &[String]) -> Result<Vec<BatchAnswer>, Failure>;
}

/// The direction of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Embedding {
    /// The model, with the digest of its weights; others are not comparable.
    pub model: String,
    /// The vector.
    pub vector: Vec<f32>,
}

/// Gives texts directions.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// The direction of `text`.
    ///
    /// # Errors
    /// [`Failure`] if there is none.
    async fn embed(&self, text: &str) -> Result<Embedding, Failure>;

    /// The model, as [`Embedding::model`] has it.
    fn model(&self) -> String;
}

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClearScope {
    /// Everything.
    All,
    /// The answers of one task.
    Task(String),
    /// One answer.
    Key(String),
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// Entries of this process.
    pub l1: u64,
    /// The generation that the shared cache has now.
    pub l2_generation: u64,
}

/// A file of templates that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateProblem {
    /// Which file.
    pub file: String,
    /// What is wrong with it.
    pub message: String,
}

/// The templates in use.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TemplateSet {
    /// Their names.
    pub templates: Vec<String>,
    /// How often the set was replaced.
    pub generation: u64,
    /// The digest of all of them.
    pub set_sha256: String,
    /// Files that could not be used.
    pub errors: Vec<TemplateProblem>,
}

/// One version of a template.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TemplateVersion {
    /// Its version.
    pub version: String,
    /// How often it is chosen, against the others.
    pub weight: u64,
    /// `active`, `shadow` or `disabled`.
    pub status: String,
    /// The digest of its source.
    pub sha256: String,
    /// What it says to the model in general; only for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// What it says of one case; only for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// One template.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TemplateDetails {
    /// Its name.
    pub name: String,
    /// What has to be filled in.
    pub variables: Vec<String>,
    /// Its versions.
    pub versions: Vec<TemplateVersion>,
}

/// A template that was filled in, for a look.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preview {
    /// The template, as `name@version#digest`.
    pub template: String,
    /// What the model is told in general.
    pub system: String,
    /// What it is told of the case.
    pub user: String,
}

/// Why a request about templates or caches could not be met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// Only the built-in templates are in use.
    #[error("only the built-in templates are in use; set ENABLE_CUSTOM_PROMPTS to load others")]
    CustomOff,
    /// No file could be used; the set before stays.
    #[error("no file of templates could be used, the set before stays: {}", problems(.0))]
    NoneUsable(Vec<TemplateProblem>),
    /// There is no such thing.
    #[error("there is no {0}")]
    Unknown(String),
    /// It could not be filled in.
    #[error("the template could not be filled in: {0}")]
    Render(String),
}

fn problems(problems: &[TemplateProblem]) -> String {
    let lines = problems
        .iter()
        .map(|one| format!("{}: {}", one.file, one.message));
    lines.collect::<Vec<_>>().join("; ")
}

/// How well a provider answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ProviderHealth {
    /// Whether it is used at all.
    pub is_configured: bool,
    /// How well.
    pub state: HealthState,
    /// Why, if it is not healthy.
    pub reason: Option<String>,
    /// `closed`, `open` or `half_open`.
    pub breaker: String,
    /// The models by what they are for.
    pub models: BTreeMap<String, String>,
    /// When it was last asked, in seconds since 1970.
    pub last_check_s: Option<i64>,
    /// How long it took then.
    pub last_latency_ms: Option<f64>,
    /// Calls that went well.
    pub success_count: u64,
    /// Calls that did not.
    pub error_count: u64,
}

/// What the cache has done so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CacheFacts {
    /// `memory` or `redis`.
    pub backend: String,
    /// Whether it is used.
    pub enabled: bool,
    /// Whether the shared part is away.
    pub degraded: bool,
    /// Questions whose answer was known.
    pub hits: u64,
    /// Questions whose answer was not.
    pub misses: u64,
    /// Answers that it holds in this process.
    pub cache_size: u64,
    /// Answers that it may hold.
    pub max_size: u64,
    /// How long it holds them.
    pub ttl_seconds: u64,
    /// Known in this process.
    pub l1_hits: u64,
    /// Known in the shared part.
    pub l2_hits: u64,
    /// Questions that shared an answer on its way.
    pub coalesced: u64,
    /// What it spared, in dollars.
    pub saved_usd: f64,
}

/// What the paid provider was asked for so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Spent {
    /// Requests.
    pub requests: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens said.
    pub output_tokens: u64,
    /// Tokens read from a prompt cache.
    pub cache_read_tokens: u64,
    /// Tokens read into one.
    pub cache_write_tokens: u64,
    /// Dollars.
    pub cost_usd: f64,
}

/// What models, caches and templates are doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The provider nearby.
    pub ollama: ProviderHealth,
    /// The paid provider.
    pub claude: ProviderHealth,
    /// What it was asked for.
    pub spent: Spent,
    /// The cache.
    pub cache: CacheFacts,
    /// The templates.
    pub templates: TemplateSet,
    /// Whether others than the built-in ones are used.
    pub custom_templates: bool,
    /// How often each version of each template was used.
    pub variants: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Looks after models, caches and templates.
#[async_trait]
pub trait Admin: Send + Sync {
    /// How they are. It must answer at once: nothing is probed for it.
    fn snapshot(&self) -> Snapshot;

    /// Forgets answers.
    ///
    /// # Errors
    /// [`AdminError::Unknown`] for a task that there is not.
    async fn clear_cache(&self, scope: ClearScope) -> Result<Cleared, AdminError>;

    /// Reads the templates anew.
    ///
    /// # Errors
    /// [`AdminError::CustomOff`] or [`AdminError::NoneUsable`]; the set before stays.
    async fn reload_templates(&self) -> Result<TemplateSet, AdminError>;

    /// One template, with its texts if `with_text`.
    ///
    /// # Errors
    /// [`AdminError::Unknown`].
    async fn template(&self, name: &str, with_text: bool) -> Result<TemplateDetails, AdminError>;

    /// Fills a template in, for a look.
    ///
    /// # Errors
    /// [`AdminError::Unknown`] or [`AdminError::Render`].
    async fn render(
        &self,
        name: &str,
        variables: BTreeMap<String, String>,
    ) -> Result<Preview, AdminError>;

    /// What models can do and cost, as a table for people.
    fn models(&self) -> Value;

    /// Settings of models, caches and templates, secrets left out.
    fn config(&self) -> Value {
        Value::Null
    }

    /// Forgets every answer about a signal, by [the digest of its
    /// text](crate::compute::text::digest).
    async fn forget(&self, _signal_digest: &str) {}

    /// Whether models are there to be asked, as far as anybody knows.
    fn is_ready(&self) -> bool {
        true
    }
}
