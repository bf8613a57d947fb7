//! What the search for objects may be told.

use crate::compute::Detector;
use inference::Provider;
use serde::Deserialize;
use tracking::TrackConfig;

const DEFAULT_MAX_FRAMES: usize = 120;
/// One input of YOLO: on a processor larger batches fall out of its caches and are slower.
const CPU_BATCH_PIXELS: u64 = 640 * 640;
/// Sixteen of them, to fill an accelerator.
const ACCELERATED_BATCH_PIXELS: u64 = 16 * CPU_BATCH_PIXELS;
const DEFAULT_MAX_DETECTIONS: usize = 100;

/// Settings of the `detect` stage.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which model; the best one the engine's model set allows if none is named.
    pub model: Option<Detector>,
    /// Lowest confidence reported, 0–1; the model's own if none is named.
    pub confidence: Option<f64>,
    /// How much work is done.
    pub effort: EffortConfig,
    /// How detections are linked.
    pub tracks: TrackConfig,
}

/// How much work is done.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EffortConfig {
    /// Most frames looked at in one video.
    pub max_frames: usize,
    /// Most pixels in one run of the model; what suits the device if none is named.
    pub max_batch_pixels: Option<u64>,
    /// Most detections kept in one frame.
    pub max_detections: usize,
}

impl Default for EffortConfig {
    fn default() -> Self {
        Self {
            max_frames: DEFAULT_MAX_FRAMES,
            max_batch_pixels: None,
            max_detections: DEFAULT_MAX_DETECTIONS,
        }
    }
}

impl EffortConfig {
    pub(crate) fn batch_pixels(&self, provider: Provider) -> u64 {
        let default = match provider {
            Provider::Cpu => CPU_BATCH_PIXELS,
            Provider::Cuda | Provider::TensorRt => ACCELERATED_BATCH_PIXELS,
        };
        self.max_batch_pixels.unwrap_or(default)
    }
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting detect.{key} {rule}")]
pub struct InvalidConfig {
    key: String,
    rule: &'static str,
}

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the first setting at fault and its rule.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        const SHARE: &str = "must be above 0 and at most 1";
        const POSITIVE: &str = "must be above 0";
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let effort = &self.effort;
        let rules = [
            ("confidence", self.confidence.is_none_or(share), SHARE),
            ("effort.max_frames", effort.max_frames > 0, POSITIVE),
            (
                "effort.max_batch_pixels",
                effort.max_batch_pixels.is_none_or(|pixels| pixels > 0),
                POSITIVE,
            ),
            (
                "effort.max_detections",
                (1..=1000).contains(&effort.max_detections),
                "must be from 1 to 1000",
            ),
        ];
        if let Some((key, _, rule)) = rules.into_iter().find(|(_, holds, _)| !holds) {
            let key = key.into();
            return Err(InvalidConfig { key, rule });
        }
        match self.tracks.fault() {
            Some(fault) => Err(InvalidConfig {
                key: format!("tracks.{}", fault.key),
                rule: fault.rule,
            }),
            None => Ok(()),
        }
    }
}
