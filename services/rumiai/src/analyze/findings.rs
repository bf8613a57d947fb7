//! What the stages found, in short.

use super::outcome::Failure;
use contracts::{
    ArtifactRef, StageName, Upstream,
    emotion::{EmotionLabel, Emotions},
    labels::SceneLabels,
    messages::{
        Detected, EmotionsRead, Labelled, Moderated, PeopleFound, ShotsFound, SoundMeasured,
        TextRead, Transcribed,
    },
    moderation::{Moderation, SafetyRating},
    objects::ObjectDetections,
    people::{GestureKind, People},
    sound::{BurstPattern, ClassShares, SoundEnergy},
    speech::{SpeechStatus, SpeechTranscript},
    text::{TextOnScreen, TextRole},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use stage::Artifacts;
use std::collections::{BTreeMap, BTreeSet};

/// What the stages found; null where nobody looked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Findings {
    /// Number of shots.
    pub shots: Option<u32>,
    /// Objects by class.
    pub objects: Option<BTreeMap<String, ClassCount>>,
    /// People.
    pub people: Option<PeopleSummary>,
    /// Emotions of faces.
    pub emotions: Option<EmotionSummary>,
    /// Text on screen, by first appearance.
    pub text: Option<Vec<TextSummary>>,
    /// What is said.
    pub speech: Option<SpeechSummary>,
    /// The sound.
    pub sound: Option<SoundSummary>,
    /// Labels of the whole video, the best first.
    pub labels: Option<Vec<LabelSummary>>,
    /// Safety of the content.
    pub safety: Option<SafetySummary>,
}

/// How often a class was seen.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub struct ClassCount {
    /// Confirmed tracks.
    pub tracks: u32,
    /// Detections in sampled frames.
    pub detections: u32,
}

/// People in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PeopleSummary {
    /// Face tracks.
    pub face_tracks: usize,
    /// Different faces among the tracks, as far as they were described; null if faces are not
    /// recognised.
    pub identities: Option<usize>,
    /// Most faces in one sampled frame.
    pub most_faces: u32,
    /// Share of the sampled frames with a person, in percent; null if there are no frames.
    pub presence_percentage: Option<f64>,
    /// Mean eye contact where gaze was measured, 0–1; null if it was nowhere.
    pub mean_eye_contact: Option<f64>,
    /// Sampled frames with each gesture.
    pub gestures: BTreeMap<GestureKind, u32>,
}

/// Emotions in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EmotionSummary {
    /// The main face's most frequent label; null if the video is not about faces.
    pub dominant: Option<EmotionLabel>,
    /// Sampled frames in which the main face shows each label.
    pub frames: BTreeMap<EmotionLabel, u32>,
    /// Changes of the main face's label.
    pub transitions: usize,
    /// Share (0–1) of the sampled frames with a face that could be read.
    pub detection_rate: Option<f64>,
}

/// One text in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TextSummary {
    /// What it says.
    pub text: String,
    /// What it is for.
    pub role: TextRole,
    /// When it is visible, `[start, end]` in seconds.
    pub intervals: Vec<[f64; 2]>,
}

/// Speech in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SpeechSummary {
    /// Whether there is speech, and if not, why.
    pub status: SpeechStatus,
    /// ISO 639 code of the language; null without speech.
    pub language: Option<String>,
    /// Probability of the language, 0–1.
    pub language_probability: Option<f64>,
    /// Number of words.
    pub words: usize,
    /// The transcript.
    pub text: String,
}

/// The sound in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SoundSummary {
    /// Whether there is an audio stream.
    pub has_audio: bool,
    /// Number of energy windows.
    pub energy_windows: usize,
    /// Where the energy lies.
    pub burst_pattern: BurstPattern,
    /// Integrated loudness, in LUFS; null without sound above the gate.
    pub integrated_loudness_lufs: Option<f64>,
    /// Beats per minute; null if no beat is clear.
    pub tempo_bpm: Option<f64>,
    /// Shares of speech, music, other sound and silence; null if not told apart.
    pub classes: Option<ClassShares>,
}

/// One label in short.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LabelSummary {
    /// The label.
    pub label: String,
    /// Mean confidence in the frames it counts in, 0–1.
    pub confidence: f64,
    /// Number of those frames.
    pub frames: u32,
}

/// Safety in short.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub struct SafetySummary {
    /// Judgement by the highest score; null if no frame was looked at.
    pub rating: Option<SafetyRating>,
    /// Highest score of a frame, 0–1.
    pub max_nsfw_score: Option<f64>,
    /// Frames looked at.
    pub frames: u32,
}

/// Reads what the stages found.
///
/// # Errors
/// [`Failure`] if something they stored cannot be read back.
pub async fn gather(store: &dyn Artifacts, upstream: &Upstream) -> Result<Findings, Failure> {
    let from = Reader { store, upstream };
    let shots: Option<ShotsFound> = from.message(StageName::Shots)?;
    Ok(Findings {
        shots: shots.map(|found| found.shot_count),
        objects: from
            .found(
                StageName::Detect,
                |one: Detected| one.objects,
                count_classes,
            )
            .await?,
        people: from
            .found(StageName::People, |one: PeopleFound| one.people, people)
            .await?,
        emotions: from
            .found(
                StageName::Emotion,
                |one: EmotionsRead| one.emotions,
                emotions,
            )
            .await?,
        text: from
            .found(StageName::Ocr, |one: TextRead| one.text, text)
            .await?,
        speech: from
            .found(
                StageName::Transcribe,
                |one: Transcribed| one.transcript,
                speech,
            )
            .await?,
        sound: from
            .found(StageName::Sound, |one: SoundMeasured| one.sound, sound)
            .await?,
        labels: from
            .found(StageName::Label, |one: Labelled| one.labels, labels)
            .await?,
        safety: from
            .found(StageName::Moderate, |one: Moderated| one.moderation, safety)
            .await?,
    })
}

struct Reader<'a> {
    store: &'a dyn Artifacts,
    upstream: &'a Upstream,
}

impl Reader<'_> {
    fn message<M: DeserializeOwned>(&self, stage: StageName) -> Result<Option<M>, Failure> {
        self.upstream
            .optional(stage)
            .map_err(|error| Failure::of_result(&error))
    }

    /// What a stage found, in short; `None` if it left nothing.
    async fn found<M: DeserializeOwned, T: DeserializeOwned, S>(
        &self,
        stage: StageName,
        reference: impl FnOnce(M) -> ArtifactRef,
        shorten: impl FnOnce(T) -> S,
    ) -> Result<Option<S>, Failure> {
        let Some(message) = self.message(stage)? else {
            return Ok(None);
        };
        let bytes = self
            .store
            .get(&reference(message))
            .await
            .map_err(|error| Failure::of_result(&error))?;
        let found = serde_json::from_slice(&bytes).map_err(|error| Failure::of_result(&error))?;
        Ok(Some(shorten(found)))
    }
}

fn count_classes(found: ObjectDetections) -> BTreeMap<String, ClassCount> {
    let mut classes: BTreeMap<String, ClassCount> = BTreeMap::new();
    for track in found.tracks {
        classes.entry(track.class_name).or_default().tracks += 1;
    }
    for annotation in found.object_annotations {
        classes.entry(annotation.class_name).or_default().detections += 1;
    }
    classes
}

fn people(found: People) -> PeopleSummary {
    let mut gestures = BTreeMap::new();
    for gesture in &found.gestures {
        *gestures.entry(gesture.kind).or_default() += 1;
    }
    let tracks = found.face_tracks.iter();
    let identities: BTreeSet<&str> = tracks
        .filter_map(|track| track.identity.as_deref())
        .collect();
    let contact: f64 = found.gaze.iter().map(|gaze| gaze.eye_contact).sum();
    PeopleSummary {
        face_tracks: found.face_tracks.len(),
        identities: (found.metadata.re_identified == Some(true)).then_some(identities.len()),
        most_faces: found.faces.iter().map(|face| face.count).max().unwrap_or(0),
        presence_percentage: found.presence_percentage,
        mean_eye_contact: (!found.gaze.is_empty()).then(|| contact / found.gaze.len() as f64),
        gestures,
    }
}

fn emotions(found: Emotions) -> EmotionSummary {
    let mut frames = BTreeMap::new();
    for reading in &found.emotions {
        *frames.entry(reading.emotion).or_default() += 1;
    }
    EmotionSummary {
        dominant: found.dominant_emotion,
        frames,
        transitions: found.emotion_transitions.len(),
        detection_rate: found.metrics.detection_rate,
    }
}

fn text(found: TextOnScreen) -> Vec<TextSummary> {
    let tracks = found.tracks.into_iter();
    tracks
        .map(|track| TextSummary {
            text: track.text,
            role: track.role,
            intervals: track
                .intervals
                .iter()
                .map(|interval| [interval.start, interval.end])
                .collect(),
        })
        .collect()
}

fn speech(heard: SpeechTranscript) -> SpeechSummary {
    SpeechSummary {
        status: heard.status,
        language: heard.language,
        language_probability: heard.language_probability,
        words: heard.segments.iter().map(|one| one.words.len()).sum(),
        text: heard.text,
    }
}

fn sound(energy: SoundEnergy) -> SoundSummary {
    SoundSummary {
        has_audio: energy.has_audio,
        energy_windows: energy.energy_level_windows.len(),
        burst_pattern: energy.burst_pattern,
        integrated_loudness_lufs: energy.integrated_loudness_lufs,
        tempo_bpm: energy.tempo_bpm,
        classes: energy.classes.map(|classes| classes.overall),
    }
}

fn labels(found: SceneLabels) -> Vec<LabelSummary> {
    let labels = found.labels.into_iter();
    labels
        .map(|label| LabelSummary {
            label: label.description,
            confidence: label.confidence,
            frames: label.frame_count,
        })
        .collect()
}

fn safety(judged: Moderation) -> SafetySummary {
    let whole = judged.explicit_content.as_ref();
    SafetySummary {
        rating: whole.map(|whole| whole.safety_rating),
        max_nsfw_score: whole.map(|whole| whole.max_nsfw_score),
        frames: judged.frames_analyzed,
    }
}
