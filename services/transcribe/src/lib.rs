#![doc = include_str!("../README.md")]

pub mod compute;
mod config;
mod listen;
mod networks;

pub use config::{ActivityConfig, Config, GateConfig, InvalidConfig, Recogniser, WindowConfig};
pub use networks::OpenError;

use compute::subtitles::{cues, srt, vtt};
use contracts::{
    ArtifactRef, StageName,
    manifest::ModelStamp,
    messages::{TranscribeInput, Transcribed},
    speech::SpeechTranscript,
};
use inference::{Engine, Model};
use networks::Networks;
use stage::{Stage, StageContext, StageError};
use std::sync::Arc;

/// Name of the artifact that holds the transcript.
pub const TRANSCRIPT_FILE: &str = "transcript.json";
/// Name of the artifact that holds it as SubRip subtitles.
pub const SRT_FILE: &str = "transcript.srt";
/// Name of the artifact that holds it as WebVTT subtitles.
pub const VTT_FILE: &str = "transcript.vtt";

/// The `transcribe` stage with its networks.
pub struct Transcribe {
    config: Arc<Config>,
    networks: Arc<Networks>,
}

impl Transcribe {
    /// Opens the networks, once for all videos; they have answered their golden samples then.
    ///
    /// # Errors
    /// [`OpenError`] if a setting is at fault or a network cannot be opened.
    pub fn open(engine: &Engine, config: Config) -> Result<Self, OpenError> {
        config.validate()?;
        let networks = Networks::open(engine, config.model)?;
        if let Some(code) = &config.language
            && !networks.vocabulary.special().languages.contains_key(code)
        {
            return Err(OpenError::UnknownLanguage(code.clone()));
        }
        Ok(Self {
            config: Arc::new(config),
            networks: Arc::new(networks),
        })
    }

    /// The opened networks, for people who ask what they run on.
    #[must_use]
    pub fn networks(&self) -> [&Model; 3] {
        self.networks.models()
    }

    /// Stores subtitles, if there is anything to show.
    async fn subtitles(
        &self,
        transcript: &SpeechTranscript,
        context: &StageContext,
    ) -> Result<Option<(ArtifactRef, ArtifactRef)>, StageError> {
        let cues = cues(&transcript.segments);
        if cues.is_empty() {
            return Ok(None);
        }
        let srt = context.store(SRT_FILE, srt(&cues).into()).await?;
        let vtt = context.store(VTT_FILE, vtt(&cues).into()).await?;
        Ok(Some((srt, vtt)))
    }
}

impl Stage for Transcribe {
    type Input = TranscribeInput;
    type Output = Transcribed;
    const NAME: StageName = StageName::Transcribe;

    async fn run(
        &self,
        input: TranscribeInput,
        context: &StageContext,
    ) -> Result<Transcribed, StageError> {
        let transcript = match &input.decoded.audio {
            Some(track) => self.listen(track, context).await?,
            None => compute::transcript::without_audio(self.config.model.name()),
        };
        let subtitles = self.subtitles(&transcript, context).await?;
        let (srt, vtt) = subtitles.unzip();
        Ok(Transcribed {
            transcript: context.store_json(TRANSCRIPT_FILE, &transcript).await?,
            srt,
            vtt,
            status: transcript.status,
            segment_count: u32::try_from(transcript.segments.len()).unwrap_or(u32::MAX),
        })
    }

    fn models(&self) -> Vec<ModelStamp> {
        self.networks.stamps()
    }
}
