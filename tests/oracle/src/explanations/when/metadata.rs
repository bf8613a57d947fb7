//! Caption and metadata.

use crate::facts::Facts;

pub(in crate::explanations) fn no_caption(facts: &Facts) -> bool {
    caption(facts).is_none()
}

fn caption(facts: &Facts) -> Option<&str> {
    let metadata = &facts.metadata;
    metadata["description"]
        .as_str()
        .or(metadata["text"].as_str())
}

fn caption_holds(facts: &Facts, holds: impl Fn(&str) -> bool) -> bool {
    caption(facts).is_some_and(holds)
}

pub(in crate::explanations) fn caption_without_words(facts: &Facts) -> bool {
    caption(facts).is_none_or(|text| text.trim().is_empty())
}

pub(in crate::explanations) fn caption_asks(facts: &Facts) -> bool {
    const PARTS: [&str; 25] = [
        "wait for it",
        "watch till",
        "won't believe",
        "won\u{2019}t believe",
        "pov",
        "story time",
        "here's how",
        "the secret",
        "follow me",
        "follow for",
        "hit follow",
        "drop a like",
        "hit like",
        "double tap",
        "like if",
        "comment below",
        "let me know",
        "drop a comment",
        "tell me",
        "share this",
        "tag someone",
        "send this to",
        "limited time",
        "act now",
        "last chance",
    ];
    caption_holds(facts, |text| {
        let text = text.to_lowercase();
        let more = ["today only", "ends soon", "here\u{2019}s how"];
        PARTS.iter().chain(&more).any(|part| text.contains(part))
    })
}

pub(in crate::explanations) fn caption_has_link(facts: &Facts) -> bool {
    caption_holds(facts, |text| {
        let dotted = |token: &str| {
            token
                .trim_matches(['.', ',', '!', '?', '\u{2026}'])
                .contains('.')
        };
        text.split_whitespace().any(dotted) || text.contains("//")
    })
}

pub(in crate::explanations) fn caption_has_marks(facts: &Facts) -> bool {
    let others = ['\u{ff1f}', '\u{ff01}', '\u{61f}', '\u{bf}', '\u{a1}'];
    caption_has_link(facts) || caption_holds(facts, |text| text.contains(others))
}

pub(in crate::explanations) fn caption_mentions(facts: &Facts) -> bool {
    caption_holds(facts, |text| text.contains('@'))
}

pub(in crate::explanations) fn caption_not_ascii(facts: &Facts) -> bool {
    caption_holds(facts, |text| !text.is_ascii())
}

fn lacks(facts: &Facts, names: &[&str]) -> bool {
    let known = |name: &&str| facts.metadata[*name].is_u64();
    !names.iter().any(known)
}

pub(in crate::explanations) fn no_views(facts: &Facts) -> bool {
    lacks(facts, &["views", "playCount"])
}

pub(in crate::explanations) fn no_likes(facts: &Facts) -> bool {
    lacks(facts, &["likes", "diggCount"])
}

pub(in crate::explanations) fn no_comments(facts: &Facts) -> bool {
    lacks(facts, &["comments", "commentCount"])
}

pub(in crate::explanations) fn no_shares(facts: &Facts) -> bool {
    lacks(facts, &["shares", "shareCount"])
}

pub(in crate::explanations) fn counters_missing_or_zero(facts: &Facts) -> bool {
    let zero = ["views", "playCount"];
    let zero = zero
        .iter()
        .any(|name| facts.metadata[name].as_u64() == Some(0));
    zero || no_views(facts) || no_likes(facts) || no_comments(facts) || no_shares(facts)
}

/// Without a list of hashtags those of the caption are taken.
pub(in crate::explanations) fn no_hashtags(facts: &Facts) -> bool {
    facts.metadata["hashtags"]
        .as_array()
        .is_none_or(Vec::is_empty)
}

pub(in crate::explanations) fn no_time_of_publication(facts: &Facts) -> bool {
    let time = facts.metadata["createTime"].as_str().unwrap_or_default();
    // As 2025-07-02T05:03:39+00:00.
    let shape: String = time
        .chars()
        .take(11)
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    shape != "0000-00-00T"
}

pub(in crate::explanations) fn unsafe_name(facts: &Facts) -> bool {
    contracts::VideoId::new(facts.video_id.as_str()).is_err()
}
