//! What the measurement of sound may be told.

use serde::Deserialize;

const DEFAULT_SILENCE_DBFS: f64 = -50.0;
const DEFAULT_MIN_SILENCE_MS: u64 = 500;
const DEFAULT_ONSET_RISE_DB: f64 = 6.0;
const DEFAULT_MIN_ONSET_GAP_MS: u64 = 100;
/// Speech and noise stay below it, music with a beat above.
const DEFAULT_MIN_TEMPO_CONFIDENCE: f64 = 0.2;

/// Settings of the `sound` stage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Level below which sound counts as silence, in decibels to full scale.
    pub silence_dbfs: f64,
    /// Shortest silence reported, in milliseconds.
    pub min_silence_ms: u64,
    /// How far the level must rise above its recent mean rise to be an onset, in decibels.
    pub onset_rise_db: f64,
    /// Shortest time between two onsets, in milliseconds.
    pub min_onset_gap_ms: u64,
    /// Autocorrelation one beat apart from which a beat is clear, 0–1.
    pub min_tempo_confidence: f64,
    /// Whether speech, music and other sound are told apart, which needs a network.
    pub classify: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            silence_dbfs: DEFAULT_SILENCE_DBFS,
            min_silence_ms: DEFAULT_MIN_SILENCE_MS,
            onset_rise_db: DEFAULT_ONSET_RISE_DB,
            min_onset_gap_ms: DEFAULT_MIN_ONSET_GAP_MS,
            min_tempo_confidence: DEFAULT_MIN_TEMPO_CONFIDENCE,
            classify: true,
        }
    }
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting sound.{key} {rule}")]
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
        let rules = [
            (
                "silence_dbfs",
                (-90.0..0.0).contains(&self.silence_dbfs),
                "must be at least -90 and below 0",
            ),
            ("min_silence_ms", self.min_silence_ms > 0, "must be above 0"),
            (
                "onset_rise_db",
                self.onset_rise_db > 0.0 && self.onset_rise_db.is_finite(),
                "must be above 0",
            ),
            (
                "min_onset_gap_ms",
                self.min_onset_gap_ms > 0,
                "must be above 0",
            ),
            (
                "min_tempo_confidence",
                self.min_tempo_confidence > 0.0 && self.min_tempo_confidence <= 1.0,
                "must be above 0 and at most 1",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, rule)) => Err(InvalidConfig { key, rule }),
            None => Ok(()),
        }
    }
}
