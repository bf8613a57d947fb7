//! Many signals for a day, at half the price, with Claude.

use super::{
    asker::{Asker, Kind, of_model},
    scorer,
};
use crate::{
    failure::Failure,
    ledger::Asked,
    ports::{
        Answer, BatchAnswer, BatchCounts, BatchLook, Batches, HandedIn, LlmFacts, ScoreRequest,
    },
};
use async_trait::async_trait;
use llm::{
    Aliases,
    catalogue::{self, Billing, Model},
    claude::{BatchItem, BatchOutcome, BatchResult, BatchState, Claude, ClaudeConfig},
    client::claude_model,
    completion::Stop,
    error::Code,
    json::{self, Schema},
    provider::{Ask, Call, Provider},
    request::Message,
    settings::LlmSettings,
};
use serde_json::Value;
use stage::Clock;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Longest time to hand a batch in, to look at it, or to read its results.
const WITHIN: Duration = Duration::from_secs(120);

/// Why batches cannot be handed in.
#[derive(Debug, thiserror::Error)]
pub enum BatchSetupError {
    /// Claude cannot be asked.
    #[error(transparent)]
    Setup(#[from] llm::SetupError),
    /// The model has ended.
    #[error(transparent)]
    Retired(#[from] catalogue::Retired),
    /// The schema of answers cannot be used.
    #[error("the schema of classifications cannot be used: {0}")]
    Schema(String),
}

/// Hands batches in to Claude.
pub struct ClaudeBatches {
    asker: Asker,
    claude: Claude,
    model: Model,
    kind: Kind,
    schema: Schema,
    clock: Arc<dyn Clock>,
}

impl ClaudeBatches {
    /// Asks Claude's fast model.
    ///
    /// # Errors
    /// [`BatchSetupError`] if there is no key, or the model has ended.
    pub fn new(
        asker: Asker,
        settings: &LlmSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BatchSetupError> {
        let claude = Claude::new(ClaudeConfig::from_settings(settings)?, clock.clone())?;
        let catalogue = asker.parts().cached.client().catalogue().clone();
        let today = catalogue::day(clock.now());
        let name = claude_model(&settings.claude_model_haiku, settings, &catalogue, &today)?;
        let kind = scorer::kind(&asker, Aliases::HAIKU);
        let schema = Schema::new(&kind.schema);
        Ok(Self {
            model: catalogue.row(llm::claude::NAME, &name),
            schema: schema.map_err(|error| BatchSetupError::Schema(error.to_string()))?,
            kind,
            claude,
            asker,
            clock,
        })
    }

    fn ask(&self, system: Option<String>, messages: Vec<Message>) -> Ask {
        Ask {
            model: self.model.clone(),
            system,
            messages,
            max_output_tokens: self
                .kind
                .max_output_tokens
                .min(self.model.max_output_tokens),
            output_schema: Some(Arc::new(self.kind.schema.clone())),
            sampling: self.kind.sampling,
            stop: Vec::new(),
            prompt_cache: None,
            effort: None,
            window: None,
            stream: false,
        }
    }

    fn read(&self, outcome: BatchOutcome, template: &str) -> Result<Answer, Failure> {
        let failed = |code: Code, message: &str| Err(Failure::new(code, message));
        match outcome {
            BatchOutcome::Failed(failure) => Err(of_model(&failure)),
            BatchOutcome::Canceled => failed(Code::Cancelled, "the batch was called off"),
            BatchOutcome::Expired => {
                failed(Code::DeadlineExceeded, "the batch took longer than a day")
            }
            BatchOutcome::Answered {
                text,
                stop,
                model_served,
                usage,
            } => {
                let billing = Billing {
                    batch: true,
                    us_only: false,
                };
                let day = catalogue::day(self.clock.now());
                let cost_usd = self.model.cost(&usage, billing, &day).map(|cost| cost.usd);
                let fitted = self.fitted(&text, stop);
                let asked = Asked {
                    task: self.kind.task,
                    template,
                    provider: llm::claude::NAME,
                    model: &model_served,
                    usage: &usage,
                    cost_usd,
                    took_ms: 0,
                    code: fitted.as_ref().err().copied(),
                };
                self.asker.parts().ledger.asked(&asked);
                let raw = fitted.map_err(|code| Failure {
                    attempts: 1,
                    ..Failure::new(code, "the answer cannot be used")
                })?;
                Ok(Answer {
                    raw,
                    llm: LlmFacts {
                        model: model_served,
                        provider: llm::claude::NAME.into(),
                        cache: cache::State::Bypass.as_str().into(),
                        template: template.into(),
                        latency_ms: 0,
                        cost_usd,
                        attempts: 1,
                        trimmed_chars: 0,
                    },
                })
            }
        }
    }

    fn fitted(&self, text: &str, stop: Stop) -> Result<Value, Code> {
        match stop {
            Stop::Complete | Stop::StopSequence => {}
            Stop::Length => return Err(Code::OutputTruncated),
            Stop::Refusal => return Err(Code::Refused),
            Stop::ContextExceeded => return Err(Code::ContextExceeded),
            Stop::Tool => return Err(Code::Protocol),
        }
        let value = json::extract(text).map_err(|_| Code::InvalidJson)?;
        self.schema.fit(value).map_err(|_| Code::SchemaViolation)
    }
}

/// The name of a question: its place.
fn named(place: usize) -> String {
    format!("signal-{place}")
}

fn place(name: &str) -> Option<usize> {
    name.strip_prefix("signal-")?.parse().ok()
}

fn call() -> Call {
    Call::within(WITHIN, CancellationToken::new())
}

fn look(batch: &llm::claude::Batch) -> BatchLook {
    BatchLook {
        is_over: batch.state == BatchState::Ended,
        counts: BatchCounts {
            processing: batch.counts.processing,
            succeeded: batch.counts.succeeded,
            errored: batch.counts.errored,
            canceled: batch.counts.canceled,
            expired: batch.counts.expired,
        },
    }
}

#[async_trait]
impl Batches for ClaudeBatches {
    async fn hand_in(&self, requests: &[ScoreRequest]) -> Result<HandedIn, Failure> {
        let mut items = Vec::with_capacity(requests.len());
        let mut templates = Vec::with_capacity(requests.len());
        for (place, request) in requests.iter().enumerate() {
            let prompt = scorer::prompt(&self.asker, &self.kind, request)?;
            templates.push(prompt.template);
            items.push(BatchItem {
                custom_id: named(place),
                ask: self.ask(prompt.request.system, prompt.request.messages),
            });
        }
        // Parameters of a batch are checked while it runs: what is wrong with one is wrong with
        // all, and is told now by a count that costs nothing.
        if let Some(first) = items.first() {
            let counted = self.claude.count_tokens(&first.ask, &call()).await;
            counted.map_err(|failure| of_model(&failure))?;
        }
        let batch = self.claude.submit(&items, &call()).await;
        let batch = batch.map_err(|failure| of_model(&failure))?;
        Ok(HandedIn {
            id: batch.id,
            model: self.model.id.clone(),
            templates,
        })
    }

    async fn look(&self, id: &str) -> Result<BatchLook, Failure> {
        let batch = self.claude.batch_status(id, &call()).await;
        Ok(look(&batch.map_err(|failure| of_model(&failure))?))
    }

    async fn answers(&self, id: &str, templates: &[String]) -> Result<Vec<BatchAnswer>, Failure> {
        let batch = self.claude.batch_status(id, &call()).await;
        let batch = batch.map_err(|failure| of_model(&failure))?;
        // Only whether a tool is sent along matters of them, and that is the model's alone.
        let items: Vec<BatchItem> = (0..templates.len())
            .map(|place| BatchItem {
                custom_id: named(place),
                ask: self.ask(None, Vec::new()),
            })
            .collect();
        let mut found: Vec<BatchResult> = Vec::new();
        let each = |result| found.push(result);
        let read = self
            .claude
            .batch_results(&batch, &items, &call(), each)
            .await;
        read.map_err(|failure| of_model(&failure))?;
        let mut answers = Vec::new();
        for result in found {
            let place = place(&result.custom_id);
            let Some((place, template)) = place.and_then(|at| Some((at, templates.get(at)?)))
            else {
                continue;
            };
            answers.push(BatchAnswer {
                place,
                answer: self.read(result.outcome, template),
            });
        }
        Ok(answers)
    }
}
