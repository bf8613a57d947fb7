//! How captions are worded, and what is told of them under further names.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{result, video};
use proptest::prelude::*;
use serde_json::{Value, json};
use timeline::compute::{
    metadata::{
        calls::{CALLS, HOOKS, listed},
        caption::Caption,
        interactions::{username, verified},
        key_events::emoji_counts,
        patterns::all_capitals,
        wording,
    },
    scripts::is_east_asian,
    sentiment::Tally,
};

fn captioned(text: &str) -> Value {
    let mut input = video(8.0);
    input.metadata.description = Some(text.into());
    result(&input, "metadata_analysis")
}

#[test]
fn styles_by_the_first_rule_that_holds() {
    let style = |text| wording::style(&Caption::of(text)).ok();
    assert_eq!(style(""), Some("minimal"));
    assert_eq!(
        style("three little words #and @some https://more.example/tags"),
        Some("minimal")
    );
    assert_eq!(
        style("What you need?\n1. Flour\n2) Eggs\n3: no such thing\n"),
        Some("list")
    );
    assert_eq!(style("\u{2022} Flour\n - two eggs\n* salt"), Some("list"));
    assert_eq!(
        style("1\u{fe0f}\u{20e3} mix\n2\u{fe0f}\u{20e3} bake\n3\u{fe0f}\u{20e3} eat it"),
        Some("list")
    );
    // Two lines are none, and a number may begin a sentence.
    assert_eq!(style("- Flour and eggs\n- Salt and water"), None);
    assert_eq!(style("3 eggs\n2 cups\n1 spoon"), None);
    assert_eq!(style("Which of these is it?"), Some("question"));
    assert_eq!(style("Story time about a dog"), Some("storytelling"));
    assert_eq!(
        style("We left. It rained. Nobody came."),
        Some("storytelling")
    );
    assert_eq!(style("They left. It rained. Nobody came."), None);
    assert_eq!(style("Let me know below"), Some("direct"));
    assert_eq!(style("Things you\u{2019}ll need today"), Some("direct"));
    assert_eq!(style("Ein Rezept f\u{fc}r Kuchen"), None);
}

#[test]
fn readability_falls_with_long_words_and_sentences() {
    let score = |text| wording::readability(&Caption::of(text)).ok();
    // Four letters a word on average, three words a sentence.
    assert_eq!(
        score("This cake wins. Cats like milk!"),
        Some(100.0 - 40.0 - 6.0)
    );
    // A line ends a sentence; tags and punctuation are no letters.
    assert_eq!(
        score("This, cake wins\nCats like milk #fyp @me"),
        Some(54.0)
    );
    assert_eq!(score("Incomprehensibilities"), Some(0.0));
    assert_eq!(score(""), None);
    assert_eq!(score("#only #tags \u{1f525}"), None);
    assert_eq!(score("\u{4eca}\u{65e5}\u{306f}"), None);
    assert_eq!(score("\u{c548}\u{b155} hello"), None);
}

#[test]
fn scripts_of_characters() {
    assert!(is_east_asian("a\u{30ab}b"));
    assert!(is_east_asian("\u{ac00}"));
    assert!(!is_east_asian("\u{e9}\u{444}\u{627}\u{1f525} 12!"));
    assert!(!is_east_asian(""));
}

#[test]
fn polarity_and_category_of_listed_words() {
    let tally = |positive, negative| Tally { positive, negative };
    assert_eq!(wording::polarity(tally(1, 0)), Ok(1.0));
    assert_eq!(wording::polarity(tally(1, 3)), Ok(-0.5));
    assert!(wording::polarity(tally(0, 0)).is_err());
    let categories =
        [(3, 2), (4, 2), (2, 4), (0, 0), (1, 1)].map(|(p, n)| wording::category(tally(p, n)));
    assert_eq!(
        categories,
        ["mixed", "positive", "negative", "neutral", "mixed"]
    );
}

#[test]
fn urgency_by_phrases_then_by_words() {
    let urgency = |text| wording::urgency(&Caption::of(text));
    assert_eq!(urgency("It ends soon"), "high");
    assert_eq!(urgency("Now. Hurry!"), "medium");
    assert_eq!(urgency("today"), "low");
    assert_eq!(urgency("I know breakfast #now"), "none");
    assert_eq!(urgency(""), "none");
}

#[test]
fn pronouns_are_whole_words_and_contractions() {
    let count = |text| wording::personal_pronouns(&Caption::of(text));
    assert_eq!(count("I\u{2019}m sure THEY told you, it's us"), 5);
    assert_eq!(count("items, thematic hers #me @you"), 0);
    assert_eq!(count(""), 0);
}

#[test]
fn phrases_are_listed_with_their_place() {
    let found = listed("POV: wait for it... wait for it", HOOKS);
    let rows: Vec<_> = found
        .iter()
        .map(|one| (one.text, one.position, one.kind))
        .collect();
    assert_eq!(
        rows,
        [
            ("pov", 0, "pov"),
            ("wait for it", 1, "suspense"),
            ("wait for it", 4, "suspense")
        ]
    );
    let found = listed("Please double tap, last chance", CALLS);
    let rows: Vec<_> = found.iter().map(|one| (one.position, one.kind)).collect();
    assert_eq!(rows, [(1, "like"), (3, "urgency")]);
    assert!(listed("", HOOKS).is_empty());
}

#[test]
fn emoji_are_counted_by_frequency() {
    let emoji = ["\u{1f525}", "\u{1f389}", "\u{1f389}"].map(str::to_owned);
    let counts = emoji_counts(&emoji);
    let rows: Vec<_> = counts
        .iter()
        .map(|one| (one.emoji.as_str(), one.count))
        .collect();
    assert_eq!(rows, [("\u{1f389}", 2), ("\u{1f525}", 1)]);
    assert!(emoji_counts(&[]).is_empty());
}

#[test]
fn hashtags_in_capitals() {
    let capitals = |tags: &[&str]| {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).into()).collect();
        all_capitals(&tags)
    };
    assert_eq!(capitals(&[]), None);
    assert_eq!(capitals(&["FYP", "DIY2"]), Some(true));
    assert_eq!(capitals(&["FYP", "diy"]), Some(false));
    // Digits and scripts without case are no capitals.
    assert_eq!(capitals(&["2024", "\u{65e5}\u{672c}"]), Some(false));
    assert_eq!(capitals(&["2024", "FYP"]), Some(true));
}

#[test]
fn the_author_as_the_source_describes_them() {
    let anna = json!({"name": " ", "uniqueId": "anna", "verified": true});
    assert_eq!(username(Some(&anna)), Ok("anna"));
    assert_eq!(verified(Some(&anna)), Ok(true));
    let odd = json!({"name": 7, "verified": "yes"});
    assert!(username(Some(&odd)).is_err());
    assert!(verified(Some(&odd)).is_err());
    assert!(username(None).is_err());
    assert!(verified(Some(&json!("anna"))).is_err());
}

#[test]
fn further_names_hold_the_same_values() {
    let mut input = video(8.0);
    input.metadata.description = Some("POV: I love it! Tell me #fyp #diy".into());
    input.metadata.likes = Some(3);
    input.metadata.create_time = Some("2024-02-29".into());
    input.metadata.author = Some(json!({"name": "anna", "verified": false}));
    let found = result(&input, "metadata_analysis");
    let core = &found["metadataCoreMetrics"];
    assert_eq!(core["likeCount"], 3);
    assert_eq!(core["publishDayOfWeek"], 3);
    assert_eq!(core["publishHour"], Value::Null);
    assert_eq!(core["linkPresent"], 0);
    let dynamics = &found["metadataDynamics"];
    assert_eq!(dynamics["captionStyle"], "direct");
    assert_eq!(dynamics["sentimentPolarity"], 1.0);
    assert_eq!(dynamics["sentimentCategory"], "positive");
    assert_eq!(dynamics["urgencyLevel"], "none");
    let interactions = &found["metadataInteractions"];
    assert_eq!(
        interactions["hashtagCounts"],
        json!({"nicheCount": 1, "genericCount": 1})
    );
    assert_eq!(
        interactions["creatorContext"],
        json!({"username": "anna", "verified": false})
    );
    let events = &found["metadataKeyEvents"];
    assert_eq!(
        events["hooks"],
        json!([{"text": "pov", "position": 0, "type": "pov"}])
    );
    assert_eq!(
        events["callToActions"],
        json!([{"text": "tell me", "position": 4, "type": "comment"}])
    );
    assert_eq!(
        found["metadataPatterns"]["linguisticMarkers"]["personalPronounCount"],
        3
    );
    assert_eq!(found["metadataPatterns"]["hashtagPatterns"]["allCaps"], 0);
    assert_eq!(found["metadataQuality"]["captionPresent"], 1);
}

#[test]
fn an_empty_caption_has_no_score() {
    let found = captioned("");
    let dynamics = &found["metadataDynamics"];
    assert_eq!(dynamics["captionStyle"], "minimal");
    assert_eq!(dynamics["readabilityScore"], Value::Null);
    assert_eq!(dynamics["sentimentPolarity"], Value::Null);
    assert_eq!(dynamics["sentimentCategory"], "neutral");
    assert_eq!(found["metadataKeyEvents"]["emojis"], json!([]));
    assert_eq!(found["metadataQuality"]["captionPresent"], 0);
}

#[test]
fn no_caption_no_wording() {
    let mut input = video(8.0);
    input.metadata.description = None;
    let found = result(&input, "metadata_analysis");
    for (block, field) in [
        ("metadataCoreMetrics", "linkPresent"),
        ("metadataDynamics", "captionStyle"),
        ("metadataDynamics", "readabilityScore"),
        ("metadataDynamics", "sentimentPolarity"),
        ("metadataDynamics", "sentimentCategory"),
        ("metadataDynamics", "urgencyLevel"),
        ("metadataKeyEvents", "emojis"),
        ("metadataKeyEvents", "hooks"),
        ("metadataKeyEvents", "callToActions"),
    ] {
        assert_eq!(found[block][field], Value::Null, "{field}");
        let reason = &found["metadataQuality"]["notMeasured"][format!("{block}.{field}")];
        assert!(reason.as_str().unwrap().contains("caption"), "{field}");
    }
    let context = &found["metadataInteractions"]["creatorContext"];
    assert_eq!(context, &json!({"username": null, "verified": null}));
}

proptest! {
    #[test]
    fn any_caption_stays_in_range(text in any::<String>()) {
        let caption = Caption::of(&text);
        let score = wording::readability(&caption);
        prop_assert!(score.is_err() || (0.0..=100.0).contains(&score.unwrap()));
        let pronouns = wording::personal_pronouns(&caption);
        prop_assert!(pronouns <= text.chars().count());
        let found = listed(&text, HOOKS);
        prop_assert!(found.windows(2).all(|two| two[0].position <= two[1].position));
        let emoji: usize = emoji_counts(&caption.emoji).iter().map(|one| one.count).sum();
        prop_assert_eq!(emoji, caption.emoji.len());
    }

    #[test]
    fn polarity_is_between_its_ends(positive in 0_usize..50, negative in 0_usize..50) {
        let polarity = wording::polarity(Tally { positive, negative });
        prop_assert_eq!(polarity.is_err(), positive + negative == 0);
        prop_assert!(polarity.is_ok_and(|value| (-1.0..=1.0).contains(&value)) || positive + negative == 0);
    }
}
