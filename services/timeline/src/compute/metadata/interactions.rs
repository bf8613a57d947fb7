//! `metadataInteractions`: what viewers did.

use super::{Evidence, NULL_COUNTER};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, Reason},
    },
    metrics::{Range, define_metrics},
};

fn share(count: Measured<u64>, views: Measured<u64>) -> Measured<f64> {
    let (count, views) = (count?, views?);
    if views == 0 {
        return Err(Reason::of("the video has no views"));
    }
    Ok(count as f64 / views as f64)
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
    ]
);
