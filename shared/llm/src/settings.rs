//! Settings of everything that concerns models. A setting is called as its environment variable is,
//! in lower case; who reads the environment does so elsewhere.

use crate::{context::Policy, request::PromptCache, timeout::TimeoutPolicy};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use url::{Host, Url};

/// How the key travels to Claude.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthStyle {
    /// `Authorization: Bearer …`.
    #[default]
    Bearer,
    /// `x-api-key: …`.
    ApiKey,
}

/// Only whether there is a secret is told.
fn masked<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| "***").serialize(serializer)
}

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $default:expr;)*) => {
        /// Settings of everything that concerns models.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct LlmSettings {
            $($(#[$doc])* pub $name: $kind,)*
        }

        impl Default for LlmSettings {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl LlmSettings {
            /// Name of every setting.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}

settings! {
    /// Where Ollama answers.
    ollama_base_url: String = "http://localhost:11434".into();
    /// The fast model.
    ollama_model_1b: String = "gemma3:1b".into();
    /// The deep model.
    ollama_model_4b: String = "gemma3:4b".into();
    /// The model of embeddings.
    ollama_embedding_model: String = "nomic-embed-text".into();
    /// How long Ollama keeps a model in memory after a call.
    ollama_keep_alive: String = "30m".into();
    /// How many requests Ollama works on at once per model; its own default is 1.
    ollama_num_parallel_hint: u32 = 1;
    /// Whether models that are missing are fetched by Ollama at the start.
    ollama_auto_pull: bool = true;
    /// Longest fetching of a model, in seconds.
    ollama_pull_timeout: u64 = 900;
    /// Whether the fallback models are asked.
    enable_alternative_models: bool = false;
    /// Asked when the fast model fails.
    fallback_model_1b: String = "mistral:7b".into();
    /// Asked when the deep model fails.
    fallback_model_4b: String = "llama3:8b".into();
    /// Whether the quantised models take the place of the others.
    use_quantized_models: bool = false;
    /// The fast model, quantised.
    quantized_model_1b: String = "gemma3:1b-q4".into();
    /// The deep model, quantised.
    quantized_model_4b: String = "gemma3:4b-q4".into();
    /// Context of the fast model for short signals, in tokens.
    context_window_1b_short: u32 = 4096;
    /// Context of the fast model for long signals, in tokens.
    context_window_1b_long: u32 = 8192;
    /// Context of the deep model, in tokens.
    context_window_4b: u32 = 8192;
    /// Length from which on a signal is long, in characters.
    context_length_threshold: usize = 500;
    /// How the context is chosen.
    context_window_policy: Policy = Policy::Sticky;
    /// Largest context, in tokens.
    context_window_max: u32 = 32_768;
    /// The context under the policy `fixed`, in tokens.
    context_window_fixed: Option<u32> = None;
    /// Calls at once, of all models together.
    llm_max_concurrency: u32 = 32;
    /// Calls at once of a batch.
    batch_concurrency_limit: u32 = 5;
    /// Time between two probes of a provider, in seconds.
    health_check_interval_seconds: u64 = 300;
    /// Longest probe, in seconds.
    health_check_timeout_seconds: u64 = 10;
    /// Time of a probe from which on a provider is degraded, in milliseconds.
    health_degraded_latency_ms: u64 = 500;
    /// Share of successes below which a provider is degraded, in percent.
    health_degraded_success_percent: f64 = 90.0;
    /// Whether a probe has every model say one token besides, which costs what a token costs.
    health_deep_probe: bool = false;
    /// Key of the account that pays.
    #[serde(serialize_with = "masked")]
    claude_api_key: Option<SecretString> = None;
    /// The fast model.
    claude_model_haiku: String = "claude-3-haiku-20240307".into();
    /// The strong model.
    claude_model_sonnet: String = "claude-3-5-sonnet-20241022".into();
    /// What is asked in place of a model that is retired; without an entry here the catalogue's.
    claude_model_replacements: BTreeMap<String, String> = BTreeMap::new();
    /// Whether retired models are asked all the same.
    allow_retired_models: bool = false;
    /// Where Claude answers.
    claude_base_url: String = "https://api.anthropic.com".into();
    /// Version of its interface.
    claude_api_version: String = "2026-10-21".into();
    /// How the key travels.
    claude_auth_style: AuthStyle = AuthStyle::Bearer;
    /// How long Claude keeps the beginning of prompts.
    claude_prompt_cache: PromptCache = PromptCache::FiveMinutes;
    /// How hard Claude thinks.
    claude_effort: crate::request::Effort = crate::request::Effort::Low;
    /// Room for thinking besides the room for the answer, in tokens.
    claude_thinking_allowance: u32 = 4096;
    /// Requests per minute and model.
    claude_rpm: u64 = 1000;
    /// Tokens read per minute and model.
    claude_itpm: u64 = 2_000_000;
    /// Tokens said per minute and model.
    claude_otpm: u64 = 400_000;
    /// Requests in the first ten seconds; they double every ten seconds. 0 begins at full speed.
    claude_slow_start: u64 = 10;
    /// Most times a model is asked the same, the first one included.
    llm_max_attempts: u32 = 3;
    /// Wait before the second attempt, in milliseconds; it doubles with each further one.
    llm_retry_base_ms: u64 = 1000;
    /// Longest wait between attempts, in milliseconds.
    llm_retry_cap_ms: u64 = 30_000;
    /// Longest wait that is waited here, in seconds; a longer one ends the call.
    llm_max_inline_wait: u64 = 10;
    /// Times an answer that does not fit is sent back with what is wrong.
    llm_repair_attempts: u32 = 1;
    /// Whether a parameter that a model does not have is an error instead of left out.
    llm_strict_params: bool = false;
    /// Longest wait for a connection, in seconds.
    llm_connect_timeout: u64 = 5;
    /// Longest wait for the first token, in seconds.
    llm_ttft_timeout: u64 = 60;
    /// How long Ollama takes to load a model, besides the wait for the first token, in seconds.
    ollama_load_timeout: u64 = 300;
    /// Longest wait for the next bytes, in seconds.
    llm_idle_timeout: u64 = 60;
    /// Longest call, in seconds.
    llm_timeout_max: u64 = 600;
    /// How the longest time of a call is found.
    timeout_policy: TimeoutPolicy = TimeoutPolicy::Adaptive;
    /// Share of failures at which a model is left alone.
    llm_breaker_ratio: f64 = 0.10;
    /// Time over which failures are counted, in seconds.
    llm_breaker_window: u64 = 60;
    /// Fewest calls that say anything.
    llm_breaker_min: u32 = 20;
    /// How long a model is left alone, in seconds.
    llm_breaker_open: u64 = 30;
    /// Prices instead of the built-in ones; taken anew when the file changes.
    llm_price_file: Option<PathBuf> = None;
    /// Capabilities of models instead of the built-in ones; taken anew when the file changes.
    llm_capability_file: Option<PathBuf> = None;
    /// Most money per day, in US dollars; 0 is no limit.
    llm_budget_usd_day: f64 = 0.0;
}

/// A setting that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {requirement}")]
pub struct SettingsError {
    /// Which.
    pub key: &'static str,
    /// What it must be.
    pub requirement: &'static str,
}

impl LlmSettings {
    /// The key, if there is one: a variable that is set to nothing names none.
    #[must_use]
    pub fn claude_key(&self) -> Option<&SecretString> {
        let key = self.claude_api_key.as_ref()?;
        (!key.expose_secret().trim().is_empty()).then_some(key)
    }

    /// Longest wait that is waited here.
    #[must_use]
    pub const fn max_inline_wait(&self) -> Duration {
        Duration::from_secs(self.llm_max_inline_wait)
    }

    /// Refuses what can never work, and addresses to which the key would go in the clear.
    ///
    /// # Errors
    /// [`SettingsError`] naming the setting.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let wrong = |key, requirement| Err(SettingsError { key, requirement });
        let at_least_one = [
            ("llm_max_concurrency", u64::from(self.llm_max_concurrency)),
            (
                "batch_concurrency_limit",
                self.batch_concurrency_limit.into(),
            ),
            (
                "ollama_num_parallel_hint",
                self.ollama_num_parallel_hint.into(),
            ),
            ("llm_max_attempts", self.llm_max_attempts.into()),
            ("llm_connect_timeout", self.llm_connect_timeout),
            ("llm_ttft_timeout", self.llm_ttft_timeout),
            ("llm_idle_timeout", self.llm_idle_timeout),
            ("llm_timeout_max", self.llm_timeout_max),
            ("llm_breaker_window", self.llm_breaker_window),
            ("llm_breaker_open", self.llm_breaker_open),
            (
                "health_check_interval_seconds",
                self.health_check_interval_seconds,
            ),
            (
                "health_check_timeout_seconds",
                self.health_check_timeout_seconds,
            ),
            ("claude_rpm", self.claude_rpm),
            ("claude_itpm", self.claude_itpm),
            ("claude_otpm", self.claude_otpm),
        ];
        if let Some((key, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
            return wrong(key, "must be at least 1");
        }
        if !(0.0..=1.0).contains(&self.llm_breaker_ratio) || self.llm_breaker_ratio == 0.0 {
            return wrong("llm_breaker_ratio", "must be above 0 and at most 1");
        }
        if !(self.llm_budget_usd_day >= 0.0 && self.llm_budget_usd_day.is_finite()) {
            return wrong("llm_budget_usd_day", "must be 0 or more");
        }
        if self.context_window_policy == Policy::Fixed && self.context_window_fixed.is_none() {
            return wrong("context_window_fixed", "must be set under the policy fixed");
        }
        let visible =
            |key: &SecretString| key.expose_secret().bytes().all(|b| b.is_ascii_graphic());
        if !self.claude_key().is_none_or(visible) {
            return wrong("claude_api_key", "must be visible ASCII characters");
        }
        self.validate_addresses()
    }

    fn validate_addresses(&self) -> Result<(), SettingsError> {
        let wrong = |key, requirement| Err(SettingsError { key, requirement });
        match Url::parse(&self.claude_base_url) {
            Ok(url) if is_plain(&url) && (url.scheme() == "https" || is_loopback(&url)) => {}
            _ => {
                return wrong(
                    "claude_base_url",
                    "must be an https URL without user and query",
                );
            }
        }
        match Url::parse(&self.ollama_base_url) {
            Ok(url) if is_plain(&url) => Ok(()),
            _ => wrong(
                "ollama_base_url",
                "must be an http or https URL without user and query",
            ),
        }
    }
}

fn is_plain(url: &Url) -> bool {
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    matches!(url.scheme(), "http" | "https") && url.has_host() && bare
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_meant() {
        assert_eq!(LlmSettings::default().validate(), Ok(()));
        assert!(LlmSettings::NAMES.contains(&"claude_api_version"));
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        type Spoil = fn(&mut LlmSettings);
        let spoiled: [(&str, Spoil); 6] = [
            ("llm_max_attempts", |s| s.llm_max_attempts = 0),
            ("llm_breaker_ratio", |s| s.llm_breaker_ratio = f64::NAN),
            ("llm_budget_usd_day", |s| s.llm_budget_usd_day = -1.0),
            ("context_window_fixed", |s| {
                s.context_window_policy = Policy::Fixed
            }),
            ("claude_base_url", |s| {
                s.claude_base_url = "http://api.anthropic.com".into()
            }),
            ("ollama_base_url", |s| {
                s.ollama_base_url = "file:///etc".into()
            }),
        ];
        for (key, spoil) in spoiled {
            let mut settings = LlmSettings::default();
            spoil(&mut settings);
            assert_eq!(settings.validate().unwrap_err().key, key);
        }
    }

    #[test]
    fn the_key_is_never_shown_and_an_empty_one_is_none() {
        let mut settings = LlmSettings {
            claude_api_key: Some("sk-secret".into()),
            ..LlmSettings::default()
        };
        assert!(!format!("{settings:?}").contains("sk-secret"));
        let told = serde_json::to_value(&settings).unwrap();
        assert_eq!(told["claude_api_key"], "***");
        assert!(settings.claude_key().is_some());
        settings.claude_api_key = Some(" ".into());
        assert!(settings.claude_key().is_none());
        settings.claude_api_key = Some("sk\nsecret".into());
        assert!(
            !settings
                .validate()
                .unwrap_err()
                .to_string()
                .contains("secret")
        );
    }

    #[test]
    fn settings_are_read_by_the_names_of_their_variables() {
        let read: LlmSettings = serde_json::from_str(
            r#"{"claude_auth_style":"api_key","context_window_policy":"seed","timeout_policy":"seed",
                "claude_prompt_cache":"off","claude_model_replacements":{"a":"b"}}"#,
        )
        .unwrap();
        assert_eq!(read.claude_auth_style, AuthStyle::ApiKey);
        assert_eq!(read.llm_max_attempts, 3);
        assert!(serde_json::from_str::<LlmSettings>(r#"{"llm_typo":1}"#).is_err());
    }
}
