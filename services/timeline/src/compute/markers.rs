//! `temporal_markers`: the opening, the closing and the moments in between.
//!
//! A mark is something that begins: a text or sticker that appears, a sentence, a shot, an object,
//! a gesture, an expression. Activity counts marks and is no measure of engagement: nothing of
//! what viewers do goes into it. A second counts as known if every kind of mark that was measured
//! was looked for in it.

pub mod about;
pub mod activity;
pub mod closing;
pub mod moments;
pub mod opening;
pub mod peaks;

use super::{
    block::Analysis,
    events::Events,
    measure::{Measured, NO_DURATION, Reason, given},
};
use crate::{Error, Metric};
use activity::Marks;
use contracts::MediaTime;
use contracts::analysis::{AnalysisName, TEMPORAL_MARKERS};

/// What the analysis and its blocks are called.
pub(super) const NAME: AnalysisName = TEMPORAL_MARKERS;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    opening::METRICS,
    closing::METRICS,
    peaks::METRICS,
    about::METRICS,
];

const NULL_MARKS: &str = "no kind of mark was measured, or the video has no duration";

const NOT_LOOKED_AT: Reason = Reason::of("a counted kind of mark was not looked for all the time");

/// What every block of the analysis is made from.
struct Evidence<'a> {
    events: &'a Events,
    marks: Measured<Marks>,
}

/// Computes the markers.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    let evidence = Evidence {
        events,
        marks: Marks::of(events),
    };
    Analysis::assemble(
        NAME,
        given(&evidence.marks, |_| ()),
        vec![
            opening::block(&evidence),
            closing::block(&evidence),
            peaks::block(&evidence),
            about::block(&evidence),
        ],
    )
}

/// Whether the video has markers: it has a duration, and a kind of mark was measured.
#[must_use]
pub fn are_made(events: &Events) -> bool {
    Marks::of(events).is_ok()
}

impl Evidence<'_> {
    /// Something of a video with a duration.
    fn timed<T>(&self, value: Measured<T>) -> Measured<T> {
        if self.events.clock.duration() == MediaTime::ZERO {
            return Err(NO_DURATION);
        }
        value
    }
}
