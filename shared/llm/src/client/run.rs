//! One question, through a chain of models.

mod attempt;

use super::{Inner, Options, lane::Lane, plan::Round};
use crate::{
    completion::{Attempt, Completion, Latency, Usage},
    error::{Again, Code, Failure, Fallback},
    json::Schema,
    provider::Reply,
    request::{Message, Request},
    retry::RetryPolicy,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use telemetry::events::llm::{
    LlmAnswered, LlmFellBack, LlmParameterDropped, LlmRepaired, LlmRetried,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A question without a usable answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{failure}")]
pub struct Failed {
    /// Why there is none.
    pub failure: Failure,
    /// Every time a model was asked.
    pub attempts: Vec<Attempt>,
    /// Tokens of every attempt that was counted.
    pub usage: Usage,
    /// What all of it cost, in US dollars; `None` if a price is not known.
    pub cost_usd: Option<f64>,
    /// How long it took.
    pub latency: Latency,
    /// What a model said last that was not what it was asked for; for those who read more than JSON.
    pub said: Option<String>,
}

impl Failed {
    /// A question that was put to nobody.
    pub(crate) fn before(failure: Failure) -> Self {
        Self {
            failure,
            attempts: Vec::new(),
            usage: Usage::default(),
            cost_usd: Some(0.0),
            latency: Latency::default(),
            said: None,
        }
    }

    /// The same for one who waited for it and asked nobody: what it cost is not counted twice.
    pub(crate) fn of_another(&self, waited: Duration) -> Self {
        Self {
            said: self.said.clone(),
            latency: Latency {
                total_ms: ms(waited),
                ..Latency::default()
            },
            ..Self::before(self.failure.clone())
        }
    }
}

/// How often a model was asked again for which reason.
#[derive(Default)]
struct Tries {
    failed: u32,
    repairs: u32,
    doubled: bool,
}

pub(super) struct Run<'a> {
    inner: &'a Inner,
    request: &'a Request,
    cancel: &'a CancellationToken,
    options: Options<'a>,
    began: Duration,
    deadline: Instant,
    schema: Option<Arc<Schema>>,
    attempts: Vec<Attempt>,
    usage: Usage,
    cost: Option<f64>,
    queued: Duration,
    /// Time in which a model worked, or was waited for.
    outside: Duration,
    ttft: Option<Duration>,
    dropped: Vec<&'static str>,
    forwarded: bool,
    /// The last answer that could not be used.
    said: Option<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        inner: &'a Inner,
        request: &'a Request,
        cancel: &'a CancellationToken,
        options: Options<'a>,
    ) -> Self {
        let settings = &inner.settings;
        // Without a deadline: as long as every attempt could take.
        let usual = Duration::from_secs(settings.llm_timeout_max) * settings.llm_max_attempts;
        Self {
            inner,
            request,
            cancel,
            options,
            began: inner.now(),
            deadline: Instant::now() + request.deadline().unwrap_or(usual),
            schema: None,
            attempts: Vec::new(),
            usage: Usage::default(),
            cost: Some(0.0),
            queued: Duration::ZERO,
            outside: Duration::ZERO,
            ttft: None,
            dropped: Vec::new(),
            forwarded: false,
            said: None,
        }
    }

    pub(super) async fn ask(mut self) -> Result<Completion, Failed> {
        let chain = match self.prepared() {
            Ok(chain) => chain,
            Err(failure) => return Err(self.failed(failure, None)),
        };
        let mut last: Option<(Failure, &Lane)> = None;
        for lane in &chain {
            if let Some((failure, before)) = &last {
                if !self.may_fall_back(failure, before, lane) {
                    continue;
                }
                LlmFellBack {
                    from: &before.id,
                    to: &lane.id,
                    code: failure.code.as_str(),
                }
                .emit();
            }
            match self.ask_model(lane).await {
                Ok((reply, json)) => {
                    let first = chain.first().map(|first| first.id.clone());
                    return Ok(self.completed(lane, reply, json, first.unwrap_or_default()));
                }
                Err(failure) => {
                    let named = failure.of(lane.provider.name(), &lane.id);
                    let is_final = named.code.rule().fallback == Fallback::Never || self.forwarded;
                    if is_final {
                        return Err(self.failed(named, Some(lane)));
                    }
                    last = Some((named, lane));
                }
            }
        }
        let none = || {
            (
                Failure::new(Code::ModelNotFound, "no model answers this alias"),
                None,
            )
        };
        let (failure, lane) = last.map_or_else(none, |(failure, lane)| (failure, Some(lane)));
        Err(self.failed(failure, lane))
    }

    fn prepared(&mut self) -> Result<Vec<Arc<Lane>>, Failure> {
        if let Some(source) = &self.request.output_schema {
            self.schema = Some(self.inner.schema(source)?);
        }
        if self.request.messages.is_empty() || self.request.max_output_tokens == 0 {
            let message = "a request says something and has room for an answer";
            return Err(Failure::new(Code::BadRequest, message));
        }
        self.inner.chain(&self.request.alias)
    }

    fn may_fall_back(&self, failure: &Failure, before: &Lane, next: &Lane) -> bool {
        match failure.code.rule().fallback {
            Fallback::Never => false,
            Fallback::Any => true,
            Fallback::LargerContext => next.row().context_tokens > before.row().context_tokens,
        }
    }

    /// Asks one model until it has given a usable answer or will give none.
    async fn ask_model(&mut self, lane: &Lane) -> Result<(Reply, Option<Value>), Failure> {
        self.note_dropped(lane)?;
        lane.began(self.inner.now());
        let schema = self.schema.clone();
        let mut tries = Tries::default();
        let mut more: Vec<Message> = Vec::new();
        let mut room = self.request.max_output_tokens;
        loop {
            let round = Round {
                request: self.request,
                schema: schema.as_deref(),
                more: &more,
                max_output_tokens: room,
                deadline: self.deadline,
                cancel: self.cancel,
            };
            let plan = self.inner.plan(lane, &round).await?;
            self.outside += plan.counting;
            let unusable = match self.attempt(lane, plan).await {
                Ok((reply, json)) => {
                    if tries.repairs > 0 {
                        LlmRepaired { result: "ok" }.emit();
                    }
                    return Ok((reply, json));
                }
                Err(unusable) => unusable,
            };
            let failure = unusable.failure;
            match self.again(lane, &failure, &mut tries, room).await {
                Some(Next::Same) => {}
                Some(Next::MoreRoom(larger)) => room = larger,
                Some(Next::Repair) => more = unusable.more,
                None => {
                    if tries.repairs > 0 {
                        LlmRepaired { result: "failed" }.emit();
                    }
                    return Err(failure);
                }
            }
        }
    }

    /// Parameters the model does not have: left out, or an error.
    fn note_dropped(&mut self, lane: &Lane) -> Result<(), Failure> {
        let ask = super::plan::ask(&lane.row(), self.request, None);
        let dropped = lane.provider.prepare(&ask).dropped;
        if let (true, Some(first)) = (self.inner.settings.llm_strict_params, dropped.first()) {
            let message =
                format!("the model has no parameter {first}, and llm_strict_params is set");
            return Err(Failure::new(Code::BadRequest, message));
        }
        for parameter in &dropped {
            LlmParameterDropped { parameter }.emit();
        }
        self.dropped = dropped;
        Ok(())
    }

    /// Whether and how the model is asked again; waits if it is to be waited.
    async fn again(
        &mut self,
        lane: &Lane,
        failure: &Failure,
        tries: &mut Tries,
        room: u32,
    ) -> Option<Next> {
        if self.forwarded {
            return None;
        }
        match failure.again() {
            Again::Never => None,
            Again::MoreRoom => {
                let larger = room.saturating_mul(2).min(lane.row().max_output_tokens);
                let may = !std::mem::replace(&mut tries.doubled, true) && larger > room;
                may.then_some(Next::MoreRoom(larger))
            }
            Again::Repair => {
                tries.repairs += 1;
                if tries.repairs <= self.inner.settings.llm_repair_attempts {
                    return Some(Next::Repair);
                }
                tries.repairs -= 1;
                None
            }
            Again::Same => {
                tries.failed += 1;
                self.wait(lane, failure, tries.failed)
                    .await
                    .then_some(Next::Same)
            }
        }
    }

    /// Waits before the next attempt. Says whether there is to be one.
    async fn wait(&mut self, lane: &Lane, failure: &Failure, failed: u32) -> bool {
        let settings = &self.inner.settings;
        let policy = RetryPolicy::from(settings);
        let wait = policy.wait(failed, failure, (self.inner.random)());
        let left = self.deadline.saturating_duration_since(Instant::now());
        let too_long = wait > settings.max_inline_wait() || wait >= left;
        if failed >= policy.max_attempts || too_long || !lane.may_retry(self.inner.now()) {
            return false;
        }
        LlmRetried {
            code: failure.code.as_str(),
            wait,
        }
        .emit();
        let began = Instant::now();
        let called_off = tokio::select! {
            () = self.cancel.cancelled() => true,
            () = tokio::time::sleep(wait) => false,
        };
        self.outside += began.elapsed();
        !called_off
    }

    fn completed(
        self,
        lane: &Lane,
        reply: Reply,
        json: Option<Value>,
        first: String,
    ) -> Completion {
        self.tell(lane, "ok");
        let fallback_from = (lane.id != first).then(|| first.clone());
        Completion {
            latency: self.latency(),
            text: reply.text,
            json,
            stop: reply.stop,
            provider: lane.provider.name().into(),
            model_requested: first,
            model_served: reply.model_served,
            usage: self.usage,
            cost_usd: self.cost,
            attempts: self.attempts,
            cache: cache::State::Miss,
            dropped_params: self.dropped.into_iter().map(str::to_owned).collect(),
            fallback_from,
        }
    }

    fn failed(self, failure: Failure, lane: Option<&Lane>) -> Failed {
        if let Some(lane) = lane {
            self.tell(lane, failure.code.as_str());
        }
        Failed {
            latency: self.latency(),
            failure,
            attempts: self.attempts,
            usage: self.usage,
            cost_usd: self.cost,
            said: self.said,
        }
    }

    fn latency(&self) -> Latency {
        Latency {
            queue_ms: ms(self.queued),
            ttft_ms: self.ttft.map(ms),
            total_ms: ms(self.inner.now().saturating_sub(self.began)),
        }
    }

    fn tell(&self, lane: &Lane, outcome: &'static str) {
        let took = self.inner.now().saturating_sub(self.began);
        let usage = &self.usage;
        LlmAnswered {
            asked: lane.asked(),
            task: self.request.task_label(),
            outcome,
            took,
            overhead: took
                .saturating_sub(self.outside)
                .saturating_sub(self.queued),
            attempts: u32::try_from(self.attempts.len()).unwrap_or(u32::MAX),
            tokens: [
                ("input", usage.input),
                ("output", usage.output),
                ("cache_read", usage.cache_read),
                ("cache_write_5m", usage.cache_write_5m),
                ("cache_write_1h", usage.cache_write_1h),
            ],
            cost_usd: self.cost,
        }
        .emit();
    }
}

/// How a model is asked again.
enum Next {
    Same,
    MoreRoom(u32),
    Repair,
}

fn ms(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
