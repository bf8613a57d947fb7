//! Putting the result together.

use super::{
    geometry::BoundingBox,
    graphics::{Graphic, find_graphics},
    is_doubtful,
    letters::Reading,
    position,
    roles::{Facts, Judgement, Speech, judge},
    rounded,
    sampling::Mosaic,
    tracks::{Look, TextLine, Track, Visible, follow, visible, vote},
    words::{folded, words},
};
use crate::config::Config;
use contracts::{
    MediaTime, TimeSpan,
    manifest::ModelStamp,
    text::{
        Evidence, EvidenceValue, GraphicKind, GraphicOverlay, Measurement, TextAnnotation,
        TextMetadata, TextOnScreen, TextSize, TextTrack, VisibleInterval,
    },
};
use std::{collections::BTreeSet, time::Duration};

/// Decimals of a confidence.
const CONFIDENCE_DECIMALS: i32 = 4;
/// Decimals of a share of the picture.
const SHARE_DECIMALS: i32 = 5;
/// Decimals of a pixel, and of degrees.
const PIXEL_DECIMALS: i32 = 1;
/// Decimals of seconds.
const SECOND_DECIMALS: i32 = 6;
/// How near to the edge of the picture a box counts as touching it, as a share.
const EDGE: f64 = 0.01;

/// What is known beside the frames.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Width and height of the video as shown, in pixels.
    pub size: (u32, u32),
    /// End of the last decoded frame.
    pub end: MediaTime,
    /// Boundaries between shots, rising; `None` if shots are not known.
    pub boundaries: Option<Vec<MediaTime>>,
    /// What is said; or why that is not known.
    pub speech: Result<Vec<Speech>, String>,
    /// The models and their weights.
    pub models: Vec<ModelStamp>,
}

/// A track with what all its sights say.
struct Told {
    track: Track,
    reading: Reading,
    visible: Vec<Visible>,
    facts: Facts,
}

/// Everything that is needed to tell what a track is.
struct View<'a> {
    looks: &'a [Look],
    mosaics: &'a [&'a Mosaic],
    times: Vec<MediaTime>,
    scene: &'a Scene,
    config: &'a Config,
}

/// Puts the result together from what was read in each look, by rising time; `mosaics` belong to
/// the looks.
#[must_use]
pub fn publish(
    looks: &[Look],
    mosaics: &[&Mosaic],
    scene: &Scene,
    config: &Config,
) -> TextOnScreen {
    let view = View {
        looks,
        mosaics,
        times: looks.iter().map(|look| look.time).collect(),
        scene,
        config,
    };
    let texts: Vec<Told> = follow(looks, &config.tracks)
        .into_iter()
        .filter_map(|track| view.told(track))
        .collect();
    let facts: Vec<Facts> = texts.iter().map(|one| one.facts.clone()).collect();
    let speech = scene.speech.as_deref().ok();
    let judgements = judge(&facts, speech, scene.end, &config.roles);
    let mut text_annotations: Vec<TextAnnotation> = (1..)
        .zip(&texts)
        .flat_map(|(number, one)| view.annotations(number, one))
        .collect();
    text_annotations.sort_by(|a, b| {
        let place = |one: &TextAnnotation| (one.bbox[1], one.bbox[0]);
        let ((ay, ax), (by, bx)) = (place(a), place(b));
        a.timestamp
            .total_cmp(&b.timestamp)
            .then(ay.total_cmp(&by))
            .then(ax.total_cmp(&bx))
    });
    let tracks: Vec<TextTrack> = (1..)
        .zip(texts.iter().zip(judgements))
        .map(|(number, (one, judgement))| text_track(number, one, judgement))
        .collect();
    let (stickers, stickers_measured) = view.graphics();
    let metadata = view.metadata(&text_annotations, &tracks, &stickers, stickers_measured);
    TextOnScreen {
        text_annotations,
        tracks,
        stickers,
        metadata,
    }
}

impl View<'_> {
    fn line(&self, (at, line): (usize, usize)) -> Option<(&Look, &TextLine)> {
        let look = self.looks.get(at)?;
        Some((look, look.lines.get(line)?))
    }

    /// What a track says and where; `None` if it was read once and not surely.
    fn told(&self, track: Track) -> Option<Told> {
        let reading = vote(&track, self.looks);
        let once = track.sights.len() == 1 && self.looks.len() > 1;
        let sure = reading.confidence >= self.config.once_confidence && !is_doubtful(&reading.text);
        if once && !sure {
            return None;
        }
        let seen: Vec<usize> = track.sights.iter().map(|(at, _)| *at).collect();
        let bridge = Duration::from_millis(self.config.tracks.bridge_ms);
        let visible = visible(&seen, &self.times, self.scene.end, bridge);
        let facts = self.facts(&track, &reading, &visible)?;
        Some(Told {
            track,
            reading,
            visible,
            facts,
        })
    }

    fn facts(&self, track: &Track, reading: &Reading, shown: &[Visible]) -> Option<Facts> {
        let lines: Vec<&TextLine> = track
            .sights
            .iter()
            .filter_map(|sight| Some(self.line(*sight)?.1))
            .collect();
        let boxes: Vec<BoundingBox> = lines.iter().map(|line| line.quad.bounds()).collect();
        let bbox = mean_box(&boxes)?;
        let (width, height) = self.scene.size;
        let pixels = (f64::from(width), f64::from(height));
        let heights = lines.iter().map(|line| line.quad.scaled(pixels).height());
        let height_share = heights.sum::<f64>() / lines.len() as f64 / pixels.1.max(1.0);
        let tracks = &self.config.tracks;
        let size = if height_share >= tracks.large_height {
            TextSize::Large
        } else if height_share >= tracks.medium_height {
            TextSize::Medium
        } else {
            TextSize::Small
        };
        let first = lines.first()?;
        Some(Facts {
            text: reading.text.clone(),
            words: words(&reading.text),
            confidence: reading.confidence,
            intervals: shown
                .iter()
                .map(|one| TimeSpan::new(one.start, one.end))
                .collect(),
            bbox,
            height_share,
            size,
            rotation_degrees: first.quad.scaled(pixels).rotation_degrees(),
            drift: (boxes.len() > 1).then(|| drift(&boxes, bbox)),
            cuts_crossed: self.cuts_crossed(shown),
            ends_inside_shots: self.ends_inside_shots(shown, bbox),
            surroundings_change: self.surroundings_change(track),
        })
    }

    fn cuts_crossed(&self, shown: &[Visible]) -> Option<u32> {
        let boundaries = self.scene.boundaries.as_ref()?;
        let surely = |one: &Visible, cut: &MediaTime| {
            cut.since(one.start) > one.start_uncertainty
                && one.end.since(*cut) > one.end_uncertainty
        };
        let crossed = shown
            .iter()
            .flat_map(|one| boundaries.iter().filter(|cut| surely(one, cut)));
        Some(count(crossed.count()))
    }

    fn ends_inside_shots(&self, shown: &[Visible], bbox: BoundingBox) -> Option<u32> {
        let boundaries = self.scene.boundaries.as_ref()?;
        let [left, top, right, bottom] = bbox.edges();
        if left.min(top) < EDGE || right.max(bottom) > 1.0 - EDGE {
            return Some(0);
        }
        let inside = |time: MediaTime, uncertainty: Duration| {
            let ends = [MediaTime::ZERO, self.scene.end];
            let mut near = ends.iter().chain(boundaries);
            !near.any(|cut| cut.distance(time) <= uncertainty)
        };
        let ends = shown.iter().flat_map(|one| {
            [
                inside(one.start, one.start_uncertainty),
                inside(one.end, one.end_uncertainty),
            ]
        });
        Some(count(ends.filter(|inside| *inside).count()))
    }

    /// Mean over pairs of looks one after the other in which it was read.
    fn surroundings_change(&self, track: &Track) -> Option<f64> {
        let changes: Vec<f64> = track
            .sights
            .windows(2)
            .filter_map(|pair| {
                let [before, after] = [*pair.first()?, *pair.last()?];
                if before.0 + 1 != after.0 {
                    return None;
                }
                let text = self.line(after)?.1.quad.bounds();
                let mosaic = self.mosaics.get(after.0)?;
                let ring = mosaic.ring(around(text), text);
                self.mosaics.get(before.0)?.mean_difference(mosaic, &ring)
            })
            .collect();
        (!changes.is_empty()).then(|| changes.iter().sum::<f64>() / changes.len() as f64)
    }

    fn annotations(&self, number: usize, one: &Told) -> Vec<TextAnnotation> {
        let sights = one
            .track
            .sights
            .iter()
            .filter_map(|sight| self.line(*sight));
        sights
            .filter(|(look, _)| look.fresh)
            .map(|(look, line)| {
                let bbox = line.quad.bounds().clipped();
                let read = &line.reading.text;
                TextAnnotation {
                    track_id: text_id(number),
                    text: one.reading.text.clone(),
                    read_as: (*read != one.reading.text).then(|| read.clone()),
                    confidence: rounded(line.reading.confidence, CONFIDENCE_DECIMALS),
                    timestamp: look.time.seconds(),
                    bbox: self.pixels(bbox),
                    bbox_normalized: shares(bbox),
                    polygon: line.quad.0.map(|point| {
                        [point.x, point.y]
                            .map(|share| rounded(share.clamp(0.0, 1.0), SHARE_DECIMALS))
                    }),
                    frame_number: look.number,
                }
            })
            .collect()
    }

    fn pixels(&self, bbox: BoundingBox) -> [f64; 4] {
        let (width, height) = (f64::from(self.scene.size.0), f64::from(self.scene.size.1));
        let [left, top, right, bottom] = bbox.edges();
        [left * width, top * height, right * width, bottom * height]
            .map(|pixel| rounded(pixel, PIXEL_DECIMALS))
    }

    /// What stayed across cuts, if enough of them changed the picture.
    fn graphics(&self) -> (Vec<GraphicOverlay>, Measurement) {
        let Some(cuts) = &self.scene.boundaries else {
            return (Vec::new(), Measurement::missing("shots are not known"));
        };
        let config = &self.config.graphics;
        let found = find_graphics(self.looks, self.mosaics, cuts, config);
        if found.telling_cuts < config.min_cuts {
            let reason = format!(
                "graphics are told at cuts that change the picture: {} are needed, {} are there",
                config.min_cuts, found.telling_cuts
            );
            return (Vec::new(), Measurement::missing(reason));
        }
        let each = (1..).zip(&found.graphics);
        let overlays = each.filter_map(|(number, one)| self.sticker(number, one));
        (overlays.collect(), Measurement::done())
    }

    fn sticker(&self, number: usize, one: &Graphic) -> Option<GraphicOverlay> {
        let first = self.looks.get(*one.seen.first()?)?;
        let bridge = Duration::from_millis(self.config.tracks.bridge_ms);
        let shown = one.visible(&self.times, self.scene.end, bridge);
        let finding = |name: &str, value: f64| Evidence {
            name: name.into(),
            value: EvidenceValue::Number(value),
        };
        Some(GraphicOverlay {
            sticker_id: format!("sticker_{number}"),
            kind: GraphicKind::Sticker,
            confidence: rounded(one.confidence(), CONFIDENCE_DECIMALS),
            timestamp: first.time.seconds(),
            intervals: shown.iter().map(interval).collect(),
            bbox: self.pixels(one.bbox),
            bbox_normalized: shares(one.bbox),
            frame_number: first.number,
            evidence: vec![
                finding("unchanged_across_cuts", f64::from(one.cuts)),
                finding("contrast_levels", f64::from(one.contrast)),
            ],
        })
    }

    fn metadata(
        &self,
        annotations: &[TextAnnotation],
        tracks: &[TextTrack],
        graphics: &[GraphicOverlay],
        stickers: Measurement,
    ) -> TextMetadata {
        let fresh = self.looks.iter().filter(|look| look.fresh).count();
        let distinct: BTreeSet<String> = tracks.iter().map(|track| folded(&track.text)).collect();
        let speech = match &self.scene.speech {
            Ok(_) => Measurement::done(),
            Err(reason) => Measurement::missing(reason.clone()),
        };
        TextMetadata {
            models: self.scene.models.clone(),
            processed: true,
            frames_analyzed: count(fresh),
            frames_skipped_unchanged: count(self.looks.len() - fresh),
            frame_times: self.times.iter().map(|time| time.seconds()).collect(),
            largest_gap_s: self.largest_gap_s(),
            texts_detected: count(annotations.len()),
            total_tracks: count(tracks.len()),
            unique_texts: count(distinct.len()),
            stickers_detected: stickers.measured.then(|| count(graphics.len())),
            confidence_threshold: self.config.confidence,
            speech,
            stickers,
        }
    }

    fn largest_gap_s(&self) -> Option<f64> {
        let last = *self.times.last()?;
        let starts = std::iter::once(MediaTime::ZERO).chain(self.times.iter().copied());
        let ends = self.times.iter().copied().chain([self.scene.end.max(last)]);
        let gaps = starts.zip(ends).map(|(start, end)| end.since(start));
        gaps.max()
            .map(|gap| rounded(gap.as_secs_f64(), SECOND_DECIMALS))
    }
}

fn text_track(number: usize, one: &Told, judgement: Judgement) -> TextTrack {
    let facts = &one.facts;
    let first = one.visible.first().map(|shown| shown.start);
    let last = one.visible.last().map(|shown| shown.end);
    TextTrack {
        track_id: text_id(number),
        text: one.reading.text.clone(),
        confidence: rounded(one.reading.confidence, CONFIDENCE_DECIMALS),
        first_seen: first.unwrap_or_default().seconds(),
        last_seen: last.unwrap_or_default().seconds(),
        intervals: one.visible.iter().map(interval).collect(),
        frames: count(one.track.sights.len()),
        position: position(facts.bbox.centre()),
        size: facts.size,
        height_share: rounded(facts.height_share, SHARE_DECIMALS),
        rotation_degrees: rounded(facts.rotation_degrees, PIXEL_DECIMALS),
        bbox_normalized: shares(facts.bbox),
        overlay: judgement.overlay,
        role: judgement.role,
        role_confidence: rounded(judgement.confidence, CONFIDENCE_DECIMALS),
        evidence: judgement.evidence,
        cta_keywords: judgement.calls,
    }
}

fn text_id(number: usize) -> String {
    format!("text_{number}")
}

fn interval(shown: &Visible) -> VisibleInterval {
    let seconds = |length: Duration| rounded(length.as_secs_f64(), SECOND_DECIMALS);
    VisibleInterval {
        start: shown.start.seconds(),
        end: shown.end.seconds(),
        start_uncertainty: seconds(shown.start_uncertainty),
        end_uncertainty: seconds(shown.end_uncertainty),
    }
}

fn shares(bbox: BoundingBox) -> [f64; 4] {
    bbox.clipped()
        .edges()
        .map(|share| rounded(share, SHARE_DECIMALS))
}

/// A box that is larger by its height on every side.
fn around(text: BoundingBox) -> BoundingBox {
    let margin = text.height();
    BoundingBox {
        left: text.left - margin,
        top: text.top - margin,
        right: text.right + margin,
        bottom: text.bottom + margin,
    }
}

fn mean_box(boxes: &[BoundingBox]) -> Option<BoundingBox> {
    let mean =
        |edge: fn(&BoundingBox) -> f64| boxes.iter().map(edge).sum::<f64>() / boxes.len() as f64;
    (!boxes.is_empty()).then(|| BoundingBox {
        left: mean(|one| one.left),
        top: mean(|one| one.top),
        right: mean(|one| one.right),
        bottom: mean(|one| one.bottom),
    })
}

/// Root mean square distance of the middles from their mean.
fn drift(boxes: &[BoundingBox], mean: BoundingBox) -> f64 {
    let centre = mean.centre();
    let squares = boxes.iter().map(|one| {
        let at = one.centre();
        (at.x - centre.x).powi(2) + (at.y - centre.y).powi(2)
    });
    (squares.sum::<f64>() / boxes.len() as f64).sqrt()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
