//! `metadataPatterns`: kinds of hashtags, calls to action and marks.

use super::{
    CAPTION, Evidence, NO_HASHTAGS, NULL_CAPTION, NULL_HASHTAGS, calls::Calls,
    dynamics::hashtag_strategy, wording::personal_pronouns,
};
use crate::{
    compute::{
        block::Block,
        measure::{Measured, given, given_some},
    },
    metrics::{Range, define_metrics},
};

/// Hashtags that say nothing of the video.
const GENERIC: [&str; 6] = [
    "fyp",
    "foryou",
    "foryoupage",
    "viral",
    "trending",
    "explore",
];

/// Whether a hashtag says nothing of the video, whatever its case.
#[must_use]
pub fn is_generic(hashtag: &str) -> bool {
    GENERIC.contains(&hashtag.to_lowercase().as_str())
}

/// Number of hashtags that say nothing of the video.
#[must_use]
pub fn generic_count(hashtags: &[String]) -> usize {
    hashtags.iter().filter(|tag| is_generic(tag)).count()
}

/// Whether no hashtag holds a lower-case letter and one an upper-case letter; `None` without
/// hashtags.
#[must_use]
pub fn all_capitals(hashtags: &[String]) -> Option<bool> {
    let letters = || hashtags.iter().flat_map(|tag| tag.chars());
    let holds = !letters().any(char::is_lowercase) && letters().any(char::is_uppercase);
    (!hashtags.is_empty()).then_some(holds)
}

fn generic_ratio(hashtags: &[String]) -> Measured<f64> {
    if hashtags.is_empty() {
        return Err(NO_HASHTAGS);
    }
    Ok(generic_count(hashtags) as f64 / hashtags.len() as f64)
}

pub(super) fn block(evidence: &Evidence<'_>) -> Block {
    let mut block = Block::new("metadataPatterns");
    let tags = &evidence.hashtags;
    block.put("hashtagBreakdown.total", given(tags, Vec::len));
    block.put(
        "hashtagBreakdown.generic",
        given(tags, |all| generic_count(all)),
    );
    block.put(
        "hashtagBreakdown.niche",
        given(tags, |all| all.len() - generic_count(all)),
    );
    block.put(
        "hashtagBreakdown.genericRatio",
        given_some(tags, |all| generic_ratio(all)),
    );
    block.put(
        "hashtagBreakdown.strategy",
        given(tags, |all| hashtag_strategy(all.len())),
    );
    let leads = given_some(tags, |all| {
        let first = all.first().ok_or(NO_HASHTAGS)?;
        Ok(u8::from(is_generic(first)))
    });
    block.put("hashtagPatterns.leadWithGeneric", leads);
    put_calls(&mut block, evidence);
    let questions = evidence.of(super::Caption::questions);
    let exclamations = evidence.of(super::Caption::exclamations);
    let flag = |count: &usize| u8::from(*count > 0);
    block.put("hasQuestion", given(&questions, flag));
    block.put("hasExclamation", given(&exclamations, flag));
    block.put("linguisticMarkers.questionCount", questions);
    block.put("linguisticMarkers.exclamationCount", exclamations);
    block.put(
        "linguisticMarkers.capsLockWords",
        evidence.of(|caption| caption.capital_words().len()),
    );
    block.put(
        "linguisticMarkers.personalPronounCount",
        evidence.of(personal_pronouns),
    );
    let capitals = given_some(tags, |all| all_capitals(all).ok_or(NO_HASHTAGS));
    block.put(
        "hashtagPatterns.allCaps",
        given(&capitals, |all| u8::from(*all)),
    );
    block
}

fn put_calls(block: &mut Block, evidence: &Evidence<'_>) {
    let calls = evidence.of(|caption| Calls::of(&caption.text));
    let mut put = |field: &str, held: fn(&Calls) -> bool| {
        block.put(field, given(&calls, |calls| u8::from(held(calls))));
    };
    put("ctaFeatures.hasCTA", |calls| calls.count() > 0);
    put("ctaFeatures.ctaFollow", |calls| calls.follow);
    put("ctaFeatures.ctaLike", |calls| calls.like);
    put("ctaFeatures.ctaComment", |calls| calls.comment);
    put("ctaFeatures.ctaShare", |calls| calls.share);
    put("ctaFeatures.ctaUrgency", |calls| calls.urgency);
    block.put("ctaFeatures.ctaCount", given(&calls, |calls| calls.count()));
}

const NULL_NO_HASHTAGS: &str =
    "the source tells neither hashtags nor a caption, or there is no hashtag";
const FLAG: Range = Range::Flag;

define_metrics!(
    "metadata_analysis",
    "metadataPatterns",
    [
        (
            "hashtagBreakdown.total",
            "hashtagCount",
            "metadata",
            "hashtags",
            Range::COUNT,
            NULL_HASHTAGS
        ),
        (
            "hashtagBreakdown.generic",
            "hashtags named fyp, foryou, foryoupage, viral, trending or explore, in any case",
            "metadata",
            "hashtags",
            Range::COUNT,
            NULL_HASHTAGS
        ),
        (
            "hashtagBreakdown.niche",
            "the other hashtags",
            "metadata",
            "hashtags",
            Range::COUNT,
            NULL_HASHTAGS
        ),
        (
            "hashtagBreakdown.genericRatio",
            "generic / total",
            "metadata",
            "1",
            Range::Share,
            NULL_NO_HASHTAGS
        ),
        (
            "hashtagBreakdown.strategy",
            "as metadataDynamics.hashtagStrategy",
            "metadata",
            "name",
            Range::OneOf(&["none", "minimal", "moderate", "heavy", "spam"]),
            NULL_HASHTAGS
        ),
        (
            "hashtagPatterns.leadWithGeneric",
            "1 if the first hashtag is generic",
            "metadata",
            "flag",
            FLAG,
            NULL_NO_HASHTAGS
        ),
        (
            "ctaFeatures.hasCTA",
            "1 if ctaCount > 0",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "ctaFeatures.ctaFollow",
            "1 if the caption holds, as whole words, follow me, follow for or hit follow",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "ctaFeatures.ctaLike",
            "1 for drop a like, hit like, double tap or like if",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "ctaFeatures.ctaComment",
            "1 for comment below, let me know, drop a comment or tell me",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "ctaFeatures.ctaShare",
            "1 for share this, tag someone or send this to",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "ctaFeatures.ctaUrgency",
            "1 for limited time, act now, last chance, today only or ends soon",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "ctaFeatures.ctaCount",
            "sum of the five flags",
            CAPTION,
            "kinds",
            Range::Between(0.0, 5.0),
            NULL_CAPTION
        ),
        (
            "hasQuestion",
            "1 if questionCount > 0",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "hasExclamation",
            "1 if exclamationCount > 0",
            CAPTION,
            "flag",
            FLAG,
            NULL_CAPTION
        ),
        (
            "linguisticMarkers.questionCount",
            "question marks, full-width and Arabic ones included, outside links",
            CAPTION,
            "marks",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "linguisticMarkers.exclamationCount",
            "exclamation marks, full-width ones included, outside links",
            CAPTION,
            "marks",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "linguisticMarkers.capsLockWords",
            "plain words of at least two letters, none of them lower-case and one upper-case",
            CAPTION,
            "words",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "linguisticMarkers.personalPronounCount",
            "I, me, you, he, him, she, her, it, we, us, they and them among the plain words, those before an apostrophe included (I'm); English words",
            CAPTION,
            "words",
            Range::COUNT,
            NULL_CAPTION
        ),
        (
            "hashtagPatterns.allCaps",
            "1 if no hashtag holds a lower-case letter and one of them an upper-case letter",
            "metadata",
            "flag",
            FLAG,
            NULL_NO_HASHTAGS
        ),
    ]
);
