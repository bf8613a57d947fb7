//! The formulas of `metadata_analysis` against recorded results of the original Python system,
//! where both count the same. Where `ORACLE_DIR` does not name the recordings, the test
//! says so and passes.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

#[path = "common/recorded.rs"]
mod recorded;

use recorded::{FEW, cases, load, same};
use serde_json::{Value, json};
use timeline::compute::{
    metadata::{
        calls::{Calls, has_hook},
        caption::Caption,
        core::rate,
        dynamics::{hashtag_strategy, published},
        patterns::generic_count,
    },
    numbers::round_to,
};

fn strings(list: &Value) -> Vec<String> {
    let names = list.as_array().into_iter().flatten();
    names
        .map(|one| one["name"].as_str().unwrap().into())
        .collect()
}

fn compare(name: &str, told: &Value, theirs: &Value) {
    let caption = Caption::of(told["description"].as_str().unwrap_or_default());
    let tags = strings(&told["hashtags"]);
    let calls = Calls::of(&caption.text);
    let count = |key: &str| told[key].as_u64().unwrap_or(0);
    let generic = generic_count(&tags);
    let mentions = caption.mentions.iter().take(3).collect::<Vec<_>>();
    let flag = |held: bool| json!(u8::from(held));
    for (block, field, ours) in [
        (
            "CoreMetrics",
            "captionLength",
            json!(caption.text.chars().count()),
        ),
        ("CoreMetrics", "wordCount", json!(caption.words.len())),
        ("CoreMetrics", "hashtagCount", json!(tags.len())),
        ("CoreMetrics", "mentionCount", json!(caption.mentions.len())),
        ("CoreMetrics", "viewCount", json!(count("views"))),
        (
            "Dynamics",
            "hashtagStrategy",
            json!(hashtag_strategy(tags.len())),
        ),
        ("Interactions", "likeCount", json!(count("likes"))),
        ("KeyEvents", "hashtags", json!(tags)),
        ("KeyEvents", "keyMentions", json!(mentions)),
        ("KeyEvents", "hasHook", flag(has_hook(&caption.text))),
        ("KeyEvents", "callToAction", flag(calls.count() > 0)),
        ("Quality", "hasCaption", flag(!caption.text.is_empty())),
    ] {
        same(
            name,
            field,
            &ours,
            &theirs[format!("metadata{block}")][field],
        );
    }
    let breakdown = &theirs["metadataPatterns"]["hashtagBreakdown"];
    same(name, "generic", &json!(generic), &breakdown["generic"]);
    let found = &theirs["metadataPatterns"]["ctaFeatures"];
    same(name, "ctaCount", &json!(calls.count()), &found["ctaCount"]);
    // Theirs holds zero for what is not known.
    let reactions = count("likes") + count("comments") + count("shares");
    if let Ok(ours) = rate(reactions, count("views")) {
        let theirs = &theirs["metadataCoreMetrics"]["engagementRate"];
        same(name, "engagementRate", &json!(round_to(ours, 2)), theirs);
    }
    if let Ok((Some(hour), day)) = published(told["createTime"].as_str().unwrap_or_default()) {
        let theirs = &theirs["metadataDynamics"];
        same(name, "publishHour", &json!(hour), &theirs["publishHour"]);
        same(
            name,
            "publishDayOfWeek",
            &json!(day),
            &theirs["publishDayOfWeek"],
        );
    }
}

#[test]
fn formulas_give_what_was_recorded() {
    let mut compared = 0;
    for case in cases() {
        let theirs = load(&case.join("metadata_analysis.json")).unwrap();
        let told = load(&case.join("unified_analysis.json")).unwrap()["metadata"].clone();
        // Without a caption of its own the original read another key.
        if theirs.get("metadataCoreMetrics").is_none() || told["description"].is_null() {
            continue;
        }
        compare(&case.file_name().unwrap().to_string_lossy(), &told, &theirs);
        compared += 1;
    }
    eprintln!("compared metadata_analysis of {compared} recordings");
    assert!(compared > 0 || cases().len() < FEW, "nothing was compared");
}
