//! `metadataCoreMetrics`: how much there is of everything.

use super::{CAPTION, Evidence, NULL_CAPTION, NULL_COUNTER, NULL_HASHTAGS, NULL_TIME};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, NO_DURATION, given},
    },
    metrics::{Range, define_metrics},
};

const PERCENT: f64 = 100.0;

/// `count` per hundred views.
///
/// # Errors
/// The reason, if nobody viewed the video.
pub fn rate(count: u64, views: u64) -> Measured<f64> {
    if views == 0 {
        return Err("the video has no views".into());
    }
    Ok(PERCENT * count as f64 / views as f64)
}

fn engagement(evidence: &Evidence<'_>) -> Measured<f64> {
    let reactions = [evidence.likes()?, evidence.comments()?, evidence.shares()?];
    let all = reactions
        .into_iter()
        .fold(0_u64, |sum, count| sum.saturating_add(count));
    rate(all, evidence.views()?)
}

/// Fields that other blocks hold as well.
fn put_second_places(block: &mut Block, evidence: &Evidence<'_>) {
    block.put("linkPresent", evidence.link_present());
    block.put("publishHour", evidence.publish_hour());
    block.put("publishDayOfWeek", evidence.publish_day());
    block.put("likeCount", evidence.likes());
    block.put("commentCount", evidence.comments());
    block.put("shareCount", evidence.shares());
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("metadataCoreMetrics");
    let clock = evidence.events.clock;
    block.put(
        "captionLength",
        evidence.of(|caption| caption.text.chars().count()),
    );
    block.put("wordCount", evidence.of(|caption| caption.words.len()));
    block.put(
        "plainWordCount",
        evidence.of(|caption| caption.plain_words().len()),
    );
    block.put("hashtagCount", given(&evidence.hashtags, Vec::len));
    block.put("emojiCount", evidence.of(|caption| caption.emoji.len()));
    block.put(
        "mentionCount",
        evidence.of(|caption| caption.mentions.len()),
    );
    block.put("engagementRate", engagement(evidence));
    let saves = evidence.saves();
    block.put(
        "saveRate",
        saves.and_then(|saves| rate(saves, evidence.views()?)),
    );
    block.put("viewCount", evidence.views());
    let duration = (clock.second_count() > 0)
        .then(|| clock.seconds())
        .ok_or(NO_DURATION);
    block.put("videoDuration", duration);
    put_second_places(&mut block, evidence);
    block
}

const NULL_RATE: &str = "the source does not tell one of the counters, or tells zero views";

define_metrics!(
    "metadata_analysis",
    "metadataCoreMetrics",
    [
        (
            "captionLength",
            "code points of the caption",
            CAPTION,
            "code points",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "wordCount",
            "what stands between white space, hashtags, emoji and links included",
            CAPTION,
            "words",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "plainWordCount",
            "the words that are neither a hashtag, a mention nor a link and hold a letter or digit",
            CAPTION,
            "words",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "hashtagCount",
            "hashtags the source lists; if it lists none, those in the caption",
            "metadata",
            "hashtags",
            Range::COUNT,
            NULL_HASHTAGS
        ),
        (
            "emojiCount",
            "extended grapheme clusters shown as a picture: with a character of Emoji_Presentation, or of Emoji before VS16",
            CAPTION,
            "emoji",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "mentionCount",
            "@ and a user name, outside links and e-mail addresses",
            CAPTION,
            "mentions",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "engagementRate",
            "100 (likes + comments + shares) / views",
            "metadata",
            "%",
            Range::AtLeast(0.0),
            NULL_RATE
        ),
        (
            "saveRate",
            "100 saves / views",
            "metadata",
            "%",
            Range::AtLeast(0.0),
            NULL_RATE
        ),
        (
            "viewCount",
            "views the source tells",
            "metadata",
            "views",
            Range::COUNT,
            NULL_COUNTER
        ),
        (
            "videoDuration",
            "D",
            "probe",
            "s",
            Range::Above(0.0),
            "the video has no duration"
        ),
        (
            "linkPresent",
            "as metadataQuality.linkPresent",
            CAPTION,
            "flag",
            Range::Flag,
            NULL_CAPTION
        ),
        (
            "publishHour",
            "as metadataDynamics.publishHour",
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
            "as metadataDynamics.publishDayOfWeek",
            "metadata",
            "day",
            Range::Integer {
                from: 0,
                to: Some(6)
            },
            NULL_TIME
        ),
        (
            "likeCount",
            "as metadataInteractions.likeCount",
            "metadata",
            "likes",
            Range::COUNT,
            NULL_COUNTER
        ),
        (
            "commentCount",
            "as metadataInteractions.commentCount",
            "metadata",
            "comments",
            Range::COUNT,
            NULL_COUNTER
        ),
        (
            "shareCount",
            "as metadataInteractions.shareCount",
            "metadata",
            "shares",
            Range::COUNT,
            NULL_COUNTER
        ),
    ]
);
