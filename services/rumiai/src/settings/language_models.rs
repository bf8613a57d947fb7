//! What can be set of language models: who is asked, what is kept of answers, what is said. Every
//! setting is called as its variable is, in lower case; the variable outweighs the settings files.

use super::SettingsError;
use cache::{CacheConfig, EncryptionKey, RedisConfig};
use config::{Value, ValueKind};
use llm::settings::LlmSettings;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    time::Duration,
};

/// What names of variables about language models begin with: such a name that means nothing is told
/// of.
const PREFIXES: [&str; 6] = [
    "LLM_",
    "CACHE_",
    "PROMPT_",
    "CLAUDE_",
    "OLLAMA_",
    "EMBEDDING_",
];
/// Settings that may also stand in a file, which the variable with `_FILE` names.
const SECRETS: [&str; 3] = ["CLAUDE_API_KEY", "CACHE_ENCRYPT_KEY", "REDIS_URL"];
/// What names of variables begin with that pin a version of a template.
const PIN: &str = "PROMPT_PIN_";
/// The setting that is written as pairs: `old=new,other=newer`.
const PAIRS: &str = "claude_model_replacements";

/// Where answers are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheBackend {
    /// In this process.
    #[default]
    Memory,
    /// In a Redis that processes share, and in this process.
    Redis,
}

/// What is done to a signal for the name of its answer; the model is told the signal as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// Case and runs of whitespace are set aside.
    #[default]
    TrimLower,
    /// Nothing.
    None,
}

/// Only whether there is a secret is told.
fn masked<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(|_| "***").serialize(serializer)
}

/// A password may be in it.
fn hidden<S: Serializer>(_: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("***")
}

macro_rules! settings {
    ($(#[$doc:meta])* $type:ident { $($(#[$line:meta])* $name:ident: $kind:ty = $default:expr;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $type {
            $($(#[$line])* pub $name: $kind,)*
        }

        impl Default for $type {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl $type {
            /// Name of every setting.
            const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}

settings! {
    /// What is kept of answers, where and for how long.
    ResponseCacheSettings {
        /// Whether anything is looked up or kept.
        enable_response_cache: bool = true;
        /// Where.
        cache_backend: CacheBackend = CacheBackend::Memory;
        /// How long an answer is kept, in seconds; 0 keeps nothing.
        cache_ttl_seconds: u64 = 30 * 24 * 60 * 60;
        /// Most answers in this process.
        cache_max_size: usize = 1000;
        /// Most bytes of them.
        cache_max_bytes: usize = 64 << 20;
        /// First part of every name in the Redis; who uses the same one shares the answers.
        cache_namespace: String = "llmcache".into();
        /// What is done to a signal for the name of its answer.
        cache_normalize: Normalisation = Normalisation::TrimLower;
        /// Longest wait for the Redis, in milliseconds.
        cache_redis_op_timeout_ms: u64 = 50;
        /// Longest wait for a connection to it, in milliseconds.
        cache_redis_connect_timeout_ms: u64 = 500;
        /// Longest time an answer is believed without asking the Redis again, in seconds.
        cache_l1_ttl_seconds: u64 = 300;
        /// Whether processes wait for each other's questions, too.
        cache_distributed_lock: bool = false;
        /// Encrypts what is in the Redis: 64 hexadecimal digits.
        #[serde(serialize_with = "masked")]
        cache_encrypt_key: Option<SecretString> = None;
        /// The Redis.
        #[serde(serialize_with = "hidden")]
        redis_url: SecretString = "redis://localhost:6379/0".into();
    }
}

settings! {
    /// What models are told.
    PromptSettings {
        /// Whether templates of files are used besides the built-in ones.
        enable_custom_prompts: bool = false;
        /// Folder of the files.
        prompt_template_path: PathBuf = "./prompts".into();
        /// Whether files are read again when they change.
        prompt_hot_reload: bool = true;
        /// How often they are looked at besides, in seconds.
        prompt_poll_seconds: u64 = 30;
        /// The version that is used of a template, whatever the weights: `PROMPT_PIN_<NAME>`.
        prompt_pin: BTreeMap<String, String> = BTreeMap::new();
        /// Share of the questions that also go to shadow versions, 0–1.
        prompt_shadow_rate: f64 = 0.0;
        /// What distinguishes this experiment from another; another one shares signals out anew.
        prompt_experiment_salt: String = String::new();
        /// Whether an empty folder is filled with the built-in templates.
        prompt_write_defaults: bool = false;
    }
}

impl ResponseCacheSettings {
    /// What the cache is told.
    ///
    /// # Errors
    /// Which setting cannot be meant.
    pub fn config(&self) -> Result<CacheConfig, String> {
        let key = self
            .cache_encrypt_key
            .as_ref()
            .map(|key| key.expose_secret().trim());
        let key = key
            .filter(|key| !key.is_empty())
            .map(EncryptionKey::from_hex);
        let shared = self.cache_backend == CacheBackend::Redis;
        let config = CacheConfig {
            namespace: self.cache_namespace.clone(),
            enabled: self.enable_response_cache,
            max_entries: self.cache_max_size,
            max_bytes: self.cache_max_bytes,
            ttl: Duration::from_secs(self.cache_ttl_seconds),
            producer: concat!("rumiai ", env!("CARGO_PKG_VERSION")).into(),
            encryption_key: key
                .transpose()
                .map_err(|error| format!("cache_encrypt_key: {error}"))?,
            redis: shared.then(|| self.redis()),
            ..CacheConfig::default()
        };
        let checked = config.validate();
        checked.map_err(|error| format!("cache of answers: {error}"))?;
        Ok(config)
    }

    fn redis(&self) -> RedisConfig {
        RedisConfig {
            op_timeout: Duration::from_millis(self.cache_redis_op_timeout_ms),
            connect_timeout: Duration::from_millis(self.cache_redis_connect_timeout_ms),
            local_ttl: Duration::from_secs(self.cache_l1_ttl_seconds),
            lock: self.cache_distributed_lock,
            ..RedisConfig::at(self.redis_url.expose_secret().trim())
        }
    }
}

impl PromptSettings {
    /// What the templates are told.
    #[must_use]
    pub fn config(&self) -> prompts::Settings {
        let folder = self
            .enable_custom_prompts
            .then(|| self.prompt_template_path.clone());
        prompts::Settings {
            folder,
            pins: self.prompt_pin.clone(),
            salt: self.prompt_experiment_salt.clone(),
            shadow_rate: self.prompt_shadow_rate,
            poll: Duration::from_secs(self.prompt_poll_seconds),
            ..prompts::Settings::default()
        }
    }

    fn validate(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.prompt_shadow_rate) {
            return Err("prompt_shadow_rate must be from 0 to 1".into());
        }
        if self.prompt_poll_seconds == 0 {
            return Err("prompt_poll_seconds must be at least 1".into());
        }
        Ok(())
    }
}

/// Refuses values that cannot be meant.
pub(super) fn validate(
    llm: &LlmSettings,
    answers: &ResponseCacheSettings,
    prompts: &PromptSettings,
) -> Result<(), String> {
    llm.validate().map_err(|error| error.to_string())?;
    answers.config()?;
    prompts.validate()
}

/// What variables say of language models, as keys of settings and their values. An empty one says
/// nothing.
pub(super) fn overrides(
    variables: &BTreeMap<String, String>,
) -> Result<Vec<(String, Value)>, SettingsError> {
    let mut found = Vec::new();
    for (section, names) in sections() {
        for name in names {
            let Some(value) = named(&name.to_uppercase(), variables)? else {
                continue;
            };
            let value = match *name {
                PAIRS => pairs(&value)?,
                _ => Value::from(value),
            };
            found.push((format!("{section}.{name}"), value));
        }
    }
    let pins = variables.iter().filter_map(|(name, version)| {
        let template = name.strip_prefix(PIN)?.to_lowercase();
        let version = version.trim();
        (!version.is_empty()).then(|| {
            (
                format!("prompts.prompt_pin.{template}"),
                Value::from(version),
            )
        })
    });
    found.extend(pins);
    Ok(found)
}

fn sections() -> [(&'static str, &'static [&'static str]); 3] {
    [
        ("llm", LlmSettings::NAMES),
        ("response_cache", ResponseCacheSettings::NAMES),
        ("prompts", PromptSettings::NAMES),
    ]
}

/// The value of a variable, or what is in the file that the one with `_FILE` names.
pub(super) fn named(
    name: &str,
    variables: &BTreeMap<String, String>,
) -> Result<Option<String>, SettingsError> {
    let said = |name: &str| {
        let value = variables.get(name).map(|value| value.trim());
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let file_name = format!("{name}_FILE");
    let file = said(&file_name).filter(|_| is_secret(name));
    match (said(name), file) {
        (Some(_), Some(_)) => Err(SettingsError::Unusable(format!(
            "{name} and {file_name} are both set; keep one"
        ))),
        (value, None) => Ok(value),
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) => Err(SettingsError::Unusable(format!(
                "{file_name} names {path}, which cannot be read: {error}"
            ))),
        },
    }
}

fn is_secret(name: &str) -> bool {
    SECRETS.contains(&name) || classify::settings::SECRETS.contains(&name)
}

fn pairs(value: &str) -> Result<Value, SettingsError> {
    let mut map = HashMap::new();
    for pair in value.split(',').filter(|pair| !pair.trim().is_empty()) {
        let Some((old, new)) = pair.split_once('=') else {
            return Err(SettingsError::Unusable(
                "CLAUDE_MODEL_REPLACEMENTS is not a list of old=new, separated by commas".into(),
            ));
        };
        map.insert(old.trim().to_owned(), Value::from(new.trim()));
    }
    Ok(Value::new(None, ValueKind::Table(map)))
}

/// Names of variables that look as if they were meant for us and mean nothing.
pub(super) fn unknown(variables: &BTreeMap<String, String>) -> Vec<String> {
    let is_ours = |name: &str| {
        let plain = name
            .strip_suffix("_FILE")
            .filter(|plain| is_secret(plain))
            .unwrap_or(name);
        let lower = plain.to_lowercase();
        plain.starts_with(PIN)
            || classify::settings::NAMES.contains(&plain)
            || plain.starts_with(classify::settings::THRESHOLD_OF)
            || super::ALIASES.iter().any(|(known, _)| *known == plain)
            || sections()
                .iter()
                .any(|(_, names)| names.contains(&lower.as_str()))
    };
    let looks_ours = |name: &&String| PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    let names = variables.keys().filter(looks_ours);
    names.filter(|name| !is_ours(name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn keys(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let found = overrides(&said(pairs)).unwrap().into_iter();
        found.map(|(key, value)| (key, value.to_string())).collect()
    }

    #[test]
    fn variables_are_keys_of_their_section() {
        let pairs = [
            ("OLLAMA_MODEL_1B", " small:1b "),
            ("CACHE_TTL_SECONDS", "0"),
            ("ENABLE_CUSTOM_PROMPTS", "true"),
            ("PROMPT_PIN_CLASSIFICATION", "1.0"),
            ("CLAUDE_EFFORT", ""),
            ("PATH", "/bin"),
        ];
        let expected = [
            ("llm.ollama_model_1b", "small:1b"),
            ("response_cache.cache_ttl_seconds", "0"),
            ("prompts.enable_custom_prompts", "true"),
            ("prompts.prompt_pin.classification", "1.0"),
        ];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(keys(&pairs), expected);
    }

    #[test]
    fn replacements_are_pairs() {
        let one = keys(&[("CLAUDE_MODEL_REPLACEMENTS", "old=new, haiku = newer,")]);
        assert!(one[0].1.contains("newer"), "{one:?}");
        let odd = said(&[("CLAUDE_MODEL_REPLACEMENTS", "old")]);
        assert!(overrides(&odd).is_err());
    }

    #[test]
    fn secrets_may_stand_in_files_and_only_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "sk-secret\n").unwrap();
        let path = path.to_str().unwrap();
        let found = keys(&[("CLAUDE_API_KEY_FILE", path)]);
        assert_eq!(found, [("llm.claude_api_key".into(), "sk-secret".into())]);
        let both = said(&[("CLAUDE_API_KEY_FILE", path), ("CLAUDE_API_KEY", "x")]);
        let error = overrides(&both).unwrap_err().to_string();
        assert!(
            error.contains("both") && !error.contains("secret"),
            "{error}"
        );
        let plain = said(&[("OLLAMA_MODEL_1B_FILE", path)]);
        assert_eq!(overrides(&plain).unwrap().len(), 0, "no secret, no file");
        assert_eq!(unknown(&plain), ["OLLAMA_MODEL_1B_FILE"]);
    }

    #[test]
    fn names_that_mean_nothing_are_found_and_others_left_alone() {
        let variables = said(&[
            ("LLM_TYPO", "1"),
            ("CACHE_SIZE", "1"),
            ("PROMPT_PIN_DOSSIER", "2"),
            ("CLAUDE_BATCH_MODE", "on"),
            ("CLAUDE_API_KEY_FILE", "x"),
            ("LLM_MAX_CONCURRENCY", "3"),
            ("HOME", "/"),
        ]);
        assert_eq!(unknown(&variables), ["CACHE_SIZE", "LLM_TYPO"]);
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let validate = |answers: &ResponseCacheSettings, prompts: &PromptSettings| {
            validate(&LlmSettings::default(), answers, prompts)
        };
        let (answers, prompts) = (ResponseCacheSettings::default(), PromptSettings::default());
        assert_eq!(validate(&answers, &prompts), Ok(()));
        let key = ResponseCacheSettings {
            cache_encrypt_key: Some("short".into()),
            ..answers.clone()
        };
        let error = validate(&key, &prompts).unwrap_err();
        assert!(error.contains("cache_encrypt_key"), "{error}");
        let rate = PromptSettings {
            prompt_shadow_rate: f64::NAN,
            ..prompts
        };
        let error = validate(&answers, &rate).unwrap_err();
        assert!(error.contains("prompt_shadow_rate"), "{error}");
        let shared = ResponseCacheSettings {
            cache_backend: CacheBackend::Redis,
            cache_l1_ttl_seconds: 7,
            ..answers
        };
        let redis = shared.config().unwrap().redis.unwrap();
        assert_eq!(redis.local_ttl, Duration::from_secs(7));
    }
}
