//! Messages of the stage that lets a language model comment.

use super::{Analysed, Decoded, Message, StageInput};
use crate::{
    artifact::ArtifactRef,
    flow::StageName,
    job::Job,
    manifest::{GatherError, Upstream},
    time::MediaTime,
};
use serde::{Deserialize, Serialize};

/// Input of `insight`: what was analysed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InsightInput {
    /// The analyses.
    pub analysed: Analysed,
    /// Length of the video.
    pub duration: MediaTime,
}
message!(InsightInput, "insight.input", 1);
impl StageInput for InsightInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        let decoded: Decoded = upstream.required(StageName::Decode)?;
        Ok(Self {
            analysed: upstream.required(StageName::Timeline)?,
            duration: decoded.probe.duration,
        })
    }
}

/// Output of `insight`: what a language model said, analysis by analysis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commented {
    /// What it cost, who answered, how much of it held, JSON.
    pub report: ArtifactRef,
    /// The analyses that were put to it, in the order in which they are reported.
    pub analyses: Vec<Comment>,
}
message!(Commented, "insight.output", 1);

/// What a language model said of one analysis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Name of the analysis, as `scene_pacing`.
    pub name: String,
    /// The record of the answer, or of why there is none, JSON.
    pub record: ArtifactRef,
    /// Why there is no answer; `None` if there is one.
    pub missing: Option<String>,
}
