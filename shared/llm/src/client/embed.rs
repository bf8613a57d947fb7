//! Vectors of texts, with the same care as answers.

use super::{
    Client,
    lane::{Counted, Lane, Need, Took},
};
use crate::{
    completion::Usage,
    error::{Again, Code, Failure},
    limits::RateLimits,
    provider::{Call, Embeddings},
    retry::RetryPolicy,
    tokens,
};
use std::time::Duration;
use telemetry::events::llm::{LlmAttempted, LlmRetried};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

impl Counted for Embeddings {
    fn counted(&self) -> Option<Usage> {
        Some(Usage {
            input: self.input_tokens?,
            ..Usage::default()
        })
    }
    fn limits(&self) -> Option<&RateLimits> {
        None
    }
    fn speed(&self) -> (Option<Duration>, Option<f64>) {
        (None, None)
    }
}

impl Client {
    /// Vectors of texts, of the first model of an alias: vectors of two models cannot be compared,
    /// so no other is asked.
    ///
    /// # Errors
    /// [`Failure`] if there is not one for each.
    pub async fn embed(
        &self,
        alias: &str,
        texts: &[String],
        within: Duration,
        cancel: &CancellationToken,
    ) -> Result<Embeddings, Failure> {
        let chain = self.0.chain(alias)?;
        let none = || Failure::new(Code::ModelNotFound, "no model answers this alias");
        let lane = chain.first().ok_or_else(none)?;
        let named = |failure: Failure| failure.of(lane.provider.name(), &lane.id);
        lane.began(self.0.now());
        let call = Call::within(within, cancel.clone());
        let policy = RetryPolicy::from(&self.0.settings);
        let mut failed = 0;
        loop {
            let failure = match self.embed_once(lane, texts, &call).await {
                Ok(embeddings) => return Ok(embeddings),
                Err(failure) => failure,
            };
            failed += 1;
            let wait = policy.wait(failed, &failure, (self.0.random)());
            let left = call.deadline.saturating_duration_since(Instant::now());
            let too_long = wait > self.0.settings.max_inline_wait() || wait >= left;
            let may = failure.again() == Again::Same && failed < policy.max_attempts && !too_long;
            if !may || !lane.may_retry(self.0.now()) {
                return Err(named(failure));
            }
            LlmRetried {
                code: failure.code.as_str(),
                wait,
            }
            .emit();
            tokio::select! {
                () = cancel.cancelled() => return Err(named(Failure::new(Code::Cancelled, "called off"))),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// The digest of the weights of the first model of an alias, once its provider has told it.
    #[must_use]
    pub fn model_digest(&self, alias: &str) -> Option<String> {
        let chain = self.0.chain(alias).ok()?;
        let lane = chain.first()?;
        lane.provider.model_digest(&lane.id)
    }

    async fn embed_once(
        &self,
        lane: &Lane,
        texts: &[String],
        call: &Call,
    ) -> Result<Embeddings, Failure> {
        let input = texts.iter().map(|text| tokens::estimate(text)).sum();
        let need = Need { input, output: 0 };
        let mut took = Took::default();
        let (provider, model) = (lane.provider.as_ref(), lane.id.as_str());
        let make = |call: Call| async move { provider.embed(model, texts, &call).await };
        let made = lane.run(&self.0, need, call, &mut took, make).await;
        if took.made {
            LlmAttempted {
                asked: lane.asked(),
                code: made
                    .as_ref()
                    .err()
                    .map_or("ok", |failure| failure.code.as_str()),
                took: took.call,
                queued: took.queued,
                ttft: None,
                tokens_per_second: None,
                provider_request_id: None,
            }
            .emit();
        }
        made
    }
}
