//! The event model: lists of events with real intervals on the clock of one video.
//!
//! Intervals are half-open. Per-second views are derived from the lists where they are needed.

use super::{
    clock::Clock,
    coverage::{Modality, SampledSeconds, Stream},
    measure::Measured,
    published::Published,
};
use crate::Brand;
use contracts::{
    MediaTime, TimeSpan,
    emotion::{EmotionLabel, EmotionScores},
    job::VideoMetadata,
    people::{CameraDistance, GazeDirection, Rectangle},
    shots::BoundaryKind,
    sound::BurstPattern,
    text::{TextPosition, TextRole},
};
use std::collections::BTreeMap;

/// Everything that was found in one video.
#[derive(Debug, Clone, PartialEq)]
pub struct Events {
    /// The clock all intervals are on.
    pub clock: Clock,
    /// Whether the file has an audio stream.
    pub has_audio: bool,
    /// What is known of the video besides its bytes.
    pub metadata: VideoMetadata,
    /// Width and height of the picture as shown, in pixels.
    pub picture: (u32, u32),
    /// Shots and boundaries.
    pub shots: Stream<Shots>,
    /// Objects.
    pub objects: Stream<Objects>,
    /// The sound.
    pub sound: Stream<Sound>,
    /// What is said.
    pub speech: Stream<Speech>,
    /// What is written.
    pub text: Stream<Vec<Overlay>>,
    /// Stickers.
    pub stickers: Stream<Vec<Overlay>>,
    /// Who is in the frames, and where they look.
    pub people: Stream<People>,
    /// Faces.
    pub faces: Stream<Vec<Sighting>>,
    /// Stretches with a body in view.
    pub bodies: Stream<Vec<Sighting>>,
    /// Gestures; frames without one leave no event.
    pub gestures: Stream<Vec<Sighting>>,
    /// Expressions of the main face.
    pub emotions: Stream<Expressions>,
    /// Where scenes were labelled; the labels are in the result.
    pub labels: Stream<()>,
    /// Where content was judged; the judgement is in the result.
    pub safety: Stream<()>,
    /// What is published besides the events, and its ids.
    pub published: Published,
    /// What is advertised, as far as it was named.
    pub brand: Brand,
}

/// One boundary between two shots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// First instant of the new shot; inside the video and never its beginning.
    pub time: MediaTime,
    /// What kind of transition.
    pub kind: BoundaryKind,
}

/// The shots of a video.
#[derive(Debug, Clone, PartialEq)]
pub struct Shots {
    /// Boundaries by rising time.
    pub boundaries: Vec<Boundary>,
    /// The intervals between them, which cover the video as far as it was decoded; one where
    /// there is no boundary.
    pub intervals: Vec<TimeSpan>,
}

/// One object in one sampled frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// When.
    pub time: MediaTime,
    /// COCO class.
    pub class: String,
    /// Detector's confidence, 0–1.
    pub confidence: f64,
    /// Corners `[x1, y1, x2, y2]` in pixels.
    pub bbox: [f64; 4],
    /// The track it belongs to.
    pub track: Option<String>,
}

/// One object followed over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Name of the track.
    pub id: String,
    /// COCO class.
    pub class: String,
    /// From its first to its last detection.
    pub span: TimeSpan,
}

/// The objects of a video.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Objects {
    /// Times of the frames looked at, rising.
    pub frames: Vec<MediaTime>,
    /// Detections by rising time.
    pub detections: Vec<Detection>,
    /// Tracks by first appearance.
    pub tracks: Vec<Track>,
}

/// Mean energy of the sound in one window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnergyWindow {
    /// The window.
    pub span: TimeSpan,
    /// Share (0–1) of the loudest windows.
    pub level: f64,
}

/// The sound of a video.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sound {
    /// Instants at which the energy rises, rising.
    pub onsets: Vec<MediaTime>,
    /// Energy by rising time.
    pub energy: Vec<EnergyWindow>,
    /// Silent stretches by rising time.
    pub silences: Vec<TimeSpan>,
    /// The loudest instant; `None` in total silence.
    pub climax: Option<MediaTime>,
    /// Population variance of the energy of the windows.
    pub energy_variance: Option<f64>,
    /// Where the energy lies; `None` if it was not judged.
    pub burst_pattern: Option<BurstPattern>,
}

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// While it is said.
    pub span: TimeSpan,
    /// The word with its punctuation.
    pub text: String,
    /// Recogniser's confidence, 0–1.
    pub confidence: f64,
}

/// Something said.
#[derive(Debug, Clone, PartialEq)]
pub struct Utterance {
    /// From the first to the last word.
    pub span: TimeSpan,
    /// What is said.
    pub text: String,
    /// Recogniser's confidence, 0–1.
    pub confidence: f64,
    /// Its words by rising time.
    pub words: Vec<Word>,
}

/// What is said in a video.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Speech {
    /// By rising time.
    pub utterances: Vec<Utterance>,
    /// ISO 639 code of the language; `None` if nothing is said.
    pub language: Option<String>,
    /// Stretches in which a voice is active, understood or not.
    pub voice: Vec<TimeSpan>,
}

/// One face in a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceSeen {
    /// Where it is, in shares of width and height.
    pub bbox: Rectangle,
    /// Detector's confidence, 0–1.
    pub confidence: f64,
    /// Its track.
    pub track: Option<String>,
}

/// Who is in one sampled frame.
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleFrame {
    /// When.
    pub time: MediaTime,
    /// Number of persons; `None` if persons were not looked for.
    pub persons: Option<u32>,
    /// The faces, the largest first.
    pub faces: Vec<FaceSeen>,
    /// How near the camera is; `None` if nobody is seen.
    pub distance: Option<CameraDistance>,
}

/// Where one face of one sampled frame looks.
#[derive(Debug, Clone, PartialEq)]
pub struct GazeSeen {
    /// When.
    pub time: MediaTime,
    /// Place of the face among those of the frame by area, from 1.
    pub rank: u32,
    /// 1 straight into the camera, 0 turned away.
    pub eye_contact: f64,
    /// Into the camera, or the main direction.
    pub direction: GazeDirection,
}

/// Who is in the frames, and where they look.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct People {
    /// Every frame looked at, by rising time.
    pub frames: Vec<PeopleFrame>,
    /// Wherever gaze was measured, by rising time.
    pub gaze: Vec<GazeSeen>,
}

/// The expression of the main face in one sampled frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpressionSeen {
    /// When.
    pub time: MediaTime,
    /// The most probable label.
    pub label: EmotionLabel,
    /// Its probability, 0–1.
    pub confidence: f64,
    /// All probabilities.
    pub scores: EmotionScores,
    /// How pleasant it is, -1 to 1.
    pub valence: f64,
    /// 1 less the probability of `neutral`.
    pub intensity: f64,
}

/// Expressions of the main face of a video.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expressions {
    /// Times of the frames looked at, rising.
    pub frames: Vec<MediaTime>,
    /// In every frame with a face, by rising time.
    pub seen: Vec<ExpressionSeen>,
    /// Stretches in which it is the same.
    pub stretches: Vec<Sighting>,
}

/// A text or a sticker.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// While it is visible, by rising time.
    pub intervals: Vec<TimeSpan>,
    /// What it says or shows.
    pub content: String,
    /// Detector's confidence, 0–1.
    pub confidence: f64,
    /// What a text is for; `None` for stickers.
    pub role: Option<TextRole>,
    /// Ninth of the picture a text stands in; `None` for stickers.
    pub position: Option<TextPosition>,
    /// Words and phrases of a text that ask viewers to do something.
    pub cta_keywords: Vec<String>,
}

/// A face, gesture or expression, from its first to its last sighting.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// While it is visible.
    pub span: TimeSpan,
    /// What it is, as `thumbs_up`.
    pub label: String,
    /// Detector's confidence, 0–1.
    pub confidence: f64,
}

impl Events {
    /// Where a modality was looked at.
    ///
    /// # Errors
    /// The reason, if it was not measured.
    pub fn sampled(&self, modality: Modality) -> Measured<&SampledSeconds> {
        match modality {
            Modality::Shots => self.shots.sampled(),
            Modality::Objects => self.objects.sampled(),
            Modality::Sound => self.sound.sampled(),
            Modality::Speech => self.speech.sampled(),
            Modality::Text => self.text.sampled(),
            Modality::Stickers => self.stickers.sampled(),
            Modality::Faces => self.faces.sampled(),
            Modality::Bodies => self.bodies.sampled(),
            Modality::Gestures => self.gestures.sampled(),
            Modality::Emotions => self.emotions.sampled(),
            Modality::Labels => self.labels.sampled(),
            Modality::Safety => self.safety.sampled(),
        }
    }
}

impl Sighting {
    /// While it is known to be visible: up to its last sighting, and in that instant, which the
    /// half-open interval leaves out.
    #[must_use]
    pub fn visible(&self) -> [TimeSpan; 2] {
        [self.span, TimeSpan::new(self.span.end, self.span.end)]
    }
}

impl Shots {
    /// The shots between `boundaries` of a video decoded until `end`; only boundaries inside it
    /// count, once each.
    #[must_use]
    pub fn between(end: MediaTime, mut boundaries: Vec<Boundary>) -> Self {
        boundaries.retain(|b| MediaTime::ZERO < b.time && b.time < end);
        boundaries.sort_by_key(|boundary| (boundary.time, boundary.kind as u8));
        boundaries.dedup_by_key(|boundary| boundary.time);
        let times = boundaries.iter().map(|boundary| boundary.time);
        let starts = std::iter::once(MediaTime::ZERO).chain(times.clone());
        let ends = times.chain([end]);
        let intervals = starts
            .zip(ends)
            .map(|(start, end)| TimeSpan::new(start, end))
            .collect();
        Self {
            boundaries,
            intervals,
        }
    }
}

impl Objects {
    /// Number of detections in every frame that has any, by time.
    #[must_use]
    pub fn per_frame(&self) -> BTreeMap<MediaTime, u32> {
        let mut frames = BTreeMap::new();
        for detection in &self.detections {
            *frames.entry(detection.time).or_insert(0) += 1;
        }
        frames
    }
    /// Number of distinct objects: for every class its tracks, or the most detections of it in
    /// one frame where that is more, summed.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        let mut tracks: BTreeMap<&str, u64> = BTreeMap::new();
        for track in &self.tracks {
            *tracks.entry(&track.class).or_insert(0) += 1;
        }
        let mut together: BTreeMap<(&str, MediaTime), u64> = BTreeMap::new();
        for detection in &self.detections {
            let frame = (detection.class.as_str(), detection.time);
            *together.entry(frame).or_insert(0) += 1;
        }
        for ((class, _), count) in together {
            let most = tracks.entry(class).or_insert(0);
            *most = count.max(*most);
        }
        tracks.values().sum()
    }
}
