//! What goes on in the background besides requests: models are looked for and fetched, providers are
//! asked how they are, templates are read anew when their files change.

use super::{Asker, ModelAdmin};
use llm::{
    ollama::{Ollama, OllamaConfig},
    provider::Call,
    settings::LlmSettings,
};
use stage::Clock;
use std::{sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How long it takes until models are looked for again, if it could not be asked which there are.
const AGAIN: Duration = Duration::from_secs(30);

/// What is to be looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Whether providers are asked how they are, from time to time.
    pub health: bool,
    /// Whether templates are read anew when their files change.
    pub templates: bool,
}

/// Looks after models and templates.
pub struct Upkeep {
    asker: Asker,
    admin: Arc<ModelAdmin>,
    ollama: Ollama,
    models: Vec<String>,
    fetches: bool,
    pull_timeout: Duration,
}

impl Upkeep {
    /// Looks after `models` of Ollama, and what an asker asks with.
    ///
    /// # Errors
    /// [`llm::SetupError`] if the address of Ollama cannot be used.
    pub fn new(
        asker: Asker,
        admin: Arc<ModelAdmin>,
        settings: &LlmSettings,
        models: Vec<String>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, llm::SetupError> {
        Ok(Self {
            ollama: Ollama::new(OllamaConfig::from(settings), clock)?,
            asker,
            admin,
            models,
            fetches: settings.ollama_auto_pull,
            pull_timeout: Duration::from_secs(settings.ollama_pull_timeout),
        })
    }

    /// Goes on until `stop` fires.
    pub async fn run(&self, wanted: Wanted, stop: &CancellationToken) {
        let parts = self.asker.parts();
        let templates = async {
            if wanted.templates {
                prompts::watch(parts.templates.clone(), stop.clone()).await;
            }
        };
        let models = async {
            parts.cached.client().probe(stop).await;
            self.admin.has_begun();
            if wanted.health {
                parts.cached.client().watch(stop).await;
            }
        };
        tokio::join!(templates, models, self.until_there(stop));
    }

    /// Looks for the models until it is known which there are, and has those fetched that are
    /// missing.
    async fn until_there(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() && !self.are_there(stop).await {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(AGAIN) => {}
            }
        }
    }

    async fn are_there(&self, stop: &CancellationToken) -> bool {
        let call = Call::within(self.pull_timeout, stop.clone());
        let progress = |model: &str, step: llm::ollama::PullProgress| {
            tracing::debug!(model, status = step.status, "a model is being fetched");
        };
        let looked = self
            .ollama
            .ensure(&self.models, self.fetches, &call, progress);
        match looked.await {
            Ok(missing) if missing.is_empty() => {
                // What is there now is told to those who ask.
                self.asker.parts().cached.client().probe(stop).await;
                true
            }
            Ok(missing) => {
                tracing::warn!(missing = missing.join(", "), "models are missing at ollama");
                true
            }
            Err(failure) => {
                if !stop.is_cancelled() {
                    tracing::warn!(
                        reason = failure.message,
                        "ollama does not say which models it has"
                    );
                }
                false
            }
        }
    }
}
