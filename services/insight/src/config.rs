//! Settings of the stage.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longest pause between two questions, in seconds.
const LONGEST_DELAY_S: f64 = 600.0;

/// Who comments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commentator {
    /// Claude.
    #[default]
    Claude,
    /// A local model behind Ollama.
    Ollama,
    /// Nobody: the records hold what was measured, in the same shape, for those who read records
    /// whether or not somebody comments.
    Measurements,
}

/// Settings of the stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Whether every job is commented on; else those that ask for it.
    pub enabled: bool,
    /// Who comments.
    pub commentator: Commentator,
    /// Whether Claude's stronger model is asked, or Ollama's larger one.
    pub use_strong_model: bool,
    /// Share of an analysis' metrics that must be known for the stronger model to be asked, 0–1.
    pub low_coverage: f64,
    /// Room for an answer, in tokens.
    pub max_output_tokens: u32,
    /// Most that may be spent on one video, in US dollars; 0 is no limit.
    pub budget_usd_per_video: f64,
    /// Analyses asked for at once.
    pub at_once: usize,
    /// Pause between two questions, in seconds. With one, questions are asked one after the other;
    /// without, as fast as the limits of the account allow.
    pub prompt_delay_s: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            enabled: false,
            commentator: Commentator::default(),
            use_strong_model: false,
            low_coverage: 0.5,
            max_output_tokens: 8192,
            budget_usd_per_video: 0.5,
            at_once: 3,
            prompt_delay_s: 0.0,
        }
    }
}

impl Config {
    /// Pause between two questions.
    #[must_use]
    pub fn prompt_delay(&self) -> Duration {
        Duration::from_secs_f64(self.prompt_delay_s.clamp(0.0, LONGEST_DELAY_S))
    }
}

/// A setting that cannot be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("insight.{key} must be {range}")]
pub struct InvalidConfig {
    key: &'static str,
    range: &'static str,
}

impl Config {
    /// Checks what types do not.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the setting.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let refuse = |key, range| Err(InvalidConfig { key, range });
        if !(0.0..=1.0).contains(&self.low_coverage) {
            return refuse("low_coverage", "from 0 to 1");
        }
        if self.max_output_tokens == 0 {
            return refuse("max_output_tokens", "at least 1");
        }
        if !(self.budget_usd_per_video >= 0.0 && self.budget_usd_per_video.is_finite()) {
            return refuse("budget_usd_per_video", "at least 0");
        }
        if self.at_once == 0 {
            return refuse("at_once", "at least 1");
        }
        if !(0.0..=LONGEST_DELAY_S).contains(&self.prompt_delay_s) {
            return refuse("prompt_delay_s", "from 0 to 600");
        }
        Ok(())
    }
}
