//! `creative_density`: how much happens on screen, second by second.
//!
//! The density of a second is the number of texts, stickers, objects, gestures, expressions and
//! shot boundaries in it, as far as those were measured. A second in which one of the measured
//! kinds was not looked at has no density.

pub mod core;
pub mod dynamics;
pub mod interactions;
pub mod key_events;
pub mod patterns;
pub mod quality;
pub mod series;

use super::{
    block::{Analysis, Block},
    events::Events,
    measure::{Measured, Reason, given, given_some},
};
use crate::{Error, Metric};
use contracts::analysis::{AnalysisName, CREATIVE_DENSITY};
use series::{Series, View};

/// What the analysis and its blocks are called.
pub(super) const NAME: AnalysisName = CREATIVE_DENSITY;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    core::METRICS,
    dynamics::METRICS,
    interactions::METRICS,
    key_events::METRICS,
    patterns::METRICS,
    quality::METRICS,
];

const NULL_DENSITY: &str =
    "no kind of element was measured, no second was looked at, or the video has no duration";

/// What every block of the analysis is made from.
struct Evidence<'a> {
    events: &'a Events,
    view: Measured<View>,
    series: Measured<Series>,
    confidence: Measured<f64>,
}

/// Computes the analysis.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    let view = View::of(events);
    let evidence = Evidence {
        events,
        series: given_some(&view, View::series),
        confidence: quality::confidence(events),
        view,
    };
    Analysis::assemble(
        NAME,
        given(&evidence.series, |_| ()),
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
    /// Applies a formula to the density series.
    fn of<R>(&self, formula: impl FnOnce(&Series) -> R) -> Measured<R> {
        given(&self.series, formula)
    }
    /// Applies a formula with a null rule of its own to the density series.
    fn some<R>(&self, formula: impl FnOnce(&Series) -> Measured<R>) -> Measured<R> {
        given_some(&self.series, formula)
    }
    /// Why some seconds have no density; `None` if all have one.
    fn unsampled_reason(&self) -> Option<Reason> {
        let missing = self.view.as_ref().ok()?.unsampled();
        (!missing.is_empty()).then(|| {
            Reason::new(format!(
                "a counted kind was not looked at in {} of the seconds, listed in {}",
                missing.len(),
                "densityKeyEvents.unsampledSeconds"
            ))
        })
    }
    fn put_confidence(&self, block: &mut Block) {
        block.put("confidence", self.confidence.clone());
    }
}
