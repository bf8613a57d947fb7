//! `metadataInteractions`: what viewers did, and who published.

use super::{Evidence, NULL_COUNTER, NULL_HASHTAGS, patterns::generic_count};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, Reason, given},
    },
    metrics::{Range, define_metrics},
};
use serde_json::Value;

fn share(count: Measured<u64>, views: Measured<u64>) -> Measured<f64> {
    let (count, views) = (count?, views?);
    if views == 0 {
        return Err(Reason::of("the video has no views"));
    }
    Ok(count as f64 / views as f64)
}

/// Under which keys sources describe the name of an account, the first first.
const NAMES: [&str; 3] = ["name", "username", "uniqueId"];
const NO_AUTHOR: Reason = Reason::of("the source does not describe the author");

/// The name of the account: a text that is not empty.
///
/// # Errors
/// The reason, if the source does not tell it.
pub fn username(author: Option<&Value>) -> Measured<&str> {
    let author = author.ok_or(NO_AUTHOR)?;
    let mut texts = NAMES.iter().filter_map(|key| author.get(key)?.as_str());
    texts
        .find(|name| !name.trim().is_empty())
        .ok_or_else(|| Reason::of("the source does not name the account"))
}

/// Whether the platform vouches for the account.
///
/// # Errors
/// The reason, if the source does not tell it.
pub fn verified(author: Option<&Value>) -> Measured<bool> {
    let told = author.ok_or(NO_AUTHOR)?.get("verified");
    told.and_then(Value::as_bool)
        .ok_or_else(|| Reason::of("the source does not tell whether the account is verified"))
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("metadataInteractions");
    block.put("likeCount", evidence.likes());
    block.put("commentCount", evidence.comments());
    block.put("shareCount", evidence.shares());
    block.put("saveCount", evidence.saves());
    for (field, count) in [
        ("engagementAlignment.likesToViewsRatio", evidence.likes()),
        (
            "engagementAlignment.commentsToViewsRatio",
            evidence.comments(),
        ),
        ("engagementAlignment.sharesToViewsRatio", evidence.shares()),
    ] {
        block.put(field, share(count, evidence.views()));
    }
    let tags = &evidence.hashtags;
    let generic = given(tags, |all| generic_count(all));
    let niche = given(tags, |all| all.len() - generic_count(all));
    block.put("hashtagCounts.nicheCount", niche);
    block.put("hashtagCounts.genericCount", generic);
    let author = evidence.metadata().author.as_ref();
    block.put("creatorContext.username", username(author));
    block.put("creatorContext.verified", verified(author));
    block
}

const NULL_RATIO: &str = "the source does not tell one of the two, or tells zero views";

define_metrics!(
    "metadata_analysis",
    "metadataInteractions",
    [
        (
            "likeCount",
            "likes the source tells",
            "metadata",
            "likes",
            Range::COUNT,
            NULL_COUNTER
        ),
        (
            "commentCount",
            "comments the source tells",
            "metadata",
            "comments",
            Range::COUNT,
            NULL_COUNTER
        ),
        (
            "shareCount",
            "shares the source tells",
            "metadata",
            "shares",
            Range::COUNT,
            NULL_COUNTER
        ),
        (
            "saveCount",
            "saves the source tells",
            "metadata",
            "saves",
            Range::COUNT,
            NULL_COUNTER
        ),
        (
            "engagementAlignment.likesToViewsRatio",
            "likes / views",
            "metadata",
            "1",
            Range::AtLeast(0.0),
            NULL_RATIO
        ),
        (
            "engagementAlignment.commentsToViewsRatio",
            "comments / views",
            "metadata",
            "1",
            Range::AtLeast(0.0),
            NULL_RATIO
        ),
        (
            "engagementAlignment.sharesToViewsRatio",
            "shares / views",
            "metadata",
            "1",
            Range::AtLeast(0.0),
            NULL_RATIO
        ),
        (
            "hashtagCounts.nicheCount",
            "as metadataPatterns.hashtagBreakdown.niche",
            "metadata",
            "hashtags",
            Range::COUNT,
            NULL_HASHTAGS
        ),
        (
            "hashtagCounts.genericCount",
            "as metadataPatterns.hashtagBreakdown.generic",
            "metadata",
            "hashtags",
            Range::COUNT,
            NULL_HASHTAGS
        ),
        (
            "creatorContext.username",
            "name of the account: the first text under name, username or uniqueId of the author",
            "metadata",
            "name",
            Range::Text("any name"),
            "the source does not tell it"
        ),
        (
            "creatorContext.verified",
            "whether the platform vouches for the account, as the source tells it",
            "metadata",
            "truth",
            Range::Boolean,
            "the source does not tell it"
        ),
    ]
);
