//! What is decided before a model is asked: the question as it takes it, its context, its time.

use super::{
    Inner,
    lane::{Lane, Need},
};
use crate::{
    catalogue::Model,
    claude, context,
    error::{Code, Failure},
    json::Schema,
    provider::{Ask, Call},
    request::{Message, Request},
    settings::LlmSettings,
    timeout::{self, STREAM_ABOVE, STREAM_ABOVE_TOKENS, TimeoutPolicy},
    tokens,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use telemetry::events::llm::LlmContextRejected;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Share of a limit from which on tokens are counted by the provider instead of estimated.
const NEAR: f64 = 0.8;
/// Longest counting.
const COUNTING: Duration = Duration::from_secs(5);
/// Longest call of all.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// What tasks of videos begin with.
const VIDEO: &str = "video.";

/// A question, ready to be asked.
pub(super) struct Plan {
    pub(super) ask: Ask,
    pub(super) need: Need,
    /// What it reads, estimated without what was learnt.
    pub(super) estimated: u64,
    pub(super) call: Call,
    /// How long the provider took to count tokens, if it was asked.
    pub(super) counting: Duration,
}

/// What a plan is made from, besides the request.
pub(super) struct Round<'a> {
    pub(super) request: &'a Request,
    pub(super) schema: Option<&'a Schema>,
    /// What is said after the request: an answer that did not fit, and why.
    pub(super) more: &'a [Message],
    pub(super) max_output_tokens: u32,
    pub(super) deadline: Instant,
    pub(super) cancel: &'a CancellationToken,
}

pub(super) fn ask(row: &Model, request: &Request, schema: Option<Arc<Value>>) -> Ask {
    Ask {
        model: row.clone(),
        system: request.system.clone(),
        messages: request.messages.clone(),
        max_output_tokens: request.max_output_tokens.min(row.max_output_tokens),
        output_schema: schema,
        sampling: request.sampling,
        stop: request.stop.clone(),
        prompt_cache: request.prompt_cache,
        effort: request.effort,
        window: None,
        // A local model is watched while it speaks, so that a loop is left early.
        stream: false,
    }
}

impl Inner {
    pub(super) async fn plan(&self, lane: &Lane, round: &Round<'_>) -> Result<Plan, Failure> {
        let request = round.request;
        let row = lane.row();
        let schema = round.schema.map(|schema| schema.source().clone());
        let mut ask = ask(&row, request, schema);
        ask.messages.extend(round.more.iter().cloned());
        ask.max_output_tokens = round.max_output_tokens.min(row.max_output_tokens);
        let began = Instant::now();
        let (estimated, input, asked) = self.input(lane, &ask, round).await;
        let counting = if asked {
            began.elapsed()
        } else {
            Duration::ZERO
        };
        let output = self.output(lane, &ask);
        let needed = context::need(input, 0, u32::try_from(output).unwrap_or(u32::MAX));
        if needed > u64::from(row.context_tokens) {
            return Err(rejected(needed, row.context_tokens));
        }
        let characters = request
            .messages
            .iter()
            .map(|said| said.content.chars().count())
            .sum();
        ask.window = lane
            .window(needed, characters, self.now())
            .inspect_err(|_| LlmContextRejected.emit())?;
        let need = Need { input, output };
        let total = self.total(lane, request, need);
        ask.stream = lane.windows.is_some()
            || ask.max_output_tokens > STREAM_ABOVE_TOKENS
            || total > STREAM_ABOVE;
        let settings = &self.settings;
        // Streams may take as long as they go on; what comes in one piece may not.
        let longest = Duration::from_secs(settings.llm_timeout_max);
        let total = if ask.stream {
            total
        } else {
            total.min(longest)
        };
        Ok(Plan {
            need,
            estimated,
            counting,
            call: Call {
                deadline: round.deadline,
                total,
                ttft: ttft(lane, settings),
                idle: Duration::from_secs(settings.llm_idle_timeout),
                cancel: round.cancel.clone(),
            },
            ask,
        })
    }

    /// Tokens a question reads: the estimate without what was learnt, the best there is, and
    /// whether the provider was asked for it.
    async fn input(&self, lane: &Lane, ask: &Ask, round: &Round<'_>) -> (u64, u64, bool) {
        let schema = round.schema.map_or(0, Schema::tokens);
        let plain =
            tokens::estimate_said(ask.system.as_deref(), &ask.messages, ask.model.token_factor)
                + schema;
        let factor = lane.token_factor() / ask.model.token_factor;
        let learnt = tokens::scaled(plain, factor);
        if !self.is_near_a_limit(lane, &ask.model, learnt) {
            return (plain, learnt, false);
        }
        let left = round.deadline.saturating_duration_since(Instant::now());
        let call = Call::within(COUNTING.min(left), round.cancel.clone());
        match lane.provider.count_tokens(ask, &call).await {
            Ok(Some(counted)) => (plain, counted, true),
            // An estimate is good enough where nobody counts.
            Ok(None) | Err(_) => (plain, learnt, true),
        }
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "numbers of tokens are far below 2^52"
    )]
    fn is_near_a_limit(&self, lane: &Lane, row: &Model, tokens: u64) -> bool {
        let tokens = tokens as f64;
        let context = f64::from(row.context_tokens);
        let edge = row.next_tier_at(&self.today());
        let near_edge = edge.is_some_and(|edge| {
            let edge = edge as f64;
            (NEAR * edge..edge / NEAR).contains(&tokens)
        });
        lane.windows.is_none() && (tokens > NEAR * context || near_edge)
    }

    /// Tokens an answer may have, thinking included.
    fn output(&self, lane: &Lane, ask: &Ask) -> u64 {
        let thinks = lane.provider.name() == claude::NAME && ask.model.thinking.can_run();
        let allowance = if thinks {
            self.settings.claude_thinking_allowance
        } else {
            0
        };
        let room = u64::from(ask.max_output_tokens) + u64::from(allowance);
        room.min(ask.model.max_output_tokens.into())
    }

    /// How long a call may take if nothing else ends it.
    fn total(&self, lane: &Lane, request: &Request, need: Need) -> Duration {
        let settings = &self.settings;
        let analysis = request.task.strip_prefix(VIDEO);
        if let (TimeoutPolicy::Seed, Some(analysis)) = (settings.timeout_policy, analysis) {
            return timeout::by_size(analysis, request.text_bytes());
        }
        let connect = Duration::from_secs(settings.llm_connect_timeout);
        // A local model may have to be loaded first.
        let load = if lane.windows.is_some() {
            settings.ollama_load_timeout
        } else {
            0
        };
        lane.total(connect, need, LONGEST) + Duration::from_secs(load)
    }
}

fn rejected(needed: u64, context: u32) -> Failure {
    LlmContextRejected.emit();
    let message = format!("the call needs {needed} tokens, the model has {context}");
    Failure::new(Code::ContextExceeded, message)
}

fn ttft(lane: &Lane, settings: &LlmSettings) -> Duration {
    let load = if lane.windows.is_some() {
        settings.ollama_load_timeout
    } else {
        0
    };
    Duration::from_secs(settings.llm_ttft_timeout + load)
}
