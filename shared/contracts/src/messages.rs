//! The input and output message of every stage, and how an input is gathered from what came
//! before.

use crate::{
    artifact::ArtifactRef,
    codec::Message,
    decoded::{AudioTrack, Completeness, PictureSet, Probe},
    flow::StageName,
    ids::{Sha256, VideoId},
    job::{Job, VideoMetadata},
    manifest::{FailureClass, GatherError, Outcome, Upstream},
};
use serde::{Deserialize, Serialize};

/// An input that can be put together from the outcomes of earlier stages.
pub trait StageInput: Message {
    /// Puts the input together.
    ///
    /// # Errors
    /// [`GatherError`] if an output it cannot do without is missing or unreadable.
    fn gather(job: &Job, upstream: &Upstream) -> Result<Self, GatherError>;
}

macro_rules! message {
    ($name:ident, $kind:literal, $version:literal) => {
        impl Message for $name {
            const KIND: &'static str = $kind;
            const VERSION: u16 = $version;
        }
    };
}

/// Input of `ingest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestInput {
    /// What was asked for.
    pub job: Job,
}
message!(IngestInput, "ingest.input", 1);
impl StageInput for IngestInput {
    fn gather(job: &Job, _: &Upstream) -> Result<Self, GatherError> {
        Ok(Self { job: job.clone() })
    }
}

/// Output of `ingest`: the bytes are stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ingested {
    /// The file, under `media/<sha256>/`.
    pub source: ArtifactRef,
    /// What is known of the video.
    pub metadata: VideoMetadata,
}
message!(Ingested, "ingest.output", 1);

/// Input of `decode`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecodeInput {
    /// The stored file.
    pub source: ArtifactRef,
}
message!(DecodeInput, "decode.input", 1);
impl StageInput for DecodeInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        let ingested: Ingested = upstream.required(StageName::Ingest)?;
        Ok(Self {
            source: ingested.source,
        })
    }
}

/// Output of `decode`: everything later stages look at and listen to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decoded {
    /// Digest of the source file.
    pub media: Sha256,
    /// What the file says of itself.
    pub probe: Probe,
    /// How much of it could be decoded.
    pub completeness: Completeness,
    /// Frames sampled by time to the very end, as JPEG.
    pub frames: PictureSet,
    /// A few small pictures for people.
    pub thumbnails: PictureSet,
    /// The sound; `None` if the file has no audio stream.
    pub audio: Option<AudioTrack>,
    /// [`ChangeSignals`](crate::decoded::ChangeSignals), MessagePack.
    pub signals: ArtifactRef,
}
message!(Decoded, "decode.output", 1);

/// Input of `shots`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShotsInput {
    /// The decoded video.
    pub decoded: Decoded,
}
message!(ShotsInput, "shots.input", 1);
impl StageInput for ShotsInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
        })
    }
}

/// Output of `shots`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShotsFound {
    /// A [`ShotList`](crate::shots::ShotList), JSON.
    pub shots: ArtifactRef,
    /// Number of shots.
    pub shot_count: u32,
}
message!(ShotsFound, "shots.output", 1);

/// Input of `detect`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetectInput {
    /// The decoded video.
    pub decoded: Decoded,
    /// Shots, at whose boundaries tracks end; `None` if that stage gave up.
    pub shots: Option<ShotsFound>,
}
message!(DetectInput, "detect.input", 1);
impl StageInput for DetectInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
            shots: upstream.optional(StageName::Shots)?,
        })
    }
}

/// Output of `detect`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detected {
    /// [`ObjectDetections`](crate::objects::ObjectDetections), JSON.
    pub objects: ArtifactRef,
    /// Number of detections.
    pub detection_count: u32,
    /// Number of tracks.
    pub track_count: u32,
}
message!(Detected, "detect.output", 1);

/// Input of `sound`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundInput {
    /// The decoded video.
    pub decoded: Decoded,
}
message!(SoundInput, "sound.input", 1);
impl StageInput for SoundInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
        })
    }
}

/// Output of `sound`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundMeasured {
    /// A [`SoundEnergy`](crate::sound::SoundEnergy), JSON.
    pub sound: ArtifactRef,
    /// Whether the file has an audio stream.
    pub has_audio: bool,
}
message!(SoundMeasured, "sound.output", 1);

/// A stage that left no output, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageFailure {
    /// The stage.
    pub stage: StageName,
    /// Which class of failure it was.
    pub class: FailureClass,
    /// What happened, for people.
    pub reason: String,
}

/// Input of `timeline`: everything that was measured, and what was not and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineInput {
    /// The stored file and what is known of it.
    pub ingested: Ingested,
    /// The decoded video.
    pub decoded: Decoded,
    /// Shots, if found.
    pub shots: Option<ShotsFound>,
    /// Objects, if found.
    pub objects: Option<Detected>,
    /// Sound, if measured.
    pub sound: Option<SoundMeasured>,
    /// Stages without an output, by stage.
    pub failures: Vec<StageFailure>,
}
message!(TimelineInput, "timeline.input", 1);
impl StageInput for TimelineInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        let failures = upstream
            .outcomes()
            .filter_map(|(stage, outcome)| match outcome {
                Outcome::Failed { reason, class } => Some(StageFailure {
                    stage,
                    class: *class,
                    reason: reason.clone(),
                }),
                Outcome::Done { .. } => None,
            })
            .collect();
        Ok(Self {
            ingested: upstream.required(StageName::Ingest)?,
            decoded: upstream.required(StageName::Decode)?,
            shots: upstream.optional(StageName::Shots)?,
            objects: upstream.optional(StageName::Detect)?,
            sound: upstream.optional(StageName::Sound)?,
            failures,
        })
    }
}

/// Output of `timeline`: the files consumers read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysed {
    /// What consumers call the video.
    pub video_id: VideoId,
    /// The unified analysis, JSON.
    pub unified: ArtifactRef,
    /// The analyses, in the order in which they are reported.
    pub analyses: Vec<AnalysisFiles>,
    /// Whether something that was asked for could not be measured.
    pub degraded: bool,
}
message!(Analysed, "timeline.output", 1);

/// The three files of one analysis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisFiles {
    /// Name of the analysis, as `scene_pacing`.
    pub name: String,
    /// Blocks with prefixed names.
    pub result: ArtifactRef,
    /// Blocks with generic names.
    pub ml: ArtifactRef,
    /// Both, wrapped with facts about the run.
    pub complete: ArtifactRef,
}
