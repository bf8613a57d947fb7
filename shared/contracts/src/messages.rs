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
    moderation::SafetyRating,
    speech::SpeechStatus,
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

// After the macro that its messages are declared with.
mod comments;
pub use comments::{Comment, Commented, InsightInput};

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

/// Input of `ocr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OcrInput {
    /// The decoded video.
    pub decoded: Decoded,
    /// Shots, which tell overlays from what was filmed; `None` if that stage gave up.
    pub shots: Option<ShotsFound>,
    /// What is said, which tells captions; `None` if that stage gave up.
    pub transcript: Option<Transcribed>,
}
message!(OcrInput, "ocr.input", 1);
impl StageInput for OcrInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
            shots: upstream.optional(StageName::Shots)?,
            transcript: upstream.optional(StageName::Transcribe)?,
        })
    }
}

/// Output of `ocr`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextRead {
    /// [`TextOnScreen`](crate::text::TextOnScreen), JSON.
    pub text: ArtifactRef,
    /// Number of lines in all frames looked at.
    pub annotation_count: u32,
    /// Number of tracks.
    pub track_count: u32,
}
message!(TextRead, "ocr.output", 1);

/// Input of `people`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleInput {
    /// The decoded video.
    pub decoded: Decoded,
    /// Shots, at whose boundaries tracks end; `None` if that stage gave up.
    pub shots: Option<ShotsFound>,
    /// Objects, among them the persons; `None` if that stage gave up.
    pub objects: Option<Detected>,
}
message!(PeopleInput, "people.input", 1);
impl StageInput for PeopleInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
            shots: upstream.optional(StageName::Shots)?,
            objects: upstream.optional(StageName::Detect)?,
        })
    }
}

/// Output of `people`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleFound {
    /// [`People`](crate::people::People), JSON.
    pub people: ArtifactRef,
    /// [`LandmarkSet`](crate::people::LandmarkSet), MessagePack.
    pub landmarks: ArtifactRef,
    /// Number of faces in all frames looked at.
    pub face_count: u32,
    /// Number of face tracks.
    pub face_track_count: u32,
}
message!(PeopleFound, "people.output", 1);

/// Input of `emotion`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmotionInput {
    /// The decoded video.
    pub decoded: Decoded,
    /// The faces to read.
    pub people: PeopleFound,
}
message!(EmotionInput, "emotion.input", 1);
impl StageInput for EmotionInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
            people: upstream.required(StageName::People)?,
        })
    }
}

/// Output of `emotion`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmotionsRead {
    /// [`Emotions`](crate::emotion::Emotions), JSON.
    pub emotions: ArtifactRef,
    /// Number of faces read in all frames looked at.
    pub reading_count: u32,
}
message!(EmotionsRead, "emotion.output", 1);

/// Input of `transcribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscribeInput {
    /// The decoded video.
    pub decoded: Decoded,
}
message!(TranscribeInput, "transcribe.input", 1);
impl StageInput for TranscribeInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
        })
    }
}

/// Output of `transcribe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcribed {
    /// A [`SpeechTranscript`](crate::speech::SpeechTranscript), JSON.
    pub transcript: ArtifactRef,
    /// The same as SubRip subtitles; `None` if nothing is said.
    pub srt: Option<ArtifactRef>,
    /// The same as WebVTT subtitles; `None` if nothing is said.
    pub vtt: Option<ArtifactRef>,
    /// Whether there is speech.
    pub status: SpeechStatus,
    /// Number of segments.
    pub segment_count: u32,
}
message!(Transcribed, "transcribe.output", 1);

/// Input of `moderate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModerateInput {
    /// The decoded video.
    pub decoded: Decoded,
}
message!(ModerateInput, "moderate.input", 1);
impl StageInput for ModerateInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
        })
    }
}

/// Output of `moderate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderated {
    /// A [`Moderation`](crate::moderation::Moderation), JSON.
    pub moderation: ArtifactRef,
    /// Judgement of the whole; `None` if no frame was looked at.
    pub rating: Option<SafetyRating>,
}
message!(Moderated, "moderate.output", 1);

/// Input of `label`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelInput {
    /// The decoded video.
    pub decoded: Decoded,
}
message!(LabelInput, "label.input", 1);
impl StageInput for LabelInput {
    fn gather(_: &Job, upstream: &Upstream) -> Result<Self, GatherError> {
        Ok(Self {
            decoded: upstream.required(StageName::Decode)?,
        })
    }
}

/// Output of `label`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    /// [`SceneLabels`](crate::labels::SceneLabels), JSON.
    pub labels: ArtifactRef,
    /// [`FrameEmbeddings`](crate::labels::FrameEmbeddings), MessagePack.
    pub embeddings: ArtifactRef,
    /// Number of labels of the video as a whole.
    pub label_count: u32,
}
message!(Labelled, "label.output", 1);

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
    /// What is said, if listened to.
    pub transcript: Option<Transcribed>,
    /// Text on screen, if read.
    pub text: Option<TextRead>,
    /// People, if looked for.
    pub people: Option<PeopleFound>,
    /// Emotions, if read.
    pub emotions: Option<EmotionsRead>,
    /// Labels of scenes, if given.
    pub labels: Option<Labelled>,
    /// Safety of the content, if judged.
    pub moderation: Option<Moderated>,
    /// Stages without an output, by stage.
    pub failures: Vec<StageFailure>,
}
message!(TimelineInput, "timeline.input", 2);
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
            transcript: upstream.optional(StageName::Transcribe)?,
            text: upstream.optional(StageName::Ocr)?,
            people: upstream.optional(StageName::People)?,
            emotions: upstream.optional(StageName::Emotion)?,
            labels: upstream.optional(StageName::Label)?,
            moderation: upstream.optional(StageName::Moderate)?,
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
    /// Analyses without files, because nothing they rest on was measured or they could not be
    /// computed.
    #[serde(default)]
    pub failed: Vec<AnalysisFailure>,
    /// The creative measures, JSON; `None` if an earlier version wrote this.
    #[serde(default)]
    pub creative: Option<ArtifactRef>,
    /// Whether something that was asked for could not be measured.
    pub degraded: bool,
}
message!(Analysed, "timeline.output", 1);

/// Why an analysis has no files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnalysisFailure {
    /// Name of the analysis, as `scene_pacing`.
    pub name: String,
    /// What was not measured or went wrong.
    pub reason: String,
}

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
