//! From change signals to shots: values in, values out.

mod cuts;
mod dissolves;
mod fades;
mod flashes;
mod select;

use crate::config::Config;
use contracts::{
    MediaTime,
    decoded::ChangeSignals,
    shots::{Boundary, BoundaryKind, Flash, Shot, ShotList, ShotMetadata},
};
use std::time::Duration;

/// Name of the method, as published with every result.
pub const METHOD: &str = "adaptive_hsv";

/// Why no shots can be found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Lists of unequal length, a value that is no number, or times that do not rise.
    #[error("change signals are inconsistent; decode the video again")]
    Inconsistent,
    /// No frame was decoded.
    #[error("change signals hold no frame; nothing can be said about shots")]
    NoFrames,
    /// The video has no length.
    #[error("the video has a duration of zero; nothing can be said about shots")]
    NoDuration,
}

/// A change from one picture to another, by frame number.
#[derive(Debug, Clone, PartialEq)]
struct Transition {
    /// First frame of the transition.
    start: usize,
    /// First frame of the new shot.
    frame: usize,
    /// Last frame that still changes.
    end: usize,
    kind: BoundaryKind,
    score: f64,
    threshold: f64,
}

impl Transition {
    fn overlaps(&self, other: &Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

/// The signals with the content value worked out.
struct Series<'a> {
    signals: &'a ChangeSignals,
    content: Vec<f64>,
}

impl Series<'_> {
    fn len(&self) -> usize {
        self.content.len()
    }
    fn time(&self, frame: usize) -> MediaTime {
        self.signals.times.get(frame).copied().unwrap_or_default()
    }
    /// Time from frame `from` to frame `to`.
    fn between(&self, from: usize, to: usize) -> Duration {
        self.time(to).since(self.time(from))
    }
    fn deviation(&self, frame: usize) -> f64 {
        at(&self.signals.value_deviation, frame)
    }
    fn brightness(&self, frame: usize) -> f64 {
        at(&self.signals.mean_value, frame)
    }
    fn content(&self, frame: usize) -> f64 {
        self.content.get(frame).copied().unwrap_or_default()
    }
    fn luma_two_back(&self, frame: usize) -> f64 {
        at(&self.signals.delta_luma_two_back, frame)
    }
}

fn at(list: &[f32], frame: usize) -> f64 {
    list.get(frame).copied().map(f64::from).unwrap_or_default()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Finds the shots of a video of length `duration` (nanoseconds inside, seconds in the result).
///
/// # Errors
/// [`Error`] if the signals or the duration say nothing.
pub fn find_shots(
    signals: &ChangeSignals,
    duration: MediaTime,
    config: &Config,
) -> Result<ShotList, Error> {
    if !signals.is_consistent() {
        return Err(Error::Inconsistent);
    }
    if signals.is_empty() {
        return Err(Error::NoFrames);
    }
    if duration == MediaTime::ZERO {
        return Err(Error::NoDuration);
    }
    let series = Series {
        signals,
        content: (0..signals.len())
            .filter_map(|frame| signals.content_value(frame).map(f64::from))
            .collect(),
    };
    let (cuts, flashes) = flashes::separate(&series, cuts::find(&series, config), config);
    let fades = fades::find(&series, config);
    let mut transitions = dissolves::find(&series, &cuts, config);
    transitions.retain(|dissolve| !fades.iter().any(|fade| fade.overlaps(dissolve)));
    transitions.extend(fades);
    transitions.extend(cuts);
    let chosen = select::choose(&series, transitions, duration, config.min_shot());
    Ok(publish(&series, &chosen, &flashes, duration))
}

fn publish(
    series: &Series<'_>,
    chosen: &[Transition],
    flashes: &[usize],
    duration: MediaTime,
) -> ShotList {
    let boundaries: Vec<Boundary> = chosen
        .iter()
        .map(|transition| Boundary {
            time: series.time(transition.frame).seconds(),
            transition_start: series.time(transition.start).seconds(),
            kind: transition.kind,
            score: transition.score,
            threshold: transition.threshold,
        })
        .collect();
    let scenes = shots_between(chosen.iter().map(|t| series.time(t.frame)), duration);
    ShotList {
        total_scenes: u32::try_from(scenes.len()).unwrap_or(u32::MAX),
        scene_changes: boundaries.iter().map(|boundary| boundary.time).collect(),
        scenes,
        boundaries,
        flashes: flashes
            .iter()
            .map(|frame| Flash {
                time: series.time(*frame).seconds(),
                score: series.content(*frame),
            })
            .collect(),
        metadata: ShotMetadata {
            processed: true,
            method: METHOD.into(),
            frames_analyzed: series.len() as u64,
        },
    }
}

fn shots_between(boundaries: impl Iterator<Item = MediaTime>, duration: MediaTime) -> Vec<Shot> {
    let mut start = MediaTime::ZERO;
    boundaries
        .chain([duration])
        .zip(1..)
        .map(|(end, scene_number)| {
            let shot = Shot {
                scene_number,
                start_time: start.seconds(),
                end_time: end.seconds(),
                duration: end.since(start).as_secs_f64(),
            };
            start = end;
            shot
        })
        .collect()
}
