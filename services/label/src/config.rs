//! What the naming of scenes may be told.

use serde::Deserialize;
use std::path::PathBuf;

const DEFAULT_MAX_FRAMES: usize = 60;
const DEFAULT_BATCH_FRAMES: usize = 8;
const DEFAULT_PER_FRAME: usize = 5;
const DEFAULT_SAMPLE_FRAMES: usize = 5;
const DEFAULT_THRESHOLD: f64 = 0.3;
/// Most frames shown at once: what a small GPU holds.
const MAX_BATCH_FRAMES: usize = 64;
/// Most labels in the list.
const MAX_CANDIDATES: usize = 500;
/// Longest label, in characters.
const MAX_LABEL_CHARACTERS: usize = 100;
/// What short videos are about.
const DEFAULT_CANDIDATES: [&str; 30] = [
    "person",
    "people",
    "face",
    "indoor",
    "outdoor",
    "kitchen",
    "food",
    "cooking",
    "dancing",
    "sports",
    "nature",
    "city",
    "office",
    "bedroom",
    "bathroom",
    "car",
    "street",
    "beach",
    "mountain",
    "text",
    "product",
    "clothing",
    "makeup",
    "tutorial",
    "gaming",
    "music",
    "performance",
    "crowd",
    "party",
    "wedding",
];

/// Settings of the `label` stage.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The list labels are taken from.
    pub candidates: Vec<String>,
    /// Most labels of one frame.
    pub per_frame: usize,
    /// Confidence from which a label counts for the video, 0–1.
    pub threshold: f64,
    /// Most frames named for a label of the video.
    pub sample_frames: usize,
    /// Most frames looked at in one video.
    pub max_frames: usize,
    /// Frames shown at once.
    pub batch_frames: usize,
    /// Networks of yours that put pictures and texts into one space (CLIP, SigLIP and their
    /// kind), used instead of the classifier.
    pub clip: Option<ClipConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            candidates: DEFAULT_CANDIDATES.map(str::to_owned).to_vec(),
            per_frame: DEFAULT_PER_FRAME,
            threshold: DEFAULT_THRESHOLD,
            sample_frames: DEFAULT_SAMPLE_FRAMES,
            max_frames: DEFAULT_MAX_FRAMES,
            batch_frames: DEFAULT_BATCH_FRAMES,
            clip: None,
        }
    }
}

/// A pair of networks in ONNX, as `optimum-cli export onnx` writes CLIP with separate files.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipConfig {
    /// Network for pictures: `pixel_values` `[n, 3, side, side]` to `image_embeds` `[n, d]`.
    pub image: PathBuf,
    /// Network for texts: `input_ids` `[n, tokens]` to `text_embeds` `[n, d]`.
    pub text: PathBuf,
    /// Its `tokenizer.json`.
    pub tokenizer: PathBuf,
    /// Whether the network for texts takes an `attention_mask` too.
    #[serde(default)]
    pub attention_mask: bool,
    /// Side of the square the network for pictures looks at, in pixels.
    #[serde(default = "default_side")]
    pub side: u32,
    /// What a label is put into before it is read; `{}` stands for it.
    #[serde(default = "default_prompt")]
    pub prompt: String,
    /// Factor of the likenesses before they become probabilities.
    #[serde(default = "default_scale")]
    pub scale: f64,
}

const fn default_side() -> u32 {
    224
}

fn default_prompt() -> String {
    "a photo of {}".into()
}

const fn default_scale() -> f64 {
    100.0
}

/// A setting that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting label.{key} {rule}")]
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
        const POSITIVE: &str = "must be above 0";
        let twice = |at: usize, label: &String| self.candidates.iter().take(at).any(|l| l == label);
        let clip = self.clip.as_ref();
        let rules = [
            (
                "candidates",
                (1..=MAX_CANDIDATES).contains(&self.candidates.len()),
                "must hold from 1 to 500 labels",
            ),
            (
                "candidates",
                self.candidates.iter().all(|label| is_usable(label)),
                "must be texts of 1 to 100 characters",
            ),
            (
                "candidates",
                !self
                    .candidates
                    .iter()
                    .enumerate()
                    .any(|(at, label)| twice(at, label)),
                "must not hold a label twice",
            ),
            ("per_frame", self.per_frame > 0, POSITIVE),
            (
                "threshold",
                self.threshold > 0.0 && self.threshold <= 1.0,
                "must be above 0 and at most 1",
            ),
            ("max_frames", self.max_frames > 0, POSITIVE),
            (
                "batch_frames",
                (1..=MAX_BATCH_FRAMES).contains(&self.batch_frames),
                "must be from 1 to 64",
            ),
            (
                "clip.side",
                clip.is_none_or(|clip| (32..=1024).contains(&clip.side)),
                "must be from 32 to 1024",
            ),
            (
                "clip.prompt",
                clip.is_none_or(|clip| clip.prompt.contains("{}")),
                "must contain {}",
            ),
            (
                "clip.scale",
                clip.is_none_or(|clip| clip.scale > 0.0 && clip.scale.is_finite()),
                POSITIVE,
            ),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((key, _, rule)) => Err(InvalidConfig { key, rule }),
            None => Ok(()),
        }
    }
}

fn is_usable(label: &str) -> bool {
    let characters = label.trim().chars().count();
    (1..=MAX_LABEL_CHARACTERS).contains(&characters) && !label.contains(char::is_control)
}
