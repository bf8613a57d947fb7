//! What was asked for, and what is known of the video before it is opened.

use crate::{
    artifact::ArtifactKey,
    flow::{FLOW, StageName, StageSpec},
    ids::{BatchName, JobId, VideoId},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a video comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// An absolute path on the machine that runs `ingest`.
    LocalFile(String),
    /// A direct `https` URL of a video file, the page of a video on a platform or its bare id, or
    /// `s3://bucket/key` of an object in the store.
    Url(String),
    /// Bytes that were uploaded to the store before.
    Stored {
        /// Where they lie.
        key: ArtifactKey,
        /// What consumers call the video.
        name: VideoId,
    },
}

/// One request to analyse one video.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Fresh for every request.
    pub job_id: JobId,
    /// Where the video comes from.
    pub source: Source,
    /// The batch it was submitted in.
    #[serde(default)]
    pub batch: Option<BatchName>,
    /// Optional stages that were not asked for.
    #[serde(default)]
    pub without: Vec<StageName>,
    /// Stages asked for that only run on request.
    #[serde(default)]
    pub with: Vec<StageName>,
    /// Over [`HIGH_PRIORITY`] goes first where the broker can (quorum queues since RabbitMQ 4.0).
    #[serde(default)]
    pub priority: Option<u8>,
    /// When it was accepted, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub submitted_unix_ms: Option<u64>,
    /// When a result would be too late, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub deadline_unix_ms: Option<u64>,
    /// W3C trace context of the submission: the root of the one trace of this job.
    #[serde(default)]
    pub traceparent: Option<String>,
    /// The job that this one repeats.
    #[serde(default)]
    pub retry_of: Option<JobId>,
}

/// Priorities above this one are high: RabbitMQ tells two levels apart in a quorum queue.
pub const HIGH_PRIORITY: u8 = 4;

impl Job {
    /// A job with nothing but an id and a source.
    #[must_use]
    pub fn new(job_id: JobId, source: Source) -> Self {
        Self {
            job_id,
            source,
            batch: None,
            without: Vec::new(),
            with: Vec::new(),
            priority: None,
            submitted_unix_ms: None,
            deadline_unix_ms: None,
            traceparent: None,
            retry_of: None,
        }
    }

    /// Stages that do not run for this job: those it leaves out, and those on request that it
    /// does not ask for.
    #[must_use]
    pub fn left_out(&self) -> Vec<StageName> {
        let left_out = |spec: &&StageSpec| {
            self.without.contains(&spec.name)
                || (spec.on_request && !self.with.contains(&spec.name))
        };
        let specs = FLOW.iter().filter(left_out);
        specs.map(|spec| spec.name).collect()
    }
}

/// What is known of a video besides its bytes. One shape for every source; what the source does
/// not tell is null, never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VideoMetadata {
    /// What consumers call the video.
    pub id: VideoId,
    /// Page or file it came from.
    pub url: Option<String>,
    /// Caption.
    pub description: Option<String>,
    /// Duration in seconds, from the probe once the file is opened.
    pub duration: Option<f64>,
    /// Times played.
    pub views: Option<u64>,
    /// Likes.
    pub likes: Option<u64>,
    /// Comments.
    pub comments: Option<u64>,
    /// Shares.
    pub shares: Option<u64>,
    /// Saves.
    pub saves: Option<u64>,
    /// Publication time, ISO 8601.
    pub create_time: Option<String>,
    /// Where the bytes were fetched.
    pub download_url: Option<String>,
    /// Cover picture.
    pub cover_url: Option<String>,
    /// Hashtags without `#`.
    pub hashtags: Vec<String>,
    /// Music, as the platform describes it.
    pub music: Option<serde_json::Value>,
    /// Author, as the platform describes them.
    pub author: Option<serde_json::Value>,
    /// Width in pixels, as the platform tells it; what was decoded has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width_px: Option<u32>,
    /// Height in pixels, as the platform tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height_px: Option<u32>,
    /// Language of the caption, as the platform guesses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_language: Option<String>,
    /// Names of mentioned accounts, without `@`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Vec<String>>,
    /// Mentioned accounts, as the platform describes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detailed_mentions: Option<Vec<serde_json::Value>>,
    /// Names of effects that were applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect_stickers: Option<Vec<String>>,
    /// Whether it is an advertisement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_ad: Option<bool>,
    /// Whether it is declared as sponsored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_sponsored: Option<bool>,
    /// The place it is tagged with, as the platform describes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<serde_json::Value>,
    /// The country it was published from, as the platform writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_created: Option<String>,
}

impl VideoMetadata {
    /// Metadata of a video of which only its name is known.
    #[must_use]
    pub fn unknown(id: VideoId) -> Self {
        Self {
            id,
            url: None,
            description: None,
            duration: None,
            views: None,
            likes: None,
            comments: None,
            shares: None,
            saves: None,
            create_time: None,
            download_url: None,
            cover_url: None,
            hashtags: Vec::new(),
            music: None,
            author: None,
            width_px: None,
            height_px: None,
            text_language: None,
            mentions: None,
            detailed_mentions: None,
            effect_stickers: None,
            is_ad: None,
            is_sponsored: None,
            location: None,
            location_created: None,
        }
    }
}
