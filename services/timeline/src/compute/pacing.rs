//! `scene_pacing`: how the video is cut.
//!
//! D is the length of the video as far as it was decoded, N the number of shots, L their lengths
//! and c the times of the boundaries between them, whatever their kind.

pub mod core;
pub mod curve;
pub mod dynamics;
pub mod interactions;
pub mod key_events;
pub mod patterns;
pub mod quality;

use super::{
    block::Analysis,
    clock::Clock,
    events::{Boundary, Events, Shots},
    measure::{Measured, NO_DURATION, Reason, given, given_some, given_that},
};
use crate::{Error, Metric};
use contracts::analysis::{AnalysisName, SCENE_PACING};
use contracts::{MediaTime, TimeSpan};

/// What the analysis and its blocks are called.
pub(super) const NAME: AnalysisName = SCENE_PACING;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    core::METRICS,
    dynamics::METRICS,
    interactions::METRICS,
    key_events::METRICS,
    patterns::METRICS,
    quality::METRICS,
];

/// Why there is nothing to compare in a video without a boundary.
const ONE_SHOT: Reason = Reason::of("the video is one shot");
const NULL_SHOTS: &str = "shots were not measured, or the video has no duration";
const NULL_ONE_SHOT: &str = "as totalScenes; a video without a boundary";
const SHOTS: &str = "shots";

/// The shots of a video with a length.
#[derive(Debug, Clone, PartialEq)]
pub struct Editing {
    boundaries: Vec<Boundary>,
    intervals: Vec<TimeSpan>,
    clock: Clock,
}

impl Editing {
    /// The editing of a video.
    ///
    /// # Errors
    /// The reason, if it has no length.
    pub fn of(shots: &Shots) -> Measured<Self> {
        let end = shots.intervals.last().map_or(MediaTime::ZERO, |s| s.end);
        if end == MediaTime::ZERO {
            return Err(NO_DURATION);
        }
        Ok(Self {
            boundaries: shots.boundaries.clone(),
            intervals: shots.intervals.clone(),
            clock: Clock::new(end),
        })
    }
    /// Boundaries by rising time.
    #[must_use]
    pub fn boundaries(&self) -> &[Boundary] {
        &self.boundaries
    }
    /// The shots by rising time, at least one.
    #[must_use]
    pub fn intervals(&self) -> &[TimeSpan] {
        &self.intervals
    }
    /// The clock, as far as the video was decoded.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.clock
    }
    /// D in seconds, above zero.
    #[must_use]
    pub fn duration(&self) -> f64 {
        self.clock.seconds()
    }
    /// L: lengths of the shots in seconds.
    #[must_use]
    pub fn lengths(&self) -> Vec<f64> {
        self.intervals
            .iter()
            .map(|shot| shot.duration().as_secs_f64())
            .collect()
    }
    /// c: times of the boundaries in seconds.
    #[must_use]
    pub fn cuts(&self) -> Vec<f64> {
        self.boundaries.iter().map(|b| b.time.seconds()).collect()
    }
}

/// What every block of the analysis is made from.
struct Evidence<'a> {
    events: &'a Events,
    editing: Measured<Editing>,
    /// The same, if there is at least one boundary.
    cut: Measured<Editing>,
}

/// Computes the analysis.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    let editing = events.shots.events().and_then(Editing::of);
    let cut = given_that(&editing, |editing| !editing.boundaries.is_empty(), ONE_SHOT);
    let evidence = Evidence {
        events,
        editing,
        cut,
    };
    Analysis::assemble(
        NAME,
        given(&evidence.editing, |_| ()),
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
    /// Applies a formula to the shots.
    fn of<R>(&self, formula: impl FnOnce(&Editing) -> R) -> Measured<R> {
        given(&self.editing, formula)
    }
    /// Applies a formula that needs at least one boundary.
    fn of_cut<R>(&self, formula: impl FnOnce(&Editing) -> R) -> Measured<R> {
        given(&self.cut, formula)
    }
    /// Applies a formula with a null rule of its own to shots with at least one boundary.
    fn some_of_cut<R>(&self, formula: impl FnOnce(&Editing) -> Measured<R>) -> Measured<R> {
        given_some(&self.cut, formula)
    }
}
