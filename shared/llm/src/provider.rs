//! What every provider of models can be asked.

use crate::{
    catalogue::Model,
    completion::{Stop, Usage},
    error::{Code, Failure, Wait},
    limits::RateLimits,
    request::{Effort, Message, PromptCache, Sampling},
};
use async_trait::async_trait;
use serde_json::Value;
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

/// Where pieces of an answer go while it is being said. What came out of a failed call is not
/// taken back: who listens learns of the failure from its result.
pub type Deltas = mpsc::Sender<String>;

/// How long a call may take, and who calls it off.
#[derive(Debug, Clone)]
pub struct Call {
    /// When the caller no longer waits.
    pub deadline: Instant,
    /// Longest time of this call.
    pub total: Duration,
    /// Longest wait for the first token of a stream.
    pub ttft: Duration,
    /// Longest wait for the next bytes of a stream.
    pub idle: Duration,
    /// Calls it off.
    pub cancel: CancellationToken,
}

impl Call {
    /// One that takes as long as `total` in every respect.
    #[must_use]
    pub fn within(total: Duration, cancel: CancellationToken) -> Self {
        Self {
            deadline: Instant::now() + total,
            total,
            ttft: total,
            idle: total,
            cancel,
        }
    }

    /// Runs a call for no longer than it may take. A call that is left is dropped, and its
    /// connection closed with it.
    ///
    /// # Errors
    /// Those of the call, [`Code::Cancelled`], [`Code::DeadlineExceeded`], or the end of the time
    /// of this call.
    pub async fn bound<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        let end = Instant::now() + self.total;
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Failure::new(Code::Cancelled, "called off")),
            ended = tokio::time::timeout_at(end.min(self.deadline), call) => match ended {
                Ok(result) => result,
                Err(_) if self.deadline <= end => {
                    Err(Failure::new(Code::DeadlineExceeded, "the caller's deadline came"))
                }
                Err(_) => {
                    let message = format!("no whole answer within {:?}", self.total);
                    Err(Failure::new(Code::Timeout(Wait::Total), message))
                }
            },
        }
    }
}

/// A question for one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The model, and what it can.
    pub model: Model,
    /// What it is told before anything is said.
    pub system: Option<String>,
    /// What is said.
    pub messages: Vec<Message>,
    /// Room for the answer, in tokens.
    pub max_output_tokens: u32,
    /// The schema of the answer.
    pub output_schema: Option<Arc<Value>>,
    /// How freely it chooses its words.
    pub sampling: Sampling,
    /// Texts at which the answer ends.
    pub stop: Vec<String>,
    /// What the provider's prompt cache does, if the request says so.
    pub prompt_cache: Option<PromptCache>,
    /// How hard it thinks, if the request says so.
    pub effort: Option<Effort>,
    /// The context it is given, where that is ours to say, in tokens.
    pub window: Option<u32>,
    /// Whether it is streamed though nobody watches: long answers are.
    pub stream: bool,
}

/// What is sent for a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// The body of the request.
    pub body: Value,
    /// The version of the interface.
    pub api_version: String,
    /// Parameters that were left out, because the model does not have them.
    pub dropped: Vec<&'static str>,
}

/// What a model said.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Its words.
    pub text: String,
    /// Why it ended.
    pub stop: Stop,
    /// The model, as the provider names it.
    pub model_served: String,
    /// Tokens, as the provider counted them.
    pub usage: Usage,
    /// The wait for the first token, where it is known.
    pub ttft: Option<Duration>,
    /// How long all of it took.
    pub took: Duration,
    /// The provider's name for the call.
    pub provider_request_id: Option<String>,
    /// What the provider tells of its limits.
    pub limits: Option<RateLimits>,
    /// How long the model was loaded, where that is told.
    pub load: Option<Duration>,
}

/// Vectors of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embeddings {
    /// One for each text, in their order; all of one length, none zero.
    pub vectors: Vec<Vec<f32>>,
    /// The model, as the provider names it.
    pub model_served: String,
    /// Tokens read, if the provider counts them.
    pub input_tokens: Option<u64>,
}

/// A model that a provider offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its name.
    pub id: String,
    /// The digest of its weights, where that is told.
    pub digest: Option<String>,
    /// Where it stands, as the provider says.
    pub lifecycle: Option<String>,
    /// Its last day, if the provider tells one.
    pub retires_at: Option<String>,
}

/// What a provider says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    /// How long it took to say it.
    pub took: Duration,
    /// Its version.
    pub version: Option<String>,
    /// The models it offers; `None` if only a part of them is told.
    pub models: Option<Vec<ModelInfo>>,
    /// Those in its memory.
    pub loaded: Vec<String>,
}

/// Somebody who has models.
///
/// Every call ends when its [`Call`] says so; a future that is dropped closes its connection.
/// Failures name no provider and no model: who asked knows both.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Its name, as `claude`.
    fn name(&self) -> &'static str;

    /// What would be sent for a question.
    fn prepare(&self, ask: &Ask) -> Prepared;

    /// Asks a question and waits for the answer.
    ///
    /// # Errors
    /// [`Failure`] if there is no answer. One that ended for a reason that makes it useless is an
    /// answer still: [`Reply::stop`] says so.
    async fn complete(&self, ask: &Ask, call: &Call) -> Result<Reply, Failure>;

    /// The same, with the pieces of the answer as they come.
    ///
    /// # Errors
    /// As [`Provider::complete`]; [`Code::Cancelled`] if nobody takes the pieces.
    async fn stream(&self, ask: &Ask, call: &Call, deltas: &Deltas) -> Result<Reply, Failure>;

    /// Vectors of texts.
    ///
    /// # Errors
    /// [`Failure`] if there is not one for each.
    async fn embed(
        &self,
        model: &str,
        texts: &[String],
        call: &Call,
    ) -> Result<Embeddings, Failure>;

    /// Tokens that a question has, counted by the provider; `None` if it does not count them.
    ///
    /// # Errors
    /// [`Failure`] if it could not be asked.
    async fn count_tokens(&self, ask: &Ask, call: &Call) -> Result<Option<u64>, Failure>;

    /// The models it offers.
    ///
    /// # Errors
    /// [`Failure`] if it could not be asked: that is not the same as none.
    async fn models(&self, call: &Call) -> Result<Vec<ModelInfo>, Failure>;

    /// Asks how it is, which costs nothing.
    ///
    /// # Errors
    /// [`Failure`] if it does not answer.
    async fn probe(&self, call: &Call) -> Result<Probe, Failure>;

    /// The digest of a model's weights, if it is known by now.
    fn model_digest(&self, model: &str) -> Option<String> {
        let _ = model;
        None
    }
}
