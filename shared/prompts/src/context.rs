//! What the program hands to its templates, as types: a variable that was forgotten is an error of
//! the compiler.

use crate::variable::Variables;
use contracts::{VideoId, analysis::AnalysisName};
use serde_json::{Value, json};

/// What one template is given.
pub trait Context {
    /// Name of the template.
    fn template(&self) -> &str;
    /// Its variables.
    fn variables(&self) -> Variables;
}

fn variables<const N: usize>(pairs: [(&str, Value); N]) -> Variables {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Whether a signal fits, and what speaks for it: `classification`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassificationContext {
    /// Who is looked for.
    pub icp_context: String,
    /// What was found.
    pub signal_text: String,
}

impl Context for ClassificationContext {
    fn template(&self) -> &str {
        "classification"
    }
    fn variables(&self) -> Variables {
        variables([
            ("icp_context", json!(self.icp_context)),
            ("signal_text", json!(self.signal_text)),
        ])
    }
}

/// What is known of a promising signal, for whoever talks to them: `dossier`.
#[derive(Debug, Clone, PartialEq)]
pub struct DossierContext {
    /// Pieces of what was found.
    pub signal_text: String,
    /// How it was classified.
    pub classification: Value,
}

impl Context for DossierContext {
    fn template(&self) -> &str {
        "dossier"
    }
    fn variables(&self) -> Variables {
        variables([
            ("signal_text", json!(self.signal_text)),
            ("classification_json", self.classification.clone()),
        ])
    }
}

/// Whom somebody looks for, in a few sentences to compare by: `icp_embedding`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IcpEmbeddingContext {
    /// The description.
    pub icp_text: String,
}

impl Context for IcpEmbeddingContext {
    fn template(&self) -> &str {
        "icp_embedding"
    }
    fn variables(&self) -> Variables {
        variables([("icp_text", json!(self.icp_text))])
    }
}

/// A signal in a few sentences to compare by: `signal_embedding`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignalEmbeddingContext {
    /// The signal.
    pub signal_text: String,
}

impl Context for SignalEmbeddingContext {
    fn template(&self) -> &str {
        "signal_embedding"
    }
    fn variables(&self) -> Variables {
        variables([("signal_text", json!(self.signal_text))])
    }
}

/// One analysis of one video: the template of its name.
#[derive(Debug, Clone, PartialEq)]
pub struct AnalysisContext {
    /// Which analysis.
    pub analysis: AnalysisName,
    /// What was measured for it.
    pub precomputed_metrics: Value,
    /// Length of the video, in seconds.
    pub video_duration: f64,
    /// The video.
    pub video_id: VideoId,
    /// Measured events with their ids, kinds and times: what an answer may cite.
    pub evidence: Value,
}

impl Context for AnalysisContext {
    fn template(&self) -> &str {
        self.analysis.name
    }
    fn variables(&self) -> Variables {
        variables([
            ("precomputed_metrics", self.precomputed_metrics.clone()),
            ("video_duration", json!(self.video_duration)),
            ("video_id", json!(self.video_id)),
            ("prompt_type", json!(self.analysis.name)),
            ("evidence", self.evidence.clone()),
        ])
    }
}
