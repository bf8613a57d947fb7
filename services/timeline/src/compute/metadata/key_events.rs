//! `metadataKeyEvents`: what the caption names, promises and asks for.

use super::{
    CAPTION, Evidence, NULL_CAPTION, NULL_HASHTAGS,
    calls::{CALLS, Calls, HOOKS, has_hook, listed},
};
use crate::{
    compute::block::Block,
    metrics::{Range, define_metrics},
};
use serde::Serialize;

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
    let counted = tallied(items, weight).into_iter();
    counted.map(|(item, _)| item.clone()).collect()
}

fn tallied(items: &[String], weight: impl Fn(usize) -> usize) -> Vec<(&String, usize)> {
    let mut counted = indexmap::IndexMap::<&String, usize>::new();
    for item in items {
        *counted.entry(item).or_insert(0) += 1;
    }
    let mut counted: Vec<(&String, usize)> = counted.into_iter().collect();
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(weight(*count)));
    counted
}

/// How often an emoji stands in a caption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmojiCount {
    /// The emoji.
    pub emoji: String,
    /// How often.
    pub count: usize,
}

/// Every emoji once: the most frequent first, by first appearance among equals.
#[must_use]
pub fn emoji_counts(emoji: &[String]) -> Vec<EmojiCount> {
    let counted = tallied(emoji, |count| count).into_iter();
    counted
        .map(|(emoji, count)| EmojiCount {
            emoji: emoji.clone(),
            count,
        })
        .collect()
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
    let emoji = evidence.of(|caption| emoji_counts(&caption.emoji));
    block.put("emojis", emoji);
    let hooks = evidence.of(|caption| listed(&caption.text, HOOKS));
    block.put("hooks", hooks);
    let calls = evidence.of(|caption| listed(&caption.text, CALLS));
    block.put("callToActions", calls);
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
        (
            "emojis[].emoji",
            "an emoji of the caption, once each, in the order of primaryEmojis; the list is null as primaryEmojis",
            CAPTION,
            "emoji",
            Range::Text("emoji"),
            "never, for an item that is listed"
        ),
        (
            "emojis[].count",
            "how often it stands in the caption",
            CAPTION,
            "emoji",
            Range::count_from(1),
            "never, for an item that is listed"
        ),
        (
            "hooks[].text",
            "a phrase of hasHook, as listed; every occurrence, by place; English phrases; the list is null as hasHook",
            CAPTION,
            "phrase",
            Range::OneOf(&[
                "wait for it",
                "watch till",
                "won't believe",
                "pov",
                "story time",
                "here's how",
                "the secret"
            ]),
            "never, for an item that is listed"
        ),
        (
            "hooks[].position",
            "words (Unicode Standard Annex #29) in front of it",
            CAPTION,
            "words",
            Range::COUNT,
            "never, for an item that is listed"
        ),
        (
            "hooks[].type",
            "what it does: suspense for wait for it and watch till, curiosity for won't believe, story for story time, how_to for here's how, secret for the secret, pov",
            CAPTION,
            "name",
            Range::OneOf(&["suspense", "curiosity", "pov", "story", "how_to", "secret"]),
            "never, for an item that is listed"
        ),
        (
            "callToActions[].text",
            "a phrase of metadataPatterns.ctaFeatures, as listed; every occurrence, by place; English phrases; the list is null as callToAction",
            CAPTION,
            "phrase",
            Range::Text("a phrase of ctaFeatures"),
            "never, for an item that is listed"
        ),
        (
            "callToActions[].position",
            "words in front of it",
            CAPTION,
            "words",
            Range::COUNT,
            "never, for an item that is listed"
        ),
        (
            "callToActions[].type",
            "what it asks for",
            CAPTION,
            "name",
            Range::OneOf(&["follow", "like", "comment", "share", "urgency"]),
            "never, for an item that is listed"
        ),
    ]
);
