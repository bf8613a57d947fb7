//! What is asked and what is told, from values alone.

use crate::config::{Commentator, Config};
use contracts::{JobId, analysis::AnalysisName};
use llm::{
    Aliases,
    answer::{Record, Source},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// Share of the metrics that are known, 0–1; 0 if there are none.
#[must_use]
pub fn coverage(metrics: &Value) -> f64 {
    let (known, all) = count(metrics);
    if all == 0 {
        return 0.0;
    }
    #[allow(
        clippy::cast_precision_loss,
        reason = "numbers of metrics are far below 2^52"
    )]
    let share = known as f64 / all as f64;
    share
}

fn count(value: &Value) -> (usize, usize) {
    let sum = |(known, all), (k, a): (usize, usize)| (known + k, all + a);
    match value {
        Value::Null => (0, 1),
        Value::Object(fields) => fields.values().map(count).fold((0, 0), sum),
        Value::Array(items) => items.iter().map(count).fold((0, 0), sum),
        _ => (1, 1),
    }
}

/// The chain of models that comments on an analysis of which this share is known; `None` if nobody
/// is asked.
#[must_use]
pub fn alias(config: &Config, coverage: f64) -> Option<&'static str> {
    let strong = config.use_strong_model && coverage >= config.low_coverage;
    match (config.commentator, strong) {
        (Commentator::Claude, true) => Some(Aliases::SONNET),
        (Commentator::Claude, false) => Some(Aliases::HAIKU),
        (Commentator::Ollama, true) => Some(Aliases::DEEP),
        (Commentator::Ollama, false) => Some(Aliases::FAST),
        (Commentator::Measurements, _) => None,
    }
}

/// Whose answers these are.
#[must_use]
pub const fn source(commentator: Commentator) -> Source {
    match commentator {
        Commentator::Claude => Source::Claude,
        Commentator::Ollama => Source::Ollama,
        Commentator::Measurements => Source::PythonPrecompute,
    }
}

/// The id of the request for one analysis of one job: the same each time, so that a repeated
/// attempt is recognised in logs.
#[must_use]
pub fn request_id(job: &JobId, analysis: AnalysisName) -> Uuid {
    let name = format!("{job}/{}", analysis.name);
    Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes())
}

/// What all analyses of a video came to.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// Who commented.
    pub source: Source,
    /// Tokens of all prompts and answers.
    pub tokens_used: u64,
    /// US dollars; null if the price of a model is not known.
    pub cost_usd: Option<f64>,
    /// Most that might have been spent, in US dollars; 0 is no limit.
    pub budget_usd: f64,
    /// Statements of all answers.
    pub statements: usize,
    /// Of these, the ones with something to check, all of which holds.
    pub grounded: usize,
    /// Of these, the ones that were dropped.
    pub dropped: usize,
    /// The share of grounded ones among those with something to check; null if there is none.
    pub grounding_rate: Option<f64>,
    /// One row for each analysis.
    pub analyses: Vec<Row>,
}

/// What one analysis came to.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Whether there is an answer.
    pub success: bool,
    /// Why there is none.
    pub error: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// The template it was asked with.
    pub template: Option<String>,
    /// Where the answer comes from.
    pub cache: Option<cache::State>,
    /// Tokens of the prompt and of the answer.
    pub tokens_used: Option<u64>,
    /// US dollars.
    pub cost_usd: Option<f64>,
    /// The share of its statements that hold, among those with something to check.
    pub grounding_rate: Option<f64>,
}

/// Sums up records, each with where its answer comes from.
#[must_use]
pub fn report(config: &Config, records: &[(Record, Option<cache::State>)]) -> Report {
    let groundings = || {
        let records = records.iter();
        records.filter_map(|(record, _)| record.grounding.as_ref())
    };
    let grounded: usize = groundings().map(|one| one.grounded).sum();
    let dropped: usize = groundings().map(|one| one.dropped.len()).sum();
    Report {
        source: source(config.commentator),
        tokens_used: records.iter().filter_map(|(one, _)| one.tokens_used).sum(),
        cost_usd: records
            .iter()
            .filter(|(record, _)| record.tokens_used.is_some())
            .map(|(record, _)| record.estimated_cost)
            .sum(),
        budget_usd: config.budget_usd_per_video,
        statements: groundings().map(|one| one.statements).sum(),
        grounded,
        dropped,
        grounding_rate: rate(grounded, dropped),
        analyses: records
            .iter()
            .map(|(record, cache)| row(record, *cache))
            .collect(),
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "numbers of statements are far below 2^52"
)]
fn rate(grounded: usize, dropped: usize) -> Option<f64> {
    let checked = grounded + dropped;
    (checked > 0).then(|| grounded as f64 / checked as f64)
}

fn row(record: &Record, cache: Option<cache::State>) -> Row {
    let grounding = record.grounding.as_ref();
    Row {
        name: record.prompt_type.clone(),
        success: record.success,
        error: record.error.clone(),
        model: record.model.clone(),
        template: record.template.clone(),
        cache,
        tokens_used: record.tokens_used,
        cost_usd: record.estimated_cost,
        grounding_rate: grounding.and_then(|one| one.grounding_rate),
    }
}
