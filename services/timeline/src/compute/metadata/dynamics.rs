//! `metadataDynamics`: how the caption is written, and when the video was published.

use super::{CAPTION, Evidence, NULL_CAPTION, NULL_HASHTAGS, NULL_TIME, wording};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, Reason, given, given_some},
        sentiment::Tally,
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
    block.put("publishHour", evidence.publish_hour());
    block.put("publishDayOfWeek", evidence.publish_day());
    put_wording(&mut block, evidence);
    block
}

fn put_wording(block: &mut Block, evidence: &Evidence<'_>) {
    block.put("captionStyle", evidence.of(wording::style).flatten());
    let readability = evidence.of(wording::readability);
    block.put("readabilityScore", readability.flatten());
    let tally = evidence.of(|caption| Tally::of(&caption.text));
    let polarity = given_some(&tally, |tally| wording::polarity(*tally));
    block.put("sentimentPolarity", polarity);
    let category = given(&tally, |tally| wording::category(*tally));
    block.put("sentimentCategory", category);
    block.put("urgencyLevel", evidence.of(wording::urgency));
}

const NULL_WORDS: &str = "the source tells no caption, or one without words";

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
        (
            "captionStyle",
            "the first that holds: minimal (plainWordCount < 4), list (3 lines begin with a bullet or number), question (questionCount > 0), storytelling (story time, or 3 sentences with I, me, my, mine, we, us, our or ours), direct (a callToAction, or you, your, you're, you'll, you've); English words",
            CAPTION,
            "name",
            Range::OneOf(&["minimal", "list", "question", "storytelling", "direct"]),
            "the source tells no caption, or none of the rules holds"
        ),
        (
            "readabilityScore",
            "100 − 10 × mean letters of the plain words − 2 × plain words per sentence, within 0–100; a line ends a sentence; compares captions of one language",
            CAPTION,
            "1",
            Range::Between(0.0, 100.0),
            "the source tells no caption, one without plain words, or one with Chinese, Japanese or Korean characters"
        ),
        (
            "sentimentPolarity",
            "(p − n) / (p + n) for p positive and n negative words and emoji of the lists of emotionalCoreMetrics.captionSentiment, which are English",
            CAPTION,
            "1",
            Range::Between(-1.0, 1.0),
            "the source tells no caption, or one with none of these words and emoji"
        ),
        (
            "sentimentCategory",
            "positive or negative as emotionalCoreMetrics.captionSentiment; else mixed if p > 0 and n > 0; else neutral, which says no more than that none of the English words stands in the caption",
            CAPTION,
            "name",
            Range::OneOf(&["positive", "negative", "mixed", "neutral"]),
            NULL_CAPTION
        ),
        (
            "urgencyLevel",
            "high with limited time, act now, last chance, today only or ends soon; else by the number of now, today, limited, last, hurry, quick and fast: medium ≥ 2, low 1, none 0; English words",
            CAPTION,
            "name",
            Range::OneOf(&["high", "medium", "low", "none"]),
            NULL_CAPTION
        ),
    ]
);
