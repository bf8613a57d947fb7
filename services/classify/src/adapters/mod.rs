//! The ports as this program has them: language models with a cache before them, and templates.

mod admin;
mod asker;
mod batches;
mod dossiers;
mod embedder;
mod onnx;
mod scorer;
mod upkeep;

pub use admin::ModelAdmin;
pub use asker::{Asker, AskerParts};
pub use batches::{BatchSetupError, ClaudeBatches};
pub use dossiers::ModelDossiers;
pub use embedder::{CachedEmbedder, Direction, OllamaDirections};
pub use onnx::{OnnxDirections, OnnxError};
pub use scorer::ModelScorer;
pub use upkeep::{Upkeep, Wanted};

/// What signals are classified under, as caches and bills name it.
pub const CLASSIFY: &str = "signal.classify";
/// The same for dossiers.
pub const DOSSIER: &str = "lead.dossier";
/// The same for directions of texts.
pub const EMBED: &str = "signal.embed";
