//! `metadata_analysis`: what the source tells of the video: caption, counters, publication.
//!
//! What the source does not tell is null. A share of nothing is null too.

pub mod calls;
pub mod caption;
pub mod core;
pub mod dynamics;
pub mod interactions;
pub mod key_events;
pub mod patterns;
pub mod quality;
pub mod wording;

use super::{
    block::Analysis,
    events::Events,
    measure::{Measured, Reason, given},
};
use crate::{Error, Metric};
use caption::Caption;
use contracts::analysis::{AnalysisName, METADATA_ANALYSIS};
use contracts::job::VideoMetadata;

/// What the analysis and its blocks are called.
pub(super) const NAME: AnalysisName = METADATA_ANALYSIS;

/// Definitions of all its fields, by block.
pub(super) const METRICS: &[&[Metric]] = &[
    core::METRICS,
    dynamics::METRICS,
    interactions::METRICS,
    key_events::METRICS,
    patterns::METRICS,
    quality::METRICS,
];

const CAPTION: &str = "caption";
const NULL_CAPTION: &str = "the source tells no caption";
const NULL_HASHTAGS: &str = "the source tells neither hashtags nor a caption";
const NULL_COUNTER: &str = "the source does not tell it";
const NULL_TIME: &str = "the source does not tell the publication time, or not as ISO 8601";
const NO_HASHTAGS: Reason = Reason::of("there is no hashtag");

/// What every block of the analysis is made from.
struct Evidence<'a> {
    events: &'a Events,
    caption: Measured<Caption>,
    hashtags: Measured<Vec<String>>,
}

/// The hashtags the source lists, else those of the caption.
///
/// # Errors
/// The reason, if there is neither.
pub fn hashtags(metadata: &VideoMetadata, caption: &Measured<Caption>) -> Measured<Vec<String>> {
    if metadata.hashtags.is_empty() {
        let found = given(caption, |caption| caption.hashtags.clone());
        found.map_err(|_| Reason::of(NULL_HASHTAGS))
    } else {
        Ok(metadata.hashtags.clone())
    }
}

/// A counter the source may tell.
fn counter(value: Option<u64>, name: &'static str) -> Measured<u64> {
    value.ok_or_else(|| Reason::new(format!("the source does not tell the number of {name}")))
}

/// Computes the analysis.
///
/// # Errors
/// [`Error::Unwritable`] if a formula gives a number that is not finite.
pub fn analyse(events: &Events) -> Result<Analysis, Error> {
    let metadata = &events.metadata;
    let caption = match &metadata.description {
        Some(text) => Ok(Caption::of(text)),
        None => Err(Reason::of(NULL_CAPTION)),
    };
    let evidence = Evidence {
        events,
        hashtags: hashtags(metadata, &caption),
        caption,
    };
    Analysis::assemble(
        NAME,
        quality::is_known(events),
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
    /// Applies a formula to the caption.
    fn of<R>(&self, formula: impl FnOnce(&Caption) -> R) -> Measured<R> {
        given(&self.caption, formula)
    }
    fn metadata(&self) -> &VideoMetadata {
        &self.events.metadata
    }
    fn views(&self) -> Measured<u64> {
        counter(self.metadata().views, "views")
    }
    fn likes(&self) -> Measured<u64> {
        counter(self.metadata().likes, "likes")
    }
    fn comments(&self) -> Measured<u64> {
        counter(self.metadata().comments, "comments")
    }
    fn shares(&self) -> Measured<u64> {
        counter(self.metadata().shares, "shares")
    }
    fn saves(&self) -> Measured<u64> {
        counter(self.metadata().saves, "saves")
    }
    /// Hour and weekday of the publication.
    fn published(&self) -> Measured<(Option<i8>, i8)> {
        match &self.metadata().create_time {
            Some(time) => dynamics::published(time),
            None => Err("the source does not tell when the video was published".into()),
        }
    }
    fn publish_hour(&self) -> Measured<i8> {
        let (hour, _) = self.published()?;
        hour.ok_or_else(|| "the publication time is a date".into())
    }
    fn publish_day(&self) -> Measured<i8> {
        self.published().map(|(_, day)| day)
    }
    /// 1 if the caption holds a link.
    fn link_present(&self) -> Measured<u8> {
        self.of(|caption| u8::from(!caption.links.is_empty()))
    }
}
