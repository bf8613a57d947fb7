//! How texts go into the networks and what comes out.

use super::{Error, scores::normalised};
use inference::{NamedTensor, Tensor};
use ndarray::{ArrayD, IxDyn};
use tokenizers::Tokenizer;

/// Most tokens of a text: those after are not read.
const MAX_TOKENS: usize = 77;

/// Turns texts into what a network for texts takes.
pub struct Reader(Tokenizer);

impl Reader {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// [`Error::Tokenizer`] if it is none.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        let unusable = |error: tokenizers::Error| Error::Tokenizer(error.to_string());
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(unusable)?;
        // One text at a time: nothing is filled up.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(unusable)?;
        Ok(Self(tokenizer))
    }

    /// The tokens of a text with those that begin and end it; cut to the most a network reads,
    /// its end kept.
    ///
    /// # Errors
    /// [`Error::Text`] if it cannot be read.
    pub fn tokens(&self, text: &str) -> Result<Vec<i64>, Error> {
        let failed = |message: String| Error::Text {
            text: text.into(),
            message,
        };
        let read = self.0.encode(text, true);
        let read = read.map_err(|error| failed(error.to_string()))?;
        let mut tokens: Vec<i64> = read.get_ids().iter().copied().map(i64::from).collect();
        if let (true, Some(end)) = (tokens.len() > MAX_TOKENS, tokens.last().copied()) {
            tokens.truncate(MAX_TOKENS - 1);
            tokens.push(end);
        }
        if tokens.is_empty() {
            return Err(failed("it has no tokens".into()));
        }
        Ok(tokens)
    }
}

/// Tokens as one row.
pub(crate) fn row(tokens: Vec<i64>) -> Result<Tensor, Error> {
    let shape = IxDyn(&[1, tokens.len()]);
    let row = ArrayD::from_shape_vec(shape, tokens);
    row.map(Tensor::I64)
        .map_err(|error| Error::Tokenizer(error.to_string()))
}

/// The point of a text: the mean over its tokens, of length one (Reimers & Gurevych,
/// "Sentence-BERT", 2019).
///
/// # Errors
/// [`Error::Answer`] if the answer is not one row of tokens.
pub fn mean_over_tokens(answer: &[NamedTensor]) -> Result<Vec<f32>, Error> {
    let output = answer.first();
    let shape = output.map_or(&[][..], |output| output.tensor.shape());
    let values = output.and_then(|output| output.tensor.as_slice());
    match (shape, values) {
        ([1, tokens, dimensions], Some(values)) if tokens * dimensions > 0 => {
            let mut mean = vec![0.0; *dimensions];
            for token in values.chunks_exact(*dimensions) {
                for (sum, value) in mean.iter_mut().zip(token) {
                    *sum += value / *tokens as f32;
                }
            }
            Ok(normalised(&mean))
        }
        _ => Err(Error::Answer {
            network: "the network for texts",
            found: format!("{shape:?} for one text"),
        }),
    }
}
