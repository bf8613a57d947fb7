//! From tensors to labels: values in, values out.

mod pictures;
mod results;
mod scores;
mod texts;

pub use pictures::{
    Prepared, class_names, embeddings, for_classifier, for_clip, for_embedder, probabilities,
};
pub use results::{Scene, Sight, labels};
pub use scores::{Named, by_classes, by_likeness, cosine, nearness, normalised, seen};
pub(crate) use texts::row;
pub use texts::{Reader, mean_over_tokens};

/// Why labels cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A picture could not be brought into a network's form.
    #[error("picture does not fit the network")]
    Picture(#[from] inference::Error),
    /// The tensors are not those of the network.
    #[error("{network} answered with {found}; fetch the models again")]
    Answer {
        /// Which.
        network: &'static str,
        /// What it answered.
        found: String,
    },
    /// A text cannot be read.
    #[error("text '{text}' cannot be read by the tokenizer: {message}")]
    Text {
        /// Which.
        text: String,
        /// Why not.
        message: String,
    },
    /// A file is no tokenizer.
    #[error("tokenizer is unusable: {0}")]
    Tokenizer(String),
}
