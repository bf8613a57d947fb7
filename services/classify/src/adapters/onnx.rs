//! Directions of texts by a network in this process: all-MiniLM-L6-v2.

use super::embedder::{Direction, directed};
use async_trait::async_trait;
use inference::{Engine, Model, NamedTensor, Tensor};
use llm::error::{Code, Failure};
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;
use tokenizers::Tokenizer;

/// Its name in `deploy/models.toml`.
const NETWORK: &str = "minilm";
/// What it is called where thresholds are set.
const NAME: &str = "all-minilm-l6-v2";
const TOKENIZER: &str = "tokenizer.json";
/// Most tokens that are read of a text: those the network was trained with.
const MAX_TOKENS: usize = 256;

/// Why the network cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OnnxError {
    /// The network, or a file of it.
    #[error(transparent)]
    Model(#[from] inference::Error),
    /// What makes tokens of texts.
    #[error("the tokenizer of all-MiniLM-L6-v2 cannot be read: {0}")]
    Tokenizer(String),
}

/// The network and what makes tokens of texts.
struct Network {
    model: Model,
    tokenizer: Tokenizer,
}

/// Directions of texts by a network in this process.
pub struct OnnxDirections {
    network: Arc<Network>,
    model: String,
}

impl OnnxDirections {
    /// Opens the network.
    ///
    /// # Errors
    /// [`OnnxError`] if its files are missing or not what they should be.
    pub fn open(engine: &Engine) -> Result<Self, OnnxError> {
        let model = engine.load(NETWORK)?;
        let json = model.companion(TOKENIZER)?;
        let unusable = |error: tokenizers::Error| OnnxError::Tokenizer(error.to_string());
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(unusable)?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(unusable)?;
        Ok(Self {
            model: format!("{NAME}@{}", model.stamp().digest),
            network: Arc::new(Network { model, tokenizer }),
        })
    }
}

impl Network {
    fn of(&self, text: &str) -> Result<Vec<f32>, Failure> {
        let failed = |message: String| Failure::new(Code::ServerError, message);
        let read = self.tokenizer.encode(text, true);
        let read = read.map_err(|_| failed("the text cannot be made into tokens".into()))?;
        let mut tokens: Vec<i64> = read.get_ids().iter().copied().map(i64::from).collect();
        if let (true, Some(end)) = (tokens.len() > MAX_TOKENS, tokens.last().copied()) {
            tokens.truncate(MAX_TOKENS - 1);
            tokens.push(end);
        }
        let shape = IxDyn(&[1, tokens.len()]);
        let same = |value: i64| Tensor::I64(ArrayD::from_elem(shape.clone(), value));
        let row = ArrayD::from_shape_vec(shape.clone(), tokens);
        let row = row.map_err(|error| failed(error.to_string()))?;
        let answer = self.model.run(vec![
            ("attention_mask", same(1)),
            ("token_type_ids", same(0)),
            ("input_ids", Tensor::I64(row)),
        ]);
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        directed(&mean_over_tokens(&answer).ok_or_else(|| {
            failed("the network for texts answered in another shape than it declares".into())
        })?)
    }
}

fn mean_over_tokens(answer: &[NamedTensor]) -> Option<Vec<f32>> {
    let tensor = &answer.first()?.tensor;
    let [1, tokens, dimensions] = tensor.shape() else {
        return None;
    };
    let values = tensor.as_slice().filter(|_| tokens * dimensions > 0)?;
    let mut mean = vec![0.0; *dimensions];
    for token in values.chunks_exact(*dimensions) {
        for (sum, value) in mean.iter_mut().zip(token) {
            #[allow(clippy::cast_precision_loss, reason = "a few hundred tokens")]
            let share = value / *tokens as f32;
            *sum += share;
        }
    }
    Some(mean)
}

#[async_trait]
impl Direction for OnnxDirections {
    async fn of(&self, text: &str) -> Result<Vec<f32>, Failure> {
        let (network, text) = (self.network.clone(), text.to_owned());
        let worked = tokio::task::spawn_blocking(move || network.of(&text)).await;
        worked.map_err(|_| Failure::new(Code::ServerError, "the network for texts fell over"))?
    }

    fn model(&self) -> String {
        self.model.clone()
    }
}
