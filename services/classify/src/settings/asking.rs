//! How models are asked.

use super::{
    SettingsError, milliseconds,
    read::{interval, number, positive, real, seconds, share, truth, unreadable},
};
use serde::Serialize;
use std::time::Duration;

/// Who gives texts directions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingProvider {
    /// A model of Ollama.
    #[default]
    Ollama,
    /// A network in this process.
    Onnx,
}

/// How models are asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asking {
    /// `TEMPERATURE_1B`: of the fast model.
    pub temperature_1b: f64,
    /// `TEMPERATURE_4B`: of the deep model.
    pub temperature_4b: f64,
    /// `TOP_P`.
    pub top_p: f64,
    /// `TOP_K`: of the fast model.
    pub top_k: u32,
    /// `MAX_OUTPUT_TOKENS_CLASSIFY`.
    pub max_output_tokens_classify: u32,
    /// `MAX_OUTPUT_TOKENS_DOSSIER`.
    pub max_output_tokens_dossier: u32,
    /// `EMBEDDING_PROVIDER`: `ollama` or `onnx`.
    pub embedding_provider: EmbeddingProvider,
    /// `EMBEDDING_CACHE_TTL`: how long directions are kept, in seconds; 0 keeps none.
    #[serde(rename = "embedding_cache_ttl_ms", serialize_with = "milliseconds")]
    pub embedding_cache_ttl: Duration,
    /// `EMBEDDING_TIMEOUT_SECONDS`: longest wait for a direction.
    #[serde(rename = "embedding_timeout_ms", serialize_with = "milliseconds")]
    pub embedding_timeout: Duration,
    /// `CLAUDE_BATCH_MODE`: whether signals may be handed in for a day, at half the price.
    pub claude_batch_mode: bool,
    /// `CLAUDE_BATCH_LOOK_SECONDS`: how often it is looked whether they are answered.
    #[serde(rename = "claude_batch_look_ms", serialize_with = "milliseconds")]
    pub claude_batch_look: Duration,
}

impl Default for Asking {
    fn default() -> Self {
        Self {
            temperature_1b: 0.3,
            temperature_4b: 0.5,
            top_p: 0.9,
            top_k: 40,
            max_output_tokens_classify: 700,
            max_output_tokens_dossier: 900,
            embedding_provider: EmbeddingProvider::Ollama,
            embedding_cache_ttl: Duration::from_secs(7 * 24 * 60 * 60),
            embedding_timeout: Duration::from_secs(60),
            claude_batch_mode: false,
            claude_batch_look: Duration::from_secs(60),
        }
    }
}

impl Asking {
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), SettingsError> {
        match name {
            "TEMPERATURE_1B" => self.temperature_1b = temperature(name, value)?,
            "TEMPERATURE_4B" => self.temperature_4b = temperature(name, value)?,
            "TOP_P" => self.top_p = share(name, value)?,
            "TOP_K" => self.top_k = number(name, value)?,
            "MAX_OUTPUT_TOKENS_CLASSIFY" => self.max_output_tokens_classify = room(name, value)?,
            "MAX_OUTPUT_TOKENS_DOSSIER" => self.max_output_tokens_dossier = room(name, value)?,
            "EMBEDDING_PROVIDER" => self.embedding_provider = provider(name, value)?,
            "EMBEDDING_CACHE_TTL" => self.embedding_cache_ttl = seconds(name, value)?,
            "EMBEDDING_TIMEOUT_SECONDS" => self.embedding_timeout = seconds(name, value)?,
            "CLAUDE_BATCH_MODE" => self.claude_batch_mode = switch(name, value)?,
            "CLAUDE_BATCH_LOOK_SECONDS" => self.claude_batch_look = interval(name, value)?,
            _ => {}
        }
        Ok(())
    }
}

fn temperature(name: &str, value: &str) -> Result<f64, SettingsError> {
    let number = real(name, value)?;
    if number > 2.0 {
        return Err(unreadable(name, "a number from 0 to 2"));
    }
    Ok(number)
}

fn room(name: &str, value: &str) -> Result<u32, SettingsError> {
    u32::try_from(positive(name, value)?).map_err(|_| unreadable(name, "a number that fits"))
}

fn provider(name: &str, value: &str) -> Result<EmbeddingProvider, SettingsError> {
    match value {
        "ollama" => Ok(EmbeddingProvider::Ollama),
        "onnx" => Ok(EmbeddingProvider::Onnx),
        _ => Err(unreadable(name, "ollama or onnx")),
    }
}

fn switch(name: &str, value: &str) -> Result<bool, SettingsError> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        other => truth(name, other).map_err(|_| unreadable(name, "on or off")),
    }
}
