//! Directions of texts, the cache first.

use super::{EMBED, asker};
use crate::{
    compute::text,
    failure::Failure,
    ports::{Embedder, Embedding},
};
use async_trait::async_trait;
use cache::{Key, Produced, Request, Task, TaskError, Validated};
use llm::{Aliases, Cached, Client, Failed, completion::Latency, completion::Usage, error::Code};
use serde_json::json;
use stage::Clock;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Somebody who gives a text its direction, without a cache.
#[async_trait]
pub trait Direction: Send + Sync {
    /// The direction of a text, of length 1.
    ///
    /// # Errors
    /// [`llm::error::Failure`] if there is none.
    async fn of(&self, text: &str) -> Result<Vec<f32>, llm::error::Failure>;

    /// The model, with the digest of its weights as far as it is known.
    fn model(&self) -> String;
}

/// Directions by a model of Ollama.
pub struct OllamaDirections {
    client: Client,
    model: String,
    within: Duration,
}

impl OllamaDirections {
    /// Asks `model`, the first of the alias of embeddings, for no longer than `within`.
    #[must_use]
    pub fn new(client: Client, model: String, within: Duration) -> Self {
        Self {
            client,
            model,
            within,
        }
    }
}

#[async_trait]
impl Direction for OllamaDirections {
    async fn of(&self, text: &str) -> Result<Vec<f32>, llm::error::Failure> {
        let texts = [text.to_owned()];
        let never = CancellationToken::new();
        let asked = self
            .client
            .embed(Aliases::EMBEDDING, &texts, self.within, &never);
        let vector = asked.await?.vectors.into_iter().next().unwrap_or_default();
        directed(&vector)
    }

    fn model(&self) -> String {
        match self.client.model_digest(Aliases::EMBEDDING) {
            Some(digest) => format!("{}@{digest}", self.model),
            None => self.model.clone(),
        }
    }
}

/// A vector of length 1 with the direction of another.
pub(super) fn directed(vector: &[f32]) -> Result<Vec<f32>, llm::error::Failure> {
    let squares = vector.iter().map(|x| f64::from(*x) * f64::from(*x));
    let length = squares.sum::<f64>().sqrt();
    if !length.is_finite() || length <= 0.0 {
        let message = "the embedding model gave no direction";
        return Err(llm::error::Failure::new(Code::Protocol, message));
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a share of a number that was as short"
    )]
    let scaled = vector.iter().map(|x| (f64::from(*x) / length) as f32);
    Ok(scaled.collect())
}

/// Directions of texts, the cache first.
pub struct CachedEmbedder<D> {
    source: D,
    cached: Cached,
    task: Task,
    ttl: Duration,
    clock: Arc<dyn Clock>,
}

impl<D: Direction> CachedEmbedder<D> {
    /// Directions of `source`, kept for `ttl` in the cache of a client.
    ///
    /// # Errors
    /// [`TaskError`], which the name of the task rules out.
    pub fn new(
        source: D,
        cached: Cached,
        ttl: Duration,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TaskError> {
        Ok(Self {
            source,
            cached,
            task: Task::new(EMBED)?,
            ttl,
            clock,
        })
    }

    async fn produce(&self, text: &str) -> Result<Produced, Failed> {
        let vector = self.source.of(text).await.map_err(|failure| Failed {
            failure,
            attempts: Vec::new(),
            usage: Usage::default(),
            cost_usd: Some(0.0),
            latency: Latency::default(),
            said: None,
        })?;
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        Ok(match Validated::new(bytes.clone(), checked) {
            Ok(value) => Produced::validated(value, Some(0.0)),
            Err(reason) => Produced::unstorable(bytes, Some(0.0), reason),
        })
    }
}

fn checked(bytes: &[u8]) -> Result<(), &'static str> {
    if bytes.is_empty() || !bytes.len().is_multiple_of(4) {
        return Err("no_vector");
    }
    Ok(())
}

fn read(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().copied().map(f32::from_le_bytes).collect()
}

#[async_trait]
impl<D: Direction> Embedder for CachedEmbedder<D> {
    async fn embed(&self, text: &str) -> Result<Embedding, Failure> {
        let began = self.clock.monotonic();
        let model = self.source.model();
        let document = json!({"kv": 1, "model": model, "text": text});
        let request = Request {
            ttl: Some(self.ttl),
            schema: Some("embedding.v1".into()),
            ..Request::new(Key::of(&self.task, &document))
        };
        let request = request.about(&text::digest(text));
        let found = self.cached.cache();
        let found = found.get_or_produce(&request, || self.produce(text)).await;
        let found = found.map_err(|failed| asker::failure(&failed))?;
        telemetry::signals::embedded(self.clock.monotonic().saturating_sub(began));
        Ok(Embedding {
            model,
            vector: read(&found.value),
        })
    }

    fn model(&self) -> String {
        self.source.model()
    }
}
