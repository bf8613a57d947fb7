//! Following texts through the frames that were looked at, and through their absence.

use super::{
    geometry::{BoundingBox, Quad},
    letters::Reading,
    words::same_text,
};
use crate::config::TrackConfig;
use contracts::MediaTime;
use std::{cmp::Ordering, collections::BTreeMap, time::Duration};

/// One line of text in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct TextLine {
    /// Its corners, as shares of the picture.
    pub quad: Quad,
    /// What it says.
    pub reading: Reading,
}

/// A frame whose text is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// When it is shown.
    pub time: MediaTime,
    /// Position among all decoded frames.
    pub number: u64,
    /// Whether the models looked at it; else it did not differ from one they looked at.
    pub fresh: bool,
    /// Its lines, from top to bottom.
    pub lines: Vec<TextLine>,
}

/// The look and the line in it, by position.
pub type Sight = (usize, usize);

/// One text at one place, over all its appearances.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Where it was read, by rising time.
    pub sights: Vec<Sight>,
}

/// How a line fits a track.
struct Fit {
    track: usize,
    line: usize,
    /// Whether the track is still visible.
    live: bool,
    score: f64,
}

/// Follows every text. A line continues a track that says the same at the same place; one that
/// was visible a moment ago may have moved. Tracks come by first appearance, then by place.
#[must_use]
pub fn follow(looks: &[Look], config: &TrackConfig) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    for (at, look) in looks.iter().enumerate() {
        let mut fits: Vec<Fit> = Vec::new();
        for (track, known) in tracks.iter().enumerate() {
            for line in 0..look.lines.len() {
                fits.extend(fit(looks, (track, known), (at, line), config));
            }
        }
        fits.sort_by(Fit::order);
        let mut taken_tracks = vec![false; tracks.len()];
        let mut taken_lines = vec![false; look.lines.len()];
        for fit in fits {
            if taken_tracks[fit.track] || taken_lines[fit.line] {
                continue;
            }
            (taken_tracks[fit.track], taken_lines[fit.line]) = (true, true);
            tracks[fit.track].sights.push((at, fit.line));
        }
        let free = taken_lines.iter().enumerate().filter(|(_, taken)| !**taken);
        tracks.extend(free.map(|(line, _)| Track {
            sights: vec![(at, line)],
        }));
    }
    tracks
}

impl Fit {
    /// Visible ones first, then the best; total, so that nothing depends on chance.
    fn order(&self, other: &Self) -> Ordering {
        other
            .live
            .cmp(&self.live)
            .then(other.score.total_cmp(&self.score))
            .then(self.track.cmp(&other.track))
            .then(self.line.cmp(&other.line))
    }
}

fn fit(
    looks: &[Look],
    (track, known): (usize, &Track),
    (at, line): Sight,
    config: &TrackConfig,
) -> Option<Fit> {
    let &(seen_at, seen_line) = known.sights.last()?;
    let (seen, now) = (looks.get(seen_at)?, looks.get(at)?);
    let (before, after) = (seen.lines.get(seen_line)?, now.lines.get(line)?);
    let gap = now.time.since(seen.time);
    // The look right before counts however long ago it was.
    let live = seen_at + 1 == at || gap <= Duration::from_millis(config.bridge_ms);
    let (old, new) = (before.quad.bounds(), after.quad.bounds());
    let overlap = old.overlap(new);
    let moved = live && distance(old, new) <= config.speed_per_second * gap.as_secs_f64();
    if overlap < config.same_place_overlap && !moved {
        return None;
    }
    let said = |line: &TextLine| line.reading.confidence;
    let same = same_text(
        (&before.reading.text, said(before)),
        (&after.reading.text, said(after)),
    )?;
    Some(Fit {
        track,
        line,
        live,
        score: same + overlap,
    })
}

/// Distance of the middles, as a share of the picture's sides.
fn distance(a: BoundingBox, b: BoundingBox) -> f64 {
    let (a, b) = (a.centre(), b.centre());
    (a.x - b.x).hypot(a.y - b.y)
}

/// Whether two frames say the same at the same places.
#[must_use]
pub fn agree(a: &Look, b: &Look, config: &TrackConfig) -> bool {
    let matched = |one: &TextLine, others: &[TextLine]| {
        others.iter().any(|other| {
            let overlap = one.quad.bounds().overlap(other.quad.bounds());
            let said = |line: &TextLine| line.reading.confidence;
            let (text, same) = (&one.reading.text, &other.reading.text);
            overlap >= config.same_place_overlap
                && same_text((text, said(one)), (same, said(other))).is_some()
        })
    };
    a.lines.len() == b.lines.len() && a.lines.iter().all(|line| matched(line, &b.lines))
}

/// A stretch during which a track is visible, with how far its ends may be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visible {
    /// Beginning.
    pub start: MediaTime,
    /// End.
    pub end: MediaTime,
    /// How far the beginning may be off.
    pub start_uncertainty: Duration,
    /// How far the end may be off.
    pub end_uncertainty: Duration,
}

/// When something seen in the looks `seen` (positions, rising) is visible. It begins and ends
/// half way to the next look without it, or with the video; absences up to `bridge` are none.
#[must_use]
pub fn visible(
    seen: &[usize],
    times: &[MediaTime],
    end: MediaTime,
    bridge: Duration,
) -> Vec<Visible> {
    let time = |at: usize| times.get(at).copied().unwrap_or(end);
    let runs = seen.chunk_by(|a, b| a + 1 == *b || time(*b).since(time(*a)) <= bridge);
    let stretch = |run: &[usize]| {
        let (first, last) = (*run.first()?, *run.last()?);
        let before = first.checked_sub(1).map_or(MediaTime::ZERO, time);
        let after = if last + 1 < times.len() {
            time(last + 1)
        } else {
            end
        };
        let (start, start_uncertainty) = match first {
            0 => (MediaTime::ZERO, time(first).since(MediaTime::ZERO)),
            _ => half_way(before, time(first)),
        };
        let (stop, end_uncertainty) = if last + 1 < times.len() {
            half_way(time(last), after)
        } else {
            (end.max(time(last)), end.since(time(last)))
        };
        Some(Visible {
            start,
            end: stop,
            start_uncertainty,
            end_uncertainty,
        })
    };
    runs.filter_map(stretch).collect()
}

fn half_way(earlier: MediaTime, later: MediaTime) -> (MediaTime, Duration) {
    let half = later.since(earlier) / 2;
    (
        MediaTime::from_nanos(earlier.nanos().midpoint(later.nanos())),
        half,
    )
}

/// What the sights of a track agree on: the reading with the largest sum of confidence times the
/// seconds it stands for; the first in the alphabet among equals. And the mean confidence over
/// those seconds.
#[must_use]
pub fn vote(track: &Track, looks: &[Look]) -> Reading {
    let mut votes: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut sum, mut total) = (0.0, 0.0);
    for &(at, line) in &track.sights {
        let Some(reading) = looks
            .get(at)
            .and_then(|look| look.lines.get(line))
            .map(|line| &line.reading)
        else {
            continue;
        };
        let weight = stands_for(looks, at);
        *votes.entry(&reading.text).or_insert(0.0) += weight * reading.confidence;
        sum += weight * reading.confidence;
        total += weight;
    }
    let best = votes
        .into_iter()
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    Reading {
        text: best.map(|(text, _)| text.to_owned()).unwrap_or_default(),
        confidence: if total > 0.0 { sum / total } else { 0.0 },
    }
}

/// Seconds half way to both neighbours; a tiny bit more, so that a single look counts too.
fn stands_for(looks: &[Look], at: usize) -> f64 {
    let time = |at: usize| looks.get(at).map(|look| look.time);
    let around = |from: Option<MediaTime>, to: Option<MediaTime>| match (from, to) {
        (Some(from), Some(to)) => to.since(from).as_secs_f64() / 2.0,
        _ => 0.0,
    };
    let before = around(at.checked_sub(1).and_then(time), time(at));
    before + around(time(at), time(at + 1)) + f64::EPSILON
}
