//! Text on screen, its tracks and graphics laid over the picture, as published under
//! `ml_data.ocr`.

use crate::manifest::ModelStamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One line of text in one frame that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextAnnotation {
    /// The track it belongs to, as `text_<n>`.
    pub track_id: String,
    /// The text of the track, which all its frames agreed on.
    pub text: String,
    /// What was read in this frame, if it differs from `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_as: Option<String>,
    /// Recogniser's confidence in this frame, 0–1.
    pub confidence: f64,
    /// Presentation time of the frame, in seconds.
    pub timestamp: f64,
    /// Corners `[x1, y1, x2, y2]` of the upright box around the line, in pixels of the video as
    /// shown.
    pub bbox: [f64; 4],
    /// The same as shares of width and height, 0–1.
    pub bbox_normalized: [f64; 4],
    /// Corners of the line itself as shares of width and height, clockwise from where the text
    /// begins at its top; rotated text has a rotated polygon.
    pub polygon: [[f64; 2]; 4],
    /// Position of the frame among all decoded frames, from 0.
    #[serde(rename = "frame_number")]
    pub frame_number: u64,
}

/// A stretch of time during which something is visible.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VisibleInterval {
    /// Beginning in seconds: half way between the first frame with it and the one before.
    pub start: f64,
    /// End in seconds: half way between the last frame with it and the one after.
    pub end: f64,
    /// How far the beginning may be off, in seconds: half of that gap.
    pub start_uncertainty: f64,
    /// How far the end may be off, in seconds.
    pub end_uncertainty: f64,
}

/// A ninth of the picture.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum TextPosition {
    /// Upper third, left.
    TopLeft,
    /// Upper third, middle.
    TopCenter,
    /// Upper third, right.
    TopRight,
    /// Middle third, left.
    MiddleLeft,
    /// The centre.
    MiddleCenter,
    /// Middle third, right.
    MiddleRight,
    /// Lower third, left.
    BottomLeft,
    /// Lower third, middle.
    BottomCenter,
    /// Lower third, right.
    BottomRight,
}

/// How large a line is against the picture.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    /// Below the first limit of the settings.
    Small,
    /// Between the two.
    Medium,
    /// From the second on.
    Large,
}

/// What a text is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum TextRole {
    /// Large, from the beginning: why to keep watching.
    HookTitle,
    /// Follows what is said.
    Caption,
    /// Asks viewers to do something.
    Cta,
    /// Names a price or a discount.
    Price,
    /// The name of an account.
    Handle,
    /// One or more hashtags.
    Hashtag,
    /// The mark of a platform, editor or author that stays.
    Watermark,
    /// Part of what was filmed.
    SceneText,
    /// None of these, as far as can be told.
    Other,
}

/// A finding behind a judgement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What was found, as `keyword` or `cuts_crossed`.
    pub name: String,
    /// Its value.
    pub value: EvidenceValue,
}

/// The value of a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EvidenceValue {
    /// A number; its unit is in the name of the finding.
    Number(f64),
    /// Words.
    Text(String),
}

/// One text at one place, over all its appearances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextTrack {
    /// `text_<n>`, numbered from 1 by first appearance.
    pub track_id: String,
    /// What its frames agree on, weighted by confidence and time.
    pub text: String,
    /// Mean confidence over the time it was read, 0–1.
    pub confidence: f64,
    /// Beginning of the first interval, in seconds.
    pub first_seen: f64,
    /// End of the last interval, in seconds.
    pub last_seen: f64,
    /// When it is visible; rising, apart from each other.
    pub intervals: Vec<VisibleInterval>,
    /// Number of frames in which it was read.
    pub frames: u32,
    /// Where the middle of its box lies, averaged over its frames.
    pub position: TextPosition,
    /// Its size by `height_share`.
    pub size: TextSize,
    /// Height of the line as a share of the picture's height, averaged over its frames.
    pub height_share: f64,
    /// Direction of reading, in degrees clockwise from left to right, −180 to 180.
    pub rotation_degrees: f64,
    /// Corners `[x1, y1, x2, y2]` of the upright box, averaged over its frames, as shares of width
    /// and height.
    pub bbox_normalized: [f64; 4],
    /// Whether it was laid over the picture (`true`) or filmed (`false`); `None` if nothing tells.
    pub overlay: Option<bool>,
    /// What it is for.
    pub role: TextRole,
    /// How sure the role is, 0–1; from the evidence and the confidence of reading.
    pub role_confidence: f64,
    /// What speaks for the role and for `overlay`.
    pub evidence: Vec<Evidence>,
    /// Words and phrases in it that ask viewers to do something, as whole words.
    pub cta_keywords: Vec<String>,
}

/// What kind of graphic.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GraphicKind {
    /// Something that stays as it is while the picture under it changes at a cut.
    Sticker,
}

/// A graphic laid over the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GraphicOverlay {
    /// `sticker_<n>`, numbered from 1 by first appearance.
    pub sticker_id: String,
    /// What kind.
    #[serde(rename = "type")]
    pub kind: GraphicKind,
    /// How sure it is that this was laid over the picture, 0–1.
    pub confidence: f64,
    /// Time of the first frame with it, in seconds.
    pub timestamp: f64,
    /// When it is visible; rising, apart from each other.
    pub intervals: Vec<VisibleInterval>,
    /// Corners `[x1, y1, x2, y2]` in pixels of the video as shown.
    pub bbox: [f64; 4],
    /// Corners `[x1, y1, x2, y2]` as shares of width and height, 0–1.
    pub bbox_normalized: [f64; 4],
    /// Position of that first frame among all decoded frames, from 0.
    #[serde(rename = "frame_number")]
    pub frame_number: u64,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
}

/// What the `ocr` stage found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextOnScreen {
    /// Every line in every frame looked at: by time, then from top to bottom.
    pub text_annotations: Vec<TextAnnotation>,
    /// By track number.
    pub tracks: Vec<TextTrack>,
    /// By number; empty as well where graphics were not looked for, see
    /// [`TextMetadata::stickers`].
    pub stickers: Vec<GraphicOverlay>,
    /// What was measured, and how.
    pub metadata: TextMetadata,
}

/// Whether something was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// Whether it was.
    pub measured: bool,
    /// Why not; `None` if it was.
    pub reason: Option<String>,
}

impl Measurement {
    /// It was measured.
    #[must_use]
    pub const fn done() -> Self {
        Self {
            measured: true,
            reason: None,
        }
    }
    /// It was not, and why.
    #[must_use]
    pub fn missing(reason: impl Into<String>) -> Self {
        Self {
            measured: false,
            reason: Some(reason.into()),
        }
    }
}

/// How [`TextOnScreen`] was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextMetadata {
    /// Detector, direction classifier and recogniser, and the digests of their weights.
    pub models: Vec<ModelStamp>,
    /// Always true: a failed stage leaves no result at all.
    pub processed: bool,
    /// Frames the models looked at.
    pub frames_analyzed: u32,
    /// Frames that did not differ from one looked at, whose text is therefore known too.
    pub frames_skipped_unchanged: u32,
    /// Presentation time of every frame whose text is known, in seconds, rising.
    pub frame_times: Vec<f64>,
    /// Longest time between two of them, or between them and the ends of the video, in seconds;
    /// `None` if there are none.
    pub largest_gap_s: Option<f64>,
    /// Number of annotations.
    pub texts_detected: u32,
    /// Number of tracks.
    pub total_tracks: u32,
    /// Number of distinct texts, case ignored.
    pub unique_texts: u32,
    /// Number of graphics; `None` where they were not looked for.
    pub stickers_detected: Option<u32>,
    /// Lowest confidence reported, 0–1.
    pub confidence_threshold: f64,
    /// Whether texts could be compared with what is said, which tells captions.
    pub speech: Measurement,
    /// Whether graphics could be looked for.
    pub stickers: Measurement,
}
