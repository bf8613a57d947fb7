//! What is kept of one prompt and its answer: the same shape whether a model was asked or the
//! analysis was computed.

use super::{Answer, Problem};
use crate::grounding::Grounding;
use contracts::analysis::AnalysisName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::SystemTime;

/// Who made an analysis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A model of Anthropic.
    Claude,
    /// A model behind Ollama.
    Ollama,
    /// The measurements alone, under the name consumers know.
    PythonPrecompute,
}

/// One prompt, and what came of it. Every field is always written; null is what does not apply or
/// is not known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// The analysis.
    pub prompt_type: String,
    /// Whether there is an analysis.
    pub success: bool,
    /// What the model said, letter by letter; null if none was asked or none answered.
    pub response: Option<String>,
    /// The six blocks under generic names, without what does not hold; null without success.
    pub parsed_response: Option<Map<String, Value>>,
    /// Why there is no analysis; null with success.
    pub error: Option<String>,
    /// Seconds from the request to the end of the answer.
    pub processing_time: Option<f64>,
    /// Tokens of the prompt and of the answer.
    pub tokens_used: Option<u64>,
    /// US dollars; null if the price of the model is not known.
    pub estimated_cost: Option<f64>,
    /// Attempts after the first.
    pub retry_attempts: u32,
    /// When it ended, RFC 3339.
    pub timestamp: String,
    /// Who made it.
    pub source: Source,
    /// The model that answered.
    pub model: Option<String>,
    /// Identity of the template.
    pub template: Option<String>,
    /// What held of the answer, and what was dropped.
    pub grounding: Option<Grounding>,
}

/// A moment as records write it: RFC 3339, in UTC.
#[must_use]
pub fn timestamp(now: SystemTime) -> String {
    jiff::Timestamp::try_from(now)
        .unwrap_or_default()
        .to_string()
}

impl Record {
    /// A record of nothing yet: no success, and no reason why.
    #[must_use]
    pub fn new(analysis: AnalysisName, source: Source, timestamp: String) -> Self {
        Self {
            prompt_type: analysis.name.to_owned(),
            success: false,
            response: None,
            parsed_response: None,
            error: None,
            processing_time: None,
            tokens_used: None,
            estimated_cost: None,
            retry_attempts: 0,
            timestamp,
            source,
            model: None,
            template: None,
            grounding: None,
        }
    }

    /// With what a model said, and what was read in it.
    #[must_use]
    pub fn answered(mut self, response: String, read: Result<Answer, Vec<Problem>>) -> Self {
        self.response = Some(response);
        match read {
            Ok(answer) => self.succeeded(answer.blocks),
            Err(problems) => {
                let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
                self.failed(problems.join("; "))
            }
        }
    }

    /// With what holds of its answer in place of it.
    #[must_use]
    pub fn grounded(mut self, blocks: Map<String, Value>, grounding: Grounding) -> Self {
        self.grounding = Some(grounding);
        self.succeeded(blocks)
    }

    /// With six blocks, whoever made them.
    #[must_use]
    pub fn succeeded(mut self, blocks: Map<String, Value>) -> Self {
        self.success = true;
        self.error = None;
        self.parsed_response = Some(blocks);
        self
    }

    /// With the reason why there is no analysis.
    #[must_use]
    pub fn failed(mut self, error: String) -> Self {
        self.success = false;
        self.error = Some(error);
        self.parsed_response = None;
        self
    }
}
