//! What the search for boundaries may be told.

use serde::Deserialize;
use std::time::Duration;

const DEFAULT_RATIO: f64 = 3.0;
const DEFAULT_MOVING_FLOOR: f64 = 15.0;
const DEFAULT_STILL_FLOOR: f64 = 7.0;
const DEFAULT_NEIGHBOURS: usize = 2;
const DEFAULT_MIN_SHOT_MS: u64 = 300;
const DEFAULT_MAX_FLASH_MS: u64 = 200;
const DEFAULT_BLANK_DEVIATION: f64 = 6.0;
const DEFAULT_MIN_TRANSITION_MS: u64 = 160;
const DEFAULT_MAX_TRANSITION_MS: u64 = 2_000;
const DEFAULT_GRADUAL_TOTAL: f64 = 25.0;

/// Settings of the `shots` stage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How many times the mean of its neighbours a frame's content value must reach.
    pub ratio: f64,
    /// Lowest content value (0–255) of a cut where the picture moves.
    pub moving_floor: f64,
    /// Lowest content value (0–255) of a cut where the picture stands still.
    pub still_floor: f64,
    /// Frames compared with on either side; repeated pictures are passed over.
    pub neighbours: usize,
    /// Shortest shot, in milliseconds.
    pub min_shot_ms: u64,
    /// Longest flash, in milliseconds; at most the shortest shot.
    pub max_flash_ms: u64,
    /// Standard deviation of value (0–255) up to which a frame is blank.
    pub blank_deviation: f64,
    /// Shortest gradual transition, in milliseconds.
    pub min_transition_ms: u64,
    /// Longest gradual transition, in milliseconds; a longer blank stretch is a shot of its own.
    pub max_transition_ms: u64,
    /// What the content values of a dissolve must add up to.
    pub gradual_total: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ratio: DEFAULT_RATIO,
            moving_floor: DEFAULT_MOVING_FLOOR,
            still_floor: DEFAULT_STILL_FLOOR,
            neighbours: DEFAULT_NEIGHBOURS,
            min_shot_ms: DEFAULT_MIN_SHOT_MS,
            max_flash_ms: DEFAULT_MAX_FLASH_MS,
            blank_deviation: DEFAULT_BLANK_DEVIATION,
            min_transition_ms: DEFAULT_MIN_TRANSITION_MS,
            max_transition_ms: DEFAULT_MAX_TRANSITION_MS,
            gradual_total: DEFAULT_GRADUAL_TOTAL,
        }
    }
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting shots.{key} {rule}")]
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
        let on_scale = |value: f64| value > 0.0 && value <= 255.0;
        let rules = [
            (
                "ratio",
                self.ratio > 1.0 && self.ratio.is_finite(),
                "must be above 1",
            ),
            (
                "moving_floor",
                on_scale(self.moving_floor),
                "must be above 0 and at most 255",
            ),
            (
                "still_floor",
                self.still_floor > 0.0 && self.still_floor <= self.moving_floor,
                "must be above 0 and at most shots.moving_floor",
            ),
            (
                "neighbours",
                (1..=30).contains(&self.neighbours),
                "must be from 1 to 30",
            ),
            ("min_shot_ms", self.min_shot_ms > 0, "must be above 0"),
            (
                "max_flash_ms",
                self.max_flash_ms <= self.min_shot_ms,
                "must be at most shots.min_shot_ms",
            ),
            (
                "blank_deviation",
                on_scale(self.blank_deviation),
                "must be above 0 and at most 255",
            ),
            (
                "min_transition_ms",
                self.min_transition_ms > 0 && self.min_transition_ms < self.max_transition_ms,
                "must be above 0 and below shots.max_transition_ms",
            ),
            (
                "gradual_total",
                on_scale(self.gradual_total),
                "must be above 0 and at most 255",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, rule)) => Err(InvalidConfig { key, rule }),
            None => Ok(()),
        }
    }

    pub(crate) fn min_shot(&self) -> Duration {
        Duration::from_millis(self.min_shot_ms)
    }
    pub(crate) fn max_flash(&self) -> Duration {
        Duration::from_millis(self.max_flash_ms)
    }
    pub(crate) fn min_transition(&self) -> Duration {
        Duration::from_millis(self.min_transition_ms)
    }
    pub(crate) fn max_transition(&self) -> Duration {
        Duration::from_millis(self.max_transition_ms)
    }
}
