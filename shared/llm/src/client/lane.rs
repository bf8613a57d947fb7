//! Everything that is known of one model while the program runs, and how a call goes through it.

use super::Inner;
use crate::{
    breaker::{Breaker, BreakerPolicy, BreakerState, Verdict},
    catalogue::Model,
    claude,
    completion::Usage,
    context::{Window, Windows},
    error::{Code, Failure, Wait},
    health::{Health, HealthPolicy, HealthReport, HealthState, Surroundings},
    limits::{Concurrency, Limiter, Permit, RateLimits, RatePolicy},
    provider::{Call, Provider},
    retry::RetryBudget,
    settings::LlmSettings,
    timeout::Rates,
    tokens::Correction,
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};
use telemetry::events::llm::{Asked, LlmBreakerChanged, LlmHealthChanged, LlmLimits, LlmTimedOut};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

/// What is assumed of Claude: tokens read and said per second.
const CLAUDE_RATES: (f64, f64) = (5000.0, 30.0);
/// What is assumed of a local model.
const LOCAL_RATES: (f64, f64) = (100.0, 5.0);
/// How long a model is left alone when its quota is used up and nobody says until when.
const UNTIL_QUOTA: Duration = Duration::from_secs(300);

/// The status of a call that was called off.
const CALLED_OFF: u16 = 499;

/// What changes.
struct State {
    breaker: Breaker,
    /// Why the breaker was opened at once.
    barred: Option<Failure>,
    health: Health,
    window: Window,
    correction: Correction,
    rates: Rates,
    retries: RetryBudget,
}

/// One model of one provider.
pub(super) struct Lane {
    pub(super) provider: Arc<dyn Provider>,
    /// The model's name.
    pub(super) id: String,
    row: RwLock<Arc<Model>>,
    pub(super) windows: Option<Windows>,
    limiter: Limiter,
    state: Mutex<State>,
}

/// What a call took, for those who count.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Took {
    pub(super) queued: Duration,
    pub(super) call: Duration,
    /// Whether there was a call at all.
    pub(super) made: bool,
}

/// What a call has read and said, so that its tokens are counted right.
pub(super) trait Counted {
    fn counted(&self) -> Option<Usage>;
    fn limits(&self) -> Option<&RateLimits>;
    /// How long all of it took, the wait for the first token, and tokens said per second.
    fn speed(&self) -> (Option<Duration>, Option<f64>);
}

/// What a call will need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    pub(super) input: u64,
    pub(super) output: u64,
}

impl Lane {
    pub(super) fn new(
        provider: Arc<dyn Provider>,
        row: Model,
        settings: &LlmSettings,
        today: &str,
    ) -> Self {
        let is_claude = provider.name() == claude::NAME;
        let rates = if is_claude {
            RatePolicy {
                requests: Some(settings.claude_rpm),
                input_tokens: Some(settings.claude_itpm),
                output_tokens: Some(settings.claude_otpm),
                slow_start: settings.claude_slow_start,
            }
        } else {
            RatePolicy::default()
        };
        let most = super::concurrency(provider.name(), settings);
        let (prefill, decode) = if is_claude { CLAUDE_RATES } else { LOCAL_RATES };
        let mut health = Health::new(HealthPolicy::from(settings));
        health.retires_in(row.retires_in_days(today));
        Self {
            windows: (!is_claude).then(|| windows(&row.id, settings)),
            limiter: Limiter::new(rates, Concurrency::new(most, most)),
            state: Mutex::new(State {
                breaker: Breaker::new(BreakerPolicy::from(settings)),
                barred: None,
                health,
                window: Window::default(),
                correction: Correction::default(),
                rates: Rates::assumed(prefill, decode),
                retries: RetryBudget::default(),
            }),
            provider,
            id: row.id.clone(),
            row: RwLock::new(Arc::new(row)),
        }
    }

    /// What the model can do and costs, as the table says at present.
    pub(super) fn row(&self) -> Arc<Model> {
        self.row
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts another row of the table in place of the one that held.
    pub(super) fn set_row(&self, row: Model) {
        *self.row.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(row);
    }

    pub(super) fn asked(&self) -> Asked<'_> {
        Asked {
            provider: self.provider.name(),
            model: &self.id,
        }
    }

    /// Runs one call: waits for leave, asks the breaker, makes it, and notes how it ended.
    pub(super) async fn run<T, F>(
        &self,
        inner: &Inner,
        need: Need,
        call: &Call,
        took: &mut Took,
        make: impl FnOnce(Call) -> F,
    ) -> Result<T, Failure>
    where
        T: Counted,
        F: Future<Output = Result<T, Failure>>,
    {
        let waited = inner.now();
        let leave = tokio::select! {
            biased;
            () = call.cancel.cancelled() => Err(Failure::new(Code::Cancelled, "called off")),
            leave = self.leave(inner, need, call) => leave,
        };
        took.queued += inner.now().saturating_sub(waited);
        let (leave, _room) = leave?;
        self.admit(inner)?;
        self.tell_limits(&[]);
        took.made = true;
        let began = Instant::now();
        let made = make(call.clone())
            .await
            .map_err(|failure| not_called_off(failure, call));
        took.call = began.elapsed();
        match &made {
            Ok(answer) => {
                let usage = answer.counted().unwrap_or_default();
                // What comes from a prompt cache does not count.
                let input = usage.input + usage.cache_write_5m + usage.cache_write_1h;
                self.limiter.worked(leave, input, usage.output);
                let told = answer.limits();
                if let Some(limits) = told {
                    self.limiter.told(limits, inner.now());
                }
                let left: Vec<_> = told.into_iter().flat_map(RateLimits::remaining).collect();
                self.tell_limits(&left);
            }
            Err(failure) => {
                if matches!(failure.code, Code::RateLimited | Code::Overloaded) {
                    self.limiter.refused();
                }
                drop(leave);
                self.tell_limits(&[]);
            }
        }
        self.note(inner, &made, took.call);
        made
    }

    /// Waits for leave: of the model's limits first, so that those who wait for one model take no
    /// room from the others.
    async fn leave(
        &self,
        inner: &Inner,
        need: Need,
        call: &Call,
    ) -> Result<(Permit, OwnedSemaphorePermit), Failure> {
        let (longest, until) = (inner.settings.max_inline_wait(), call.deadline);
        let now = || inner.now();
        let limiter = &self.limiter;
        let permit = limiter
            .acquire(need.input, need.output, longest, until, now)
            .await?;
        let room = tokio::time::timeout_at(until, inner.room.clone().acquire_owned()).await;
        let late = || {
            Failure::new(
                Code::DeadlineExceeded,
                "other calls take all the room there is",
            )
        };
        // The semaphore is never closed.
        let room = room.ok().and_then(Result::ok).ok_or_else(late)?;
        Ok((permit, room))
    }

    /// Asks the breaker.
    fn admit(&self, inner: &Inner) -> Result<(), Failure> {
        let mut state = self.state();
        let before = state.breaker.state();
        let admitted = state.breaker.admit(inner.now());
        let after = state.breaker.state();
        let barred = state.barred.clone();
        drop(state);
        if before != after {
            self.tell_breaker(after);
        }
        admitted.map_err(|wait| {
            let usual =
                || Failure::new(Code::Overloaded, "left alone, because it failed too often");
            let failure = barred.unwrap_or_else(usual);
            failure.after(Some(wait))
        })
    }

    fn note<T: Counted>(&self, inner: &Inner, made: &Result<T, Failure>, took: Duration) {
        let verdict = match made {
            Ok(_) => Verdict::Worked,
            Err(failure) if failure.code.rule().opens_breaker => {
                inner.bar(self.provider.name(), failure);
                Verdict::Neither
            }
            Err(failure) if failure.code.rule().counts_for_breaker => Verdict::Failed,
            // It answered, whatever it said.
            Err(failure) if failure.status.is_some() => Verdict::Worked,
            Err(_) => Verdict::Neither,
        };
        let mut state = self.state();
        match made {
            Ok(answer) => {
                let (ttft, speed) = answer.speed();
                state.health.answered(took, ttft, speed);
            }
            Err(failure) => state.health.failed(failure),
        }
        if verdict == Verdict::Failed {
            state.barred = None;
        }
        let changed = state.breaker.note(verdict, inner.now());
        if state.breaker.state() == BreakerState::Closed {
            state.barred = None;
        }
        let now_is = state.breaker.state();
        drop(state);
        if changed {
            self.tell_breaker(now_is);
        }
        if let Err(Failure {
            code: Code::Timeout(wait),
            ..
        }) = made
        {
            LlmTimedOut {
                kind: Wait::as_str(*wait),
            }
            .emit();
        }
        self.update_health(inner);
    }

    /// Leaves the model alone, because every call to its provider ends the same way.
    pub(super) fn bar(&self, failure: &Failure, now: Duration) {
        let usual = match failure.code {
            Code::QuotaExhausted => Some(UNTIL_QUOTA),
            _ => None,
        };
        let mut state = self.state();
        state.barred = Some(failure.clone());
        let changed = state
            .breaker
            .note(Verdict::Barred(failure.retry_after.or(usual)), now);
        drop(state);
        if changed {
            self.tell_breaker(BreakerState::Open);
        }
    }

    /// Changes what is known of health, finds its state anew and tells it.
    pub(super) fn with_health(&self, inner: &Inner, change: impl FnOnce(&mut Health)) {
        change(&mut self.state().health);
        self.update_health(inner);
    }

    fn update_health(&self, inner: &Inner) {
        let mut state = self.state();
        let breaker = state.breaker.state();
        let changed = state.health.update(breaker, inner.clock.now());
        drop(state);
        if changed.is_some() {
            inner.tell_health(self.provider.name());
        }
    }

    pub(super) fn next_probe(&self, random: f64) -> Duration {
        self.state().health.next_probe(random)
    }

    pub(super) fn report(&self) -> HealthReport {
        let (in_flight, _) = self.limiter.in_flight();
        let state = self.state();
        state.health.report(Surroundings {
            provider: self.provider.name().into(),
            model: self.id.clone(),
            in_flight,
            queue_depth: self.limiter.waiting(),
            breaker: state.breaker.state(),
            rate_limit: self.limiter.seen(),
        })
    }

    /// Whether nobody is asking it and nothing keeps it from being asked.
    pub(super) fn is_idle(&self) -> bool {
        let (in_flight, _) = self.limiter.in_flight();
        in_flight == 0 && self.state().breaker.state() == BreakerState::Closed
    }

    pub(super) fn can_be_asked(&self) -> bool {
        self.state().health.state() != HealthState::Unhealthy
    }

    /// What estimates of tokens are multiplied by.
    pub(super) fn token_factor(&self) -> f64 {
        self.row().token_factor * self.state().correction.factor()
    }

    /// The context for a call, where that is ours to say.
    pub(super) fn window(
        &self,
        need: u64,
        characters: usize,
        now: Duration,
    ) -> Result<Option<u32>, Failure> {
        let Some(windows) = &self.windows else {
            return Ok(None);
        };
        let context = self.row().context_tokens;
        let window = self
            .state()
            .window
            .choose(windows, need, characters, context, now);
        window.map(Some)
    }

    pub(super) fn total(&self, connect: Duration, need: Need, longest: Duration) -> Duration {
        let output = u32::try_from(need.output).unwrap_or(u32::MAX);
        self.state()
            .rates
            .total(connect, need.input, output, longest)
    }

    /// Learns from an answer: `estimated` is the uncorrected estimate of what it read.
    pub(super) fn learn(
        &self,
        estimated: u64,
        usage: &Usage,
        ttft: Option<Duration>,
        took: Duration,
    ) {
        let mut state = self.state();
        if !usage.estimated {
            state.correction.learn(estimated, usage.total_input());
        }
        state.rates.learn(ttft, usage.output, took);
    }

    pub(super) fn began(&self, now: Duration) {
        self.state().retries.began(now);
    }

    pub(super) fn may_retry(&self, now: Duration) -> bool {
        self.state().retries.allows(now)
    }

    fn tell_limits(&self, remaining: &[(&'static str, u64)]) {
        let (in_flight, limit) = self.limiter.in_flight();
        LlmLimits {
            asked: self.asked(),
            in_flight,
            limit,
            remaining,
        }
        .emit();
    }

    fn tell_breaker(&self, state: BreakerState) {
        LlmBreakerChanged {
            asked: self.asked(),
            state: state.as_number(),
        }
        .emit();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A provider that says a call was called off, which nobody did, has failed: taken by its word the
/// question would be lost.
fn not_called_off(failure: Failure, call: &Call) -> Failure {
    let by_provider = failure.code == Code::Cancelled && failure.status == Some(CALLED_OFF);
    if by_provider && !call.cancel.is_cancelled() {
        return Failure {
            code: Code::ServerError,
            ..failure
        };
    }
    failure
}

impl Inner {
    /// Tells the state of a provider: that of the model that is worst off.
    pub(super) fn tell_health(&self, provider: &'static str) {
        let lanes = self.lanes.values();
        let states = lanes
            .filter(|lane| lane.provider.name() == provider)
            .map(|lane| lane.state().health.state());
        LlmHealthChanged {
            provider,
            states: HealthState::NAMES,
            state: states.max().unwrap_or_default().as_str(),
        }
        .emit();
    }

    /// Leaves every model of a provider alone.
    fn bar(&self, provider: &str, failure: &Failure) {
        let lanes = self.lanes.values();
        for lane in lanes.filter(|lane| lane.provider.name() == provider) {
            lane.bar(failure, self.now());
        }
    }
}

/// What the policies of the context need to know for one local model.
fn windows(model: &str, settings: &LlmSettings) -> Windows {
    let deep = [
        &settings.ollama_model_4b,
        &settings.quantized_model_4b,
        &settings.fallback_model_4b,
    ];
    let (short, long) = if deep.into_iter().any(|name| name == model) {
        (settings.context_window_4b, settings.context_window_4b)
    } else {
        (
            settings.context_window_1b_short,
            settings.context_window_1b_long,
        )
    };
    Windows {
        policy: settings.context_window_policy,
        seed_short: short,
        seed_long: long,
        seed_threshold: settings.context_length_threshold,
        fixed: settings.context_window_fixed,
        max: settings.context_window_max,
    }
}
