//! From what was seen in each frame to a judgement of the whole.

use super::{
    moderator::{Moderator, Seen},
    nudenet::{CLASSES, Part, is_explicit},
};
use contracts::{
    MediaTime,
    decoded::PictureEntry,
    manifest::ModelStamp,
    moderation::{
        BodyPart, ExplicitContent, ExplicitFrame, FrameModeration, Moderation, ModerationMetadata,
        SafetyRating,
    },
};

/// Decimals of a score.
const SCORE_DECIMALS: i32 = 4;
/// Decimals of a share of the picture.
const SHARE_DECIMALS: i32 = 5;
const NO_FRAMES: &str = "no frame was decoded, so none was looked at";

/// What is known beside the frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Length of the video.
    pub duration: MediaTime,
    /// Which model looked.
    pub moderator: Moderator,
    /// The model and its weights.
    pub model: ModelStamp,
    /// Score from which a frame counts as explicit, 0–1.
    pub threshold: f64,
}

/// Judgement by the highest score.
#[must_use]
pub fn rating(highest: f64) -> SafetyRating {
    match highest {
        score if score < 0.1 => SafetyRating::VerySafe,
        score if score < 0.3 => SafetyRating::Safe,
        score if score < 0.5 => SafetyRating::Questionable,
        score if score < 0.8 => SafetyRating::Unsafe,
        _ => SafetyRating::Explicit,
    }
}

/// Puts the result together from what was seen in each frame, by rising time.
#[must_use]
pub fn judge(frames: &[(PictureEntry, Seen)], scene: &Scene) -> Moderation {
    let results: Vec<FrameModeration> = frames
        .iter()
        .map(|(entry, seen)| {
            let score = rounded(seen.score, SCORE_DECIMALS);
            FrameModeration {
                frame_number: entry.frame_number,
                timestamp: entry.time.seconds(),
                nsfw_score: score,
                safe_score: rounded(1.0 - score, SCORE_DECIMALS),
                is_safe: score < scene.threshold,
            }
        })
        .collect();
    let parts = frames.iter().flat_map(|(entry, seen)| {
        let parts = seen.parts.iter();
        parts.map(move |part| body_part(entry, part))
    });
    let seconds = scene.duration.seconds();
    let content = content(&results);
    Moderation {
        reason: content.is_none().then(|| NO_FRAMES.into()),
        explicit_content: content,
        body_parts: scene.moderator.finds_parts().then(|| parts.collect()),
        frames_analyzed: count(results.len()),
        sample_fps: (seconds > 0.0)
            .then(|| rounded(results.len() as f64 / seconds, SCORE_DECIMALS)),
        frame_results: results,
        metadata: ModerationMetadata {
            model: scene.model.clone(),
            processed: true,
            method: scene.moderator.method().into(),
            threshold: scene.threshold,
        },
    }
}

/// `None` without frames: what was not looked at is not safe.
fn content(results: &[FrameModeration]) -> Option<ExplicitContent> {
    let highest = results.iter().map(|one| one.nsfw_score).reduce(f64::max)?;
    let sum: f64 = results.iter().map(|one| one.nsfw_score).sum();
    let explicit = results.iter().filter(|one| !one.is_safe);
    let explicit: Vec<ExplicitFrame> = explicit
        .map(|one| ExplicitFrame {
            frame: one.frame_number,
            timestamp: one.timestamp,
            nsfw_score: one.nsfw_score,
        })
        .collect();
    Some(ExplicitContent {
        is_safe: explicit.is_empty(),
        avg_nsfw_score: rounded(sum / results.len() as f64, SCORE_DECIMALS),
        max_nsfw_score: highest,
        explicit_frame_count: count(explicit.len()),
        explicit_frames: explicit,
        safety_rating: rating(highest),
    })
}

fn body_part(entry: &PictureEntry, part: &Part) -> BodyPart {
    let bbox = part.bbox;
    let edges = [bbox.left, bbox.top, bbox.right, bbox.bottom];
    BodyPart {
        frame_number: entry.frame_number,
        timestamp: entry.time.seconds(),
        class_name: CLASSES.get(part.class).copied().unwrap_or_default().into(),
        explicit: is_explicit(part.class),
        confidence: rounded(part.confidence, SCORE_DECIMALS),
        bbox_normalized: edges.map(|edge| rounded(edge, SHARE_DECIMALS)),
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}
