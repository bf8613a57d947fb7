//! Which models answer which alias, in their order.

use crate::{
    catalogue::{Catalogue, Retired},
    claude, ollama,
    settings::LlmSettings,
};
use std::collections::BTreeMap;

/// A model of a provider.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The provider.
    pub provider: String,
    /// The model.
    pub model: String,
}

impl Target {
    /// A model of a provider.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
        }
    }
}

/// Chains of models by the names requests know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aliases(BTreeMap<String, Vec<Target>>);

impl Aliases {
    /// The local model for short texts.
    pub const FAST: &'static str = "fast";
    /// The local model for long ones.
    pub const DEEP: &'static str = "deep";
    /// The model of embeddings.
    pub const EMBEDDING: &'static str = "embedding";
    /// Claude's fast model.
    pub const HAIKU: &'static str = "haiku";
    /// Claude's strong model.
    pub const SONNET: &'static str = "sonnet";

    /// Adds a chain, or puts it in place of the one of that name.
    #[must_use]
    pub fn with(mut self, alias: impl Into<String>, chain: Vec<Target>) -> Self {
        self.0.insert(alias.into(), chain);
        self
    }

    /// The chain of an alias; empty if there is none.
    #[must_use]
    pub fn chain(&self, alias: &str) -> &[Target] {
        self.0.get(alias).map_or(&[], Vec::as_slice)
    }

    /// Every chain with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Target])> {
        self.0
            .iter()
            .map(|(alias, chain)| (alias.as_str(), chain.as_slice()))
    }

    /// The chains of local models.
    #[must_use]
    pub fn of_ollama(settings: &LlmSettings) -> Self {
        let target = |model: &String| Target::new(ollama::NAME, model);
        let chain = |plain: &String, quantised: &String, other: &String| {
            let first = if settings.use_quantized_models {
                quantised
            } else {
                plain
            };
            let others = settings.enable_alternative_models.then(|| target(other));
            [target(first)].into_iter().chain(others).collect()
        };
        let fast = chain(
            &settings.ollama_model_1b,
            &settings.quantized_model_1b,
            &settings.fallback_model_1b,
        );
        let deep = chain(
            &settings.ollama_model_4b,
            &settings.quantized_model_4b,
            &settings.fallback_model_4b,
        );
        Self::default()
            .with(Self::FAST, fast)
            .with(Self::DEEP, deep)
            .with(
                Self::EMBEDDING,
                vec![target(&settings.ollama_embedding_model)],
            )
    }

    /// Adds the chains of Claude's models; what has ended is replaced.
    ///
    /// # Errors
    /// [`Retired`] if one has ended and nothing takes its place.
    pub fn add_claude(
        &mut self,
        settings: &LlmSettings,
        catalogue: &Catalogue,
        today: &str,
    ) -> Result<(), Retired> {
        for (alias, model) in [
            (Self::HAIKU, &settings.claude_model_haiku),
            (Self::SONNET, &settings.claude_model_sonnet),
        ] {
            let model = claude_model(model, settings, catalogue, today)?;
            self.0
                .insert(alias.into(), vec![Target::new(claude::NAME, model)]);
        }
        Ok(())
    }
}

/// The model of Claude's that is asked when the settings name `model`. In the map of replacements
/// `haiku` and `sonnet` stand for the models the settings name.
///
/// # Errors
/// [`Retired`] if it has ended and nothing takes its place.
pub fn claude_model(
    model: &str,
    settings: &LlmSettings,
    catalogue: &Catalogue,
    today: &str,
) -> Result<String, Retired> {
    let mut replacements = settings.claude_model_replacements.clone();
    for (short, named) in [
        ("haiku", &settings.claude_model_haiku),
        ("sonnet", &settings.claude_model_sonnet),
    ] {
        if let Some(other) = settings.claude_model_replacements.get(short) {
            replacements
                .entry(named.clone())
                .or_insert_with(|| other.clone());
        }
    }
    let allow = settings.allow_retired_models;
    catalogue.resolve(claude::NAME, model, &replacements, allow, today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promise_05_d10_chains_of_fallbacks_follow_the_settings() {
        let mut settings = LlmSettings::default();
        let models = |settings: &LlmSettings, alias| {
            let aliases = Aliases::of_ollama(settings);
            let chain = aliases.chain(alias).iter();
            chain.map(|target| target.model.clone()).collect::<Vec<_>>()
        };
        assert_eq!(models(&settings, "fast"), ["gemma3:1b"]);
        settings.enable_alternative_models = true;
        assert_eq!(models(&settings, "deep"), ["gemma3:4b", "llama3:8b"]);
        settings.use_quantized_models = true;
        assert_eq!(models(&settings, "fast"), ["gemma3:1b-q4", "mistral:7b"]);
        assert!(models(&settings, "nobody").is_empty());
    }

    #[test]
    fn promise_17_models_that_ended_are_replaced_as_the_settings_say() {
        let catalogue = Catalogue::built_in().unwrap();
        let mut settings = LlmSettings::default();
        let haiku = |settings: &LlmSettings| {
            let mut aliases = Aliases::default();
            aliases
                .add_claude(settings, &catalogue, "2026-11-20")
                .unwrap();
            aliases.chain(Aliases::HAIKU)[0].model.clone()
        };
        assert_eq!(haiku(&settings), "claude-haiku-5-5");
        let other = "claude-haiku-4-5-20251001";
        settings
            .claude_model_replacements
            .insert("haiku".into(), other.into());
        assert_eq!(haiku(&settings), other);
        settings.allow_retired_models = true;
        assert_eq!(haiku(&settings), "claude-3-haiku-20240307");
    }
}
