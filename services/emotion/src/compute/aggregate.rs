//! Figures about a whole video from the labels of its main face.

use contracts::{
    MediaTime,
    emotion::{EmotionLabel, EmotionMetrics, EmotionTransition, ProcessingStats, VideoType},
};

/// Decimals of a mean or a share.
const DECIMALS: f64 = 1e6;
const NO_FRAMES: &str = "the video has no frames";

/// The main face of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// When.
    pub time: MediaTime,
    /// Its label.
    pub emotion: EmotionLabel,
    /// The label's probability, 0–1.
    pub confidence: f64,
}

/// What [`aggregate`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The most frequent label; of equally frequent ones that with the greater sum of confidences,
    /// then the earlier one.
    pub dominant: Option<EmotionLabel>,
    /// Changes from one reading to the next.
    pub transitions: Vec<EmotionTransition>,
    /// How many frames were read.
    pub stats: ProcessingStats,
    /// Figures.
    pub metrics: EmotionMetrics,
}

/// Figures about a video of `frames` frames, from the main face of each that has one, by time. More
/// than `no_face_share` of the frames without a reading make it one that is not about faces.
#[must_use]
pub fn aggregate(seen: &[Seen], frames: usize, no_face_share: f64) -> Aggregate {
    let without = frames.saturating_sub(seen.len());
    let video_type = if frames == 0 {
        VideoType::Unknown
    } else if without as f64 > no_face_share * frames as f64 {
        VideoType::NoPeople
    } else {
        VideoType::PeopleDetected
    };
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let stats = ProcessingStats {
        total_frames: count(frames),
        successful_frames: count(seen.len()),
        no_face_frames: count(without),
        video_type,
    };
    let suitable = video_type == VideoType::PeopleDetected && !seen.is_empty();
    let transitions = if suitable {
        transitions(seen)
    } else {
        Vec::new()
    };
    let labels = frequencies(seen);
    let measured = |value: f64| suitable.then_some((value * DECIMALS).round() / DECIMALS);
    let mean = seen.iter().map(|one| one.confidence).sum::<f64>() / seen.len() as f64;
    let metrics = EmotionMetrics {
        video_type,
        unique_emotions: suitable.then_some(count(labels.len())),
        transition_count: suitable.then_some(count(transitions.len())),
        avg_confidence: measured(mean),
        emotion_diversity: measured(diversity(&labels)),
        detection_rate: (frames > 0)
            .then(|| (seen.len() as f64 / frames as f64 * DECIMALS).round() / DECIMALS),
        suitable_for_emotion_analysis: suitable,
        reason: (!suitable).then(|| reason(seen.len(), frames)),
        processing_stats: stats,
    };
    Aggregate {
        dominant: suitable.then(|| dominant(&labels)).flatten(),
        transitions,
        stats,
        metrics,
    }
}

fn reason(seen: usize, frames: usize) -> String {
    if frames == 0 {
        NO_FRAMES.into()
    } else {
        format!("a face could be read in {seen} of {frames} frames only")
    }
}

fn transitions(seen: &[Seen]) -> Vec<EmotionTransition> {
    let pairs = seen.iter().zip(seen.iter().skip(1));
    let changed = pairs.filter(|(before, now)| before.emotion != now.emotion);
    changed
        .map(|(before, now)| EmotionTransition {
            timestamp: now.time.seconds(),
            from: before.emotion,
            to: now.emotion,
        })
        .collect()
}

/// The labels that occur, by first occurrence, with their number and their sum of confidences.
fn frequencies(seen: &[Seen]) -> Vec<(EmotionLabel, usize, f64)> {
    let mut found: Vec<(EmotionLabel, usize, f64)> = Vec::new();
    for one in seen {
        match found.iter_mut().find(|(label, ..)| *label == one.emotion) {
            Some((_, number, sum)) => {
                *number += 1;
                *sum += one.confidence;
            }
            None => found.push((one.emotion, 1, one.confidence)),
        }
    }
    found
}

fn dominant(labels: &[(EmotionLabel, usize, f64)]) -> Option<EmotionLabel> {
    let best = labels.iter().reduce(|best, next| {
        let order = next.1.cmp(&best.1).then(next.2.total_cmp(&best.2));
        if order.is_gt() { next } else { best }
    });
    best.map(|(label, ..)| *label)
}

/// Shannon entropy of the labels by the logarithm of their number; 0 of a single label.
fn diversity(labels: &[(EmotionLabel, usize, f64)]) -> f64 {
    let total: usize = labels.iter().map(|(_, number, _)| number).sum();
    if labels.len() < 2 {
        return 0.0;
    }
    let entropy: f64 = labels
        .iter()
        .map(|(_, number, _)| *number as f64 / total as f64)
        .map(|share| -share * share.ln())
        .sum();
    entropy / (labels.len() as f64).ln()
}
