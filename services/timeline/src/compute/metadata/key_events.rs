//! `metadataKeyEvents`: what the caption names, promises and asks for.

use super::{
    CAPTION, Evidence, NULL_CAPTION, NULL_HASHTAGS,
    calls::{Calls, has_hook},
};
use crate::{
    compute::block::Block,
    metrics::{Range, define_metrics},
};

/// Every item once, by first appearance.
fn once(items: &[String]) -> Vec<String> {
    by_frequency(items, |_| 0)
}

/// Every item once: the most frequent first, by first appearance among equals.
#[must_use]
pub fn most_frequent(items: &[String]) -> Vec<String> {
    by_frequency(items, |count| count)
}

fn by_frequency(items: &[String], weight: impl Fn(usize) -> usize) -> Vec<String> {
    let mut counted = indexmap::IndexMap::<&String, usize>::new();
    for item in items {
        *counted.entry(item).or_insert(0) += 1;
    }
    let mut counted: Vec<(&String, usize)> = counted.into_iter().collect();
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(weight(*count)));
    counted.into_iter().map(|(item, _)| item.clone()).collect()
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("metadataKeyEvents");
    block.put("hashtags", evidence.hashtags.clone());
    block.put(
        "keyMentions",
        evidence.of(|caption| once(&caption.mentions)),
    );
    block.put(
        "primaryEmojis",
        evidence.of(|caption| most_frequent(&caption.emoji)),
    );
    block.put(
        "hasHook",
        evidence.of(|caption| u8::from(has_hook(&caption.text))),
    );
    block.put(
        "callToAction",
        evidence.of(|caption| u8::from(Calls::of(&caption.text).count() > 0)),
    );
    block
}

define_metrics!(
    "metadata_analysis",
    "metadataKeyEvents",
    [
        (
            "hashtags",
            "names of the hashtags the source lists; if it lists none, of those in the caption, by place",
            "metadata",
            "names",
            Range::ListOf(&Range::Text("names without #")),
            NULL_HASHTAGS
        ),
        (
            "keyMentions",
            "who is mentioned, once each, by first mention",
            CAPTION,
            "names",
            Range::ListOf(&Range::Text("names with @")),
            NULL_CAPTION
        ),
        (
            "primaryEmojis",
            "the emoji, once each, the most frequent first, by first appearance among equals",
            CAPTION,
            "emoji",
            Range::ListOf(&Range::Text("emoji")),
            NULL_CAPTION
        ),
        (
            "hasHook",
            "1 if the caption holds, as whole words, wait for it, watch till, won't believe, pov, story time, here's how or the secret",
            CAPTION,
            "flag",
            Range::Flag,
            NULL_CAPTION
        ),
        (
            "callToAction",
            "as metadataPatterns.ctaFeatures.hasCTA",
            CAPTION,
            "flag",
            Range::Flag,
            NULL_CAPTION
        ),
    ]
);
