//! `person_framing`: who is in the picture, how near and where.
//!
//! The main face of a frame is its largest. a is its area in percent of the picture, A the mean of
//! a over the frames that have a face. The shot type of a second follows from the mean of a over
//! its frames with a face: close above 25, medium above 8, wide above 0, none without a face.

pub mod core;
pub mod dynamics;
pub mod interactions;
pub mod key_events;
pub mod patterns;
pub mod quality;
pub mod screen;

use super::{
    block::{Analysis, Block},
    clock::{Clock, second_of},
    events::{Events, FaceSeen, GazeSeen, People, PeopleFrame},
    measure::{Measured, NO_DURATION, Reason, given, given_some, given_that},
    numbers,
};
use crate::{Error, Metric};
use contracts::analysis::{AnalysisName, PERSON_FRAMING};
use contracts::{MediaTime, people::Rectangle};
use serde::Serialize;
use std::ops::Range;

/// What the analysis and its blocks are called.
pub(super) const NAME: AnalysisName = PERSON_FRAMING;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    core::METRICS,
    dynamics::METRICS,
    interactions::METRICS,
    key_events::METRICS,
    patterns::METRICS,
    quality::METRICS,
];

const PERCENT: f64 = 100.0;
/// Percent of the picture above which a face fills it.
const CLOSE_AREA: f64 = 25.0;
/// Percent of the picture above which a face is near.
const MEDIUM_AREA: f64 = 8.0;

const NO_FACE: Reason = Reason::of("no face was seen");

const FACES: &str = "faces";
const NULL_FACES: &str =
    "faces were not measured, no frame was looked at, or the video has no duration";
const NULL_NOBODY: &str = "as primarySubject; no face was seen";
const LISTED: &str = "never, for an item that is listed";

/// How much of the picture a face takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShotType {
    /// More than 25 percent.
    Close,
    /// More than 8 percent.
    Medium,
    /// Less.
    Wide,
    /// There is no face.
    #[serde(rename = "none")]
    Faceless,
}

impl ShotType {
    /// All of them, the nearest first.
    pub const ALL: [Self; 4] = [Self::Close, Self::Medium, Self::Wide, Self::Faceless];
    /// The type of a shot whose main face has this area, in percent of the picture.
    #[must_use]
    pub fn of(area: f64) -> Self {
        if area > CLOSE_AREA {
            Self::Close
        } else if area > MEDIUM_AREA {
            Self::Medium
        } else if area > 0.0 {
            Self::Wide
        } else {
            Self::Faceless
        }
    }
}

/// What the frames of one second show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Second {
    /// How near the main face is.
    pub shot: ShotType,
    /// Most faces in one frame.
    pub faces: usize,
    /// Whether a face or a person is in at least one frame.
    pub occupied: bool,
}

/// The frames of a video with a length, of which at least one was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Framing {
    clock: Clock,
    frames: Vec<PeopleFrame>,
    gaze: Vec<GazeSeen>,
    seconds: Vec<Option<Second>>,
}

/// Area of a face in percent of the picture, as far as it lies inside.
#[must_use]
pub fn area(face: &Rectangle) -> f64 {
    let length = |start: f64, extent: f64| {
        let outside = (-start).max(0.0) + (start + extent - 1.0).max(0.0);
        (extent - outside).max(0.0)
    };
    PERCENT * length(face.x, face.width) * length(face.y, face.height)
}

/// Middle of a face, in shares of width and height.
#[must_use]
pub fn centre(face: &Rectangle) -> [f64; 2] {
    [face.x + face.width / 2.0, face.y + face.height / 2.0]
}

impl Framing {
    /// The frames of a video.
    ///
    /// # Errors
    /// The reason, if it has no length or no frame was looked at.
    pub fn of(clock: Clock, people: &People) -> Measured<Self> {
        if clock.duration() == MediaTime::ZERO {
            return Err(NO_DURATION);
        }
        if people.frames.is_empty() {
            return Err("no frame was looked at for faces".into());
        }
        let main = people.gaze.iter().filter(|one| one.rank == 1);
        Ok(Self {
            clock,
            gaze: main.cloned().collect(),
            seconds: seconds(clock, &people.frames),
            frames: people.frames.clone(),
        })
    }
    /// The clock of the video.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }
    /// Every frame looked at, by rising time.
    #[must_use]
    pub fn frames(&self) -> &[PeopleFrame] {
        &self.frames
    }
    /// Where the main face looks, wherever that was measured.
    #[must_use]
    pub fn gaze(&self) -> &[GazeSeen] {
        &self.gaze
    }
    /// Every second; `None` where no frame was looked at.
    #[must_use]
    pub fn seconds(&self) -> &[Option<Second>] {
        &self.seconds
    }
    /// The main face of every frame that has one.
    pub fn main_faces(&self) -> impl DoubleEndedIterator<Item = (MediaTime, &FaceSeen)> {
        self.frames
            .iter()
            .filter_map(|frame| Some((frame.time, frame.faces.first()?)))
    }
    /// a: areas of the main faces, in percent of the picture.
    #[must_use]
    pub fn areas(&self) -> Vec<f64> {
        self.main_faces()
            .map(|(_, face)| area(&face.bbox))
            .collect()
    }
    /// Middles of the main faces, in shares of width and height.
    #[must_use]
    pub fn centres(&self) -> Vec<[f64; 2]> {
        self.main_faces()
            .map(|(_, face)| centre(&face.bbox))
            .collect()
    }
    /// Neighbouring seconds that agree in what `of` says of them; seconds not looked at part them.
    pub fn runs<T: PartialEq + Copy>(&self, of: impl Fn(&Second) -> T) -> Vec<(T, Range<usize>)> {
        let mut runs: Vec<(T, Range<usize>)> = Vec::new();
        for (index, second) in self.seconds.iter().enumerate() {
            let Some(value) = second.as_ref().map(&of) else {
                continue;
            };
            match runs.last_mut() {
                Some((last, range)) if *last == value && range.end == index => range.end += 1,
                _ => runs.push((value, index..index + 1)),
            }
        }
        runs
    }
}

fn seconds(clock: Clock, frames: &[PeopleFrame]) -> Vec<Option<Second>> {
    let mut seconds = vec![None; clock.second_count()];
    for together in frames.chunk_by(|a, b| second_of(a.time) == second_of(b.time)) {
        let second = together.first().map(|frame| second_of(frame.time));
        if let Some(slot) = second.and_then(|second| seconds.get_mut(second)) {
            *slot = Some(second_view(together));
        }
    }
    seconds
}

fn second_view(frames: &[PeopleFrame]) -> Second {
    let main = frames.iter().filter_map(|frame| frame.faces.first());
    let areas: Vec<f64> = main.map(|face| area(&face.bbox)).collect();
    let counts = frames.iter().map(|frame| frame.faces.len());
    let faces = counts.max().unwrap_or_default();
    Second {
        shot: ShotType::of(numbers::mean(&areas).unwrap_or_default()),
        faces,
        occupied: faces > 0 || frames.iter().any(|frame| frame.persons.unwrap_or(0) > 0),
    }
}

/// A stretch of whole seconds, the last of which may end with the video.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stretch {
    /// Beginning, in seconds.
    pub start: f64,
    /// End, in seconds.
    pub end: f64,
    /// Length, in seconds.
    pub duration: f64,
}

impl Stretch {
    /// The stretch of these seconds.
    #[must_use]
    pub fn of(clock: Clock, seconds: &Range<usize>) -> Self {
        let start = clock.second(seconds.start).start;
        let end = clock.second(seconds.end.saturating_sub(1)).end;
        Self {
            start: start.seconds(),
            end: end.seconds(),
            duration: end.since(start).as_secs_f64(),
        }
    }
}

/// What every block of the analysis is made from.
struct Evidence<'a> {
    events: &'a Events,
    framing: Measured<Framing>,
    /// The same, if at least one face was seen.
    faced: Measured<Framing>,
    confidence: Measured<f64>,
}

/// Computes the analysis.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    let people = events.people.events();
    let framing = people.and_then(|people| Framing::of(events.clock, people));
    let has_face = |framing: &Framing| framing.main_faces().next().is_some();
    let faced = given_that(&framing, has_face, NO_FACE);
    let evidence = Evidence {
        events,
        confidence: given_some(&faced, |framing| quality::confidence(events, framing)),
        framing,
        faced,
    };
    Analysis::assemble(
        NAME,
        given(&evidence.framing, |_| ()),
        vec![
            core::block(&evidence),
            dynamics::block(&evidence),
            interactions::block(&evidence),
            key_events::block(&evidence),
            patterns::block(&evidence),
            quality::block(&evidence),
        ],
    )
}

impl Evidence<'_> {
    /// Applies a formula to frames, in which there may be nobody.
    fn of<R>(&self, formula: impl FnOnce(&Framing) -> R) -> Measured<R> {
        given(&self.framing, formula)
    }
    /// Applies a formula with a null rule of its own to frames.
    fn some_of<R>(&self, formula: impl FnOnce(&Framing) -> Measured<R>) -> Measured<R> {
        given_some(&self.framing, formula)
    }
    /// Applies a formula that needs at least one face.
    fn of_faced<R>(&self, formula: impl FnOnce(&Framing) -> R) -> Measured<R> {
        given(&self.faced, formula)
    }
    /// Applies a formula with a null rule of its own to frames with at least one face.
    fn some_of_faced<R>(&self, formula: impl FnOnce(&Framing) -> Option<R>) -> Measured<R> {
        given_some(&self.faced, |framing| formula(framing).ok_or(NO_FACE))
    }
    fn put_confidence(&self, block: &mut Block) {
        block.put("confidence", self.confidence.clone());
    }
}
