//! What the search for explicit content may be told.

use crate::compute::Moderator;
use serde::Deserialize;

const DEFAULT_MAX_FRAMES: usize = 120;
const DEFAULT_BATCH_FRAMES: usize = 8;
const DEFAULT_THRESHOLD: f64 = 0.3;
/// Most frames shown at once: what a small GPU holds.
const MAX_BATCH_FRAMES: usize = 64;

/// Settings of the `moderate` stage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which model; the best one the engine's model set allows if none is named.
    pub model: Option<Moderator>,
    /// Score from which a frame counts as explicit, 0–1.
    pub threshold: f64,
    /// Most frames looked at in one video.
    pub max_frames: usize,
    /// Frames shown at once.
    pub batch_frames: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: None,
            threshold: DEFAULT_THRESHOLD,
            max_frames: DEFAULT_MAX_FRAMES,
            batch_frames: DEFAULT_BATCH_FRAMES,
        }
    }
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting moderate.{key} {rule}")]
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
                "threshold",
                self.threshold > 0.0 && self.threshold <= 1.0,
                "must be above 0 and at most 1",
            ),
            ("max_frames", self.max_frames > 0, "must be above 0"),
            (
                "batch_frames",
                (1..=MAX_BATCH_FRAMES).contains(&self.batch_frames),
                "must be from 1 to 64",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, rule)) => Err(InvalidConfig { key, rule }),
            None => Ok(()),
        }
    }
}
