//! What asking models took: by day, task, model and provider for the money, by version of a template
//! for comparing them. It is kept in memory, and what is new is handed to the store from time to
//! time.

use llm::{
    catalogue,
    completion::{Completion, Usage},
    error::Code,
};
use serde::Serialize;
use stage::Clock;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What money is counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CostKey {
    /// The day, as `2026-11-20`, in UTC.
    pub day: String,
    /// What was asked for.
    pub task: String,
    /// The model that was asked.
    pub model: String,
    /// Who runs it.
    pub provider: String,
}

/// What calls took, together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Taken {
    /// Calls.
    pub calls: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens said.
    pub output_tokens: u64,
    /// Tokens read from a prompt cache.
    pub cache_read_tokens: u64,
    /// Tokens read into one.
    pub cache_write_tokens: u64,
    /// Dollars, as far as prices are known.
    pub cost_usd: f64,
    /// Calls whose price nobody knows.
    pub unpriced_calls: u64,
}

impl Taken {
    /// One call.
    #[must_use]
    pub fn of(usage: &Usage, cost_usd: Option<f64>) -> Self {
        Self {
            calls: 1,
            input_tokens: usage.input,
            output_tokens: usage.output,
            cache_read_tokens: usage.cache_read,
            cache_write_tokens: usage.cache_write_5m + usage.cache_write_1h,
            cost_usd: cost_usd.unwrap_or_default(),
            unpriced_calls: u64::from(cost_usd.is_none()),
        }
    }

    /// Adds what others took.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.input_tokens += other.input_tokens;
        self.output_tokens += other.output_tokens;
        self.cache_read_tokens += other.cache_read_tokens;
        self.cache_write_tokens += other.cache_write_tokens;
        self.cost_usd += other.cost_usd;
        self.unpriced_calls += other.unpriced_calls;
    }
}

/// How one version of a template did, over the questions a model was asked with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Variant {
    /// Questions.
    pub calls: u64,
    /// Questions without an answer that could be used.
    pub parse_failures: u64,
    /// Questions that failed for another reason.
    pub other_failures: u64,
    /// Mean of the totals; `None` before the first.
    pub mean_score: Option<f64>,
    /// How many totals fell into each bucket.
    pub buckets: BTreeMap<&'static str, u64>,
    /// Dollars, as far as prices are known.
    pub cost_usd: f64,
    /// Mean time of a question, in milliseconds; `None` before the first.
    pub mean_latency_ms: Option<f64>,
    /// Longest time of a question, in milliseconds.
    pub max_latency_ms: u64,
    #[serde(skip)]
    scores: (u64, f64),
    #[serde(skip)]
    latency_ms: u64,
}

#[derive(Debug, Default)]
struct Inner {
    /// What the store does not have yet.
    fresh: BTreeMap<CostKey, Taken>,
    /// Since the start of the process, by provider.
    whole: BTreeMap<String, Taken>,
    /// By `name@version#digest`.
    variants: BTreeMap<String, Variant>,
}

/// What asking models took. Its copies share everything.
#[derive(Clone)]
pub struct Ledger {
    clock: Arc<dyn Clock>,
    inner: Arc<Mutex<Inner>>,
}

/// A question that was put to a model.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What for.
    pub task: &'a str,
    /// The template, as `name@version#digest`.
    pub template: &'a str,
    /// Who was asked.
    pub provider: &'a str,
    /// Which model.
    pub model: &'a str,
    /// Tokens.
    pub usage: &'a Usage,
    /// What it cost, where prices are known.
    pub cost_usd: Option<f64>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Why there is no usable answer.
    pub code: Option<Code>,
}

impl<'a> Asked<'a> {
    /// A question with an answer.
    #[must_use]
    pub fn answered(task: &'a str, template: &'a str, completion: &'a Completion) -> Self {
        Self {
            task,
            template,
            provider: &completion.provider,
            model: &completion.model_served,
            usage: &completion.usage,
            cost_usd: completion.cost_usd,
            took_ms: completion.latency.total_ms,
            code: None,
        }
    }
}

impl Ledger {
    /// An empty one.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            inner: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a question that was put to a model.
    pub fn asked(&self, asked: &Asked<'_>) {
        let taken = Taken::of(asked.usage, asked.cost_usd);
        let key = CostKey {
            day: catalogue::day(self.clock.now()),
            task: asked.task.into(),
            model: asked.model.into(),
            provider: asked.provider.into(),
        };
        let mut inner = self.lock();
        inner.fresh.entry(key).or_default().add(&taken);
        let whole = inner.whole.entry(asked.provider.into()).or_default();
        whole.add(&taken);
        let variant = inner.variants.entry(asked.template.into()).or_default();
        variant.calls += 1;
        variant.cost_usd += taken.cost_usd;
        variant.latency_ms += asked.took_ms;
        variant.max_latency_ms = variant.max_latency_ms.max(asked.took_ms);
        variant.mean_latency_ms = mean(variant.latency_ms, variant.calls);
        match asked.code {
            Some(code) if is_of_answer(code) => variant.parse_failures += 1,
            Some(_) => variant.other_failures += 1,
            None => {}
        }
    }

    /// Notes the total that an answer came to.
    pub fn scored(&self, template: &str, total: f64, bucket: &'static str) {
        let mut inner = self.lock();
        let variant = inner.variants.entry(template.into()).or_default();
        variant.scores.0 += 1;
        variant.scores.1 += total;
        #[allow(clippy::cast_precision_loss, reason = "a mean, for people")]
        let count = variant.scores.0 as f64;
        variant.mean_score = Some(variant.scores.1 / count);
        *variant.buckets.entry(bucket).or_default() += 1;
    }

    /// Notes an answer that broke a rule of ours.
    pub fn broke_a_rule(&self, template: &str) {
        let mut inner = self.lock();
        let variant = inner.variants.entry(template.into()).or_default();
        variant.parse_failures += 1;
    }

    /// How every version of every template did.
    #[must_use]
    pub fn variants(&self) -> BTreeMap<String, Variant> {
        self.lock().variants.clone()
    }

    /// What a provider was asked for since the start of the process.
    #[must_use]
    pub fn of_provider(&self, provider: &str) -> Taken {
        let inner = self.lock();
        inner.whole.get(provider).copied().unwrap_or_default()
    }

    /// Hands over what is new since this was called last.
    #[must_use]
    pub fn take_fresh(&self) -> Vec<(CostKey, Taken)> {
        std::mem::take(&mut self.lock().fresh).into_iter().collect()
    }

    /// Takes back what could not be kept.
    pub fn give_back(&self, fresh: Vec<(CostKey, Taken)>) {
        let mut inner = self.lock();
        for (key, taken) in fresh {
            inner.fresh.entry(key).or_default().add(&taken);
        }
    }
}

fn mean(sum: u64, count: u64) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "a mean, for people")]
    let mean = sum as f64 / count as f64;
    (count > 0).then_some(mean)
}

/// Whether a model answered, and its answer could not be used.
const fn is_of_answer(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidJson
            | Code::SchemaViolation
            | Code::EmptyOutput
            | Code::DegenerateOutput
            | Code::OutputTruncated
    )
}
