//! What the recognition of speech may be told.

use serde::Deserialize;

const DEFAULT_THRESHOLD: f64 = 0.5;
const DEFAULT_RELEASE_THRESHOLD: f64 = 0.35;
const DEFAULT_MIN_SPEECH_MS: u64 = 250;
const DEFAULT_MIN_PAUSE_MS: u64 = 100;
const DEFAULT_ACTIVITY_MARGIN_MS: u64 = 30;
const DEFAULT_MAX_JOINED_PAUSE_MS: u64 = 2_000;
const DEFAULT_WINDOW_MARGIN_MS: u64 = 400;
const DEFAULT_OVERLAP_MS: u64 = 4_000;
const DEFAULT_MIN_REPEATED_MS: u64 = 2_000;
const DEFAULT_MAX_NO_SPEECH_PROB: f64 = 0.6;
const DEFAULT_MIN_AVG_LOGPROB: f64 = -1.0;
const DEFAULT_MAX_COMPRESSION_RATIO: f64 = 2.4;
const DEFAULT_MAX_REPEATS: usize = 4;
/// Fast speakers reach 25 letters a second.
const DEFAULT_MAX_LETTERS_PER_SECOND: f64 = 40.0;
/// More windows than half an hour of speech needs.
const DEFAULT_MAX_WINDOWS: usize = 120;
/// Longest overlap of two windows: a third of a window, so that every window brings something new.
const MAX_OVERLAP_MS: u64 = 10_000;
/// Longest margin around speech.
const MAX_MARGIN_MS: u64 = 5_000;
/// The rule of shares.
const SHARE: &str = "must be above 0 and at most 1";

/// Which recogniser, by size: larger ones hear better and take longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recogniser {
    /// Whisper tiny, 39 million parameters.
    WhisperTiny,
    /// Whisper base, 74 million parameters.
    #[default]
    WhisperBase,
    /// Whisper small, 244 million parameters.
    WhisperSmall,
}

impl Recogniser {
    /// Name of the recogniser, as published with its results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WhisperTiny => "whisper-tiny",
            Self::WhisperBase => "whisper-base",
            Self::WhisperSmall => "whisper-small",
        }
    }
}

/// Settings of the `transcribe` stage.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which recogniser.
    pub model: Recogniser,
    /// ISO 639 code of the language; found out if none is named.
    pub language: Option<String>,
    /// When a voice counts as active.
    pub activity: ActivityConfig,
    /// What is shown to the recogniser.
    pub windows: WindowConfig,
    /// What is believed of what it says.
    pub gates: GateConfig,
}

/// When a voice counts as active.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivityConfig {
    /// Probability from which speech begins, 0–1.
    pub threshold: f64,
    /// Probability below which it ends, 0–1.
    pub release_threshold: f64,
    /// Shortest speech, in milliseconds.
    pub min_speech_ms: u64,
    /// Shortest pause that ends speech, in milliseconds.
    pub min_pause_ms: u64,
    /// Added to speech on both sides, in milliseconds.
    pub margin_ms: u64,
}

impl Default for ActivityConfig {
    fn default() -> Self {
        Self {
            threshold: DEFAULT_THRESHOLD,
            release_threshold: DEFAULT_RELEASE_THRESHOLD,
            min_speech_ms: DEFAULT_MIN_SPEECH_MS,
            min_pause_ms: DEFAULT_MIN_PAUSE_MS,
            margin_ms: DEFAULT_ACTIVITY_MARGIN_MS,
        }
    }
}

/// What is shown to the recogniser.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WindowConfig {
    /// Longest pause shown along with speech, in milliseconds; longer ones are cut out and end a
    /// segment.
    pub max_joined_pause_ms: u64,
    /// Sound shown before and after speech, in milliseconds.
    pub margin_ms: u64,
    /// How much two windows have in common where speech has no pause, in milliseconds.
    pub overlap_ms: u64,
    /// Voice at the end of a window from which it is shown again if nothing was recognised in it,
    /// in milliseconds.
    pub min_repeated_ms: u64,
    /// Most windows shown. A video with more speech is rejected, not cut short.
    pub max_windows: usize,
}

impl Default for WindowConfig {
    fn default() -> Self {
        Self {
            max_joined_pause_ms: DEFAULT_MAX_JOINED_PAUSE_MS,
            margin_ms: DEFAULT_WINDOW_MARGIN_MS,
            overlap_ms: DEFAULT_OVERLAP_MS,
            min_repeated_ms: DEFAULT_MIN_REPEATED_MS,
            max_windows: DEFAULT_MAX_WINDOWS,
        }
    }
}

/// What is believed of what the recogniser says. The first three are Whisper's own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GateConfig {
    /// Probability of no speech above which an unsure window counts as silent, 0–1.
    pub max_no_speech_prob: f64,
    /// Mean natural logarithm of probability below which it is unsure.
    pub min_avg_logprob: f64,
    /// Length of a text by its compressed length above which it repeats itself.
    pub max_compression_ratio: f64,
    /// How often a phrase may follow itself.
    pub max_repeats: usize,
    /// Most letters and digits said in a second.
    pub max_letters_per_second: f64,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            max_no_speech_prob: DEFAULT_MAX_NO_SPEECH_PROB,
            min_avg_logprob: DEFAULT_MIN_AVG_LOGPROB,
            max_compression_ratio: DEFAULT_MAX_COMPRESSION_RATIO,
            max_repeats: DEFAULT_MAX_REPEATS,
            max_letters_per_second: DEFAULT_MAX_LETTERS_PER_SECOND,
        }
    }
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting transcribe.{key} {rule}")]
pub struct InvalidConfig {
    key: &'static str,
    rule: &'static str,
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the first setting at fault and its rule.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let (activity, windows) = (&self.activity, &self.windows);
        let language = self.language.as_deref();
        let is_code = |code: &str| {
            (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase())
        };
        let rules = [
            (
                "language",
                language.is_none_or(is_code),
                "must be an ISO 639 code of two or three small letters",
            ),
            ("activity.threshold", share(activity.threshold), SHARE),
            (
                "activity.release_threshold",
                (0.0..=activity.threshold).contains(&activity.release_threshold),
                "must be from 0 to activity.threshold",
            ),
            (
                "activity.margin_ms",
                activity.margin_ms <= MAX_MARGIN_MS,
                "must be at most 5000",
            ),
            (
                "windows.margin_ms",
                windows.margin_ms <= MAX_MARGIN_MS,
                "must be at most 5000",
            ),
            (
                "windows.overlap_ms",
                windows.overlap_ms <= MAX_OVERLAP_MS,
                "must be at most 10000",
            ),
            (
                "windows.min_repeated_ms",
                windows.min_repeated_ms >= 500,
                "must be at least 500",
            ),
            (
                "windows.max_windows",
                windows.max_windows > 0,
                "must be above 0",
            ),
        ];
        let mut rules = rules.into_iter().chain(self.gates.rules());
        match rules.find(|(_, holds, _)| !holds) {
            Some((key, _, rule)) => Err(InvalidConfig { key, rule }),
            None => Ok(()),
        }
    }
}

fn share(value: f64) -> bool {
    value > 0.0 && value <= 1.0
}

/// A setting, whether its rule holds, and the rule.
type Rule = (&'static str, bool, &'static str);

impl GateConfig {
    fn rules(&self) -> Vec<Rule> {
        vec![
            (
                "gates.max_no_speech_prob",
                share(self.max_no_speech_prob),
                SHARE,
            ),
            (
                "gates.min_avg_logprob",
                self.min_avg_logprob < 0.0,
                "must be below 0",
            ),
            (
                "gates.max_compression_ratio",
                self.max_compression_ratio > 1.0,
                "must be above 1",
            ),
            ("gates.max_repeats", self.max_repeats > 0, "must be above 0"),
            (
                "gates.max_letters_per_second",
                self.max_letters_per_second > 0.0,
                "must be above 0",
            ),
        ]
    }
}
