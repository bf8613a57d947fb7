//! A video in which everything was looked for and nothing found, and one in which nothing was
//! looked for: no value that looks measured, no confidence in it, a reason for every null.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::built::{self, blank, everywhere};
use serde_json::Value;
use timeline::compute::{
    ANALYSES,
    block::{Analysis, NOT_MEASURED},
    events::Events,
};

const SECONDS: f64 = 20.0;
/// What nobody detected anything for is at most this sure.
const LOW: f64 = 0.5;

/// Everything was looked for in every second, and nothing found.
fn empty() -> Events {
    let empty = built::empty(SECONDS);
    let clock = empty.clock;
    Events {
        stickers: everywhere(clock, Vec::new()),
        bodies: everywhere(clock, Vec::new()),
        gestures: everywhere(clock, Vec::new()),
        ..empty
    }
}

fn analyses(events: &Events) -> Vec<Analysis> {
    let analyses = ANALYSES.iter();
    analyses
        .map(|analysis| (analysis.analyse)(events).unwrap())
        .collect()
}

/// Every leaf with its name and path; reasons apart.
fn leaves(path: &str, value: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter().filter(|(name, _)| *name != NOT_MEASURED) {
                leaves(&format!("{path}.{name}"), field, visit);
            }
        }
        Value::Array(items) => {
            for item in items {
                leaves(path, item, visit);
            }
        }
        leaf => visit(path, leaf),
    }
}

fn check(events: &Events) -> usize {
    let mut nulls = 0;
    for analysis in analyses(events) {
        let reasons: usize = analysis
            .blocks
            .values()
            .filter_map(|block| block[NOT_MEASURED].as_object())
            .map(serde_json::Map::len)
            .sum();
        assert!(reasons > 0, "{} gives no reason", analysis.name);
        for (block, fields) in &analysis.blocks {
            leaves(block, fields, &mut |path, leaf| {
                nulls += usize::from(leaf.is_null());
                let name = path.rsplit('.').next().unwrap().to_lowercase();
                if name.ends_with("confidence") {
                    let sure = leaf.as_f64().unwrap_or(0.0);
                    assert!(sure <= LOW, "{path} is {leaf}");
                }
            });
        }
    }
    nulls
}

#[test]
fn where_nothing_was_found_nothing_is_sure() {
    let events = empty();
    assert!(check(&events) > 100);
    let by_name = |name: &str| {
        let found = analyses(&events).into_iter().find(|one| one.name == name);
        Value::Object(found.unwrap().blocks)
    };
    let density = by_name("creative_density");
    assert_eq!(density["densityCoreMetrics"]["totalElements"], 0);
    let emotional = by_name("emotional_journey");
    assert_eq!(emotional["emotionalCoreMetrics"]["uniqueEmotions"], 0);
    assert_eq!(
        emotional["emotionalCoreMetrics"]["dominantEmotion"],
        Value::Null
    );
    let speech = by_name("speech_analysis");
    assert_eq!(speech["speechCoreMetrics"]["totalWords"], 0);
    assert_eq!(
        speech["speechKeyEvents"]["climaxMoment"]["timestamp"],
        Value::Null
    );
    let overlay = by_name("visual_overlay_analysis");
    assert_eq!(overlay["visualOverlayCoreMetrics"]["totalOverlays"], 0);
    assert_eq!(
        overlay["visualOverlayCoreMetrics"]["timeToFirstOverlay"],
        Value::Null
    );
    assert_eq!(
        by_name("scene_pacing")["scenePacingCoreMetrics"]["totalScenes"],
        1
    );
}

#[test]
fn where_nothing_was_looked_for_nothing_is_known() {
    let found = check(&blank(SECONDS));
    assert!(found > check(&empty()));
}
