//! What is said, as published under `ml_data.whisper`.

use crate::{manifest::ModelStamp, sound::Interval};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether there is speech, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpeechStatus {
    /// Something is said.
    Speech,
    /// There is sound, but nothing in it was recognised as speech.
    NoSpeech,
    /// The file has no audio stream.
    NoAudio,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpokenWord {
    /// The word with its punctuation, without surrounding space.
    pub word: String,
    /// First instant, in seconds.
    pub start: f64,
    /// First instant after it, in seconds.
    pub end: f64,
    /// Probability the recogniser gives it, 0–1: the geometric mean over its tokens.
    pub confidence: f64,
    /// Whether its times were divided up by letters within the segment, because the recogniser
    /// did not tell where it is.
    pub interpolated: bool,
}

/// A stretch of speech without a longer pause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpeechSegment {
    /// Position in the transcript, from 0.
    pub id: u32,
    /// First instant, in seconds.
    pub start: f64,
    /// First instant after it, in seconds.
    pub end: f64,
    /// What is said, without surrounding space.
    pub text: String,
    /// Probability the recogniser gives it, 0–1: the geometric mean over its tokens.
    pub confidence: f64,
    /// Mean natural logarithm of the probability of its tokens.
    pub avg_logprob: f64,
    /// Probability the recogniser gives to there being no speech in the window, 0–1.
    pub no_speech_prob: f64,
    /// Its words, by time.
    pub words: Vec<SpokenWord>,
}

/// Why something recognised is not part of the transcript.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// A description of sound, such as `[Music]`, or nothing but punctuation.
    Annotation,
    /// The recogniser itself thinks that nothing is said.
    NoSpeech,
    /// The recogniser is not sure enough.
    LowConfidence,
    /// The same words over and over, as recognisers produce where they hear nothing.
    Repetition,
    /// More than anyone can say in that time.
    ImpossibleRate,
}

/// Something recognised that is not part of the transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DroppedSpeech {
    /// First instant, in seconds.
    pub start: f64,
    /// First instant after it, in seconds.
    pub end: f64,
    /// What was recognised.
    pub text: String,
    /// Why it was dropped.
    pub reason: DropReason,
}

/// What the `transcribe` stage heard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpeechTranscript {
    /// Whether there is speech.
    pub status: SpeechStatus,
    /// All segments joined by spaces.
    pub text: String,
    /// By time.
    pub segments: Vec<SpeechSegment>,
    /// ISO 639 code of the language; null without speech.
    pub language: Option<String>,
    /// Probability of the language, 0–1; null without speech or if the language was prescribed.
    pub language_probability: Option<f64>,
    /// Length of the audio, in seconds; null without audio.
    pub duration: Option<f64>,
    /// Stretches in which a voice is active, by time, whether understood or not.
    pub voice_activity: Vec<Interval>,
    /// Sum of [`voice_activity`](Self::voice_activity), in seconds; null without audio.
    pub voice_seconds: Option<f64>,
    /// What was recognised and dropped, by time.
    pub dropped: Vec<DroppedSpeech>,
    /// What was listened to, and how.
    pub metadata: SpeechMetadata,
}

/// How a [`SpeechTranscript`] was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SpeechMetadata {
    /// Name of the recogniser, as `whisper-base`.
    pub model: String,
    /// The networks that took part and the digests of their weights.
    pub models: Vec<ModelStamp>,
    /// Whether there was audio to process.
    pub processed: bool,
    /// Always true: a failed stage leaves no result at all.
    pub success: bool,
    /// What ran the networks.
    pub backend: String,
    /// Windows of up to 30 seconds shown to the recogniser.
    pub windows: u32,
    /// Audio shown to the recogniser, in seconds; the rest was found to hold no voice.
    pub recognised_seconds: f64,
    /// Whether word times come from the recogniser's attention; if not, they are interpolated.
    pub words_aligned: bool,
}
