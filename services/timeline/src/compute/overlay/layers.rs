//! How many overlays are visible at the same time.

use super::{Overlays, telling};
use crate::compute::{clock::second_key, events::Overlay, spans};
use contracts::{MediaTime, TimeSpan};
use serde::Serialize;
use std::collections::BTreeMap;

/// So many texts at once clutter the picture: more than a title and a caption.
pub const CLUTTER_TEXTS: usize = 3;
/// From so many overlays at once on, layers are complex, as the picture is cluttered by texts.
const COMPLEX_LAYERS: usize = CLUTTER_TEXTS;

/// A stretch of time in which the same number of overlays is visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    /// The stretch.
    pub span: TimeSpan,
    /// Overlays visible in all of it, at least one.
    pub count: usize,
}

/// A second in which an overlay is visible.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecondOverlays {
    /// Key of the second.
    pub timestamp: String,
    /// Overlays visible in it.
    pub overlay_count: usize,
    /// Of which kind they are.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Overlays per second of its length.
    pub density: f64,
}

/// A stretch of time with three or more texts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Clutter {
    /// Key of the stretch, widened to whole seconds.
    pub timestamp: String,
    /// Its beginning, in seconds.
    pub start: f64,
    /// Its end, in seconds.
    pub end: f64,
    /// The most texts visible at the same time in it.
    pub text_count: usize,
}

/// The stretches in which something is visible, by time. An overlay counts once however its
/// intervals overlap; one without length is not visible.
#[must_use]
pub fn layers<'a>(overlays: impl IntoIterator<Item = &'a Overlay>) -> Vec<Layers> {
    // Per instant: how many appear and how many vanish.
    let mut edges: BTreeMap<MediaTime, (usize, usize)> = BTreeMap::new();
    for overlay in overlays {
        for span in spans::union(overlay.intervals.iter().copied()) {
            edges.entry(span.start).or_default().0 += 1;
            edges.entry(span.end).or_default().1 += 1;
        }
    }
    let mut found = Vec::new();
    let mut visible: Option<Layers> = None;
    for (time, (appear, vanish)) in edges {
        let before = visible.map_or(0, |layers| layers.count);
        if let Some(mut layers) = visible.filter(|layers| layers.count > 0) {
            layers.span.end = time;
            found.push(layers);
        }
        visible = Some(Layers {
            span: TimeSpan::new(time, time),
            count: (before + appear).saturating_sub(vanish),
        });
    }
    found
}

/// The most overlays visible at the same time.
#[must_use]
pub fn most_at_once(layers: &[Layers]) -> usize {
    layers.iter().map(|one| one.count).max().unwrap_or(0)
}

/// Mean number of overlays visible at the same time over T.
#[must_use]
pub fn mean_at_once(overlays: &Overlays) -> f64 {
    let weighted = |one: &Layers| one.count as f64 * spans::length(one.span);
    // From zero on: the sum of nothing is negative zero.
    let all = layers(overlays.all());
    all.iter().fold(0.0, |sum, one| sum + weighted(one)) / overlays.duration()
}

/// `complex` from three overlays at once on, `moderate` with two, else `simple`.
#[must_use]
pub fn complexity(most_at_once: usize) -> &'static str {
    match most_at_once {
        COMPLEX_LAYERS.. => "complex",
        2 => "moderate",
        _ => "simple",
    }
}

/// The stretches with three or more texts that say something, by time.
#[must_use]
pub fn clutter(overlays: &Overlays) -> Vec<Clutter> {
    let mut crowded: Vec<Layers> = Vec::new();
    let all = layers(telling(overlays.texts()));
    for one in all.into_iter().filter(|one| one.count >= CLUTTER_TEXTS) {
        match crowded.last_mut() {
            Some(last) if last.span.end == one.span.start => {
                last.span.end = one.span.end;
                last.count = last.count.max(one.count);
            }
            _ => crowded.push(one),
        }
    }
    let published = |one: Layers| Clutter {
        timestamp: crate::compute::clock::span_key(one.span),
        start: one.span.start.seconds(),
        end: one.span.end.seconds(),
        text_count: one.count,
    };
    crowded.into_iter().map(published).collect()
}

/// The seconds in which an overlay is visible, by time.
#[must_use]
pub fn timeline(overlays: &Overlays) -> Vec<SecondOverlays> {
    let clock = overlays.clock();
    let mut counts = vec![(0_usize, 0_usize); clock.second_count()];
    let mut count = |all: &[Overlay], add: fn(&mut (usize, usize))| {
        for overlay in all {
            let seconds = overlay.intervals.iter().copied();
            let seconds = seconds.flat_map(crate::compute::clock::seconds_of);
            for second in seconds.collect::<std::collections::BTreeSet<_>>() {
                if let Some(counts) = counts.get_mut(second) {
                    add(counts);
                }
            }
        }
    };
    count(overlays.texts(), |counts| counts.0 += 1);
    count(overlays.stickers(), |counts| counts.1 += 1);
    let published = |(second, (texts, stickers)): (usize, (usize, usize))| {
        let kind = match (texts, stickers) {
            (0, 0) => return None,
            (_, 0) => "text",
            (0, _) => "sticker",
            _ => "text_and_sticker",
        };
        let overlay_count = texts + stickers;
        Some(SecondOverlays {
            timestamp: second_key(second),
            overlay_count,
            kind,
            density: overlay_count as f64 / spans::length(clock.second(second)),
        })
    };
    counts
        .into_iter()
        .enumerate()
        .filter_map(published)
        .collect()
}
