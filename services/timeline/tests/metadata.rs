//! What the source tells of a video.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{perceived::perceived, result, video};
use contracts::job::VideoMetadata;
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    Input,
    metadata::{
        calls::{Calls, has_hook},
        caption::{Caption, emoji},
        core::rate,
        dynamics::{hashtag_strategy, published},
        key_events::most_frequent,
        patterns::generic_count,
        quality::completeness,
    },
};

fn analysis(input: &Input) -> Value {
    result(input, "metadata_analysis")
}

fn captioned(text: &str) -> Value {
    let mut input = video(8.0);
    input.metadata.description = Some(text.into());
    analysis(&input)
}

/// A video of which the source tells everything.
fn told() -> Input {
    let mut input = perceived();
    input.metadata = VideoMetadata {
        description: Some(
            "POV: you\u{2019}re late? \u{1f525}\u{1f525}\u{2764}\u{fe0f} TAG SOMEONE! @anna.b @ben \
             #fyp #Recipes https://example.org/@nobody?x=1"
                .into(),
        ),
        views: Some(2_000),
        likes: Some(150),
        comments: Some(30),
        shares: Some(20),
        saves: Some(10),
        create_time: Some("2024-02-29T23:59:59+09:00".into()),
        hashtags: vec!["fyp".into(), "Recipes".into()],
        author: Some(json!({"name": "anna"})),
        ..input.metadata
    };
    input
}

#[test]
fn everything_told_is_published() {
    let found = analysis(&told());
    assert_eq!(
        found["metadataCoreMetrics"],
        json!({
            "captionLength": 94,
            "wordCount": 11,
            "plainWordCount": 5,
            "hashtagCount": 2,
            "emojiCount": 3,
            "mentionCount": 2,
            "engagementRate": 10.0,
            "saveRate": 0.5,
            "viewCount": 2000,
            "videoDuration": 10.4,
            "linkPresent": 1,
            "publishHour": 23,
            "publishDayOfWeek": 3,
            "likeCount": 150,
            "commentCount": 30,
            "shareCount": 20,
        })
    );
    assert_eq!(
        found["metadataDynamics"],
        json!({
            "hashtagStrategy": "minimal",
            "emojiDensity": 3.0 / 11.0,
            "mentionDensity": 2.0 / 11.0,
            "publishHour": 23,
            "publishDayOfWeek": 3,
            "captionStyle": "question",
            // Letters 3 + 5 + 4 + 3 + 7 of five words, two sentences.
            "readabilityScore": 100.0 - 10.0 * 22.0 / 5.0 - 2.0 * 2.5,
            "sentimentPolarity": 1.0,
            "sentimentCategory": "positive",
            "urgencyLevel": "none",
        })
    );
    assert_eq!(
        found["metadataInteractions"],
        json!({
            "likeCount": 150, "commentCount": 30, "shareCount": 20, "saveCount": 10,
            "engagementAlignment": {
                "likesToViewsRatio": 0.075, "commentsToViewsRatio": 0.015,
                "sharesToViewsRatio": 0.01,
            },
            "hashtagCounts": {"nicheCount": 1, "genericCount": 1},
            "creatorContext": {"username": "anna", "verified": null},
        })
    );
    assert_eq!(
        found["metadataKeyEvents"],
        json!({
            "hashtags": ["fyp", "Recipes"],
            "keyMentions": ["@anna.b", "@ben"],
            "primaryEmojis": ["\u{1f525}", "\u{2764}\u{fe0f}"],
            "hasHook": 1,
            "callToAction": 1,
            "emojis": [
                {"emoji": "\u{1f525}", "count": 2},
                {"emoji": "\u{2764}\u{fe0f}", "count": 1},
            ],
            "hooks": [{"text": "pov", "position": 0, "type": "pov"}],
            "callToActions": [{"text": "tag someone", "position": 3, "type": "share"}],
        })
    );
    assert_eq!(
        found["metadataPatterns"],
        json!({
            "hashtagBreakdown": {
                "total": 2, "generic": 1, "niche": 1, "genericRatio": 0.5, "strategy": "minimal",
            },
            "hashtagPatterns": {"leadWithGeneric": 1, "allCaps": 0},
            "ctaFeatures": {
                "hasCTA": 1, "ctaFollow": 0, "ctaLike": 0, "ctaComment": 0, "ctaShare": 1,
                "ctaUrgency": 0, "ctaCount": 1,
            },
            "hasQuestion": 1,
            "hasExclamation": 1,
            "linguisticMarkers": {
                "questionCount": 1, "exclamationCount": 1, "capsLockWords": 3,
                "personalPronounCount": 1,
            },
        })
    );
    assert_eq!(
        found["metadataQuality"],
        json!({
            "wordCount": 11, "hasCaption": 1, "linkPresent": 1, "hashtagsPresent": 1,
            "statsAvailable": 1, "publishTimeAvailable": 1, "creatorDataAvailable": 1,
            "dataCompleteness": 1.0, "captionPresent": 1,
            "notMeasured": {
                "metadataInteractions.creatorContext.verified":
                    "the source does not tell whether the account is verified",
            },
        })
    );
}

#[test]
fn what_the_source_does_not_tell_is_null_and_explained() {
    let mut input = perceived();
    input.metadata.description = None;
    let found = analysis(&input);
    for (block, field) in [
        ("metadataCoreMetrics", "captionLength"),
        ("metadataCoreMetrics", "hashtagCount"),
        ("metadataCoreMetrics", "emojiCount"),
        ("metadataCoreMetrics", "viewCount"),
        ("metadataCoreMetrics", "engagementRate"),
        ("metadataDynamics", "hashtagStrategy"),
        ("metadataDynamics", "publishHour"),
        ("metadataDynamics", "publishDayOfWeek"),
        ("metadataInteractions", "saveCount"),
        ("metadataKeyEvents", "primaryEmojis"),
        ("metadataKeyEvents", "callToAction"),
        ("metadataPatterns", "hasQuestion"),
        ("metadataQuality", "linkPresent"),
    ] {
        assert_eq!(found[block][field], Value::Null, "{field}");
        let reason = &found["metadataQuality"]["notMeasured"][format!("{block}.{field}")];
        assert!(reason.as_str().unwrap().contains("source"), "{field}");
    }
    let quality = &found["metadataQuality"];
    assert_eq!(quality["hasCaption"], 0);
    assert_eq!(quality["hashtagsPresent"], 0);
    assert_eq!(quality["dataCompleteness"], 0.0);
    let output = common::run(&input);
    let files = output
        .analyses
        .iter()
        .find(|f| f.name == "metadata_analysis");
    // Of every file at least the duration is known.
    assert_eq!(common::parse(&files.unwrap().complete)["success"], true);
}

#[test]
fn an_empty_caption_is_told_but_has_no_density() {
    let found = captioned("");
    assert_eq!(found["metadataCoreMetrics"]["captionLength"], 0);
    assert_eq!(found["metadataCoreMetrics"]["emojiCount"], 0);
    assert_eq!(found["metadataDynamics"]["hashtagStrategy"], "none");
    assert_eq!(found["metadataDynamics"]["emojiDensity"], Value::Null);
    let breakdown = &found["metadataPatterns"]["hashtagBreakdown"];
    assert_eq!(breakdown["genericRatio"], Value::Null);
    assert_eq!(breakdown["generic"], 0);
    assert_eq!(found["metadataQuality"]["hasCaption"], 0);
}

#[test]
fn nothing_can_be_counted_per_view_without_views() {
    let mut input = told();
    input.metadata.views = Some(0);
    let found = analysis(&input);
    assert_eq!(found["metadataCoreMetrics"]["engagementRate"], Value::Null);
    assert_eq!(found["metadataCoreMetrics"]["viewCount"], 0);
    let ratios = &found["metadataInteractions"]["engagementAlignment"];
    assert_eq!(ratios["likesToViewsRatio"], Value::Null);
    assert_eq!(rate(3, 4), Ok(75.0));
}

#[test]
fn one_emoji_is_one_grapheme_shown_as_a_picture() {
    for (text, count) in [
        ("\u{1f525}\u{1f525}", 2),
        // A family, a waving hand with a skin tone, the flag of Japan.
        ("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}", 1),
        ("\u{1f44b}\u{1f3fd}", 1),
        ("\u{1f1ef}\u{1f1f5}", 1),
        ("\u{1f1ef}", 0),
        // A keycap; a digit; a heart as picture, as letter, as written.
        ("1\u{fe0f}\u{20e3}", 1),
        ("1 # *", 0),
        ("\u{2764}\u{fe0f}", 1),
        ("\u{2764}\u{fe0e}", 0),
        ("\u{231a}\u{fe0e}", 0),
        ("\u{231a}", 1),
        ("\u{a9} \u{24c2}", 0),
        ("\u{4eca}\u{65e5}\u{306f} \u{d55c}\u{ad6d}\u{c5b4}", 0),
    ] {
        assert_eq!(emoji(text).len(), count, "{text}");
    }
    let all = emoji("\u{2728}\u{1f525}\u{1f525}");
    assert_eq!(most_frequent(&all), ["\u{1f525}", "\u{2728}"]);
}

#[test]
fn hashtags_of_the_caption_stand_in_for_those_not_listed() {
    let of = |text: &str| Caption::of(text).hashtags;
    assert_eq!(
        of("#one#two, #\u{65e5}\u{672c} (#caf\u{e9}) \u{ff03}wide"),
        ["one", "two", "\u{65e5}\u{672c}", "caf\u{e9}", "wide"]
    );
    assert_eq!(of("caf\u{e9} #cafe\u{301}"), ["cafe\u{301}"]);
    assert!(of("C#minor # #\u{fe0f}\u{20e3} example.org/#top https://a.b/#x").is_empty());
    let found = captioned("look #fyp #bread");
    assert_eq!(
        found["metadataKeyEvents"]["hashtags"],
        json!(["fyp", "bread"])
    );
    assert_eq!(found["metadataCoreMetrics"]["hashtagCount"], 2);
    let mut input = video(8.0);
    input.metadata.description = None;
    input.metadata.hashtags = vec!["ForYou".into()];
    assert_eq!(analysis(&input)["metadataCoreMetrics"]["hashtagCount"], 1);
    assert_eq!(
        generic_count(&["ForYou".into(), "FYP".into(), "fy".into()]),
        2
    );
}

#[test]
fn mentions_are_no_addresses() {
    let of = |text: &str| Caption::of(text).mentions;
    assert_eq!(
        of("hi @jos\u{e9}_1, by@anna and (@a.b.)"),
        ["@jos\u{e9}_1", "@anna", "@a.b"]
    );
    assert!(of("me@example.org @ @. https://tiktok.com/@me").is_empty());
}

#[test]
fn links_need_no_scheme() {
    let of = |text: &str| Caption::of(text).links;
    for link in [
        "https://a.b",
        "(HTTP://x.y/z)",
        "www.shop.xyz",
        "example.com.",
        "youtu.be/abc",
        "linktr.ee",
        "a.co.uk",
    ] {
        assert_eq!(of(link), [link]);
    }
    for text in [
        "end.Next",
        "3.5",
        "me@site.com",
        "https://",
        "and/or",
        "a.",
        ".com",
        "e.g.",
    ] {
        assert!(of(text).is_empty(), "{text}");
    }
}

#[test]
fn questions_in_links_and_full_width_marks() {
    let caption = Caption::of("really\u{ff1f} yes\u{ff01}! x.com/a?b=!");
    assert_eq!((caption.questions(), caption.exclamations()), (1, 2));
    assert_eq!(
        Caption::of("SO good OK I \u{65e5}\u{672c}").capital_words(),
        ["SO", "OK"]
    );
}

#[test]
fn calls_are_whole_words() {
    assert!(Calls::of("Follow  me!").follow);
    assert_eq!(Calls::of("unfollow men").count(), 0);
    let all = Calls::of("follow for more, double tap, tell me, send this to ten, act now");
    assert_eq!(all.count(), 5);
    assert!(has_hook("You won\u{2019}t believe it"));
    assert!(!has_hook("the secretary"));
}

#[test]
fn strategies_by_number_of_hashtags() {
    let names = [0, 1, 2, 3, 7, 8, 15, 16].map(hashtag_strategy);
    assert_eq!(
        names,
        [
            "none", "minimal", "minimal", "moderate", "moderate", "heavy", "heavy", "spam"
        ]
    );
}

#[test]
fn publication_is_read_in_its_own_offset() {
    assert_eq!(published("2025-07-02T05:03:39+00:00"), Ok((Some(5), 2)));
    assert_eq!(published("2026-01-05T00:30:00.000Z"), Ok((Some(0), 0)));
    assert_eq!(published("2026-01-04"), Ok((None, 6)));
    assert!(published("1700000000").is_err());
    assert!(published("yesterday").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_caption_is_survived(text in any::<String>()) {
        let caption = Caption::of(&text);
        prop_assert!(caption.plain_words().len() <= caption.words.len());
        prop_assert!(caption.emoji.len() <= text.chars().count());
        prop_assert!(caption.links.len() <= caption.words.len());
        prop_assert!(caption.mentions.iter().all(|name| name.starts_with('@') && name.len() > 1));
        prop_assert!(Calls::of(&text).count() <= 5);
    }

    #[test]
    fn shares_and_rates_stay_in_range(
        views in proptest::option::of(0_u64..10),
        likes in proptest::option::of(any::<u64>()),
        text in proptest::option::of("[a#@\u{1f525} ]{0,12}"),
    ) {
        let mut input = video(3.0);
        input.metadata.views = views;
        input.metadata.likes = likes;
        input.metadata.description = text;
        prop_assert!((0.0..=1.0).contains(&completeness(&input.metadata)));
        let found = analysis(&input);
        for ratio in [
            &found["metadataPatterns"]["hashtagBreakdown"]["genericRatio"],
            &found["metadataQuality"]["dataCompleteness"],
        ] {
            prop_assert!(ratio.is_null() || (0.0..=1.0).contains(&ratio.as_f64().unwrap()));
        }
        for least_zero in [
            &found["metadataInteractions"]["engagementAlignment"]["likesToViewsRatio"],
            &found["metadataDynamics"]["emojiDensity"],
            &found["metadataDynamics"]["mentionDensity"],
        ] {
            prop_assert!(least_zero.is_null() || least_zero.as_f64().unwrap() >= 0.0);
        }
    }
}
