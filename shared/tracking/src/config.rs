//! How detections are linked to tracks.

use serde::Deserialize;

const DEFAULT_START_CONFIDENCE: f64 = 0.5;
const DEFAULT_MAX_GAP_MS: u64 = 2_000;
const DEFAULT_MATCH_OVERLAP: f64 = 0.2;
const DEFAULT_WEAK_MATCH_OVERLAP: f64 = 0.5;
const DEFAULT_MARGIN_PER_SECOND: f64 = 0.3;

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

/// A setting that makes no sense: its key and its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Name of the setting within [`TrackConfig`].
    pub key: &'static str,
    /// What it must be, as a continuation of its name.
    pub rule: &'static str,
}

impl TrackConfig {
    /// The first setting at fault; `None` if all make sense.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        const SHARE: &str = "must be above 0 and at most 1";
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let rules = [
            ("start_confidence", share(self.start_confidence), SHARE),
            ("match_overlap", share(self.match_overlap), SHARE),
            ("weak_match_overlap", share(self.weak_match_overlap), SHARE),
            (
                "margin_per_second",
                (0.0..=1.0).contains(&self.margin_per_second),
                "must be from 0 to 1",
            ),
        ];
        let broken = rules.into_iter().find(|(_, holds, _)| !holds);
        broken.map(|(key, _, rule)| Fault { key, rule })
    }
}
