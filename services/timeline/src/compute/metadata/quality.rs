//! `metadataQuality`: what the source tells at all.

use super::{CAPTION, Evidence, NULL_CAPTION, dynamics::published};
use crate::{
    compute::{
        block::Block,
        events::Events,
        measure::{Measured, Reason},
    },
    metrics::{Range, define_metrics},
};
use contracts::{MediaTime, job::VideoMetadata};

/// The counters a source can tell.
const fn counters(metadata: &VideoMetadata) -> [Option<u64>; 5] {
    [
        metadata.views,
        metadata.likes,
        metadata.comments,
        metadata.shares,
        metadata.saves,
    ]
}

/// The share (0–1) of caption, the five counters and the publication time that the source tells.
#[must_use]
pub fn completeness(metadata: &VideoMetadata) -> f64 {
    let told: Vec<bool> = [metadata.description.is_some(), is_published(metadata)]
        .into_iter()
        .chain(counters(metadata).iter().map(Option::is_some))
        .collect();
    told.iter().filter(|told| **told).count() as f64 / told.len() as f64
}

/// Whether anything the analysis is made from is known: what the source tells, or a duration.
///
/// # Errors
/// That nothing is.
pub fn is_known(events: &Events) -> Measured<()> {
    let metadata = &events.metadata;
    let known = completeness(metadata) > 0.0
        || !metadata.hashtags.is_empty()
        || events.clock.duration() > MediaTime::ZERO;
    known
        .then_some(())
        .ok_or_else(|| Reason::of("the source tells nothing of the video, and it has no duration"))
}

fn is_published(metadata: &VideoMetadata) -> bool {
    let time = metadata.create_time.as_deref();
    time.is_some_and(|time| published(time).is_ok())
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let metadata = evidence.metadata();
    let mut block = Block::new("metadataQuality");
    let known = |known: bool| -> Measured<u8> { Ok(u8::from(known)) };
    let text = metadata.description.as_deref().unwrap_or_default();
    block.put("wordCount", evidence.of(|caption| caption.words.len()));
    block.put("hasCaption", known(!text.trim().is_empty()));
    block.put("linkPresent", evidence.link_present());
    let tags = evidence.hashtags.as_ref();
    block.put(
        "hashtagsPresent",
        known(tags.is_ok_and(|all| !all.is_empty())),
    );
    let all_told = counters(metadata).iter().all(Option::is_some);
    block.put("statsAvailable", known(all_told));
    block.put("publishTimeAvailable", known(is_published(metadata)));
    block.put("creatorDataAvailable", known(metadata.author.is_some()));
    block.put("dataCompleteness", Ok(completeness(metadata)));
    block.put("captionPresent", known(!text.trim().is_empty()));
    block
}

const FLAG: Range = Range::Flag;

define_metrics!(
    "metadata_analysis",
    "metadataQuality",
    [
        (
            "wordCount",
            "as metadataCoreMetrics.wordCount",
            CAPTION,
            "words",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "hasCaption",
            "1 if the source tells a caption with more than white space",
            CAPTION,
            "flag",
            FLAG,
            "never"
        ),
        (
            "linkPresent",
            "1 if a word is a link: with http:// or https://, or a host name that begins with www., has a path or ends in a well-known domain",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "hashtagsPresent",
            "1 if a hashtag is known",
            "metadata",
            "flag",
            FLAG,
            "never"
        ),
        (
            "statsAvailable",
            "1 if the source tells views, likes, comments, shares and saves",
            "metadata",
            "flag",
            FLAG,
            "never"
        ),
        (
            "publishTimeAvailable",
            "1 if the source tells an ISO 8601 publication time",
            "metadata",
            "flag",
            FLAG,
            "never"
        ),
        (
            "creatorDataAvailable",
            "1 if the source describes the author",
            "metadata",
            "flag",
            FLAG,
            "never"
        ),
        (
            "dataCompleteness",
            "share of caption, publication time, views, likes, comments, shares and saves that the source tells",
            "metadata",
            "1",
            Range::Share,
            "never"
        ),
        (
            "captionPresent",
            "hasCaption, under its second name",
            CAPTION,
            "flag",
            FLAG,
            "never"
        ),
        (
            "notMeasured.*",
            "why the field at this path is null",
            "metadata",
            "text",
            Range::REASON,
            "never; empty if nothing is null"
        ),
    ]
);
