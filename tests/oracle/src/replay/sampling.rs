//! Which frames the services of the record looked at.
//!
//! Frames are taken from a video at 5 per second below 30 s, 3 below 60 s, 2 below 120 s, else 1,
//! by counting frames, and end where their number is reached. Objects and texts are then looked for
//! in some of them only.

/// Frames objects are looked for in.
const OBJECT_FRAMES: usize = 100;
/// Frames texts are looked for in.
const TEXT_FRAMES: usize = 60;
/// Frames emotions are read in.
const EMOTION_FRAMES: usize = 60;
/// More frames than any service looks at.
const MOST_FRAMES: f64 = 10_000.0;

/// Numbers of the frames that are taken from a video.
#[must_use]
pub fn extracted(duration: f64, frames_per_second: f64) -> Vec<u64> {
    let target = match duration {
        seconds if seconds < 30.0 => 5.0,
        seconds if seconds < 60.0 => 3.0,
        seconds if seconds < 120.0 => 2.0,
        _ => 1.0,
    };
    every(
        duration,
        frames_per_second,
        target,
        (duration * target) as usize,
    )
}

/// Every so many frames that there are about `target` per second, at most `limit`.
fn every(duration: f64, frames_per_second: f64, target: f64, limit: usize) -> Vec<u64> {
    let interval = if frames_per_second > target {
        (frames_per_second / target) as usize
    } else {
        1
    };
    let frames = (duration * frames_per_second).round() as u64;
    (0..frames).step_by(interval.max(1)).take(limit).collect()
}

/// Those objects are looked for in: every so many, the first of them.
#[must_use]
pub fn of_objects(frames: &[u64]) -> Vec<u64> {
    let step = (frames.len() / OBJECT_FRAMES).max(1);
    let chosen = frames.iter().step_by(step).take(OBJECT_FRAMES);
    chosen.copied().collect()
}

/// Those texts are looked for in: the first and the last ones, and some of the middle third.
#[must_use]
pub fn of_texts(frames: &[u64]) -> Vec<u64> {
    if frames.len() <= TEXT_FRAMES {
        return frames.to_vec();
    }
    let share = TEXT_FRAMES / 3;
    let middle = &frames[frames.len() / 3..2 * frames.len() / 3];
    let step = (middle.len() / share).max(1);
    let middle = middle.iter().step_by(step).take(share);
    let last = &frames[frames.len() - share..];
    let chosen = frames[..share].iter().chain(middle).chain(last);
    chosen.copied().collect()
}

/// Those emotions are read in, which are taken from the video anew.
#[must_use]
pub fn of_emotions(duration: f64, frames_per_second: f64) -> Vec<u64> {
    let target = match duration {
        seconds if seconds <= 30.0 => 2.0,
        seconds if seconds <= 60.0 => 1.0,
        _ => 0.5,
    };
    every(duration, frames_per_second, target, EMOTION_FRAMES)
}

/// Their times, in seconds.
#[must_use]
pub fn times(frames: &[u64], frames_per_second: f64) -> Vec<f64> {
    let time = |frame: &u64| *frame as f64 / frames_per_second;
    frames.iter().map(time).collect()
}

/// Times of frames of which a video has so many per second.
#[must_use]
pub fn evenly(duration: f64, per_second: f64) -> Vec<f64> {
    let count = (duration * per_second).ceil().min(MOST_FRAMES) as u32;
    (0..count)
        .map(|index| f64::from(index) / per_second)
        .collect()
}
