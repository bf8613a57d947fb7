//! What the reading of emotions may be told.

use serde::Deserialize;

/// The shortest that a full expression lasts (Ekman, "Darwin, deception, and facial expression",
/// 2003): single frames count little, and changes show.
const DEFAULT_SMOOTHING_MS: u64 = 500;
/// Faces read in one run of the network.
const DEFAULT_BATCH_FACES: usize = 16;
const DEFAULT_MAX_FACES: usize = 5;
/// A third of what the network looks at.
const DEFAULT_MIN_FACE_PIXELS: u32 = 36;
const DEFAULT_NO_FACE_SHARE: f64 = 0.8;

/// Settings of the `emotion` stage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Time constant of the smoothing over a face's track, in milliseconds; 0 smooths nothing.
    pub smoothing_ms: u64,
    /// Most faces read in one frame, the largest first.
    pub max_faces: usize,
    /// Least longer side of a face that is read, in pixels of the decoded picture.
    pub min_face_pixels: u32,
    /// Most faces in one run of the network.
    pub batch_faces: usize,
    /// Share (0–1) of frames without a reading above which a video is not about faces.
    pub no_face_share: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            smoothing_ms: DEFAULT_SMOOTHING_MS,
            max_faces: DEFAULT_MAX_FACES,
            min_face_pixels: DEFAULT_MIN_FACE_PIXELS,
            batch_faces: DEFAULT_BATCH_FACES,
            no_face_share: DEFAULT_NO_FACE_SHARE,
        }
    }
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting emotion.{key} {rule}")]
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
        const FEW: &str = "must be from 1 to 100";
        let few = |count: usize| (1..=100).contains(&count);
        let rules = [
            (
                "smoothing_ms",
                self.smoothing_ms <= 60_000,
                "must be at most 60000",
            ),
            ("max_faces", few(self.max_faces), FEW),
            (
                "min_face_pixels",
                self.min_face_pixels > 0,
                "must be above 0",
            ),
            ("batch_faces", few(self.batch_faces), FEW),
            (
                "no_face_share",
                (0.0..=1.0).contains(&self.no_face_share),
                "must be from 0 to 1",
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, rule)) => Err(InvalidConfig { key, rule }),
            None => Ok(()),
        }
    }
}
