//! What the search for objects may be told.

use crate::compute::Detector;
use inference::Provider;
use serde::Deserialize;

const DEFAULT_MAX_FRAMES: usize = 120;
/// One input of YOLO: on a processor larger batches fall out of its caches and are slower.
const CPU_BATCH_PIXELS: u64 = 640 * 640;
/// Sixteen of them, to fill an accelerator.
const ACCELERATED_BATCH_PIXELS: u64 = 16 * CPU_BATCH_PIXELS;
const DEFAULT_MAX_DETECTIONS: usize = 100;
const DEFAULT_START_CONFIDENCE: f64 = 0.5;
const DEFAULT_MAX_GAP_MS: u64 = 2_000;
const DEFAULT_MATCH_OVERLAP: f64 = 0.2;
const DEFAULT_WEAK_MATCH_OVERLAP: f64 = 0.5;
const DEFAULT_MARGIN_PER_SECOND: f64 = 0.3;

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

/// How detections are linked to tracks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrackConfig {
    /// Confidence from which a detection may begin a track, 0–1; those below only continue one.
    pub start_confidence: f64,
    /// Longest gap in a track, in milliseconds; never less than one and a half sampling steps.
    pub max_gap_ms: u64,
    /// Least intersection over union between a track and a confident detection, 0–1.
    pub match_overlap: f64,
    /// The same for a detection that is not confident.
    pub weak_match_overlap: f64,
    /// By what share of its size a box grows on every side per second of gap, before boxes are
    /// compared; at most what one second gives.
    pub margin_per_second: f64,
}

impl Default for TrackConfig {
    fn default() -> Self {
        Self {
            start_confidence: DEFAULT_START_CONFIDENCE,
            max_gap_ms: DEFAULT_MAX_GAP_MS,
            match_overlap: DEFAULT_MATCH_OVERLAP,
            weak_match_overlap: DEFAULT_WEAK_MATCH_OVERLAP,
            margin_per_second: DEFAULT_MARGIN_PER_SECOND,
        }
    }
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting detect.{key} {rule}")]
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
        const SHARE: &str = "must be above 0 and at most 1";
        const POSITIVE: &str = "must be above 0";
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let (effort, tracks) = (&self.effort, &self.tracks);
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
            (
                "tracks.start_confidence",
                share(tracks.start_confidence),
                SHARE,
            ),
            ("tracks.match_overlap", share(tracks.match_overlap), SHARE),
            (
                "tracks.weak_match_overlap",
                share(tracks.weak_match_overlap),
                SHARE,
            ),
            (
                "tracks.margin_per_second",
                (0.0..=1.0).contains(&tracks.margin_per_second),
                "must be from 0 to 1",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, rule)) => Err(InvalidConfig { key, rule }),
            None => Ok(()),
        }
    }
}
