//! Comparing texts and finding phrases in them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ocr::compute::{
    roles::patterns::{calls, handle, hashtags, hook, mark, price},
    words::{find_phrase, folded, same_text, shared_words, unmixed, words},
};
use proptest::prelude::*;

fn same(a: &str, b: &str) -> bool {
    same_text((a, 0.97), (b, 0.97)).is_some()
}

fn perhaps_same(a: &str, b: &str) -> bool {
    same_text((a, 0.97), (b, 0.7)).is_some()
}

#[test]
fn case_accents_and_spaces_make_no_other_text() {
    assert_eq!(folded("¿Qué  HARÍA Él?"), "¿queharíael?".replace('í', "i"));
    assert!(same("POV: you try it", "POV:you try it"));
    assert!(same("¿Quién lo haría?", "¿Quien lo haria?"));
    assert!(same("ＦＵＬＬ width", "full width"));
}

#[test]
fn misreadings_are_the_same_text_and_other_numbers_are_not() {
    assert!(same("Follow me for part two", "Follow me for parl two"));
    assert!(!same("Follow me", "Follow us"));
    assert!(!same("Part 1", "Part 2"));
    assert!(!same("Only $10 today", "Only $19 today"));
    assert!(perhaps_same("Part l", "Part 1"));
    assert!(!same("cat", "car"));
    assert!(perhaps_same("G0!", "GO!"));
    assert!(!perhaps_same("yes", "no"));
    assert!(!same("", ""));
}

#[test]
fn phrases_are_whole_words() {
    let at = |text: &str, phrase: &str| find_phrase(&words(text), &words(phrase));
    assert_eq!(at("All together now", "get"), None);
    assert_eq!(at("I know it", "now"), None);
    assert_eq!(at("organic shopping", "shop"), None);
    assert_eq!(at("Link, in bio!", "link in bio"), Some(0));
    assert_eq!(at("Tap the LINK in bio", "link in bio"), Some(2));
    assert_eq!(at("suscribete ya", "suscríbete"), Some(0));
    assert_eq!(at("快关注我", "关注"), Some(1));
    assert_eq!(at("anything", ""), None);
}

#[test]
fn calls_ask_for_something() {
    assert_eq!(calls("Follow me for part 2!"), ["follow me"]);
    assert_eq!(
        calls("Like and subscribe"),
        ["like and subscribe", "subscribe"]
    );
    assert_eq!(
        calls("Order now, link in bio"),
        ["order now", "link in bio"]
    );
    assert_eq!(calls("Save this recipe"), ["save this"]);
    assert_eq!(calls("Shop the look"), ["shop"]);
    assert_eq!(calls("¡Suscríbete ya!"), ["suscríbete"]);
    for none in [
        "All together now",
        "Get ready with me",
        "I like this song",
        "in alphabetical order",
        "like a boss",
        "the share of organic shops",
        "shop",
        "",
    ] {
        assert!(calls(none).is_empty(), "{none}: {:?}", calls(none));
    }
}

#[test]
fn handles_hashtags_prices_hooks_and_marks_are_told() {
    assert_eq!(handle("@jump_crew"), Some("@jump_crew"));
    assert_eq!(handle("TikTok @jump.crew"), Some("@jump.crew"));
    assert_eq!(handle("write to @jump_crew today"), None);
    assert_eq!(handle("me@example.org"), None);
    assert_eq!(handle("@"), None);
    assert_eq!(hashtags("#fyp #viral"), Some("#fyp #viral".into()));
    assert_eq!(hashtags("Rush hour downtown #fyp"), None);
    assert_eq!(hashtags("# 1"), None);
    for (text, expected) in [
        ("Only $9.99 today", "$9.99"),
        ("19,90 € im Angebot", "19,90€"),
        ("99元", "99元"),
        ("20 dollars", "20dollars"),
        ("50% OFF", "50%OFF"),
        ("-30 % heute", "-30%"),
    ] {
        assert_eq!(price(text).as_deref(), Some(expected), "{text}");
    }
    for none in ["100% sure", "Part 2", "5 euphoric days", "$", "top 10"] {
        assert_eq!(price(none), None, "{none}");
    }
    assert_eq!(hook("POV: your country calls").as_deref(), Some("pov"));
    assert_eq!(
        hook("You won't believe it").as_deref(),
        Some("you won't believe")
    );
    assert_eq!(hook("improvised"), None);
    assert_eq!(mark("Made with CapCut").as_deref(), Some("made with"));
}

#[test]
fn shared_words_count_once_each() {
    let list = |text: &str| words(text);
    assert_eq!(shared_words(&list("go go go now"), &list("go now")), 0.5);
    assert_eq!(
        shared_words(&list("ask not"), &list("NOT what to ask")),
        1.0
    );
    assert_eq!(shared_words(&[], &list("a")), 0.0);
}

proptest! {
    #[test]
    fn a_text_is_itself_and_alikeness_is_mutual(
        a in "\\PC{1,30}", b in "\\PC{1,30}", sure in 0.0..1.0_f64
    ) {
        if !folded(&a).is_empty() {
            prop_assert_eq!(same_text((&a, sure), (&a, sure)), Some(1.0));
        }
        let (one, other) = ((a.as_str(), sure), (b.as_str(), 0.95));
        prop_assert_eq!(same_text(one, other), same_text(other, one));
    }

    #[test]
    fn any_text_can_be_judged(text in "\\PC{0,60}") {
        let _ = (calls(&text), handle(&text), hashtags(&text), price(&text), hook(&text));
        prop_assert_eq!(unmixed(&text).chars().count(), text.chars().count());
    }
}
