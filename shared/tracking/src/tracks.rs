//! Linking detections to tracks, shot by shot.

use crate::{config::TrackConfig, geometry::Detection, motion::Motion};
use contracts::MediaTime;
use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};
use std::time::Duration;

/// Detections that confirm a track.
const CONFIRMING: usize = 2;
/// Sampling steps that a gap may always last, whatever the settings: else nothing would be linked
/// in a long video.
const STEPS_BRIDGED: f64 = 1.5;
/// Sights from which the motion of a box is known.
const KNOWN_MOTION: usize = 3;
/// How much the overlap with the box as last seen counts beside that with the predicted one, once
/// the motion is known: counting it in full doubles the exchanges of numbers between boxes that
/// cross, not counting it at all loses people who turn back (`docs/accuracy/tracking.md`).
const LAST_SEEN_TRUST: f64 = 0.5;
/// Steps of the integer scale on which overlaps are compared.
const SCALE: f64 = 1e9;

/// What was found in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// When it is shown.
    pub time: MediaTime,
    /// Position among all decoded frames.
    pub number: u64,
    /// What was found, in [`Detection::order`].
    pub detections: Vec<Detection>,
}

/// The frame and the detection in it, by position.
pub type Sight = (usize, usize);

/// One thing followed through one shot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Where it was seen, by rising time; never empty.
    pub sights: Vec<Sight>,
    /// Shot it lies in, from 1; `None` if shots are not known.
    pub scene_number: Option<u32>,
}

struct Track {
    class: usize,
    motion: Motion,
    last_seen: MediaTime,
    tracked: bool,
    sights: Vec<Sight>,
}

/// The confirmed tracks, shot by shot and by first sight, so that nothing is followed across a
/// boundary. Frames come by rising time, boundaries as the first instants of new shots; without
/// boundaries the video counts as one shot of unknown number.
#[must_use]
pub fn link(
    frames: &[Frame],
    boundaries: Option<&[MediaTime]>,
    config: &TrackConfig,
) -> Vec<Linked> {
    let shot_of = |frame: &Frame| {
        let boundaries = boundaries.unwrap_or_default();
        boundaries.partition_point(|boundary| *boundary <= frame.time)
    };
    let mut first = 0;
    let mut all = Vec::new();
    for shot in frames.chunk_by(|a, b| shot_of(a) == shot_of(b)) {
        let number = shot
            .first()
            .map(shot_of)
            .and_then(|shot| u32::try_from(shot + 1).ok());
        for sights in link_shot(shot, config) {
            all.push(Linked {
                sights: sights
                    .into_iter()
                    .map(|(at, place)| (first + at, place))
                    .collect(),
                scene_number: boundaries.and(number),
            });
        }
        first += shot.len();
    }
    all
}

/// The confirmed tracks of one shot by first sight: each a list of frame and detection, where
/// frames are counted within `frames`.
fn link_shot(frames: &[Frame], config: &TrackConfig) -> Vec<Vec<Sight>> {
    let needed = CONFIRMING.min(frames.len());
    let max_gap = longest_gap(frames, config);
    let mut live: Vec<Track> = Vec::new();
    let mut ended: Vec<Track> = Vec::new();
    for (at, frame) in frames.iter().enumerate() {
        let gone = |track: &mut Track| frame.time.since(track.last_seen) > max_gap;
        ended.extend(live.extract_if(.., gone));
        step(&mut live, frame, at, config);
    }
    ended.extend(live);
    let mut confirmed: Vec<Vec<Sight>> = ended
        .into_iter()
        .map(|track| track.sights)
        .filter(|sights| sights.len() >= needed)
        .collect();
    confirmed.sort();
    confirmed
}

fn longest_gap(frames: &[Frame], config: &TrackConfig) -> Duration {
    let mut steps: Vec<Duration> = frames
        .windows(2)
        .map(|pair| match pair {
            [earlier, later] => later.time.since(earlier.time),
            _ => Duration::ZERO,
        })
        .collect();
    steps.sort_unstable();
    let usual = steps.get(steps.len() / 2).copied().unwrap_or_default();
    Duration::from_millis(config.max_gap_ms).max(usual.mul_f64(STEPS_BRIDGED))
}

/// One frame of ByteTrack: confident detections against all tracks, the others against those
/// seen in the frame before that are still unmatched; confident ones left over begin tracks.
fn step(live: &mut Vec<Track>, frame: &Frame, at: usize, config: &TrackConfig) {
    let (strong, weak): (Vec<usize>, Vec<usize>) = (0..frame.detections.len())
        .partition(|place| confidence(frame, *place) >= config.start_confidence);
    let all: Vec<usize> = (0..live.len()).collect();
    let mut matches = assign(live, &all, frame, &strong, config.match_overlap, config);
    let taken = |matches: &[(usize, usize)], track: usize| matches.iter().any(|m| m.0 == track);
    let left: Vec<usize> = all
        .into_iter()
        .filter(|track| !taken(&matches, *track))
        .filter(|track| live.get(*track).is_some_and(|track| track.tracked))
        .collect();
    matches.extend(assign(
        live,
        &left,
        frame,
        &weak,
        config.weak_match_overlap,
        config,
    ));
    for (number, track) in live.iter_mut().enumerate() {
        let found = matches.iter().find(|(matched, _)| *matched == number);
        track.tracked = found.is_some();
        if let Some((_, place)) = found {
            track.see(frame, at, *place);
        }
    }
    let unmatched = strong
        .into_iter()
        .filter(|place| !matches.iter().any(|(_, matched)| matched == place));
    live.extend(unmatched.filter_map(|place| Track::begin(frame, at, place)));
}

fn confidence(frame: &Frame, place: usize) -> f64 {
    frame
        .detections
        .get(place)
        .map_or(0.0, |found| found.confidence)
}

/// Pairs tracks with detections so that the sum of overlaps is largest, each at least `least`.
fn assign(
    live: &[Track],
    tracks: &[usize],
    frame: &Frame,
    places: &[usize],
    least: f64,
    config: &TrackConfig,
) -> Vec<(usize, usize)> {
    let side = tracks.len().max(places.len());
    if tracks.is_empty() || places.is_empty() {
        return Vec::new();
    }
    // Square, filled up with zeros: the algorithm pairs every row, and pairs of weight zero are
    // none.
    let weights = Matrix::from_fn(side, side, |(row, column)| {
        let track = tracks.get(row).and_then(|track| live.get(*track));
        let found = places
            .get(column)
            .and_then(|place| frame.detections.get(*place));
        let overlap = match (track, found) {
            (Some(track), Some(found)) => track.overlap(found, frame.time, config),
            _ => 0.0,
        };
        if overlap >= least {
            (overlap * SCALE) as i64
        } else {
            0
        }
    });
    let (_, columns) = kuhn_munkres(&weights);
    tracks
        .iter()
        .zip(columns)
        .enumerate()
        .filter(|(row, (_, column))| {
            weights
                .get((*row, *column))
                .is_some_and(|weight| *weight > 0)
        })
        .filter_map(|(_, (track, column))| Some((*track, *places.get(column)?)))
        .collect()
}

impl Track {
    fn begin(frame: &Frame, at: usize, place: usize) -> Option<Self> {
        let found = frame.detections.get(place)?;
        Some(Self {
            class: found.class,
            motion: Motion::new(found.bbox),
            last_seen: frame.time,
            tracked: true,
            sights: vec![(at, place)],
        })
    }

    fn see(&mut self, frame: &Frame, at: usize, place: usize) {
        if let Some(found) = frame.detections.get(place) {
            let seconds = frame.time.since(self.last_seen).as_secs_f64();
            self.motion = self.motion.seen(found.bbox, seconds);
            self.last_seen = frame.time;
            self.sights.push((at, place));
        }
    }

    /// How well a detection fits: intersection over union with the box as predicted or as last
    /// seen, whichever fits better, both grown by the margin. Once the motion is known, where the
    /// box was last counts less.
    fn overlap(&self, found: &Detection, now: MediaTime, config: &TrackConfig) -> f64 {
        if found.class != self.class {
            return 0.0;
        }
        let seconds = now.since(self.last_seen).as_secs_f64();
        let margin = config.margin_per_second * seconds.min(1.0);
        let grown = found.bbox.grown(margin);
        let predicted = self.motion.predicted(seconds).grown(margin);
        let last = self.motion.last().grown(margin);
        let trust = if self.sights.len() < KNOWN_MOTION {
            1.0
        } else {
            LAST_SEEN_TRUST
        };
        predicted.overlap(grown).max(trust * last.overlap(grown))
    }
}
