//! `metadataDynamics`: how the caption is written, and when the video was published.

use super::{CAPTION, Evidence, NULL_HASHTAGS};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, Reason, given},
    },
    metrics::{Range, define_metrics},
};
use jiff::fmt::temporal::Pieces;

/// How many hashtags a strategy has at most, in rising order; more is `spam`.
const STRATEGIES: [(usize, &str); 4] =
    [(0, "none"), (2, "minimal"), (7, "moderate"), (15, "heavy")];

/// What the number of hashtags stands for.
#[must_use]
pub fn hashtag_strategy(count: usize) -> &'static str {
    STRATEGIES
        .into_iter()
        .find(|(most, _)| count <= *most)
        .map_or("spam", |(_, strategy)| strategy)
}

/// The hour (0–23; `None` of a date without a time) and the weekday (0 is Monday) an ISO 8601 time
/// is written with, in its own offset.
///
/// # Errors
/// The reason, if it is none.
pub fn published(time: &str) -> Measured<(Option<i8>, i8)> {
    let pieces =
        Pieces::parse(time).map_err(|_| Reason::of("the publication time is no ISO 8601 time"))?;
    let weekday = pieces.date().weekday().to_monday_zero_offset();
    Ok((pieces.time().map(|time| time.hour()), weekday))
}

fn per_word(count: usize, words: usize) -> Measured<f64> {
    if words == 0 {
        return Err("the caption has no words".into());
    }
    Ok(count as f64 / words as f64)
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("metadataDynamics");
    block.put(
        "hashtagStrategy",
        given(&evidence.hashtags, |tags| hashtag_strategy(tags.len())),
    );
    let emoji = evidence.of(|caption| per_word(caption.emoji.len(), caption.words.len()));
    block.put("emojiDensity", emoji.flatten());
    let mentions = evidence.of(|caption| per_word(caption.mentions.len(), caption.words.len()));
    block.put("mentionDensity", mentions.flatten());
    let published = match &evidence.metadata().create_time {
        Some(time) => published(time),
        None => Err("the source does not tell when the video was published".into()),
    };
    let hour = given(&published, |(hour, _)| *hour)
        .and_then(|hour| hour.ok_or_else(|| "the publication time is a date".into()));
    block.put("publishHour", hour);
    block.put("publishDayOfWeek", given(&published, |(_, day)| *day));
    block
}

const NULL_WORDS: &str = "the source tells no caption, or one without words";
const NULL_TIME: &str = "the source does not tell the publication time, or not as ISO 8601";

define_metrics!(
    "metadata_analysis",
    "metadataDynamics",
    [
        (
            "hashtagStrategy",
            "by hashtagCount: none 0, minimal ≤ 2, moderate ≤ 7, heavy ≤ 15, else spam",
            "metadata",
            "name",
            Range::OneOf(&["none", "minimal", "moderate", "heavy", "spam"]),
            NULL_HASHTAGS
        ),
        (
            "emojiDensity",
            "emojiCount / wordCount",
            CAPTION,
            "emoji/word",
            Range::AtLeast(0.0),
            NULL_WORDS
        ),
        (
            "mentionDensity",
            "mentionCount / wordCount",
            CAPTION,
            "mentions/word",
            Range::AtLeast(0.0),
            NULL_WORDS
        ),
        (
            "publishHour",
            "hour of the publication time, in the offset it is written in",
            "metadata",
            "h",
            Range::Integer {
                from: 0,
                to: Some(23)
            },
            NULL_TIME
        ),
        (
            "publishDayOfWeek",
            "weekday of the publication time, in the offset it is written in; 0 is Monday",
            "metadata",
            "day",
            Range::Integer {
                from: 0,
                to: Some(6)
            },
            NULL_TIME
        ),
    ]
);
