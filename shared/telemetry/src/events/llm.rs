//! What happens between this program and the models it asks.
//!
//! Names of providers and models come from settings, tasks and reasons are constants: all of them
//! have few values. What is asked and answered is never told.

use super::ms;
use crate::metric;
use metrics::{counter, gauge, histogram};
use std::time::Duration;
use tracing::{debug, info, warn};

/// Who is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The provider.
    pub provider: &'static str,
    /// The model.
    pub model: &'a str,
}

/// A model was asked once.
#[derive(Debug, Clone, Copy)]
pub struct LlmAttempted<'a> {
    /// Who.
    pub asked: Asked<'a>,
    /// `ok`, or why there is no usable answer.
    pub code: &'static str,
    /// How long it took.
    pub took: Duration,
    /// How long our own limits held it.
    pub queued: Duration,
    /// The wait for the first token, where it is known.
    pub ttft: Option<Duration>,
    /// Tokens said per second, where that is known.
    pub tokens_per_second: Option<f64>,
    /// The provider's name for it.
    pub provider_request_id: Option<&'a str>,
}

impl LlmAttempted<'_> {
    /// Says so.
    pub fn emit(self) {
        let Asked { provider, model } = self.asked;
        let id = self.provider_request_id.unwrap_or_default();
        let (code, took_ms) = (self.code, ms(self.took));
        debug!(
            provider,
            model,
            code,
            took_ms,
            provider_request_id = id,
            "model asked"
        );
        let labels = [
            ("provider", provider.to_owned()),
            ("model", model.to_owned()),
        ];
        counter!(
            metric::LLM_ATTEMPTS,
            "provider" => provider, "model" => model.to_owned(), "code" => code
        )
        .increment(1);
        histogram!(metric::LLM_QUEUE, &labels).record(self.queued);
        if let Some(ttft) = self.ttft {
            histogram!(metric::LLM_TTFT, &labels).record(ttft);
        }
        if let Some(rate) = self.tokens_per_second {
            histogram!(metric::LLM_OUTPUT_RATE, &labels).record(rate);
        }
    }
}

/// A question has its answer, or will have none.
#[derive(Debug, Clone, Copy)]
pub struct LlmAnswered<'a> {
    /// Who was asked last.
    pub asked: Asked<'a>,
    /// What for.
    pub task: &'static str,
    /// `ok`, or why there is none.
    pub outcome: &'static str,
    /// How long it took in all.
    pub took: Duration,
    /// The part of it in which no model worked and our limits held nothing.
    pub overhead: Duration,
    /// Times models were asked.
    pub attempts: u32,
    /// Tokens by kind.
    pub tokens: [(&'static str, u64); 5],
    /// What it cost in US dollars; `None` if a price is not known.
    pub cost_usd: Option<f64>,
}

impl LlmAnswered<'_> {
    /// Says so.
    pub fn emit(self) {
        let Asked { provider, model } = self.asked;
        let Self {
            task,
            outcome,
            attempts,
            cost_usd,
            ..
        } = self;
        let took_ms = ms(self.took);
        if outcome == "ok" {
            info!(
                provider,
                model, task, attempts, took_ms, cost_usd, "model answered"
            );
        } else {
            warn!(
                provider,
                model, task, outcome, attempts, took_ms, cost_usd, "model gave no usable answer"
            );
        }
        let labels = [
            ("provider", provider.to_owned()),
            ("model", model.to_owned()),
            ("task", task.to_owned()),
        ];
        counter!(
            metric::LLM_REQUESTS,
            "provider" => provider, "model" => model.to_owned(), "task" => task, "outcome" => outcome
        )
        .increment(1);
        histogram!(metric::LLM_REQUEST, &labels).record(self.took);
        histogram!(metric::LLM_OVERHEAD, labels.get(..2).unwrap_or_default()).record(self.overhead);
        for (kind, count) in self.tokens {
            counter!(metric::LLM_TOKENS, "kind" => kind).increment(count);
        }
        match cost_usd {
            Some(usd) => gauge!(metric::LLM_COST, &labels).increment(usd),
            None => counter!(metric::LLM_COST_UNKNOWN, "model" => model.to_owned()).increment(1),
        }
    }
}

/// A model will be asked the same again.
#[derive(Debug, Clone, Copy)]
pub struct LlmRetried {
    /// Why.
    pub code: &'static str,
    /// After which wait.
    pub wait: Duration,
}

impl LlmRetried {
    /// Says so.
    pub fn emit(self) {
        let Self { code, wait } = self;
        debug!(code, wait_ms = ms(wait), "model will be asked again");
        counter!(metric::LLM_RETRIES, "code" => code).increment(1);
    }
}

/// Another model is asked.
#[derive(Debug, Clone, Copy)]
pub struct LlmFellBack<'a> {
    /// The one that gave no answer.
    pub from: &'a str,
    /// The one that is asked now.
    pub to: &'a str,
    /// Why.
    pub code: &'static str,
}

impl LlmFellBack<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self { from, to, code } = self;
        warn!(from, to, code, "another model is asked");
        counter!(
            metric::LLM_FALLBACKS,
            "from" => from.to_owned(), "to" => to.to_owned(), "code" => code
        )
        .increment(1);
    }
}

/// How much is out, and how much may be.
#[derive(Debug, Clone, Copy)]
pub struct LlmLimits<'a> {
    /// Of whom.
    pub asked: Asked<'a>,
    /// Calls that are out.
    pub in_flight: usize,
    /// Calls that may be out at once.
    pub limit: usize,
    /// What the provider says is left, by kind.
    pub remaining: &'a [(&'static str, u64)],
}

impl LlmLimits<'_> {
    /// Says so.
    #[allow(
        clippy::cast_precision_loss,
        reason = "these numbers fit a gauge well enough"
    )]
    pub fn emit(self) {
        let Asked { provider, model } = self.asked;
        let Self {
            in_flight, limit, ..
        } = self;
        debug!(provider, model, in_flight, limit, "limits of a model");
        let labels = [
            ("provider", provider.to_owned()),
            ("model", model.to_owned()),
        ];
        gauge!(metric::LLM_IN_FLIGHT, &labels).set(in_flight as f64);
        gauge!(metric::LLM_CONCURRENCY_LIMIT, &labels).set(limit as f64);
        for (kind, left) in self.remaining {
            gauge!(
                metric::LLM_RATE_LIMIT_REMAINING,
                "provider" => provider, "model" => model.to_owned(), "kind" => *kind
            )
            .set(*left as f64);
        }
    }
}

/// A model is left alone from now on, or asked again.
#[derive(Debug, Clone, Copy)]
pub struct LlmBreakerChanged<'a> {
    /// Which.
    pub asked: Asked<'a>,
    /// 0 asked, 1 asked one at a time, 2 left alone.
    pub state: f64,
}

impl LlmBreakerChanged<'_> {
    /// Says so.
    pub fn emit(self) {
        let Asked { provider, model } = self.asked;
        let state = self.state;
        warn!(provider, model, state, "breaker of a model changed");
        gauge!(metric::LLM_BREAKER_STATE, "provider" => provider, "model" => model.to_owned())
            .set(state);
    }
}

/// A parameter was left out, because the model does not have it.
#[derive(Debug, Clone, Copy)]
pub struct LlmParameterDropped {
    /// Which.
    pub parameter: &'static str,
}

impl LlmParameterDropped {
    /// Says so.
    pub fn emit(self) {
        let parameter = self.parameter;
        debug!(parameter, "parameter left out");
        counter!(metric::LLM_DROPPED_PARAMS, "param" => parameter).increment(1);
    }
}

/// An answer could not be used.
#[derive(Debug, Clone, Copy)]
pub struct LlmOutputInvalid {
    /// Why.
    pub kind: &'static str,
}

impl LlmOutputInvalid {
    /// Says so.
    pub fn emit(self) {
        let kind = self.kind;
        debug!(kind, "answer cannot be used");
        counter!(metric::LLM_INVALID_OUTPUT, "kind" => kind).increment(1);
    }
}

/// An answer that could not be used was sent back, and there is another.
#[derive(Debug, Clone, Copy)]
pub struct LlmRepaired {
    /// `ok` or `failed`.
    pub result: &'static str,
}

impl LlmRepaired {
    /// Says so.
    pub fn emit(self) {
        let result = self.result;
        debug!(result, "answer repaired");
        counter!(metric::LLM_REPAIRS, "result" => result).increment(1);
    }
}

/// A local model was given a context.
#[derive(Debug, Clone, Copy)]
pub struct LlmContextGiven<'a> {
    /// Which.
    pub model: &'a str,
    /// Its size in tokens.
    pub tokens: u32,
    /// Whether the model was loaded for it.
    pub loaded: bool,
}

impl LlmContextGiven<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self {
            model,
            tokens,
            loaded,
        } = self;
        debug!(model, tokens, loaded, "context given");
        gauge!(metric::LLM_CONTEXT_WINDOW, "model" => model.to_owned()).set(tokens);
        counter!(metric::LLM_CONTEXT_RELOADS).increment(u64::from(loaded));
    }
}

/// A question does not fit any context.
#[derive(Debug, Clone, Copy)]
pub struct LlmContextRejected;

impl LlmContextRejected {
    /// Says so.
    pub fn emit(self) {
        debug!("question fits no context");
        counter!(metric::LLM_CONTEXT_REJECTED).increment(1);
    }
}

/// A wait ended without what was waited for.
#[derive(Debug, Clone, Copy)]
pub struct LlmTimedOut {
    /// Which.
    pub kind: &'static str,
}

impl LlmTimedOut {
    /// Says so.
    pub fn emit(self) {
        let kind = self.kind;
        debug!(kind, "model took too long");
        counter!(metric::LLM_TIMEOUTS, "kind" => kind).increment(1);
    }
}

/// A provider is in another state now.
#[derive(Debug, Clone, Copy)]
pub struct LlmHealthChanged {
    /// Which.
    pub provider: &'static str,
    /// Every state there is.
    pub states: &'static [&'static str],
    /// The one it is in.
    pub state: &'static str,
}

/// The state in which nothing is wrong.
const HEALTHY: &str = "healthy";

impl LlmHealthChanged {
    /// Says so.
    pub fn emit(self) {
        let Self {
            provider,
            states,
            state,
        } = self;
        // Good news wakes nobody.
        if state == HEALTHY {
            info!(provider, state, "health of a provider changed");
        } else {
            warn!(provider, state, "health of a provider changed");
        }
        for one in states {
            let is_this = f64::from(u8::from(*one == state));
            gauge!(metric::LLM_HEALTH, "provider" => provider, "state" => *one).set(is_this);
        }
    }
}

/// A model has an end.
#[derive(Debug, Clone, Copy)]
pub struct LlmModelEnds<'a> {
    /// Which.
    pub model: &'a str,
    /// In so many days.
    pub days: i32,
}

impl LlmModelEnds<'_> {
    /// Says so.
    pub fn emit(self) {
        let Self { model, days } = self;
        info!(model, days, "model has an end");
        gauge!(metric::LLM_RETIRES, "model" => model.to_owned()).set(days);
    }
}

/// Money of the day was spent.
#[derive(Debug, Clone, Copy)]
pub struct LlmBudgetSpent {
    /// Which share of it.
    pub ratio: f64,
}

impl LlmBudgetSpent {
    /// Says so.
    pub fn emit(self) {
        let ratio = self.ratio;
        debug!(ratio, "budget spent");
        gauge!(metric::LLM_BUDGET).set(ratio);
    }
}
