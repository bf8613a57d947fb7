//! Classifying signals with the fast model.

use super::{
    CLASSIFY,
    asker::{Asker, Filling, Kind, Prompt},
};
use crate::{
    compute::{classification, fields::FieldReader, text},
    failure::Failure,
    ports::{Answer, Field, ScoreRequest, Scorer},
};
use async_trait::async_trait;
use cache::collapse_lower;
use llm::{Aliases, request::Sampling};
use prompts::ClassificationContext;
use serde_json::Value;
use tokio::sync::mpsc;

/// Pieces of an answer that may wait to be read.
const WAITING: usize = 64;

/// Classifies signals with the fast model.
pub struct ModelScorer {
    asker: Asker,
    kind: Kind,
    model: String,
}

/// What a question about a signal is like, whoever is asked.
pub(super) fn kind(asker: &Asker, alias: &'static str) -> Kind {
    let asking = &asker.parts().asking;
    Kind {
        task: CLASSIFY,
        alias,
        max_output_tokens: asking.max_output_tokens_classify,
        schema: classification::schema(),
        sampling: Sampling {
            temperature: Some(asking.temperature_1b),
            top_p: Some(asking.top_p),
            top_k: Some(asking.top_k),
            seed: None,
        },
    }
}

/// The question about a signal.
pub(super) fn prompt(
    asker: &Asker,
    kind: &Kind,
    request: &ScoreRequest,
) -> Result<Prompt, Failure> {
    let told = ClassificationContext {
        icp_context: request.icp_context.clone(),
        signal_text: request.signal_text.clone(),
    };
    let mut named = told.clone();
    if asker.parts().normalises {
        named.signal_text = collapse_lower(&named.signal_text);
    }
    let filling = Filling {
        told,
        named,
        unit: text::digest(&request.signal_text),
    };
    asker.prompt(&filling, kind, request.cache)
}

/// What is not within every bound is sent back, and never kept.
fn fits(raw: &Value, signal: &str) -> Result<(), Vec<String>> {
    let checked = classification::check(raw, signal);
    checked
        .map(drop)
        .map_err(|violation| vec![violation.to_string()])
}

impl ModelScorer {
    /// A scorer that asks `model`, the first of the alias of fast models.
    #[must_use]
    pub fn new(asker: Asker, model: String) -> Self {
        Self {
            kind: kind(&asker, Aliases::FAST),
            asker,
            model,
        }
    }
}

#[async_trait]
impl Scorer for ModelScorer {
    async fn score(&self, request: &ScoreRequest) -> Result<Answer, Failure> {
        let prompt = prompt(&self.asker, &self.kind, request)?;
        let check = |raw: &Value| fits(raw, &request.signal_text);
        self.asker.ask(&prompt, &check, None).await
    }

    async fn lookup(&self, request: &ScoreRequest) -> Option<Answer> {
        let prompt = prompt(&self.asker, &self.kind, request).ok()?;
        self.asker.lookup(&prompt).await
    }

    async fn stream(
        &self,
        request: &ScoreRequest,
        fields: mpsc::Sender<Field>,
    ) -> Result<Answer, Failure> {
        let prompt = prompt(&self.asker, &self.kind, request)?;
        let check = |raw: &Value| fits(raw, &request.signal_text);
        let (sender, mut pieces) = mpsc::channel(WAITING);
        let asking = async {
            let sender = sender;
            self.asker.ask(&prompt, &check, Some(&sender)).await
        };
        let telling = async {
            let mut reader = FieldReader::default();
            while let Some(piece) = pieces.recv().await {
                for (name, value) in reader.feed(&piece) {
                    // Who hung up hears nothing.
                    let _gone = fields.send(Field { name, value }).await;
                }
            }
            drop(fields);
        };
        tokio::join!(asking, telling).0
    }

    fn model(&self) -> String {
        self.model.clone()
    }
}
