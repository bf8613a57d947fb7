//! Marks, and how many begin in every second.

use crate::compute::{
    clock::second_of,
    coverage::{Modality, Stream},
    events::{Events, Objects, Overlay, Sighting},
    measure::{Measured, NO_DURATION},
};
use contracts::{MediaTime, TimeSpan};
use std::collections::BTreeMap;

/// A kind of mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A text appears.
    Text,
    /// A sentence begins.
    Speech,
    /// A shot begins.
    SceneChange,
    /// An object appears.
    Object,
    /// A gesture begins.
    Gesture,
    /// A sticker appears.
    Sticker,
    /// An expression begins.
    Emotion,
}

impl Kind {
    /// All of them, in the order in which simultaneous marks are listed.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Speech,
        Self::SceneChange,
        Self::Object,
        Self::Gesture,
        Self::Sticker,
        Self::Emotion,
    ];
    /// Its published name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Speech => "speech",
            Self::SceneChange => "scene_change",
            Self::Object => "object",
            Self::Gesture => "gesture",
            Self::Sticker => "sticker",
            Self::Emotion => "emotion",
        }
    }
    /// The modality it is made from.
    #[must_use]
    pub const fn modality(self) -> Modality {
        match self {
            Self::Text => Modality::Text,
            Self::Speech => Modality::Speech,
            Self::SceneChange => Modality::Shots,
            Self::Object => Modality::Objects,
            Self::Gesture => Modality::Gestures,
            Self::Sticker => Modality::Stickers,
            Self::Emotion => Modality::Emotions,
        }
    }
    /// What one counts in the density of the opening.
    #[must_use]
    pub const fn opening_weight(self) -> u64 {
        match self {
            Self::Text => 3,
            Self::Speech => 2,
            _ => 1,
        }
    }
    /// What one counts in the activity of a second.
    #[must_use]
    pub const fn second_weight(self) -> f64 {
        match self {
            Self::Text => 3.0,
            Self::SceneChange => 2.0,
            Self::Speech => 1.5,
            _ => 1.0,
        }
    }
    /// What one counts in the activity of a window.
    #[must_use]
    pub const fn window_weight(self) -> f64 {
        match self {
            Self::Text => 2.0,
            Self::SceneChange => 1.5,
            Self::Speech => 1.0,
            Self::Object => 0.5,
            Self::Gesture | Self::Sticker | Self::Emotion => 0.0,
        }
    }
}

/// Something that begins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// When it begins.
    pub start: MediaTime,
    /// What kind of thing.
    pub kind: Kind,
    /// When it ends; the beginning for a shot boundary.
    pub end: MediaTime,
    /// The text, or the class of the object; empty for the other kinds.
    pub content: String,
}

impl Mark {
    fn new(kind: Kind, span: TimeSpan, content: &str) -> Self {
        Self {
            start: span.start,
            kind,
            end: span.end,
            content: content.into(),
        }
    }
    /// While it lasts.
    #[must_use]
    pub fn span(&self) -> TimeSpan {
        TimeSpan::new(self.start, self.end)
    }
    /// Its kind, with what it says or shows.
    #[must_use]
    pub fn describe(&self) -> String {
        match self.kind {
            Kind::Text | Kind::Object => format!("{}: {}", self.kind.as_str(), self.content),
            kind => kind.as_str().into(),
        }
    }
}

/// The marks of a video with a duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marks {
    /// By rising time, then in the order of [`Kind::ALL`].
    pub all: Vec<Mark>,
    /// The kinds that were measured.
    pub counted: Vec<Kind>,
    /// Per second, whether every counted kind was looked for.
    pub known: Vec<bool>,
    /// Per second, whether every counted kind that enters the activity of a window was.
    pub known_for_windows: Vec<bool>,
}

impl Marks {
    /// The marks of a video.
    ///
    /// # Errors
    /// The reason, if no kind was measured or the video has no duration.
    pub fn of(events: &Events) -> Measured<Self> {
        if events.clock.second_count() == 0 {
            return Err(NO_DURATION);
        }
        let counted: Vec<Kind> = Kind::ALL
            .into_iter()
            .filter(|kind| events.sampled(kind.modality()).is_ok())
            .collect();
        if counted.is_empty() {
            return Err("no kind of mark was measured".into());
        }
        let known = |counts: fn(&Kind) -> bool| -> Vec<bool> {
            let looked_for = |second: usize| {
                counted.iter().filter(|kind| counts(kind)).all(|kind| {
                    let sampled = events.sampled(kind.modality());
                    sampled.is_ok_and(|sampled| sampled.contains(second))
                })
            };
            (0..events.clock.second_count()).map(looked_for).collect()
        };
        let mut all = overlays(Kind::Text, &events.text);
        all.extend(overlays(Kind::Sticker, &events.stickers));
        all.extend(sightings(&events.gestures));
        all.extend(others(events));
        all.retain(|mark| mark.start < events.clock.duration());
        all.sort();
        Ok(Self {
            known: known(|_| true),
            known_for_windows: known(|kind| kind.window_weight() > 0.0),
            all,
            counted,
        })
    }

    /// The marks that begin in a second.
    pub fn beginning_in(&self, second: usize) -> impl Iterator<Item = &Mark> {
        self.all
            .iter()
            .filter(move |mark| second_of(mark.start) == second)
    }

    /// Activity of every second: the weights of the marks that begin in it, summed; `None` where
    /// the second is not known.
    #[must_use]
    pub fn activity(&self) -> Vec<Option<f64>> {
        let mut sums = vec![0.0; self.known.len()];
        for mark in &self.all {
            if let Some(sum) = sums.get_mut(second_of(mark.start)) {
                *sum += mark.kind.second_weight();
            }
        }
        let pairs = sums.into_iter().zip(&self.known);
        pairs.map(|(sum, known)| known.then_some(sum)).collect()
    }
}

fn overlays(kind: Kind, stream: &Stream<Vec<Overlay>>) -> Vec<Mark> {
    let mut marks = Vec::new();
    for overlay in stream.events().into_iter().flatten() {
        let content = if kind == Kind::Text {
            &overlay.content
        } else {
            ""
        };
        let spans = overlay.intervals.iter();
        marks.extend(spans.map(|span| Mark::new(kind, *span, content)));
    }
    marks
}

fn sightings(stream: &Stream<Vec<Sighting>>) -> Vec<Mark> {
    let seen = stream.events().into_iter().flatten();
    seen.map(|one| Mark::new(Kind::Gesture, one.span, ""))
        .collect()
}

fn others(events: &Events) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Ok(speech) = events.speech.events() {
        let said = speech.utterances.iter();
        marks.extend(said.map(|one| Mark::new(Kind::Speech, one.span, "")));
    }
    if let Ok(shots) = events.shots.events() {
        let instants = shots.boundaries.iter().map(|one| one.time);
        marks.extend(instants.map(|at| Mark::new(Kind::SceneChange, TimeSpan::new(at, at), "")));
    }
    if let Ok(found) = events.emotions.events() {
        let stretches = found.stretches.iter();
        marks.extend(stretches.map(|one| Mark::new(Kind::Emotion, one.span, "")));
    }
    if let Ok(objects) = events.objects.events() {
        let appearances = appearances(objects).into_iter();
        marks.extend(appearances.map(|(class, span)| Mark::new(Kind::Object, span, class)));
    }
    marks
}

/// Class and interval of every object: its track, or, for what has no track, the frames in a row
/// in which the class is seen without one.
#[must_use]
pub fn appearances(objects: &Objects) -> Vec<(&str, TimeSpan)> {
    let mut found: Vec<(&str, TimeSpan)> = objects
        .tracks
        .iter()
        .map(|track| (track.class.as_str(), track.span))
        .collect();
    let mut loose: BTreeMap<&str, Vec<MediaTime>> = BTreeMap::new();
    for detection in objects.detections.iter().filter(|one| one.track.is_none()) {
        loose
            .entry(&detection.class)
            .or_default()
            .push(detection.time);
    }
    let next_frame = |time: MediaTime| {
        let after = objects.frames.partition_point(|frame| *frame <= time);
        objects.frames.get(after).copied()
    };
    for (class, times) in loose {
        let mut runs: Vec<TimeSpan> = Vec::new();
        for time in times {
            match runs.last_mut() {
                Some(run) if time == run.end || next_frame(run.end) == Some(time) => run.end = time,
                _ => runs.push(TimeSpan::new(time, time)),
            }
        }
        found.extend(runs.into_iter().map(|run| (class, run)));
    }
    found
}
