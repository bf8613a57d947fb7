//! The result, put together from what was read in each frame.

use super::{
    Frame, Reading,
    aggregate::{Seen, aggregate},
    network,
    scores::{Smoother, intensity, mean, most_probable, valence, valence_table},
};
use crate::config::Config;
use contracts::{
    MediaTime,
    emotion::{
        EmotionFrame, EmotionLabel, EmotionMetadata, EmotionReading, EmotionScores, EmotionSecond,
        EmotionTrack, Emotions, FrameState, RawEmotion,
    },
    manifest::ModelStamp,
};
use indexmap::IndexMap;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

/// Decimals of a probability.
const DECIMALS: f64 = 1e4;

/// What is known beside the frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Length of the video.
    pub duration: MediaTime,
    /// The network and its weights.
    pub model: ModelStamp,
}

/// Puts the result together from what was read in each frame, by rising time.
#[must_use]
pub fn emotions(frames: &[Frame], scene: &Scene, config: &Config) -> Emotions {
    let faces = smoothed(frames, Duration::from_millis(config.smoothing_ms));
    let main = main_faces(&faces);
    let seen: Vec<Seen> = main
        .iter()
        .map(|reading| Seen {
            time: MediaTime::from_seconds(reading.timestamp),
            emotion: reading.emotion,
            confidence: reading.confidence,
        })
        .collect();
    let figures = aggregate(&seen, frames.len(), config.no_face_share);
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let duration = scene.duration.seconds();
    let left_out = frames.iter().map(|frame| {
        let read = count(frame.readings.len());
        frame.faces.saturating_sub(read)
    });
    Emotions {
        confidence_scores: main.iter().map(|reading| reading.confidence).collect(),
        timeline: timeline(frames, &main),
        tracks: tracks(&faces),
        frames: frames.iter().map(state).collect(),
        emotions: main,
        faces,
        dominant_emotion: figures.dominant,
        emotion_transitions: figures.transitions,
        processing_stats: figures.stats,
        metrics: figures.metrics,
        video_duration: duration,
        frames_analyzed: count(frames.len()),
        sample_rate: (duration > 0.0).then(|| rounded(frames.len() as f64 / duration)),
        metadata: EmotionMetadata {
            model: scene.model.clone(),
            processed: true,
            frame_times: frames.iter().map(|frame| frame.time.seconds()).collect(),
            labels: EmotionLabel::ALL.to_vec(),
            accuracy: network::accuracy(),
            valence_table: valence_table()
                .into_iter()
                .map(|(label, valence)| (name(label), valence))
                .collect(),
            smoothing_seconds: Duration::from_millis(config.smoothing_ms).as_secs_f64(),
            unmeasured: unmeasured(),
            faces_left_out: left_out.sum(),
        },
    }
}

fn unmeasured() -> BTreeMap<String, String> {
    let missing = "the network gives seven probabilities and nothing else";
    ["action_units", "au_intensities", "arousal"]
        .map(|key| (key.into(), missing.into()))
        .into()
}

/// The label as it is published.
fn name(label: EmotionLabel) -> String {
    let name = match label {
        EmotionLabel::Anger => "anger",
        EmotionLabel::Disgust => "disgust",
        EmotionLabel::Fear => "fear",
        EmotionLabel::Joy => "joy",
        EmotionLabel::Sadness => "sadness",
        EmotionLabel::Surprise => "surprise",
        EmotionLabel::Neutral => "neutral",
    };
    name.into()
}

fn rounded(value: f64) -> f64 {
    (value * DECIMALS).round() / DECIMALS + 0.0
}

fn published(scores: &EmotionScores) -> EmotionScores {
    EmotionScores::from_fn(|label| rounded(scores.of(label)))
}

fn state(frame: &Frame) -> EmotionFrame {
    EmotionFrame {
        timestamp: frame.time.seconds(),
        frame_number: frame.number,
        state: match (frame.readings.is_empty(), frame.faces) {
            (false, _) => FrameState::Read,
            (true, 0) => FrameState::NoFace,
            (true, _) => FrameState::TooSmall,
        },
    }
}

/// Every reading, smoothed over its track. A face without a track is taken as it is.
fn smoothed(frames: &[Frame], constant: Duration) -> Vec<EmotionReading> {
    let mut tracks: BTreeMap<&str, (Smoother, MediaTime)> = BTreeMap::new();
    let mut all = Vec::new();
    for frame in frames {
        for reading in &frame.readings {
            let fresh = || (Smoother::new(constant), frame.time);
            let scores = match &reading.track_id {
                Some(track) => {
                    let (smoother, last) = tracks.entry(track).or_insert_with(fresh);
                    let gap = frame.time.since(*last);
                    *last = frame.time;
                    smoother.next(&reading.scores, gap)
                }
                None => reading.scores,
            };
            all.push(publish(frame, reading, &scores));
        }
    }
    all
}

fn publish(frame: &Frame, reading: &Reading, scores: &EmotionScores) -> EmotionReading {
    let (emotion, confidence) = most_probable(scores);
    let (raw_emotion, raw_confidence) = most_probable(&reading.scores);
    EmotionReading {
        timestamp: frame.time.seconds(),
        frame_number: frame.number,
        rank: reading.rank,
        track_id: reading.track_id.clone(),
        emotion,
        confidence: rounded(confidence),
        all_scores: published(scores),
        valence: rounded(valence(scores)),
        intensity: rounded(intensity(scores)),
        raw: RawEmotion {
            emotion: raw_emotion,
            confidence: rounded(raw_confidence),
            all_scores: published(&reading.scores),
        },
        face_bbox: reading.face_bbox,
    }
}

/// The first reading of every frame: readings come by time and by size.
fn main_faces(faces: &[EmotionReading]) -> Vec<EmotionReading> {
    let frames = faces.chunk_by(|a, b| a.frame_number == b.frame_number);
    frames.filter_map(|frame| frame.first().cloned()).collect()
}

fn tracks(faces: &[EmotionReading]) -> Vec<EmotionTrack> {
    let mut order: Vec<&str> = Vec::new();
    let mut found: BTreeMap<&str, Vec<&EmotionReading>> = BTreeMap::new();
    for reading in faces {
        let Some(track) = reading.track_id.as_deref() else {
            continue;
        };
        match found.entry(track) {
            Entry::Vacant(entry) => {
                order.push(track);
                entry.insert(vec![reading]);
            }
            Entry::Occupied(mut entry) => entry.get_mut().push(reading),
        }
    }
    let all = order.into_iter();
    all.filter_map(|track| summary(track, found.get(track)?))
        .collect()
}

fn summary(track: &str, readings: &[&EmotionReading]) -> Option<EmotionTrack> {
    let scores = mean(readings.iter().map(|reading| &reading.raw.all_scores))?;
    let seen: Vec<Seen> = readings
        .iter()
        .map(|reading| Seen {
            time: MediaTime::from_seconds(reading.timestamp),
            emotion: reading.emotion,
            confidence: reading.confidence,
        })
        .collect();
    Some(EmotionTrack {
        track_id: track.into(),
        readings: u32::try_from(readings.len()).unwrap_or(u32::MAX),
        first_read: readings.first()?.timestamp,
        last_read: readings.last()?.timestamp,
        dominant_emotion: aggregate(&seen, seen.len(), 1.0).dominant?,
        mean_scores: published(&scores),
        mean_valence: rounded(valence(&scores)),
    })
}

/// Second by second: the mean of the main face's readings, or that there was none. Seconds in
/// which no frame was looked at are not listed.
fn timeline(frames: &[Frame], main: &[EmotionReading]) -> IndexMap<String, EmotionSecond> {
    let second_of = |timestamp: f64| timestamp as u64;
    let mut seconds: BTreeMap<u64, Vec<&EmotionScores>> = BTreeMap::new();
    for frame in frames {
        seconds.entry(second_of(frame.time.seconds())).or_default();
    }
    for reading in main {
        let here = seconds.entry(second_of(reading.timestamp)).or_default();
        here.push(&reading.all_scores);
    }
    let entry = |(second, scores): (u64, Vec<&EmotionScores>)| {
        let value = match mean(scores) {
            Some(scores) => {
                let (emotion, confidence) = most_probable(&scores);
                EmotionSecond::Face {
                    emotion,
                    confidence: rounded(confidence),
                    all_scores: published(&scores),
                }
            }
            None => EmotionSecond::NoFace { no_face: true },
        };
        (format!("{second}-{}s", second + 1), value)
    };
    seconds.into_iter().map(entry).collect()
}
