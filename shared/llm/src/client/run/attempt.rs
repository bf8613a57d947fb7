//! One attempt of a question, and everything that is noted of it.

use super::{Run, ms};
use crate::{
    budget::Reservation,
    catalogue::Billing,
    client::{
        judge::{Unusable, judge},
        lane::{Counted, Lane, Took},
        plan::Plan,
    },
    completion::{Attempt, Usage},
    error::{Again, Failure},
    limits::RateLimits,
    provider::{Call, Deltas, Reply},
    tokens,
};
use serde_json::Value;
use std::time::Duration;
use telemetry::events::llm::{LlmAttempted, LlmBudgetSpent, LlmContextGiven, LlmOutputInvalid};
use tokio::sync::mpsc;
use tracing::{Instrument, Span};

/// Pieces of an answer that wait for who listens.
const PIECES: usize = 16;
/// A model that took longer to load than this was loaded for the call.
const LOADED: Duration = Duration::from_millis(250);

impl Counted for Reply {
    fn counted(&self) -> Option<Usage> {
        Some(self.usage)
    }
    fn limits(&self) -> Option<&RateLimits> {
        self.limits.as_ref()
    }
    fn speed(&self) -> (Option<Duration>, Option<f64>) {
        (self.ttft, tokens_per_second(self))
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "numbers of tokens are far below 2^52"
)]
fn tokens_per_second(reply: &Reply) -> Option<f64> {
    let seconds = reply.took.saturating_sub(reply.ttft?).as_secs_f64();
    (seconds > 0.0 && reply.usage.output > 0).then(|| reply.usage.output as f64 / seconds)
}

impl Run<'_> {
    /// Asks the model once.
    pub(super) async fn attempt(
        &mut self,
        lane: &Lane,
        plan: Plan,
    ) -> Result<(Reply, Option<Value>), Box<Unusable>> {
        let reservations = self.reserve(lane, &plan)?;
        let mut took = Took::default();
        let mut span = Span::none();
        let mut made = self.call(lane, &plan, &mut took, &mut span).await;
        self.queued += took.queued;
        self.outside += took.call;
        let mut cost = Some(0.0);
        if let Ok(reply) = &mut made {
            complete_usage(&mut reply.usage, plan.need.input, &reply.text);
            self.usage = self.usage.plus(reply.usage);
            self.ttft = reply.ttft;
            let today = self.inner.today();
            cost = lane
                .row()
                .cost(&reply.usage, Billing::default(), &today)
                .map(|cost| cost.usd);
            self.cost = self.cost.zip(cost).map(|(all, one)| all + one);
            lane.learn(plan.estimated, &reply.usage, reply.ttft, reply.took);
            if let (Some(tokens), load) = (plan.ask.window, reply.load) {
                let loaded = load.is_some_and(|load| load > LOADED);
                LlmContextGiven {
                    model: &lane.id,
                    tokens,
                    loaded,
                }
                .emit();
            }
        }
        for reservation in reservations {
            reservation.settle(cost.unwrap_or(0.0));
        }
        if let Some(ratio) = self.inner.budget.spent_ratio() {
            LlmBudgetSpent { ratio }.emit();
        }
        let judged = made.map_err(<Box<Unusable>>::from).and_then(|reply| {
            let schema = self.schema.as_deref();
            let check = self.options.check;
            match judge(&reply, &plan.ask, schema, check, plan.need.input) {
                Ok(json) => Ok((reply, json)),
                Err(mut unusable) => {
                    unusable.failure.status = Some(200);
                    unusable.failure.provider_request_id = reply.provider_request_id;
                    if unusable.failure.again() == Again::Repair {
                        self.said = Some(reply.text);
                    }
                    LlmOutputInvalid {
                        kind: unusable.failure.code.as_str(),
                    }
                    .emit();
                    Err(unusable)
                }
            }
        });
        if took.made {
            self.record(lane, &judged, took, &span);
        }
        judged
    }

    /// Money for the most the call can cost. A price nobody knows reserves nothing.
    fn reserve(&self, lane: &Lane, plan: &Plan) -> Result<Vec<Reservation>, Failure> {
        let most = Usage {
            input: plan.need.input,
            output: plan.need.output,
            ..Usage::default()
        };
        let cost = lane
            .row()
            .cost(&most, Billing::default(), &self.inner.today());
        let usd = cost.map_or(0.0, |cost| cost.usd);
        let now = self.inner.clock.now();
        let budgets = [Some(&self.inner.budget), self.options.budget];
        budgets
            .into_iter()
            .flatten()
            .map(|budget| budget.reserve(usd, now))
            .collect()
    }

    /// Makes the call, in a span of its own once it is made.
    async fn call(
        &mut self,
        lane: &Lane,
        plan: &Plan,
        took: &mut Took,
        span: &mut Span,
    ) -> Result<Reply, Failure> {
        let (inner, ask) = (self.inner, &plan.ask);
        let provider = lane.provider.as_ref();
        let caller = self.request.trace.traceparent.as_deref();
        let attempt = self.next_attempt();
        let mut begin = || {
            *span = telemetry::work::ask_span(provider.name(), &lane.id, attempt, caller);
            span.clone()
        };
        let Some(listener) = self.options.deltas else {
            let make = |call: Call| {
                let span = begin();
                async move { provider.complete(ask, &call).await }.instrument(span)
            };
            return lane.run(inner, plan.need, &plan.call, took, make).await;
        };
        let (sender, pieces) = mpsc::channel(PIECES);
        let speak = async {
            let make = |call: Call| {
                let span = begin();
                async move { provider.stream(ask, &call, &sender).await }.instrument(span)
            };
            lane.run(inner, plan.need, &plan.call, took, make).await
        };
        let listen = forward(pieces, listener, &plan.call, &mut self.forwarded);
        tokio::join!(speak, listen).0
    }

    fn next_attempt(&self) -> u32 {
        u32::try_from(self.attempts.len() + 1).unwrap_or(u32::MAX)
    }

    fn record(
        &mut self,
        lane: &Lane,
        judged: &Result<(Reply, Option<Value>), Box<Unusable>>,
        took: Took,
        span: &Span,
    ) {
        let (reply, failure) = match judged {
            Ok((reply, _)) => (Some(reply), None),
            Err(unusable) => (None, Some(&unusable.failure)),
        };
        let id = match (reply, failure) {
            (Some(reply), _) => reply.provider_request_id.clone(),
            (None, failure) => failure.and_then(|failure| failure.provider_request_id.clone()),
        };
        telemetry::work::named_by_provider(span, id.as_deref());
        if let Some(failure) = failure {
            telemetry::messaging::fail(span, failure.code.as_str());
        }
        LlmAttempted {
            asked: lane.asked(),
            code: failure.map_or("ok", |failure| failure.code.as_str()),
            took: took.call,
            queued: took.queued,
            ttft: reply.and_then(|reply| reply.ttft),
            tokens_per_second: reply.and_then(tokens_per_second),
            provider_request_id: id.as_deref(),
        }
        .emit();
        self.attempts.push(Attempt {
            n: self.next_attempt(),
            provider: lane.provider.name().into(),
            model: lane.id.clone(),
            status: failure.map_or(Some(200), |failure| failure.status),
            code: failure.map(|failure| failure.code),
            ms: ms(took.call),
            provider_request_id: id,
        });
    }
}

/// Hands pieces of an answer on, and notes that there were any. Ends when nobody takes them, which
/// whoever speaks then learns.
async fn forward(
    mut pieces: mpsc::Receiver<String>,
    listener: &Deltas,
    call: &Call,
    forwarded: &mut bool,
) {
    while let Some(piece) = pieces.recv().await {
        *forwarded = true;
        let sent = tokio::select! {
            () = call.cancel.cancelled() => return,
            sent = tokio::time::timeout_at(call.deadline, listener.send(piece)) => sent,
        };
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// What the provider did not count is estimated, and marked so.
fn complete_usage(usage: &mut Usage, input: u64, text: &str) {
    if !usage.estimated {
        return;
    }
    if usage.total_input() == 0 {
        usage.input = input;
    }
    if usage.output == 0 {
        usage.output = tokens::estimate(text);
    }
}
