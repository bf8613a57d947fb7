//! What the reading of text may be told.

use serde::Deserialize;

const DEFAULT_CONFIDENCE: f64 = 0.6;
const DEFAULT_ONCE_CONFIDENCE: f64 = 0.8;
const DEFAULT_DOUBTFUL_CONFIDENCE: f64 = 0.9;
const DEFAULT_TARGET_LOOKS: u32 = 120;
const DEFAULT_SHORTEST_STEP_MS: u64 = 400;
/// No second of a video stays unseen.
const DEFAULT_LONGEST_STEP_MS: u64 = 1_000;
const DEFAULT_REFINE_TO_MS: u64 = 200;
const DEFAULT_MAX_REFINEMENTS: usize = 120;
const DEFAULT_UNCHANGED_CONTENT: f64 = 0.05;
const DEFAULT_UNCHANGED_LEVELS: u8 = 6;
/// Portrait video is looked at in 544 × 960, at 0.6 of the time that the published 736 × 1312 take
/// and 0.4 % more wrong characters; what is found is read at full size.
const DEFAULT_SHORT_SIDE: u32 = 544;
const DEFAULT_LONG_SIDE: u32 = 960;
const DEFAULT_THRESHOLD: f64 = 0.3;
const DEFAULT_BOX_CONFIDENCE: f64 = 0.5;
const DEFAULT_UNCLIP_RATIO: f64 = 1.6;
const DEFAULT_MAX_REGIONS: usize = 200;
/// One picture of 544 × 960; a processor gains nothing by more.
const DEFAULT_MAX_BATCH_PIXELS: u64 = 544 * 960;
const DEFAULT_MAX_LINE_WIDTH: u32 = 2_560;
const DEFAULT_MAX_LINE_BATCH_PIXELS: u64 = 8 * 48 * 320;
const DEFAULT_TURN_CONFIDENCE: f64 = 0.9;
const DEFAULT_SAME_PLACE_OVERLAP: f64 = 0.3;
const DEFAULT_SPEED_PER_SECOND: f64 = 0.3;
const DEFAULT_BRIDGE_MS: u64 = 600;
const DEFAULT_MEDIUM_HEIGHT: f64 = 0.025;
const DEFAULT_LARGE_HEIGHT: f64 = 0.05;
const DEFAULT_SPOKEN_SHARE: f64 = 0.6;
const DEFAULT_STILL_DRIFT: f64 = 0.005;
const DEFAULT_MOVING_DRIFT: f64 = 0.02;
const DEFAULT_MOVING_SURROUNDINGS: f64 = 8.0;
const DEFAULT_ASKEW_DEGREES: f64 = 5.0;
const DEFAULT_WATERMARK_SHARE: f64 = 0.8;
const DEFAULT_HOOK_WINDOW_S: f64 = 3.0;
const DEFAULT_SAME_LEVELS: u8 = 6;
const DEFAULT_MAX_KEPT_SHARE: f64 = 0.3;
const DEFAULT_MIN_AREA_SHARE: f64 = 0.001;
const DEFAULT_MAX_AREA_SHARE: f64 = 0.15;
const DEFAULT_MIN_CONTRAST_LEVELS: u8 = 40;
const DEFAULT_VISIBLE_SHARE: f64 = 0.8;
const DEFAULT_MIN_CUTS: u32 = 2;
const DEFAULT_MAX_GRAPHICS: usize = 20;
/// Longest step that may be asked for, in milliseconds.
const MAX_STEP_MS: u64 = 1_000;

macro_rules! defaults {
    ($type:ident { $($field:ident: $value:expr),+ $(,)? }) => {
        impl Default for $type {
            fn default() -> Self {
                Self { $($field: $value),+ }
            }
        }
    };
}

/// Settings of the `ocr` stage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Lowest confidence at which a line counts, 0–1.
    pub confidence: f64,
    /// The same for a text that was read in one frame only.
    pub once_confidence: f64,
    /// The same for a text of one character or a few strokes, which many things look like; read
    /// in one frame only, such a text never counts.
    pub doubtful_confidence: f64,
    /// Which frames are looked at.
    pub sampling: SamplingConfig,
    /// How lines are found.
    pub detection: DetectionConfig,
    /// How lines are read.
    pub recognition: RecognitionConfig,
    /// How texts are followed.
    pub tracks: TrackConfig,
    /// How their roles are told.
    pub roles: RoleConfig,
    /// How graphics are told.
    pub graphics: GraphicsConfig,
}
defaults!(Config {
    confidence: DEFAULT_CONFIDENCE,
    once_confidence: DEFAULT_ONCE_CONFIDENCE,
    doubtful_confidence: DEFAULT_DOUBTFUL_CONFIDENCE,
    sampling: SamplingConfig::default(),
    detection: DetectionConfig::default(),
    recognition: RecognitionConfig::default(),
    tracks: TrackConfig::default(),
    roles: RoleConfig::default(),
    graphics: GraphicsConfig::default(),
});

/// Which frames are looked at.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplingConfig {
    /// Number of looks a video should need; the steps follow from it and the duration.
    pub target_looks: u32,
    /// Shortest time between two looks, in milliseconds.
    pub shortest_step_ms: u64,
    /// Longest time between two looks, in milliseconds; at most 1000.
    pub longest_step_ms: u64,
    /// Where two looks differ, frames between them are looked at until they are this close, in
    /// milliseconds.
    pub refine_to_ms: u64,
    /// Most looks added that way.
    pub max_refinements: usize,
    /// Sum of differences (0–255) up to which a frame counts as unchanged unseen.
    pub unchanged_content: f64,
    /// Largest difference of a cell (0–255) up to which a frame counts as unchanged.
    pub unchanged_levels: u8,
}
defaults!(SamplingConfig {
    target_looks: DEFAULT_TARGET_LOOKS,
    shortest_step_ms: DEFAULT_SHORTEST_STEP_MS,
    longest_step_ms: DEFAULT_LONGEST_STEP_MS,
    refine_to_ms: DEFAULT_REFINE_TO_MS,
    max_refinements: DEFAULT_MAX_REFINEMENTS,
    unchanged_content: DEFAULT_UNCHANGED_CONTENT,
    unchanged_levels: DEFAULT_UNCHANGED_LEVELS,
});

/// How lines are found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DetectionConfig {
    /// Pictures whose shorter side is below are enlarged to it, in pixels.
    pub short_side: u32,
    /// Pictures whose longer side would be above are made smaller to it, in pixels.
    pub long_side: u32,
    /// Probability above which a pixel belongs to a line, 0–1.
    pub threshold: f64,
    /// Least mean probability of a line, 0–1.
    pub box_confidence: f64,
    /// By how much a line is grown: area times this over perimeter.
    pub unclip_ratio: f64,
    /// Most regions looked into in one picture.
    pub max_regions: usize,
    /// Most pixels in one run of the detector.
    pub max_batch_pixels: u64,
}
defaults!(DetectionConfig {
    short_side: DEFAULT_SHORT_SIDE,
    long_side: DEFAULT_LONG_SIDE,
    threshold: DEFAULT_THRESHOLD,
    box_confidence: DEFAULT_BOX_CONFIDENCE,
    unclip_ratio: DEFAULT_UNCLIP_RATIO,
    max_regions: DEFAULT_MAX_REGIONS,
    max_batch_pixels: DEFAULT_MAX_BATCH_PIXELS,
});

/// How lines are read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecognitionConfig {
    /// Widest line, in pixels at a height of 48; wider ones are squeezed.
    pub max_line_width: u32,
    /// Most pixels in one run of the recogniser.
    pub max_batch_pixels: u64,
    /// Probability from which a line may stand on its head and is read both ways, 0–1.
    pub turn_confidence: f64,
}
defaults!(RecognitionConfig {
    max_line_width: DEFAULT_MAX_LINE_WIDTH,
    max_batch_pixels: DEFAULT_MAX_LINE_BATCH_PIXELS,
    turn_confidence: DEFAULT_TURN_CONFIDENCE,
});

/// How texts are followed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrackConfig {
    /// Least intersection over union of boxes at the same place, 0–1.
    pub same_place_overlap: f64,
    /// How far a visible text may move in a second, as a share of the picture.
    pub speed_per_second: f64,
    /// Longest absence that is none, in milliseconds: one frame read wrongly.
    pub bridge_ms: u64,
    /// Height of a line from which it is medium, as a share of the picture's.
    pub medium_height: f64,
    /// Height of a line from which it is large.
    pub large_height: f64,
}
defaults!(TrackConfig {
    same_place_overlap: DEFAULT_SAME_PLACE_OVERLAP,
    speed_per_second: DEFAULT_SPEED_PER_SECOND,
    bridge_ms: DEFAULT_BRIDGE_MS,
    medium_height: DEFAULT_MEDIUM_HEIGHT,
    large_height: DEFAULT_LARGE_HEIGHT,
});

/// How roles are told.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleConfig {
    /// Share of its words that are said meanwhile from which a text follows the speech, 0–1.
    pub spoken_share: f64,
    /// Drift up to which a text stands still, as a share of the picture.
    pub still_drift: f64,
    /// Drift from which it moves.
    pub moving_drift: f64,
    /// Mean difference (0–255) from look to look from which the picture around a text moves.
    pub moving_surroundings: f64,
    /// Rotation from which a text stands askew, in degrees.
    pub askew_degrees: f64,
    /// Share of the video from which a text that stays may be a watermark, 0–1.
    pub watermark_share: f64,
    /// How early a hook title begins, in seconds.
    pub hook_window_s: f64,
}
defaults!(RoleConfig {
    spoken_share: DEFAULT_SPOKEN_SHARE,
    still_drift: DEFAULT_STILL_DRIFT,
    moving_drift: DEFAULT_MOVING_DRIFT,
    moving_surroundings: DEFAULT_MOVING_SURROUNDINGS,
    askew_degrees: DEFAULT_ASKEW_DEGREES,
    watermark_share: DEFAULT_WATERMARK_SHARE,
    hook_window_s: DEFAULT_HOOK_WINDOW_S,
});

/// How graphics are told.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphicsConfig {
    /// Difference (0–255) up to which a cell counts as kept across a cut.
    pub same_levels: u8,
    /// Share of kept cells above which a cut tells nothing.
    pub max_kept_share: f64,
    /// Least area, as a share of the picture.
    pub min_area_share: f64,
    /// Largest area, as a share of the picture.
    pub max_area_share: f64,
    /// Least contrast within a graphic, 0–255.
    pub min_contrast_levels: u8,
    /// Share of its cells that must be as they were for it to be visible, 0–1.
    pub visible_share: f64,
    /// Cuts it must have stayed across.
    pub min_cuts: u32,
    /// Most graphics reported.
    pub max_graphics: usize,
}
defaults!(GraphicsConfig {
    same_levels: DEFAULT_SAME_LEVELS,
    max_kept_share: DEFAULT_MAX_KEPT_SHARE,
    min_area_share: DEFAULT_MIN_AREA_SHARE,
    max_area_share: DEFAULT_MAX_AREA_SHARE,
    min_contrast_levels: DEFAULT_MIN_CONTRAST_LEVELS,
    visible_share: DEFAULT_VISIBLE_SHARE,
    min_cuts: DEFAULT_MIN_CUTS,
    max_graphics: DEFAULT_MAX_GRAPHICS,
});

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting ocr.{key} {rule}")]
pub struct InvalidConfig {
    key: &'static str,
    rule: &'static str,
}

/// A setting's key, whether its rule holds, and the rule.
type Rule = (&'static str, bool, &'static str);

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the first setting at fault and its rule.
    pub fn validate(&self) -> Result<(), InvalidConfig> {
        let rules = self
            .shares()
            .into_iter()
            .chain(self.sampling_extents())
            .chain(self.reading_extents())
            .chain(self.following_extents())
            .chain(self.order());
        let mut broken = rules.filter(|(_, holds, _)| !holds);
        match broken.next() {
            Some((key, _, rule)) => Err(InvalidConfig { key, rule }),
            None => Ok(()),
        }
    }

    fn shares(&self) -> Vec<Rule> {
        let (tracks, roles, graphics) = (&self.tracks, &self.roles, &self.graphics);
        let values = [
            ("confidence", self.confidence),
            ("once_confidence", self.once_confidence),
            ("doubtful_confidence", self.doubtful_confidence),
            ("detection.threshold", self.detection.threshold),
            ("detection.box_confidence", self.detection.box_confidence),
            (
                "recognition.turn_confidence",
                self.recognition.turn_confidence,
            ),
            ("tracks.same_place_overlap", tracks.same_place_overlap),
            ("tracks.medium_height", tracks.medium_height),
            ("tracks.large_height", tracks.large_height),
            ("roles.spoken_share", roles.spoken_share),
            ("roles.still_drift", roles.still_drift),
            ("roles.moving_drift", roles.moving_drift),
            ("roles.watermark_share", roles.watermark_share),
            ("graphics.max_kept_share", graphics.max_kept_share),
            ("graphics.min_area_share", graphics.min_area_share),
            ("graphics.max_area_share", graphics.max_area_share),
            ("graphics.visible_share", graphics.visible_share),
        ];
        let rule = |(key, value)| {
            let holds = value > 0.0 && value <= 1.0;
            (key, holds, "must be above 0 and at most 1")
        };
        values.into_iter().map(rule).collect()
    }

    fn sampling_extents(&self) -> Vec<Rule> {
        let sampling = &self.sampling;
        let steps = 1..=MAX_STEP_MS;
        vec![
            (
                "sampling.target_looks",
                sampling.target_looks > 0,
                "must be above 0",
            ),
            (
                "sampling.shortest_step_ms",
                steps.contains(&sampling.shortest_step_ms),
                "must be from 1 to 1000",
            ),
            (
                "sampling.longest_step_ms",
                steps.contains(&sampling.longest_step_ms),
                "must be from 1 to 1000",
            ),
            (
                "sampling.refine_to_ms",
                sampling.refine_to_ms > 0,
                "must be above 0",
            ),
            (
                "sampling.unchanged_content",
                (0.0..=255.0).contains(&sampling.unchanged_content),
                "must be from 0 to 255",
            ),
        ]
    }

    fn reading_extents(&self) -> Vec<Rule> {
        let (detection, recognition) = (&self.detection, &self.recognition);
        let sides = 32..=4096;
        vec![
            (
                "detection.short_side",
                sides.contains(&detection.short_side),
                "must be from 32 to 4096",
            ),
            (
                "detection.long_side",
                sides.contains(&detection.long_side),
                "must be from 32 to 4096",
            ),
            (
                "detection.unclip_ratio",
                (0.0..=10.0).contains(&detection.unclip_ratio),
                "must be from 0 to 10",
            ),
            (
                "detection.max_regions",
                (1..=1000).contains(&detection.max_regions),
                "must be from 1 to 1000",
            ),
            (
                "detection.max_batch_pixels",
                detection.max_batch_pixels > 0,
                "must be above 0",
            ),
            (
                "recognition.max_line_width",
                (320..=8192).contains(&recognition.max_line_width),
                "must be from 320 to 8192",
            ),
            (
                "recognition.max_batch_pixels",
                recognition.max_batch_pixels > 0,
                "must be above 0",
            ),
        ]
    }

    fn following_extents(&self) -> Vec<Rule> {
        let (tracks, roles) = (&self.tracks, &self.roles);
        vec![
            (
                "tracks.speed_per_second",
                (0.0..=2.0).contains(&tracks.speed_per_second),
                "must be from 0 to 2",
            ),
            (
                "roles.moving_surroundings",
                (0.0..=255.0).contains(&roles.moving_surroundings),
                "must be from 0 to 255",
            ),
            (
                "roles.askew_degrees",
                (0.0..=180.0).contains(&roles.askew_degrees),
                "must be from 0 to 180",
            ),
            (
                "roles.hook_window_s",
                (0.0..=60.0).contains(&roles.hook_window_s),
                "must be from 0 to 60",
            ),
            (
                "graphics.min_cuts",
                self.graphics.min_cuts > 0,
                "must be above 0",
            ),
        ]
    }

    fn order(&self) -> Vec<Rule> {
        let (sampling, graphics) = (&self.sampling, &self.graphics);
        vec![
            (
                "sampling.shortest_step_ms",
                sampling.shortest_step_ms <= sampling.longest_step_ms,
                "must not be above longest_step_ms",
            ),
            (
                "detection.short_side",
                self.detection.short_side <= self.detection.long_side,
                "must not be above long_side",
            ),
            (
                "tracks.medium_height",
                self.tracks.medium_height <= self.tracks.large_height,
                "must not be above large_height",
            ),
            (
                "roles.still_drift",
                self.roles.still_drift < self.roles.moving_drift,
                "must be below moving_drift",
            ),
            (
                "graphics.min_area_share",
                graphics.min_area_share <= graphics.max_area_share,
                "must not be above max_area_share",
            ),
        ]
    }
}
