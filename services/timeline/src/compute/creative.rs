//! `creative_measures`: the hook, what a video is made of, and the open ABCD rubric.
//!
//! One file without prefixes. Windows are half-open: what happens at 5.0 s is not part of the
//! first five seconds. What a video has is told from what was found, wherever that was; that it
//! lacks something is told only where all of the window was looked at. Brand and products are
//! known only if they were named.

pub mod abcd;
pub mod advertised;
pub mod attract;
pub mod calls;
pub mod connect;
pub mod finding;
pub mod first_seconds;
pub mod hook;
pub mod makeup;
pub mod quality;
pub mod terms;

use super::{
    block::Analysis,
    coverage::Modality,
    events::Events,
    measure::{Measured, NO_DURATION},
};
use crate::{Error, Metric};
use contracts::{
    MediaTime,
    analysis::{AnalysisName, CREATIVE_MEASURES},
};

/// What the measures are called.
pub(super) const NAME: AnalysisName = CREATIVE_MEASURES;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    hook::METRICS,
    first_seconds::METRICS,
    makeup::METRICS,
    abcd::METRICS,
    quality::METRICS,
];

/// The modalities the measures are made from.
const NEEDED: &[Modality] = &[
    Modality::Shots,
    Modality::Objects,
    Modality::Sound,
    Modality::Speech,
    Modality::Text,
    Modality::Faces,
    Modality::Emotions,
];

/// The same by name.
const NEEDED_NAMES: &[&str] = &[
    Modality::Shots.as_str(),
    Modality::Objects.as_str(),
    Modality::Sound.as_str(),
    Modality::Speech.as_str(),
    Modality::Text.as_str(),
    Modality::Faces.as_str(),
    Modality::Emotions.as_str(),
];

/// Computes the measures.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    Analysis::assemble(
        NAME,
        is_measured(events),
        vec![
            hook::block(events),
            makeup::block(events),
            abcd::block(events),
            quality::block(events),
        ],
    )
}

/// Whether the video has a length and anything the measures are made from was measured.
fn is_measured(events: &Events) -> Measured<()> {
    let all = NEEDED.iter().map(|modality| events.sampled(*modality));
    let found = all.reduce(Measured::or).unwrap_or(Err(NO_DURATION));
    timed(events, found.map(|_| ()))
}

/// Something of a video with a length.
fn timed<T>(events: &Events, value: Measured<T>) -> Measured<T> {
    if events.clock.duration() == MediaTime::ZERO {
        return Err(NO_DURATION);
    }
    value
}
