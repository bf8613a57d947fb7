#![doc = include_str!("../README.md")]

pub mod compute;
mod config;
mod look;
pub mod reader;

pub use config::{
    Config, DetectionConfig, GraphicsConfig, InvalidConfig, RecognitionConfig, RoleConfig,
    SamplingConfig, TrackConfig,
};
pub use reader::Reader;

use compute::{Scene, publish, roles::Speech, sampling::Change};
use contracts::{
    MediaTime, StageName,
    decoded::ChangeSignals,
    manifest::ModelStamp,
    messages::{OcrInput, ShotsFound, TextRead, Transcribed},
    shots::ShotList,
    speech::SpeechTranscript,
};
use inference::Engine;
use stage::{Stage, StageContext, StageError};

/// Name of the artifact this stage stores.
pub const TEXT_FILE: &str = "text.json";

/// Why the stage cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A setting makes no sense.
    #[error(transparent)]
    Config(#[from] InvalidConfig),
    /// A model cannot be opened.
    #[error("cannot open the text models")]
    Reader(#[from] reader::Error),
}

/// The `ocr` stage with its models.
pub struct Ocr {
    config: Config,
    reader: Reader,
}

impl Ocr {
    /// Opens the models, once for all videos; they have answered their golden samples then.
    ///
    /// # Errors
    /// [`OpenError`] if a setting is at fault or a model cannot be opened.
    pub fn open(engine: &Engine, config: Config) -> Result<Self, OpenError> {
        config.validate()?;
        let reader = Reader::open(engine, config.clone())?;
        Ok(Self { config, reader })
    }

    /// What reads the pictures.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.reader
    }
}

async fn boundaries(
    shots: Option<&ShotsFound>,
    context: &StageContext,
) -> Result<Option<Vec<MediaTime>>, StageError> {
    let Some(found) = shots else {
        return Ok(None);
    };
    let list: ShotList = context.load_json(&found.shots).await?;
    let times = list.scene_changes.into_iter().map(MediaTime::from_seconds);
    Ok(Some(times.collect()))
}

/// What is said, word by word; or why that is not known.
async fn speech(
    transcript: Option<&Transcribed>,
    context: &StageContext,
) -> Result<Result<Vec<Speech>, String>, StageError> {
    let Some(transcribed) = transcript else {
        return Ok(Err("stage transcribe left no transcript".into()));
    };
    let transcript: SpeechTranscript = context.load_json(&transcribed.transcript).await?;
    Ok(Ok(transcript
        .segments
        .iter()
        .flat_map(Speech::of_segment)
        .collect()))
}

impl Stage for Ocr {
    type Input = OcrInput;
    type Output = TextRead;
    const NAME: StageName = StageName::Ocr;

    async fn run(&self, input: OcrInput, context: &StageContext) -> Result<TextRead, StageError> {
        let decoded = &input.decoded;
        let signals: ChangeSignals = context.load_packed(&decoded.signals).await?;
        let video = &decoded.probe.video;
        let scene = Scene {
            size: (video.width, video.height),
            end: decoded.completeness.video_until,
            boundaries: boundaries(input.shots.as_ref(), context).await?,
            speech: speech(input.transcript.as_ref(), context).await?,
            models: self.reader.stamps(),
        };
        let found = self
            .look(&decoded.frames, Change::new(&signals), context)
            .await?;
        let config = self.config.clone();
        let text = context
            .blocking(move || {
                let mosaics: Vec<_> = found.mosaics.iter().map(AsRef::as_ref).collect();
                Ok(publish(&found.looks, &mosaics, &scene, &config))
            })
            .await?;
        Ok(TextRead {
            text: context.store_json(TEXT_FILE, &text).await?,
            annotation_count: text.metadata.texts_detected,
            track_count: text.metadata.total_tracks,
        })
    }

    fn models(&self) -> Vec<ModelStamp> {
        self.reader.stamps()
    }
}
