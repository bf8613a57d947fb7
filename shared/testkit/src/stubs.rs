//! A stage of every name that costs nothing: real messages and artifacts, no video behind them.
//! What a stub stores depends on everything it was given, and on nothing else but the source of
//! the job, so that results of the same source can be compared byte for byte.

use contracts::{
    ArtifactRef, MediaTime, StageName, VideoId,
    job::VideoMetadata,
    messages::{
        Analysed, Commented, DecodeInput, Decoded, DetectInput, Detected, EmotionInput,
        EmotionsRead, IngestInput, Ingested, InsightInput, LabelInput, Labelled, ModerateInput,
        Moderated, OcrInput, PeopleFound, PeopleInput, ShotsFound, ShotsInput, SoundInput,
        SoundMeasured, TextRead, TimelineInput, TranscribeInput, Transcribed,
    },
    speech::SpeechStatus,
};
use stage::{Stage, StageContext, StageError};
use std::{future::Future, pin::Pin, sync::Arc};
use worker::{AnyStage, erase};

/// What a stub does before it works.
pub type Act = Arc<
    dyn for<'a> Fn(
            &'a StageContext,
        ) -> Pin<Box<dyn Future<Output = Result<(), StageError>> + Send + 'a>>
        + Send
        + Sync,
>;

/// An act that lets every stage work.
#[must_use]
pub fn idle() -> Act {
    Arc::new(|_| Box::pin(async { Ok(()) }))
}

/// Stores what was given, with the job's own name taken out of it.
async fn keep<T: serde::Serialize + Sync>(
    input: &T,
    context: &StageContext,
) -> Result<ArtifactRef, StageError> {
    let text = serde_json::to_string_pretty(input).map_err(StageError::rejected)?;
    let text = text.replace(context.job.as_str(), "job");
    context.store("seen.json", text.into()).await
}

macro_rules! stubs {
    ($($name:ident($input:ty) -> $output:ty = |$given:ident $(. $part:ident)*, $kept:ident| $make:expr;)*) => {
        $(
            #[doc = concat!("The stub of `", stringify!($name), "`.")]
            pub struct $name(pub Act);
            impl Stage for $name {
                type Input = $input;
                type Output = $output;
                const NAME: StageName = StageName::$name;
                async fn run(
                    &self,
                    $given: $input,
                    context: &StageContext,
                ) -> Result<$output, StageError> {
                    (self.0)(context).await?;
                    let $kept = keep(&$given $(. $part)*, context).await?;
                    Ok($make)
                }
            }
        )*
    };
}

stubs! {
    Ingest(IngestInput) -> Ingested = |given.job.source, kept| Ingested {
        metadata: VideoMetadata::unknown(VideoId::from_name(&format!("{:?}", given.job.source))),
        source: kept,
    };
    Decode(DecodeInput) -> Decoded = |given, kept| {
        let _ = &given;
        crate::decoded(&kept, MediaTime::from_nanos(1_000_000_000))
    };
    Shots(ShotsInput) -> ShotsFound = |given, kept| ShotsFound { shots: kept, shot_count: 1 };
    Detect(DetectInput) -> Detected = |given, kept| Detected {
        objects: kept,
        detection_count: 1,
        track_count: 1,
    };
    People(PeopleInput) -> PeopleFound = |given, kept| PeopleFound {
        people: kept.clone(),
        landmarks: kept,
        face_count: 1,
        face_track_count: 1,
    };
    Emotion(EmotionInput) -> EmotionsRead = |given, kept| EmotionsRead {
        emotions: kept,
        reading_count: 1,
    };
    Sound(SoundInput) -> SoundMeasured = |given, kept| SoundMeasured {
        sound: kept,
        has_audio: false,
    };
    Transcribe(TranscribeInput) -> Transcribed = |given, kept| Transcribed {
        transcript: kept,
        srt: None,
        vtt: None,
        status: SpeechStatus::NoSpeech,
        segment_count: 0,
    };
    Ocr(OcrInput) -> TextRead = |given, kept| TextRead {
        text: kept,
        annotation_count: 0,
        track_count: 0,
    };
    Moderate(ModerateInput) -> Moderated = |given, kept| Moderated {
        moderation: kept,
        rating: None,
    };
    Label(LabelInput) -> Labelled = |given, kept| Labelled {
        labels: kept.clone(),
        embeddings: kept,
        label_count: 0,
    };
    Timeline(TimelineInput) -> Analysed = |given, kept| Analysed {
        video_id: given.ingested.metadata.id.clone(),
        unified: kept,
        analyses: Vec::new(),
        failed: Vec::new(),
        creative: None,
        degraded: !given.failures.is_empty(),
    };
    Insight(InsightInput) -> Commented = |given, kept| {
        let _ = &given;
        Commented {
            report: kept,
            analyses: Vec::new(),
        }
    };
}

/// The stub of this name, which does `act` before it works.
#[must_use]
pub fn named(name: StageName, act: Act) -> Arc<dyn AnyStage> {
    match name {
        StageName::Ingest => erase(Ingest(act)),
        StageName::Decode => erase(Decode(act)),
        StageName::Shots => erase(Shots(act)),
        StageName::Detect => erase(Detect(act)),
        StageName::People => erase(People(act)),
        StageName::Emotion => erase(Emotion(act)),
        StageName::Sound => erase(Sound(act)),
        StageName::Transcribe => erase(Transcribe(act)),
        StageName::Ocr => erase(Ocr(act)),
        StageName::Moderate => erase(Moderate(act)),
        StageName::Label => erase(Label(act)),
        StageName::Timeline => erase(Timeline(act)),
        StageName::Insight => erase(Insight(act)),
    }
}
